"""The most memory that this process has held, on Linux and macOS."""

import re
import resource
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak() -> int:
    """Return the peak in bytes since the process began."""
    if STATUS.exists():  # Linux's ru_maxrss begins with what the parent held
        (kilobytes,) = re.findall(r"VmHWM:\s+(\d+)", STATUS.read_text())
        return 1024 * int(kilobytes)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

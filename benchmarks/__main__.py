"""``make bench``: every speed that the book claims, measured again, against its bound.

Each line is a figure from this run beside its bound. The exit status is 1 when any is
beyond it. Nothing else should run on the machine meanwhile.
"""

import sys

from benchmarks import (
    building,
    cafe,
    devices,
    kernel_svm,
    layerwise,
    lighthouse,
    programs,
    propagation,
    reading,
)


def main() -> int:
    """Run all benchmarks, print a line each, and return the exit status."""
    failed = False
    page = (reading, lighthouse, building)
    for module in (propagation, devices, layerwise, kernel_svm, cafe, programs, *page):
        for measure in module.measure():
            print(measure, flush=True)
            failed |= not measure.within
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

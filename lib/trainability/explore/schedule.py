"""When a live explorer calls its function: soon, and never for every change of a sweep."""

import asyncio
import math
from collections.abc import Callable

QUIET_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 0.6


class Schedule:
    """Calls ``work`` at once, then ever less often while changes keep coming.

    The first change is served at once and the last one always. A sweep without a pause
    is served after 0.6 s, 1.2 s, 2.4 s …, so that fifty changes cost a handful of calls
    however slow the machine is.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        self.work = work
        self.timer: asyncio.TimerHandle | None = None
        self.last = -math.inf
        self.wait = LONGEST_WAIT_SECONDS

    def ask(self) -> None:
        """Say that something changed; the work follows when it is time."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.work()
            return
        now = loop.time()
        if self.timer is not None:
            self.timer.cancel()
        elif now - self.last > LONGEST_WAIT_SECONDS:
            self.wait = LONGEST_WAIT_SECONDS
            self.timer = loop.call_at(now, self._run, loop)
            return
        quiet, latest = now + QUIET_SECONDS, max(now, self.last + self.wait)
        if latest < quiet:
            self.wait *= 2
        self.timer = loop.call_at(min(quiet, latest), self._run, loop)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        self.timer = None
        self.work()
        self.last = loop.time()

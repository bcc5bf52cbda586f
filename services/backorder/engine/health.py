"""Whether the process is alive, ready, started; the answers of /healthz/*.

Live means that the loop turns. It never asks whether the broker can be reached: else an outage of the broker
would restart every process.
"""

import time
from collections.abc import Sequence
from typing import NamedTuple


class Answer(NamedTuple):
    ok: bool
    text: str


class Health:
    """Written by the loop, read by the HTTP server's threads."""

    def __init__(self, stalled_seconds: float) -> None:
        self._stalled_seconds = stalled_seconds
        self._turned = time.monotonic()
        self._assigned = False
        self._restoring = 0
        self._stopped: Sequence[str] = ()
        self._started = False

    def turn(self) -> None:
        """The loop made a turn."""
        self._turned = time.monotonic()

    def partitions(self, assigned: bool, restoring: int, stopped: Sequence[str] = ()) -> None:
        """Whether the group has given this process its partitions, how many are not restored yet, and which
        are stopped at a record that cannot be processed."""
        self._assigned = assigned
        self._restoring = restoring
        self._stopped = stopped
        if assigned and not restoring:
            self._started = True

    def live(self) -> Answer:
        age = time.monotonic() - self._turned
        return Answer(age < self._stalled_seconds, f"last turn of the loop {age:.1f} s ago")

    def ready(self) -> Answer:
        if not self._assigned:
            return Answer(False, "no partitions assigned yet")
        if self._restoring:
            return Answer(False, f"{self._restoring} partitions are being restored")
        if self._stopped:
            # Still ready: the other partitions go on, and another process would stop there as well.
            return Answer(True, f"STOPPED at a record that cannot be processed: {', '.join(self._stopped)}")
        return Answer(True, "assigned and restored")

    def startup(self) -> Answer:
        """Like ready, but once true it stays true: a rebalance is not a start."""
        return Answer(True, "started") if self._started else self.ready()

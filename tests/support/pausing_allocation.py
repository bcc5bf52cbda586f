"""Allocation that stops itself (SIGSTOP) in mid-batch: `python -m tests.support.pausing_allocation`.

PAUSE_AT names the step (`engine.steps`), PAUSE_AFTER the number of batches with records before.
"""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from backorder.allocation.service import run
from backorder.engine import faults
from backorder.engine.steps import Step, Steps
from backorder.start import main


class PauseAt(Steps):
    """Stops the process once, the first time that it is at the step after so many batches."""

    def __init__(self, step: Step, after: int) -> None:
        self._step = step
        self._left = after
        self._paused = False

    def batch(self, batch: Sequence[tuple[Any, Sequence[Any]]]) -> None:
        if batch:
            self._left -= 1

    def reached(self, step: Step) -> None:
        if step is self._step and self._left <= 0 and not self._paused:
            self._paused = True
            os.kill(os.getpid(), signal.SIGSTOP)

    @contextmanager
    def within(self, step: Step, prepare: Callable[[], object]) -> Iterator[None]:
        self.reached(step)
        yield


if __name__ == "__main__":
    pause = PauseAt(Step(os.environ["PAUSE_AT"]), int(os.environ["PAUSE_AFTER"]))
    faults.steps = lambda settings, stamps: pause
    main(run)

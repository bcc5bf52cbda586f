"""The steps of the loop that have a name, so that a test can have a process killed at each of them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any


class Step(StrEnum):
    """Where a process can stand when it dies, in the order of a batch; the last two are outside of it."""

    AFTER_CONSUME = "after_consume"
    AFTER_HALF_OF_THE_PRODUCES = "after_half_of_the_produces"
    AFTER_ALL_PRODUCES = "after_all_produces"
    AFTER_OFFSETS_SENT = "after_offsets_sent"
    INSIDE_COMMIT = "inside_commit"
    AFTER_COMMIT = "after_commit"
    """Committed, and the state in memory does not know it yet."""
    DURING_RESTORE = "during_restore"
    DURING_REVOKE = "during_revoke"
    """The partitions are given up, and the consumer still has them."""


class Steps:
    """Is told where the loop stands. This one does nothing about it; `faults.KillAt` does."""

    def batch(self, batch: Sequence[tuple[Any, Sequence[Any]]]) -> None:
        """These records, by partition, are what the next steps are about; empty when only time has passed."""

    def reached(self, step: Step) -> None:
        """The step is reached and not left yet."""

    @contextmanager
    def within(self, step: Step, prepare: Callable[[], object]) -> Iterator[None]:
        """The step is what happens inside. `prepare` does what it would do first; it need not be called."""
        yield

    def restoring(self, left: int) -> None:
        """So many changelog offsets are still to be read, of all partitions together."""


NO_STEPS = Steps()

"""Test setting: the process kills itself at a named step, and leaves word where it did."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
import structlog

from backorder.engine.config import FaultSettings
from backorder.engine.stamps import Stamps
from backorder.engine.steps import NO_STEPS, Step, Steps

_log = structlog.get_logger(__name__)


class Crumb(msgspec.Struct, frozen=True):
    """What a process leaves behind: where it died, and with what in hand."""

    step: Step
    pid: int
    events: int
    """Records of the batch; of the newest one, in a revoke."""
    partitions: int
    to_read: int
    """Offsets that the restore had before it."""
    stamp: str | None
    """The stamp of the newest transaction, when batches are stamped."""


def kill_this_process() -> None:
    """SIGKILL: nothing is flushed, closed or said goodbye to."""
    os.kill(os.getpid(), signal.SIGKILL)


def steps(settings: FaultSettings, stamps: Stamps | None) -> Steps:
    """What the loop is to be told its steps to: nobody, unless one is armed."""
    if settings.kill_at is None:
        return NO_STEPS
    _log.warning("TEST SETTING: this process will kill itself", at=settings.kill_at)
    return KillAt(settings.kill_at, settings, stamps)


class KillAt(Steps):
    """Kills the process the first time that it is at the step with enough in hand."""

    def __init__(
        self,
        step: Step,
        settings: FaultSettings,
        stamps: Stamps | None,
        kill: Callable[[], None] = kill_this_process,
    ) -> None:
        self._step = step
        self._settings = settings
        self._stamps = stamps
        self._kill = kill
        # Events and partitions: of the batch in hand, and of the newest that had any.
        self._in_hand = self._newest = (0, 0)
        self._to_read = 0
        # How long the newest commit of a batch that is large enough took.
        self._commit_seconds: float | None = None

    def batch(self, batch: Sequence[tuple[Any, Sequence[Any]]]) -> None:
        self._in_hand = (sum(len(records) for _, records in batch), len(batch))
        if batch:
            self._newest = self._in_hand

    def reached(self, step: Step) -> None:
        if step is not self._step:
            return
        # No batch is in hand in a revoke: it is one under load when the newest batch was large enough.
        if step is Step.DURING_REVOKE:
            self._in_hand = self._newest
        if self._enough():
            self._leave_word()
            time.sleep(self._settings.delay_ms / 1000)
            self._kill()

    @contextmanager
    def within(self, step: Step, prepare: Callable[[], object]) -> Iterator[None]:
        if step is not self._step or not self._enough():
            yield
            return
        if self._settings.commit_flushed:
            prepare()
        before = self._commit_seconds
        with nullcontext() if before is None else self._trap(before * self._settings.commit_part):
            started = time.monotonic()
            try:
                yield
            finally:
                self._commit_seconds = time.monotonic() - started

    @contextmanager
    def _trap(self, seconds: float) -> Iterator[None]:
        """The process dies inside, unless what is inside is done before: then nothing has happened."""
        self._leave_word()
        try:
            with Trap(seconds, self._kill):
                yield
        finally:
            self._take_back_word()

    def restoring(self, left: int) -> None:
        self._to_read = max(self._to_read, left)
        wanted = self._settings
        if self._step is not Step.DURING_RESTORE or self._to_read < wanted.restore_records:
            return
        if left <= self._to_read * (1 - wanted.restored_part):
            self._leave_word()
            self._kill()

    def _enough(self) -> bool:
        events, partitions = self._in_hand
        return events >= self._settings.batch_events and partitions >= self._settings.batch_partitions

    def _leave_word(self) -> None:
        if self._settings.crumb_file is None:
            return
        stamp = None if self._stamps is None else self._stamps.last
        crumb = Crumb(self._step, os.getpid(), *self._in_hand, self._to_read, stamp)
        with Path(self._settings.crumb_file).open("wb") as file:
            file.write(msgspec.json.encode(crumb))
            file.flush()
            os.fsync(file.fileno())

    def _take_back_word(self) -> None:
        if self._settings.crumb_file is not None:
            Path(self._settings.crumb_file).unlink()


class Trap:
    """Kills the process when what is inside takes longer than `seconds`.

    Guaranteed: the kill does not come after this context has been left. Not guaranteed, as Python cannot see
    into a call of librdkafka: which part of the call was under way. Near 0 s it has only just begun (the
    interpreter does not let the other thread run before the call gives the lock away, but for its 5 ms
    switch); at the other end it may have its answer, and only the way back into Python is missing. So both
    outcomes are to be expected, and a reader of the topics has to find out which one it was.
    """

    def __init__(self, seconds: float, kill: Callable[[], None]) -> None:
        self._seconds = seconds
        self._kill = kill
        self._begun = threading.Event()
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._run, name="trap", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._begun.set()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        self._thread.join()

    def _run(self) -> None:
        self._begun.wait()
        if not self._left.wait(self._seconds):
            self._kill()

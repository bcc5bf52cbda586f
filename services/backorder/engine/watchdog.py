"""Ends the process when a call into librdkafka does not come back.

Some calls can outlast their own timeout for ever, `send_offsets_to_transaction` while a coordinator moves
(librdkafka issue 5456): nothing in this process can interrupt them. The transaction is lost by then anyway,
as the broker ends it at its timeout, so the next process restores and goes on.
"""

import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

import structlog

from backorder.engine.failures import EXIT_RESTART

_log = structlog.get_logger(__name__)

_LOOK_SECONDS = 0.5


def end_process(what: str) -> None:
    """Says where every thread is, and ends the process for the supervisor to start another."""
    _log.error("this process ends: a call does not come back; the next one goes on", call=what)
    faulthandler.dump_traceback(sys.stderr)
    os._exit(EXIT_RESTART)


class Watchdog:
    """Watches the calls of one thread, from another one."""

    def __init__(self, give_up: Callable[[str], None] = end_process) -> None:
        self._give_up = give_up
        self._call: tuple[float, str] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    @contextmanager
    def within(self, seconds: float, what: str) -> Iterator[None]:
        """The call inside has to come back within so many seconds."""
        self._call = (time.monotonic() + seconds, what)
        try:
            yield
        finally:
            self._call = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            call = self._call
            if call is not None and time.monotonic() > call[0]:
                self._give_up(call[1])
                return

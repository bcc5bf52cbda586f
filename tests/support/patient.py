"""One process of a service in the hands of a test: stopped, woken, ended, asked how it is.

    with Patient(ALLOCATION, broker.bootstrap, topic_prefix, tmp_path) as patient:
        patient.start()
        patient.signal(signal.SIGSTOP)

The other services run in a `Processor` of the same prefix.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from backorder.engine.failures import EXIT_RESTART
from backorder.local.child import Child
from backorder.local.readiness import address_in, readiness
from tests.support.scrape import Labels, scrape
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
_number = count(1)


class Patient:
    """Starts a service's process, again and again if need be, each with a log of its own."""

    def __init__(
        self,
        service: str,
        bootstrap: str,
        topic_prefix: str,
        folder: Path,
        settings: Mapping[str, str] | None = None,
        slot: str = "0",
        program: Sequence[str] = (),
    ) -> None:
        """`settings`: by the names of environment variables. `program`: arguments of Python, when it is not
        the service as it is."""
        self.service = service
        self._name = f"{service}-patient-{next(_number)}"
        self._folder = folder
        self._program = program or ("-m", f"backorder.{service}")
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("BACKORDER_")},
            "BACKORDER_KAFKA__BOOTSTRAP_SERVERS": bootstrap,
            "BACKORDER_TOPIC_PREFIX": topic_prefix,
            "BACKORDER_SLOT": slot,
            "BACKORDER_HTTP__PORT_FILE": str(self._address_file),
            **(settings or {}),
        }
        self._children: list[Child] = []
        self._last: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and self._children:
            print(f"--- the end of the log of {self._name}\n{self._child.log_tail(40)}")
        for child in self._children:
            if child.running:
                child.kill()

    def start(self, **settings: str) -> None:
        """Starts a process, with further settings for this one alone."""
        self._last = settings
        self._address_file.unlink(missing_ok=True)
        log = self._folder / f"{self._name}-{len(self._children)}.log"
        command = [sys.executable, *self._program]
        self._children.append(Child(self._name, command, log, env=self._environment | settings, cwd=ROOT))

    def revive(self) -> None:
        """Starts it again, as it was, if it has ended with 75: on a machine with much else to do a
        transaction may outlive a short time-out before the test has begun with it."""
        if not self.running and self._child.returncode == EXIT_RESTART:
            self.start(**self._last)

    def signal(self, number: int) -> None:
        self._child.signal(number)

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def started(self) -> bool:
        """Whether it has been, ever."""
        return bool(self._children)

    @property
    def running(self) -> bool:
        return self.started and self._child.running

    def stop(self) -> None:
        """SIGTERM; it has to end with 0."""
        self._child.terminate()
        self.expect_end(0)

    def expect_end(self, code: int, deadline: float = 60.0) -> str:
        """Waits for its end, which has to come with this exit code (128 + number for a signal); its log."""
        ended = self.wait_until_ended(deadline)
        assert ended == code, f"{self._child.how_it_ended()}\n{self._child.log_tail(40)}"
        return self.log()

    def wait_until_ended(self, deadline: float = 60.0) -> int:
        """Its exit code, 128 + number for a signal."""
        wait_until(lambda: not self._child.running, f"{self._name} ends", deadline)
        code = self._child.returncode
        assert code is not None
        return code

    # --- how it is ------------------------------------------------------------------------------------------

    def log(self) -> str:
        """All that the process of the last start has logged."""
        return self._child.log.read_text(encoding="utf-8", errors="replace")

    def said(self, event: str) -> list[dict[str, Any]]:
        """The lines of the log that begin so, as what they hold."""
        lines = [line for line in self.log().splitlines() if line.startswith("{") and event in line]
        return [line for line in map(json.loads, lines) if line["event"].startswith(event)]

    def wait_until_said(self, event: str, times: int = 1, deadline: float = 60.0) -> dict[str, Any]:
        """Waits for a line of the log; the last one of that kind."""

        def said() -> list[dict[str, Any]]:
            assert self._child.running, f"{self._child.how_it_ended()}\n{self._child.log_tail(40)}"
            found = self.said(event)
            return found if len(found) >= times else []

        return wait_until(said, f"{self._name} says: {event}", deadline)[-1]

    def is_ready(self) -> bool:
        return self.health() is not None

    def health(self) -> str | None:
        """What it answers to `/healthz/ready`; None while it is not ready, or does not answer."""
        address = self._address()
        return None if address is None else readiness(address)

    def metric(self, name: str, **labels: str) -> float:
        """A sample of its metrics."""
        address = self._address()
        assert address is not None, "it does not serve metrics yet"
        wanted: Labels = frozenset(labels.items())
        return scrape(address)[name, wanted]

    def wait_until_listening(self, deadline: float = 60.0) -> None:
        """Until it has come so far that it ends in an orderly way when it is told to, or has ended."""
        wait_until(lambda: self._address() is not None or not self.running, f"{self._name} listens", deadline)

    def wait_until_ready(self, deadline: float = 60.0) -> None:
        def ready() -> bool:
            assert self._child.running, f"{self._child.how_it_ended()}\n{self._child.log_tail(40)}"
            return self.is_ready()

        wait_until(ready, f"{self._name} is ready", deadline)

    @property
    def _child(self) -> Child:
        return self._children[-1]

    @property
    def _address_file(self) -> Path:
        return self._folder / f"{self._name}.address"

    def _address(self) -> str | None:
        return address_in(self._address_file)

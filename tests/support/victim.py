"""A service's process that is told where to kill itself, and what it left behind when it did."""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from backorder.engine.faults import Crumb
from backorder.engine.steps import Step
from backorder.local.processes import Processes, log_of
from backorder.local.readiness import address_in, readiness
from tests.support.waiting import wait_until


class Victim:
    """Runs one process at a time, armed; it has to end by its own SIGKILL, at the step that it was told."""

    def __init__(
        self, service: str, bootstrap: str, topic_prefix: str, folder: Path, settings: Mapping[str, str]
    ) -> None:
        """`settings`: further ones, by the names of environment variables."""
        self._service = service
        self._folder = folder
        self._processes = Processes(folder)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("BACKORDER_")},
            "BACKORDER_KAFKA__BOOTSTRAP_SERVERS": bootstrap,
            "BACKORDER_TOPIC_PREFIX": topic_prefix,
            "BACKORDER_HTTP__PORT_FILE": str(folder / f"{service}-victim.address"),
            **settings,
        }
        self._address = folder / f"{service}-victim.address"
        self._crumb = folder / f"{service}.crumb"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            for name in self._processes.names:
                print(log_of(self._processes[name]))
        self._processes.stop_all()

    def start(self, step: Step, **fault: Any) -> None:
        """Starts the process in slot 0. `fault`: further settings of that section."""
        self._crumb.unlink(missing_ok=True)
        self._address.unlink(missing_ok=True)
        chosen = {"kill_at": step.value, "crumb_file": self._crumb, **fault}
        armed = {f"BACKORDER_FAULT__{name.upper()}": str(value) for name, value in chosen.items()}
        self._processes.start(
            self._name, [sys.executable, "-m", f"backorder.{self._service}"], env=self._environment | armed
        )

    @property
    def is_ready(self) -> bool:
        """Whether all its partitions are restored; no answer is a no."""
        address = address_in(self._address)
        return address is not None and readiness(address) is not None

    @property
    def is_dead(self) -> bool:
        return not self._processes[self._name].running

    def autopsy(self) -> Crumb:
        """What it left behind. Raises AssertionError unless it ended by SIGKILL where it said it would."""
        child = self._processes[self._name]
        wait_until(lambda: self.is_dead, f"{self._service} dies", 60)
        assert child.returncode == 128 + signal.SIGKILL, f"{child.how_it_ended()}\n{log_of(child)}"
        assert self._crumb.exists(), f"{self._service} died before it was at the step\n{log_of(child)}"
        crumb = msgspec.json.decode(self._crumb.read_bytes(), type=Crumb)
        assert crumb.pid == child.pid
        return crumb

    @property
    def _name(self) -> str:
        return f"{self._service}-victim"

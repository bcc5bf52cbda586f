"""The four services of the processor, each a process of its own."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from backorder.local.child import Child
from backorder.local.errors import LocalError
from backorder.local.processes import Processes, died, log_of
from backorder.local.readiness import address_in, readiness

INGEST = ("orders", "inventory", "receiving")
ALLOCATION = "allocation"
SERVICES = (*INGEST, ALLOCATION)

EXIT_RESTART = 75
"""A service that ends with it is to be started again; see the exit codes in `docs/operations.md`."""
SIGNALLED = 128
"""Above it is the number of the signal that ended a process. librdkafka aborts one now and then when a broker
dies (librdkafka 4605)."""
STOP_SECONDS = 20.0
TAIL_LINES = 40


class Services:
    """Starts and ends the processes of the services, several of one if need be: each has its slot.

    `settings`: what differs from the defaults, by the names of environment variables; those of this process
    (`BACKORDER_*`) are not passed on. `logs`: a folder; what a process logs is in `<service>-<slot>.log`.
    `supervised`: a process that ended because only a new one can go on (status 75, as when a broker was away
    for longer than a transaction may last), or that crashed, is started again by `check` and `are_ready`, as
    in production a supervisor does; without, that counts as an end like any other.
    As a context manager it ends what still runs.
    """

    def __init__(
        self,
        bootstrap: str,
        topic_prefix: str,
        logs: Path,
        settings: Mapping[str, str] | None = None,
        supervised: bool = False,
    ) -> None:
        self._logs = logs
        self._supervised = supervised
        self._slots: dict[str, tuple[str, str]] = {}
        self._processes = Processes(logs)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("BACKORDER_")},
            "BACKORDER_KAFKA__BOOTSTRAP_SERVERS": bootstrap,
            "BACKORDER_TOPIC_PREFIX": topic_prefix,
            **(settings or {}),
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._processes.stop_all()

    def start(self, *services: str, slot: str = "0") -> None:
        """Starts these services, all four when none is named. Does not wait until they are ready."""
        for service in services or SERVICES:
            name = _name(service, slot)
            self._slots[name] = (service, slot)
            address = self._address_file(name)
            address.unlink(missing_ok=True)
            environment = {
                **self._environment,
                "BACKORDER_SLOT": slot,
                "BACKORDER_HTTP__PORT_FILE": str(address),
            }
            self._processes.start(name, [sys.executable, "-m", f"backorder.{service}"], env=environment)

    def are_ready(self) -> bool:
        """Whether each process that was started says so. Raises as `check` does."""
        self.check()
        return all(self._is_ready(name) for name in self._processes.names)

    def check(self) -> None:
        """Raises `ProcessDied` when a process has ended by itself, unless it was to be started again."""
        for name in self._processes.names:
            child = self._processes[name]
            if child.running:
                continue
            if not (self._supervised and _wants_another(child)):
                raise died(child)
            service, slot = self._slots[name]
            self.start(service, slot=slot)

    def kill(self, service: str, slot: str = "0") -> None:
        """SIGKILL, as a crash would."""
        self._processes.kill(_name(service, slot))

    def restart(self, service: str, slot: str = "0") -> None:
        """Starts one again that was stopped or killed; one that still runs is stopped first."""
        if _name(service, slot) in self._processes.names:
            self.stop(service, slot=slot)
        self.start(service, slot=slot)

    def stop(self, *services: str, slot: str = "0") -> None:
        """SIGTERM to these services, all processes when none is named, and waits.

        Raises `LocalError` unless each ends with status 0.
        """
        names = [_name(service, slot) for service in services] or list(self._processes.names)
        children = [self._processes[name] for name in names]
        for child in children:
            child.terminate()
        for child in children:
            if child.wait_or_kill(STOP_SECONDS) != 0:
                raise LocalError(f"{child.name} {child.how_it_ended()}\n{log_of(child)}")
        self._processes.stop(*names)

    def log(self, service: str, slot: str = "0") -> str:
        """All that a service's process, and those before it in the same slot, have logged."""
        return (self._logs / f"{_name(service, slot)}.log").read_text(encoding="utf-8", errors="replace")

    def ends_of_logs(self) -> str:
        """The last lines of every log, for a person who asks why something failed."""
        ends = []
        for path in sorted(self._logs.glob("*.log")):
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
            ends.append("\n".join([f"--- the end of {path.name}", *lines]))
        return "\n".join(ends)

    def _is_ready(self, name: str) -> bool:
        """What the process says of itself; no answer yet is a no."""
        address = address_in(self._address_file(name))
        return address is not None and readiness(address) is not None

    def _address_file(self, name: str) -> Path:
        return self._logs / f"{name}.address"


def _wants_another(child: Child) -> bool:
    """Whether a process that has ended asked for a new one, or crashed."""
    code = child.returncode
    return code is not None and (code == EXIT_RESTART or code > SIGNALLED)


def _name(service: str, slot: str) -> str:
    return f"{service}-{slot}"

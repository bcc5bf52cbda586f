"""The whole processor for one test: the four services as processes of their own, against a broker that runs.

    with Processor(broker.bootstrap, topic_prefix, tmp_path) as processor:
        processor.start()
        processor.publish(sample(1000, seed=1, end=now))
        processor.wait_until_quiet()

Everything it makes on the broker carries its prefix. When the test fails, the ends of the services' logs
are printed.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import Producer

from backorder.contract.catalogue import load_catalogue
from backorder.engine.failures import EXIT_OK
from backorder.local.errors import LocalError
from backorder.local.processes import Processes, log_of
from backorder.publisher.publisher import Publisher, producer_settings
from backorder.topics import apply, plan
from tests.support.broker import admin
from tests.support.unread import Unread
from tests.support.waiting import wait_until

INGEST = ("orders", "inventory", "receiving")
ALLOCATION = "allocation"
SERVICES = (*INGEST, ALLOCATION)


class Processor:
    """Starts and ends the services' processes, feeds them, and waits until they have done their work."""

    def __init__(
        self, bootstrap: str, topic_prefix: str, logs: Path, settings: Mapping[str, str] | None = None
    ) -> None:
        """`settings`: what differs from the defaults, by the names of environment variables."""
        self.bootstrap = bootstrap
        self.topic_prefix = topic_prefix
        self._logs = logs
        self._processes = Processes(logs)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("BACKORDER_")},
            "BACKORDER_KAFKA__BOOTSTRAP_SERVERS": bootstrap,
            "BACKORDER_TOPIC_PREFIX": topic_prefix,
            "BACKORDER_LOOP__SUMMARY_SECONDS": "5",
            **(settings or {}),
        }
        catalogue = load_catalogue(prefix=topic_prefix)
        self._unread = Unread(bootstrap, topic_prefix)
        apply(client := admin(bootstrap), catalogue, plan(client, catalogue))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            print(self._ends_of_logs())
        self._processes.stop_all()
        self._unread.close()

    def start(self, *services: str, slot: str = "0") -> None:
        """Starts these services, all four when none is named. Does not wait: `wait_until_quiet` does."""
        for service in services or SERVICES:
            name = _name(service, slot)
            address = self._address_file(name)
            address.unlink(missing_ok=True)
            environment = {
                **self._environment,
                "BACKORDER_SLOT": slot,
                "BACKORDER_HTTP__PORT_FILE": str(address),
            }
            self._processes.start(name, [sys.executable, "-m", f"backorder.{service}"], env=environment)

    def publish(self, lines: Iterable[bytes], rate: float = 0.0) -> None:
        """Publishes lines of JSON, each a CloudEvent or meant as one, to the topics they belong to. Returns
        when the broker has them all. `rate`: events a second, 0 = as fast as it goes."""
        sender = Producer(producer_settings({"bootstrap.servers": self.bootstrap}))
        Publisher(sender, self.topic_prefix, rate, broken_too=True).publish(lines)

    def wait_until_quiet(self, deadline: float = 60.0) -> None:
        """Returns when the services have done all that there was to do when it was called: all are ready,
        nothing unread is left on the public topics, nothing but ticks in the journal. Raises `ProcessDied`
        when one has ended by itself."""

        def quiet() -> bool:
            self._processes.check()
            if not all(self._is_ready(name) for name in self._processes.names):
                return False
            # The ingest services first: what they have read is in the journal then.
            return all(not self._unread.of(service) for service in SERVICES)

        wait_until(quiet, "nothing is left unread by the four services", deadline)

    def kill(self, service: str, slot: str = "0") -> None:
        """SIGKILL, as a crash would."""
        self._processes.kill(_name(service, slot))

    def restart(self, service: str, slot: str = "0") -> None:
        """Starts one again that was stopped or killed; one that still runs is stopped first."""
        if _name(service, slot) in self._processes.names:
            self.stop(service, slot=slot)
        self.start(service, slot=slot)

    def stop(self, *services: str, slot: str = "0") -> None:
        """SIGTERM to these services, all processes when none is named, and waits; each must end with
        status 0."""
        names = [_name(service, slot) for service in services] or list(self._processes.names)
        children = [self._processes[name] for name in names]
        for child in children:
            child.terminate()
        for child in children:
            code = child.wait_or_kill(20.0)
            if code != EXIT_OK:
                raise LocalError(f"{child.name} {child.how_it_ended()}\n{log_of(child)}")
        self._processes.stop(*names)

    def log(self, service: str, slot: str = "0") -> str:
        """All that a service's process, and those before it in the same slot, have logged."""
        return (self._logs / f"{_name(service, slot)}.log").read_text(encoding="utf-8")

    def _is_ready(self, name: str) -> bool:
        """What the process says of itself; no answer yet is a no."""
        file = self._address_file(name)
        if not file.exists():
            return False
        host, _, port = file.read_text(encoding="utf-8").strip().partition(":")
        connection = HTTPConnection(host, int(port), timeout=5)
        try:
            connection.request("GET", "/healthz/ready")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _address_file(self, name: str) -> Path:
        return self._logs / f"{name}.address"

    def _ends_of_logs(self) -> str:
        ends = []
        for path in sorted(self._logs.glob("*.log")):
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-40:]
            ends.append("\n".join([f"--- the end of {path.name}", *lines]))
        return "\n".join(ends)


def _name(service: str, slot: str) -> str:
    return f"{service}-{slot}"

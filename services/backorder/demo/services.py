"""The four services as processes of their own."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from backorder.demo.kafka import Cluster
from backorder.local.processes import Processes
from backorder.local.readiness import address_in, readiness
from backorder.local.services import SERVICES

READY_SECONDS = 60.0
ASK_SECONDS = 2.0


@contextmanager
def running_services(cluster: Cluster, folder: Path) -> Iterator["Services"]:
    """Starts all services, and stops them at the end."""
    with Processes(folder) as processes:
        services = Services(processes, cluster, folder)
        try:
            services.start()
            yield services
        finally:
            services.stop()


class Services:
    """The processes, and where each serves its metrics."""

    def __init__(self, processes: Processes, cluster: Cluster, folder: Path) -> None:
        self.addresses: dict[str, str] = {}
        """`host:port` by service."""
        self._processes = processes
        self._cluster = cluster
        self._folder = folder

    def start(self) -> None:
        """Starts all and returns when all are ready. Raises `LocalError`."""
        for name in SERVICES:
            port_file = self._port_file(name)
            port_file.unlink(missing_ok=True)
            command = [sys.executable, "-m", f"backorder.{name}"]
            self._processes.start(name, command, env=self._environment(port_file))
        for name in SERVICES:
            self._processes.wait_ready(name, partial(self._is_ready, name), READY_SECONDS)

    def check(self) -> None:
        """Raises `ProcessDied` when one of them has ended."""
        self._processes.check()

    def stop(self) -> None:
        """Stops all that run, together."""
        self._processes.stop(*self._processes.names)

    def _environment(self, port_file: Path) -> dict[str, str]:
        kafka = self._cluster.kafka
        options = {
            f"BACKORDER_KAFKA__LIBRDKAFKA__{name.upper().replace('.', '_')}": value
            for name, value in kafka.librdkafka.items()
        }
        return {
            **os.environ,
            **options,
            "BACKORDER_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
            "BACKORDER_TOPIC_PREFIX": self._cluster.prefix,
            "BACKORDER_HTTP__HOST": "127.0.0.1",
            "BACKORDER_HTTP__PORT": "0",
            "BACKORDER_HTTP__PORT_FILE": str(port_file),
        }

    def _port_file(self, name: str) -> Path:
        return self._folder / f"{name}.address"

    def _is_ready(self, name: str) -> bool:
        address = address_in(self._port_file(name))
        if address is None:
            return False
        self.addresses[name] = address
        return readiness(address, ASK_SECONDS) is not None

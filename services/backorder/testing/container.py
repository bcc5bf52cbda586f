"""Apache Kafka in a container that can be paused, killed and started again, for testcontainers."""

import time
from collections.abc import Mapping
from typing import Any, Self

from docker.errors import APIError
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from backorder.local.answers import Asking, new_cluster_id
from backorder.local.broker import SETTINGS
from backorder.local.errors import LocalError
from backorder.local.ports import HOST, free_port
from backorder.testing import reaper
from backorder.testing.images import engine, kafka_image, obtainable

CLIENTS, CONTROLLER, BROKERS = 9092, 9093, 9094
"""Ports inside the container: for clients on this machine, the controllers, and everybody on its network."""
PORT_TRIES = 5
"""How often another port is chosen when somebody takes one between our look and Docker's."""
POLL = 0.05

IN_A_CONTAINER: Mapping[str, str | int] = {
    "listeners": f"CLIENTS://0.0.0.0:{CLIENTS},CONTROLLER://0.0.0.0:{CONTROLLER},BROKERS://0.0.0.0:{BROKERS}",
    "listener.security.protocol.map": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT,BROKERS:PLAINTEXT",
    "inter.broker.listener.name": "BROKERS",
    "controller.quorum.voters": f"1@localhost:{CONTROLLER}",
    # A killed one needs so long to come back anyway. With less, one that gets no processor for a moment, as
    # happens among three on a small machine, is taken for dead and its partitions have no leader.
    "broker.session.timeout.ms": 4000,
    "broker.heartbeat.interval.ms": 500,
}

# As the embedded Kafka of the tests: quick at the start, small, and no slower for short tests.
JVM = {
    "KAFKA_HEAP_OPTS": "-Xms256m -Xmx512m",
    "KAFKA_JVM_PERFORMANCE_OPTS": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
}


class ContainerError(LocalError):
    """Kafka's container did not start or does not run. The message has the end of its log."""


class ApacheKafkaContainer(DockerContainer):
    """One node of Apache Kafka, broker and controller, with all that transactions need.

        with ApacheKafkaContainer() as kafka:
            producer = Producer({"bootstrap.servers": kafka.bootstrap})

    `image`: any with the variables of `apache/kafka`; None = the official one of the version that this
    package was tested with, or the one that `deploy/kafka/build.py` made where no registry can be reached.
    `port`: on this machine; None = a free one, chosen before the start, so that the address is the same
    after `kill` and `start_again`. `settings`: Kafka's, over those that tests need, such as
    `{"log.retention.ms": 1000}`. `alias`: what other containers call it on a network given with
    `with_network`; see `internal_bootstrap`. `node_id` and `cluster_id`: for several nodes of one cluster,
    see `ApacheKafkaCluster`. `start_timeout` in seconds.

    It is removed with its data by `stop`, at the end of `with`, and when this process ends, even by SIGKILL.
    Where Ryuk's image cannot be had, a small process of ours sees to that (`backorder.testing.reaper`).

    Raises `NoEngine` and `NoImage` when it is made, `ContainerError` when it does not start.
    """

    def __init__(
        self,
        image: str | None = None,
        *,
        port: int | None = None,
        settings: Mapping[str, str | int] | None = None,
        alias: str = "localhost",
        node_id: int = 1,
        cluster_id: str | None = None,
        start_timeout: float = 120.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(image or _image(), **kwargs)
        self.cluster_id = cluster_id or new_cluster_id()
        """The id that its data are formatted with; nobody else's Kafka has it."""
        self.node_id = node_id
        self._wanted_port = port
        self._port = port
        self._alias = alias
        self._start_timeout = start_timeout
        self._host = self.get_docker_client().host().replace("localhost", HOST)
        chosen = {**SETTINGS, **IN_A_CONTAINER, "node.id": node_id, **(settings or {})}
        self.with_envs(CLUSTER_ID=self.cluster_id, **JVM)
        self.with_envs(**{_variable(name): str(value) for name, value in chosen.items()})
        self.with_network_aliases(alias)

    @property
    def bootstrap(self) -> str:
        """`host:port` for clients outside of containers; stays the same over `kill` and `start_again`."""
        if self._port is None:
            raise ContainerError("Kafka's container has not been started")
        return f"{self._host}:{self._port}"

    @property
    def internal_bootstrap(self) -> str:
        """`host:port` for other containers on its network."""
        return f"{self._alias}:{BROKERS}"

    @property
    def running(self) -> bool:
        """Whether its process is there; a paused one counts."""
        if self._container is None:
            return False
        self._container.reload()
        return self._container.status in ("running", "paused")

    def start(self) -> Self:
        """Starts it and returns when it answers. Raises `ContainerError`."""
        self._see_to_removal()
        for attempt in range(1, PORT_TRIES + 1):
            self._publish_on(self._wanted_port or free_port())
            try:
                super().start()
                break
            except APIError as error:
                self._remove()
                if not _port_taken(error) or self._wanted_port is not None or attempt == PORT_TRIES:
                    raise ContainerError(f"Kafka's container did not start: {error.explanation}") from error
        try:
            self.wait_ready()
        except BaseException:  # whatever it is, Ctrl-C too: nothing half started stays behind
            self._remove()
            raise
        return self

    def stop(self, force: bool = True, delete_volume: bool = True) -> None:
        """Removes it with its data."""
        super().stop(force, delete_volume)
        self._container = None

    def pause(self) -> None:
        """Freezes it; connections stay open and nothing is answered."""
        self.get_wrapped_container().pause()

    def unpause(self) -> None:
        """Lets it go on."""
        self.get_wrapped_container().unpause()

    def kill(self) -> None:
        """SIGKILL, as a crash would; its data stay.

        The only node of a cluster may forget a part of what was just being committed: Kafka 4.1 to 4.3.1 at
        least, docs/operations.md, "A transaction stays open". A node of an `ApacheKafkaCluster` does not.
        """
        self.get_wrapped_container().kill("SIGKILL")
        self.get_wrapped_container().wait()

    def shut_down(self, grace: int = 20) -> None:
        """Ends it in an orderly way, after `grace` seconds by SIGKILL; its data stay."""
        self.get_wrapped_container().stop(timeout=grace)

    def start_again(self) -> None:
        """Starts one that was killed or shut down, on the same data and port, and returns when it answers."""
        self.get_wrapped_container().start()
        self.wait_ready()

    def wait_ready(self) -> None:
        """Returns when it answers a metadata request, and counts itself among the brokers of its cluster.

        Neither a line in the log (it may be an old one) nor an open port (Docker opens it at once) would do.
        Raises `ContainerError`.
        """
        end = time.monotonic() + self._start_timeout
        asking = Asking(self.bootstrap)
        while True:
            answer = asking.ask()
            if answer is not None and answer.cluster_id != self.cluster_id:
                raise ContainerError(f"{self.bootstrap} is answered by another Kafka: {answer.cluster_id}")
            if answer is not None and self.node_id in answer.brokers:
                return
            if not self.running:
                raise ContainerError(f"Kafka ended at its start.\n{self.log_tail()}")
            if time.monotonic() > end:
                raise ContainerError(
                    f"Kafka does not answer after {self._start_timeout:g} s.\n{self.log_tail()}"
                )
            time.sleep(POLL)

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of its log, those of earlier starts included."""
        tail: bytes = self.get_wrapped_container().logs(tail=lines)
        return tail.decode(errors="replace")

    def _see_to_removal(self) -> None:
        client = self.get_docker_client().client
        ryuk = testcontainers_config
        if not ryuk.ryuk_disabled and not obtainable(client, ryuk.ryuk_image):
            ryuk.ryuk_disabled = True
        if ryuk.ryuk_disabled:
            reaper.watch()

    def _publish_on(self, port: int) -> None:
        self._port = port
        # Without an address Docker would publish it to the whole network, and anybody may do anything there.
        published = (HOST, port) if self._host == HOST else port
        self.ports[str(CLIENTS)] = published  # type: ignore[assignment]
        advertised = f"CLIENTS://{self.bootstrap},BROKERS://{self.internal_bootstrap}"
        self.with_env(_variable("advertised.listeners"), advertised)

    def _remove(self) -> None:
        if self._container is not None:
            self._container.remove(force=True, v=True)
            self._container = None


def _image() -> str:
    client = engine()
    try:
        return kafka_image(client)
    finally:
        client.close()


def _variable(setting: str) -> str:
    """The image's variable for one of Kafka's settings."""
    return "KAFKA_" + setting.replace("_", "__").replace("-", "___").replace(".", "_").upper()


def _port_taken(error: APIError) -> bool:
    text = str(error.explanation)
    return "port is already allocated" in text or "address already in use" in text

"""Several nodes of Apache Kafka, each in a container, as one cluster."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from confluent_kafka.admin import AdminClient
from testcontainers.core.network import Network

from backorder.local.answers import Asking, new_cluster_id
from backorder.testing.container import CONTROLLER, POLL, ApacheKafkaContainer, ContainerError

ASK_SECONDS = 10.0


class ApacheKafkaCluster:
    """Three nodes of Apache Kafka, each broker and controller, with three copies of everything.

        with ApacheKafkaCluster() as kafka:
            kafka.leader("orders").kill()

    One may be killed without a loss: a write needs all copies but one. `size`: how many nodes; `image` and
    `settings` as for `ApacheKafkaContainer`. `start_timeout` in seconds. Raises as that does.
    """

    def __init__(
        self,
        size: int = 3,
        image: str | None = None,
        *,
        settings: Mapping[str, str | int] | None = None,
        start_timeout: float = 180.0,
    ) -> None:
        self._size = size
        self._image = image
        self._settings = {**copies(size), **(settings or {})}
        self._start_timeout = start_timeout
        self._cluster_id = new_cluster_id()
        self._ending = ExitStack()
        self.brokers: tuple[ApacheKafkaContainer, ...] = ()
        """The nodes, by their ids from 1 on. Empty before the start."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def bootstrap(self) -> str:
        """The addresses of all nodes, for clients outside of containers."""
        return ",".join(broker.bootstrap for broker in self.brokers)

    def start(self) -> Self:
        """Starts all nodes and returns when each of them answers and knows all others."""
        try:
            network = self._ending.enter_context(Network())
            self.brokers = tuple(self._node(number, network) for number in range(1, self._size + 1))
            for broker in self.brokers:
                self._ending.callback(broker.stop)
            self._all(ApacheKafkaContainer.start)
            self._all(self._wait_until_it_knows_all)
        except BaseException:  # whatever it is, Ctrl-C too: nothing half started stays behind
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Removes all nodes with their data."""
        self._ending.close()
        self.brokers = ()

    def leader(self, topic: str, partition: int = 0) -> ApacheKafkaContainer:
        """The node that leads a partition now. Raises KeyError for a topic that is not there,
        `ContainerError` when nobody leads it."""
        client = AdminClient({"bootstrap.servers": self.bootstrap})
        number = client.list_topics(timeout=ASK_SECONDS).topics[topic].partitions[partition].leader
        if number < 1:
            raise ContainerError(f"nobody leads partition {partition} of {topic}")
        return self.brokers[number - 1]

    def _node(self, number: int, network: Network) -> ApacheKafkaContainer:
        node = ApacheKafkaContainer(
            self._image,
            settings=self._settings,
            alias=_alias(number),
            node_id=number,
            cluster_id=self._cluster_id,
            start_timeout=self._start_timeout,
        )
        return node.with_network(network)

    def _all(self, action: Callable[[ApacheKafkaContainer], object]) -> None:
        with ThreadPoolExecutor(self._size) as pool:
            list(pool.map(action, self.brokers))

    def _wait_until_it_knows_all(self, broker: ApacheKafkaContainer) -> None:
        end = time.monotonic() + self._start_timeout
        asking = Asking(broker.bootstrap)
        while (answer := asking.ask()) is None or len(answer.brokers) < self._size:
            if time.monotonic() > end:
                raise ContainerError(f"{broker.bootstrap} does not know the others.\n{broker.log_tail()}")
            time.sleep(POLL)


def copies(size: int) -> dict[str, str | int]:
    """Kafka's settings for so many nodes: who they are, and that each holds a copy of everything."""
    enough = max(1, size - 1)
    return {
        "controller.quorum.voters": ",".join(
            f"{number}@{_alias(number)}:{CONTROLLER}" for number in range(1, size + 1)
        ),
        "default.replication.factor": size,
        "min.insync.replicas": enough,
        "offsets.topic.replication.factor": size,
        "transaction.state.log.replication.factor": size,
        "transaction.state.log.min.isr": enough,
        "share.coordinator.state.topic.replication.factor": size,
        "share.coordinator.state.topic.min.isr": enough,
    }


def _alias(number: int) -> str:
    return f"kafka-{number}"

"""Up to where consumer groups have read, asked by somebody who is in none of them.

Not with the admin client, which has a call for it: up to librdkafka 2.16 that call ends the whole process
with a segmentation fault when a broker answers that it is not the group's coordinator (librdkafka#5040).
A young broker says that, and each one whose partitions of the offsets topic move: on every rolling restart.
"""

import time
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from backorder.engine import kafka
from backorder.engine.failures import kafka_error
from backorder.engine.offsets import Place

_MOVING = frozenset(
    {
        KafkaError.NOT_COORDINATOR,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    }
)
_AGAIN_SECONDS = 0.1


class Groups:
    """Asks for committed offsets, with a client for each group that it is asked about. One thread."""

    def __init__(self, common: dict[str, Any]) -> None:
        """`common`: the options that every client needs (`kafka.common`)."""
        self._common = common
        self._clients: dict[str, Consumer] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def committed(self, group: str, places: Iterable[Place], seconds: float) -> dict[Place, int]:
        """The next offset of each place at which the group has committed one; those without are left out.

        What an open transaction is about to commit does not count, and is not waited for. Raises
        KafkaException when there is no answer within `seconds`.
        """
        asked = [TopicPartition(*place) for place in places]
        found = self._ask(self._client(group), asked, time.monotonic() + seconds)
        for partition in found:
            if partition.error is not None:
                raise KafkaException(partition.error)
        return {(place.topic, place.partition): place.offset for place in found if place.offset >= 0}

    def _ask(self, client: Consumer, asked: list[TopicPartition], deadline: float) -> list[TopicPartition]:
        while True:
            try:
                return client.committed(asked, timeout=max(0.1, deadline - time.monotonic()))
            except KafkaException as exception:
                # The client has asked who is the coordinator now, and does not ask it by itself.
                if kafka_error(exception).code() not in _MOVING or time.monotonic() > deadline:
                    raise
            time.sleep(_AGAIN_SECONDS)

    def _client(self, group: str) -> Consumer:
        if group not in self._clients:
            # It never subscribes, so it never joins.
            self._clients[group] = kafka.consumer(
                self._common
                | {"group.id": group, "isolation.level": "read_uncommitted", "enable.auto.commit": False}
            )
        return self._clients[group]

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
        self._clients.clear()

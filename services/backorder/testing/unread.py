"""What the services have not processed yet, seen from outside: committed offsets against the topics."""

from typing import Self

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from backorder.contract.catalogue import load_catalogue
from backorder.domain.events import ClockTicked, Entry
from backorder.engine.groups import Groups
from backorder.testing.clients import Clients, may_pass
from backorder.testing.committed import end_offsets

TOPIC_OF = {"orders": "orders", "inventory": "inventory", "receiving": "receiving", "allocation": "journal"}
"""What each service reads."""

ANSWER_SECONDS = 30.0
LOOKS = 20
"""How often the records behind a group are asked for before it is said that some are left."""

_entry = msgspec.json.Decoder(Entry).decode


class Unread:
    """Looks at the consumer groups of the four services under one prefix. To be closed."""

    def __init__(self, bootstrap: str, topic_prefix: str, clients: Clients | None = None) -> None:
        clients = clients or Clients(bootstrap)
        self._prefix = topic_prefix
        self._catalogue = load_catalogue()
        self._admin = clients.admin()
        self._reader = clients.reader(tells_ends=True)
        self._groups = Groups(clients.common)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._reader.close()
        self._groups.close()

    def of(self, service: str) -> bool:
        """Whether a record is left that the service has not committed. Ticks do not count: they never end.

        Offsets alone do not tell, as the last ones of a topic may be the markers of transactions. When it
        cannot be seen now, because a transaction is open, something is left.
        """
        behind = self._behind(service)
        if not behind:
            return False
        self._reader.assign([start for start, _ in behind])
        ends = {start.partition: end for start, end in behind}
        for _ in range(LOOKS):
            for message in self._reader.consume(1000, 0.05):
                number, offset, error = message.partition() or 0, message.offset() or 0, message.error()
                if error is None:
                    if offset < ends.get(number, 0) and not _is_tick(service, message):
                        return True
                elif error.code() == KafkaError._PARTITION_EOF:
                    # Not the reader's position: for a while after `assign` that is the one of the last look.
                    if offset >= ends.get(number, offset):
                        ends.pop(number, None)
                elif not may_pass(error):
                    raise KafkaException(error)
            if not ends:
                return False
        return True

    def offsets(self, service: str) -> int:
        """How many offsets lie between the group's and the ends of its topic; markers and ticks count."""
        return sum(end - start.offset for start, end in self._behind(service))

    def committed(self, service: str) -> dict[int, int]:
        """The group's offset of each partition; 0 where it has committed none."""
        topic, group = self._prefix + TOPIC_OF[service], self._prefix + service
        places = [(topic, number) for number in range(self._catalogue[TOPIC_OF[service]].partitions)]
        found = self._groups.committed(group, places, ANSWER_SECONDS)
        return {number: found.get((topic, number), 0) for _, number in places}

    def _behind(self, service: str) -> list[tuple[TopicPartition, int]]:
        """Where the group stands and where the topic ends, for each partition where that is not the same."""
        topic, committed = self._prefix + TOPIC_OF[service], self.committed(service)
        ends = end_offsets(self._admin, topic, list(committed))
        return [
            (TopicPartition(topic, partition, committed[partition]), end)
            for partition, end in ends.items()
            if committed[partition] < end
        ]


def _is_tick(service: str, message: Message) -> bool:
    if service != "allocation":
        return False
    try:
        return isinstance(_entry(message.value() or b"").event, ClockTicked)
    except msgspec.DecodeError:
        return False  # no entry at all: allocation stops there

"""What is committed on a topic: read on from call to call, to the end that the topic has at each."""

import time
from collections.abc import Iterable
from typing import Self

from confluent_kafka import KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from backorder.engine.kafka import LATEST
from backorder.engine.offsets import ask_offsets
from backorder.testing.clients import Clients, may_pass

CONSUME_SECONDS = 0.05
ASK_SECONDS = 10.0
READ_SECONDS = 60.0
MOST_AT_ONCE = 10_000
PAUSE = 0.1


class CommittedReader:
    """Reads one topic from its beginning, read-committed.

    To be closed, or used in a `with`.
    """

    def __init__(self, clients: Clients, topic: str, partitions: int) -> None:
        self._topic = topic
        self._admin = clients.admin()
        self._reader = clients.reader()
        self._positions = dict.fromkeys(range(partitions), 0)
        self._reader.assign([TopicPartition(topic, number, 0) for number in range(partitions)])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._reader.close()

    def read(self, deadline: float = READ_SECONDS) -> list[Message]:
        """All records that were committed when it was called and that no earlier call returned; later ones
        may be among them. In order within each partition.

        A commit is answered before all its markers are written, so the end is the read-*uncommitted* one: an
        open transaction is waited for. A broker that is away is waited for, too. Raises AssertionError after
        `deadline` seconds, and KafkaException for what waiting does not mend.
        """
        until = time.monotonic() + deadline
        ends = end_offsets(self._admin, self._topic, self._positions, deadline)
        found: list[Message] = []
        while any(self._positions[number] < end for number, end in ends.items()):
            if time.monotonic() > until:
                raise AssertionError(
                    f"{self._topic} could not be read to its end within {deadline:g} s: a transaction is "
                    f"open, or the broker is away (ends {ends}, read to {self._positions})"
                )
            found += self._consume()
        return found

    def _consume(self) -> list[Message]:
        found = []
        for message in self._reader.consume(MOST_AT_ONCE, CONSUME_SECONDS):
            error = message.error()
            if error is None:
                found.append(message)
            elif not may_pass(error):
                raise KafkaException(error)
        # Markers and aborted records are passed over, so that the last record does not tell.
        asked = [TopicPartition(self._topic, number) for number in self._positions]
        for place in self._reader.position(asked):
            self._positions[place.partition] = max(self._positions[place.partition], place.offset)
        return found


def end_offsets(
    admin: AdminClient, topic: str, partitions: Iterable[int], deadline: float = READ_SECONDS
) -> dict[int, int]:
    """Where the next record of each partition would be, whoever can see those before it.

    A broker that is away, and a leader that is just changing, are waited for. Raises KafkaException for what
    waiting does not mend, and after `deadline` seconds.
    """
    until = time.monotonic() + deadline
    places = [(topic, number) for number in partitions]
    while True:
        try:
            answers = ask_offsets(admin, places, LATEST, ASK_SECONDS)
            return {number: answer.offset for (_, number), answer in answers.items()}
        except KafkaException as exception:
            if not may_pass(exception.args[0]) or time.monotonic() > until:
                raise
        time.sleep(PAUSE)

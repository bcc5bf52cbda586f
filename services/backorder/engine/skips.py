"""Going on past a record that cannot be processed, when the input itself says so further on.

A partition that has stopped is read ahead, from behind the record at which it stopped, for a later record
that lets this one be passed over. What such a record looks like is the service's own matter (`Skippable`).
The reader exists only while there is a stopped partition that can be let go on.
"""

from collections.abc import Collection
from typing import Any

import structlog
from confluent_kafka import Consumer, TopicPartition

from backorder.engine import kafka
from backorder.engine.failures import ended, over
from backorder.engine.partitions import Owned
from backorder.engine.poison import Poison
from backorder.engine.records import Message
from backorder.engine.service import Skippable

_log = structlog.get_logger(__name__)

_READ_AT_ONCE = 10_000


class Skips:
    """Reads ahead of the stopped partitions of a process. One thread, the loop's."""

    def __init__(self, config: dict[str, Any], topic: str) -> None:
        self._config = config
        self._topic = topic
        self._consumer: Consumer | None = None
        self._watched: dict[int, Poison] = {}
        self._states: dict[int, Skippable] = {}
        self._found: dict[int, Message] = {}

    def find(self, stopped: Collection[Owned]) -> list[tuple[Owned, Message]]:
        """The partitions that may go on, each with the record that says so. Does not wait; to be asked again
        and again, and names a partition again as long as it is stopped."""
        self._states = {
            owned.number: state for owned in stopped if isinstance(state := owned.ready_state(), Skippable)
        }
        self._follow({owned.number: owned.stopped_at() for owned in stopped if owned.number in self._states})
        if self._consumer is not None:
            for message in self._consumer.consume(_READ_AT_ONCE, 0.0):
                self._look_at(message)
        return [(owned, self._found[owned.number]) for owned in stopped if owned.number in self._found]

    def close(self) -> None:
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None

    def _follow(self, stopped: dict[int, Poison]) -> None:
        """Begins anew where a partition stands at another record now; ends with those that are gone."""
        gone = [number for number, poison in self._watched.items() if stopped.get(number) is not poison]
        for number in gone:
            del self._watched[number]
            self._found.pop(number, None)
        if gone and self._consumer is not None:
            self._consumer.incremental_unassign([TopicPartition(self._topic, number) for number in gone])
        for number in stopped.keys() - self._watched.keys():
            self._watched[number] = stopped[number]
            if self._consumer is None:
                self._consumer = kafka.consumer(self._config)
            behind = stopped[number].record.offset + 1
            self._consumer.incremental_assign([TopicPartition(self._topic, number, behind)])
        if not self._watched:
            self.close()

    def _look_at(self, message: Any) -> None:
        error = message.error()
        if error is not None:
            if over(error):
                raise ended(error, "the reader ahead of stopped partitions failed")
            _log.warning("reading ahead is repeated", topic=self._topic, error=error.str())
            return
        number = message.partition()
        if number not in self._watched:
            return
        record = Message(
            self._topic,
            number,
            message.offset(),
            message.timestamp()[1],
            message.key(),
            message.value(),
        )
        if self._states[number].lets_skip(record) == self._watched[number].record.offset:
            self._found.setdefault(number, record)

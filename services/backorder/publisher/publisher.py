"""Publishes lines at a steady rate, in their order on each topic, and counts what it did."""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from backorder.contract.envelope import STRUCTURED_HEADERS
from backorder.contract.unreadable import Unreadable
from backorder.publisher.records import Record, is_tick, nearest_record, record_of

AHEAD = 0.005
"""Seconds of work done at once: a sleep for each of a thousand events a second would cost more."""
CATCH_UP = 0.05
"""Seconds of work that were missed and are made up for."""
QUEUE_FULL_WAIT = 0.1
FLUSH_SECONDS = 30.0

Sent = Callable[[Record, float], None]
"""Told what was sent and when, in seconds since 1970."""
MayGoOn = Callable[[int], bool]
"""Asked whether, after so many events, one more may be sent now."""
Refused = Callable[[int, Unreadable], None]
"""Told the number of a line, from 1, that is not sent, and why."""


class NotPublished(Exception):
    """Kafka did not take all events; the message says why."""


def producer_settings(common: dict[str, Any]) -> dict[str, Any]:
    """For a producer that repeats nothing and changes no order, over what every client needs."""
    return common | {
        "client.id": "backorder-publish",
        "enable.idempotence": True,
        "linger.ms": 5,
        "batch.size": 256 * 1024,
        "compression.type": "lz4",
        "message.max.bytes": 10 * 1024 * 1024,
        # The same partition for a key as Java's clients choose; librdkafka's own default differs.
        "partitioner": "murmur2_random",
        "delivery.report.only.error": True,
    }


class Publisher:
    """Sends lines, each a CloudEvent in structured mode, to the topics that their types belong to.

    rate: events a second at most, 0 = as fast as possible.
    broken_too: lines that are no valid events are sent all the same, to see what becomes of them.
    """

    def __init__(
        self,
        producer: Producer,
        prefix: str = "",
        rate: float = 0.0,
        broken_too: bool = False,
        sent: Sent | None = None,
        refused: Refused | None = None,
        stop: threading.Event | None = None,
        may_go_on: MayGoOn | None = None,
    ) -> None:
        """`stop` ends the publishing when it is set."""
        self.published = 0
        self.refused = 0
        self._producer = producer
        self._prefix = prefix
        self._rate = rate
        self._broken_too = broken_too
        self._told_sent = sent
        self._told_refused = refused
        self._stop = stop or threading.Event()
        self._may_go_on = may_go_on
        self._due = 0.0
        self._errors: list[KafkaError] = []

    def publish(self, lines: Iterable[bytes]) -> None:
        """Sends all lines, unless told to stop, and returns when Kafka has them. Raises `NotPublished`."""
        self._due = time.time()
        for number, line in enumerate(lines, start=1):
            if self._stop.is_set():
                break
            line = line.strip()
            record = self._record(number, line) if line else None
            if record is None:
                continue
            now = self._wait_for_turn()
            self._send(record, line)
            self.published += 1
            if self._told_sent is not None:
                self._told_sent(record, now)
        self._flush()

    def _record(self, number: int, line: bytes) -> Record | None:
        try:
            return record_of(line)
        except Unreadable as unreadable:
            if is_tick(unreadable):
                return None
            if self._broken_too:
                return nearest_record(line)
            self.refused += 1
            if self._told_refused is not None:
                self._told_refused(number, unreadable)
            return None

    def _wait_for_turn(self) -> float:
        """Waits until the next event may be sent, and returns the time then."""
        while self._may_go_on is not None and not self._may_go_on(self.published) and not self._stop.is_set():
            self._producer.poll(AHEAD)
        now = time.time()
        if not self._rate:
            return now
        while self._due - now > AHEAD and not self._stop.is_set():
            self._producer.poll(0)
            self._stop.wait(min(self._due - now, QUEUE_FULL_WAIT))
            now = time.time()
        # What was missed a moment ago is made up for; after a longer wait there is no rush.
        self._due = max(self._due, now - CATCH_UP) + 1 / self._rate
        return now

    def _send(self, record: Record, line: bytes) -> None:
        while True:
            try:
                self._producer.produce(
                    self._prefix + record.topic,
                    line,
                    record.key,
                    headers=list(STRUCTURED_HEADERS),
                    on_delivery=self._delivered,
                )
                return
            except BufferError:  # the queue is full: let Kafka take some of it
                self._producer.poll(QUEUE_FULL_WAIT)
            except KafkaException as exception:
                raise NotPublished(str(exception.args[0])) from exception

    def _delivered(self, error: KafkaError | None, _message: object) -> None:
        if error is not None:
            self._errors.append(error)

    def _flush(self) -> None:
        if self._stop.is_set():
            self._producer.purge()  # nobody waits for the rest any more
        left = self._producer.flush(FLUSH_SECONDS)
        if self._stop.is_set():
            return
        if self._errors:
            raise NotPublished(f"{len(self._errors)} events were not taken: {self._errors[0].str()}")
        if left:
            raise NotPublished(f"{left} events were not taken within {FLUSH_SECONDS:g} s")

"""Reading the dead-letters topic, choosing from it, and publishing the originals again."""

import base64
from collections.abc import Iterator
from typing import Any, NamedTuple

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

from backorder.engine import kafka
from backorder.engine.config import KafkaSettings
from backorder.engine.dead_letters import Original, about, original
from backorder.engine.offsets import ask_offsets
from backorder.engine.records import Headers

_ASK_SECONDS = 15.0


class Letter(NamedTuple):
    """One dead letter: where it stands, what its headers say, and the record that it was."""

    partition: int
    offset: int
    about: dict[str, str]
    original: Original

    @property
    def position(self) -> str:
        """How it is named on the command line."""
        return f"{self.partition}:{self.offset}"

    @property
    def origin(self) -> str:
        """Where it was read from."""
        return (
            f"{self.about['original_topic']}-{self.about['original_partition']}"
            f"@{self.about['original_offset']}"
        )

    def shown(self) -> dict[str, Any]:
        """Everything, for people and programs; bytes that are no text are base64."""
        return {
            "position": self.position,
            **self.about,
            "key": _text(self.original.key),
            "headers": [[name, _text(value)] for name, value in self.original.headers or []],
            "value": _text(self.original.value),
        }


class Choice(NamedTuple):
    """Which dead letters are meant; what is None does not matter."""

    reason: str | None = None
    topic: str | None = None
    position: str | None = None

    def takes(self, letter: Letter) -> bool:
        """Whether the letter is among them."""
        return (
            self.reason in (None, letter.about["reason"])
            and self.topic in (None, letter.about["original_topic"])
            and self.position in (None, letter.position)
        )


def _text(content: bytes | None) -> str | dict[str, str] | None:
    if content is None:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}


def read(settings: KafkaSettings, topic: str) -> Iterator[Letter]:
    """All dead letters up to the end that the topic has now. Raises KafkaException."""
    ends = _ends(settings, topic)
    consumer = kafka.consumer(
        kafka.common(settings)
        | {
            "group.id": "backorder-dlq",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        }
    )
    try:
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in ends])
        yield from _up_to(consumer, ends)
    finally:
        consumer.close()


def _ends(settings: KafkaSettings, topic: str) -> dict[int, int]:
    """The readable end of each partition that is not empty."""
    admin: AdminClient = kafka.admin(settings, "backorder-dlq")
    found = admin.list_topics(topic, timeout=_ASK_SECONDS).topics[topic]
    if found.error is not None:
        raise KafkaException(found.error)
    places = [(topic, number) for number in found.partitions]
    answers = ask_offsets(admin, places, kafka.LATEST, _ASK_SECONDS, IsolationLevel.READ_COMMITTED)
    return {number: answer.offset for (_, number), answer in answers.items() if answer.offset > 0}


def _up_to(consumer: Consumer, ends: dict[int, int]) -> Iterator[Letter]:
    waiting = set(ends)
    silent = 0.0
    while waiting:
        messages = consumer.consume(500, 0.2)
        silent = 0.0 if messages else silent + 0.2
        if silent > _ASK_SECONDS:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "reading the dead letters"))
        for message in messages:
            error, number, offset = message.error(), message.partition(), message.offset()
            assert number is not None
            assert offset is not None
            if error is not None and error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)
            at = offset if error is not None else offset + 1
            if error is None and number in waiting and offset < ends[number]:
                yield _letter(number, offset, message)
            if at >= ends[number]:
                waiting.discard(number)


def _letter(partition: int, offset: int, message: Any) -> Letter:
    headers: Headers = message.headers() or []
    return Letter(partition, offset, about(headers), original(message.key(), message.value(), headers))


class NotReplayed(Exception):
    """The broker did not take a record; the message says which and why."""


def replay(settings: KafkaSettings, letters: list[Letter]) -> None:
    """Publishes the originals again: the same topic and partition, key, value and headers.

    The same partition, because the ids that were seen are remembered by partition. Raises `NotReplayed`.
    """
    failed: list[str] = []
    producer: Producer = kafka.producer(
        kafka.common(settings)
        | {
            "client.id": "backorder-dlq",
            "enable.idempotence": True,
            "message.max.bytes": kafka.MAX_MESSAGE_BYTES,
            "compression.type": "lz4",
        }
    )

    def report(error: KafkaError | None, message: Any) -> None:
        if error is not None:
            failed.append(f"{message.topic()}-{message.partition()}: {error.str()}")

    for letter in letters:
        record = letter.original
        producer.produce(
            record.topic,
            record.value,
            record.key,
            int(letter.about["original_partition"]),
            on_delivery=report,
            headers=record.headers,  # type: ignore[arg-type]  # a list of bytes is one
        )
        producer.poll(0)
    left = producer.flush(_ASK_SECONDS)
    if left or failed:
        raise NotReplayed(f"{left + len(failed)} records were not taken: {'; '.join(failed[:5])}")

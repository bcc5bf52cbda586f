"""What `backorder skip` does with the journal: where allocation stands, the request, and what came of it."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple, Self

import msgspec
from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    TopicPartition,
)

from backorder.contract.catalogue import load_catalogue
from backorder.domain.events import (
    JOURNAL_VERSION,
    Entry,
    PublicEvent,
    RecordSkipped,
    SkipRequested,
    type_name,
)
from backorder.engine import kafka
from backorder.engine.groups import Groups
from backorder.engine.offsets import ask_offsets
from backorder.settings import Settings

SOURCE = "/backorder/operator"
"""The source of a request to skip."""

_CLIENT = "backorder-skip"
_SERVICE = "allocation"
_ASK_SECONDS = 15.0
_LOOK_AGAIN_SECONDS = 0.2
_SHOWN_BYTES = 200
_SKIPPED = b'"record.skipped"'

_decode = msgspec.json.Decoder(Entry).decode


class Record(NamedTuple):
    """A readable record of the journal."""

    offset: int
    value: bytes | None

    def entry(self) -> Entry | None:
        """None when it is no entry, or none of this program's."""
        try:
            return _decode(self.value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def described(self) -> str:
        """What it is, in one line."""
        entry = self.entry()
        if entry is None:
            if self.value is None:
                return "no entry: it has no value"
            return f"no entry: {self.value[:_SHOWN_BYTES]!r}"
        said = f"{type_name(entry.event)} {entry.id} of {entry.source}, {entry.time.isoformat()}"
        if entry.pool:
            said += f", pool {entry.pool}"
        if isinstance(entry.event, PublicEvent):
            said += f", from {entry.topic}-{entry.partition} @ {entry.offset}"
        return said


class Outcome(StrEnum):
    """What became of a request."""

    SKIPPED = "skipped"
    PROCESSED = "processed"
    UNANSWERED = "unanswered"


class Answer(NamedTuple):
    """`error`: why the record could not be processed, when it was skipped."""

    outcome: Outcome
    error: str | None = None


class NotTaken(Exception):
    """The broker did not take the request; the message says why."""


class JournalPartition:
    """One partition of the journal, as an operator sees it. All calls may raise KafkaException."""

    def __init__(self, settings: Settings, partition: int) -> None:
        catalogue = load_catalogue(prefix=settings.topic_prefix)
        self.topic = catalogue.full_name("journal")
        self.partition = partition
        self._settings = settings.kafka
        self._group = kafka.group_id(settings.engine(), _SERVICE)
        self._admin = kafka.admin(self._settings, _CLIENT)
        self._reader: Consumer = kafka.consumer(
            kafka.common(self._settings)
            | {
                "group.id": _CLIENT,
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
            }
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    @property
    def name(self) -> str:
        return f"{self.topic}-{self.partition}"

    def exists(self) -> bool:
        found = self._admin.list_topics(self.topic, timeout=_ASK_SECONDS).topics[self.topic]
        if found.error is not None:
            raise KafkaException(found.error)
        return self.partition in found.partitions

    def standing(self) -> int:
        """The committed offset of allocation: all before it is processed."""
        place = (self.topic, self.partition)
        with Groups(kafka.common(self._settings)) as groups:
            return groups.committed(self._group, [place], _ASK_SECONDS).get(place, 0)

    def next_record(self, offset: int) -> Record | None:
        """The first record at or behind an offset; None = nothing readable is there."""
        for record in self._read(offset):
            if isinstance(record, Record):
                return record
        return None

    def ask(self, offset: int, reason: str, by: str) -> int:
        """Appends the request to skip; where it stands. Raises `NotTaken`."""
        entry = Entry(
            version=JOURNAL_VERSION,
            pool="",
            id=f"skip-{self.partition}-{offset}",
            source=SOURCE,
            time=datetime.now(UTC),
            event=SkipRequested(offset, reason, by),
        )
        producer = kafka.producer(
            kafka.common(self._settings) | {"client.id": _CLIENT, "enable.idempotence": True}
        )
        taken: list[int] = []
        failed: list[str] = []

        def report(error: KafkaError | None, message: object) -> None:
            if error is not None:
                failed.append(error.str())
            else:
                taken.append(message.offset())  # type: ignore[attr-defined]

        producer.produce(self.topic, msgspec.json.encode(entry), b"", self.partition, on_delivery=report)
        if producer.flush(_ASK_SECONDS) or failed:
            raise NotTaken(failed[0] if failed else f"no answer in {_ASK_SECONDS:.0f} s")
        return taken[0]

    def answer(self, offset: int, seconds: float) -> Answer:
        """What becomes of the record at an offset; waits for so long."""
        deadline = time.monotonic() + seconds
        at, end = offset + 1, None
        while True:
            if end is None and self.standing() > offset:
                # Read after: what says that it was skipped is older than the offset that tells it is done.
                end = self._end()
            for record in self._read(at):
                if not isinstance(record, Record):
                    at = record
                    continue
                at = record.offset + 1
                if (error := _skipped(record, offset)) is not None:
                    return Answer(Outcome.SKIPPED, error)
            if end is not None and at >= end:
                return Answer(Outcome.PROCESSED)
            if time.monotonic() > deadline:
                return Answer(Outcome.UNANSWERED)
            time.sleep(_LOOK_AGAIN_SECONDS)

    def _read(self, offset: int) -> Iterator[Record | int]:
        """The records from an offset on, and at last the offset at which there is nothing readable yet."""
        self._reader.assign([self._place(offset)])
        silent_since = time.monotonic()
        while time.monotonic() - silent_since < _ASK_SECONDS:
            for message in self._reader.consume(1000, 0.1):
                silent_since = time.monotonic()
                error, at = message.error(), message.offset()
                assert at is not None
                if error is None:
                    yield Record(at, message.value())
                elif error.code() == KafkaError._PARTITION_EOF:
                    yield at
                    return
                elif not error.retriable():
                    raise KafkaException(error)
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"reading {self.name}"))

    def _end(self) -> int:
        place = (self.topic, self.partition)
        return int(ask_offsets(self._admin, [place], kafka.LATEST, _ASK_SECONDS)[place].offset)

    def _place(self, offset: int | None = None) -> TopicPartition:
        if offset is None:
            return TopicPartition(self.topic, self.partition)
        return TopicPartition(self.topic, self.partition, offset)


def _skipped(record: Record, offset: int) -> str | None:
    """Why the record at an offset was skipped, if this record says that it was."""
    if _SKIPPED not in (record.value or b""):
        return None
    entry = record.entry()
    if entry is not None and isinstance(entry.event, RecordSkipped) and entry.event.offset == offset:
        return entry.event.error
    return None

"""One journal partition in the live service: records in, decisions and rows out, state to the changelog."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from prometheus_client import Counter

from backorder.allocation.metrics import BacklogMetrics, LineFigures
from backorder.allocation.publish import HEADERS, Published, publish_decision, publish_row
from backorder.domain.decisions import BackorderClosed, EventRejected, Placed
from backorder.domain.events import (
    JOURNAL_VERSION,
    ClockTicked,
    Continued,
    Entry,
    RecordSkipped,
    RulesChanged,
    SkipRequested,
    type_name,
)
from backorder.domain.fold import Fold, Outcome
from backorder.domain.records import Line
from backorder.domain.settings import RULES_VERSION, NewerRules, Settings
from backorder.domain.times import micros
from backorder.engine.failures import Refused
from backorder.engine.records import Message, Outbox

PROCESSOR = "/backorder/allocation"
"""The source of what the processor appends to the journal itself."""

_decode = msgspec.json.Decoder(Entry).decode
_encode = msgspec.json.Encoder().encode

OUTCOMES = ("applied", "rejected")

_ERROR_CHARS = 500
_SKIP_REQUESTED = b'"skip.requested"'


class Topics(NamedTuple):
    """Where things go: the full name of a topic, and the partition of a table for a `[pool, sku]`."""

    full_name: Callable[[str], str]
    table_partition: Callable[[bytes], int]


class _Version(msgspec.Struct):
    version: int


_decode_version = msgspec.json.Decoder(_Version).decode


def decode_entry(value: bytes) -> Entry:
    """The journal entry of a record. Raises `Refused` for one that only a newer program understands."""
    try:
        entry = _decode(value)
    except msgspec.ValidationError:
        _require_known_version(_decode_version(value).version)
        raise
    _require_known_version(entry.version)
    return entry


def _require_known_version(version: int) -> None:
    if version > JOURNAL_VERSION:
        raise Refused(
            f"journal record of version {version}, this program reads up to {JOURNAL_VERSION}: "
            "start a newer one"
        )


class JournalPartition:
    """The fold of one journal partition, as the engine drives it.

    settings: those that decide; when the journal knows others, the change is appended to it.
    tick_bound: broker time in milliseconds up to which the clock may move, None = not known now.
    """

    def __init__(
        self,
        partition: int,
        settings: Settings,
        topics: Topics,
        tick_bound: Callable[[], int | None],
        backlog: BacklogMetrics,
        events: Counter,
    ) -> None:
        self._partition = partition
        self._settings = settings
        self._topics = topics
        self._journal = topics.full_name("journal")
        self._tick_bound = tick_bound
        self._backlog = backlog
        self._events = events
        self._fold = Fold()
        self._outcomes: dict[tuple[str, str], int] = {}
        self._closed: list[BackorderClosed] = []
        self._placed: list[list[Placed]] = []
        self._last_tick = 0
        self._rules_sent = False

    # --- restore --------------------------------------------------------------------------------------------

    def restore(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        self._fold.load(records)

    def restored(self) -> None:
        try:
            self._fold.loaded()
        except NewerRules as newer:
            raise Refused(str(newer)) from newer
        lines = (line for pool in self._fold.pools.values() for line in pool.lines.rows.values())
        self._backlog.restored(self._partition, (_figures(line) for line in lines if line.claims))

    # --- a batch --------------------------------------------------------------------------------------------

    def process(self, records: Sequence[Message], out: Outbox) -> None:
        for record in records:
            assert record.value is not None
            entry = decode_entry(record.value)
            outcome = self._apply(entry)
            self._publish(entry, outcome, out)
        for row in self._fold.rows():
            published = publish_row(row)
            self._produce(out, published, self._topics.table_partition(published.partition_key))

    def _apply(self, entry: Entry) -> Outcome:
        try:
            return self._fold.apply(entry)
        except NewerRules as newer:
            raise Refused(str(newer)) from newer

    def _publish(self, entry: Entry, outcome: Outcome, out: Outbox) -> None:
        rejected = False
        for emitted in outcome.emitted:
            self._produce(out, publish_decision(emitted), None)
            if isinstance(emitted.decision, EventRejected):
                rejected = True
            elif isinstance(emitted.decision, BackorderClosed):
                self._closed.append(emitted.decision)
        for continued in outcome.continued:
            self._append(out, continued)
        if outcome.placed:
            self._placed.append(outcome.placed)
        counted = (type_name(entry.event), "rejected" if rejected else "applied")
        self._outcomes[counted] = self._outcomes.get(counted, 0) + 1

    def _produce(self, out: Outbox, published: Published, partition: int | None) -> None:
        out.produce(
            self._topics.full_name(published.topic), published.key, published.value, partition, HEADERS
        )

    def _append(self, out: Outbox, entry: Entry) -> None:
        out.produce(self._journal, entry.pool.encode(), _encode(entry), self._partition)

    def changes(self) -> Iterable[tuple[bytes, bytes | None]]:
        return self._fold.changes()

    def commit(self) -> None:
        for before, after in self._changed_lines():
            self._backlog.changed(self._partition, before, after)
        for closed in self._closed:
            self._backlog.closed(closed.outcome, closed.waited_seconds)
        self._backlog.placed(self._placed)
        for (type_, outcome), count in self._outcomes.items():
            self._events.labels("journal", type_, outcome).inc(count)
        self._fold.commit()
        self._forget_batch()

    def rollback(self) -> None:
        self._fold.rollback()
        self._last_tick = 0
        self._rules_sent = False
        self._forget_batch()

    def _forget_batch(self) -> None:
        self._outcomes.clear()
        self._closed = []
        self._placed = []

    def _changed_lines(self) -> Iterator[tuple[LineFigures | None, LineFigures | None]]:
        for pool in self._fold.touched():
            for key in pool.lines.touched():
                before, after = pool.lines.before(key), pool.lines.get(key)
                yield _figures_or_none(before), _figures_or_none(after)

    # --- passing over ---------------------------------------------------------------------------------------

    def lets_skip(self, record: Message) -> int | None:
        if _SKIP_REQUESTED not in (record.value or b""):
            return None  # almost all of them, and they need not be decoded
        entry = _readable(record)
        return entry.event.offset if entry is not None and isinstance(entry.event, SkipRequested) else None

    def skip(self, record: Message, word: Message, error: Exception, out: Outbox) -> None:
        """A continuation is put off, behind what is there by now, and not dropped: its SKU would stay
        unsettled for ever, its free units out of everybody's reach."""
        time = datetime.fromtimestamp(word.timestamp_ms / 1000, UTC)
        skipped = RecordSkipped(record.offset, word.offset, repr(error)[:_ERROR_CHARS])
        self._append(out, self._own(f"skipped-{record.offset}", time, skipped))
        entry = _readable(record)
        if entry is not None and isinstance(entry.event, Continued):
            self._append(out, entry)

    # --- the clock ------------------------------------------------------------------------------------------

    def idle(self, out: Outbox) -> bool:
        """Appends what only the owner of the partition may say: changed rules, and the time.

        Both take effect when they are read back from the journal, like every other entry.
        """
        bound = self._tick_bound()
        if bound is None or bound * 1000 <= max(self._fold.clock, self._last_tick):
            return False
        self._last_tick = bound * 1000
        time = datetime.fromtimestamp(bound / 1000, UTC)
        self._append(out, self._own("tick", time, ClockTicked()))
        if self._rules_differ() and not self._rules_sent:
            self._rules_sent = True
            rules = RulesChanged(RULES_VERSION, msgspec.to_builtins(self._settings))
            self._append(out, self._own("rules", time, rules))
        return True

    def _rules_differ(self) -> bool:
        return self._fold.settings != self._settings or self._fold.rules_version != RULES_VERSION

    def _own(self, what: str, time: datetime, event: ClockTicked | RulesChanged | RecordSkipped) -> Entry:
        return Entry(
            version=JOURNAL_VERSION,
            pool="",
            id=f"{what}-{self._partition}-{micros(time)}",
            source=PROCESSOR,
            time=time,
            event=event,
        )


def _readable(record: Message) -> Entry | None:
    """The entry of a record that may be none, or one that only a newer program understands."""
    try:
        return decode_entry(record.value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, Refused):
        return None


def _figures_or_none(line: Line | None) -> LineFigures | None:
    return None if line is None else _figures(line)


def _figures(line: Line) -> LineFigures:
    waiting = line.waiting
    return LineFigures(
        location=line.location,
        allocated=line.allocated,
        backordered=waiting,
        released=line.released,
        opened_at_us=line.opened_at if waiting else None,
        accepted_at_us=line.accepted_at,
        kept=line.kept is not None,
    )

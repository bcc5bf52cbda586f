"""What ingest has to make of a partition of a public topic, written anew from the rules.

A record is unreadable (a dead letter), or a repeat of an event that is still remembered, or new: then it is
appended to the journal. An event is remembered for a day of broker time, and as long as it is one of the
newest million that were accepted (settings). The time of a partition is the latest timestamp that any of its
records so far had.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from backorder.contract.envelope import Decoded, Limits, decode_record
from backorder.contract.event_types import short_name
from backorder.contract.unreadable import Reason, Unreadable
from backorder.domain.events import JOURNAL_VERSION, PUBLIC_EVENTS, Entry
from backorder.reconcile.fingerprints import fingerprint
from backorder.reconcile.log import Record


class Remembering(NamedTuple):
    """How long event ids are remembered."""

    horizon_ms: int = 24 * 3_600_000
    ids: int = 1_000_000


class Arrived(NamedTuple):
    """What became of one record: an `entry` of the journal, a dead letter with a `reason`, or (neither of
    them) a repeat.

    settled: False while a repeat of something that retention has cut away could be taken for new.
    """

    record: Record
    entry: Entry | None
    reason: str | None
    settled: bool


class Remembered:
    """The ids that a repeat is recognised by."""

    def __init__(self, rules: Remembering) -> None:
        self._rules = rules
        self._stamps: OrderedDict[bytes, int] = OrderedDict()
        self._began: int | None = None
        self._accepted = 0
        self._now = 0

    def pass_time(self, timestamp_ms: int) -> None:
        """Every record moves the time of its partition."""
        self._now = max(self._now, timestamp_ms)
        if self._began is None:
            self._began = self._now
        while self._stamps:
            oldest = next(iter(self._stamps))
            if self._now - self._stamps[oldest] < self._rules.horizon_ms:
                return
            del self._stamps[oldest]

    def is_new(self, source: str, id: str) -> bool:
        """Whether the event is not remembered; then it is from here on."""
        who = fingerprint(source.encode(), id.encode())
        if who in self._stamps:
            return False
        self._stamps[who] = self._now
        self._accepted += 1
        if len(self._stamps) > self._rules.ids:
            self._stamps.popitem(last=False)
        return True

    @property
    def knows_all(self) -> bool:
        """Whether nothing from before the first record could still be remembered."""
        began = self._now if self._began is None else self._began
        return self._now - began >= self._rules.horizon_ms or self._accepted >= self._rules.ids


def refold(
    topic: str, records: Iterable[Record], limits: Limits, rules: Remembering, cut: bool
) -> Iterator[Arrived]:
    """What becomes of the records of one partition of a public topic (its short name), in order.

    cut: the partition does not begin with its first record.
    """
    remembered = Remembered(rules)
    settled = not cut
    for record in records:
        remembered.pass_time(record.timestamp_ms)
        settled = settled or remembered.knows_all
        try:
            found, event = _read(topic, record, limits)
        except Unreadable as problem:
            yield Arrived(record, None, problem.reason.value, settled)
            continue
        if remembered.is_new(found.source, found.id):
            yield Arrived(record, _entry(found, event, record), None, settled)
        else:
            yield Arrived(record, None, None, settled)


def _read(topic: str, record: Record, limits: Limits) -> tuple[Decoded, Any]:
    full_name = limits.topic_prefix + topic
    found = decode_record(full_name, record.key, record.value, record.headers, record.timestamp_ms, limits)
    try:
        return found, msgspec.json.decode(found.data, type=PUBLIC_EVENTS[short_name(found.type)])
    except msgspec.ValidationError as problem:
        raise Unreadable(Reason.INVALID_FIELD, f"data: {problem}") from None


def _entry(found: Decoded, event: Any, record: Record) -> Entry:
    return Entry(
        version=JOURNAL_VERSION,
        pool=found.pool,
        id=found.id,
        source=found.source,
        time=found.time,
        event=event,
        traceparent=found.traceparent,
        topic=found.topic,
        partition=record.partition,
        offset=record.offset,
    )

"""A plain check of what the processor did, from its topics alone; it runs after the processes have ended.

The journal is folded again, by the domain and from the beginning; every record that is on a public topic must
follow from it, and every one that follows must be there, once, in order, on its partition. And every record
that was published must be found again: in the journal, in the dead letters, or as a repeat.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any, NamedTuple

import msgspec
from confluent_kafka import Message

from backorder.allocation.publish import Published, publish_decision, publish_row
from backorder.contract.catalogue import load_catalogue
from backorder.contract.kafka_partition import partition_of
from backorder.domain.events import Entry, RecordSkipped
from backorder.domain.fold import Fold
from backorder.reconcile import reconcile
from tests.support.broker import read_committed
from tests.support.fault_report import tell

INPUTS = ("orders", "inventory", "receiving")
DECISIONS = ("backorders", "releases", "exceptions", "notices", "replenishment")
TABLES = ("lines", "stock", "availability")
MARK = b"mark"

Place = tuple[str, int, int]
"""Topic, partition, offset."""
Kept = dict[tuple[str, int], list[tuple[bytes, bytes | None]]]
"""Keys and values in order, by topic and partition."""

_entry = msgspec.json.Decoder(Entry).decode


class Counts(NamedTuple):
    """How much was checked, so that a test can tell a check of nothing from a check."""

    published: int
    accepted: int
    repeats: int
    dead_letters: int
    decisions: int
    rows: int
    state_records: int


def assert_exactly_once(bootstrap: str, topic_prefix: str) -> Counts:
    """Checks it twice over: by the product's reconciliation, and by the plain one here."""
    report = reconcile(bootstrap, topic_prefix)
    assert report.ok, report.to_builtins()
    return Oracle(bootstrap, topic_prefix).check()


class Oracle:
    """Reads all topics of one prefix when it is made."""

    def __init__(self, bootstrap: str, topic_prefix: str) -> None:
        self._catalogue = load_catalogue(prefix=topic_prefix)
        names = (*INPUTS, "journal", "dead-letters", *DECISIONS, *TABLES, "allocation-state")
        self.topics: dict[str, list[Message]] = {
            name: read_committed(bootstrap, topic_prefix + name) for name in names
        }
        self.skipped = _skipped(self.topics["journal"])
        self.entries = [
            (message, _entry(message.value()))
            for message in self.topics["journal"]
            # What an operator had passed over need not be an entry; if it is one, it came from somewhere.
            if _place(message) not in self.skipped or _is_entry(message)
        ]

    def check(self) -> Counts:
        """Raises AssertionError for the first thing that is wrong."""
        accepted, dead, repeats = self._input_is_accounted_for()
        decisions, rows, state = self._output_follows_from_the_journal()
        published = sum(len(self.topics[name]) for name in INPUTS)
        counts = Counts(published, accepted, repeats, dead, decisions, rows, state)
        tell(reconciled=counts._asdict())
        return counts

    def _input_is_accounted_for(self) -> tuple[int, int, int]:
        origins = [self._origin(entry) for _, entry in self.entries if entry.topic is not None]
        letters = [_origin_of(letter) for letter in self.topics["dead-letters"]]
        twice = [place for place, count in Counter([*origins, *letters]).items() if count > 1]
        assert not twice, f"processed more than once: {twice[:5]}"
        _assert_in_order(self.entries)

        seen: set[tuple[str, str, str]] = set()
        at = {self._origin(entry): entry for _, entry in self.entries if entry.topic is not None}
        buried, repeats = set(letters), 0
        for name in INPUTS:
            for message in sorted(self.topics[name], key=lambda m: (m.partition(), m.offset())):
                place = (name, message.partition(), message.offset())
                if place in at:
                    identity = (name, at[place].source, at[place].id)
                    assert identity not in seen, f"a repeat was accepted: {identity}"
                    seen.add(identity)
                elif place not in buried:
                    event = msgspec.json.decode(message.value())
                    identity = (name, event["source"], event["id"])
                    assert identity in seen, f"lost: {identity} at {place}"
                    repeats += 1
        return len(origins), len(letters), repeats

    def _output_follows_from_the_journal(self) -> tuple[int, int, int]:
        expected: Kept = defaultdict(list)
        states: dict[int, dict[bytes, bytes]] = {}
        rows: dict[tuple[str, int], dict[bytes, bytes | None]] = defaultdict(dict)
        for partition, records in _by_partition(self.entries).items():
            done = self._mark(partition)
            fold = Fold()
            for message, entry in records:
                if message.offset() >= done:
                    continue  # not processed yet when the processes were stopped
                if _place(message) in self.skipped:
                    continue
                for emitted in fold.apply(entry).emitted:
                    self._add(expected, publish_decision(emitted))
                for row in fold.rows():
                    published = publish_row(row)
                    rows[published.topic, self._partition(published)][published.key] = published.value
                fold.commit()
            states[partition] = fold.dump()
        self._check_decisions(expected)
        self._check_rows(rows)
        for partition, state in states.items():
            found = _last_values(m for m in self.topics["allocation-state"] if m.partition() == partition)
            found.pop(MARK, None)
            _assert_same(found, state, f"allocation-state-{partition}")
        return (
            sum(len(records) for records in expected.values()),
            sum(len(found) for found in rows.values()),
            sum(len(state) for state in states.values()),
        )

    def _check_decisions(self, expected: Kept) -> None:
        found: Kept = defaultdict(list)
        for name in DECISIONS:
            for message in self.topics[name]:
                found[name, message.partition()].append((message.key(), message.value()))
        for place in expected.keys() | found.keys():
            # Pools of different journal partitions share a partition here; each has its own order.
            ours, its = _by_pool(expected[place]), _by_pool(found[place])
            differs = {pool for pool in ours.keys() | its.keys() if ours.get(pool) != its.get(pool)}
            assert not differs, (
                f"{place} is not what the journal says: "
                f"{[_first_difference(ours.get(pool, []), its.get(pool, [])) for pool in sorted(differs)]}"
            )

    def _check_rows(self, rows: dict[tuple[str, int], dict[bytes, bytes | None]]) -> None:
        for name in TABLES:
            for partition in range(self._catalogue[name].partitions):
                found = _last_values(m for m in self.topics[name] if m.partition() == partition)
                wanted = {key: value for key, value in rows[name, partition].items() if value is not None}
                _assert_same(found, wanted, f"{name}-{partition}")

    def _add(self, kept: Kept, published: Published) -> None:
        kept[published.topic, self._partition(published)].append((published.key, published.value))

    def _partition(self, published: Published) -> int:
        return partition_of(published.partition_key, self._catalogue[published.topic].partitions)

    def _mark(self, partition: int) -> int:
        marks = [
            msgspec.json.decode(message.value())["offset"]
            for message in self.topics["allocation-state"]
            if message.partition() == partition and message.key() == MARK
        ]
        assert marks == sorted(marks), f"the mark of journal-{partition} went back: {marks}"
        return marks[-1] if marks else 0

    @staticmethod
    def _origin(entry: Entry) -> Place:
        assert entry.topic is not None and entry.partition is not None and entry.offset is not None
        return entry.topic, entry.partition, entry.offset


def _place(message: Message) -> tuple[int | None, int | None]:
    return message.partition(), message.offset()


def _is_entry(message: Message) -> bool:
    try:
        _entry(message.value() or b"")
    except msgspec.DecodeError:
        return False
    return True


def _skipped(journal: list[Message]) -> set[tuple[int | None, int | None]]:
    """Partition and offset of the records that allocation says it has passed over."""
    found = set()
    for message in filter(_is_entry, journal):
        event = _entry(message.value()).event
        if isinstance(event, RecordSkipped):
            found.add((message.partition(), event.offset))
    return found


def _origin_of(letter: Message) -> Place:
    about = {name: (value or b"").decode() for name, value in letter.headers() or []}
    name = next(name for name in INPUTS if about["original_topic"].endswith(name))
    return name, int(about["original_partition"]), int(about["original_offset"])


def _assert_in_order(entries: list[tuple[Message, Entry]]) -> None:
    """Whatever came from one partition of a public topic stands in its order in each journal partition."""
    last: dict[tuple[Any, ...], int] = {}
    for message, entry in entries:
        if entry.topic is not None and entry.offset is not None:
            way = (message.partition(), entry.topic, entry.partition)
            assert last.get(way, -1) < entry.offset, f"out of order in the journal: {way}, {entry.offset}"
            last[way] = entry.offset


def _by_partition(entries: list[tuple[Message, Entry]]) -> dict[int, list[tuple[Message, Entry]]]:
    found: dict[int, list[tuple[Message, Entry]]] = defaultdict(list)
    for message, entry in entries:
        found[message.partition() or 0].append((message, entry))
    return found


def _by_pool(records: Iterable[tuple[bytes, bytes | None]]) -> dict[str, list[tuple[bytes, bytes | None]]]:
    pools: dict[str, list[tuple[bytes, bytes | None]]] = defaultdict(list)
    for key, value in records:
        assert value is not None
        pools[msgspec.json.decode(value)["pool"]].append((key, value))
    return pools


def _last_values(messages: Iterator[Message]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for message in messages:
        key, value = message.key(), message.value()
        if value is None:
            found.pop(key, None)
        else:
            found[key] = value
    return found


def _assert_same(found: dict[bytes, bytes], wanted: dict[bytes, bytes], where: str) -> None:
    """A whole comparison would print thousands of rows."""
    differing = [key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key)]
    assert not differing, (
        f"{where}: {len(differing)} keys differ, such as {differing[0]!r}: "
        f"{found.get(differing[0])!r}, and by the journal {wanted.get(differing[0])!r}"
    )


def _first_difference(expected: list[Any], found: list[Any]) -> tuple[Any, Any]:
    """What should be there, and what is, where two sequences part."""
    for ours, its in zip_longest(expected, found):
        if ours != its:
            return ours, its
    return None, None

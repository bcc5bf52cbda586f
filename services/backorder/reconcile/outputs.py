"""The public topics that allocation writes, against what the journal, folded again, has to give.

Decisions are compared as sequences: a partition of a topic holds the decisions of several journal partitions,
each in its order, and a pool tells which one a record is of. Tables are compared by the last row of each key.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, cast

import msgspec
from msgspec import Struct

from backorder.allocation.publish import HEADERS, Published
from backorder.reconcile.differing import Held, sequences, values
from backorder.reconcile.fingerprints import Chain, fingerprint
from backorder.reconcile.journal import Sink
from backorder.reconcile.log import Headers, Place, Record
from backorder.reconcile.report import Check
from backorder.reconcile.topics import JOURNAL, Topics

Way = tuple[str, int, int]
"""A partition of a topic, and the journal partition that what is told of there is of."""

Again = Callable[[int, Sink], None]
"""Folds a journal partition once more, into another sink."""

_encode = msgspec.msgpack.Encoder().encode
_HEADERS = _encode(HEADERS)


class _Named(Struct):
    """The part of a CloudEvent that says whose it is."""

    id: str
    pool: str


_read_named = msgspec.json.Decoder(_Named).decode


class _Event(NamedTuple):
    way: Way
    pool: str
    id: str
    record: Record


class Decisions:
    """The topics of events. Call `read` first, `add` for all that has to be there, `compare` at the end."""

    def __init__(self, topics: Topics, check: Check, not_proved: list[str]) -> None:
        self._topics = topics
        self._check = check
        self._not_proved = not_proved
        self._wanted: defaultdict[Way, Chain] = defaultdict(Chain)
        self._found: defaultdict[Way, Chain] = defaultdict(Chain)
        # Where retention has cut a partition: the first decision that is left, and those that we have met.
        self._first_left: dict[Way, tuple[str, str]] = {}
        self._met: set[Way] = set()

    def read(self) -> None:
        """Reads the topics."""
        for topic in self._topics.events:
            for event in self._events(topic, tell=True):
                record = event.record
                if self._topics.is_cut(topic, record.partition):
                    self._first_left.setdefault(event.way, (event.pool, event.id))
                self._found[event.way].add(record.key, record.value, _packed(record.headers))
            for partition in range(self._topics.count(topic)):
                if self._topics.is_cut(topic, partition):
                    self._not_proved.append(
                        f"{topic}-{partition} begins at offset {self._topics.begin(topic, partition)}: the "
                        "decisions before it were deleted and are not proved"
                    )

    def _events(self, topic: str, tell: bool = False, partition: int | None = None) -> Iterator[_Event]:
        for record in self._topics.read(topic, partition):
            try:
                named = _read_named(record.value or b"")
            except (msgspec.DecodeError, UnicodeDecodeError) as problem:
                if tell:
                    self._check.differ(
                        topic,
                        record.partition,
                        f"it is no event of ours: {problem}",
                        record.offset,
                        record.key,
                    )
                continue
            way = (topic, record.partition, self._topics.pool_partition(named.pool))
            yield _Event(way, named.pool, named.id, record)

    def add(self, published: Published, pool: str, id: str, journal: int) -> None:
        """The next decision of a journal partition."""
        way = (*self._topics.place(published), journal)
        if self._is_left(way, pool, id):
            self._check.counts[way[0]] += 1
            self._wanted[way].add(published.key, published.value, _HEADERS)

    def _is_left(self, way: Way, pool: str, id: str) -> bool:
        """Whether a decision is behind the cut that retention may have made."""
        if not self._topics.is_cut(way[0], way[1]) or way in self._met:
            return True
        if self._first_left.get(way) != (pool, id):
            return False
        self._met.add(way)
        return True

    def compare(self, again: Again) -> None:
        """Compares what has to be there with what is."""
        different: defaultdict[int, list[Way]] = defaultdict(list)
        for way in self._wanted.keys() | self._found.keys():
            if not self._topics.is_cut(JOURNAL, way[2]) and self._wanted[way] != self._found[way]:
                different[way[2]].append(way)
        for journal, ways in sorted(different.items()):
            witness = _DecisionWitness(self._topics, {way[:2] for way in ways})
            again(journal, witness)
            for way in sorted(ways):
                self._explain(way, witness.held[way[:2]])

    def _explain(self, way: Way, wanted: list[Held]) -> None:
        topic, partition, _ = way
        first = self._first_left.get(way)
        if self._topics.is_cut(topic, partition):
            left = [n for n, held in enumerate(wanted) if held.identity == first]
            wanted = wanted[left[0] :] if left else []
        found = [
            Held((event.pool, event.id), event.record.value, event.record.offset, event.record.key)
            for event in self._events(topic, partition=partition)
            if event.way == way
        ]
        named = 0
        for differs, what in sequences(wanted, found, _decision_name):
            named += 1
            self._check.differ(topic, partition, what, differs.offset, differs.key)
        if not named:
            self._check.differ(topic, partition, "a record has other headers than content-type alone")


class _DecisionWitness:
    """Keeps the decisions of some partitions."""

    def __init__(self, topics: Topics, places: Iterable[Place]) -> None:
        self._topics = topics
        self.held: dict[Place, list[Held]] = {place: [] for place in places}

    def decision(self, published: Published, pool: str, id: str) -> None:
        held = self.held.get(self._topics.place(published))
        if held is not None:
            held.append(Held((pool, id), published.value, None, published.key))

    def row(self, published: Published) -> None:
        """Not asked for."""


class Tables:
    """The compacted topics. Call `add` for all that has to be there, `compare` at the end.

    Of tables that are still written, a row may be newer: what it may be is told by `add_later`.
    """

    def __init__(self, topics: Topics, check: Check) -> None:
        self._topics = topics
        self._check = check
        self._wanted: defaultdict[Place, dict[bytes, bytes | None]] = defaultdict(dict)
        self._later: defaultdict[Place, defaultdict[bytes, set[bytes | None]]] = defaultdict(
            lambda: defaultdict(set)
        )

    def add(self, published: Published) -> None:
        """A row as it has to be, until another one of its key comes."""
        value = published.value
        rows = self._wanted[self._topics.place(published)]
        rows[published.key] = None if value is None else fingerprint(value)

    def add_later(self, published: Published) -> None:
        """A row as it may be already."""
        value = published.value
        later = self._later[self._topics.place(published)][published.key]
        later.add(None if value is None else fingerprint(value))

    def compare(self, again: Again) -> None:
        """Reads the tables and compares the last rows."""
        different: defaultdict[int, list[tuple[Place, bytes]]] = defaultdict(list)
        for topic in self._topics.tables:
            found: defaultdict[Place, dict[bytes, bytes | None]] = defaultdict(dict)
            for record in self._topics.read(topic):
                value = None if record.value is None else fingerprint(record.value)
                found[topic, record.partition][record.key or b""] = value
            for partition in range(self._topics.count(topic)):
                place = (topic, partition)
                for key in self._compare(place, self._wanted.pop(place, {}), found.pop(place, {})):
                    different[self._topics.journal_of(key)].append((place, key))
        for journal, rows in sorted(different.items()):
            self._explain(journal, rows, again)

    def _compare(
        self, place: Place, wanted: dict[bytes, bytes | None], found: dict[bytes, bytes | None]
    ) -> Iterator[bytes]:
        """The keys whose last rows differ."""
        for key in wanted.keys() | found.keys():
            journal = self._topics.journal_of(key)
            if journal >= 0 and self._topics.is_cut(JOURNAL, journal):
                continue
            row = wanted.get(key)
            self._check.counts[place[0] if row is not None else "rows that are gone"] += 1
            if row == found.get(key):
                continue
            if key in self._later[place] and found.get(key) in self._later[place][key]:
                self._check.counts["newer than the mark"] += 1
            else:
                yield key

    def _explain(self, journal: int, rows: list[tuple[Place, bytes]], again: Again) -> None:
        named = sorted(rows)
        witness = _RowWitness(self._topics, named)
        if journal >= 0:
            again(journal, witness)
        last = self._last_records(named)
        for place, key in named:
            record = last.get((place, key))
            what = _row_difference(witness.rows.get((place, key)), record.value if record else None)
            self._check.differ(*place, what, record.offset if record else None, key)

    def _last_records(self, rows: list[tuple[Place, bytes]]) -> dict[tuple[Place, bytes], Record]:
        asked = set(rows)
        last = {}
        for topic, partition in sorted({place for place, _ in rows}):
            for record in self._topics.read(topic, partition):
                row = ((topic, partition), record.key or b"")
                if row in asked:
                    last[row] = record
        return last


class _RowWitness:
    """Keeps the last value of some rows."""

    def __init__(self, topics: Topics, rows: Iterable[tuple[Place, bytes]]) -> None:
        self._topics = topics
        self._asked = set(rows)
        self.rows: dict[tuple[Place, bytes], bytes | None] = {}

    def decision(self, published: Published, pool: str, id: str) -> None:
        """Not asked for."""

    def row(self, published: Published) -> None:
        row = (self._topics.place(published), published.key)
        if row in self._asked:
            self.rows[row] = published.value


def _row_difference(wanted: bytes | None, found: bytes | None) -> str:
    if wanted is None:
        return "the row follows from nothing, or should be gone"
    if found is None:
        return "the row is missing"
    return f"the row differs: {values(wanted, found)}"


def _decision_name(held: Held) -> str:
    pool, id = cast(tuple[str, str], held.identity)
    return f"decision {id} of pool {pool}"


def _packed(headers: Headers | None) -> bytes:
    return _encode(headers or [])

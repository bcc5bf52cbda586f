"""The tables against the state of allocation, for partitions whose journal has lost its beginning."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from msgspec import Struct

from backorder.domain.decisions import AvailabilityChanged, LineChanged, StockLevel
from backorder.domain.events import Entry
from backorder.domain.fold import Fold, RowData
from backorder.domain.pool import Pool
from backorder.domain.rows import availability_row, line_row, stock_row
from backorder.reconcile.differing import values
from backorder.reconcile.log import Place, Record
from backorder.reconcile.report import Check
from backorder.reconcile.topics import Topics

_encode = msgspec.json.Encoder().encode


class _Said(Struct):
    """What a row says; who caused it is not in the state."""

    data: msgspec.Raw


_read_said = msgspec.json.Decoder(_Said).decode


class _StateRow(NamedTuple):
    topic: str
    key: tuple[str | int | None, ...]
    sku: str
    data: RowData


class StateTables:
    """Call `add` for the state of each such partition, `fold_on` for what comes behind it, then `compare`."""

    def __init__(self, topics: Topics, check: Check) -> None:
        self._topics = topics
        self._check = check
        self._journals: set[int] = set()
        self._wanted: defaultdict[Place, dict[bytes, bytes]] = defaultdict(dict)
        self._later: defaultdict[tuple[Place, bytes], set[bytes | None]] = defaultdict(set)

    def add(self, partition: int, state: Fold) -> None:
        """The rows as they have to be, by the state of a journal partition."""
        self._journals.add(partition)
        for pool in state.pools.values():
            for row in _rows_of(pool):
                key = _encode([pool.name, *row.key])
                place = self._topics.place_of(row.topic, pool.sku(row.sku).partition_key.encode())
                self._wanted[place][key] = _encode(row.data)

    def fold_on(self, state: Fold, entry: Entry) -> None:
        """The rows as they may be already. Any exception of the fold is passed on."""
        state.apply(entry)
        for row in state.rows():
            place = self._topics.place_of(row.topic, row.partition_key.encode())
            self._later[place, row.key.encode()].add(None if row.data is None else _encode(row.data))
        state.commit()

    def compare(self) -> None:
        """Reads the tables and compares the last rows."""
        if not self._journals:
            return
        for topic in self._topics.tables:
            found: defaultdict[Place, dict[bytes, Record]] = defaultdict(dict)
            for record in self._topics.read(topic):
                if self._topics.journal_of(record.key or b"") in self._journals:
                    found[topic, record.partition][record.key or b""] = record
            for number in range(self._topics.count(topic)):
                place = (topic, number)
                wanted, there = self._wanted[place], found[place]
                for key in sorted(wanted.keys() | there.keys()):
                    self._compare(place, key, wanted.get(key), there.get(key))

    def _compare(self, place: Place, key: bytes, wanted: bytes | None, record: Record | None) -> None:
        said = _said(record)
        self._check.counts[place[0] if wanted is not None else "rows that are gone"] += 1
        if said == wanted:
            return
        if said in self._later.get((place, key), ()):
            self._check.counts["newer than the mark"] += 1
            return
        if wanted is None:
            what = "the row follows from nothing, or should be gone"
        else:
            what = "the row is missing" if said is None else f"the row differs: {values(wanted, said)}"
        self._check.differ(*place, what, None if record is None else record.offset, key)


def _said(record: Record | None) -> bytes | None:
    if record is None or record.value is None:
        return None
    try:
        return bytes(_read_said(record.value).data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return record.value


def _rows_of(pool: Pool) -> Iterator[_StateRow]:
    for line in pool.lines.rows.values():
        data = line_row(pool.name, line)
        yield _StateRow(LineChanged.TOPIC, (line.order_id, line.line), line.sku, data)
    for row in pool.stock.rows.values():
        yield _StateRow(StockLevel.TOPIC, (row.sku, row.location), row.sku, stock_row(pool.name, row))
    for item in pool.items.rows.values():
        if item.version:  # one that was only configured has not been told of
            yield _StateRow(
                AvailabilityChanged.TOPIC, (item.sku,), item.sku, availability_row(pool.name, item)
            )

"""What is to come of a SKU, by location and date: an index over what is on order and in transit.

Derived from the records and never stored. Only dated supply that is not overdue stands here: nobody can be
promised a date by the rest. In transit and on order are one sequence by date, on the same date what is in
transit first.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sortedcontainers import SortedList

from backorder.domain.records import PurchaseLine
from backorder.domain.table import Key
from backorder.domain.transfer_records import Transfer

IN_TRANSIT, ON_ORDER = 0, 1


class Arrival(NamedTuple):
    """Units that should arrive together.

    at: microseconds since 1970. origin: `IN_TRANSIT` or `ON_ORDER`. key and part name the record and what of
    it. peg: the order line that they are for, empty = the queue. place: the location that they come to.
    """

    at: int
    origin: int
    key: Key
    part: int
    units: int
    peg: tuple[str, int] | tuple[()] = ()
    place: str = ""


Parts = list[tuple[int, int, str]]
"""Date, units, and the id of the event that set the date."""


def parts_of(line: PurchaseLine) -> Parts:
    """What is open of a purchase line by date, announced shipments first, undated units left out."""
    parts: Parts = []
    left = line.open
    for notice in sorted(line.announced, key=lambda notice: (notice.expected_at, notice.notice_id)):
        units = min(left, notice.quantity - notice.received)
        if units > 0:
            parts.append((notice.expected_at, units, notice.cause))
            left -= units
    if left and line.expected_at is not None:
        parts.append((line.expected_at, left, line.expected_by))
    return parts


def arrivals_of(key: Key, line: PurchaseLine) -> list[Arrival]:
    """What may be promised of a purchase line."""
    peg = () if line.pegged_to is None else line.pegged_to
    return [
        Arrival(at, ON_ORDER, key, number, units, peg, line.location)
        for number, (at, units, _) in enumerate(parts_of(line))
        if at > line.overdue_to
    ]


def underway_of(key: Key, transfer: Transfer) -> list[Arrival]:
    """What may be promised of a transfer."""
    return [
        Arrival(part.expected_at, IN_TRANSIT, key, part.part, part.quantity, place=part.location)
        for part in transfer.underway
        if part.expected_at is not None and part.expected_at > part.overdue_to
    ]


class Supplies:
    """The arrivals of a pool by SKU and location, and by the order line that they are pegged to."""

    def __init__(self) -> None:
        self._by_record: dict[Key, tuple[str, list[Arrival]]] = {}
        self._places: dict[str, dict[str, Any]] = {}
        self._pegs: dict[tuple[str, int], Any] = {}

    def update(self, key: Key, sku: str, arrivals: Iterable[Arrival]) -> bool:
        """Replaces what the record of this key has to come; says whether that changed anything."""
        new = list(arrivals)
        _, old = self._by_record.get(key, (sku, []))
        if old == new:
            return False
        self.forget(key)
        if new:
            self._by_record[key] = (sku, new)
            places = self._places.setdefault(sku, {})
            for arrival in new:
                places.setdefault(arrival.place, SortedList()).add(arrival)
                if arrival.peg:
                    pegs = self._pegs.setdefault(arrival.peg, SortedList())
                    pegs.add((arrival, sku))
        return True

    def forget(self, key: Key) -> None:
        """Nothing is to come of the record of this key."""
        if key not in self._by_record:
            return
        sku, arrivals = self._by_record[key]
        places = self._places.get(sku, {})
        for arrival in arrivals:
            _discard(places, arrival.place, arrival)
            if arrival.peg:
                _discard(self._pegs, arrival.peg, (arrival, sku))
        if not places:
            self._places.pop(sku, None)
        del self._by_record[key]  # last: what fails half-way is forgotten again

    def of(self, sku: str) -> dict[str, Any]:
        """Sorted arrivals by location; empty when nothing is to come."""
        return self._places.get(sku, {})

    def pegged_to(self, order_id: str, line: int, sku: str) -> Iterator[Arrival]:
        """What is to come for an order line, by date."""
        for arrival, of in self._pegs.get((order_id, line), ()):
            if of == sku:
                yield arrival


def _discard(lists: dict[Any, Any], at: Any, entry: Any) -> None:
    """Takes an entry out of the list that is there, if it is in it."""
    if at in lists:
        lists[at].discard(entry)
        if not lists[at]:
            del lists[at]

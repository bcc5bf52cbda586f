"""What a pool knows about one SKU at a glance: policies, rows by location, sources in order, queue.

Derived from the records and never stored; made again when a row appears or a policy changes.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from backorder.domain.queue import ClaimKey, SkuQueue, claim_key, competing
from backorder.domain.records import Item, Line, Stock

if TYPE_CHECKING:
    from backorder.domain.kits import Kit

BY_NOTHING = 2**63
"""How many units of a component alone help a kit that is short of it: it stands there, and takes nothing."""

FAIR_SHARE = "fair_share"
"""The policy of an item whose waiters of one priority share what is there, and its rule."""


class Sku:
    """rows: by location, in name order. common: the row of units that wait without a location.

    sources: locations that serve lines without one, in order of preference.
    strict: the first who could use the units of a location blocks it for everybody behind.
    partition_key: what decides in which partition the SKU's table rows are published.
    kits: those that it is a component of; its units go to their lines as well.
    """

    __slots__ = ("common", "item", "kits", "partition_key", "queue", "rows", "sources", "strict")

    def __init__(
        self,
        pool: str,
        item: Item,
        rows: dict[str, Stock],
        common: Stock | None,
        queue: SkuQueue,
        kits: Sequence["Kit"] = (),
    ) -> None:
        self.item = item
        self.partition_key = msgspec.json.encode([pool, item.sku]).decode()
        self.rows = rows
        self.common = common
        self.queue = queue
        self.kits = kits
        self.sources: list[str] = list(rows) if item.sourcing is None else item.sourcing
        self.strict = item.strict_order and item.allocation != FAIR_SHARE

    @property
    def unsettled(self) -> bool:
        """Whether a big step is open: what is free belongs to the queue then."""
        return self.item.unsettled

    @property
    def is_plenty(self) -> bool:
        """Whether what is free would cover all that waits, whoever takes first, and wherever."""
        anywhere = 0 if self.common is None else self.common.backordered
        rows = self.rows
        left = {place: row.free - row.backordered for place, row in rows.items()}
        if any(units < anywhere for place, units in left.items() if rows[place].backordered):
            return False
        return not anywhere or any(left.get(place, 0) >= anywhere for place in self.sources)

    def usable(self, location: str | None) -> Sequence[str]:
        """Locations that may serve a line with this `location`, in order of preference."""
        return self.sources if location is None else (location,)

    def free(self, location: str) -> int:
        """Units at a location that nobody has."""
        row = self.rows.get(location)
        return 0 if row is None else row.free

    def free_for(self, location: str | None) -> int:
        """Free units that a line with this `location` could have."""
        if location is not None:
            return self.free(location)
        return self.free_at(self.sources)

    def free_at(self, locations: Sequence[str]) -> int:
        """Units at these locations that nobody has."""
        units = 0
        for location in locations:
            row = self.rows.get(location)
            if row is not None:
                units += row.free
        return units

    def head(self, location: str) -> tuple[ClaimKey, int] | None:
        """The first claim waiting that may use a location, and the least units that help it; with kits, the
        first of those that are short of this component there, if it stands before."""
        own = self.queue.head(location)
        common = self.queue.head(None) if location in self.sources else None
        first = min(own, common) if own and common else own or common
        for kit in self.kits:
            key = kit.head(self.item.sku, location)
            if key is not None and (first is None or key < first[0]):
                first = (key, BY_NOTHING)
        return first

    def is_open(self, location: str, key: ClaimKey) -> bool:
        """Whether a claim with this place in the queue may take units at a location, if it may use that."""
        return not self.strict or (head := self.head(location)) is None or key <= head[0]

    def last_allocated(self, location: str) -> ClaimKey | None:
        """The claim that gives back first at a location: the last in the queue's order, one for a kit too."""
        last = self.queue.last_allocated(location)
        for kit in self.kits:
            key = kit.queue.last_allocated(location)
            if key is not None and (last is None or key > last):
                last = key
        return last

    def waiters(self, location: str) -> Iterator[ClaimKey]:
        """The claims waiting that may use a location, in the queue's order."""
        return self.queue.waiters([location, None] if location in self.sources else [location])

    def waiter_after(self, location: str, place: tuple[Any, ...]) -> ClaimKey | None:
        """The first claim waiting that may use a location, after a place in the queue."""
        return self.queue.waiter_after([location, None] if location in self.sources else [location], place)

    def open_to(self, location: str | None, key: ClaimKey) -> Sequence[str]:
        """Locations where a claim with this place in the queue may take units, in order of preference."""
        usable = self.usable(location)
        if not self.strict:
            return usable
        return [source for source in usable if self.is_open(source, key)]

    @property
    def free_for_newcomers(self) -> int:
        """Free units that an order could have that comes behind all who wait."""
        if not self.strict:
            return self.free_at(self.sources)
        return self.free_at([source for source in self.sources if self.head(source) is None])

    @property
    def free_in_all(self) -> int:
        """Free units at all locations, whoever may use them."""
        units = 0
        for row in self.rows.values():
            units += row.free
        return units

    @property
    def waiting(self) -> int:
        """Units that lines of this SKU wait for, at whatever location; not those that go into kits."""
        units = 0 if self.common is None else self.common.backordered
        for row in self.rows.values():
            units += row.backordered
        return units - self.item.in_kits + self.item.kits_waiting

    def knows(self, location: str | None) -> bool:
        """A location is unknown only where the item has a sourcing list without it."""
        return location is None or self.item.sourcing is None or location in self.item.sourcing

    def position(self, line: Line) -> int | None:
        """1 = next: how many claims that may use one of the line's locations stand before it, and one.

        A line with two waiting claims has the position of its first; None when nothing waits.
        """
        claim = line.first_waiting
        if claim is None:
            return None
        usable, key = self.usable(line.location), claim_key(line, claim)
        if not usable:  # no location is known yet: they wait together, as one day they may meet
            return 1 + self.queue.ahead([None], key)
        return 1 + self.ahead_at(usable, key)

    def ahead_at(self, locations: Sequence[str], key: ClaimKey) -> int:
        """How many claims, those for kits too, that may use one of these locations stand before a place."""
        ahead = self.queue.ahead(competing(locations, self.sources), key)
        for kit in self.kits:
            ahead += kit.ahead(locations, key)
        return ahead

"""The state of one stock pool, and the few moves by which units change hands.

A record is changed only after it was asked for with `edit_...` or `row`. Whatever moves units between a line
and a stock row goes through a method here, so that lines, rows and the queue agree; which move is right is
decided elsewhere.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from backorder.domain import movement_records as m
from backorder.domain import records as r
from backorder.domain.kits import Kit, Kits
from backorder.domain.movements import Book
from backorder.domain.orders_at import OrdersAt
from backorder.domain.parts import Part
from backorder.domain.promise_records import Plan
from backorder.domain.queue import ClaimKey, Place, SkuQueue
from backorder.domain.sku import Sku
from backorder.domain.supply import Supplies, arrivals_of, underway_of
from backorder.domain.table import Key, Table
from backorder.domain.transfer_records import Transfer

_RECORDS: dict[str, Any] = {
    "order": r.Order,
    "line": r.Line,
    "shipment": r.Shipment,
    "early_cancel": r.EarlyCancel,
    "stock": r.Stock,
    "movements": m.Movements,
    "movement_chunk": m.MovementChunk,
    "movement_hour": m.MovementHour,
    "set_aside": m.Movements,
    "set_aside_chunk": m.MovementChunk,
    "set_aside_hour": m.MovementHour,
    "item": r.Item,
    "purchase": r.Purchase,
    "purchase_line": r.PurchaseLine,
    "receipt": r.Receipt,
    "hold": r.Hold,
    "transfer": Transfer,
    "plan": Plan,
    "pool": r.PoolHead,
}


class _Skus(dict[str, Sku]):
    """By name; one that nobody has asked for yet is made."""

    def __init__(self, make: Callable[[str], Sku]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, name: str) -> Sku:
        made = self[name] = self._make(name)
        return made


class _Edited(Struct):
    """A line that the event has edited: its places in the queue as the queue knows them, and where it had how
    many open units when the event came."""

    line: r.Line
    places: list[Place]
    location: str | None
    open: int


class Pool:
    """Orders, stock, items, purchases, holds of one pool, with the queue and the supply derived from them.

    waits_moved: SKUs whose waiting units or places changed by this event.
    watched: patient orders by what they need before a look is worth it.
    takers, givers: orders that keep what comes to them, by rank, where they wait and where they keep.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._touched: dict[str, Table[Any]] = {}
        self.tables: dict[str, Table[Any]] = {
            kind: Table(kind, kept, self._touched) for kind, kept in _RECORDS.items()
        }
        self.orders: Table[r.Order] = self.tables["order"]
        self.lines: Table[r.Line] = self.tables["line"]
        self.shipments: Table[r.Shipment] = self.tables["shipment"]
        self.early_cancels: Table[r.EarlyCancel] = self.tables["early_cancel"]
        self.stock: Table[r.Stock] = self.tables["stock"]
        self.moved = self._book("movements", "movement_chunk", "movement_hour")
        self.set_aside = self._book("set_aside", "set_aside_chunk", "set_aside_hour")
        self.items: Table[r.Item] = self.tables["item"]
        self.purchases: Table[r.Purchase] = self.tables["purchase"]
        self.purchase_lines: Table[r.PurchaseLine] = self.tables["purchase_line"]
        self.receipts: Table[r.Receipt] = self.tables["receipt"]
        self.holds: Table[r.Hold] = self.tables["hold"]
        self.transfers: Table[Transfer] = self.tables["transfer"]
        self.plans: Table[Plan] = self.tables["plan"]
        self.heads: Table[r.PoolHead] = self.tables["pool"]
        self.supplies = Supplies()
        self.waits_moved: dict[str, None] = {}
        self._skus = _Skus(self._make_sku)
        self.sku = self._skus.__getitem__
        """All about a SKU; one never heard of has the default policies and no stock."""
        self._queues: dict[str, SkuQueue] = {}
        self.kits = Kits()
        self._locations: dict[str, list[str]] = {}
        self._edited: dict[Key, _Edited] = {}
        self._edited_orders: dict[str, r.Order] = {}
        self.watched = OrdersAt()
        self.takers = OrdersAt()
        self.givers = OrdersAt()
        self._edited_rows: dict[Key, int] = {}

    def _book(self, heads: str, chunks: str, hours: str) -> Book:
        return Book(self.tables[heads], self.tables[chunks], self.tables[hours])

    # --- reading --------------------------------------------------------------------------------------------

    def _make_sku(self, name: str) -> Sku:
        item = self.items.rows.get((name,)) or r.Item(name)
        rows = {location: self.stock.rows[name, location] for location in self._locations.get(name, ())}
        queue = self._queues.get(name)
        if queue is None:
            queue = self._queues[name] = SkuQueue(not item.allow_partial, item.min_release)
        common = self.stock.rows.get((name, None))
        return Sku(self.name, item, rows, common, queue, self.kits.made_with(name))

    def kit(self, sku: str, parts: tuple[Part, ...]) -> Kit:
        """A kit that is made of these parts."""
        found = self.kits.get((sku, parts))
        if found is None:
            item = self.sku(sku).item
            found = Kit(sku, parts, self.sku, SkuQueue(not item.allow_partial, item.min_release))
            self.kits.add(found)
        return found

    def wanted(self, line: r.Line) -> Sku | Kit:
        """What a line wants units of."""
        return self.kit(line.sku, line.parts) if line.parts else self.sku(line.sku)

    def queues_of(self, sku: str) -> list[SkuQueue]:
        """The queues that lines of a SKU stand in."""
        return [self.sku(sku).queue, *(kit.queue for kit in self.kits.of(sku))]

    def line(self, order_id: str, number: int) -> r.Line | None:
        return self.lines.get((order_id, number))

    def claim_at(self, key: ClaimKey) -> tuple[r.Line, r.Claim]:
        """The line and the claim that stand at a place in the queue."""
        line = self.lines.rows[key[3], key[4]]
        return line, line.claim(key[5])

    def lines_of(self, order: r.Order) -> list[r.Line]:
        return [self.lines.rows[order.order_id, number] for number in order.lines]

    def is_open(self, order: r.Order) -> bool:
        """Whether any unit of the order waits or is allocated."""
        lines = self.lines.rows
        for number in order.lines:
            line = lines[order.order_id, number]
            if line.ordered != line.shipped + line.cancelled:
                return True
        return False

    # --- changing -------------------------------------------------------------------------------------------

    def edit_line(self, line: r.Line) -> r.Line:
        key = (line.order_id, line.line)
        if key not in self._edited:
            self.lines.edit(key)
            places = self.wanted(line).queue.places(line)
            self._note_edited(key, _Edited(line, places, line.location, line.open))
        return line

    def add_line(self, line: r.Line) -> r.Line:
        key = (line.order_id, line.line)
        self._note_edited(key, _Edited(line, [], line.location, 0))
        return self.lines.add(key, line)

    def _note_edited(self, key: Key, edited: _Edited) -> None:
        self._edited[key] = edited
        order_id = key[0]
        self._edited_orders[order_id] = self.orders.rows[order_id,]

    def requeue(self, line: r.Line) -> None:
        """Brings the queue up to date after changes of an edited line."""
        edited = self._edited[line.order_id, line.line]
        queue = self.wanted(line).queue
        places = queue.places(line)
        if queue.move(edited.places, places):
            self._note_waits_moved(line)
        edited.places = places

    def edited_lines(self) -> list[r.Line]:
        """Lines edited by this event, in order of their first edit."""
        return [edited.line for edited in self._edited.values()]

    def edited_orders(self) -> list[r.Order]:
        """The orders of the lines edited by this event, in order of their first edit."""
        return [*self._edited_orders.values()]

    def edited_rows(self) -> list[r.Stock]:
        """Stock rows edited by this event, in order of their first edit."""
        return [self.stock.rows[key] for key in self._edited_rows]

    def set_aside_changes(self) -> dict[tuple[str, str | None], int]:
        """By how much this event has changed what is set aside so far, by SKU and location.

        That is open units of lines, under the location that they name or null, held and unavailable units.
        """
        changes: dict[tuple[str, str | None], int] = defaultdict(int)
        for edited in self._edited.values():
            line, was, now = edited.line, edited.open, edited.line.open
            if now != was or line.location != edited.location:
                for sku, each in line.takes:
                    changes[sku, edited.location] -= was * each
                    changes[sku, line.location] += now * each
        for key, units in self._edited_rows.items():
            row = self.stock.rows[key]
            now = row.unavailable + row.held
            if now != units:
                changes[key] += now - units
        return changes

    def end_event(self) -> None:
        self._edited.clear()
        self._edited_orders.clear()
        self._edited_rows.clear()
        self.waits_moved.clear()

    def edit_item(self, sku: str) -> r.Item:
        if self.items.get((sku,)) is None:
            self._skus.pop(sku, None)
            return self.items.add((sku,), r.Item(sku))
        return self.items.edit((sku,))

    def row(self, sku: str, location: str | None) -> r.Stock:
        """The stock row, for changing; it begins at 0."""
        key = (sku, location)
        if key in self._edited_rows:
            return self.stock.rows[key]
        if key in self.stock.rows:
            row = self.stock.edit(key)
            self._edited_rows[key] = row.unavailable + row.held
            return row
        row = self.stock.add(key, r.Stock(sku, location))
        self._edited_rows[key] = 0
        self._skus.pop(sku, None)
        if location is not None:
            self._locations.setdefault(sku, []).append(location)
            self._locations[sku].sort()
            self._place_safety_stock(sku)
        return row

    def _place_safety_stock(self, sku: str) -> None:
        """The item's safety stock counts once, at its first location; a location's own value there."""
        known = self.sku(sku)
        for location, row in known.rows.items():
            default = known.item.safety_stock if location == known.sources[0] else 0
            wanted = known.item.safety_stock_at.get(location, default)
            if row.safety_stock != wanted:
                self.row(sku, location).safety_stock = wanted

    def policies_changed(self, sku: str) -> None:
        """Brings what follows from an item's policies up to date."""
        self._skus.pop(sku, None)
        self._place_safety_stock(sku)
        self._fit_queue(sku)

    def _fit_queue(self, sku: str) -> None:
        """Builds its queues again when other numbers of units help their claims than before."""
        known = self.sku(sku)
        whole, min_release = not known.item.allow_partial, known.item.min_release
        everyone: list[Sku | Kit] = [known, *self.kits.of(sku)]
        for wanted in everyone:
            if (wanted.queue.whole, wanted.queue.min_release) == (whole, min_release):
                continue
            queue = SkuQueue(whole, min_release)
            queue.fill(self.lines.rows[key] for key in wanted.queue.lines())
            if wanted is known:
                self._queues[sku] = queue
            wanted.queue = queue

    def note_supply(self, line: r.PurchaseLine) -> bool:
        """Brings what is to come up to date with a purchase line; says whether that changed anything."""
        key = (line.purchase_order_id, line.line)
        return self.supplies.update(key, line.sku, arrivals_of(key, line))

    def note_underway(self, transfer: Transfer) -> bool:
        """Likewise with a transfer."""
        key = (transfer.transfer_id, transfer.sku)
        return self.supplies.update(key, transfer.sku, underway_of(key, transfer))

    # --- units change hands ---------------------------------------------------------------------------------

    def wait(self, line: r.Line, claim: r.Claim, units: int) -> None:
        claim.waiting += units
        self._note_waits_moved(line)
        if line.parts:
            self.edit_item(line.sku).kits_waiting += units
            for sku, each in line.parts:
                self.edit_item(sku).in_kits += units * each
        self.move_waiting(line, line.location, units)

    def move_waiting(self, line: r.Line, location: str | None, units: int) -> None:
        """Changes what the stock rows of a location, or of none, say is waited for there."""
        for sku, each in line.takes:
            self.row(sku, location).backordered += units * each

    def _note_waits_moved(self, line: r.Line) -> None:
        for sku, _ in line.takes:
            self.waits_moved[sku] = None

    def allocate(self, line: r.Line, claim: r.Claim, location: str, units: int) -> None:
        claim.allocated[location] = claim.allocated.get(location, 0) + units
        for sku, each in line.takes:
            self.row(sku, location).allocated += units * each

    def deallocate(self, line: r.Line, claim: r.Claim, location: str, units: int) -> None:
        claim.allocated[location] -= units
        if not claim.allocated[location]:
            del claim.allocated[location]
        for sku, each in line.takes:
            self.row(sku, location).allocated -= units * each
        place = line.at.get(location)
        if place is not None and (place.recalled or place.waited):
            kept = max(0, line.allocated_at(location) - place.on_release)
            place.recalled, place.waited = min(place.recalled, kept), min(place.waited, kept)

    def pick(self, line: r.Line, location: str, units: int) -> None:
        """Marks units as picked; a negative number takes the mark away."""
        line.at.setdefault(location, r.AtLocation()).picked += units
        for sku, each in line.takes:
            self.row(sku, location).picked += units * each

    def drop_empty_claims(self, line: r.Line) -> None:
        for claim in line.claims:
            if not claim.waiting and not claim.allocated:
                line.claims = tuple(claim for claim in line.claims if claim.waiting or claim.allocated)
                return

    # --- the batch ------------------------------------------------------------------------------------------

    def commit(self) -> None:
        for table in self._touched.values():
            table.commit()
        self._touched.clear()
        for index in (self.watched, self.takers, self.givers):
            index.commit()

    def rollback(self) -> None:
        """Back to the last commit, by undoing what was touched."""
        touched = [(key, self.lines.get(key), self.lines.before(key)) for key in self.lines.touched()]
        for key, line, _ in touched:
            if line is not None:
                queue = self.wanted(line).queue
                # In the middle of an event that failed, a line may be ahead of its places in the queue.
                edited = self._edited.get(key)
                queue.discard([*(edited.places if edited else ()), *queue.places(line)])
        self.end_event()
        added_rows = [key for key in self.stock.touched() if self.stock.before(key) is None]
        items = [key[0] for key in self.items.touched()]
        bought = list(self.purchase_lines.touched())
        transferred = list(self.transfers.touched())
        skus = {*items, *(key[0] for key in self.stock.touched())}
        for table in self._touched.values():
            table.rollback()
        self._touched.clear()
        for index in (self.watched, self.takers, self.givers):
            index.rollback()
        for sku in skus:
            self._skus.pop(sku, None)
        for key in bought:
            self.supplies.forget(key)
            if (purchase_line := self.purchase_lines.get(key)) is not None:
                self.note_supply(purchase_line)
        for key in transferred:
            self.supplies.forget(key)
            if (transfer := self.transfers.get(key)) is not None:
                self.note_underway(transfer)
        for sku, location in added_rows:
            if location is not None:
                self._locations[sku] = [known for known in self._locations.get(sku, ()) if known != location]
        for key, _, before in touched:
            if before is not None:
                line = self.lines.rows[key]
                queue = self.wanted(line).queue
                queue.move([], queue.places(line))
        for sku in items:
            self._fit_queue(sku)

    def changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Changelog records of what differs from the last commit."""
        for kind, table in self.tables.items():
            for key, value in table.changes():
                yield self._changelog_key(kind, key), value

    def dump(self) -> Iterator[tuple[bytes, bytes]]:
        for kind, table in self.tables.items():
            for key, value in table.dump():
                yield self._changelog_key(kind, key), value

    def _changelog_key(self, kind: str, key: Key) -> bytes:
        return msgspec.json.encode([kind, self.name, *key])

    def loaded(self) -> None:
        """Derives the queues from the records."""
        for sku, location in self.stock.rows:
            if location is not None:
                self._locations.setdefault(sku, []).append(location)
        for locations in self._locations.values():
            locations.sort()
        for bought in self.purchase_lines.rows.values():
            self.note_supply(bought)
        for transfer in self.transfers.rows.values():
            self.note_underway(transfer)
        for item in self.items.rows.values():
            if item.components:
                self.kit(item.sku, item.components)
        standing: defaultdict[SkuQueue, list[r.Line]] = defaultdict(list)
        for line in self.lines.rows.values():
            if line.claims:
                standing[self.wanted(line).queue].append(line)
        for queue, lines in standing.items():
            queue.fill(lines)

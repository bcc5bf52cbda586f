"""A shop in one pool: feeds events to a fold in a line each, and shows what it said and what its rows are.

Every event happens a minute after the one before unless `at` says otherwise. Each is checked against all the
invariants of the domain, so that an example cannot pass beside a broken one.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partialmethod
from typing import Any, TypeVar

from backorder.domain import decisions as d
from backorder.domain import events as e
from backorder.domain.fold import Fold
from backorder.domain.history import History, passed_over
from backorder.domain.invariants import violations
from backorder.domain.settings import Settings

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SKU, HERE, THERE = "MUG", "AMS", "RTM"

Said = TypeVar("Said", bound=d.Decision)


def line(number: int, quantity: int, sku: str = SKU, **fields: Any) -> e.OrderLine:
    return e.OrderLine(line=number, sku=sku, quantity=quantity, **fields)


def entry(event: e.Event, time: datetime, number: int, pool: str = "default") -> e.Entry:
    return e.Entry(e.JOURNAL_VERSION, pool, f"event-{number}", "/tests", time, event)


def restored(fold: Fold) -> Fold:
    """The fold as another process has it, from its changelog."""
    again = Fold(fold.settings)
    again.load(fold.dump().items())
    again.loaded()
    return again


class Shop:
    """`said` are the decisions of the last event, `placed` what became of the lines that it placed, `written`
    the topics of its rows; `pending` the continuations that have not been fed yet."""

    def __init__(self, stock: int = 0, **settings: int) -> None:
        self.fold = Fold(Settings(**settings))
        self.history = History()
        self.now = MONDAY
        self.said: list[d.Decision] = []
        self.placed: list[d.Placed] = []
        self.all_said: list[d.Decision] = []
        self.emitted: list[d.Emitted] = []
        self.pending: list[e.Entry] = []
        self.written: set[str] = set()
        self._rows: dict[tuple[str, str], Any] = {}
        self.fed = 0
        if stock:
            self.count(stock)

    # --- feeding --------------------------------------------------------------------------------------------

    def feed(self, event: e.Event, at: datetime | None = None, finish: bool = True) -> list[d.Decision]:
        """Folds one event, and with `finish` the rest of its big step; returns what was decided."""
        self.fed += 1
        self.now += timedelta(minutes=1)
        self.said, self.placed = [], []
        self.written = set()
        self._fold(self.entry(event, at or self.now))
        if finish:
            self.finish()
        return self.said

    def entry(self, event: e.Event, at: datetime) -> e.Entry:
        """The event as an entry of the journal, with the number of the last one fed."""
        return entry(event, at, self.fed)

    def finish(self) -> None:
        """Feeds the continuations until no big step is open."""
        while self.pending:
            self.go_on()

    def go_on(self) -> list[d.Decision]:
        """Feeds one continuation."""
        self.said = []
        self._fold(self.pending.pop(0))
        return self.said

    def _fold(self, taken: e.Entry) -> None:
        outcome = self.fold.apply(taken)
        self.pending += outcome.continued
        self.placed += outcome.placed
        self.emitted += outcome.emitted
        decisions = [emitted.decision for emitted in outcome.emitted]
        self.said += decisions
        self.all_said += decisions
        for row in self.fold.rows():
            self._rows[row.topic, row.key] = row.data
            self.written.add(row.topic)
        self.fold.commit()
        broken = self.history.observe(outcome.emitted)
        if pool := self.fold.pools.get("default"):
            broken += violations(pool) + passed_over(pool, outcome.emitted) + self.history.disagreements(pool)
        assert not broken, "\n".join(broken)

    def restart(self) -> None:
        """Another process takes over, from the changelog."""
        self.fold = restored(self.fold)

    def tick(self, at: datetime) -> None:
        self.feed(e.ClockTicked(), at=at)
        if self.fold.pools:
            self.history.keep_only(self.pool)

    # --- orders ---------------------------------------------------------------------------------------------

    def place(
        self, order_id: str, *lines: e.OrderLine | int, at: datetime | None = None, **fields: Any
    ) -> Any:
        """Lines as `line(...)`, or just quantities of the usual SKU, numbered from 1."""
        full = [
            asked if isinstance(asked, e.OrderLine) else line(n, asked) for n, asked in enumerate(lines, 1)
        ]
        return self.feed(e.OrderPlaced(order_id=order_id, lines=full, **fields), at)

    def amend(
        self, order_id: str, *lines: tuple[int, int] | e.AmendedLine, at: datetime | None = None
    ) -> Any:
        """Lines as (line, quantity wanted in all)."""
        full = [asked if isinstance(asked, e.AmendedLine) else e.AmendedLine(*asked) for asked in lines]
        return self.feed(e.OrderAmended(order_id=order_id, lines=full), at)

    def reschedule(self, order_id: str, *lines: e.RescheduledLine, **fields: Any) -> Any:
        if lines:
            fields["lines"] = list(lines)
        return self.feed(e.OrderRescheduled(order_id=order_id, **fields))

    def cancel(self, order_id: str, *lines: tuple[int, int | None], at: datetime | None = None) -> Any:
        """Without lines: all of the order; a line as (line, quantity or None)."""
        full = [e.CancelledLine(*asked) for asked in lines] or None
        return self.feed(e.OrderCancelled(order_id=order_id, reason="customer", lines=full), at)

    def pick(self, order_id: str, quantity: int, number: int = 1, location: str = HERE) -> Any:
        return self.feed(e.OrderPicked(order_id=order_id, lines=[e.PickedLine(number, quantity, location)]))

    def ship(
        self,
        order_id: str,
        shipment_id: str,
        *lines: tuple[int, int] | tuple[int, int, str],
        at: datetime | None = None,
        **fields: Any,
    ) -> Any:
        """Lines as (line, quantity) or (line, quantity, location)."""
        full = [e.ShippedLine(number, units, *(rest or (HERE,))) for number, units, *rest in lines]
        event = e.OrderShipped(order_id=order_id, shipment_id=shipment_id, lines=full, **fields)
        return self.feed(event, at)

    def void(self, order_id: str, shipment_id: str, at: datetime | None = None) -> Any:
        return self.feed(e.OrderShipmentVoided(order_id=order_id, shipment_id=shipment_id), at)

    # --- goods ----------------------------------------------------------------------------------------------

    def count(
        self,
        quantity: int,
        location: str = HERE,
        sku: str = SKU,
        as_of: datetime | None = None,
        at: datetime | None = None,
        basis: str = "on_hand",
    ) -> Any:
        as_of = as_of or at or self.now + timedelta(minutes=1)
        return self.feed(e.StockCounted(sku, location, quantity, basis, as_of), at)

    def count_net(self, quantity: int, as_of: datetime | None = None, location: str = HERE) -> Any:
        """A count that is net of open orders."""
        return self.count(quantity, location, as_of=as_of, basis="available")

    def adjust(self, quantity: int, location: str = HERE, at: datetime | None = None, **fields: Any) -> Any:
        return self.feed(e.StockAdjusted(SKU, location, quantity, "adjustment", **fields), at)

    def spoil(self, quantity: int, location: str = HERE, at: datetime | None = None) -> Any:
        """Sellable units become unavailable; a negative number repairs them."""
        conditions = ("sellable", "unavailable") if quantity > 0 else ("unavailable", "sellable")
        return self.feed(e.StockConditionChanged(SKU, location, abs(quantity), *conditions, "check"), at)

    def take_back(self, quantity: int, condition: str = "sellable", at: datetime | None = None) -> Any:
        return self.feed(e.StockReturned(SKU, HERE, quantity, condition), at)

    def _transfer(
        self,
        phase: str,
        transfer_id: str,
        quantity: int,
        sender: str = HERE,
        to: str = THERE,
        part: int = 1,
        sku: str = SKU,
        at: datetime | None = None,
        expected_at: datetime | None = None,
    ) -> Any:
        event = e.StockTransferred(sku, transfer_id, sender, to, quantity, phase, part, expected_at)
        return self.feed(event, at)

    send = partialmethod(_transfer, "dispatched")
    arrive = partialmethod(_transfer, "received")

    def hold_units(
        self,
        hold_id: str,
        quantity: int,
        location: str = HERE,
        sku: str = SKU,
        expires_at: datetime | None = None,
        at: datetime | None = None,
    ) -> Any:
        """A hold of stock, for an hour unless said."""
        expires_at = expires_at or self.now + timedelta(hours=1)
        return self.feed(e.StockHeld(sku, hold_id, location, quantity, expires_at), at)

    def end_hold(self, hold_id: str, location: str | None = None, sku: str = SKU) -> Any:
        return self.feed(e.StockHoldEnded(sku, hold_id, location))

    def configure(self, sku: str = SKU, **policies: Any) -> Any:
        return self.feed(e.ItemConfigured(sku=sku, **policies))

    def buy(self, purchase_id: str, *lines: e.PurchasedLine | int) -> Any:
        """Lines whole, or just quantities of the usual SKU to the usual place, numbered from 1."""
        full = [
            asked if isinstance(asked, e.PurchasedLine) else e.PurchasedLine(number, SKU, HERE, asked)
            for number, asked in enumerate(lines, 1)
        ]
        return self.feed(e.PurchasePlaced(purchase_id, "supplier", full))

    def change_purchase(self, purchase_id: str, number: int, quantity: int) -> Any:
        return self.feed(e.PurchaseChanged(purchase_id, [e.ChangedPurchaseLine(number, quantity)]))

    def cancel_purchase(self, purchase_id: str, *numbers: int) -> Any:
        lines = [e.CancelledPurchaseLine(number) for number in numbers] or None
        return self.feed(e.PurchaseCancelled(purchase_id, lines))

    def receive(
        self,
        receipt_id: str,
        quantity: int,
        location: str = HERE,
        purchase: str | None = None,
        at: datetime | None = None,
        finish: bool = True,
        sku: str = SKU,
        **fields: Any,
    ) -> Any:
        received = e.ReceivedLine(sku, location, quantity, **fields)
        return self.feed(e.GoodsReceived(receipt_id, [received], purchase), at, finish)

    def reverse(self, receipt_id: str, purchase: str | None = None, at: datetime | None = None) -> Any:
        return self.feed(e.GoodsReceiptReversed(receipt_id, "booked twice", purchase), at)

    # --- seeing ---------------------------------------------------------------------------------------------

    @property
    def pool(self) -> Any:
        return self.fold.pools["default"]

    def line(self, order_id: str, number: int = 1) -> d.LineChanged:
        """The last line row written; None when it is gone."""
        row: d.LineChanged = self._rows["lines", f'["default","{order_id}",{number}]']
        return row

    def figures(self, order_id: str, number: int = 1) -> tuple[int, int, int, int, int]:
        """ordered, allocated, backordered, shipped, cancelled."""
        row = self.line(order_id, number)
        return (row.ordered, row.allocated, row.backordered, row.shipped, row.cancelled)

    def stock(self, location: str | None = HERE, sku: str = SKU) -> d.StockLevel:
        place = "null" if location is None else f'"{location}"'
        row: d.StockLevel = self._rows["stock", f'["default","{sku}",{place}]']
        return row

    def availability(self, sku: str = SKU) -> tuple[str, int | None]:
        row: d.AvailabilityChanged = self._rows["availability", f'["default","{sku}"]']
        return (row.state, row.sellable)

    def expected_at(self, sku: str = SKU) -> datetime | None:
        """When a shop front is told that the next unit, or kit, comes."""
        row: d.AvailabilityChanged = self._rows["availability", f'["default","{sku}"]']
        return row.expected_at

    def told(self, kind: type[Said]) -> list[Said]:
        """The decisions of this kind that followed from the last event."""
        return [decision for decision in self.said if isinstance(decision, kind)]

    def rejections(self) -> list[str]:
        """The reasons for which the last event was rejected."""
        return [decision.reason for decision in self.told(d.EventRejected)]

    def discrepancies(self) -> list[tuple[str, int]]:
        return [(decision.kind, decision.quantity) for decision in self.told(d.StockDiscrepancy)]

    def filled(self) -> list[tuple[str, int]]:
        """Order and units of each fill that followed from the last event."""
        return [(decision.order_id, decision.quantity) for decision in self.told(d.BackorderFilled)]

    def released(self) -> list[tuple[str, int, int, str]]:
        """Order, line, units and location of all releases that followed from the last event."""
        return _parts(self.told(d.ReleaseCreated))

    def withdrawn(self) -> list[tuple[str, int, int, str]]:
        return _parts(self.told(d.ReleaseWithdrawn))


def _parts(releases: Iterable[d.ReleaseCreated | d.ReleaseWithdrawn]) -> list[tuple[str, int, int, str]]:
    return [
        (each.order_id, part.line, part.quantity, part.location) for each in releases for part in each.lines
    ]

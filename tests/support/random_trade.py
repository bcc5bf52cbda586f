"""A small trade at random: plausible events about what is known, and now and then implausible ones.

What is drawn looks at what was published and at what was accepted, never at the insides of the fold, and
leans towards what makes things meet: few SKUs, few locations, small quantities, times that touch the times of
others. The kinds of events are drawn by weight here and are not rules of their own: hypothesis turns most of
the rules off in most of its examples, and then nothing meets.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from backorder.domain import events as e
from tests.support.happenings import (
    ORDERS,
    PLACES,
    PURCHASES,
    SKUS,
    STEPS,
    UNKNOWN,
    UNSUPPORTED,
    chance,
    dates,
    few,
    policies,
    units,
)

KINDS: dict[str, tuple[str, ...]] = {
    "place": (),
    "amend": ("ordered",),
    "amend_up": ("ordered",),
    "reschedule": ("ordered",),
    "cancel": ("ordered",),
    "cancel_all": (),
    "pick": ("allocated",),
    "unpick": ("picked",),
    "ship": ("allocated",),
    "ship_something_else": ("ordered",),
    "ship_before_a_count": ("ordered", "StockCounted"),
    "void": ("OrderShipped",),
    "count": (),
    "adjust": (),
    "change_condition": (),
    "take_back": (),
    "configure": (),
    "configure_location": (),
    "buy": (),
    "change_purchase": ("PurchasePlaced",),
    "cancel_purchase": ("PurchasePlaced",),
    "receive": (),
    "receive_what_was_bought": ("PurchasePlaced",),
    "reverse": ("GoodsReceived",),
    "ask_the_impossible": (),
    "pass_time": (),
    "end_batch": (),
}
"""What can be tried, and what must be there for it: a figure of a line that is not 0, an accepted event."""
WEIGHTS = {
    "place": 6,
    "cancel": 4,
    "receive": 4,
    "ask_the_impossible": 1,
    "cancel_purchase": 1,
    "pass_time": 1,
}

AMENDED = ["line", "quantity", "sku", "location", "required_by", "priority", "backorder"]


class RandomTrade(RuleBasedStateMachine):
    """The trader. Who inherits gives `feed`, and keeps `seen`, `accepted`, `now` and `numbers`."""

    seen: dict[str, list[Any]]
    """The last rows by topic."""
    accepted: list[e.Entry]
    now: datetime
    number: int
    """Of the last event."""

    def feed(self, what: e.Event, time: datetime | None = None, supported: bool = True) -> None:
        """One event happens, now unless `time` says otherwise."""
        raise NotImplementedError

    def pass_time(self, data: st.DataObject) -> None:
        """The clock ticks."""
        raise NotImplementedError

    def end_batch(self, data: st.DataObject) -> None:
        """What happened since the last time is kept, or is not."""
        raise NotImplementedError

    def open_trade(self, data: st.DataObject) -> None:
        """How wide this trade is, and whether its word comes late."""
        self.skus = st.sampled_from(SKUS[: data.draw(st.sampled_from([1, 1, 1, 2, 3]), label="SKUs")])
        self.places = st.sampled_from(PLACES[: data.draw(st.sampled_from([1, 2, 2, 3]), label="places")])
        self.maybe_place = st.none() | st.none() | self.places
        self.lateness = data.draw(st.sampled_from([0, 0, 2, 4]), label="lateness")
        for _ in range(data.draw(st.integers(0, 3), label="counts")):
            self.count(data)
        for _ in range(data.draw(st.integers(0, 6), label="orders")):
            self.place(data)

    def happen(self, data: st.DataObject, what: e.Event, supported: bool = True) -> None:
        self.feed(what, self.when(data), supported)

    def when(self, data: st.DataObject) -> datetime:
        """Mostly a little later than the last event; in a late trade also earlier, close to others."""
        if data.draw(chance, label="late") < self.lateness:
            return self.some_time(data)
        self.now += data.draw(st.sampled_from(STEPS), label="later")
        return self.now

    def some_time(self, data: st.DataObject) -> datetime:
        """About when something happened, before now."""
        time = data.draw(st.sampled_from([each.time for each in self.accepted] or [self.now]), label="about")
        return min(self.now, time + timedelta(seconds=data.draw(st.sampled_from([-61, -1, 0, 0, 1, 59]))))

    def trade(self, data: st.DataObject) -> None:
        """One event that could be."""
        possible = [kind for kind, needs in KINDS.items() if all(self.has(what) for what in needs)]
        weighted = [kind for kind in possible for _ in range(WEIGHTS.get(kind, 2))]
        getattr(self, data.draw(st.sampled_from(weighted), label="kind"))(data)

    def has(self, what: str) -> bool:
        """Whether there is a line of which this figure is not 0, or an accepted event of this kind."""
        if what in self.kinds_accepted:
            return True
        return any(getattr(row, what, None) for row in self.lines())

    @property
    def kinds_accepted(self) -> set[str]:
        return {type(each.event).__name__ for each in self.accepted}

    # --- what is known --------------------------------------------------------------------------------------

    def lines(self) -> list[Any]:
        return self.seen["lines"]

    def accepted_of(self, kind: type[Any]) -> list[Any]:
        return [each.event for each in self.accepted if isinstance(each.event, kind)]

    def some_id(self, data: st.DataObject, prefix: str) -> str:
        """Mostly a new one."""
        return f"{prefix}{self.number if data.draw(chance) else data.draw(st.integers(0, self.number))}"

    def some_line(self, data: st.DataObject, *wanted: str) -> Any:
        """A line row, mostly one of which these figures are not 0; one that does not exist is rare."""
        rows = [row for row in self.lines() if all(getattr(row, name) for name in wanted)]
        if not rows or not data.draw(chance, label="any line"):
            rows = self.lines()
        row = data.draw(st.sampled_from(rows), label="line")
        return row if data.draw(st.integers(0, 29)) else msgspec.structs.replace(row, line=9)

    def some_stock(self, data: st.DataObject) -> tuple[str, str]:
        """SKU and location, mostly of a row with something on hand."""
        rows = [row for row in self.seen["stock"] if row.on_hand > 0]
        if not rows or not data.draw(chance):
            return data.draw(self.skus), data.draw(self.places)
        row = data.draw(st.sampled_from(rows), label="stock")
        return row.sku, row.location

    def order_line(self, data: st.DataObject, number: int) -> e.OrderLine:
        return e.OrderLine(
            line=number,
            sku=data.draw(self.skus),
            quantity=data.draw(units),
            location=data.draw(self.maybe_place),
            required_by=data.draw(dates),
            priority=data.draw(st.sampled_from([None, None, None, 1, 5, 9])),
            backorder=data.draw(st.sampled_from(["allow", "allow", "allow", "deny"])),
        )

    # --- orders ---------------------------------------------------------------------------------------------

    def place(self, data: st.DataObject) -> None:
        unused = sorted(set(ORDERS) - {row.order_id for row in self.lines()})
        order_id = data.draw(st.sampled_from(unused * 9 + ORDERS), label="order")
        numbers = range(1, 1 + data.draw(st.sampled_from([1, 1, 2, 3])))
        lines = [self.order_line(data, number) for number in numbers]
        if data.draw(chance) == 0:
            lines = [msgspec.structs.replace(each, backorder="deny") for each in lines]
        priority, required_by = data.draw(st.sampled_from([5, 5, 4, 6])), data.draw(dates)
        self.happen(data, e.OrderPlaced(order_id, lines, priority=priority, required_by=required_by))

    def amend(self, data: st.DataObject) -> None:
        """Lines of one order up and down, or a new one."""
        order_id = self.some_line(data, "ordered").order_id
        known = {row.line: row for row in self.lines() if row.order_id == order_id}
        lines = []
        for number in data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3, unique=True)):
            if number in known:
                wanted = known[number].ordered - known[number].cancelled + data.draw(st.integers(-4, 4))
                lines.append(e.AmendedLine(number, max(0, wanted)))
            else:
                full = self.order_line(data, number)
                lines.append(e.AmendedLine(*(getattr(full, name) for name in AMENDED)))
        if data.draw(chance) == 0:
            lines[-1] = msgspec.structs.replace(lines[-1], sku=None)
        self.amend_as_far_as_compared(data, e.OrderAmended(order_id, lines))

    def amend_as_far_as_compared(self, data: st.DataObject, what: e.OrderAmended) -> None:
        self.happen(data, what)

    def amend_up(self, data: st.DataObject) -> None:
        row = self.some_line(data, "backordered")
        amended = e.AmendedLine(row.line, row.ordered - row.cancelled + data.draw(few))
        self.happen(data, e.OrderAmended(row.order_id, [amended]))

    def reschedule(self, data: st.DataObject) -> None:
        row = self.some_line(data, "backordered")
        fields: dict[str, Any] = {}
        if data.draw(st.booleans()):
            fields["priority"] = data.draw(st.integers(1, 9))
        if data.draw(st.booleans()):
            fields["required_by"] = data.draw(dates)
        if not fields or data.draw(st.booleans()):
            own: dict[str, Any] = {"location": data.draw(self.maybe_place)}
            if data.draw(st.booleans()):
                own = {"priority": data.draw(st.sampled_from([None, 1, 9])), "required_by": data.draw(dates)}
            fields["lines"] = [e.RescheduledLine(row.line, **own)]
        self.happen(data, e.OrderRescheduled(row.order_id, **fields))

    def cancel(self, data: st.DataObject) -> None:
        quantity = data.draw(st.none() | few | few)
        row = self.some_line(data, data.draw(st.sampled_from(["backordered", "allocated", "picked"])))
        self.happen(data, e.OrderCancelled(row.order_id, "customer", [e.CancelledLine(row.line, quantity)]))

    def cancel_all(self, data: st.DataObject) -> None:
        """Also of an order that is not known yet."""
        order_id = data.draw(st.sampled_from(ORDERS), label="order")
        self.happen(data, e.OrderCancelled(order_id, "customer"))

    def pick(self, data: st.DataObject) -> None:
        quantity = data.draw(st.integers(-1, 5))
        row = data.draw(st.sampled_from([row for row in self.lines() if row.allocations]), label="line")
        parts = row.allocations[: data.draw(st.integers(1, 2))]
        lines = [e.PickedLine(row.line, min(quantity, part.quantity) or 1, part.location) for part in parts]
        self.happen(data, e.OrderPicked(row.order_id, lines))

    def unpick(self, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from([row for row in self.lines() if row.picked]), label="line")
        place = data.draw(st.sampled_from(row.allocations)).location
        part = e.PickedLine(row.line, -data.draw(st.integers(1, min(6, row.picked))), place)
        self.happen(data, e.OrderPicked(row.order_id, [part]))

    def ship(self, data: st.DataObject) -> None:
        """What is allocated, or some of it."""
        row = data.draw(st.sampled_from([row for row in self.lines() if row.allocations]), label="line")
        parts = [
            e.ShippedLine(row.line, data.draw(st.integers(1, each.quantity)), each.location)
            for each in row.allocations
        ]
        self._ship(data, row.order_id, parts)

    def ship_something_else(self, data: st.DataObject) -> None:
        """What waits, was withdrawn, is cancelled, is elsewhere, or was never ordered: it may have left."""
        row = self.some_line(data, data.draw(st.sampled_from(["allocated", "backordered", "cancelled"])))
        most = row.ordered - row.shipped + 1
        quantities = st.integers(max(1, most - 3), max(1, most)) | st.integers(1, max(1, most))
        lots = st.tuples(quantities, self.places)
        drawn = data.draw(st.lists(lots, min_size=1, max_size=2, unique_by=lambda lot: lot[1]))
        self._ship(data, row.order_id, [e.ShippedLine(row.line, *lot) for lot in drawn])

    def ship_before_a_count(self, data: st.DataObject) -> None:
        """Word of a shipment that a count has seen already."""
        count = data.draw(st.sampled_from(self.accepted_of(e.StockCounted)), label="count")
        rows = [row for row in self.lines() if row.sku == count.sku] or self.lines()
        row = data.draw(st.sampled_from(rows), label="line")
        quantity = data.draw(st.integers(1, max(1, row.ordered - row.shipped)))
        parts = [e.ShippedLine(row.line, quantity, count.location)]
        shipped = e.OrderShipped(row.order_id, self.some_id(data, "S"), parts)
        self.feed(shipped, min(self.now, count.as_of) - timedelta(seconds=data.draw(st.integers(0, 1))))

    def _ship(self, data: st.DataObject, order_id: str, parts: list[e.ShippedLine]) -> None:
        remainder = data.draw(st.sampled_from(["keep", "keep", "keep", "keep", "close"]))
        force = data.draw(st.sampled_from([True, True, False]))
        self.happen(data, e.OrderShipped(order_id, self.some_id(data, "S"), parts, remainder, force))

    def void(self, data: st.DataObject) -> None:
        shipped = data.draw(st.sampled_from(self.accepted_of(e.OrderShipped)))
        order_id = shipped.order_id if data.draw(chance) else "O0"
        self.happen(data, e.OrderShipmentVoided(order_id, shipped.shipment_id))

    # --- goods ----------------------------------------------------------------------------------------------

    def count(self, data: st.DataObject) -> None:
        sku, place = self.some_stock(data)
        quantity = data.draw(st.integers(0, 6) | st.integers(0, 6) | units)
        as_of = self.now if data.draw(st.booleans()) else self.some_time(data)
        self.happen(data, e.StockCounted(sku, place, quantity, "on_hand", as_of))

    def adjust(self, data: st.DataObject) -> None:
        quantity = data.draw(few) * data.draw(st.sampled_from([1, -1, -1, -1]))
        condition = data.draw(st.sampled_from(["sellable", "sellable", "unavailable"]))
        self.happen(data, e.StockAdjusted(*self.some_stock(data), quantity, "adjustment", condition))

    def change_condition(self, data: st.DataObject) -> None:
        conditions = data.draw(st.permutations(["sellable", "unavailable"]))
        quantity = data.draw(few)
        self.happen(data, e.StockConditionChanged(*self.some_stock(data), quantity, *conditions, "check"))

    def take_back(self, data: st.DataObject) -> None:
        sku, place = data.draw(self.skus), data.draw(self.places)
        condition = data.draw(st.sampled_from(["sellable", "unavailable"]))
        self.happen(data, e.StockReturned(sku, place, data.draw(few), condition))

    def configure(self, data: st.DataObject) -> None:
        self.happen(data, e.ItemConfigured(data.draw(self.skus), **data.draw(policies)))

    def configure_location(self, data: st.DataObject) -> None:
        sku, place = data.draw(self.skus), data.draw(self.places)
        safety_stock = data.draw(st.none() | st.integers(0, 4))
        self.happen(data, e.ItemConfigured(sku, location=place, safety_stock=safety_stock))

    def buy(self, data: st.DataObject) -> None:
        purchase_id = data.draw(st.sampled_from(PURCHASES), label="purchase")
        lines = []
        for number in range(1, 1 + data.draw(st.integers(1, 3))):
            sku, peg = data.draw(self.skus), None
            if self.lines() and data.draw(st.booleans()):
                row = self.some_line(data, "backordered")
                peg = e.Pegged(row.order_id, row.line)
                sku = row.sku if data.draw(chance) else sku
            place, quantity = data.draw(self.places), data.draw(units)
            lines.append(e.PurchasedLine(number, sku, place, quantity, None, peg))
        self.happen(data, e.PurchasePlaced(purchase_id, "supplier", lines))

    def change_purchase(self, data: st.DataObject) -> None:
        quantity = data.draw(st.none() | few | few)
        bought = data.draw(st.sampled_from(self.accepted_of(e.PurchasePlaced)))
        number = data.draw(st.integers(1, len(bought.lines) + 1))
        changed = e.ChangedPurchaseLine(number, quantity, expected_at=self.now)
        self.happen(data, e.PurchaseChanged(bought.purchase_order_id, [changed]))

    def cancel_purchase(self, data: st.DataObject) -> None:
        number = data.draw(st.none() | st.integers(1, 3))
        bought = data.draw(st.sampled_from(self.accepted_of(e.PurchasePlaced)))
        lines = None if number is None else [e.CancelledPurchaseLine(number)]
        self.happen(data, e.PurchaseCancelled(bought.purchase_order_id, lines))

    def receive(self, data: st.DataObject) -> None:
        self._receive(data, None)

    def receive_what_was_bought(self, data: st.DataObject) -> None:
        self._receive(data, data.draw(st.sampled_from(self.accepted_of(e.PurchasePlaced))))

    def _receive(self, data: st.DataObject, purchase: e.PurchasePlaced | None) -> None:
        """Against lines of the purchase, mostly; also against none, or another SKU, or in another place."""
        lines = []
        for _ in range(data.draw(st.integers(1, 2))):
            bought = data.draw(st.sampled_from(purchase.lines)) if purchase and data.draw(chance) else None
            number = bought.line if bought and data.draw(chance) > 2 else None
            lines.append(
                e.ReceivedLine(
                    bought.sku if bought else data.draw(self.skus),
                    bought.location if bought and data.draw(chance) else data.draw(self.places),
                    data.draw(st.integers(0, 6)),
                    line=number if bought else data.draw(st.none() | st.integers(1, 3)),
                    rejected=data.draw(st.integers(0, 1)),
                    final=data.draw(chance) == 0,
                    condition=data.draw(st.sampled_from(["sellable"] * 4 + ["unavailable"])),
                )
            )
        purchase_id = purchase.purchase_order_id if purchase else data.draw(st.sampled_from([None, "P0"]))
        self.happen(data, e.GoodsReceived(self.some_id(data, "R"), lines, purchase_id))

    def reverse(self, data: st.DataObject) -> None:
        received = data.draw(st.sampled_from(self.accepted_of(e.GoodsReceived)))
        self.happen(data, e.GoodsReceiptReversed(received.receipt_id, "wrong", received.purchase_order_id))

    # --- the rest -------------------------------------------------------------------------------------------

    def ask_the_impossible(self, data: st.DataObject) -> None:
        """Name what is not known, or use what this release does not have yet."""
        what = data.draw(st.sampled_from([*UNKNOWN, *UNSUPPORTED]), label="what")
        self.happen(data, what, supported=what not in UNSUPPORTED)

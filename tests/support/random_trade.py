"""A small trade at random: plausible events about what is known, and now and then implausible ones.

The rules of a hypothesis state machine. What is drawn looks at what was published and at what was accepted,
never at the insides of the fold, and leans towards what makes things meet: few SKUs, few locations, small
quantities, times that touch the times of others.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

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
        raise NotImplementedError

    def open_trade(self, data: st.DataObject) -> None:
        """How wide this trade is, and whether its word comes late."""
        self.skus = st.sampled_from(SKUS[: data.draw(st.sampled_from([1, 1, 1, 2, 3]), label="SKUs")])
        self.places = st.sampled_from(PLACES[: data.draw(st.sampled_from([1, 2, 2, 3]), label="places")])
        self.maybe_place = st.none() | st.none() | self.places
        self.lateness = data.draw(st.sampled_from([0, 0, 2, 4]), label="lateness")
        for _ in range(data.draw(st.integers(0, 3), label="counts")):
            self._count(data)
        for _ in range(data.draw(st.integers(0, 6), label="orders")):
            self._place(data)

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

    # --- what is known --------------------------------------------------------------------------------------

    def lines(self) -> list[Any]:
        return self.seen["lines"]

    def has_orders(self) -> bool:
        return bool(self.seen["lines"])

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

    @rule(data=st.data())
    def place(self, data: st.DataObject) -> None:
        self._place(data)

    @rule(data=st.data())
    def place_another(self, data: st.DataObject) -> None:
        """Orders are what all the rest is about, so they come twice as often."""
        self._place(data)

    def _place(self, data: st.DataObject) -> None:
        unused = sorted(set(ORDERS) - {row.order_id for row in self.lines()})
        order_id = data.draw(st.sampled_from(unused * 9 + ORDERS), label="order")
        numbers = range(1, 1 + data.draw(st.sampled_from([1, 1, 2, 3])))
        lines = [self.order_line(data, number) for number in numbers]
        if data.draw(chance) == 0:
            lines = [msgspec.structs.replace(each, backorder="deny") for each in lines]
        priority, required_by = data.draw(st.sampled_from([5, 5, 4, 6])), data.draw(dates)
        self.happen(data, e.OrderPlaced(order_id, lines, priority=priority, required_by=required_by))

    @precondition(has_orders)
    @rule(data=st.data())
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

    @precondition(has_orders)
    @rule(data=st.data(), more=few)
    def amend_up(self, data: st.DataObject, more: int) -> None:
        row = self.some_line(data, "backordered")
        amended = e.AmendedLine(row.line, row.ordered - row.cancelled + more)
        self.happen(data, e.OrderAmended(row.order_id, [amended]))

    @precondition(has_orders)
    @rule(data=st.data())
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

    @precondition(has_orders)
    @rule(data=st.data(), quantity=st.none() | few | few)
    def cancel(self, data: st.DataObject, quantity: int | None) -> None:
        row = self.some_line(data, data.draw(st.sampled_from(["backordered", "allocated", "picked"])))
        self.happen(data, e.OrderCancelled(row.order_id, "customer", [e.CancelledLine(row.line, quantity)]))

    @rule(data=st.data(), order_id=st.sampled_from(ORDERS))
    def cancel_all(self, data: st.DataObject, order_id: str) -> None:
        """Also of an order that is not known yet."""
        self.happen(data, e.OrderCancelled(order_id, "customer"))

    @precondition(lambda self: any(row.allocations for row in self.lines()))
    @rule(data=st.data(), quantity=st.integers(-1, 5))
    def pick(self, data: st.DataObject, quantity: int) -> None:
        row = data.draw(st.sampled_from([row for row in self.lines() if row.allocations]), label="line")
        parts = row.allocations[: data.draw(st.integers(1, 2))]
        lines = [e.PickedLine(row.line, min(quantity, part.quantity) or 1, part.location) for part in parts]
        self.happen(data, e.OrderPicked(row.order_id, lines))

    @precondition(lambda self: any(row.picked for row in self.lines()))
    @rule(data=st.data())
    def unpick(self, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from([row for row in self.lines() if row.picked]), label="line")
        place = data.draw(st.sampled_from(row.allocations)).location
        part = e.PickedLine(row.line, -data.draw(st.integers(1, min(6, row.picked))), place)
        self.happen(data, e.OrderPicked(row.order_id, [part]))

    @precondition(lambda self: any(row.allocations for row in self.lines()))
    @rule(data=st.data())
    def ship(self, data: st.DataObject) -> None:
        """What is allocated, or some of it."""
        row = data.draw(st.sampled_from([row for row in self.lines() if row.allocations]), label="line")
        parts = [
            e.ShippedLine(row.line, data.draw(st.integers(1, each.quantity)), each.location)
            for each in row.allocations
        ]
        self._ship(data, row.order_id, parts)

    @precondition(has_orders)
    @rule(data=st.data())
    def ship_something_else(self, data: st.DataObject) -> None:
        """What waits, was withdrawn, is cancelled, is elsewhere, or was never ordered: it may have left."""
        row = self.some_line(data, data.draw(st.sampled_from(["allocated", "backordered", "cancelled"])))
        most = row.ordered - row.shipped + 1
        quantities = st.integers(max(1, most - 3), max(1, most)) | st.integers(1, max(1, most))
        lots = st.tuples(quantities, self.places)
        drawn = data.draw(st.lists(lots, min_size=1, max_size=2, unique_by=lambda lot: lot[1]))
        self._ship(data, row.order_id, [e.ShippedLine(row.line, *lot) for lot in drawn])

    @precondition(lambda self: self.has_orders() and self.accepted_of(e.StockCounted))
    @rule(data=st.data())
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

    @precondition(lambda self: self.accepted_of(e.OrderShipped))
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        shipped = data.draw(st.sampled_from(self.accepted_of(e.OrderShipped)))
        order_id = shipped.order_id if data.draw(chance) else "O0"
        self.happen(data, e.OrderShipmentVoided(order_id, shipped.shipment_id))

    # --- goods ----------------------------------------------------------------------------------------------

    @rule(data=st.data())
    def count(self, data: st.DataObject) -> None:
        self._count(data)

    def _count(self, data: st.DataObject) -> None:
        sku, place = self.some_stock(data)
        quantity = data.draw(st.integers(0, 6) | st.integers(0, 6) | units)
        as_of = self.now if data.draw(st.booleans()) else self.some_time(data)
        self.happen(data, e.StockCounted(sku, place, quantity, "on_hand", as_of))

    @rule(
        data=st.data(),
        quantity=few,
        sign=st.sampled_from([1, -1, -1, -1]),
        condition=st.sampled_from(["sellable", "sellable", "unavailable"]),
    )
    def adjust(self, data: st.DataObject, quantity: int, sign: int, condition: str) -> None:
        adjusted = e.StockAdjusted(*self.some_stock(data), sign * quantity, "adjustment", condition)
        self.happen(data, adjusted)

    @rule(data=st.data(), quantity=few, spoils=st.booleans())
    def change_condition(self, data: st.DataObject, quantity: int, spoils: bool) -> None:
        conditions = ("sellable", "unavailable") if spoils else ("unavailable", "sellable")
        self.happen(data, e.StockConditionChanged(*self.some_stock(data), quantity, *conditions, "check"))

    @rule(data=st.data(), quantity=few, condition=st.sampled_from(["sellable", "unavailable"]))
    def take_back(self, data: st.DataObject, quantity: int, condition: str) -> None:
        sku, place = data.draw(self.skus), data.draw(self.places)
        self.happen(data, e.StockReturned(sku, place, quantity, condition))

    @rule(data=st.data(), chosen=policies)
    def configure(self, data: st.DataObject, chosen: dict[str, Any]) -> None:
        self.happen(data, e.ItemConfigured(data.draw(self.skus), **chosen))

    @rule(data=st.data(), safety_stock=st.none() | st.integers(0, 4))
    def configure_location(self, data: st.DataObject, safety_stock: int | None) -> None:
        sku, place = data.draw(self.skus), data.draw(self.places)
        self.happen(data, e.ItemConfigured(sku, location=place, safety_stock=safety_stock))

    @rule(data=st.data(), purchase_id=st.sampled_from(PURCHASES))
    def buy(self, data: st.DataObject, purchase_id: str) -> None:
        lines = []
        for number in range(1, 1 + data.draw(st.integers(1, 3))):
            sku, peg = data.draw(self.skus), None
            if self.has_orders() and data.draw(st.booleans()):
                row = self.some_line(data, "backordered")
                peg = e.Pegged(row.order_id, row.line)
                sku = row.sku if data.draw(chance) else sku
            place, quantity = data.draw(self.places), data.draw(units)
            lines.append(e.PurchasedLine(number, sku, place, quantity, None, peg))
        self.happen(data, e.PurchasePlaced(purchase_id, "supplier", lines))

    @precondition(lambda self: self.accepted_of(e.PurchasePlaced))
    @rule(data=st.data(), quantity=st.none() | few | few)
    def change_purchase(self, data: st.DataObject, quantity: int | None) -> None:
        bought = data.draw(st.sampled_from(self.accepted_of(e.PurchasePlaced)))
        number = data.draw(st.integers(1, len(bought.lines) + 1))
        changed = e.ChangedPurchaseLine(number, quantity, expected_at=self.now)
        self.happen(data, e.PurchaseChanged(bought.purchase_order_id, [changed]))

    @precondition(lambda self: self.accepted_of(e.PurchasePlaced))
    @rule(data=st.data(), number=st.none() | st.integers(1, 3))
    def cancel_purchase(self, data: st.DataObject, number: int | None) -> None:
        bought = data.draw(st.sampled_from(self.accepted_of(e.PurchasePlaced)))
        lines = None if number is None else [e.CancelledPurchaseLine(number)]
        self.happen(data, e.PurchaseCancelled(bought.purchase_order_id, lines))

    @rule(data=st.data())
    def receive(self, data: st.DataObject) -> None:
        self._receive(data, None)

    @precondition(lambda self: self.accepted_of(e.PurchasePlaced))
    @rule(data=st.data())
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

    @precondition(lambda self: self.accepted_of(e.GoodsReceived))
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        received = data.draw(st.sampled_from(self.accepted_of(e.GoodsReceived)))
        self.happen(data, e.GoodsReceiptReversed(received.receipt_id, "wrong", received.purchase_order_id))

    # --- the rest -------------------------------------------------------------------------------------------

    @rule(data=st.data(), what=st.sampled_from([*UNKNOWN, *UNSUPPORTED]))
    def ask_the_impossible(self, data: st.DataObject, what: e.Event) -> None:
        """Name what is not known, or use what this release does not have yet."""
        self.happen(data, what, supported=what not in UNSUPPORTED)

"""A small trade at random: plausible events about what is known, and now and then implausible ones.

What is tried looks at what was published and at what was accepted, never at the insides of the fold, and
leans towards what makes things meet: few SKUs, few locations, small quantities, times that touch the times of
others, and in each trade some kinds of events more than others.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import msgspec

from backorder.domain import events as e
from tests.support import happenings as h
from tests.support.shop import MONDAY


class RandomTrade:
    """The trader. Who inherits lets things happen (`feed`, `pass_time`, `end_batch`) and keeps the books."""

    dice: Random
    seen: dict[str, list[Any]]
    """The last rows by topic."""
    accepted: list[e.Entry]
    now: datetime = MONDAY
    late: datetime | None = None
    """When the next events happen, if word of them comes late."""
    number: int = 0
    """Of the last event."""
    amends_both_ways: bool = True
    """Whether one amendment may ask for more of one line and less of another."""
    kinds: Mapping[str, tuple[str, ...]] = h.KINDS
    policies: Mapping[str, list[Any]] = h.POLICIES
    location_policies: Sequence[str] = h.LOCATION_POLICIES
    steps: Sequence[timedelta] = h.STEPS
    unknown: Sequence[e.Event] = h.UNKNOWN

    def feed(self, what: e.Event, time: datetime | None = None) -> None:
        """One event happens, now unless `time` says otherwise."""
        raise NotImplementedError

    def pass_time(self) -> None:
        """The clock ticks."""
        raise NotImplementedError

    def end_batch(self) -> None:
        """What happened since the last time is kept, or is not."""
        raise NotImplementedError

    # --- trading --------------------------------------------------------------------------------------------

    def open_trade(self) -> None:
        """How wide this trade is, whether its word comes late, and what happens most."""
        self.skus = h.SKUS[: self.dice.choice([1, 1, 1, 2, 3])]
        self.kits: list[str] = []
        self.places = h.PLACES[: self.dice.choice([1, 2, 2, 3])]
        self.lateness = self.dice.choice([0, 0, 2, 4])
        self.favourites = self.dice.sample(list(self.kinds), self.dice.randint(0, 6))
        self.open_trade_in_kits()
        for _ in range(self.dice.randint(0, 2)):
            self.configure()
        for _ in range(self.dice.randint(0, 3)):
            self.count()
        for _ in range(self.dice.randint(0, 6)):
            self.place()

    def open_trade_in_kits(self) -> None:
        """Few kits of few SKUs, or none."""
        self.kits = self.dice.sample(h.KITS, self.dice.choice([0, 1, 1, 2]))
        if self.kits:
            self.skus = h.SKUS[: self.dice.choice([1, 2, 2, 2, 3])]
        for sku in self.kits:
            self.happen(e.ItemConfigured(sku, components=self.components()))

    def trade(self) -> None:
        """Something that could be."""
        possible = [kind for kind, needs in self.kinds.items() if all(self.has(what) for what in needs)]
        getattr(self, self.dice.choice([kind for kind in possible for _ in range(self.weight(kind))]))()

    def weight(self, kind: str) -> int:
        return h.WEIGHTS.get(kind, 2) * (4 if kind in self.favourites else 1)

    def has(self, what: str) -> bool:
        """Whether there is a line of which this figure is not 0, or an accepted event of this kind."""
        if what[0].isupper():
            return any(type(each.event).__name__ == what for each in self.accepted)
        return any(getattr(row, what) for row in self.lines())

    def happen(self, what: e.Event) -> None:
        self.feed(what, self.when())

    def when(self) -> datetime:
        """Mostly a little later than the last event; in a late trade also earlier, close to others."""
        if self.late is not None:
            return self.late
        if self.dice.randrange(10) < self.lateness:
            return self.some_time()
        self.now += self.dice.choice(self.steps)
        return self.now

    def some_time(self, place: str | None = None) -> datetime:
        """About when something happened (at a place), before now."""
        times = [each.time for each in self.accepted if place is None or happened_at(each.event, place)]
        time = self.dice.choice(times[-20:] or [self.now])
        return min(self.now, time + timedelta(seconds=self.dice.choice([-61, -1, 0, 0, 1, 59])))

    # --- what is known --------------------------------------------------------------------------------------

    def lines(self) -> list[Any]:
        return self.seen["lines"]

    def of(self, kind: type[Any]) -> list[Any]:
        """Accepted events of a kind."""
        return [each.event for each in self.accepted if isinstance(each.event, kind)]

    def once_in(self, times: int) -> bool:
        return self.dice.randrange(times) == 0

    def few(self) -> int:
        return self.dice.randint(1, 5)

    def some_id(self, prefix: str) -> str:
        """Mostly a new one."""
        return f"{prefix}{self.dice.randint(0, self.number) if self.once_in(20) else self.number}"

    def some_sku(self) -> str:
        """What may be ordered."""
        return self.dice.choice([*self.skus, *self.kits])

    def some_goods(self) -> str:
        """What may be there: hardly ever a kit, kept assembled."""
        return self.dice.choice(self.kits if self.kits and self.once_in(20) else self.skus)

    def components(self) -> list[e.KitPart]:
        """Of a kit: some of the ordinary SKUs, some of them more than once, in any order."""
        skus = self.dice.sample(self.skus, self.dice.randint(min(2, len(self.skus)), len(self.skus)))
        return [e.KitPart(sku, self.dice.choice([1, 1, 2, 3])) for sku in skus]

    def maybe_place(self) -> str | None:
        return self.dice.choice([None, None, *self.places])

    def some_line(self, *wanted: str) -> Any:
        """A line row, mostly one of which this figure is not 0; one that does not exist is rare."""
        figure = self.dice.choice(wanted)
        rows = [row for row in self.lines() if getattr(row, figure)]
        row = self.dice.choice(self.lines() if not rows or self.once_in(10) else rows)
        return msgspec.structs.replace(row, line=9) if self.once_in(40) else row

    def some_stock(self) -> tuple[str, str]:
        """SKU and location, mostly of a row with something on hand."""
        rows = [row for row in self.seen["stock"] if row.on_hand > 0]
        if not rows or self.once_in(10):
            return self.some_goods(), self.dice.choice(self.places)
        row = self.dice.choice(rows)
        return row.sku, row.location

    def order_line(self, number: int) -> e.OrderLine:
        """Some name a hold, mostly one that they can use."""
        held = self.dice.choice(self.of(e.StockHeld)[-5:] or [None]) if self.once_in(3) else None
        usual = held is not None and not self.once_in(10)
        return e.OrderLine(
            line=number,
            sku=held.sku if held and usual else self.some_sku(),
            quantity=self.dice.choice(h.UNITS),
            location=self.dice.choice([None, held.location]) if held and usual else self.maybe_place(),
            hold_id=held.hold_id if held else None,
            required_by=self.dice.choice(h.DATES),
            priority=self.dice.choice([None, None, None, 1, 5, 9]),
            backorder="deny" if self.once_in(5) else "allow",
            cancel_after=self.maybe_soon() if self.once_in(6) else None,
        )

    # --- orders ---------------------------------------------------------------------------------------------

    def place(self) -> None:
        unused = sorted(set(h.ORDERS) - {row.order_id for row in self.lines()}) or [f"O{self.number}"]
        lines = [self.order_line(number) for number in range(1, 1 + self.dice.choice([1, 1, 2, 3]))]
        if self.once_in(10):
            lines = [msgspec.structs.replace(each, backorder="deny") for each in lines]
        placed = e.OrderPlaced(
            self.dice.choice(h.ORDERS if self.once_in(20) else unused),
            lines,
            priority=self.dice.choice([5, 5, 4, 6]),
            required_by=self.dice.choice(h.DATES),
            held=self.once_in(12),
            ship="complete" if self.once_in(4) else "as_available",
            payment=self.payment() if self.once_in(6) else None,
        )
        self.happen(placed)

    def amend(self) -> None:
        """Lines of one order up and down, or a new one."""
        order_id = self.some_line("ordered").order_id
        known = {row.line: row for row in self.lines() if row.order_id == order_id}
        lines = []
        for number in self.dice.sample([1, 2, 3, 4], self.dice.randint(1, 3) if self.amends_both_ways else 1):
            if number in known:
                wanted = known[number].ordered - known[number].cancelled + self.dice.randint(-4, 4)
                lines.append(e.AmendedLine(number, max(0, wanted)))
            else:
                full = self.order_line(number)
                sku = None if self.once_in(10) else full.sku
                places = (full.location, full.required_by, full.priority, full.backorder, full.cancel_after)
                lines.append(e.AmendedLine(number, full.quantity, sku, *places, full.hold_id))
        self.happen(e.OrderAmended(order_id, lines))

    def amend_up(self) -> None:
        row = self.some_line("backordered", "allocated", "picked")
        held = [each.hold_id for each in self.of(e.StockHeld) if each.sku == row.sku and self.once_in(3)]
        wanted = row.ordered - row.cancelled + self.few()
        amended = e.AmendedLine(row.line, wanted, hold_id=held[-1] if held else None)
        self.happen(e.OrderAmended(row.order_id, [amended]))

    def reschedule(self) -> None:
        row = self.some_line("backordered")
        what = self.dice.choice(["order", "place", "line", "all", "ship"])
        fields: dict[str, Any] = {}
        if what in ("order", "all"):
            fields["priority"] = self.dice.randint(1, 9)
        if what == "ship":
            fields["ship"] = self.dice.choice(["complete", "as_available"])
        if what == "order" and self.once_in(2):
            fields["required_by"] = self.dice.choice(h.DATES)
        if what in ("place", "all"):
            fields["lines"] = [e.RescheduledLine(row.line, location=self.maybe_place())]
        if what == "line":
            own = {"priority": self.dice.choice([None, 1, 9]), "required_by": self.dice.choice(h.DATES)}
            own |= {"cancel_after": self.maybe_soon()} if self.once_in(3) else {}
            fields["lines"] = [e.RescheduledLine(row.line, **own)]
        self.happen(e.OrderRescheduled(row.order_id, **fields))

    def cancel(self) -> None:
        row = self.some_line("backordered", "allocated", "picked")
        quantity = None if self.once_in(3) else self.few()
        self.happen(e.OrderCancelled(row.order_id, "customer", [e.CancelledLine(row.line, quantity)]))

    def cancel_all(self) -> None:
        """Also of an order that is not known yet."""
        self.happen(e.OrderCancelled(self.dice.choice(h.ORDERS), "customer"))

    def payment(self) -> e.Payment:
        status = self.dice.choice(["pending", "authorized", "authorized"])
        return e.Payment(status, self.maybe_soon())

    def maybe_soon(self) -> datetime | None:
        """Some time from now, now and then in the past, or none."""
        hours = self.dice.choice([None, -1, 1, 23, 47, 72, 100])
        return None if hours is None else self.now + timedelta(hours=hours)

    def pay(self) -> None:
        paid = [each.order_id for each in self.of(e.OrderPlaced) if each.payment is not None]
        order_id = self.dice.choice(paid or [self.some_line("ordered").order_id])
        status = self.dice.choice(["pending", "authorized", "authorized", "failed"])
        self.happen(e.OrderPaymentChanged(order_id, status, self.maybe_soon()))

    def hold(self) -> None:
        self.happen(e.OrderHeld(self.some_line("allocated").order_id, "fraud"))

    def resume(self) -> None:
        held = [each.order_id for each in self.of(e.OrderHeld)] or [self.some_line("ordered").order_id]
        self.happen(e.OrderResumed(self.dice.choice(held), "checked"))

    def pick(self) -> None:
        row = self.dice.choice([row for row in self.lines() if row.allocations])
        parts = row.allocations[: self.dice.randint(1, 2)]
        quantity = self.dice.randint(1, 6)
        lines = [e.PickedLine(row.line, min(quantity, part.quantity), part.location) for part in parts]
        self.happen(e.OrderPicked(row.order_id, lines))

    def unpick(self) -> None:
        row = self.dice.choice([row for row in self.lines() if row.picked])
        place = self.dice.choice(row.allocations).location
        part = e.PickedLine(row.line, -self.dice.randint(1, min(6, row.picked)), place)
        self.happen(e.OrderPicked(row.order_id, [part]))

    def ship(self) -> None:
        """What is allocated, or some of it."""
        row = self.dice.choice([row for row in self.lines() if row.allocations])
        lots = [(self.dice.randint(1, part.quantity), part.location) for part in row.allocations]
        self._ship(row, lots)

    def ship_something_else(self) -> None:
        """What waits, was withdrawn, is cancelled, is elsewhere, or was never ordered: it may have left."""
        row = self.some_line("allocated", "backordered", "cancelled", "picked")
        most = max(1, row.ordered - row.shipped + 1)
        places = self.dice.sample(self.places, min(len(self.places), self.dice.choice([1, 1, 2])))
        self._ship(row, [(self.dice.randint(max(1, most - self.few()), most), place) for place in places])

    def ship_before_a_count(self) -> None:
        """Word of a shipment that a count has seen already."""
        count = self.dice.choice(self.of(e.StockCounted))
        rows = [row for row in self.lines() if row.sku in (count.sku, *self.kits)]
        row = self.dice.choice(rows or self.lines())
        units = self.dice.randint(1, max(1, row.ordered - row.shipped))
        shipped = e.OrderShipped(
            row.order_id, self.some_id("S"), [e.ShippedLine(row.line, units, count.location)]
        )
        self.feed(shipped, min(self.now, count.as_of) - timedelta(seconds=self.dice.randint(0, 1)))

    def _ship(self, row: Any, lots: list[tuple[int, str]]) -> None:
        lines = [e.ShippedLine(row.line, *lot) for lot in lots]
        remainder = "close" if self.once_in(6) else "keep"
        force = not self.once_in(3)
        self.happen(e.OrderShipped(row.order_id, self.some_id("S"), lines, remainder, force))

    def void(self) -> None:
        shipped = self.dice.choice(self.of(e.OrderShipped))
        order_id = "O0" if self.once_in(20) else shipped.order_id
        self.happen(e.OrderShipmentVoided(order_id, shipped.shipment_id))

    # --- goods ----------------------------------------------------------------------------------------------

    def count(self) -> None:
        sku, place = self.some_stock()
        quantity = 25 if self.once_in(10) else self.dice.randint(0, 8)
        as_of = self.now if self.once_in(4) else self.some_time(place)
        basis = self.dice.choice(["on_hand", "available"]) if self.amends_both_ways else "on_hand"
        if basis == "available" and self.once_in(4):
            quantity = -self.few()
        self.happen(e.StockCounted(sku, place, quantity, basis, as_of))

    def be_late_for_a_net_count(self) -> None:
        """Something that belongs before a count which is net of open orders, and comes after it."""
        counts = [each for each in self.of(e.StockCounted) if each.basis == "available"]
        if not counts:
            self.count()
            return
        self.late = min(self.now, self.dice.choice(counts[-2:]).as_of) - timedelta(
            seconds=self.dice.randint(0, 1)
        )
        for _ in range(self.dice.randint(1, 2)):
            possible = [kind for kind in h.LATE if all(self.has(what) for what in h.KINDS[kind])]
            getattr(self, self.dice.choice(possible))()
        self.late = None

    def adjust(self) -> None:
        quantity = self.few() * self.dice.choice([1, -1, -1, -1])
        condition = self.dice.choice(["sellable", "sellable", "unavailable"])
        self.happen(e.StockAdjusted(*self.some_stock(), quantity, "adjustment", condition))

    def change_condition(self) -> None:
        conditions = self.dice.sample(["sellable", "unavailable"], 2)
        self.happen(e.StockConditionChanged(*self.some_stock(), self.few(), *conditions, "check"))

    def take_back(self) -> None:
        sku, place = self.some_goods(), self.dice.choice(self.places)
        condition = self.dice.choice(["sellable", "unavailable"])
        self.happen(e.StockReturned(sku, place, self.few(), condition))

    def dispatch(self) -> None:
        self._transfer(self.some_id("T"), *self.some_stock(), self.dice.choice(h.PLACES), "dispatched", 1)

    def dispatch_more(self) -> None:
        """Another part of a transfer, or the same again; mostly to the same place."""
        sent = self.dice.choice(self.of(e.StockTransferred)[-5:])
        to = sent.to_location if not self.once_in(4) else self.dice.choice(h.PLACES)
        self._transfer(
            sent.transfer_id, sent.sku, sent.from_location, to, "dispatched", self.dice.randint(1, 3)
        )

    def take_in_transfer(self) -> None:
        """A part arrives, mostly where it was sent; also back where it came from."""
        sent = self.dice.choice(self.of(e.StockTransferred)[-5:])
        sku = sent.sku if not self.once_in(20) else self.some_goods()
        ends = [sent.from_location, sent.to_location]
        if self.once_in(6):
            ends.reverse()
        self._transfer(sent.transfer_id, sku, *ends, "received", self.dice.randint(1, 4))

    def _transfer(self, transfer_id: str, sku: str, sender: str, to: str, phase: str, part: int) -> None:
        if sender != to:
            moved = e.StockTransferred(
                sku, transfer_id, sender, to, self.few(), phase, part, self.some_date()
            )
            self.happen(moved)

    def hold_units(self) -> None:
        """Mostly what is free; where nothing is, some are found first."""
        free = [row for row in self.seen["stock"] if row.free]
        if not free or self.once_in(3):
            sku, place = self.some_stock()
            self.happen(e.StockAdjusted(sku, place, self.few() + 5, "found"))
            free = [row for row in self.seen["stock"] if row.free]
        if free:
            row = self.dice.choice(free)
            units = min(row.free, self.few()) + (1 if self.once_in(6) else 0)
            self._hold(self.some_id("H"), row.sku, row.location, units)

    def order_what_is_held(self) -> None:
        """Lines that name live holds, at least by what was published."""
        held = self.dice.choice(self.of(e.StockHeld)[-3:])
        lines = [
            msgspec.structs.replace(self.order_line(number), sku=held.sku, hold_id=held.hold_id)
            for number in range(1, 1 + self.dice.choice([1, 1, 2]))
        ]
        self.happen(e.OrderPlaced(f"O{self.number}", lines, priority=self.dice.choice([5, 5, 9])))

    def hold_again(self) -> None:
        """The same hold with other figures; rarely of something else."""
        held = self.dice.choice(self.of(e.StockHeld)[-5:])
        sku, place = (held.sku, held.location) if not self.once_in(10) else self.some_stock()
        self._hold(held.hold_id, sku, place, self.few())

    def _hold(self, hold_id: str, sku: str, place: str, units: int) -> None:
        expires_at = self.now + self.dice.choice(h.LIVES)
        self.happen(e.StockHeld(sku, hold_id, place, units, expires_at))

    def end_hold(self) -> None:
        held = self.dice.choice(self.of(e.StockHeld)[-5:])
        sku = self.some_goods() if self.once_in(10) else held.sku
        place = self.dice.choice([None, None, held.location, *self.places[:1]])
        self.happen(e.StockHoldEnded(sku, held.hold_id, place))

    def configure(self) -> None:
        names = self.dice.sample(list(self.policies), self.dice.randint(1, 3))
        chosen = {name: self.dice.choice(self.policies[name]) for name in names}
        sku = self.some_sku()
        if sku in self.kits and self.once_in(4):
            chosen["components"] = None if self.once_in(3) else self.components()
        self.happen(e.ItemConfigured(sku, **chosen))

    def configure_location(self) -> None:
        sku, place = self.some_sku(), self.dice.choice(self.places)
        most = min(2, len(self.location_policies))
        names = self.dice.sample(self.location_policies, self.dice.randint(1, most))
        chosen = {name: self.dice.choice(self.policies[name]) for name in names}
        self.happen(e.ItemConfigured(sku, location=place, **chosen))

    def buy(self) -> None:
        lines = []
        for number in range(1, 1 + self.dice.randint(1, 3)):
            sku, peg = self.some_goods(), None
            if self.lines() and self.once_in(2):
                row = self.some_line("backordered")
                peg = e.Pegged(row.order_id, row.line)
                sku = sku if row.sku in self.kits or self.once_in(10) else row.sku
            place, quantity = self.dice.choice(self.places), self.dice.choice(h.UNITS)
            lines.append(e.PurchasedLine(number, sku, place, quantity, self.some_date(), peg))
        self.dice.shuffle(lines)
        self.happen(e.PurchasePlaced(self.dice.choice(h.PURCHASES), "supplier", lines))

    def change_purchase(self) -> None:
        bought = self.dice.choice(self.of(e.PurchasePlaced))
        number = self.dice.choice([*(part.line for part in bought.lines)] * 4 + [9])
        quantity = None if self.once_in(5) else self.few()
        changed = e.ChangedPurchaseLine(number, quantity, expected_at=self.some_date())
        self.happen(e.PurchaseChanged(bought.purchase_order_id, [changed]))

    def some_date(self) -> datetime | None:
        """When goods are expected: not known, past, or soon."""
        if self.once_in(4):
            return None
        return self.now + timedelta(hours=self.dice.choice([-1, 0, 1, 5, 24, 25, 48, 72, 100, 240]))

    def announce(self) -> None:
        bought = self.dice.choice(self.of(e.PurchasePlaced))
        numbers = self.dice.sample([1, 2, 3, 9], self.dice.choice([1, 1, 2]))
        lines = [e.AnnouncedLine(number, self.few()) for number in numbers]
        date = self.some_date() or self.now
        notice_id = f"N{self.dice.randint(0, 3)}"
        self.happen(e.ShipmentAnnounced(notice_id, bought.purchase_order_id, date, lines))

    def cancel_purchase(self) -> None:
        bought = self.dice.choice(self.of(e.PurchasePlaced))
        lines = None if self.once_in(3) else [e.CancelledPurchaseLine(self.dice.randint(1, 3))]
        self.happen(e.PurchaseCancelled(bought.purchase_order_id, lines))

    def receive(self) -> None:
        """What was bought by nobody, or by a purchase that is not known."""
        lines = [self._received(None) for _ in range(self.dice.choice([1, 1, 2]))]
        self.happen(e.GoodsReceived(self.some_id("R"), lines, self.dice.choice([None, None, "P9"])))

    def receive_what_was_bought(self) -> None:
        bought = self.dice.choice(self.of(e.PurchasePlaced))
        lines = [self._received(self.dice.choice(bought.lines)) for _ in range(self.dice.choice([1, 1, 2]))]
        self.happen(e.GoodsReceived(self.some_id("R"), lines, bought.purchase_order_id))

    def _received(self, bought: e.PurchasedLine | None) -> e.ReceivedLine:
        """Against a line of a purchase, mostly; also another SKU, or in another place, or in no line."""
        expected = bought is not None and not self.once_in(10)
        return e.ReceivedLine(
            bought.sku if bought and expected else self.some_goods(),
            bought.location if bought and not self.once_in(10) else self.dice.choice(self.places),
            self.dice.randint(0, 6),
            line=bought.line if bought and not self.once_in(4) else None,
            rejected=self.dice.randint(0, 1),
            final=self.once_in(10),
            condition="unavailable" if self.once_in(6) else "sellable",
        )

    def reverse(self) -> None:
        received = self.dice.choice(self.of(e.GoodsReceived))
        self.happen(e.GoodsReceiptReversed(received.receipt_id, "wrong", received.purchase_order_id))

    def request_release(self) -> None:
        """Of a SKU, or of one line, mostly one that has or wants units."""
        row = self.some_line("allocated", "allocated", "backordered")
        sku = self.some_sku() if self.once_in(20) else row.sku
        place = self.dice.choice([None, None, None, *self.places])
        quantity = self.dice.choice([None, None, 1, 2, 3, 7])
        named = {"order_id": row.order_id, "line": row.line} if self.once_in(2) else {}
        self.happen(e.ReleaseRequested(sku, place, quantity, **named))

    def ask_the_impossible(self) -> None:
        """Name what is not known."""
        self.happen(self.dice.choice(self.unknown))


def happened_at(what: e.Event, place: str) -> bool:
    parts = [what, *(getattr(what, "lines", None) or ())]
    return any(getattr(part, "location", None) == place for part in parts)

"""What warehouses and purchasing report, for `PlainModel`: picks, shipments, stock, purchases, receipts.

Goods are facts: they win over what was planned.
"""

from datetime import UTC, datetime
from itertools import groupby
from types import SimpleNamespace as Thing

from msgspec import UNSET

EVER = datetime.min.replace(tzinfo=UTC)
POLICIES = {"backorderable": True, "backorder_cap": None, "safety_stock": 0, "discontinued": False}
POLICIES |= {"allow_partial": True, "sourcing": None}


class PlainGoods:
    """Needs what `PlainModel` has."""

    def item(self, sku):
        return self.items.setdefault(sku, POLICIES | {"safety_at": {}})

    def row(self, sku, place):
        fresh = Thing(on_hand=0, unavailable=0, counted=EVER, moves=[], short=0)
        return self.stock.setdefault((sku, place), fresh)

    # --- picks and shipments --------------------------------------------------------------------------------

    def order_picked(self, event):
        """What is picked is not given back, and not cancelled before it is un-picked."""
        lines = self.known(event, event.lines)
        for line, units, place in self.parts(lines, event.lines):
            line.picked[place] += units
            assert 0 <= line.picked[place] <= self.given(line)[place], "more_than_allocated"
            again = min(line.to_cancel, max(0, -units))
            line.to_cancel -= again
            self.drop(line, again, "cancelled")

    def order_shipped(self, event):
        """What was released may leave, also if it was withdrawn since; more needs force, or is in a count."""
        self.known(event, closed_too=True)
        assert event.shipment_id not in self.shipments, "duplicate_shipment"
        lines = self.known(event, event.lines, closed_too=True)
        self.shipments[event.shipment_id] = Thing(order=event.order_id, lines=event.lines, voided=False)
        for line, units, place in self.parts(lines, event.lines):
            leaving, late = self.shippable(line, place), self.is_counted(line.sku, place)
            assert units <= len(leaving), "more_than_ordered"
            assert event.force or late or units <= line.cleared[place], "more_than_allocated"
            for figure in (line.cleared, line.released, line.picked):
                figure[place] = max(0, figure[place] - units)
            self.become("shipped", leaving[:units])
            line.to_cancel = min(line.to_cancel, line.picked.total())
            self.move(line.sku, place, -units)
        for line in lines.values() if event.remainder == "close" else ():
            self.drop(line, self.open(line), "cancelled")

    def shippable(self, line, place):
        """So they leave: given there, waiting, cancelled, given elsewhere, amended off after release.
        If a count has seen it already, cancelled ones come after given ones."""
        here = [unit for unit in self.of(line, "given") if unit.place == place]
        back = [*self.to_give_back(line), *self.to_give_back(line, picked=True)]
        elsewhere = [unit for unit in back if unit.place != place]
        cancelled = [*self.of(line, "cancelled"), *self.of(line, "refused")]
        then = [*elsewhere, *cancelled] if self.is_counted(line.sku, place) else [*cancelled, *elsewhere]
        amended = [unit for unit in self.of(line, "amended") if unit.place]
        return [*here, *reversed(self.of(line, "waits")), *then, *amended]

    def parts(self, lines, specs):
        return [(lines[spec.line], spec.quantity, spec.location) for spec in specs]

    def order_shipment_voided(self, event):
        """The units are the line's again, where it stood first in the queue."""
        lines, shipment = self.known(event, closed_too=True), self.shipments.get(event.shipment_id)
        assert shipment and shipment.order == event.order_id, "unknown_shipment"
        assert not shipment.voided, "already_voided"
        shipment.voided = True
        for line, units, place in self.parts(lines, shipment.lines):
            self.move(line.sku, place, units)
            for unit in self.of(line, "shipped")[:units]:
                unit.claim, unit.at = 1, line.at
                self.hand(unit, place)

    # --- goods ----------------------------------------------------------------------------------------------

    def is_counted(self, sku, place):
        """Whether the last count there has seen what happens now."""
        return (sku, place) in self.stock and self.now <= self.stock[sku, place].counted

    def report(self, kind, sku, place, units):
        """That so many units do not add up, if any."""
        self.said += [(kind, sku, place, units)] if units > 0 else []

    def move(self, sku, place, units, condition="sellable"):
        """Units come or go, unless the last count has seen it."""
        row = self.row(sku, place)
        if self.is_counted(sku, place):
            self.report("already_counted", sku, place, abs(units))
        else:
            row.on_hand += units
            row.moves.append((self.now, units))
            self.report("negative_on_hand", sku, place, -row.on_hand if units < 0 else 0)
        row.unavailable += units if condition == "unavailable" else 0
        row.unavailable = max(0, min(row.unavailable, row.on_hand))

    def stock_counted(self, event):
        """What moved after the moment of the count is added. (For how long that is known exactly is not
        told here: no trade that is compared lasts longer.)"""
        row, as_of = self.row(event.sku, event.location), min(event.as_of, self.now)
        assert as_of >= row.counted, "stale_count"
        row.on_hand = event.quantity + sum(units for time, units in row.moves if time > as_of)
        row.counted, row.unavailable = as_of, max(0, min(row.unavailable, row.on_hand))
        self.report("negative_on_hand", event.sku, event.location, -row.on_hand)

    def stock_adjusted(self, event):
        row = self.row(event.sku, event.location)
        there = row.unavailable if event.condition == "unavailable" else row.on_hand - row.unavailable
        is_enough = event.quantity > 0 or there + event.quantity >= 0
        assert is_enough or self.is_counted(event.sku, event.location), "not_on_hand"
        self.move(event.sku, event.location, event.quantity, event.condition)

    def stock_condition_changed(self, event):
        row, spoilt = self.row(event.sku, event.location), event.to_condition == "unavailable"
        there = row.on_hand - row.unavailable if spoilt else row.unavailable
        assert event.quantity <= there, "not_on_hand"
        row.unavailable += event.quantity if spoilt else -event.quantity

    def stock_returned(self, event):
        self.move(event.sku, event.location, event.quantity, event.condition)

    def item_configured(self, event):
        """What is left out stays; null is the default again."""
        item = self.item(event.sku)
        given = {name: value for name in POLICIES if (value := getattr(event, name)) is not UNSET}
        if event.location in (None, UNSET):
            item |= {name: POLICIES[name] if value is None else value for name, value in given.items()}
        elif "safety_stock" in given:
            item["safety_at"] |= {event.location: given["safety_stock"]}

    # --- purchases and receipts -----------------------------------------------------------------------------

    def purchase_placed(self, event):
        assert event.purchase_order_id not in self.bought, "duplicate_purchase"
        lines = self.bought[event.purchase_order_id] = {}
        for spec in sorted(event.lines, key=lambda spec: spec.line):
            facts = {"sku": spec.sku, "place": spec.location, "peg": spec.pegged_to}
            lines[spec.line] = Thing(**facts, wanted=spec.quantity, open=spec.quantity, came=0)
            self.move(spec.sku, spec.location, 0)

    def purchased(self, event):
        """The lines of a purchase by their numbers."""
        bought = self.bought.get(event.purchase_order_id)
        assert bought, "unknown_purchase"
        assert all(spec.line in bought for spec in event.lines or ()), "unknown_line"
        return bought

    def purchase_changed(self, event):
        bought = self.purchased(event)
        for spec in [spec for spec in event.lines if spec.quantity is not None]:
            line = bought[spec.line]
            line.wanted, line.open = spec.quantity, max(0, spec.quantity - line.came)

    def purchase_cancelled(self, event):
        bought = self.purchased(event)
        for number in bought if event.lines is None else [spec.line for spec in event.lines]:
            bought[number].open = 0

    def goods_received(self, event):
        """Against the purchase line that is named, or all of its SKU and place; the last has what is over."""
        assert event.receipt_id not in self.receipts, "duplicate_receipt"
        receipt = self.receipts[event.receipt_id] = Thing(lines=event.lines, lowered=[], reversed=False)
        for spec in event.lines:
            self.move(spec.sku, spec.location, spec.quantity, spec.condition)
            bought, left, over = self.bought.get(event.purchase_order_id, {}), spec.quantity, spec.quantity
            same = [(number, line) for number, line in bought.items() if line.sku == spec.sku]
            named = [ln for n, ln in same if (n == spec.line if spec.line else ln.place == spec.location)]
            for line in named:
                units = left if line is named[-1] else min(left, line.open)
                still_open = 0 if spec.final else max(0, line.open - units)
                receipt.lowered.append((line, units, line.open - still_open))
                left, over = left - units, over - min(units, line.open)
                line.open, line.came = still_open, line.came + units
                if line.peg and spec.condition == "sellable":
                    self.serve_first(line.peg, spec.sku, spec.location, units)
            if event.purchase_order_id:
                self.report("over_receipt", spec.sku, spec.location, over)

    def serve_first(self, peg, sku, place, units):
        """What was bought for an order line is that line's before anybody's, the placed part first."""
        named = [line for line in self.lines if (line.order, line.line) == (peg.order_id, peg.line)]
        for line in [line for line in named if line.sku == sku and place in self.usable(sku, line.location)]:
            for _, waiting in groupby(self.of(line, "waits"), lambda unit: unit.claim):
                claim = list(waiting)
                self.fill(claim, [place], units)
                units -= sum(unit.state == "given" for unit in claim)

    def goods_receipt_reversed(self, event):
        """The goods did leave again, and are still to come of what was bought, if they are still wanted."""
        receipt = self.receipts.get(event.receipt_id)
        assert receipt, "unknown_receipt"
        assert not receipt.reversed, "already_reversed"
        receipt.reversed = True
        for spec in receipt.lines:
            self.move(spec.sku, spec.location, -spec.quantity, spec.condition)
        for line, units, lowered in receipt.lowered:
            line.came -= units
            line.open = max(line.open, min(line.open + lowered, line.wanted - line.came))

"""What warehouses and purchasing report, for `PlainModel`: picks, shipments, counts, movements, purchases, receipts.

Goods are facts: they win over what was planned.
"""

from collections import Counter
from types import SimpleNamespace as Thing

from msgspec import UNSET

POLICIES = {"backorderable": True, "backorder_cap": None, "safety_stock": 0, "discontinued": False}
POLICIES |= {"allow_partial": True, "sourcing": None}


class PlainGoods:
    """Needs what `PlainModel` has."""

    # --- picks and shipments --------------------------------------------------------------------------------

    def order_picked(self, event):
        """What is picked is not given back, and not cancelled before it is un-picked."""
        lines, again = self.known(event.order_id, event.lines), Counter()
        picked = {number: line.picked.copy() for number, line in lines.items()}
        for spec in event.lines:
            picked[spec.line][spec.location] += spec.quantity
            most = self.given(lines[spec.line])[spec.location]
            assert 0 <= picked[spec.line][spec.location] <= most, "more_than_allocated"
            again[spec.line] += max(0, -spec.quantity)
        for number, line in lines.items():
            line.picked, cancelled = +picked[number], min(again[number], line.to_cancel)
            line.to_cancel -= cancelled
            self.drop(line, cancelled, "cancelled")

    def order_shipped(self, event):
        """What was released may leave, also if it was withdrawn since; more needs force, or is in a count."""
        self.known(event.order_id, closed_too=True)
        assert event.shipment_id not in self.shipments, "duplicate_shipment"
        lines, parts, of_line = self.known(event.order_id, event.lines, closed_too=True), Counter(), Counter()
        for spec in event.lines:
            parts[spec.line, spec.location] += spec.quantity
        for (number, place), units in parts.items():
            line, of_line[number] = lines[number], of_line[number] + units
            assert of_line[number] <= len(self.shippable(line, place)), "more_than_ordered"
            may_leave = event.force or self.is_counted(line.sku, place) or units <= line.cleared[place]
            assert may_leave, "more_than_allocated"
        self.shipments[event.shipment_id] = Thing(order=event.order_id, parts=parts, voided=False)
        for (number, place), units in parts.items():
            line, gone = lines[number], Counter({place: units})
            leaving = self.shippable(line, place)[:units]
            line.cleared, line.released, line.picked = (c - gone for c in (line.cleared, line.released, line.picked))
            self.become("shipped", leaving)
            line.to_cancel = min(line.to_cancel, line.picked.total())
            self.move(line.sku, place, -units)
        for line in lines.values() if event.remainder == "close" else ():
            self.drop(line, self.open(line), "cancelled")

    def shippable(self, line, place):
        """Units of a line in the order in which they leave there: given there, waiting, cancelled, given elsewhere;
        and what an amendment took off after its release."""
        here = [unit for unit in self.of(line, "given") if unit.place == place]
        back = [*self.to_give_back(line), *self.to_give_back(line, picked=True)]
        elsewhere = [unit for unit in back if unit.place != place]
        cancelled = [*self.of(line, "cancelled"), *self.of(line, "refused")]
        if self.is_counted(line.sku, place):
            elsewhere, cancelled = cancelled, elsewhere
        had = [unit for unit in self.of(line, "amended") if unit.place]
        return [*here, *self.of(line, "waits")[::-1], *cancelled, *elsewhere, *had]

    def order_shipment_voided(self, event):
        """The units are the line's again, where it stood first in the queue."""
        lines, shipment = self.known(event.order_id, closed_too=True), self.shipments.get(event.shipment_id)
        assert shipment and shipment.order == event.order_id, "unknown_shipment"
        assert not shipment.voided, "already_voided"
        shipment.voided = True
        for (number, place), units in shipment.parts.items():
            self.move(lines[number].sku, place, units)
            for unit in self.of(lines[number], "shipped")[:units]:
                unit.claim, unit.at = 1, lines[number].at
                self.hand(unit, place)

    # --- goods ----------------------------------------------------------------------------------------------

    def is_counted(self, sku, place):
        """Whether the last count there has seen what happens now."""
        return (sku, place) in self.stock and self.now <= self.stock[sku, place].counted

    def move(self, sku, place, units, condition="sellable"):
        row = self.stock[sku, place]
        if self.is_counted(sku, place):
            self.said += [("already_counted", sku, place, abs(units))] * (units != 0)
        elif units:
            row.on_hand += units
            row.moves.append((self.now, units))
            self.said += [("negative_on_hand", sku, place, -row.on_hand)] * (units < 0 and row.on_hand < 0)
        row.unavailable += units if condition == "unavailable" else 0
        row.unavailable = max(0, min(row.unavailable, row.on_hand))

    def stock_counted(self, event):
        """What moved after the moment of the count is added to it. (How exactly that is remembered for how long
        is not told here: no trade that is compared lasts longer than an hour.)"""
        row, as_of = self.stock[event.sku, event.location], min(event.as_of, self.now)
        assert as_of >= row.counted, "stale_count"
        row.on_hand = event.quantity + sum(units for time, units in row.moves if time > as_of)
        row.counted, row.unavailable = as_of, max(0, min(row.unavailable, row.on_hand))
        self.said += [("negative_on_hand", event.sku, event.location, -row.on_hand)] * (row.on_hand < 0)

    def stock_adjusted(self, event):
        row = self.stock[event.sku, event.location]
        there = row.unavailable if event.condition == "unavailable" else row.on_hand - row.unavailable
        is_enough = event.quantity > 0 or there + event.quantity >= 0
        assert is_enough or self.is_counted(event.sku, event.location), "not_on_hand"
        self.move(event.sku, event.location, event.quantity, event.condition)

    def stock_condition_changed(self, event):
        row, spoilt = self.stock[event.sku, event.location], event.to_condition == "unavailable"
        there = row.on_hand - row.unavailable if spoilt else row.unavailable
        assert event.quantity <= there, "not_on_hand"
        row.unavailable += event.quantity if spoilt else -event.quantity

    def stock_returned(self, event):
        self.move(event.sku, event.location, event.quantity, event.condition)

    def item_configured(self, event):
        """What is left out stays; null is the default again."""
        item = self.items[event.sku]
        given = {name: value for name in POLICIES if (value := getattr(event, name)) is not UNSET}
        if event.location in (None, UNSET):
            item |= {name: POLICIES[name] if value is None else value for name, value in given.items()}
        elif "safety_stock" in given:
            item["safety_at"] |= {event.location: given["safety_stock"]}
            item["safety_at"] = {place: units for place, units in item["safety_at"].items() if units is not None}

    # --- purchases and receipts -----------------------------------------------------------------------------

    def purchase_placed(self, event):
        assert event.purchase_order_id not in self.bought, "duplicate_purchase"
        self.bought[event.purchase_order_id] = lines = {}
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
        """Against the purchase line that is named, or those of that SKU for that place; the last has what is over."""
        assert event.receipt_id not in self.receipts, "duplicate_receipt"
        receipt = self.receipts[event.receipt_id] = Thing(lines=event.lines, lowered=[], reversed=False)
        for spec in event.lines:
            self.move(spec.sku, spec.location, spec.quantity, spec.condition)
            bought, left, over = self.bought.get(event.purchase_order_id, {}), spec.quantity, spec.quantity
            named = {number: b for number, b in bought.items() if spec.line in (None, number) and b.sku == spec.sku}
            lines = [line for line in named.values() if spec.line or line.place == spec.location]
            for line in lines:
                units = left if line is lines[-1] else min(left, line.open)
                still_open = 0 if spec.final else max(0, line.open - units)
                receipt.lowered.append((line, units, line.open - still_open))
                left, over = left - units, over - min(units, line.open)
                line.open, line.came = still_open, line.came + units
                if line.peg and spec.condition == "sellable":
                    self.serve_first(line.peg, spec.sku, spec.location, units)
            is_over = over > 0 and event.purchase_order_id is not None
            self.said += [("over_receipt", spec.sku, spec.location, over)] * is_over

    def serve_first(self, peg, sku, place, units):
        """What was bought for an order line is that line's before anybody's."""
        lines = [line for line in self.lines if (line.order, line.line, line.sku) == (peg.order_id, peg.line, sku)]
        for claim in self.claims([unit for line in lines for unit in self.of(line, "waits")]):
            waiting = len(claim)
            if place in self.usable(sku, claim[0].line.location):
                self.fill(claim, [place], units)
                units -= waiting - sum(unit.state == "waits" for unit in claim)

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

"""The naive model's goods: what a count, a movement, a purchase and a receipt do to a stock row."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace as Thing

from msgspec import UNSET

from tests.support.naive_rejection import check

EVER = datetime.min.replace(tzinfo=UTC)
POLICIES = {"backorderable": True, "backorder_cap": None, "safety_stock": 0, "discontinued": False}
POLICIES |= {"allow_partial": True, "sourcing": None, "complete_patience_days": 14, "min_release": 1}
POLICIES |= {"strict_order": False, "horizon_days": None, "release": "automatic"}
POLICIES |= {"payment_grace_days": 3, "ship_lead_days": 1, "allocation": "queue"}
POLICIES |= {"negative_on_hand": "refuse", "components": None}


class NaiveGoods:
    """Needs `stock`, `items`, `purchases`, `receipts`, `holds` (dicts), `clock`, `now` (the event's time),
    `serve`."""

    def see(self, sku, place):
        none = Thing(on_hand=0, unavailable=0, counted=EVER, net=False, moves=[])
        return self.stock.get((sku, place), none)

    def row(self, sku, place):
        return self.stock.setdefault((sku, place), self.see(sku, place))

    def item(self, sku):
        return self.items.setdefault(sku, POLICIES | {"safety_at": {}, "reorder": {}, "lead": {}})

    def move(self, sku, place, units, condition="sellable"):
        """Goods come or go; what the last count has already seen leaves on hand as it is."""
        row = self.row(sku, place)
        if self.now > row.counted and units:
            row.on_hand += units
            row.moves.append((self.now, units))
        elif row.net and condition == "unavailable" and units > 0:
            self.expect({(sku, place): units})
        row.unavailable += units if condition == "unavailable" else 0
        row.unavailable = max(0, min(row.unavailable, row.on_hand))

    def stock_adjusted(self, event):
        row = self.row(event.sku, event.location)
        there = row.unavailable if event.condition == "unavailable" else row.on_hand - row.unavailable
        judged = self.now > row.counted and self.item(event.sku)["negative_on_hand"] != "allow"
        check(not judged or event.quantity > 0 or there + event.quantity >= 0, "not_on_hand")
        self.move(event.sku, event.location, event.quantity, event.condition)

    def stock_condition_changed(self, event):
        row, units = self.row(event.sku, event.location), event.quantity
        sellable = event.from_condition == "sellable"
        there = row.on_hand - row.unavailable if sellable else row.unavailable
        late = self.late(event.sku, event.location)
        if late and sellable:
            self.expect({(event.sku, event.location): units})
        check(late or units <= there or self.item(event.sku)["negative_on_hand"] == "allow", "not_on_hand")
        row.unavailable += units if sellable else -units
        row.unavailable = max(0, min(row.unavailable, row.on_hand))

    def stock_returned(self, event):
        self.move(event.sku, event.location, event.quantity, event.condition)

    def stock_transferred(self, event):
        sent = Thing(sku=event.sku, place=event.to_location, left=event.quantity, part=event.part)
        sent.__dict__.update(due=event.expected_at, overdue=EVER)
        key, seen = (event.transfer_id, event.sku), (event.phase, event.part)
        fresh = Thing(sent=[], seen=[], closed=None)
        transfer = self.transfers.get(key)
        if event.phase == "dispatched":
            transfer = self.transfers.setdefault(key, fresh)
        check(transfer, "unknown_transfer")
        check(seen not in transfer.seen, "duplicate_transfer")
        transfer.seen.append(seen)
        if event.phase == "dispatched":
            row = self.row(event.sku, event.from_location)
            judged = self.now > row.counted and self.item(event.sku)["negative_on_hand"] != "allow"
            check(not judged or event.quantity <= row.on_hand - row.unavailable, "not_on_hand")
            self.move(event.sku, event.from_location, -event.quantity)
            self.row(event.sku, event.to_location)
            transfer.sent.append(sent)
            self.redate_transfer(transfer)
            return
        self.move(event.sku, event.to_location, event.quantity)
        for part in sorted(
            transfer.sent, key=lambda part: (part.place != event.to_location, part.part != event.part)
        ):
            arrived = min(part.left, sent.left)
            part.left, sent.left = part.left - arrived, sent.left - arrived
            if event.expected_at and part.left and part.place == event.to_location:
                part.due = event.expected_at
        self.redate_transfer(transfer)

    def held(self, sku, place):
        return sum(hold.units for hold in self.holds.values() if (hold.sku, hold.place) == (sku, place))

    def stock_held(self, event):
        hold = self.holds.get(event.hold_id)
        fresh = Thing(sku=event.sku, place=event.location, units=0, over=False, closed=None)
        check(not hold or not hold.closed, "unknown_hold")
        check(not hold or (hold.sku, hold.place) == (fresh.sku, fresh.place), "unknown_hold")
        hold = hold or fresh
        free, more = self.free(event.sku, event.location), event.quantity - hold.units
        if self.late(event.sku, event.location):
            kept = self.safety(event.sku, event.location) + self.held(event.sku, event.location)
            free = self.spare(event.sku, event.location) - kept + more
        check(more <= max(0, free), "not_free")
        self.holds[event.hold_id], hold.units = hold, event.quantity
        hold.ends = event.expires_at + timedelta(seconds=30)

    def stock_hold_ended(self, event):
        hold = self.holds.get(event.hold_id)
        check(hold and not hold.closed and hold.sku == event.sku, "unknown_hold")
        self.end_hold(hold)

    def end_hold(self, hold):
        hold.units, hold.closed = 0, self.clock

    def item_configured(self, event):
        place = None if event.location is UNSET else event.location
        self.configure_reorder(event, place)
        if event.lead_time_days is not UNSET:
            self.item(event.sku)["lead"][place] = event.lead_time_days
            if event.lead_time_days is None:
                del self.item(event.sku)["lead"][place]
        if event.location not in (None, UNSET):
            if event.safety_stock is not UNSET:
                self.item(event.sku)["safety_at"][event.location] = event.safety_stock
        else:
            given = {f: value for f in POLICIES if (value := getattr(event, f)) is not UNSET}
            self.item(event.sku).update({f: POLICIES[f] if v is None else v for f, v in given.items()})

    def purchase_placed(self, event):
        check(event.purchase_order_id not in self.purchases, "duplicate_purchase")
        bought = {}
        self.purchases[event.purchase_order_id] = Thing(lines=bought, closed=None)
        for spec in event.lines:
            self.row(spec.sku, spec.location)
            facts = {"line": spec.line, "sku": spec.sku, "place": spec.location, "peg": spec.pegged_to}
            bought[spec.line] = Thing(**facts, wanted=spec.quantity, open=spec.quantity, got=0)
            bought[spec.line].__dict__.update(due=spec.expected_at, notices={}, overdue=EVER)
            self.redate(bought[spec.line])

    def bought(self, event):
        purchase = self.purchases.get(event.purchase_order_id)
        check(purchase, "unknown_purchase")
        check(all(spec.line in purchase.lines for spec in event.lines or ()), "unknown_line")
        return purchase.lines

    def purchase_changed(self, event):
        bought = self.bought(event)
        for spec in event.lines:
            if spec.quantity is not None:
                bought[spec.line].wanted = spec.quantity
                bought[spec.line].open = max(0, spec.quantity - bought[spec.line].got)
            if spec.expected_at is not UNSET:
                bought[spec.line].due = spec.expected_at
            self.redate(bought[spec.line])

    def purchase_cancelled(self, event):
        bought = self.bought(event)
        for number in bought if event.lines is None else [spec.line for spec in event.lines]:
            bought[number].open = 0
            self.redate(bought[number])

    def goods_received(self, event):
        check(event.receipt_id not in self.receipts, "duplicate_receipt")
        purchase, lowered, bought = self.purchases.get(event.purchase_order_id), [], {}
        for spec in event.lines:
            self.move(spec.sku, spec.location, spec.quantity, spec.condition)
            same = [thing for thing in purchase.lines.values() if thing.sku == spec.sku] if purchase else []
            named = [t for t in same if (t.line == spec.line if spec.line else t.place == spec.location)]
            left = spec.quantity
            for thing in sorted(named, key=lambda thing: thing.line):
                units = left if thing is max(named, key=lambda thing: thing.line) else min(left, thing.open)
                still_open = 0 if spec.final else max(0, thing.open - units)
                self.arrive(thing, min(units, thing.open))
                lowered.append((thing, units, thing.open - still_open))
                thing.open, thing.got, left = still_open, thing.got + units, left - units
                self.redate(thing)
                if thing.peg and spec.condition == "sellable":
                    own = bought.setdefault((thing.peg.order_id, thing.peg.line), Counter())
                    own[spec.sku, spec.location] += units
        self.serve_pegs(bought)
        facts = {"lines": event.lines, "lowered": lowered, "closed": None if purchase else self.clock}
        self.receipts[event.receipt_id] = Thing(**facts, purchase=event.purchase_order_id, reversed=False)

    def goods_receipt_reversed(self, event):
        receipt = self.receipts.get(event.receipt_id)
        check(receipt, "unknown_receipt")
        check(not receipt.reversed, "already_reversed")
        receipt.reversed = True
        for spec in receipt.lines:
            self.move(spec.sku, spec.location, -spec.quantity, spec.condition)
        for thing, units, lowered in receipt.lowered:
            thing.got -= units
            thing.open = max(thing.open, min(thing.open + lowered, thing.wanted - thing.got))
            self.redate(thing)

"""The naive model's goods: what a count, a movement, a purchase and a receipt do to a stock row."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace as Thing

from msgspec import UNSET

from tests.support.naive_rejection import check

EVER = datetime.min.replace(tzinfo=UTC)
POLICIES = {"backorderable": True, "backorder_cap": None, "safety_stock": 0, "discontinued": False}
POLICIES |= {"allow_partial": True, "sourcing": None}


class NaiveGoods:
    """Needs `stock`, `items`, `purchases`, `receipts` (dicts), `pegs` (a list), `now` (the event's time)."""

    def see(self, sku, place):
        none = Thing(on_hand=0, unavailable=0, safety=None, counted=EVER, moves=[])
        return self.stock.get((sku, place), none)

    def row(self, sku, place):
        return self.stock.setdefault((sku, place), self.see(sku, place))

    def item(self, sku):
        return self.items.setdefault(sku, dict(POLICIES))

    def move(self, sku, place, units, condition="sellable"):
        """Goods come or go; what the last count has already seen leaves on hand as it is."""
        row = self.row(sku, place)
        if self.now > row.counted and units:
            row.on_hand += units
            row.moves.append((self.now, units))
        if condition == "unavailable":
            row.unavailable = max(0, min(row.unavailable + units, row.on_hand))

    def stock_counted(self, event):
        row, as_of = self.row(event.sku, event.location), min(event.as_of, self.now)
        newest = max((time for time, _ in row.moves), default=self.now)

        def after(time):
            if time >= newest - timedelta(hours=1):
                return time > as_of
            return time.replace(second=0, microsecond=0) > as_of.replace(second=0, microsecond=0)

        forgotten = [time for time, _ in row.moves if time < newest - timedelta(days=7)]
        check(as_of >= row.counted and not any(map(after, forgotten)), "stale_count")
        row.counted, row.on_hand = as_of, event.quantity + sum(n for time, n in row.moves if after(time))
        row.unavailable = min(row.unavailable, max(0, row.on_hand))

    def stock_adjusted(self, event):
        row = self.row(event.sku, event.location)
        there = row.unavailable if event.condition == "unavailable" else row.on_hand - row.unavailable
        check(self.now <= row.counted or event.quantity > 0 or there + event.quantity >= 0, "not_on_hand")
        self.move(event.sku, event.location, event.quantity, event.condition)

    def stock_condition_changed(self, event):
        row, units = self.row(event.sku, event.location), event.quantity
        sellable = event.from_condition == "sellable"
        check(units <= (row.on_hand - row.unavailable if sellable else row.unavailable), "not_on_hand")
        row.unavailable += units if sellable else -units

    def stock_returned(self, event):
        self.move(event.sku, event.location, event.quantity, event.condition)

    def item_configured(self, event):
        if event.location not in (None, UNSET):
            self.row(event.sku, event.location).safety = event.safety_stock
        else:
            given = {f: value for f in POLICIES if (value := getattr(event, f)) is not UNSET}
            self.item(event.sku).update({f: POLICIES[f] if v is None else v for f, v in given.items()})

    def purchase_placed(self, event):
        check(event.purchase_order_id not in self.purchases, "duplicate_purchase")
        bought = self.purchases[event.purchase_order_id] = {}
        for spec in event.lines:
            self.row(spec.sku, spec.location)
            facts = {"line": spec.line, "sku": spec.sku, "place": spec.location, "peg": spec.pegged_to}
            bought[spec.line] = Thing(**facts, open=spec.quantity, got=0)

    def bought(self, event):
        bought = self.purchases.get(event.purchase_order_id)
        check(bought, "unknown_purchase")
        check(all(spec.line in bought for spec in event.lines or ()), "unknown_line")
        return bought

    def purchase_changed(self, event):
        bought = self.bought(event)
        for spec in [spec for spec in event.lines if spec.quantity is not None]:
            bought[spec.line].open = max(0, spec.quantity - bought[spec.line].got)

    def purchase_cancelled(self, event):
        bought = self.bought(event)
        for number in bought if event.lines is None else [spec.line for spec in event.lines]:
            bought[number].open = 0

    def goods_received(self, event):
        check(event.receipt_id not in self.receipts, "duplicate_receipt")
        bought, lowered = self.purchases.get(event.purchase_order_id, {}), []
        for spec in event.lines:
            self.move(spec.sku, spec.location, spec.quantity, spec.condition)
            left = spec.quantity
            for thing in sorted(bought.values(), key=lambda thing: thing.line):
                named = spec.line == thing.line if spec.line else spec.location == thing.place
                if named and thing.sku == spec.sku:
                    units = min(left, thing.open)
                    closed = thing.open - units if spec.final else 0
                    thing.open, thing.got, left = thing.open - units - closed, thing.got + units, left - units
                    lowered.append((thing, units, closed))
                    if thing.peg:
                        self.pegs.append((spec.sku, thing.peg.order_id, thing.peg.line, spec.location, units))
        facts = {"purchase": event.purchase_order_id, "lines": event.lines, "lowered": lowered}
        self.receipts[event.receipt_id] = Thing(**facts, reversed=False)

    def goods_receipt_reversed(self, event):
        receipt = self.receipts.get(event.receipt_id)
        check(receipt and receipt.purchase == event.purchase_order_id, "unknown_receipt")
        check(not receipt.reversed, "already_reversed")
        receipt.reversed = True
        for spec in receipt.lines:
            self.move(spec.sku, spec.location, -spec.quantity, spec.condition)
        for thing, units, closed in receipt.lowered:
            thing.open, thing.got = thing.open + units + closed, thing.got - units

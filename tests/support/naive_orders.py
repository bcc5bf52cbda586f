"""The naive model's orders: what each event about an order does to its lines and claims."""

from collections import Counter
from copy import deepcopy
from types import SimpleNamespace as Thing

from msgspec import UNSET

from tests.support.naive_goods import EVER
from tests.support.naive_rejection import check

OWN = ("priority", "required_by", "location")


class NaiveOrders:
    """Needs the lists and dicts of `NaiveModel`, and what it does to move units."""

    def order(self, event, lines=(), closed_too=True):
        order = self.orders.get(event.order_id)
        check(order, "unknown_order")
        check(all(spec.line in order.lines for spec in lines or ()), "unknown_line")
        check(closed_too or not order.closed, "order_closed")
        return order

    def add_line(self, order_id, spec, accepted=False):
        facts = {f: getattr(spec, f) for f in ("line", "sku", "backorder", "cancel_after", *OWN)}
        line = Thing(**facts, order=order_id, ordered=spec.quantity, shipped=0, cancelled=0, pending=0)
        line.at, line.accepted, line.opened = self.now, accepted, None
        line.parts = self.parts_of(spec.sku)
        line.picked, line.released, line.cleared, line.recalled = Counter(), Counter(), Counter(), Counter()
        line.taken_off, line.promise, line.covered, line.still, line.told_gone = 0, None, 0, None, False
        line.is_here = False
        self.lines.append(line)
        self.orders[order_id].lines[spec.line] = line
        self.new_claim(line, spec.hold_id)
        return line

    def order_placed(self, event):
        check(event.order_id not in self.orders, "duplicate_order")
        facts = {f: getattr(event, f) for f in ("priority", "required_by", "held", "ship")}
        facts |= {"keeps": False, "patience": None, "growing": False}
        self.orders[event.order_id] = Thing(**facts, lines={}, closed=None)
        self.set_payment(self.orders[event.order_id], event.payment)
        gone = event.order_id in self.remembered
        lines = [self.add_line(event.order_id, spec, accepted=gone) for spec in event.lines]
        holds = deepcopy(self.holds)
        for hold in [self.named(line, self.of(line)[0].names) for line in lines if gone]:
            _ = hold and hold.__dict__.update(over=True)
        self.expect_lines([] if gone else [(line, line.ordered) for line in lines])
        atomic = all(line.backorder == "deny" for line in lines)
        whole = atomic or self.is_patient(self.orders[event.order_id])
        in_turn = sorted(lines, key=self.taking_order if whole else self.rank)
        asked = [(self.of(line)[0], 0 if gone else line.ordered) for line in in_turn]
        for (claim, _), units in zip(asked, self.judge_all(asked, atomic), strict=True):
            claim.line.cancelled = claim.line.ordered - units
        if any(line.cancelled for line in lines) and atomic:
            self.holds = self.holds if gone else holds
            for line in lines:
                self.of(line)[0].alloc = Counter()
                line.cancelled, line.accepted = line.ordered, gone
        self.end_holds_taken_over()
        self.remembered.pop(event.order_id, None)

    def expect_lines(self, asked):
        """What a net count had set aside for the lines is there, and first for those who wait."""
        for line, units in asked:
            known = (None, *(self.item(line.sku)["sourcing"] or [line.location]))
            for sku, each in line.parts.items() if line.location in known else ():
                if self.late(sku, line.location):
                    self.expect({(sku, line.location): units * each})
        self.serve_waiters()

    def end_holds_taken_over(self):
        for hold in self.holds.values():
            if hold.over and not hold.closed:
                self.end_hold(hold)

    def order_amended(self, event):
        order = self.order(event)
        check(all(spec.line in order.lines or spec.sku for spec in event.lines), "unknown_line")
        have = {n: self.open(line) + line.shipped for n, line in order.lines.items()}
        ups = [spec for spec in event.lines if spec.quantity > have.get(spec.line, -1)]
        check(ups or not order.closed, "order_closed")
        for spec in event.lines:
            line, down = order.lines.get(spec.line), have.get(spec.line, 0) - spec.quantity
            if down > 0 and not spec.quantity:
                self.excess += self.cancel(line, self.open(line))
            elif down > 0:
                shippable = (line.released + line.recalled).total()
                left = self.drop(line, down)
                line.taken_off += shippable - (line.released + line.recalled).total()
                line.ordered, self.excess = line.ordered - down + left, self.excess + left
        self.correct()
        order.growing = bool(ups)
        self.correct()
        self.serve_waiters()
        new = {spec.line: self.add_line(event.order_id, spec) for spec in ups if spec.line not in have}
        asked = {spec.line: spec.quantity - have.get(spec.line, 0) for spec in ups}
        self.expect_lines([(order.lines[n], units) for n, units in asked.items()])
        in_turn = self.taking_order if self.is_patient(order) else self.rank
        growing = sorted([order.lines[n] for n in asked], key=in_turn)
        names = {spec.line: spec.hold_id for spec in ups}
        for line in growing:
            _ = line.line in new or self.new_claim(line, names[line.line])
        claims = [(self.of(line)[-1], asked[line.line]) for line in growing]
        for line, units in zip(growing, self.judge_all(claims), strict=True):
            if line.line in new:
                line.cancelled = line.ordered - units
            else:
                line.ordered += units
        order.growing = False
        self.end_holds_taken_over()

    def order_rescheduled(self, event):
        specs = event.lines or ()
        order = self.order(event, specs, closed_too=False)
        if event.ship not in (UNSET, order.ship):
            order.ship, order.keeps, order.patience = event.ship, False, None
        for spec in specs:
            line = order.lines[spec.line]
            allowed = (None, UNSET, *(self.item(line.sku)["sourcing"] or [spec.location]))
            check(spec.location in allowed, "unknown_location")
            if spec.cancel_after is not UNSET:
                line.cancel_after = spec.cancel_after
            line.__dict__.update({f: value for f in OWN if (value := getattr(spec, f)) is not UNSET})
            self.note_waiting(line)
        order.__dict__.update({f: value for f in OWN[:2] if (value := getattr(event, f)) is not UNSET})

    def order_cancelled(self, event):
        order = self.order(event, event.lines, closed_too=False)
        for spec in event.lines or [Thing(line=n, quantity=None) for n in order.lines]:
            line = order.lines[spec.line]
            self.excess += self.cancel(line, self.open(line) if spec.quantity is None else spec.quantity)

    def order_held(self, event):
        order = self.order(event, closed_too=False)
        order.held = True
        self.recall(order)

    def recall(self, order):
        for line in order.lines.values():
            line.recalled += line.released - line.picked
            line.released &= line.picked

    def order_resumed(self, event):
        self.order(event, closed_too=False).held = False

    def order_picked(self, event):
        order, again = self.order(event, event.lines, closed_too=False), Counter()
        for spec in event.lines:
            line = order.lines[spec.line]
            picked = line.picked[spec.location] + spec.quantity
            check(0 <= picked <= self.allocated(line)[spec.location], "more_than_allocated")
            line.picked[spec.location] = picked
            again[spec.line] += max(0, -spec.quantity)
        for number, unpicked in again.items():
            line = order.lines[number]
            units = min(unpicked, line.pending)
            line.pending -= units
            self.cancel(line, units)

    def order_shipped(self, event):
        order = self.order(event)
        check(event.shipment_id not in self.shipments, "duplicate_shipment")
        self.order(event, event.lines)
        self.shipments[event.shipment_id] = Thing(order=event.order_id, lines=event.lines, voided=False)
        for spec in event.lines:
            self.ship(order.lines[spec.line], spec.quantity, spec.location, event.force)
        for line in order.lines.values() if event.remainder == "close" else ():
            self.cancel(line, self.open(line))

    def ship(self, line, units, place, force):
        late = all(self.now <= self.row(sku, place).counted for sku in line.parts)
        check(units <= line.ordered - line.shipped + line.taken_off, "more_than_ordered")
        fresh = self.allocated(line) - line.released - line.recalled
        check(units <= (line.cleared + fresh)[place] or force or late, "more_than_allocated")
        for sku, each in line.parts.items():
            self.move(sku, place, -units * each)
        line.shipped += units
        line.cleared -= Counter({place: units})
        line.released -= Counter({place: units})
        line.recalled &= line.cleared - line.released
        line.picked -= Counter({place: units})
        left = self.drop_waiting(line, self.lose(self.of(line), units, [place], picked_too=True))
        uncancel = min(left, line.cancelled)
        if not late:
            line.cancelled, left = line.cancelled - uncancel, left - uncancel
        left = self.lose(reversed(self.of(line)), left)
        left = self.lose(reversed(self.of(line)), left, picked_too=True)
        if late:
            uncancel = min(left, line.cancelled)
            line.cancelled, left = line.cancelled - uncancel, left - uncancel
        line.ordered, line.taken_off = line.ordered + left, line.taken_off - min(left, line.taken_off)
        line.pending = min(line.pending, line.picked.total())

    def order_shipment_voided(self, event):
        order, shipment = self.order(event), self.shipments.get(event.shipment_id)
        check(shipment and shipment.order == event.order_id, "unknown_shipment")
        check(not shipment.voided, "already_voided")
        shipment.voided = True
        for spec in shipment.lines:
            line = order.lines[spec.line]
            for sku, each in line.parts.items():
                self.move(sku, spec.location, spec.quantity * each)
            line.shipped -= spec.quantity
            line.accepted = True
            self.of(line)[0].alloc[spec.location] += spec.quantity

    def clock_ticked(self, time):
        """What closed long enough ago is forgotten; what closed before the first tick closed at it."""
        first, before, self.clock = self.clock == EVER, self.clock, max(self.clock, time)
        if self.clock > before:
            self.fall_due(before)
        for kind in ("orders", "purchases", "receipts", "remembered", "holds", "transfers"):
            for key, thing in list(getattr(self, kind).items()):
                thing.closed = thing.closed and (self.clock if first else thing.closed)
                if thing.closed and thing.closed + self.retention <= self.clock:
                    del getattr(self, kind)[key]
        self.receipts = {k: r for k, r in self.receipts.items() if r.closed or r.purchase in self.purchases}
        self.shipments = {k: s for k, s in self.shipments.items() if s.order in self.orders}
        self.lines = [line for line in self.lines if line.order in self.orders]
        self.claims = [claim for claim in self.claims if claim.line.order in self.orders]

"""Plain trade as plainly as it can be said: a list of lines, each a list of its units. Sort it, scan it.

Written from the rules, without the domain and without the naive model of all of it; no sum is kept. A unit
`waits`, is `given` from a place, `shipped`, `cancelled`, `refused` when it came, or `amended` away. Here is
who gets which unit and what becomes of orders; in `plain_goods`, what warehouses and purchasing report. There
are no kits, holds, payments, transfers, complete orders, other ways to share, no promises, no clock.
"""

from collections import Counter
from datetime import UTC, datetime
from itertools import groupby
from pickle import dumps, loads
from types import SimpleNamespace as Thing

from msgspec import UNSET

from backorder.domain.events import type_name
from tests.support.plain_goods import PlainGoods

NEVER, NO_LIMIT = datetime.max.replace(tzinfo=UTC), 10**9
ORDERED = ("sku", "line", "location", "priority", "required_by", "backorder")


class PlainModel(PlainGoods):
    def __init__(self):
        self.lines, self.orders, self.gone_early, self.shipments = [], {}, set(), {}
        self.stock, self.items, self.bought, self.receipts = {}, {}, {}, {}

    def apply(self, entry):
        """One event. An assertion that fails is why it makes no sense, and nothing moves. `said` answers it:
        why it is rejected, what is refused and why, what is released, what does not add up."""
        self.now, self.said, before = entry.time, [], dumps(self.__dict__)
        try:
            getattr(self, type_name(entry.event).replace(".", "_"))(entry.event)
        except AssertionError as reason:
            self.__dict__ = loads(before) | {"gone_early": self.gone_early}
            self.said = [("rejected", str(reason))]
        self.serve()
        for line in self.lines:  # what is given is released at once; what was ever released may leave, once
            fresh = self.given(line) - line.released
            self.said += [("released", line.order, line.line, place, units) for place, units in fresh.items()]
            line.cleared, line.released = line.cleared + fresh, self.given(line)
        for (sku, place), row in self.stock.items():
            before, row.short = row.short, max(0, -self.spare(sku, place))
            self.report("shortfall", sku, place, row.short * (row.short > before))

    # --- what is there --------------------------------------------------------------------------------------

    def usable(self, sku, location):
        """Where a line may have its units from, in order of preference."""
        known = sorted(place for of, place in self.stock if of == sku and place)
        return [location] if location else self.item(sku)["sourcing"] or known

    def may_name(self, sku, location):
        return location is None or location in (self.item(sku)["sourcing"] or [location])

    def units(self, sku, state):
        return [unit for line in self.lines if line.sku == sku for unit in self.of(line, state)]

    def spare(self, sku, place):
        """Sellable units that nobody has; below 0 if there are too few."""
        given = [unit for unit in self.units(sku, "given") if unit.place == place]
        return self.row(sku, place).on_hand - self.row(sku, place).unavailable - len(given)

    def safety(self, sku, place):
        """A place has its own, or the first one that of the item."""
        own, of_all = self.item(sku)["safety_at"].get(place), self.item(sku)["safety_stock"]
        return own if own is not None else of_all if [place] == self.usable(sku, None)[:1] else 0

    def free(self, sku, places):
        known = [place for place in places if (sku, place) in self.stock]
        return sum(max(0, self.spare(sku, place) - self.safety(sku, place)) for place in known)

    def room(self, sku):
        """How many more may wait."""
        item, cap = self.item(sku), self.item(sku)["backorder_cap"]
        left = NO_LIMIT if cap is None else max(0, cap - len(self.units(sku, "waits")))
        return left if item["backorderable"] and not item["discontinued"] else 0

    # --- units of a line ------------------------------------------------------------------------------------

    def of(self, line, *states):
        """By claim: what was placed, and what each amendment added, stand for themselves in the queue."""
        units = [unit for unit in line.units if unit.state in states]
        return sorted(units, key=lambda unit: (unit.claim, unit.turn))

    def given(self, line):
        return Counter(unit.place for unit in self.of(line, "given"))

    def open(self, line):
        return len(self.of(line, "waits", "given"))

    def to_give_back(self, line, picked=False):
        """Given units, the last first. Picked ones stay, which are the first at their place."""
        seen, found = Counter(), []
        for unit in self.of(line, "given"):
            seen[unit.place] += 1
            found += [unit] if picked == (seen[unit.place] <= line.picked[unit.place]) else []
        return found[::-1]

    def become(self, state, units):
        for unit in units:
            line, unit.state = unit.line, state
            line.released, line.picked = line.released & self.given(line), line.picked & self.given(line)
            if state == "waits":
                unit.place, line.opened = None, line.opened or self.now
                self.row(line.sku, line.location)

    def give(self, units, places):
        """Each comes from the first place that has one free."""
        for unit in units:
            for place in [place for place in places if self.free(unit.line.sku, [place])][:1]:
                self.hand(unit, place)

    def hand(self, unit, place):
        """Where a claim has some already, it counts as one of them: they go back together."""
        there = [u.turn for u in self.of(unit.line, "given") if (u.claim, u.place) == (unit.claim, place)]
        turns = [u.turn for u in unit.line.units]
        unit.state, unit.place, unit.turn = "given", place, there[0] if there else max(turns) + 1

    def drop(self, line, units, state):
        """Waiting units go first, then given ones, the last first; picked ones do when they are un-picked."""
        gone = [*self.of(line, "waits")[::-1], *self.to_give_back(line)][:units]
        self.become(state, gone)
        left = units - len(gone)
        line.to_cancel = min(line.to_cancel + left * (state == "cancelled"), line.picked.total())
        return left

    # --- the queue ------------------------------------------------------------------------------------------

    def place(self, unit):
        line, order = unit.line, self.orders[unit.line.order]
        urgency = line.priority or order.priority, line.required_by or order.required_by or NEVER
        return *urgency, unit.at, line.order, line.line, unit.claim

    def claims(self, units):
        """Units, claim by claim, in the order of the queue."""
        return [list(claim) for _, claim in groupby(sorted(units, key=self.place), self.place)]

    def serve(self):
        """What is not there is given back, the end of the queue first; what is free goes to its beginning."""
        for sku, place in sorted(key for key in self.stock if key[1]):
            for claim in reversed(self.claims(self.units(sku, "given"))):
                able = [u for u in self.to_give_back(claim[0].line) if u.claim == claim[0].claim]
                lost = [unit for unit in able if unit.place == place][: max(0, -self.spare(sku, place))]
                whole = lost and not self.item(sku)["allow_partial"]
                self.become("waits", able if whole else lost)
        for claim in self.claims(unit for line in self.lines for unit in self.of(line, "waits")):
            self.fill(claim, self.usable(claim[0].line.sku, claim[0].line.location))

    def fill(self, claim, places, most=NO_LIMIT):
        """Waiting units of a claim are given what is free; of an item that is not split, all or none."""
        sku, free = claim[0].line.sku, min(most, self.free(claim[0].line.sku, places))
        if self.item(sku)["allow_partial"] or free >= len(claim):
            self.give(claim[:free], places)

    # --- orders ---------------------------------------------------------------------------------------------

    def known(self, event, specs=(), closed_too=False):
        """The lines of an order by their numbers."""
        lines = {line.line: line for line in self.lines if line.order == event.order_id}
        assert lines, "unknown_order"
        assert all(spec.line in lines for spec in specs or ()), "unknown_line"
        assert closed_too or any(map(self.open, lines.values())), "order_closed"
        return lines

    def ask(self, order_id, spec, units):
        """New units of a line, which may be new: a claim of their own, not judged yet."""
        found = [line for line in self.lines if (line.order, line.line) == (order_id, spec.line)]
        if not found:
            facts = {name: getattr(spec, name) for name in ORDERED} | {"order": order_id, "at": self.now}
            counters = {name: Counter() for name in ("picked", "released", "cleared")}
            found = [Thing(**facts, **counters, units=[], opened=None, to_cancel=0)]
            self.lines += found
        line, claim = found[0], 1 + max((unit.claim for unit in found[0].units), default=0)
        facts = {"line": line, "claim": claim, "at": self.now, "state": "refused", "place": None, "turn": 0}
        line.units += [Thing(**facts) for _ in range(units)]
        return line.units[-units:]

    def take_in(self, asked, whole=False):
        """Covered units are given, others wait if they may; what may not is refused, for a reason. Lines that
        name a location are first where all is taken or nothing."""
        claims = self.claims(asked)
        if whole:
            claims.sort(key=lambda of: (of[0].line.location is None, self.place(of[0])[0], of[0].line.line))
        for units in claims:
            line, item = units[0].line, self.item(units[0].line.sku)
            deny, places = line.backorder == "deny", self.usable(line.sku, line.location)
            cover, room = self.free(line.sku, places), 0 if deny else self.room(line.sku)
            reason = "not_backorderable" if deny or not item["backorderable"] else "cap_reached"
            reason = "discontinued" if item["discontinued"] else reason
            if not self.may_name(line.sku, line.location):
                cover, room, reason = 0, 0, "unknown_location"
            if deny or not item["allow_partial"]:
                cover, room = (some if some >= len(units) else 0 for some in (cover, room))
            self.give(units[:cover], places)
            self.become("waits", units[cover : cover + room])
            refused = units[cover + room :]
            self.said += [("refused", line.order, line.line, len(refused), reason)] if refused else []

    def order_placed(self, event):
        assert event.order_id not in self.orders, "duplicate_order"
        self.orders[event.order_id] = Thing(priority=event.priority, required_by=event.required_by)
        asked = [unit for spec in event.lines for unit in self.ask(event.order_id, spec, spec.quantity)]
        if event.order_id in self.gone_early:
            self.become("cancelled", asked)
            return
        whole = all(spec.backorder == "deny" for spec in event.lines)
        self.take_in(asked, whole)
        if self.said and whole:
            why = {number: reason for _, _, number, _, reason in self.said}
            lines = [(spec.line, spec.quantity, why.get(spec.line, "order_refused")) for spec in event.lines]
            self.said = [("refused", event.order_id, *line) for line in lines]
            self.become("refused", asked)

    def order_amended(self, event):
        """What goes down in one event is done, and given to others, before what goes up."""
        lines, left = self.known(event, closed_too=True), 0
        assert all(spec.line in lines or spec.sku for spec in event.lines), "unknown_line"
        have = {number: len(self.of(line, "waits", "given", "shipped")) for number, line in lines.items()}
        more = {spec.line: spec.quantity - have.get(spec.line, 0) for spec in event.lines}
        self.known(event, closed_too=max(more.values()) > 0)
        for line, spec in [(lines[spec.line], spec) for spec in event.lines if more[spec.line] < 0]:
            down = (-more[spec.line], "amended") if spec.quantity else (self.open(line), "cancelled")
            left += self.drop(line, *down)
        self.serve()
        up = [spec for spec in event.lines if more[spec.line] > 0]
        asked = [unit for spec in up for unit in self.ask(event.order_id, spec, more[spec.line])]
        self.take_in(asked)
        self.become("amended", [u for u in asked if u.state == "refused" and u.line.line in lines])
        self.said += [("rejected", "more_than_open")] if left else []

    def order_rescheduled(self, event):
        lines, specs = self.known(event, event.lines), event.lines or ()
        changed = [(self.orders[event.order_id], event)] + [(lines[spec.line], spec) for spec in specs]
        for thing, new in changed:
            given = {name: getattr(new, name, UNSET) for name in ("priority", "required_by", "location")}
            assert given["location"] is UNSET or self.may_name(thing.sku, new.location), "unknown_location"
            thing.__dict__.update({name: value for name, value in given.items() if value is not UNSET})
        self.become("waits", [unit for line in lines.values() for unit in self.of(line, "waits")])

    def order_cancelled(self, event):
        if event.lines is None and event.order_id not in self.orders:
            self.gone_early.add(event.order_id)
        lines = self.known(event, event.lines)
        specs = event.lines or [Thing(line=number, quantity=None) for number in lines]
        asked = [(lines[spec.line], spec.quantity or self.open(lines[spec.line])) for spec in specs]
        left = [self.drop(line, units, "cancelled") for line, units in asked]
        self.said += [("rejected", "more_than_open")] if any(left) else []

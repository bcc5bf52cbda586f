"""Plain trade as plainly as it can be said: a list of lines, each a list of its units. Sort it, scan it.

Written from the rules, without the domain and without the naive model of all of it; no sum is kept. A unit
`waits`, is `given` from a place, `shipped`, `cancelled`, `refused` when it came, or `amended` away. The model
is told what was not rejected, and answers nothing: it knows who has which unit. There are no kits, holds,
payments, transfers, complete orders, other ways to share, no promises, no clock.
"""

from collections import Counter
from datetime import UTC, datetime
from itertools import groupby
from types import SimpleNamespace as Thing

from msgspec import UNSET

from backorder.domain.events import type_name

EVER, NEVER = (moment.replace(tzinfo=UTC) for moment in (datetime.min, datetime.max))
ALL = 10**9
ORDERED = ("sku", "line", "location", "priority", "required_by", "backorder")
POLICIES = {"backorderable": True, "backorder_cap": None, "safety_stock": 0, "discontinued": False}
POLICIES |= {"allow_partial": True, "sourcing": None}


class PlainModel:
    def __init__(self):
        self.lines, self.orders, self.gone_early, self.shipments = [], {}, set(), {}
        self.stock, self.items, self.bought, self.receipts = {}, {}, {}, {}

    def apply(self, entry):
        self.now = entry.time
        getattr(self, type_name(entry.event).replace(".", "_"))(entry.event)
        self.serve()

    # --- what is there --------------------------------------------------------------------------------------

    def item(self, sku):
        return self.items.setdefault(sku, POLICIES | {"safety_at": {}})

    def row(self, sku, place):
        return self.stock.setdefault((sku, place), Thing(counted=0, as_of=EVER, moves=[], unavailable=0))

    def on_hand(self, sku, place):
        """What was counted, and what has moved since."""
        row = self.row(sku, place)
        return row.counted + sum(units for time, units in row.moves if time > row.as_of)

    def usable(self, sku, location):
        """Where a line may have its units from, in order of preference."""
        known = sorted(place for of, place in self.stock if of == sku and place)
        return [location] if location else self.item(sku)["sourcing"] or known

    def units(self, sku, state):
        return [unit for line in self.lines if line.sku == sku for unit in self.of(line, state)]

    def spare(self, sku, place):
        """Sellable units that nobody has; below 0 if there are too few."""
        given = [unit for unit in self.units(sku, "given") if unit.place == place]
        return self.on_hand(sku, place) - self.row(sku, place).unavailable - len(given)

    def safety(self, sku, place):
        """A place has its own, or the first one that of the item."""
        own, of_all = self.item(sku)["safety_at"].get(place), self.item(sku)["safety_stock"]
        return own if own is not None else of_all if [place] == self.usable(sku, None)[:1] else 0

    def free(self, sku, places):
        return sum(max(0, self.spare(sku, p) - self.safety(sku, p)) for p in places if (sku, p) in self.stock)

    def room(self, sku):
        """How many more may wait."""
        item, cap = self.item(sku), self.item(sku)["backorder_cap"]
        left = ALL if cap is None else max(0, cap - len(self.units(sku, "waits")))
        return left if item["backorderable"] and not item["discontinued"] else 0

    # --- units of a line ------------------------------------------------------------------------------------

    def of(self, line, *states):
        """By claim: what was placed, and what each amendment added, stand for themselves in the queue."""
        units = [unit for unit in line.units if unit.state in states]
        return sorted(units, key=lambda unit: (unit.claim, unit.turn))

    def given(self, line):
        return Counter(unit.place for unit in self.of(line, "given"))

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
            line.picked &= self.given(line)
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
        turn = there[0] if there else 1 + max(other.turn for other in unit.line.units)
        unit.state, unit.place, unit.turn = "given", place, turn

    def drop(self, line, units, state):
        """Waiting units go first, then given ones, the last first; picked ones do when they are un-picked."""
        gone = [*self.of(line, "waits")[::-1], *self.to_give_back(line)][:units]
        self.become(state, gone)
        left = units - len(gone) if state == "cancelled" else 0
        line.to_cancel = min(line.to_cancel + left, line.picked.total())

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

    def fill(self, claim, places, most=ALL):
        """Waiting units of a claim are given what is free; of an item that is not split, all or none."""
        sku, free = claim[0].line.sku, min(most, self.free(claim[0].line.sku, places))
        if self.item(sku)["allow_partial"] or free >= len(claim):
            self.give(claim[:free], places)

    # --- orders ---------------------------------------------------------------------------------------------

    def lines_of(self, event):
        """The lines of an order by their numbers."""
        return {line.line: line for line in self.lines if line.order == event.order_id}

    def ask(self, order_id, spec, units):
        """New units of a line, which may be new: a claim of their own, not judged yet."""
        found = [line for line in self.lines if (line.order, line.line) == (order_id, spec.line)]
        if not found:
            facts = {name: getattr(spec, name) for name in ORDERED} | {"order": order_id, "at": self.now}
            found = [Thing(**facts, units=[], picked=Counter(), opened=None, to_cancel=0)]
            self.lines += found
        line, claim = found[0], 1 + max((unit.claim for unit in found[0].units), default=0)
        facts = {"line": line, "claim": claim, "at": self.now, "state": "refused", "place": None, "turn": 0}
        line.units += [Thing(**facts) for _ in range(units)]
        return line.units[-units:]

    def take_in(self, asked, whole=False):
        """Covered units are given, others wait if they may, the rest stays refused. Where all is taken or
        nothing, lines that name a location are first."""
        claims = self.claims(asked)
        if whole:
            claims.sort(key=lambda of: (of[0].line.location is None, self.place(of[0])[0], of[0].line.line))
        for units in claims:
            line, item = units[0].line, self.item(units[0].line.sku)
            deny, places = line.backorder == "deny", self.usable(line.sku, line.location)
            served = set(places) <= set(item["sourcing"] or places)
            most = (self.free(line.sku, places), 0 if deny else self.room(line.sku)) if served else (0, 0)
            whole_only = deny or not item["allow_partial"]
            cover, room = (some if some >= len(units) or not whole_only else 0 for some in most)
            self.give(units[:cover], places)
            self.become("waits", units[cover : cover + room])

    def order_placed(self, event):
        self.orders[event.order_id] = Thing(priority=event.priority, required_by=event.required_by)
        asked = [unit for spec in event.lines for unit in self.ask(event.order_id, spec, spec.quantity)]
        whole = all(spec.backorder == "deny" for spec in event.lines)
        if event.order_id in self.gone_early:
            self.become("cancelled", asked)
        else:
            self.take_in(asked, whole)
        if whole and any(unit.state == "refused" for unit in asked):
            self.become("refused", asked)

    def order_amended(self, event):
        """What goes down in one event is done, and given to others, before what goes up."""
        lines = self.lines_of(event)
        have = {number: len(self.of(line, "waits", "given", "shipped")) for number, line in lines.items()}
        more = {spec.line: spec.quantity - have.get(spec.line, 0) for spec in event.lines}
        for line, spec in [(lines[spec.line], spec) for spec in event.lines if more[spec.line] < 0]:
            down = (-more[spec.line], "amended") if spec.quantity else (ALL, "cancelled")
            self.drop(line, *down)
        self.serve()
        up = [spec for spec in event.lines if more[spec.line] > 0]
        asked = [unit for spec in up for unit in self.ask(event.order_id, spec, more[spec.line])]
        self.take_in(asked)
        self.become("amended", [u for u in asked if u.state == "refused" and u.line.line in lines])

    def order_rescheduled(self, event):
        lines = self.lines_of(event)
        changed = [(lines[spec.line], spec) for spec in event.lines or ()]
        for thing, new in [(self.orders[event.order_id], event), *changed]:
            given = {name: getattr(new, name, UNSET) for name in ("priority", "required_by", "location")}
            thing.__dict__.update({name: value for name, value in given.items() if value is not UNSET})
        self.become("waits", [unit for line in lines.values() for unit in self.of(line, "waits")])

    def order_cancelled(self, event):
        lines = self.lines_of(event)
        if not lines:
            self.gone_early.add(event.order_id)
        for spec in event.lines or [Thing(line=number, quantity=None) for number in lines]:
            self.drop(lines[spec.line], spec.quantity or ALL, "cancelled")

    def parts(self, event, specs):
        lines = self.lines_of(event)
        return [(lines[spec.line], spec.quantity, spec.location) for spec in specs]

    def order_picked(self, event):
        """What is picked is not given back, and not cancelled before it is un-picked."""
        for line, units, place in self.parts(event, event.lines):
            line.picked[place] += units
            again = min(line.to_cancel, max(0, -units))
            line.to_cancel -= again
            self.drop(line, again, "cancelled")

    def order_shipped(self, event):
        self.shipments[event.shipment_id] = event.lines
        for line, units, place in self.parts(event, event.lines):
            leaving, line.picked[place] = self.shippable(line, place), max(0, line.picked[place] - units)
            self.become("shipped", leaving[:units])
            line.to_cancel = min(line.to_cancel, line.picked.total())
            self.move(line.sku, place, -units)
        for line in self.lines_of(event).values() if event.remainder == "close" else ():
            self.drop(line, ALL, "cancelled")

    def shippable(self, line, place):
        """So they leave: given there, waiting, cancelled, given elsewhere, amended off after release.
        If a count has seen it already, cancelled ones come after given ones."""
        here = [unit for unit in self.of(line, "given") if unit.place == place]
        back = [*self.to_give_back(line), *self.to_give_back(line, picked=True)]
        elsewhere = [unit for unit in back if unit.place != place]
        cancelled = [*self.of(line, "cancelled"), *self.of(line, "refused")]
        seen = self.now <= self.row(line.sku, place).as_of
        then = [*elsewhere, *cancelled] if seen else [*cancelled, *elsewhere]
        amended = [unit for unit in self.of(line, "amended") if unit.place]
        return [*here, *reversed(self.of(line, "waits")), *then, *amended]

    def order_shipment_voided(self, event):
        """The units are the line's again, where it stood first in the queue."""
        for line, units, place in self.parts(event, self.shipments[event.shipment_id]):
            self.move(line.sku, place, units)
            for unit in self.of(line, "shipped")[:units]:
                unit.claim, unit.at = 1, line.at
                self.hand(unit, place)

    # --- goods: facts, which win over what was planned ------------------------------------------------------

    def move(self, sku, place, units, condition="sellable"):
        row = self.row(sku, place)
        row.moves.append((self.now, units))
        row.unavailable += units if condition == "unavailable" else 0
        row.unavailable = max(0, min(row.unavailable, self.on_hand(sku, place)))

    def stock_counted(self, event):
        row = self.row(event.sku, event.location)
        row.counted, row.as_of = event.quantity, min(event.as_of, self.now)
        row.unavailable = max(0, min(row.unavailable, self.on_hand(event.sku, event.location)))

    def stock_adjusted(self, event):
        self.move(event.sku, event.location, event.quantity, event.condition)

    stock_returned = stock_adjusted

    def stock_condition_changed(self, event):
        units = event.quantity if event.to_condition == "unavailable" else -event.quantity
        self.row(event.sku, event.location).unavailable += units

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
        bought = self.bought[event.purchase_order_id] = {}
        for spec in sorted(event.lines, key=lambda spec: spec.line):
            bought[spec.line] = Thing(sku=spec.sku, place=spec.location, peg=spec.pegged_to, came=0)
            bought[spec.line].wanted = bought[spec.line].open = spec.quantity
            self.row(spec.sku, spec.location)

    def purchase_changed(self, event):
        for spec in [spec for spec in event.lines if spec.quantity is not None]:
            line = self.bought[event.purchase_order_id][spec.line]
            line.wanted, line.open = spec.quantity, max(0, spec.quantity - line.came)

    def purchase_cancelled(self, event):
        bought = self.bought[event.purchase_order_id]
        for number in bought if event.lines is None else [spec.line for spec in event.lines]:
            bought[number].open = 0

    def goods_received(self, event):
        """Against the purchase line that is named, or all of its SKU and place; the last has what is over."""
        receipt = self.receipts[event.receipt_id] = Thing(lines=event.lines, lowered=[])
        for spec in event.lines:
            self.move(spec.sku, spec.location, spec.quantity, spec.condition)
            bought, left = self.bought.get(event.purchase_order_id, {}), spec.quantity
            same = [(number, line) for number, line in bought.items() if line.sku == spec.sku]
            named = [ln for n, ln in same if (n == spec.line if spec.line else ln.place == spec.location)]
            for line in named:
                units = left if line is named[-1] else min(left, line.open)
                still_open = 0 if spec.final else max(0, line.open - units)
                receipt.lowered.append((line, units, line.open - still_open))
                left, line.open, line.came = left - units, still_open, line.came + units
                if line.peg and spec.condition == "sellable":
                    self.serve_first(line.peg, spec.sku, spec.location, units)

    def serve_first(self, peg, sku, place, units):
        """What was bought for an order line is that line's before anybody's, the placed part first."""
        line = self.lines_of(peg).get(peg.line)
        if line and line.sku == sku and place in self.usable(sku, line.location):
            for _, waiting in groupby(self.of(line, "waits"), lambda unit: unit.claim):
                self.fill(claim := list(waiting), [place], units)
                units -= sum(unit.state == "given" for unit in claim)

    def goods_receipt_reversed(self, event):
        """The goods did leave again, and are still to come of what was bought, if they are still wanted."""
        receipt = self.receipts[event.receipt_id]
        for spec in receipt.lines:
            self.move(spec.sku, spec.location, -spec.quantity, spec.condition)
        for line, units, lowered in receipt.lowered:
            line.came -= units
            line.open = max(line.open, min(line.open + lowered, line.wanted - line.came))

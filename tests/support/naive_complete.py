"""The naive model's orders that ship complete: all at once or nothing, and what patience changes."""

from collections import Counter
from datetime import timedelta
from math import inf


class NaiveComplete:
    """Needs the lists and dicts of `NaiveModel`, and what it does to move units."""

    def is_patient(self, order):
        return order.ship == "complete" and not order.keeps

    def judge_all(self, asked, atomic=False):
        """Units accepted for each (claim, units). A patient order takes all or leaves all waiting, and a line
        beyond the horizon leaves all."""
        orders = [self.orders[claim.line.order] for claim, units in asked if units][:1]
        if atomic or any(self.is_patient(order) or order.lapsed for order in orders):
            # All together: what one takes makes no kit short that stands before the others.
            for claim, _ in asked:
                claim.open_to = self.open_to(claim)
        accepted = [self.judge(claim, units) if units else 0 for claim, units in asked]
        for claim, _ in asked:
            claim.open_to = None
        if atomic and accepted != [units for _, units in asked]:
            return accepted
        for claim in [claim for claim, units in asked if units and self.beyond(claim.line)]:
            self.take_nothing(claim)
        for order in orders:
            short = self.is_patient(order) and any(map(self.waiting, order.lines.values()))
            for claim, _ in asked if order.lapsed or short else ():
                claim.waits += claim.alloc.total() - claim.held.total()
                claim.alloc = Counter(claim.held)
                self.note_waiting(claim.line)
        return accepted

    def coverable(self, order, whoever_is_before=False):
        """Whether all that waits could be taken at once: try it, on paper."""
        if order.lapsed or order.growing:
            return False
        lines = [line for line in order.lines.values() if self.waiting(line)]
        if any(self.beyond(line) for line in lines):
            return False
        barred = set() if whoever_is_before else self.barred_for(order)
        left = {key: self.free(*key) for key in self.stock if key not in barred}
        for line in sorted(lines, key=self.taking_order):
            missing = self.waiting(line)
            for place in self.usable(line):
                units = min(missing, *(left.get((sku, place), 0) // each for sku, each in line.parts.items()))
                missing -= units
                for sku, each in line.parts.items():
                    left[sku, place] = left.get((sku, place), 0) - units * each
            if missing:
                return False
        return bool(lines)

    def barred_for(self, order):
        """Where, in strict order, somebody stands before any of the order's units who may use the same."""
        waiting = [claim for line in order.lines.values() for claim in self.of(line) if claim.waits]
        in_turn = sorted(waiting, key=self.place)
        last = {sku: self.place(claim) for claim in in_turn for sku in claim.line.parts}
        return {
            (sku, place)
            for sku, end in last.items()
            for place in self.barred(sku, lambda other, end=end: self.place(other) < end)
        }

    def serve_complete_orders(self):
        """Each has its turn when those ahead of it have been served in all of its queues."""
        pending = [order for order in self.patient_orders() if self.coverable(order, whoever_is_before=True)]
        while pending:
            heads = [self.heads(order) for order in pending]
            ranked = sorted(heads, key=lambda claims: min(map(self.place, claims.values())))
            turn = next((claims for claims in ranked if self.is_first(claims, heads)), ranked[0])
            reach = self.reach(turn)
            self.serve_queues(reach, lambda claim, reach=reach: self.is_within(claim, reach))
            order = self.orders[next(iter(turn.values())).line.order]
            pending.remove(order)
            if self.coverable(order):
                barred = self.barred_for(order)
                for line in sorted(order.lines.values(), key=self.taking_order):
                    closed = {place for sku, place in barred if sku in line.parts}
                    for claim in self.of(line):
                        self.take(claim, [place for place in self.usable(line) if place not in closed])

    def patient_orders(self):
        return [order for order in self.orders.values() if self.is_patient(order)]

    def heads(self, order):
        """The first waiting claim of the order in each SKU."""
        claims = [c for line in order.lines.values() for c in self.of(line) if c.waits]
        in_turn = sorted(claims, key=self.place, reverse=True)
        return {sku: claim for claim in in_turn for sku in claim.line.parts}

    def reach(self, heads):
        """How far each queue is served before an order: to its heads; to a kit before them that could take
        what is there, in the queues of all of its parts."""
        reach = {sku: self.place(claim) for sku, claim in heads.items()}
        for claim in sorted(self.claims, key=self.place, reverse=True):
            if claim.waits and self.is_helped(claim) and self.is_within(claim, reach):
                for sku in claim.line.parts:
                    reach[sku] = max(reach.get(sku, self.place(claim)), self.place(claim))
        return reach

    def is_helped(self, claim):
        """Whether it could take what is there, if nobody kept it from that."""
        there = sum(self.there(claim.line, place) for place in self.usable(claim.line))
        return not self.passed_over(claim.line) and there >= self.least(claim)

    def is_within(self, claim, reach):
        return any(sku in reach and self.place(claim) < reach[sku] for sku in claim.line.parts)

    def is_first(self, claims, heads):
        reach = self.reach(claims)
        others = [other for other in heads if other is not claims]
        return all(reach[sku] <= self.place(other[sku]) for other in others for sku in reach if sku in other)

    def taking_order(self, line):
        return (line.location is None, self.rank(line)[0], line.line)

    def break_up(self, order):
        """A part was lost: what is not picked is lost too."""
        if self.is_patient(order):
            self.give_away(order)

    def give_away(self, order):
        """All that is not picked waits again."""
        for line in order.lines.values():
            for claim in self.of(line):
                before = claim.alloc.total()
                self.lose([claim], inf)
                claim.waits += before - claim.alloc.total()
            self.note_waiting(line)

    def share_kept(self, sku):
        """Of those that ran out of patience, the earlier takes what the later one keeps; says how much."""
        keeping = [o for o in self.orders.values() if o.keeps and any(map(self.waiting, o.lines.values()))]
        keeping.sort(key=self.best_place)
        taken = 0
        for rank, taker in enumerate(keeping):
            for line in sorted(taker.lines.values(), key=self.taking_order):
                takes = line.sku == sku and not self.passed_over(line)
                for giver in reversed(keeping[rank + 1 :]) if takes else ():
                    taken += self.take_over(line, giver)
        return taken

    def take_over(self, taker, giver):
        taken = 0
        same = [ln for ln in giver.lines.values() if (ln.sku, ln.parts) == (taker.sku, taker.parts)]
        for line in same:
            for claim in self.of(line):
                for place in [place for place in claim.alloc if place in self.usable(taker)]:
                    kept = self.allocated(line)[place] - max(line.released[place], line.picked[place])
                    units = min(self.waiting(taker), kept, self.unpicked(claim, place))
                    if units > 0:
                        self.lose([claim], units, [place])
                        claim.waits += units
                        self.note_waiting(line)
                        self.give(taker, place, units)
                        taken += units
        return taken

    def give(self, line, place, units):
        for claim in self.of(line):
            part = min(units, claim.waits)
            claim.waits, units = claim.waits - part, units - part
            claim.alloc += Counter({place: part})
            line.covered += part
            self.end_promise(line)

    def best_place(self, order):
        places = [
            (*self.rank(ln)[:2], ln.at, ln.order, ln.line) for ln in order.lines.values() if self.open(ln)
        ]
        return min(places)

    def look_after_complete_orders(self):
        """Patience begins when an order is first found short, and is forgotten when it is whole."""
        for order in self.orders.values():
            if not any(map(self.waiting, order.lines.values())):
                order.keeps, order.patience = False, None
            elif self.is_patient(order) and order.patience is None:
                skus = {line.sku for line in order.lines.values() if self.open(line)}
                days = min(self.item(sku)["complete_patience_days"] for sku in skus)
                order.patience = self.now + timedelta(days=days)

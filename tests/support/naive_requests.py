"""The naive model's requests: what a planner releases by hand, and the line that he puts first."""

from collections import Counter
from math import inf

from tests.support.naive_rejection import check


class NaiveRequests:
    """Needs what `NaiveModel` has."""

    def release_requested(self, event):
        if event.order_id is not None:
            check(event.order_id in self.orders, "unknown_order")
            line = self.orders[event.order_id].lines.get(event.line)
            check(line and line.sku == event.sku, "unknown_line")
            self.put_first(line, event)
            return
        left = inf if event.quantity is None else event.quantity
        kept = [claim for claim in self.claims_of(event.sku) if self.kept(claim.line) == "manual_release"]
        # Which units of a claim are out is judged by what was out before: a later claim may stand first.
        was_out = {id(claim): Counter(claim.line.released) for claim in kept}
        for claim in kept:
            for place in sorted(claim.alloc) if self.kept(claim.line) == "manual_release" else ():
                unreleased = self.beyond_first(claim, place, was_out[id(claim)][place])
                if event.location not in (None, place) or not unreleased:
                    continue
                if self.orders[claim.line.order].ship == "complete":
                    left -= self.release_whole(claim.line, left)
                elif self.by_hand(claim.line):
                    units = min(left, unreleased)
                    left -= units
                    self.release(claim.line, Counter({place: units}))

    def release_whole(self, line, left):
        """All of an order that ships complete, if the request is for all that the line has."""
        units = (self.allocated(line) - line.released).total()
        if units > left or not self.by_hand(line):
            return 0
        for other in self.orders[line.order].lines.values():
            self.release(other, self.allocated(other) - other.released)
        return units

    def beyond_first(self, claim, place, units):
        """What a claim has at a place beyond the first units of its line there."""
        earlier = sum(other.alloc[place] for other in self.of(claim.line) if other.number < claim.number)
        return claim.alloc[place] - min(claim.alloc[place], max(0, units - earlier))

    def in_no_hand(self, claim, place):
        line = claim.line
        return self.beyond_first(claim, place, max(line.released[place], line.picked[place]))

    def put_first(self, line, event):
        places = [place for place in self.usable(line) if event.location in (None, place)]
        others = [p for p in self.allocated(line) if p not in places and event.location in (None, p)]

        def ready():
            return sum((self.allocated(line) - line.released)[place] for place in [*places, *others])

        wanted = min(ready() + self.waiting(line), inf if event.quantity is None else event.quantity)
        for claim in self.of(line) if self.passed_over(line) in (None, "horizon") else ():
            self.fill_out_of_turn(claim, places, min(claim.waits, wanted - ready()))
        if self.kept(line) == "manual_release" and self.orders[line.order].ship == "complete":
            self.release_whole(line, inf if event.quantity is None else event.quantity)
        elif self.kept(line) == "manual_release":
            left = wanted
            for place in [*places, *others]:
                units = min(left, (self.allocated(line) - line.released)[place])
                left -= units
                self.release(line, Counter({place: units}))

    def fill_out_of_turn(self, claim, places, units):
        """From what is free, then from what nobody has in hand, the last in the queue first."""
        whole = not self.item(claim.line.sku)["allow_partial"]
        if units <= 0 or (whole and units < claim.waits):
            return
        free = min(units, sum(self.there(claim.line, place) for place in places))
        missing, givers = units - free, []
        same = [c for c in self.claims_of(claim.line.sku) if c.line.parts == claim.line.parts]
        for other in reversed(same):
            tied = any(self.in_no_hand(other, place) < other.alloc[place] for place in other.alloc)
            if other.line is not claim.line and not (whole and tied):
                for place in sorted((p for p in other.alloc if p in places), reverse=True):
                    part = min(missing, self.in_no_hand(other, place)) if self.kept(other.line) else 0
                    missing -= part
                    givers += [(other, place, part)] if part else []
        if whole and missing:
            return
        self.take(claim, places, free)
        for other, place, part in givers:
            before = other.alloc.total()
            other.alloc = Counter() if whole else other.alloc - Counter({place: part})
            other.waits += before - other.alloc.total()
            self.note_waiting(other.line)
            claim.alloc[place] += part
            claim.waits -= part
            claim.line.covered += part
            self.end_promise(claim.line)
        for order in dict.fromkeys(other.line.order for other, _, _ in givers):
            self.break_up(self.orders[order])

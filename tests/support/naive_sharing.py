"""The naive model's fair share: who gets how much of what is there, when it is too little."""

from fractions import Fraction


class NaiveSharing:
    """Needs what `NaiveModel` has."""

    def share(self, sku):
        while True:
            place, sharers = self.next_to_share(sku)
            wide = [c for c in self.users(sku) if c.line.location is None]
            wide = [c for c in wide if self.least(c) <= sum(self.free(sku, p) for p in self.places(sku))]
            if wide and (place is None or self.priority(wide[0]) < self.priority(sharers[0])):
                self.take(wide[0], self.places(sku))
            elif place is None:
                return
            else:
                self.share_out(place, sharers)

    def priority(self, claim):
        return self.rank(claim.line)[0]

    def users(self, sku, place=None):
        """Who waits and may take units, at a place or at any, in the queue's order. Kits have no share."""
        plain = [c for c in self.queue(sku) if c.line.sku == sku]
        claims = [c for c in plain if c.waits and not self.passed_over(c.line)]
        return [c for c in claims if place is None or place in self.usable(c.line)]

    def next_to_share(self, sku):
        """First where there is enough for all, then where there is not: the first priority that it helps."""
        short = []
        others = sorted(place for of, place in self.stock if of == sku)
        for place in dict.fromkeys([*self.places(sku), *others]):
            users, free = self.users(sku, place), self.free(sku, place)
            helped = [self.priority(c) for c in users if self.least(c) <= free]
            if free and helped:
                found = place, [c for c in users if self.priority(c) == helped[0]]
                if sum(c.waits for c in users) <= free:
                    return found
                short.append(found)
        return short[0] if short else (None, [])

    def share_out(self, place, sharers):
        total = sum(c.waits for c in sharers)
        there = min(self.free(sharers[0].line.sku, place), total)
        exact = [Fraction(there * c.waits, total) for c in sharers]
        parts = [int(part) for part in exact]
        by_remainder = sorted(range(len(parts)), key=lambda n: (parts[n] - exact[n], n))
        for n in by_remainder[: there - sum(parts)]:
            parts[n] += 1
        left = 0
        for claim, part in zip(sharers, parts, strict=True):
            left += part
            units = min(left, claim.waits)
            if units and units >= self.least(claim):
                self.take(claim, [place], units)
                left -= units
        helped = [c for c in sharers if c.waits and self.least(c) <= left]
        if helped:
            self.take(helped[0], [place], left)

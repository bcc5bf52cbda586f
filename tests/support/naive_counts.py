"""The naive model's counts: of what is on hand, or net of all that is set aside."""

from collections import Counter
from datetime import timedelta

from tests.support.naive_rejection import check


def minute(time):
    return time.replace(second=0, microsecond=0)


class NaiveCounts:
    """Needs what `NaiveModel` has; `aside` has every change of what is set aside, by SKU and place (None: of
    lines that name none), as time and units."""

    def set_aside(self):
        units = Counter()
        for line in self.lines:
            for sku, each in line.parts.items():
                units[sku, line.location] += self.open(line) * each
        for (sku, place), row in self.stock.items():
            units[sku, place] += row.unavailable + self.held(sku, place)
        return units

    def begin(self):
        """An event begins: what it sets aside, and for how much of that on hand has been corrected."""
        self.before, self.done = self.set_aside(), Counter()

    def end(self):
        after = self.set_aside()
        for key in after.keys() | self.before.keys():
            if after[key] != self.before[key]:
                self.aside.setdefault(key, []).append((self.now, after[key] - self.before[key]))

    def correct(self):
        """Where the event belongs before a net count, on hand moves as what is set aside does."""
        after = self.set_aside()
        keys = after.keys() | self.before.keys()
        self.expect({key: after[key] - self.before[key] - self.done[key] for key in keys})

    def expect(self, units):
        rows = Counter()
        for key, change in units.items():
            self.done[key] += change
            if self.late(*key):
                rows[self.counts_at(*key)] += change
        for key, change in rows.items():
            row = self.stock[key]
            row.on_hand += change
            self.limit_unavailable(key)

    def limit_unavailable(self, key):
        row = self.stock[key]
        fits = max(0, min(row.unavailable, row.on_hand))
        self.done[key] += fits - row.unavailable
        row.unavailable = fits

    def counts_at(self, sku, place):
        first = [*self.places(sku), None][0]
        return (sku, first if place is None else place)

    def late(self, sku, place):
        row = self.stock.get(self.counts_at(sku, place))
        return row and row.net and self.now <= row.counted

    def since(self, moves, as_of):
        """The sum of what moved after a moment, and whether some of it is too long ago to be known."""
        newest = max((time for time, _ in moves), default=self.now)

        def after(time):
            return time > as_of if time >= newest - timedelta(hours=1) else minute(time) > minute(as_of)

        known = [minute(time) >= newest - timedelta(days=7) for time, _ in moves if after(time)]
        return sum(units for time, units in moves if after(time)), all(known)

    def stock_counted(self, event):
        key, row = (event.sku, event.location), self.row(event.sku, event.location)
        as_of, net = min(event.as_of, self.now), event.basis == "available"
        on_hand, known = self.since(row.moves, as_of)
        for aside in {key, *([(event.sku, None)] if self.places(event.sku)[0] == event.location else [])}:
            later, all_known = self.since(self.aside.get(aside, []), as_of)
            on_hand += net * (self.set_aside()[aside] - later)
            known = known and (all_known or not net)
        check(as_of >= row.counted and known, "stale_count")
        row.counted, row.net, row.on_hand = as_of, net, event.quantity + on_hand
        self.limit_unavailable(key)

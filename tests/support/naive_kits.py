"""The naive model's kits. A line is made of `parts`, so many pieces of an SKU for one of the line: a plain
line of one piece of its own SKU, a kit line of the components as they were when it was placed.

So lines are counted in what they name and rows in pieces of what is there; the rest of the model asks which
SKUs a line is made of, and hardly ever whether it is a kit.
"""

from collections import defaultdict
from types import SimpleNamespace as Thing

from tests.support.naive_goods import EVER


class NaiveKits:
    """Needs what `NaiveModel` has."""

    def parts_of(self, sku):
        """What a line that is placed now is made of."""
        components = self.item(sku)["components"]
        return {part.sku: part.quantity for part in components} if components else {sku: 1}

    def is_kit(self, line):
        return line.sku not in line.parts

    def newcomer(self, sku):
        """A line of it that nobody has placed."""
        return Thing(sku=sku, location=None, parts=self.parts_of(sku))

    def there(self, line, place):
        """How many of it could be had at a place: of a kit, only those of which every piece is there."""
        return min(self.free(sku, place) // each for sku, each in line.parts.items())

    def blocks(self, claim, sku, place):
        """Whether who waits for a SKU keeps its units at a place from others: a kit, if short of them."""
        each = claim.line.parts[sku]
        return not self.is_kit(claim.line) or self.free(sku, place) // each < self.least(claim)

    def serve_before(self, claim, sku):
        """Those before a kit have its other parts first."""
        reach = self.reach({part: claim for part in claim.line.parts if part != sku})
        self.serve_queues(reach, lambda other: self.is_within(other, reach))

    def kit_expected(self, sku):
        """When the pieces of one more kit are at one place that nobody is promised; None if they are now."""
        newcomer, dates = self.newcomer(sku), defaultdict(list)
        for part, each in newcomer.parts.items():
            self.walk(part)
            for place in self.usable(newcomer):
                dates[place].append(self.all_there(place, each))
        first = min((max(at) for at in dates.values() if None not in at), default=EVER)
        return None if first == EVER else first

    def all_there(self, place, units):
        """When so many units are at one place that the walk has left; None if there are too few."""
        there, date = self.desk.free.get(place, 0), EVER
        for lot in self.desk.lots:
            if there < units and lot.place == place and not lot.passed:
                there, date = there + max(0, self.for_the_queue(lot) - lot.used), lot.at
        return date if there >= units else None

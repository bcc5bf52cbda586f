"""The naive model's view of supply: what should be bought."""

from fractions import Fraction
from math import ceil

from msgspec import UNSET

REORDER = {"reorder_point": None, "order_up_to": None, "order_multiple": None, "order_minimum": None}


class NaiveSupply:
    """Needs what `NaiveModel` has; `suggested` holds the need of the last suggestion by SKU and place, and
    `suggestions` all that was ever said."""

    def configure_reorder(self, event, place):
        given = {f: value for f in REORDER if (value := getattr(event, f)) is not UNSET}
        if given:
            kept = self.item(event.sku)["reorder"].setdefault(place, dict(REORDER))
            kept.update(given)

    def projected(self, sku, place):
        """All places and all that waits for `place` None, else that place alone."""
        keys = [key for key in self.stock_rows() if key[0] == sku and place in (None, key[1])]
        rows = [self.stock_row(*key) for key in keys]
        plus = sum(row["on_hand"] - row["unavailable"] + row["on_order"] + row["in_transit"] for row in rows)
        waits = sum(row["backordered"] for row in rows)
        return plus - waits - sum(row["allocated"] for row in rows), waits

    def suggest(self):
        for sku, item in sorted(self.items.items()):
            for place, policy in item["reorder"].items():
                self.suggest_at(sku, place, policy, item["reorder"].get(None, REORDER))

    def suggest_at(self, sku, place, policy, default):
        point, last = policy["reorder_point"], self.suggested.get((sku, place))
        projected, waits = self.projected(sku, place)
        if point is None or projected > point:
            self.suggested[sku, place] = None
            return
        need = max(1, (point if policy["order_up_to"] is None else policy["order_up_to"]) - projected)
        multiple = policy["order_multiple"] or default["order_multiple"] or 1
        if last is None or need >= last + multiple:
            self.suggested[sku, place] = need
            least = max(need, policy["order_minimum"] or default["order_minimum"] or 1)
            lots = ceil(Fraction(least, multiple))
            self.suggestions.append((sku, place, lots * multiple, projected, point, waits))

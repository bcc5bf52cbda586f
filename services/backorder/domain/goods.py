"""Units on hand come and go: what every movement of goods has in common."""

from backorder.domain import movements, net_counts
from backorder.domain.records import Stock
from backorder.domain.step import Step


def is_counted(step: Step, sku: str, location: str) -> bool:
    """Whether the last count there already has what happened at the event's time."""
    row = step.pool.stock.get((sku, location))
    return row is not None and row.counted_as_of is not None and step.time <= row.counted_as_of


def move(
    step: Step, sku: str, location: str, units: int, unavailable: bool = False, of_order: bool = False
) -> Stock:
    """On hand changes by `units` (signed), unless the last count has it already; says so then.

    On hand may go below 0 here: facts win. The caller notes the cause in the row's totals, and changes what
    is unavailable. A count that is net of open orders does not have units that are unavailable, or an
    order's: there on hand follows what is set aside (see `net_counts`).
    """
    counted = is_counted(step, sku, location)
    row = step.pool.row(sku, location)
    step.touch(sku)
    if not units:
        return row
    if counted:
        row.corrected -= units
        if row.counted_net and unavailable and units > 0:
            net_counts.expect(step, sku, location, units)
        elif not (row.counted_net and (unavailable or of_order)):
            figures = {"on_hand": row.on_hand, "movement": units}
            step.discrepancy(sku, location, "already_counted", abs(units), figures)
        return row
    row.on_hand += units
    movements.remember(step.pool.moved, sku, location, step.time, units)
    if units < 0 and row.on_hand < 0:
        figures = {"on_hand": row.on_hand, "movement": units}
        step.discrepancy(sku, location, "negative_on_hand", -row.on_hand, figures)
    return row


def may_go_below(step: Step, sku: str) -> bool:
    """Whether the item lets more be taken away than is there."""
    return step.pool.sku(sku).item.negative_on_hand == "allow"


def set_unavailable(row: Stock, units: int) -> None:
    """Unavailable units are on hand, so they are never more than that and never below 0."""
    row.unavailable = max(0, min(units, row.on_hand))

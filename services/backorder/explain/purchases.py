"""What is expected for a line on open purchase lines."""

from datetime import datetime

from msgspec import Struct

from backorder.domain.pool import Pool
from backorder.domain.records import Line
from backorder.domain.times import at_or_none


class Expected(Struct, frozen=True):
    """Units that are still to come on a purchase line. for_this_line: they were bought for it."""

    purchase_order_id: str
    line: int
    location: str
    open: int
    expected_at: datetime | None
    for_this_line: bool


def expected_for(pool: Pool, line: Line) -> list[Expected]:
    """Open purchase lines for the locations that may serve the line, soonest first."""
    locations = pool.sku(line.sku).usable(line.location)
    found = [
        Expected(
            bought.purchase_order_id,
            bought.line,
            bought.location,
            bought.open,
            at_or_none(bought.expected_at),
            bought.pegged_to == (line.order_id, line.line),
        )
        for bought in pool.purchase_lines.rows.values()
        if bought.sku == line.sku and bought.open and (line.location is None or bought.location in locations)
    ]
    return sorted(found, key=_soonest_first)


def _soonest_first(each: Expected) -> tuple[bool, float, str, int]:
    when = 0.0 if each.expected_at is None else each.expected_at.timestamp()
    return each.expected_at is None, when, each.purchase_order_id, each.line

"""What is expected for a line: on open purchase lines, and on transfers that are under way."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from backorder.domain.pool import Pool
from backorder.domain.records import Line
from backorder.domain.times import at_or_none


class Expected(Struct, frozen=True):
    """Units that are still to come to a location. source: `purchase` or `transfer`, of this id.

    line: of the purchase; null of a transfer. for_this_line: they were bought for it.
    """

    source: str
    id: str
    line: int | None
    location: str
    quantity: int
    expected_at: datetime | None
    for_this_line: bool = False


def expected_for(pool: Pool, line: Line) -> list[Expected]:
    """What is to come to the locations that may serve the line, soonest first, undated last."""
    locations = pool.wanted(line).usable(line.location)
    # The first units of an item may be bought for a place where it never was.
    anywhere = line.location is None and pool.sku(line.sku).item.sourcing is None
    found = [*_purchases(pool, line), *(each for sku, _ in line.takes for each in _transfers(pool, sku))]
    return sorted((each for each in found if anywhere or each.location in locations), key=_soonest_first)


def _purchases(pool: Pool, line: Line) -> Iterator[Expected]:
    for bought in pool.purchase_lines.rows.values():
        if line.takes_of(bought.sku) and bought.open:
            yield Expected(
                "purchase",
                bought.purchase_order_id,
                bought.line,
                bought.location,
                bought.open,
                at_or_none(bought.expected_at),
                bought.pegged_to == (line.order_id, line.line),
            )


def _transfers(pool: Pool, sku: str) -> Iterator[Expected]:
    for transfer in pool.transfers.rows.values():
        for part in transfer.underway if transfer.sku == sku else ():
            when = at_or_none(part.expected_at)
            yield Expected("transfer", transfer.transfer_id, None, part.location, part.quantity, when)


def _soonest_first(each: Expected) -> tuple[bool, float, str, int]:
    when = 0.0 if each.expected_at is None else each.expected_at.timestamp()
    return each.expected_at is None, when, each.id, each.line or 0

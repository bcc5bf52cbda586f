"""What has to be received together to cover what waits of a kit line. Found by trying, as for a plain one."""

from msgspec import Struct

from backorder.domain.fold import Fold
from backorder.domain.parts import Part
from backorder.domain.pool import Pool
from backorder.domain.records import Line
from backorder.explain.ahead import ahead_of, taken_before
from backorder.explain.receipts import LOCATIONS, TRIED, boundary, missing_before_any_is_free
from backorder.explain.supposing import pool_of, receipt_of_several, supposing


class KitFilling(Struct, frozen=True):
    """One receipt of these units at a location covers the line, and with one less of any of them it does not.

    units: by component. Empty = no such receipt was found.
    """

    location: str
    units: dict[str, int]


def kit_receipts_that_fill(fold: Fold, pool: str, order_id: str, number: int) -> list[KitFilling]:
    """For each location that may serve a kit line, the receipt that would cover it. Empty for a plain line,
    and when nothing waits or no location is known."""
    known = pool_of(fold, pool)
    line = known.lines.rows[order_id, number]
    if not line.waiting or not line.parts:
        return []
    locations = list(known.wanted(line).usable(line.location))[:LOCATIONS]
    return [
        KitFilling(location, _units_at(fold, known, (order_id, number), location)) for location in locations
    ]


def _units_at(fold: Fold, pool: Pool, key: tuple[str, int], location: str) -> dict[str, int]:
    """From so many that all who wait could be served, each component is lowered as far as it goes."""
    line = pool.lines.rows[key]
    ahead = ahead_of(pool, line)
    if ahead is None or ahead.claims > TRIED:
        return {}
    units = {part.sku: _most(pool, part.sku, location) for part in line.parts}
    likely = {part.sku: _likely(pool, line, part, location) for part in line.parts}
    if not _fills(fold, pool, key, location, units):
        return {}
    lowered: dict[str, int] = {}
    while units != lowered:
        lowered = dict(units)
        for sku in units:
            units[sku] = _least(fold, pool, key, location, units, sku, likely[sku])
    return {sku: quantity for sku, quantity in units.items() if quantity}


def _most(pool: Pool, sku: str, location: str) -> int:
    """Enough for all who wait."""
    waiting = sum(line.waiting * line.takes_of(sku) for line in pool.lines.rows.values())
    return missing_before_any_is_free(pool, sku, location) + waiting


def _likely(pool: Pool, line: Line, part: Part, location: str) -> int:
    """What those before it and the line itself would take, beyond what is there."""
    wanted = taken_before(pool, line, part.sku) + line.waiting * part.quantity
    missing = missing_before_any_is_free(pool, part.sku, location)
    return max(1, missing + wanted - pool.sku(part.sku).free(location))


def _least(
    fold: Fold, pool: Pool, key: tuple[str, int], location: str, units: dict[str, int], sku: str, likely: int
) -> int:
    """How few of one component do, with so many of the others."""

    def fills(quantity: int) -> bool:
        return _fills(fold, pool, key, location, units | {sku: quantity})

    most = units[sku]
    if not most or fills(0):
        return 0
    return boundary(fills, min(likely, most), most) or most


def _fills(fold: Fold, pool: Pool, key: tuple[str, int], location: str, units: dict[str, int]) -> bool:
    received = {sku: quantity for sku, quantity in units.items() if quantity}
    if not received:
        return False
    with supposing(fold, pool.name, received, receipt_of_several(pool, location, received)):
        return not pool.lines.rows[key].waiting

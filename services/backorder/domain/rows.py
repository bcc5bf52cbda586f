"""The table rows as they are published: lines, stock, availability."""

from backorder.domain import decisions as d
from backorder.domain.kits import Kit
from backorder.domain.records import Item, Line, Stock
from backorder.domain.sku import Sku
from backorder.domain.times import at, at_or_none


def line_row(pool: str, line: Line) -> d.LineChanged:
    units = line.allocations()
    allocated, waiting, released = sum(units.values()), line.waiting, line.released
    return d.LineChanged(
        pool=pool,
        order_id=line.order_id,
        line=line.line,
        sku=line.sku,
        location=line.location,
        ordered=line.ordered,
        allocated=allocated,
        backordered=waiting,
        released=released,
        picked=line.picked,
        shipped=line.shipped,
        cancelled=line.cancelled,
        priority=line.priority,
        required_by=at_or_none(line.required_by),
        accepted_at=at(line.accepted_at),
        waits_for=_waits_for(line, waiting, allocated - released),
        version=line.version,
        status=_status(line, allocated, released),
        allocations=[d.Allocation(location, units[location]) for location in sorted(units)],
        position=line.position,
        opened_at=at_or_none(line.opened_at) if waiting else None,
        promised_at=at_or_none(line.promised_at) if waiting else None,
    )


def _waits_for(line: Line, waiting: int, unreleased: int) -> str | None:
    if waiting:
        return line.passed_over or "stock"
    return line.kept if unreleased else None


def _status(line: Line, allocated: int, released: int) -> str:
    open_units = line.open
    if not open_units:
        if line.shipped:
            return "shipped"
        return "refused" if line.refused == line.ordered else "cancelled"
    if line.shipped:
        return "part_shipped"
    if released == open_units:
        return "released"
    if allocated == open_units:
        return "allocated"
    return "part_allocated" if allocated else "waiting"


def stock_row(pool: str, row: Stock) -> d.StockLevel:
    to_promise = row.on_hand - row.unavailable - row.held - row.safety_stock - row.allocated - row.backordered
    return d.StockLevel(
        pool=pool,
        sku=row.sku,
        location=row.location,
        on_hand=row.on_hand,
        unavailable=row.unavailable,
        safety_stock=row.safety_stock,
        held=row.held,
        allocated=row.allocated,
        picked=row.picked,
        free=row.free,
        shortfall=row.shortfall,
        backordered=row.backordered,
        on_order=row.on_order,
        in_transit=row.in_transit,
        available_to_promise=to_promise,
        as_of=at(row.as_of),
    )


def availability(sku: Sku | Kit) -> tuple[str, int | None]:
    """State and sellable units of a SKU, or whole kits, as a shop front shows them; None = without limit."""
    item = sku.item
    # In the middle of a big step what is free belongs to the queue: a new order gets none of it.
    free = 0 if sku.unsettled else sku.free_for_newcomers
    if item.discontinued:
        return ("in_stock" if free else "discontinued"), free
    if not item.backorderable:
        return ("in_stock" if free else "out_of_stock"), free
    if item.backorder_cap is None:
        return ("in_stock" if free else "backorder"), None
    room = max(0, item.backorder_cap - sku.waiting)
    if free:
        return "in_stock", free + room
    return ("backorder" if room else "out_of_stock"), room


def availability_row(pool: str, item: Item) -> d.AvailabilityChanged:
    return d.AvailabilityChanged(
        pool=pool,
        sku=item.sku,
        state=item.state,
        sellable=item.sellable,
        expected_at=at_or_none(item.expected_at),
        lead_time_days=item.lead_time_said,
    )

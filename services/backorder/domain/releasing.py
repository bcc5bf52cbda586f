"""What is allocated is released at once: one release an order for all that follows from one event."""

from backorder.domain.decisions import ReleaseCreated, ReleasedLine
from backorder.domain.records import AtLocation, Line, Released
from backorder.domain.step import Step, release_id


def release_allocated(step: Step, lines: list[Line]) -> None:
    """Releases what is allocated and not released of the given lines."""
    by_order: dict[str, list[Line]] = {}
    for line in lines:
        by_order.setdefault(line.order_id, []).append(line)
    for order_id, changed in by_order.items():
        changed.sort(key=_number)
        _release_order(step, order_id, changed)


def _number(line: Line) -> int:
    return line.line


def _release_order(step: Step, order_id: str, lines: list[Line]) -> None:
    number = step.pool.orders.rows[order_id,].releases + 1
    released: list[ReleasedLine] = []
    for line in lines:
        for location, allocated in line.allocations().items():
            units = allocated - line.released_at(location)
            if units > 0:
                released += _release(step, line, location, units, number)
    if released:
        step.pool.orders.edit((order_id,)).releases = number
        units = sum(part.quantity for part in released)
        step.emit(
            order_id,
            ReleaseCreated(
                order_id=order_id,
                release_id=release_id(order_id, number),
                ship="as_available",
                lines=released,
                rule="as_available",
                before={"allocated_unreleased": units},
                after={"allocated_unreleased": 0},
            ),
        )


def _release(step: Step, line: Line, location: str, units: int, number: int) -> list[ReleasedLine]:
    place = line.at.setdefault(location, AtLocation())
    place.released.append(Released(number, units))
    place.cleared += units
    waited = min(units, step.from_queue.get((line.order_id, line.line, location), 0))
    parts = []
    if units > waited:
        parts.append(ReleasedLine(line.line, line.sku, location, units - waited, False, False))
    if waited:
        parts.append(ReleasedLine(line.line, line.sku, location, waited, True, step.cross_dock))
    return parts

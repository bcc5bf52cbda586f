"""What is allocated is released at once, what is no longer allocated is withdrawn.

All that follows from one event for one order is one release; what is taken back of one release for one reason
is one withdrawal.
"""

from backorder.domain.decisions import ReleaseCreated, ReleasedLine, ReleaseWithdrawn, WithdrawnLine
from backorder.domain.records import AtLocation, Line, Released
from backorder.domain.step import Step


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
        cross_dock = (line.sku, location) in step.docks
        parts.append(ReleasedLine(line.line, line.sku, location, waited, True, cross_dock))
    return parts


def withdraw_surplus(step: Step, line: Line, location: str, reason: str) -> None:
    """Takes back what is released at a location beyond what is allocated there, the latest first."""
    surplus = line.released_at(location) - line.allocated_at(location)
    if surplus <= 0:
        return
    released = line.at[location].released
    while surplus:
        part = released[-1]
        units = min(surplus, part.quantity)
        part.quantity -= units
        surplus -= units
        withdrawn = step.withdrawn.setdefault((line.order_id, part.release, reason), [])
        withdrawn.append(WithdrawnLine(line.line, line.sku, location, units))
        if not part.quantity:
            released.pop()


def say_withdrawals(step: Step) -> None:
    """One `release.withdrawn` for each release and reason of the event."""
    for (order_id, number, reason), parts in step.withdrawn.items():
        lines = _merged(parts)
        withdrawn = sum(line.quantity for line in lines)
        numbers = {line.line for line in lines}
        released = sum(step.pool.lines.rows[order_id, number].released for number in numbers)
        step.emit(
            order_id,
            ReleaseWithdrawn(
                order_id=order_id,
                release_id=release_id(order_id, number),
                lines=lines,
                reason=reason,
                rule="withdrawal",
                before={"released": released + withdrawn},
                after={"released": released},
            ),
        )


def _merged(lines: list[WithdrawnLine]) -> list[WithdrawnLine]:
    units: dict[tuple[int, str, str], int] = {}
    for part in lines:
        key = (part.line, part.sku, part.location)
        units[key] = units.get(key, 0) + part.quantity
    return [WithdrawnLine(*key, quantity) for key, quantity in units.items()]


def release_id(order_id: str, number: int) -> str:
    """The id of the order's `number`-th release."""
    return f"{order_id}/{number}"

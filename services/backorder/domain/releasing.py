"""What is allocated is released at once unless it is kept back, what is no longer allocated is withdrawn.

All that follows from one event for one order is one release; what is taken back of one release for one reason
is one withdrawal.
"""

from backorder.domain.decisions import ReleaseCreated, ReleasedLine, ReleaseWithdrawn, WithdrawnLine
from backorder.domain.kept import MANUAL_RELEASE, why_kept, why_order_kept
from backorder.domain.records import AtLocation, Line, Order, Released
from backorder.domain.step import Step


def release_allocated(step: Step, lines: list[Line]) -> None:
    """Releases what is allocated and not released of the given lines, unless it is kept back."""
    by_order: dict[str, list[Line]] = {}
    for line in lines:
        of_order = by_order.setdefault(line.order_id, [])
        if line.kept or line.allocated:
            of_order.append(line)
    for order_id, changed in by_order.items():
        if changed:
            changed.sort(key=_number)
            _release_order(step, step.pool.orders.rows[order_id,], changed)


def _number(line: Line) -> int:
    return line.line


def _release_order(step: Step, order: Order, lines: list[Line]) -> None:
    order_id = order.order_id
    number = order.releases + 1
    released: list[ReleasedLine] = []
    asked = order_id in step.requested_orders
    order_kept = None if asked else why_order_kept(step.pool, order)
    for line in lines:
        was_kept, line.kept = line.kept, None
        for location, allocated in line.allocations().items():
            place = line.at.get(location)
            units = allocated if place is None else allocated - place.on_release
            if units <= 0:
                continue
            why = order_kept or why_kept(step.pool, order, line)
            kept = 0
            if why is not None:
                kept = units - _requested(step, line, location, units, why)
                asked = asked or kept < units
                line.kept = why if kept else line.kept
            released += _release(step, line, location, units - kept, number, kept)
        if was_kept or line.kept:
            step.pool.requeue(line)
    if released:
        step.pool.orders.edit((order_id,)).releases = number
        units = sum(part.quantity for part in released)
        step.emit(
            order_id,
            ReleaseCreated(
                order_id=order_id,
                release_id=release_id(order_id, number),
                ship=order.ship,
                lines=released,
                rule="manual_release" if asked else order.ship,
                before={"allocated_unreleased": units},
                after={"allocated_unreleased": 0},
            ),
        )


def _requested(step: Step, line: Line, location: str, units: int, why: str) -> int:
    """Of so many units that are kept for a reason, those that are released on request."""
    if why != MANUAL_RELEASE:
        return 0
    return min(units, step.requested.get((line.order_id, line.line, location), 0))


def _release(step: Step, line: Line, location: str, units: int, number: int, kept: int) -> list[ReleasedLine]:
    """Releases units of a line at a location and keeps others there."""
    place = line.at.setdefault(location, AtLocation())
    again = min(units, place.recalled)
    place.recalled -= again
    place.cleared += units - again
    came = step.from_queue.get((line.order_id, line.line, location), 0)
    from_queue = place.waited + came
    waited = min(units, from_queue)
    if units:
        place.released.append(Released(number, units, waited))
    place.waited = min(kept, from_queue - waited)
    from_dock = any((sku, location) in step.docks for sku, _ in line.takes)
    cross_docked = min(came, waited) if from_dock else 0
    parts = [
        ReleasedLine(line.line, line.sku, location, units - waited, False, False),
        ReleasedLine(line.line, line.sku, location, waited - cross_docked, True, False),
        ReleasedLine(line.line, line.sku, location, cross_docked, True, True),
    ]
    return [part for part in parts if part.quantity]


def withdraw_surplus(step: Step, line: Line, location: str, reason: str) -> None:
    """Takes back what is released at a location beyond what is allocated there, the latest first."""
    surplus = line.on_release_at(location) - line.allocated_at(location)
    if surplus > 0:
        _withdraw(step, line, location, surplus, reason)


def withdraw_unpicked(step: Step, line: Line, reason: str) -> None:
    """Takes back all that is released and not picked; it stays allocated."""
    for location, place in line.at.items():
        units = place.on_release - place.picked
        if units > 0:
            place.waited += _withdraw(step, line, location, units, reason)
            place.recalled += units


def _withdraw(step: Step, line: Line, location: str, units: int, reason: str) -> int:
    """Returns how many of the units the line had waited for."""
    released = line.at[location].released
    left, waited = units, 0
    while left:
        part = released[-1]
        units = min(left, part.quantity)
        part.quantity -= units
        left -= units
        waited += min(units, part.waited)
        part.waited -= min(units, part.waited)
        withdrawn = step.withdrawn.setdefault((line.order_id, part.release, reason), [])
        withdrawn.append(WithdrawnLine(line.line, line.sku, location, units))
        if not part.quantity:
            released.pop()
    return waited


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

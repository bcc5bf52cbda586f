"""Cancels, amendments, new dates and priorities, and picks of known orders: topic `orders`."""

from msgspec import UNSET

from backorder.domain import settle
from backorder.domain.complete import is_patient
from backorder.domain.completing import change_policy
from backorder.domain.events import (
    AmendedLine,
    OrderAmended,
    OrderCancelled,
    OrderPicked,
    OrderRescheduled,
    RescheduledLine,
)
from backorder.domain.giving_up import cancel_units, give_up
from backorder.domain.holds import end_taken_over, named_by
from backorder.domain.horizon import look
from backorder.domain.intake import Asked, accept, judge_all
from backorder.domain.placing import expect_units, in_turn, new_line, take_as_judged
from backorder.domain.records import EarlyCancel, Line, Order
from backorder.domain.step import Rejected, Step, known_lines, known_order, require_open
from backorder.domain.times import micros, micros_or_none

# --- cancels ------------------------------------------------------------------------------------------------


def cancel_order(step: Step, event: OrderCancelled) -> None:
    if step.pool.orders.get((event.order_id,)) is None and event.lines is None:
        _remember_cancel(step, event.order_id)
        return
    order = known_order(step, event.order_id)
    numbers = order.lines if event.lines is None else [asked.line for asked in event.lines]
    lines = known_lines(step, event.order_id, numbers)
    require_open(order)
    quantities = {} if event.lines is None else {asked.line: asked.quantity for asked in event.lines}
    excess: dict[int, int] = {}
    for number, line in lines.items():
        quantity = quantities.get(number)
        units = line.open if quantity is None else quantity
        if units:
            excess[number] = cancel_units(step, line, units, "cancelled")
    _report_excess(step, excess)


def _remember_cancel(step: Step, order_id: str) -> None:
    key = (order_id,)
    if step.pool.early_cancels.get(key) is None:
        step.pool.early_cancels.add(key, EarlyCancel(order_id, step.clock))
        step.closed.append(("early_cancel", key))
    step.reject("unknown_order", f"order {order_id} is not known yet; it will be accepted as cancelled")


def _report_excess(step: Step, excess: dict[int, int]) -> None:
    beyond = {number: units for number, units in excess.items() if units}
    if beyond:
        words = ", ".join(f"{units} of line {number}" for number, units in beyond.items())
        step.reject("more_than_open", f"shipped or picked or never accepted: {words}; the rest was done")


# --- amendments ---------------------------------------------------------------------------------------------


def amend_order(step: Step, event: OrderAmended) -> None:
    """First what goes down, so that others get what it frees; then what comes up, in the queue's order."""
    order = known_order(step, event.order_id)
    lines = {amended.line: step.pool.line(event.order_id, amended.line) for amended in event.lines}
    for amended in event.lines:
        if lines[amended.line] is None and amended.sku is None:
            raise Rejected("unknown_line", f"order {event.order_id} has no line {amended.line}")
    down = [a for a in event.lines if _wanted(lines[a.line]) > a.quantity]
    up = [a for a in event.lines if a.quantity > _wanted(lines[a.line])]
    if not up:
        require_open(order)
    excess: dict[int, int] = {}
    for amended in down:
        line = lines[amended.line]
        assert line is not None
        excess[amended.line] = _amend_down(step, line, amended.quantity)
    # What is left of an order that ships complete is not all of it while something is still to be added.
    step.growing = order.order_id if up else None
    settle.settle(step)
    _amend_up(step, order, lines, up)
    step.growing = None
    _report_excess(step, excess)


def _wanted(line: Line | None) -> int:
    """Units wanted in all, shipped ones included, cancelled ones not."""
    return 0 if line is None else line.ordered - line.cancelled


def _amend_down(step: Step, line: Line, quantity: int) -> int:
    if quantity == 0:
        return cancel_units(step, line, line.open, "cancelled") if line.open else 0
    units = _wanted(line) - quantity
    shippable = line.shippable
    done = give_up(step, line, units, "cancelled", "amended")
    line.ordered -= done
    line.taken_off += shippable - line.shippable
    return units - done


def _amend_up(step: Step, order: Order, lines: dict[int, Line | None], up: list[AmendedLine]) -> None:
    asked = in_turn([_asked(step, order, lines[each.line], each) for each in up], is_patient(order))
    expect_units(step, asked)
    for each, judged in zip(asked, judge_all(step, order, asked), strict=True):
        line = each.line
        if lines[line.line] is None:
            step.pool.orders.edit((order.order_id,)).lines += (line.line,)
            step.pool.add_line(line)
            take_as_judged(step, line, judged)
        else:
            step.pool.edit_line(line)
            line.ordered += judged.asked - judged.refused
            line.last_claim += 1
            accept(step, line, judged, line.last_claim, "amended")
    end_taken_over(step)


def _asked(step: Step, order: Order, known: Line | None, amended: AmendedLine) -> Asked:
    line = known or new_line(step, order, amended)
    return Asked(line, amended.quantity - _wanted(known), named_by(step, line, amended.hold_id))


# --- dates, priorities, locations ---------------------------------------------------------------------------


def reschedule_order(step: Step, event: OrderRescheduled) -> None:
    """Waiting parts take their new place in the queue; nothing that is filled is taken back."""
    order = known_order(step, event.order_id)
    changes = [] if event.lines is UNSET else event.lines
    lines = known_lines(step, event.order_id, [change.line for change in changes])
    require_open(order)
    for change in changes:
        line = lines[change.line]
        if change.location is not UNSET and not step.pool.sku(line.sku).knows(change.location):
            raise Rejected("unknown_location", f"{change.location} is not in the sourcing list of {line.sku}")
    if event.priority is not UNSET and event.priority != order.priority:
        step.pool.orders.edit((order.order_id,)).priority = event.priority
    if event.required_by is not UNSET:
        required_by = None if event.required_by is None else micros(event.required_by)
        step.pool.orders.edit((order.order_id,)).required_by = required_by
    if event.ship is not UNSET:
        change_policy(step, order, event.ship)
    for change in changes:
        _reschedule_line(step, lines[change.line], change)
    for line in step.pool.lines_of(order):
        _take_place(step, order, line)


def _reschedule_line(step: Step, line: Line, change: RescheduledLine) -> None:
    step.pool.edit_line(line)
    if change.priority is not UNSET:
        line.own_priority = change.priority
    if change.required_by is not UNSET:
        line.own_required_by = None if change.required_by is None else micros(change.required_by)
    if change.cancel_after is not UNSET:
        line.cancel_after, line.cancel_cause = micros_or_none(change.cancel_after), step.entry.id
        step.dated.append(("cancel_after", (line.order_id, line.line)))
    if change.location is not UNSET and change.location != line.location:
        _relocate(step, line, change.location)


def _relocate(step: Step, line: Line, location: str | None) -> None:
    waiting = line.waiting
    if waiting:
        step.pool.move_waiting(line, line.location, -waiting)
        step.pool.move_waiting(line, location, waiting)
    line.location = location
    for sku, _ in line.takes:
        step.replan(sku, "queue_changed")
    step.pool.requeue(line)
    step.touch_line(line)


def _take_place(step: Step, order: Order, line: Line) -> None:
    priority = order.priority if line.own_priority is None else line.own_priority
    required_by = order.required_by if line.own_required_by is None else line.own_required_by
    if (priority, required_by) != (line.priority, line.required_by):
        step.pool.edit_line(line)
        line.priority, line.required_by = priority, required_by
        look(step, line)
        step.pool.requeue(line)
        step.touch_line(line)


# --- picks --------------------------------------------------------------------------------------------------


def pick_order(step: Step, event: OrderPicked) -> None:
    """Picked units are exempt from demotion and cancel; an un-pick ends that."""
    order = known_order(step, event.order_id)
    lines = known_lines(step, event.order_id, [asked.line for asked in event.lines])
    require_open(order)
    picked: dict[tuple[int, str], int] = {}
    for asked in event.lines:
        line = lines[asked.line]
        key = (asked.line, asked.location)
        now = picked.get(key, line.picked_at(asked.location)) + asked.quantity
        if not 0 <= now <= line.allocated_at(asked.location):
            raise Rejected(
                "more_than_allocated",
                f"line {asked.line} has {line.allocated_at(asked.location)} units allocated at "
                f"{asked.location}, {line.picked_at(asked.location)} of them picked",
            )
        picked[key] = now
    for asked in event.lines:
        line = step.pool.edit_line(lines[asked.line])
        step.pool.pick(line, asked.location, asked.quantity)
        step.pool.requeue(line)
        step.touch_line(line)
    for number, line in lines.items():
        unpicked = sum(max(0, -asked.quantity) for asked in event.lines if asked.line == number)
        units = min(line.cancel_pending, unpicked)
        if units:
            line.cancel_pending -= units
            cancel_units(step, line, units, "cancelled")

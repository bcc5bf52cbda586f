"""`order.placed`: an order comes in, is judged line by line in the queue's order, and takes its places."""

from collections.abc import Iterable

from backorder.domain import net_counts
from backorder.domain.complete import is_patient, taking_order, why_passed_over
from backorder.domain.decisions import OrderRefused, Placed, RefusedLine
from backorder.domain.events import AmendedLine, OrderLine, OrderPlaced
from backorder.domain.holds import Share, end_taken_over, named_by, take_over
from backorder.domain.intake import Asked, Judgement, Taken, accept, judge, judge_all, judge_together
from backorder.domain.payments import set_payment
from backorder.domain.queue import required_by_or_never
from backorder.domain.records import Line, Order
from backorder.domain.settle import settle_touched
from backorder.domain.step import Rejected, Step
from backorder.domain.times import micros, micros_or_none


def place_order(step: Step, event: OrderPlaced) -> None:
    pool = step.pool
    step.own_order = event.order_id
    if pool.orders.get((event.order_id,)) is not None:
        raise Rejected("duplicate_order", f"order {event.order_id} was placed before")
    required_by = None if event.required_by is None else micros(event.required_by)
    numbers = tuple(line.line for line in event.lines)
    order = Order(
        event.order_id,
        event.priority,
        required_by,
        numbers,
        held=event.held,
        channel=event.channel,
        ship=event.ship,
    )
    if event.payment is not None:
        set_payment(step, order, event.payment.status, micros_or_none(event.payment.expires_at))
    atomic = all(line.backorder != "allow" for line in event.lines)
    asked = in_turn([_asked(step, order, line) for line in event.lines], atomic or is_patient(order))
    pool.orders.add((order.order_id,), order)
    for each in asked:
        pool.add_line(each.line)

    if pool.early_cancels.get((order.order_id,)) is not None:
        pool.early_cancels.remove((order.order_id,))
        _accept_as_cancelled(step, asked)
    else:
        expect_units(step, asked)
        if atomic:
            _place_atomically(step, order, asked)
        else:
            _take(step, asked, judge_all(step, order, asked))
        step.placed = [Placed(each.line.allocated, each.line.waiting, each.line.refused) for each in asked]
    end_taken_over(step)


def _take(step: Step, asked: list[Asked], judgements: Iterable[Judgement]) -> None:
    for each, judged in zip(asked, judgements, strict=True):
        take_as_judged(step, each.line, judged)


def _asked(step: Step, order: Order, asked: OrderLine) -> Asked:
    line = new_line(step, order, asked)
    return Asked(line, asked.quantity, named_by(step, line, asked.hold_id))


def new_line(step: Step, order: Order, asked: OrderLine | AmendedLine) -> Line:
    """A line with nothing ordered yet; null priority and required date are the order's."""
    if asked.cancel_after is not None:
        step.dated.append(("cancel_after", (order.order_id, asked.line)))
    own_required_by = None if asked.required_by is None else micros(asked.required_by)
    assert asked.sku is not None
    item = step.pool.sku(asked.sku).item
    return Line(
        order_id=order.order_id,
        line=asked.line,
        sku=item.sku,  # not the event's own copy, of which each line would keep one
        location=asked.location,
        may_wait=asked.backorder == "allow",
        own_priority=asked.priority,
        own_required_by=own_required_by,
        priority=order.priority if asked.priority is None else asked.priority,
        required_by=order.required_by if own_required_by is None else own_required_by,
        accepted_at=step.time,
        ordered=0,
        passed_over=why_passed_over(order),
        cancel_after=micros_or_none(asked.cancel_after),
        cancel_cause=step.entry.id,
        parts=item.components,
    )


def in_turn(asked: list[Asked], whole: bool) -> list[Asked]:
    """The order in which lines of one event take units: the queue's, but where all is taken or nothing."""
    if len(asked) == 1:
        return asked
    return sorted(asked, key=_taking_order if whole else _queue_order)


def _taking_order(asked: Asked) -> tuple[bool, int, int]:
    return taking_order(asked.line)


def _queue_order(asked: Asked) -> tuple[int, int, int]:
    line = asked.line
    return (line.priority, required_by_or_never(line), line.line)


def expect_units(step: Step, asked: list[Asked]) -> None:
    """Before lines are judged: a count that is net of open orders may have had their units already.

    Then they are on hand; and others may have been waiting for them.
    """
    if step.time > step.head.netted_until:
        return
    expected = False
    for each in asked:
        line = each.line
        if step.pool.sku(line.sku).knows(line.location):
            for sku, units in line.takes:
                expected |= net_counts.expect(step, sku, line.location, each.units * units)
    if expected:
        settle_touched(step)


def take_as_judged(step: Step, line: Line, judged: Judgement) -> None:
    """A new line gets what it was judged to get; a refused part counts as ordered and cancelled."""
    line.ordered = judged.asked
    line.cancelled = line.refused = judged.refused
    reason = "order_incomplete" if judged.cover >= judged.asked else "insufficient_stock"
    accept(step, line, judged, 1, reason)


def _accept_as_cancelled(step: Step, asked: list[Asked]) -> None:
    """It takes nothing, and nobody else will come for the units that were held for it."""
    for each in asked:
        each.line.ordered = each.line.cancelled = each.units
        if each.hold is not None:
            take_over(step, Share(each.hold, 0))


def _place_atomically(step: Step, order: Order, asked: list[Asked]) -> None:
    """An order that may not wait at all: every line is covered now, or nothing is taken."""
    alone = {each.line.line: judge(step, each) for each in asked}
    short = _short_lines(step, asked)
    if not short:
        # Together: in strict order what one takes could make a kit short that stands before the next one.
        _take(step, asked, judge_together(step, order, asked))
        return
    refused = []
    for each in sorted(asked, key=lambda each: each.line.line):
        line, units = each.line, each.units
        line.ordered = line.cancelled = line.refused = units
        refused.append(
            RefusedLine(
                line=line.line,
                sku=line.sku,
                asked=units,
                available=alone[line.line].available,
                refused=units,
                reason=alone[line.line].reason if line.line in short else "order_refused",
            )
        )
    total = sum(each.units for each in asked)
    before = {"asked": total, "short_lines": len(short)}
    after = {"refused": total}
    step.emit(order.order_id, OrderRefused(order.order_id, refused, "all_or_nothing", before, after))


def _short_lines(step: Step, asked: list[Asked]) -> set[int]:
    """Lines that could not be covered after the lines before them have taken theirs."""
    taken = Taken()
    short = set()
    for each in asked:
        judged = judge(step, each, taken)
        if judged.refused:
            short.add(each.line.line)
        else:
            taken.add(each.line, judged)
    return short

"""`order.placed`: an order comes in, is judged line by line in the queue's order, and takes its places."""

from backorder.domain.complete import why_passed_over
from backorder.domain.decisions import OrderRefused, RefusedLine
from backorder.domain.events import AmendedLine, OrderLine, OrderPlaced
from backorder.domain.intake import Judgement, accept, judge, judge_all, open_sources
from backorder.domain.payments import set_payment
from backorder.domain.records import Line, Order
from backorder.domain.step import Rejected, Step
from backorder.domain.times import NEVER, micros, micros_or_none


def place_order(step: Step, event: OrderPlaced) -> None:
    pool = step.pool
    step.own_order = event.order_id
    if pool.orders.get((event.order_id,)) is not None:
        raise Rejected("duplicate_order", f"order {event.order_id} was placed before")
    required_by = None if event.required_by is None else micros(event.required_by)
    numbers = [line.line for line in event.lines]
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
    lines = in_queue_order([new_line(step, order, line) for line in event.lines])
    asked = {line.line: line.quantity for line in event.lines}
    pool.orders.add((order.order_id,), order)
    for line in lines:
        pool.add_line(line)

    if pool.early_cancels.get((order.order_id,)) is not None:
        pool.early_cancels.remove((order.order_id,))
        _accept_as_cancelled(step, lines, asked)
    elif all(not line.may_wait for line in lines):
        _place_atomically(step, order, lines, asked)
    else:
        _take_in(step, order, lines, asked)


def new_line(step: Step, order: Order, asked: OrderLine | AmendedLine) -> Line:
    """A line with nothing ordered yet; null priority and required date are the order's."""
    if asked.cancel_after is not None:
        step.dated.append(("cancel_after", (order.order_id, asked.line)))
    own_required_by = None if asked.required_by is None else micros(asked.required_by)
    assert asked.sku is not None
    return Line(
        order_id=order.order_id,
        line=asked.line,
        sku=asked.sku,
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
    )


def in_queue_order(lines: list[Line]) -> list[Line]:
    """The order in which lines of one event take units: the queue's."""
    if len(lines) == 1:
        return lines
    return sorted(
        lines,
        key=lambda line: (
            line.priority,
            line.required_by if line.required_by is not None else NEVER,
            line.line,
        ),
    )


def _take_in(step: Step, order: Order, lines: list[Line], asked: dict[int, int]) -> None:
    judgements = judge_all(step, order, [(line, asked[line.line]) for line in lines])
    for line, judged in zip(lines, judgements, strict=True):
        take_as_judged(step, line, judged)


def take_as_judged(step: Step, line: Line, judged: Judgement) -> None:
    """A new line: a refused part counts as ordered and cancelled."""
    line.ordered = judged.asked
    line.cancelled = line.refused = judged.refused
    reason = "order_incomplete" if judged.cover >= judged.asked else "insufficient_stock"
    accept(step, line, judged, 1, reason)


def _accept_as_cancelled(step: Step, lines: list[Line], asked: dict[int, int]) -> None:
    for line in lines:
        line.ordered = line.cancelled = asked[line.line]


def _place_atomically(step: Step, order: Order, lines: list[Line], asked: dict[int, int]) -> None:
    """An order that may not wait at all: every line is covered now, or nothing is taken."""
    alone = {line.line: judge(step, line, asked[line.line]) for line in lines}
    short = _short_lines(step, lines, asked)
    if not short:
        _take_in(step, order, lines, asked)
        return
    for line in lines:
        line.ordered = line.cancelled = line.refused = asked[line.line]
    refused = [
        RefusedLine(
            line=line.line,
            sku=line.sku,
            asked=asked[line.line],
            available=alone[line.line].available,
            refused=asked[line.line],
            reason=alone[line.line].reason if line.line in short else "order_refused",
        )
        for line in sorted(lines, key=lambda line: line.line)
    ]
    before = {"asked": sum(asked.values()), "short_lines": len(short)}
    after = {"refused": sum(asked.values())}
    step.emit(order.order_id, OrderRefused(order.order_id, refused, "all_or_nothing", before, after))


def _short_lines(step: Step, lines: list[Line], asked: dict[int, int]) -> set[int]:
    """Lines that could not be covered after the lines before them have taken theirs."""
    free: dict[tuple[str, str], int] = {}
    short = set()
    for line in lines:
        sku = step.pool.sku(line.sku)
        may_take = sku.knows(line.location) and not sku.item.unsettled
        left = asked[line.line]
        takes = {}
        for source in open_sources(step, sku, line) if may_take else ():
            there = free.get((line.sku, source), sku.free(source))
            takes[source] = min(left, there)
            left -= takes[source]
        if left:
            short.add(line.line)
            continue
        for source, units in takes.items():
            there = free.get((line.sku, source), sku.free(source))
            free[line.sku, source] = there - units
    return short

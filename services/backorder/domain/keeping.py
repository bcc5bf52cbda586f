"""Orders that are held and resumed."""

from backorder.domain.events import OrderHeld, OrderResumed
from backorder.domain.releasing import withdraw_unpicked
from backorder.domain.step import Step, known_order, require_open


def hold_order(step: Step, event: OrderHeld) -> None:
    """The order keeps its place and its stock; what is released and not picked is withdrawn."""
    order = known_order(step, event.order_id)
    require_open(order)
    if not order.held:
        step.pool.orders.edit((order.order_id,)).held = True
    for line in step.pool.lines_of(order):
        if line.open:
            step.pool.edit_line(line)
            withdraw_unpicked(step, line, "held")


def resume_order(step: Step, event: OrderResumed) -> None:
    """What is allocated is released again."""
    order = known_order(step, event.order_id)
    require_open(order)
    if order.held:
        step.pool.orders.edit((order.order_id,)).held = False
    for line in step.pool.lines_of(order):
        if line.open:
            step.pool.edit_line(line)

"""Orders whose payment is our concern: nothing is released before it is authorized.

When stock is assigned and the authorization is missing, or ends before the goods could leave, somebody is
asked to authorize again. Without an answer within the grace time, or when the payment fails, what is not
picked goes to the next; the order keeps its place, and takes part again once it is authorized. Capturing
money is not ours.
"""

from backorder.domain.completing import give_away, stand
from backorder.domain.dates import Date
from backorder.domain.events import OrderPaymentChanged
from backorder.domain.notices import say_notice
from backorder.domain.policies import smallest
from backorder.domain.pool import Pool
from backorder.domain.records import Line, Order
from backorder.domain.releasing import withdraw_unpicked
from backorder.domain.step import Step, known_order, require_open
from backorder.domain.table import Key
from backorder.domain.times import DAY, micros_or_none

AUTHORIZED, FAILED, EXPIRED = "authorized", "failed", "expired"


def change_payment(step: Step, event: OrderPaymentChanged) -> None:
    order = known_order(step, event.order_id)
    require_open(order)
    set_payment(step, order, event.status, micros_or_none(event.expires_at))
    if order.payment == FAILED:
        _lapse(step, order)
        return
    for line in step.pool.lines_of(order):
        # Also what is closed: a void may open it again.
        stand(step, order, step.pool.edit_line(line))
        if order.payment != AUTHORIZED:
            withdraw_unpicked(step, line, "payment")


def set_payment(step: Step, order: Order, status: str, expires_at: int | None) -> None:
    """The word of the platform; what was asked before is answered by it."""
    key = (order.order_id,)
    if step.pool.orders.get(key) is not None:
        step.pool.orders.edit(key)
    over = status == AUTHORIZED and expires_at is not None and expires_at <= step.time
    order.payment = EXPIRED if over else status
    order.payment_expires_at, order.payment_cause = expires_at, step.entry.id
    order.asked_to_pay, order.ask_to_pay_at, order.pay_until = False, None, None
    order.lapsed = False
    step.dated.append(("payment_expires", key))


# --- at the end of an event ---------------------------------------------------------------------------------


def look_after(step: Step, order: Order) -> None:
    """Asks for an authorization, once, when stock is assigned to the order; or notes when to ask."""
    if order.asked_to_pay or order.ask_to_pay_at is not None or order.payment == FAILED:
        return
    if order.payment == AUTHORIZED and order.payment_expires_at is None:
        return
    assigned = _assigned(step.pool, order)
    if assigned is None:
        return
    if order.payment == AUTHORIZED:
        assert order.payment_expires_at is not None
        ask_at = order.payment_expires_at - smallest(step.pool, order, "ship_lead_days") * DAY
        if ask_at > step.time:
            step.pool.orders.edit((order.order_id,)).ask_to_pay_at = ask_at
            step.dated.append(("payment_ending", (order.order_id,)))
            return
    _ask(step, order, assigned)


def _by_number(pool: Pool, order: Order) -> list[Line]:
    return sorted((line for line in pool.lines_of(order) if line.open), key=lambda line: line.line)


def _assigned(pool: Pool, order: Order) -> Line | None:
    """The first line that has units."""
    return next((line for line in _by_number(pool, order) if line.allocated), None)


def _ask(step: Step, order: Order, assigned: Line) -> None:
    key = (order.order_id,)
    order = step.pool.orders.edit(key)
    order.asked_to_pay, order.ask_to_pay_at = True, None
    order.pay_until = step.time + smallest(step.pool, order, "payment_grace_days") * DAY
    step.dated.append(("payment_grace", key))
    say_notice(step, "reauthorize_payment", assigned, assigned.allocated, expires_at=order.payment_expires_at)


# --- dates --------------------------------------------------------------------------------------------------


def expiry_date(pool: Pool, order: Order) -> Date | None:
    """When an authorization ends."""
    if order.payment != AUTHORIZED or order.payment_expires_at is None:
        return None
    return Date(order.payment_expires_at, order.payment_cause)


def expire(step: Step, key: Key) -> None:
    order = step.pool.orders.edit(key)
    step.own_order = order.order_id
    order.payment = EXPIRED
    for line in _by_number(step.pool, order):
        withdraw_unpicked(step, step.pool.edit_line(line), "payment")


def ending_date(pool: Pool, order: Order) -> Date | None:
    """When an authorization is about to end, and a new one has to be asked for."""
    return None if order.ask_to_pay_at is None else Date(order.ask_to_pay_at, order.payment_cause)


def near_the_end(step: Step, key: Key) -> None:
    order = step.pool.orders.edit(key)
    order.ask_to_pay_at = None
    assigned = _assigned(step.pool, order)
    if assigned is not None:
        _ask(step, order, assigned)


def grace_date(pool: Pool, order: Order) -> Date | None:
    """When stock is no longer kept for an order that was asked for an authorization."""
    return None if order.pay_until is None else Date(order.pay_until, order.payment_cause)


def end_grace(step: Step, key: Key) -> None:
    """Without an answer the stock goes to the next; an authorization that has not ended yet is waited out."""
    order = step.pool.orders.edit(key)
    step.own_order = order.order_id
    if order.payment == AUTHORIZED:
        order.pay_until = order.payment_expires_at
        step.dated.append(("payment_grace", key))
        return
    order.pay_until = None
    _lapse(step, order)


def _lapse(step: Step, order: Order) -> None:
    """What is not picked goes to the next; the order keeps its place and is passed over."""
    order.lapsed = True
    for line in step.pool.lines_of(order):
        stand(step, order, step.pool.edit_line(line))
        give_away(step, line, "payment", "payment")

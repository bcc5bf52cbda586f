"""Advance shipping notices: what of a purchase line is on a truck, and when that arrives."""

from backorder.domain.dates import Date
from backorder.domain.events import ShipmentAnnounced
from backorder.domain.pool import Pool
from backorder.domain.promise_records import Announced
from backorder.domain.records import PurchaseLine
from backorder.domain.step import Rejected, Step
from backorder.domain.supply import parts_of
from backorder.domain.table import Key
from backorder.domain.times import micros


def announce_shipment(step: Step, event: ShipmentAnnounced) -> None:
    """The notice's date replaces the purchase line's for the announced quantity.

    A notice that is known already is replaced as a whole; what has been received of it stays received.
    """
    purchase = step.pool.purchases.get((event.purchase_order_id,))
    if purchase is None:
        raise Rejected("unknown_purchase", f"purchase {event.purchase_order_id} is not known")
    announced = {line.line: line.quantity for line in event.lines}
    for number in announced:
        if number not in purchase.lines:
            raise Rejected("unknown_line", f"purchase {event.purchase_order_id} has no line {number}")
    for number in purchase.lines:
        line = step.pool.purchase_lines.rows[event.purchase_order_id, number]
        before = _first_date(line)
        units = announced.get(number, 0)
        if not units and all(known.notice_id != event.notice_id for known in line.announced):
            continue
        step.pool.purchase_lines.edit((line.purchase_order_id, line.line))
        _announce(line, event.notice_id, units, micros(event.expected_at), step.entry.id)
        later = _first_date(line) > before
        supply_changed(step, line, "supply_slipped" if later else "supply_planned")


def _announce(line: PurchaseLine, notice_id: str, units: int, at: int, cause: str) -> None:
    """Units that no notice has named yet come first, then those of others, the latest to arrive first."""
    known = next((each for each in line.announced if each.notice_id == notice_id), None)
    received = 0 if known is None else known.received
    others = [each for each in line.announced if each.notice_id != notice_id]
    left = min(max(0, units - received), line.open)
    over = left + sum(each.quantity - each.received for each in others) - line.open
    for each in sorted(others, key=lambda each: (each.expected_at, each.notice_id), reverse=True):
        taken = min(max(0, over), each.quantity - each.received)
        each.quantity -= taken
        over -= taken
    line.announced = [each for each in others if each.quantity]
    if received + left:
        line.announced.append(Announced(notice_id, at, received + left, received, cause))


def receive_announced(line: PurchaseLine, units: int) -> None:
    """Received units are those of the earliest notices."""
    for notice in sorted(line.announced, key=lambda notice: (notice.expected_at, notice.notice_id)):
        came = min(units, notice.quantity - notice.received)
        notice.received += came
        units -= came


def _first_date(line: PurchaseLine) -> int:
    return max((at for at, _, _ in parts_of(line)), default=0)


def supply_changed(step: Step, line: PurchaseLine, reason: str) -> None:
    """What is to come of a purchase line changed, in units or dates; promises are looked at again.

    A date that is past already is overdue from the start. `reason`: what a promise that changes says.
    """
    now = max(step.time, step.clock)
    past = [(at, cause) for at, _, cause in parts_of(line) if at <= now]
    line.overdue_to = max([line.overdue_to, *(at for at, _ in past)])
    if reason == "supply_planned" and any(cause == step.entry.id for _, cause in past):
        reason = "supply_slipped"  # brought forward into the past, it is promised to nobody
    if step.pool.note_supply(line):
        step.replan(line.sku, reason)
        if line.pegged_to is not None:
            step.recheck[line.pegged_to] = None
    step.dated.append(("supply", (line.purchase_order_id, line.line)))
    step.touch(line.sku)


def next_date(pool: Pool, line: PurchaseLine) -> Date | None:
    """When the next part of a purchase line should have arrived."""
    return min(
        (Date(at, cause) for at, _, cause in parts_of(line) if at > line.overdue_to),
        default=None,
    )


def slip(step: Step, key: Key) -> None:
    """What should have arrived has not: it stays on order, but nobody is promised it any more."""
    supply_changed(step, step.pool.purchase_lines.edit(key), "supply_slipped")

"""Units move between two locations: gone from the sender, in transit, then the receiver's.

What was dispatched and has not arrived stays in transit, however long it takes: only word of its arrival,
there or somewhere else, ends it.
"""

from backorder.domain.events import StockTransferred
from backorder.domain.goods import is_counted, may_go_below, move, set_unavailable
from backorder.domain.step import Rejected, Step
from backorder.domain.times import micros
from backorder.domain.transfer_records import Transfer, Underway
from backorder.domain.transit import transit_changed


def transfer_stock(step: Step, event: StockTransferred) -> None:
    """A part of a transfer left or arrived. A transfer of several SKUs is one of each."""
    transfer = step.pool.transfers.get((event.transfer_id, event.sku))
    if event.phase == "dispatched":
        if transfer is not None and event.part in transfer.dispatched:
            raise _duplicate(event)
        _require_there(step, event)
        _dispatch(step, transfer, event)
        return
    if transfer is None:
        raise Rejected(
            "unknown_transfer", f"nothing of {event.sku} was dispatched by transfer {event.transfer_id}"
        )
    if event.part in transfer.received:
        raise _duplicate(event)
    _receive(step, transfer, event)


def _duplicate(event: StockTransferred) -> Rejected:
    return Rejected(
        "duplicate_transfer",
        f"part {event.part} of transfer {event.transfer_id} was {event.phase} already for {event.sku}",
    )


def _require_there(step: Step, event: StockTransferred) -> None:
    """Sellable units leave, whoever has them; a dispatch that the last count has seen is not judged."""
    if may_go_below(step, event.sku) or is_counted(step, event.sku, event.from_location):
        return
    row = step.pool.stock.get((event.sku, event.from_location))
    sellable = 0 if row is None else max(0, row.sellable)
    if event.quantity > sellable:
        raise Rejected(
            "not_on_hand", f"{event.quantity} units dispatched, {sellable} are at {event.from_location}"
        )


def _dispatch(step: Step, transfer: Transfer | None, event: StockTransferred) -> None:
    key = (event.transfer_id, event.sku)
    if transfer is None:
        transfer = step.pool.transfers.add(key, Transfer(event.transfer_id, event.sku))
    step.pool.transfers.edit(key)
    transfer.closed_at = None
    transfer.dispatched.append(event.part)
    expected_at = None if event.expected_at is None else micros(event.expected_at)
    left = Underway(event.to_location, event.quantity, expected_at, event.part, step.entry.id)
    transfer.underway.append(left)
    sender = move(step, event.sku, event.from_location, -event.quantity)
    set_unavailable(sender, sender.unavailable)
    sender.transferred -= event.quantity
    receiver = step.pool.row(event.sku, event.to_location)
    receiver.transferred += event.quantity
    receiver.in_transit += event.quantity
    transit_changed(step, transfer, "supply_planned")


def _receive(step: Step, transfer: Transfer, event: StockTransferred) -> None:
    """The units are there, whatever was underway: first what was sent here, then what was sent elsewhere."""
    step.pool.transfers.edit((event.transfer_id, event.sku))
    transfer.received.append(event.part)
    row = move(step, event.sku, event.to_location, event.quantity)
    step.docks.add((event.sku, event.to_location))
    was_sent_here = sum(part.quantity for part in transfer.underway if part.location == event.to_location)
    left = _arrive(step, transfer, event)
    row.received += left
    if left:
        figures = {"received": event.quantity, "expected": event.quantity - left}
        step.discrepancy(event.sku, event.to_location, "over_receipt", left, figures)
    reason = _redate(step, transfer, event)
    if event.quantity - left > was_sent_here:
        reason = "supply_cancelled"  # the others were sent to somewhere else, and do not come there now
    transit_changed(step, transfer, reason)
    if not transfer.underway and transfer.closed_at is None:
        transfer.closed_at = step.clock
        step.closed.append(("transfer", (event.transfer_id, event.sku)))


def _redate(step: Step, transfer: Transfer, event: StockTransferred) -> str:
    """The date with an arrival is that of what is still underway to there; says why promises change by it."""
    reason = "queue_changed"
    at = None if event.expected_at is None else micros(event.expected_at)
    for part in transfer.underway:
        if at is None or part.location != event.to_location or part.expected_at == at:
            continue
        is_later = part.expected_at is not None and at > part.expected_at
        reason = "supply_slipped" if is_later or reason == "supply_slipped" else "supply_planned"
        part.expected_at, part.expected_by = at, step.entry.id
    return reason


def _arrive(step: Step, transfer: Transfer, event: StockTransferred) -> int:
    """Takes what came off what is underway: what was sent there, of it the part of the same number, then the
    earliest dispatched; returns what is left."""
    location, left = event.to_location, event.quantity
    by_rank = sorted(transfer.underway, key=lambda part: (part.location != location, part.part != event.part))
    for part in by_rank:
        arrived = min(left, part.quantity)
        if arrived:
            part.quantity -= arrived
            left -= arrived
            sent_to = step.pool.row(transfer.sku, part.location)
            sent_to.in_transit -= arrived
            sent_to.transferred -= arrived
            step.pool.row(transfer.sku, location).transferred += arrived
    transfer.underway = [part for part in transfer.underway if part.quantity]
    return left

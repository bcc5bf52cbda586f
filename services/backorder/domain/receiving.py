"""Purchases, receipts and their reversal: topic `receiving`."""

from msgspec import UNSET

from backorder.domain.announcing import receive_announced, supply_changed
from backorder.domain.events import (
    GoodsReceiptReversed,
    GoodsReceived,
    PurchaseCancelled,
    PurchaseChanged,
    PurchasePlaced,
    ReceivedLine,
)
from backorder.domain.goods import move, set_unavailable
from backorder.domain.inventory import UNAVAILABLE
from backorder.domain.pegs import serve_pegs
from backorder.domain.records import Purchase, PurchaseLine, Receipt, ReceivedUnits
from backorder.domain.step import Rejected, Step
from backorder.domain.times import micros

# --- purchases ----------------------------------------------------------------------------------------------


def place_purchase(step: Step, event: PurchasePlaced) -> None:
    pool = step.pool
    if pool.purchases.get((event.purchase_order_id,)) is not None:
        raise Rejected("duplicate_purchase", f"purchase {event.purchase_order_id} was placed before")
    numbers = sorted(line.line for line in event.lines)
    pool.purchases.add((event.purchase_order_id,), Purchase(event.purchase_order_id, numbers))
    for asked in event.lines:
        line = PurchaseLine(
            purchase_order_id=event.purchase_order_id,
            line=asked.line,
            sku=asked.sku,
            location=asked.location,
            quantity=asked.quantity,
            open=0,
            expected_at=None if asked.expected_at is None else micros(asked.expected_at),
            pegged_to=None if asked.pegged_to is None else (asked.pegged_to.order_id, asked.pegged_to.line),
            expected_by=step.entry.id,
        )
        pool.purchase_lines.add((event.purchase_order_id, asked.line), line)
        _set_open(step, line, asked.quantity, "supply_planned")


def change_purchase(step: Step, event: PurchaseChanged) -> None:
    lines = _known_purchase_lines(step, event.purchase_order_id, [change.line for change in event.lines])
    for change, line in zip(event.lines, lines, strict=True):
        step.pool.purchase_lines.edit((line.purchase_order_id, line.line))
        still_open, expected_at = line.open, line.expected_at
        if change.expected_at is not UNSET:
            expected_at = None if change.expected_at is None else micros(change.expected_at)
        if change.quantity is not None:
            line.quantity = change.quantity
            still_open = max(0, change.quantity - line.received)
        reason = _why_promises_change(line, still_open, expected_at)
        if expected_at != line.expected_at:
            line.expected_at, line.expected_by = expected_at, step.entry.id
        _set_open(step, line, still_open, reason)
    _close_or_open(step, event.purchase_order_id)


def _why_promises_change(line: PurchaseLine, still_open: int, expected_at: int | None) -> str:
    """What a promise says that changes because its purchase line does."""
    if still_open < line.open:
        return "supply_cancelled"
    if line.expected_at is not None and (expected_at is None or expected_at > line.expected_at):
        return "supply_slipped"
    return "supply_planned"


def cancel_purchase(step: Step, event: PurchaseCancelled) -> None:
    numbers = None if event.lines is None else [cancelled.line for cancelled in event.lines]
    for line in _known_purchase_lines(step, event.purchase_order_id, numbers):
        _set_open(step, line, 0, "supply_cancelled")
    _close_or_open(step, event.purchase_order_id)


def _known_purchase_lines(step: Step, purchase_id: str, numbers: list[int] | None) -> list[PurchaseLine]:
    purchase = step.pool.purchases.get((purchase_id,))
    if purchase is None:
        raise Rejected("unknown_purchase", f"purchase {purchase_id} is not known")
    lines = []
    for number in purchase.lines if numbers is None else numbers:
        line = step.pool.purchase_lines.get((purchase_id, number))
        if line is None:
            raise Rejected("unknown_line", f"purchase {purchase_id} has no line {number}")
        lines.append(line)
    return lines


def _set_open(step: Step, line: PurchaseLine, units: int, reason: str) -> None:
    """What is still to come of a purchase line; the stock row's `on_order` and the promises follow."""
    step.pool.purchase_lines.edit((line.purchase_order_id, line.line))
    step.pool.row(line.sku, line.location).on_order += units - line.open
    line.open = units
    supply_changed(step, line, reason)


def _close_or_open(step: Step, purchase_id: str) -> None:
    """A purchase is closed while nothing of it is to come; the clock of closing counts for forgetting."""
    purchase = step.pool.purchases.edit((purchase_id,))
    lines = [step.pool.purchase_lines.rows[purchase_id, number] for number in purchase.lines]
    if any(line.open for line in lines):
        purchase.closed_at = None
    elif purchase.closed_at is None:
        purchase.closed_at = step.clock
        step.closed.append(("purchase", (purchase_id,)))


# --- receipts -----------------------------------------------------------------------------------------------


def receive_goods(step: Step, event: GoodsReceived) -> None:
    """Accepted units are on hand; what is pegged is served first, the rest goes to the queue."""
    pool = step.pool
    if pool.receipts.get((event.receipt_id,)) is not None:
        raise Rejected("duplicate_receipt", f"receipt {event.receipt_id} is known already")
    purchase_id = event.purchase_order_id
    known = purchase_id is not None and pool.purchases.get((purchase_id,)) is not None
    receipt = Receipt(event.receipt_id, purchase_id, [], None if known else step.clock)
    for line in event.lines:
        receipt.lines.append(_receive_line(step, purchase_id, line))
    pool.receipts.add((event.receipt_id,), receipt)
    serve_pegs(step, receipt)
    if known:
        assert purchase_id is not None
        pool.purchases.edit((purchase_id,)).receipts.append(event.receipt_id)
        _close_or_open(step, purchase_id)
    else:
        step.closed.append(("receipt", (event.receipt_id,)))


def _receive_line(step: Step, purchase_id: str | None, line: ReceivedLine) -> ReceivedUnits:
    units = ReceivedUnits(line.sku, line.location, line.quantity, line.condition)
    unavailable = line.condition == UNAVAILABLE
    row = move(step, line.sku, line.location, line.quantity, unavailable)
    row.received += line.quantity
    step.docks.add((line.sku, line.location))
    if unavailable:
        set_unavailable(row, row.unavailable + line.quantity)
    if purchase_id is None:
        return units
    left, expected = line.quantity, 0
    bought = _purchase_lines_of(step, purchase_id, line)
    for purchase_line in bought:
        part = left if purchase_line is bought[-1] else min(left, purchase_line.open)
        left -= part
        expected += _receive_against(step, purchase_line, part, line, units)
    if line.quantity > expected:
        over = line.quantity - expected
        figures = {"received": line.quantity, "expected": expected}
        step.discrepancy(line.sku, line.location, "over_receipt", over, figures)
    return units


def _purchase_lines_of(step: Step, purchase_id: str, line: ReceivedLine) -> list[PurchaseLine]:
    """The purchase lines that a received line is for; without a number, those of its SKU and location."""
    purchase = step.pool.purchases.get((purchase_id,))
    if purchase is None:
        return []
    numbers = purchase.lines if line.line is None else [line.line]
    found = [step.pool.purchase_lines.get((purchase_id, number)) for number in numbers]
    return [
        bought
        for bought in found
        if bought is not None
        and bought.sku == line.sku
        and (line.line is not None or bought.location == line.location)
    ]


def _receive_against(
    step: Step, bought: PurchaseLine, units: int, line: ReceivedLine, noted: ReceivedUnits
) -> int:
    """Lowers what is open of a purchase line; returns the units that were still expected of it."""
    step.pool.purchase_lines.edit((bought.purchase_order_id, bought.line))
    lowered = min(units, bought.open)
    left_open = 0 if line.final else bought.open - lowered
    noted.received.append((bought.line, units))
    noted.lowered.append((bought.line, bought.open - left_open))
    receive_announced(bought, lowered)
    reason = "queue_changed" if left_open == bought.open - lowered else "supply_cancelled"
    _set_open(step, bought, left_open, reason)
    bought.received += units
    return lowered


def reverse_receipt(step: Step, event: GoodsReceiptReversed) -> None:
    """The goods did leave again: on hand may go below 0; purchase lines open by what it had lowered."""
    pool = step.pool
    receipt = pool.receipts.get((event.receipt_id,))
    if receipt is None:
        raise Rejected("unknown_receipt", f"receipt {event.receipt_id} is not known")
    if receipt.reversed:
        raise Rejected("already_reversed", f"receipt {event.receipt_id} was reversed before")
    pool.receipts.edit((event.receipt_id,)).reversed = True
    for units in receipt.lines:
        unavailable = units.condition == UNAVAILABLE
        row = move(step, units.sku, units.location, -units.quantity, unavailable)
        row.reversed += units.quantity
        set_unavailable(row, row.unavailable - (units.quantity if unavailable else 0))
        _open_again(step, receipt.purchase_order_id, units)
    purchase_id = receipt.purchase_order_id
    if purchase_id is not None and pool.purchases.get((purchase_id,)) is not None:
        _close_or_open(step, purchase_id)


def _open_again(step: Step, purchase_id: str | None, units: ReceivedUnits) -> None:
    for number, received in units.received:
        line = step.pool.purchase_lines.get((purchase_id, number))
        if line is not None:
            step.pool.purchase_lines.edit((purchase_id, number)).received -= received
    for number, lowered in units.lowered:
        line = step.pool.purchase_lines.get((purchase_id, number))
        if line is not None:
            # A purchase that was changed to less since has less to come.
            most = line.quantity - line.received
            _set_open(step, line, max(line.open, min(line.open + lowered, most)), "supply_planned")

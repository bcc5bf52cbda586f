"""When goods in transit should arrive: promises may rest on it until the date passes."""

from backorder.domain.dates import Date
from backorder.domain.pool import Pool
from backorder.domain.step import Step
from backorder.domain.table import Key
from backorder.domain.transfer_records import Transfer


def transit_changed(step: Step, transfer: Transfer, reason: str) -> None:
    """What is underway changed, in units or dates; promises are looked at again.

    A date that is past already is overdue from the start. `reason`: what a promise that changes says.
    """
    now = max(step.time, step.clock)
    for part in transfer.underway:
        if part.expected_at is not None and part.overdue_to < part.expected_at <= now:
            part.overdue_to = part.expected_at
            if reason == "supply_planned" and part.expected_by == step.entry.id:
                reason = "supply_slipped"  # brought forward into the past, it is promised to nobody
    if step.pool.note_underway(transfer):
        step.replan(transfer.sku, reason)
    step.dated.append(("transit", (transfer.transfer_id, transfer.sku)))
    step.touch(transfer.sku)


def next_date(_: Pool, transfer: Transfer) -> Date | None:
    """When the next part of a transfer should have arrived."""
    return min(
        (
            Date(part.expected_at, part.expected_by)
            for part in transfer.underway
            if part.expected_at is not None and part.expected_at > part.overdue_to
        ),
        default=None,
    )


def slip(step: Step, key: Key) -> None:
    """What should have arrived has not: it stays in transit, but nobody is promised it any more."""
    transit_changed(step, step.pool.transfers.edit(key), "supply_slipped")

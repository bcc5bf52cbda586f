"""Units that were bought for an order line go to it first; nobody else has them before it had its turn."""

from collections import Counter

from backorder.domain.filling import fill_claim
from backorder.domain.inventory import UNAVAILABLE
from backorder.domain.pool import Pool
from backorder.domain.queue import claim_key
from backorder.domain.records import Line, Receipt
from backorder.domain.settle import others_first
from backorder.domain.step import Step

Units = Counter[tuple[str, str]]
"""By SKU and location."""


def serve_pegs(step: Step, receipt: Receipt) -> None:
    """All of the receipt is there by now: a kit may need several parts of it."""
    pegs = _pegs(step.pool, receipt)
    for units in pegs.values():
        _set_aside(step, units, 1)
    for pegged_to, units in pegs.items():
        line = step.pool.line(*pegged_to)
        if line is not None:
            _serve(step, line, units)
        _set_aside(step, units, -1)


def _pegs(pool: Pool, receipt: Receipt) -> dict[tuple[str, int], Units]:
    """By order line what came in that was bought for it."""
    pegs: dict[tuple[str, int], Units] = {}
    for came in receipt.lines:
        for number, quantity in came.received if came.condition != UNAVAILABLE else ():
            pegged_to = pool.purchase_lines.rows[receipt.purchase_order_id, number].pegged_to
            if pegged_to is not None:
                pegs.setdefault(pegged_to, Counter())[came.sku, came.location] += quantity
    return pegs


def _set_aside(step: Step, units: Units, sign: int) -> None:
    """Out of everybody's reach, or not any more."""
    for (sku, location), quantity in units.items():
        step.pool.row(sku, location).held += sign * quantity


def _serve(step: Step, line: Line, units: Units) -> None:
    wanted = step.pool.wanted(line)
    for claim in line.claims:
        for sku, location in list(units):
            each = line.takes_of(sku)
            if not each or location not in wanted.usable(line.location):
                continue
            # Before a kit takes the other components, who wants them and is before it has them.
            if line.parts and not others_first(step, line, sku, claim_key(line, claim)):
                return
            _set_aside(step, units, -1)
            limit = min(units[sku, location] // each, wanted.free(location))
            if limit and claim.waiting and limit >= wanted.queue.least(claim.waiting):
                step.pool.edit_line(line)
                step.touch_line(line)
                filled = fill_claim(step, line, claim, "pegged", location, limit)
                for part, quantity in line.takes:
                    units[part, location] -= min(units[part, location], filled * quantity)
            _set_aside(step, units, 1)

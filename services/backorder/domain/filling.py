"""Waiting units of a claim are covered from what is free."""

from backorder.domain import decisions as d
from backorder.domain.backorders import say_filled
from backorder.domain.records import Claim, Line
from backorder.domain.step import Step


def fill_claim(
    step: Step, line: Line, claim: Claim, rule: str, location: str | None = None, limit: int | None = None
) -> int:
    """Covers as much of a waiting claim as is free, at most `limit`; returns the units.

    With `location`, only from there; else from the line's locations in order of preference.
    """
    pool = step.pool
    sku = pool.wanted(line)
    wanted = claim.waiting if limit is None else min(claim.waiting, limit)
    taken = 0
    for source in sku.usable(line.location) if location is None else (location,):
        free = sku.free(source)
        units = min(wanted - taken, free)
        if units <= 0:
            continue
        cover(step, line, claim, source, units, rule, {"waiting": line.waiting, "free": free})
        taken += units
    pool.requeue(line)
    return taken


def cover(
    step: Step, line: Line, claim: Claim, location: str, units: int, rule: str, before: d.Figures
) -> None:
    """Waiting units of a claim get units that are there for them. The caller requeues the line."""
    step.pool.wait(line, claim, -units)
    step.pool.allocate(line, claim, location, units)
    key = (line.order_id, line.line, location)
    step.from_queue[key] = step.from_queue.get(key, 0) + units
    say_filled(step, line, units, location, rule, before)

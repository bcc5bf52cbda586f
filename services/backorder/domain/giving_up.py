"""Open units leave a line: cancels, amendments down, the remainder of a closed order."""

from backorder.domain.backorders import close_backorder
from backorder.domain.dates import Date
from backorder.domain.pool import Pool
from backorder.domain.queue import unpicked
from backorder.domain.records import Line
from backorder.domain.releasing import withdraw_surplus
from backorder.domain.step import Step
from backorder.domain.table import Key


def give_up(step: Step, line: Line, units: int, outcome: str, reason: str) -> int:
    """Takes up to `units` off the line's open units and returns how many.

    Waiting units go first, then allocated ones that are not picked; in each case the latest claims first.
    The caller says whether they count as cancelled or were never ordered.
    """
    pool = step.pool
    pool.edit_line(line)
    before = {"waiting": line.waiting, "allocated": line.allocated}
    left = units
    for claim in reversed(line.claims):
        part = min(left, claim.waiting)
        if part:
            pool.wait(line, claim, -part)
            left -= part
    for claim in reversed(line.claims):
        for location in reversed(list(claim.allocated)):
            part = min(left, unpicked(line, claim, location))
            if part:
                pool.deallocate(line, claim, location, part)
                withdraw_surplus(step, line, location, reason)
                left -= part
    pool.drop_empty_claims(line)
    pool.requeue(line)
    if before["waiting"] and not line.waiting:
        close_backorder(step, line, outcome, reason, before)
    step.touch_line(line)
    return units - left


def cancel_date(pool: Pool, line: Line) -> Date | None:
    """When what still waits of a line is cancelled."""
    return None if line.cancel_after is None else Date(line.cancel_after, line.cancel_cause)


def cancel_waiting(step: Step, key: Key) -> None:
    """The longest wait is over: what still waits is cancelled."""
    line = step.pool.edit_line(step.pool.lines.rows[key])
    step.own_order = line.order_id
    line.cancel_after = None
    if line.waiting:
        cancel_units(step, line, line.waiting, "expired")


def cancel_units(step: Step, line: Line, units: int, outcome: str) -> int:
    """Cancels up to `units`; what meets picked units is remembered until they are un-picked.

    Returns the units that could not be cancelled now.
    """
    done = give_up(step, line, units, outcome, outcome)
    line.cancelled += done
    rest = units - done
    line.cancel_pending = min(line.cancel_pending + rest, line.picked)
    return rest

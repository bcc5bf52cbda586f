"""Lines that are required too late to take units now: the item's horizon.

Such a line waits, takes nothing and is ahead of nobody until it comes within: `horizon_days` before it is
required. What it has already stays with it.
"""

from collections.abc import Iterable

from backorder.domain.agenda import Kind
from backorder.domain.complete import why_passed_over
from backorder.domain.dates import Date
from backorder.domain.pool import Pool
from backorder.domain.queue import BEYOND_HORIZON, ClaimKey
from backorder.domain.records import Beyond, Item, Line
from backorder.domain.step import Step
from backorder.domain.table import Key
from backorder.domain.times import DAY

NAME = "horizon"


def comes_within(item: Item, line: Line) -> int | None:
    """When the line comes within the item's horizon; None = it always was."""
    if item.horizon_days is None or line.required_by is None:
        return None
    return line.required_by - item.horizon_days * DAY


def is_beyond(step: Step, line: Line) -> bool:
    """Whether the line is required too late to take units now."""
    if line.required_by is None:
        return False
    at = comes_within(step.pool.sku(line.sku).item, line)
    return at is not None and at > step.clock


def look(step: Step, line: Line) -> None:
    """Brings up to date whether an edited line is beyond the horizon; `requeue` is for the caller."""
    if line.required_by is None and line.beyond is None:
        return
    item = step.pool.sku(line.sku).item
    if item.horizon_days is None and line.passed_over != BEYOND_HORIZON:
        return
    at = comes_within(item, line)
    if at is None or at <= step.clock:
        if line.beyond is not None:
            order = step.pool.orders.rows[line.order_id,]
            line.passed_over, line.beyond = why_passed_over(order), None
        return
    if line.beyond is None or line.beyond.until != at:
        line.passed_over, line.beyond = BEYOND_HORIZON, Beyond(at, step.entry.id)
    step.dated.append((NAME, (line.order_id, line.line)))


def look_at_all(step: Step, sku: str) -> bool:
    """After the item's horizon has moved: looks again at lines that it moved over, and at those whose date
    it changed. False = the step is full."""
    pool = step.pool
    item = pool.sku(sku).item
    if not item.horizon_moved:
        return True
    queues = pool.queues_of(sku)
    span = None if item.horizon_days is None else item.horizon_days * DAY
    while True:
        key = _first(queue.beyond_other_than(span) for queue in queues)
        if key is None and span is not None:
            key = _first(queue.required_after(step.clock + span) for queue in queues)
        if key is None:
            pool.edit_item(sku).horizon_moved = False
            return True
        if not step.may_move(key[3]):
            return False
        line = pool.edit_line(pool.lines.rows[key[3], key[4]])
        look(step, line)
        pool.requeue(line)
        step.touch_line(line)


def _first(keys: Iterable[ClaimKey | None]) -> ClaimKey | None:
    return min((key for key in keys if key is not None), default=None)


def _date(pool: Pool, line: Line) -> Date | None:
    if line.beyond is None or not line.waiting:
        return None
    return Date(line.beyond.until, line.beyond.cause)


def _come_within(step: Step, key: Key) -> None:
    line = step.pool.edit_line(step.pool.lines.rows[key])
    look(step, line)
    step.pool.requeue(line)
    step.touch_line(line)


KIND = Kind("line", _date, _come_within)
"""A line comes within the horizon."""

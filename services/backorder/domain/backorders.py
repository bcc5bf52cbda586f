"""A line's backorder opens, is filled, closes, and may open again: what is said about it, in order.

Each word carries `seq`, one more than the last of its line, so that a reader can count each once.
"""

from backorder.domain import decisions as d
from backorder.domain.dates import Date
from backorder.domain.horizon import look
from backorder.domain.promise_records import ENDED, Promise
from backorder.domain.records import Claim, Line
from backorder.domain.step import Step
from backorder.domain.times import DAY, at


def open_backorder(
    step: Step, line: Line, claim: Claim, units: int, reason: str, rule: str, before: d.Figures
) -> None:
    """Units of a claim begin to wait."""
    amended_again = line.opened_at is not None
    step.pool.wait(line, claim, units)
    look(step, line)
    step.pool.requeue(line)
    if amended_again:
        _count_anew(line, units)
        _note_waiting(step, line, units)
        _say_reopened(step, line, units, reason, rule, before)
        return
    line.opened_at = step.time
    line.seq += 1
    waiting = line.waiting
    _note_waiting(step, line, units)
    step.opened[line.order_id, line.line] = len(step.emitted)
    step.emit(
        line.order_id,
        d.BackorderOpened(
            order_id=line.order_id,
            line=line.line,
            sku=line.sku,
            seq=line.seq,
            quantity=units,
            ordered=line.ordered,
            allocated=line.allocated,
            location=line.location,
            opened_at=at(step.time),
            position=step.pool.wanted(line).position(line) or 1,
            reason=reason,
            promised_at=None,
            rule=rule,
            before=before,
            after={"waiting": waiting, "allocated": line.allocated},
        ),
    )


def send_back(
    step: Step,
    line: Line,
    claim: Claim,
    units: int,
    reason: str,
    before: d.Figures,
    rule: str = "demotion",
) -> None:
    """Units that were allocated wait again, at the claim's old place."""
    step.pool.wait(line, claim, units)
    look(step, line)
    step.pool.requeue(line)
    _count_anew(line, units)
    if line.opened_at is None:
        line.opened_at = step.time
    _note_waiting(step, line, units)
    _say_reopened(step, line, units, reason, rule, before)


def _count_anew(line: Line, units: int) -> None:
    """What had waited and was all there waits again: its lead time runs from now, promised before or not."""
    if line.promise is None and line.opened_at is not None and line.waiting == units:
        line.promise = Promise(rests_on=ENDED)


def _note_waiting(step: Step, line: Line, units: int) -> None:
    """Where nothing waited when the event came, and now these units do, there is something to be told."""
    if line.waiting == units and (line.order_id, line.line) not in step.ended:
        step.waits_anew[line.order_id, line.line] = None
        line.still_waiting = Date(step.time + step.settings.still_waiting_days * DAY, step.entry.id)
        step.dated.append(("still_waiting", (line.order_id, line.line)))


def _say_reopened(step: Step, line: Line, units: int, reason: str, rule: str, before: d.Figures) -> None:
    assert line.opened_at is not None
    line.seq += 1
    step.emit(
        line.order_id,
        d.BackorderReopened(
            order_id=line.order_id,
            line=line.line,
            sku=line.sku,
            seq=line.seq,
            quantity=units,
            remaining=line.waiting,
            location=line.location,
            opened_at=at(line.opened_at),
            reason=reason,
            rule=rule,
            before=before,
            after={"waiting": line.waiting, "allocated": line.allocated},
        ),
    )


def say_filled(step: Step, line: Line, units: int, location: str, rule: str, before: d.Figures) -> None:
    """Says that waiting units are covered; closes the backorder when nothing waits any more."""
    assert line.opened_at is not None
    line.seq += 1
    remaining = line.waiting
    if rule != "shipment":
        key = (line.order_id, line.line)
        step.covered[key] = step.covered.get(key, 0) + units
    step.emit(
        line.order_id,
        d.BackorderFilled(
            order_id=line.order_id,
            line=line.line,
            sku=line.sku,
            seq=line.seq,
            quantity=units,
            remaining=remaining,
            location=location,
            opened_at=at(line.opened_at),
            waited_seconds=step.waited(line.opened_at),
            rule=rule,
            before=before,
            after={"waiting": remaining, "free": step.pool.wanted(line).free(location)},
        ),
    )
    if not remaining:
        close_backorder(step, line, "filled", rule, before)


def close_backorder(step: Step, line: Line, outcome: str, rule: str, before: d.Figures) -> None:
    assert line.opened_at is not None
    _end_promise(step, line)
    line.seq += 1
    step.emit(
        line.order_id,
        d.BackorderClosed(
            order_id=line.order_id,
            line=line.line,
            sku=line.sku,
            seq=line.seq,
            outcome=outcome,
            opened_at=at(line.opened_at),
            waited_seconds=step.waited(line.opened_at),
            rule=rule,
            before=before,
            after={"waiting": 0, "allocated": line.allocated},
        ),
    )


def _end_promise(step: Step, line: Line) -> None:
    """Nothing waits any more; should units wait again, they have lost what they had."""
    step.ended[line.order_id, line.line] = None
    promise = line.promise
    if promise is not None:
        step.repromised.setdefault((line.order_id, line.line), promise.current)
        promise.current, promise.rests_on, promise.lead_from, promise.alone = None, ENDED, None, None

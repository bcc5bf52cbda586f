"""What customers should be told: each notice once, with what the message needs and no personal data.

A notice is a decision like any other, and so it has a deterministic id: a replay says the same ones.
"""

from backorder.domain.dates import Date
from backorder.domain.decisions import NoticeDue
from backorder.domain.pool import Pool
from backorder.domain.records import Line
from backorder.domain.step import Step
from backorder.domain.table import Key
from backorder.domain.times import at_or_none


def say_notice(
    step: Step,
    kind: str,
    line: Line,
    quantity: int | None = None,
    previous: int | None = None,
    expires_at: int | None = None,
) -> None:
    """A notice about a line is due now; that it is said once is for the caller to see to.

    quantity: units that it is about, the waiting ones unless said. previous: the date promised before.
    expires_at: when the payment authorization ends. Times are microseconds since 1970.
    """
    waiting = line.waiting
    step.emit(
        line.order_id,
        NoticeDue(
            order_id=line.order_id,
            line=line.line,
            sku=line.sku,
            kind=kind,
            channel=step.pool.orders.rows[line.order_id,].channel,
            quantity=waiting if quantity is None else quantity,
            waiting=waiting,
            opened_at=at_or_none(line.opened_at) if waiting else None,
            previous=at_or_none(previous),
            promised_at=at_or_none(line.promised_at) if waiting else None,
            expires_at=at_or_none(expires_at),
        ),
    )


def say_notices(step: Step) -> None:
    """What the customers of the lines that this step has moved should be told, by what has become of them."""
    keys = {**step.waits_anew, **step.covered, **step.repromised, **step.uncovered}
    for key in keys:
        line = step.pool.lines.rows[key]
        waiting = line.waiting
        if key in step.covered and key not in step.waits_anew:
            say_notice(step, "partly_filled" if waiting else "back_in_stock", line, step.covered[key])
        if not waiting:
            continue
        if key in step.waits_anew:
            # It says what is promised as well.
            say_notice(step, "waiting", line)
        elif key in step.repromised and step.repromised[key] != line.promised_at:
            previous = step.repromised[key]
            kind = "promise_set" if previous is None else "promise_changed"
            say_notice(step, kind, line, previous=previous)
        if key in step.uncovered:
            say_notice(step, "discontinued", line)


def still_waiting_date(pool: Pool, line: Line) -> Date | None:
    return line.still_waiting if line.waiting else None


def say_still_waiting(step: Step, key: Key) -> None:
    """Once for each wait."""
    line = step.pool.edit_line(step.pool.lines.rows[key])
    line.still_waiting = None
    say_notice(step, "still_waiting", line)

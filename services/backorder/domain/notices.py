"""What customers should be told: each notice once, with what the message needs and no personal data.

A notice is a decision like any other, and so it has a deterministic id: a replay says the same ones.
"""

from backorder.domain.decisions import NoticeDue
from backorder.domain.records import Line
from backorder.domain.step import Step
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

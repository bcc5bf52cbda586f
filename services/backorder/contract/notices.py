"""What goes out on the topic `notices`: what a customer should be told. Key: order_id. No personal data."""

from typing import Annotated

from backorder.contract.types import (
    Id,
    Moment,
    OneOfNow,
    OrderId,
    OrderLineNumber,
    Payload,
    Sku,
    UnitsOrNone,
    doc,
)


class NoticeDue(Payload):
    """A message is due, once: who it goes to and how it is worded is the platform's."""

    order_id: OrderId
    line: OrderLineNumber
    sku: Sku
    kind: Annotated[
        str,
        OneOfNow(
            "waiting",
            "promise_set",
            "promise_changed",
            "still_waiting",
            "partly_filled",
            "back_in_stock",
            "reauthorize_payment",
            "discontinued",
        ),
        doc("What to tell.", "promise_changed"),
    ]
    channel: Annotated[Id | None, doc("The order's channel; null = not said.", "web")]
    quantity: Annotated[UnitsOrNone, doc("Units that the message is about.", 2)]
    waiting: Annotated[UnitsOrNone, doc("Units of the line that wait now.", 3)]
    opened_at: Annotated[
        Moment | None, doc("When the units began to wait; null when nothing waits.", "2026-03-01T09:30:00Z")
    ]
    previous: Annotated[Moment | None, doc("The date promised before; null = none.", "2026-03-12T08:00:00Z")]
    promised_at: Annotated[Moment | None, doc("The date promised now; null = none.", "2026-03-19T08:00:00Z")]
    expires_at: Annotated[
        Moment | None,
        doc(
            "When the payment authorization ends, for `reauthorize_payment`; else null.",
            "2026-03-08T09:30:00Z",
        ),
    ]

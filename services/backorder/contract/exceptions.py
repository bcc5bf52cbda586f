"""What goes out on the topic `exceptions`: for people to look at. Key: the subject of the event."""

from typing import Annotated

from backorder.contract.types import Figures, Location, OneOfNow, Payload, Sku, UnitsOrNone, doc

REJECTION_REASONS = (
    "unknown_order",
    "unknown_line",
    "unknown_purchase",
    "unknown_shipment",
    "unknown_receipt",
    "unknown_hold",
    "unknown_transfer",
    "unknown_location",
    "duplicate_order",
    "duplicate_shipment",
    "duplicate_receipt",
    "duplicate_transfer",
    "duplicate_purchase",
    "already_voided",
    "already_reversed",
    "order_closed",
    "more_than_ordered",
    "more_than_allocated",
    "more_than_open",
    "not_free",
    "not_on_hand",
    "stale_count",
    "not_supported_yet",
)
"""Why an event that could be read was not done, or not wholly."""


class EventRejected(Payload):
    """An event was readable and made no sense: nothing moved, unless `detail` says that the rest was done."""

    event_id: Annotated[str, doc("The `id` of the event in question.", "evt-1")]
    event_type: Annotated[str, doc("Its `type`, in full.", "io.backorder.order.cancelled.v1")]
    event_source: Annotated[str, doc("Its `source`.", "/shop/eu")]
    reason: Annotated[str, OneOfNow(*REJECTION_REASONS), doc("Why, as a code.", "unknown_order")]
    detail: Annotated[str, doc("Why, in words.", "order SO-1001 is not known yet")]


class StockDiscrepancy(Payload):
    """The figures and the goods disagree: a person should look."""

    sku: Sku
    location: Location
    kind: Annotated[
        str,
        OneOfNow("shortfall", "over_receipt", "negative_on_hand", "already_counted"),
        doc("What is wrong.", "over_receipt"),
    ]
    quantity: Annotated[UnitsOrNone, doc("By how many units.", 5)]
    figures: Annotated[Figures, doc("The figures that show it.", {"open": 60, "received": 65})]

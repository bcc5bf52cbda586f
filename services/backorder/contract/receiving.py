"""What purchasing and goods-in publish on the topic `receiving`.

Key and subject are `purchase_order_id`, or `receipt_id` for a receipt without a purchase.
"""

from typing import Annotated, Self

from pydantic import ConfigDict, model_validator

from backorder.contract.types import (
    ADDED_UP,
    BY_LINE,
    LINES,
    Condition,
    Id,
    LineNumber,
    Location,
    Moment,
    OrderId,
    OrderLineNumber,
    Payload,
    PurchaseLineNumber,
    Sku,
    StatedReason,
    Units,
    UnitsOrNone,
    contradiction,
    doc,
    left_out_is_unchanged,
)

PurchaseOrderId = Annotated[Id, doc("The purchase order, unique within its pool: placed once.", "PO-300")]
ReceiptId = Annotated[
    Id,
    doc("The receipt, unique within its pool: seen again it is refused.", "GR-71"),
]
Supplier = Annotated[Id, doc("Who delivers.", "Delft Ceramics")]


class Peg(Payload):
    """The order line that a purchase line was bought for."""

    order_id: OrderId
    line: OrderLineNumber


class PurchasedLine(Payload):
    """Units of one SKU on order for one location."""

    line: PurchaseLineNumber
    sku: Sku
    location: Location
    quantity: Annotated[Units, doc("Units ordered from the supplier.", 100)]
    expected_at: Annotated[
        Moment | None,
        doc("When they should arrive; null = not known.", "2026-03-12T08:00:00Z"),
    ] = None
    for_: Annotated[
        Peg | None,
        doc(
            "The order line they are for, which gets them first; null = the queue.",
            {"order_id": "SO-1001", "line": 1},
            alias="for",
        ),
    ] = None


class PurchasePlaced(Payload):
    """Supply is on its way: an order to a supplier."""

    purchase_order_id: PurchaseOrderId
    supplier: Supplier
    lines: Annotated[
        list[PurchasedLine],
        LINES,
        BY_LINE,
        ADDED_UP,
        doc(
            "What was ordered, each line number once.",
            [{"line": 1, "sku": "MUG-BLUE", "location": "AMS-1", "quantity": 100}],
        ),
    ]


class ChangedPurchaseLine(Payload):
    """A purchase line's new quantity or date."""

    model_config = ConfigDict(json_schema_extra=left_out_is_unchanged("expected_at"))

    line: PurchaseLineNumber
    quantity: Annotated[
        Units | None,
        doc("Units now ordered in all, received ones included; null or left out = unchanged.", 80),
    ] = None
    expected_at: Annotated[
        Moment | None,
        doc(
            "When they should arrive now; null = not known any more. Left out: unchanged.",
            "2026-03-19T08:00:00Z",
        ),
    ] = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.quantity is None and "expected_at" not in self.model_fields_set:
            raise contradiction(None, "names no change: set quantity or expected_at")
        return self


class PurchaseChanged(Payload):
    """The supplier, or we, changed quantities or dates."""

    purchase_order_id: PurchaseOrderId
    lines: Annotated[
        list[ChangedPurchaseLine],
        LINES,
        BY_LINE,
        ADDED_UP,
        doc("The lines that change, each number once.", [{"line": 1, "expected_at": "2026-03-19T08:00:00Z"}]),
    ]


class CancelledPurchaseLine(Payload):
    """A purchase line of which nothing more will come."""

    line: PurchaseLineNumber


class PurchaseCancelled(Payload):
    """Nothing more will come of the purchase, or of some of its lines."""

    purchase_order_id: PurchaseOrderId
    lines: Annotated[
        Annotated[list[CancelledPurchaseLine], LINES, BY_LINE] | None,
        doc("The lines that are cancelled; null = all.", [{"line": 1}]),
    ] = None


class AnnouncedLine(Payload):
    """Units of one purchase line on the truck."""

    line: PurchaseLineNumber
    quantity: Annotated[Units, doc("Units announced.", 60)]


class ShipmentAnnounced(Payload):
    """An advance shipping notice: the supplier says what is on its way and when it arrives."""

    notice_id: Annotated[Id, doc("The notice, unique within its pool.", "ASN-12")]
    purchase_order_id: PurchaseOrderId
    expected_at: Annotated[
        Moment,
        doc(
            "When the shipment arrives; replaces the purchase line's date for that quantity.",
            "2026-03-10T08:00:00Z",
        ),
    ]
    lines: Annotated[
        list[AnnouncedLine],
        LINES,
        BY_LINE,
        doc("What is on its way, each line number once.", [{"line": 1, "quantity": 60}]),
    ]


class ReceivedLine(Payload):
    """What was unloaded of one SKU, at one location, in one condition."""

    sku: Sku
    location: Location
    quantity: Annotated[UnitsOrNone, doc("Units accepted: they go to the queue.", 60)]
    line: Annotated[
        LineNumber | None,
        doc("The purchase line that they are counted against; null = none: an over-receipt.", 1),
    ] = None
    rejected: Annotated[UnitsOrNone, doc("Units refused at the door: they never become stock.", 0)] = 0
    final: Annotated[
        bool,
        doc("Nothing more will come of the purchase line: what is open of it is closed short.", False),
    ] = False
    condition: Annotated[Condition, doc("Whether the accepted units can be sold.", "sellable")] = "sellable"


class GoodsReceived(Payload):
    """Units arrived. What waits for them is filled in the same step."""

    receipt_id: ReceiptId
    lines: Annotated[
        list[ReceivedLine],
        LINES,
        ADDED_UP,
        doc(
            "What arrived. A purchase line may appear more than once: in two conditions, at two locations.",
            [{"line": 1, "sku": "MUG-BLUE", "location": "AMS-1", "quantity": 60}],
        ),
    ]
    purchase_order_id: Annotated[
        Id | None,
        doc(
            "The purchase it belongs to, then also key and subject; null = none: the receipt's id is.",
            "PO-300",
        ),
    ] = None


class GoodsReceiptReversed(Payload):
    """A receipt did not happen, or not like this: its units are taken away again, its purchase lines open."""

    receipt_id: Annotated[Id, doc("The receipt that is reversed, once.", "GR-71")]
    reason: Annotated[StatedReason, doc("Why, in the publisher's words.", "booked_twice")]
    purchase_order_id: Annotated[
        Id | None,
        doc("As on the receipt: key and subject are the receipt's.", "PO-300"),
    ] = None

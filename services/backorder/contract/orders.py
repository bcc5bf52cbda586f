"""What order management publishes on the topic `orders`: key and subject are the order's id."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, model_validator

from backorder.contract.types import (
    ADDED_UP,
    BY_LINE,
    BY_LINE_AND_PLACE,
    LINES,
    NEVER_NULL,
    Id,
    Location,
    Moment,
    MovedUnits,
    OrderId,
    OrderLineNumber,
    Payload,
    Priority,
    Sku,
    StatedReason,
    Units,
    UnitsOrNone,
    contradiction,
    doc,
    left_out_is_unchanged,
)

Ship = Literal["as_available", "complete"]


class Payment(Payload):
    """The state of the payment authorization at the time of the order."""

    status: Annotated[
        Literal["pending", "authorized"],
        doc("Whether the authorization stands; nothing is released until it does.", "authorized"),
    ]
    expires_at: Annotated[
        Moment | None,
        doc(
            "When the authorization ends; null = it has no end that we need to know.", "2026-03-08T09:30:00Z"
        ),
    ] = None


class OrderLine(Payload):
    """One line of an order: so many units of one SKU."""

    line: OrderLineNumber
    sku: Sku
    quantity: Annotated[Units, doc("Units ordered, in the item's stocking unit.", 3)]
    location: Annotated[
        Id | None,
        doc("Fill the line from this location only; null = any, by the item's sourcing.", "AMS-1"),
    ] = None
    required_by: Annotated[
        Moment | None,
        doc("When the customer needs this line; null = the order's `required_by`.", "2026-03-20T00:00:00Z"),
    ] = None
    priority: Annotated[
        Priority | None,
        doc("1 (most urgent) to 9; null = the order's `priority`.", 2),
    ] = None
    backorder: Annotated[
        Literal["allow", "deny"],
        doc(
            "`allow`: units that are not there wait in the queue. `deny`: the line is filled at once "
            "and whole, or refused; an order with only such lines is accepted or refused as one.",
            "allow",
        ),
    ] = "allow"
    cancel_after: Annotated[
        Moment | None,
        doc(
            "What still waits at this moment is cancelled; null = it waits as long as it takes.",
            "2026-06-01T00:00:00Z",
        ),
    ] = None
    hold_id: Annotated[
        Id | None,
        doc(
            "The stock hold whose units go to this line, whoever waits; what the line does not need "
            "is freed. An unknown or ended hold is ignored.",
            "CART-77",
        ),
    ] = None


class OrderPlaced(Payload):
    """A customer ordered. The event's `time` gives the order its place in the queue."""

    order_id: OrderId
    lines: Annotated[
        list[OrderLine],
        LINES,
        BY_LINE,
        ADDED_UP,
        doc(
            "The lines, each number once. Two lines of one SKU are judged one after the other.",
            [{"line": 1, "sku": "MUG-BLUE", "quantity": 3}],
        ),
    ]
    priority: Annotated[
        Priority,
        doc("Place in the queue before all else: 1 (most urgent) to 9.", 5),
    ] = 5
    required_by: Annotated[
        Moment | None,
        doc(
            "When the customer needs the order: the earlier date goes first among equal priorities, "
            "none last.",
            "2026-03-20T00:00:00Z",
        ),
    ] = None
    ship: Annotated[
        Ship,
        doc(
            "`as_available`: release whatever is covered. `complete`: release all open lines "
            "together or nothing.",
            "as_available",
        ),
    ] = "as_available"
    channel: Annotated[
        Id | None,
        doc("Where the order was taken, for reports; null = not said.", "web"),
    ] = None
    held: Annotated[
        bool,
        doc("The order begins on hold: place and stock are kept, nothing is released.", False),
    ] = False
    payment: Annotated[
        Payment | None,
        doc(
            "The payment authorization; null = not our concern.",
            {"status": "authorized", "expires_at": "2026-03-08T09:30:00Z"},
        ),
    ] = None


class AmendedLine(Payload):
    """A line's new quantity; for a line that the order does not have yet, the whole line."""

    line: OrderLineNumber
    quantity: Annotated[
        UnitsOrNone,
        doc("Units now wanted in all: shipped ones included, cancelled ones not. 0 cancels the line.", 5),
    ]
    sku: Annotated[
        Id | None,
        doc("The stock keeping unit of a line that is added; null and ignored for a known line.", "MUG-BLUE"),
    ] = None
    location: Annotated[
        Id | None,
        doc("As in `order.placed`, for a line that is added.", "AMS-1"),
    ] = None
    required_by: Annotated[
        Moment | None,
        doc("As in `order.placed`, for a line that is added.", "2026-03-20T00:00:00Z"),
    ] = None
    priority: Annotated[Priority | None, doc("As in `order.placed`, for a line that is added.", 2)] = None
    backorder: Annotated[
        Literal["allow", "deny"],
        doc("As in `order.placed`, for a line that is added.", "allow"),
    ] = "allow"
    cancel_after: Annotated[
        Moment | None,
        doc("As in `order.placed`, for a line that is added.", "2026-06-01T00:00:00Z"),
    ] = None
    hold_id: Annotated[
        Id | None, doc("As in `order.placed`, for a line that is added, or for units that are.", "CART-77")
    ] = None


class OrderAmended(Payload):
    """The customer wants more or less of some lines, or new ones. The old part of a line keeps its place; an
    added part queues at this event's time, and if it is refused the old part stays."""

    order_id: OrderId
    lines: Annotated[
        list[AmendedLine],
        LINES,
        BY_LINE,
        ADDED_UP,
        doc("The lines that change, each number once.", [{"line": 1, "quantity": 5}]),
    ]


class RescheduledLine(Payload):
    """Other dates, priority or place of one line. A field left out is unchanged; a null is a value."""

    model_config = ConfigDict(json_schema_extra=left_out_is_unchanged())

    line: OrderLineNumber
    priority: Annotated[
        Priority | None,
        doc("The new priority; null = the order's. Left out: unchanged.", 1),
    ] = None
    required_by: Annotated[
        Moment | None,
        doc("The new date; null = the order's. Left out: unchanged.", "2026-04-01T00:00:00Z"),
    ] = None
    cancel_after: Annotated[
        Moment | None,
        doc("The new end of waiting; null = none. Left out: unchanged.", "2026-06-01T00:00:00Z"),
    ] = None
    location: Annotated[
        Id | None,
        doc(
            "Moves the waiting part to this location; null = any. Left out: unchanged. A location "
            "that is not in the item's sourcing list rejects the event.",
            "RTM-2",
        ),
    ] = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if len(self.model_fields_set) < 2:
            raise contradiction(None, "names no change: set priority, required_by, cancel_after or location")
        return self


class OrderRescheduled(Payload):
    """Other dates, priorities, shipping policy or places. A field left out is unchanged."""

    model_config = ConfigDict(json_schema_extra=left_out_is_unchanged())

    order_id: OrderId
    priority: Annotated[
        Priority | None,
        NEVER_NULL,
        doc("The order's new priority. Left out: unchanged.", 1),
    ] = None
    required_by: Annotated[
        Moment | None,
        doc("The order's new date; null = none. Left out: unchanged.", "2026-04-01T00:00:00Z"),
    ] = None
    ship: Annotated[
        Ship | None,
        NEVER_NULL,
        doc("The new shipping policy. Left out: unchanged.", "complete"),
    ] = None
    lines: Annotated[
        Annotated[list[RescheduledLine], LINES, BY_LINE] | None,
        NEVER_NULL,
        doc(
            "Lines with dates, priorities or places of their own. Left out: none.",
            [{"line": 1, "priority": 1}],
        ),
    ] = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if len(self.model_fields_set) < 2:
            raise contradiction(None, "names no change: set priority, required_by, ship or lines")
        return self


class CancelledLine(Payload):
    """What is cancelled of one line."""

    line: OrderLineNumber
    quantity: Annotated[
        Units | None,
        doc("Units to cancel; null = all of the line that is not shipped.", 2),
    ] = None


class OrderCancelled(Payload):
    """The order, or a part of it, is not wanted any more. Waiting units go first, then allocated ones. A
    cancel of a whole order that has not arrived yet is rejected `unknown_order` and remembered."""

    order_id: OrderId
    reason: Annotated[StatedReason, doc("Why, in the publisher's words.", "customer_request")]
    lines: Annotated[
        Annotated[list[CancelledLine], LINES, BY_LINE] | None,
        doc(
            "The lines to cancel; null = all of the order that is not shipped.", [{"line": 1, "quantity": 2}]
        ),
    ] = None


class OrderHeld(Payload):
    """Nothing of the order is released until `order.resumed`. It keeps its place and its stock; what was
    released and not picked is withdrawn."""

    order_id: OrderId
    reason: Annotated[StatedReason, doc("Why, in the publisher's words.", "fraud_check")]


class OrderResumed(Payload):
    """The hold of `order.held` ends."""

    order_id: OrderId
    reason: Annotated[StatedReason, doc("Why, in the publisher's words.", "fraud_check_passed")]


class OrderPaymentChanged(Payload):
    """The payment authorization of an order changed."""

    order_id: OrderId
    status: Annotated[
        Literal["pending", "authorized", "failed"],
        doc("`failed`: unpicked units go to the next in the queue, the line keeps its place.", "authorized"),
    ]
    expires_at: Annotated[
        Moment | None,
        doc(
            "When the authorization ends; null = it has no end that we need to know.", "2026-03-15T09:30:00Z"
        ),
    ] = None


class PickedLine(Payload):
    """Units of one line taken from one location."""

    line: OrderLineNumber
    quantity: Annotated[
        MovedUnits,
        doc("Units picked now; a negative number un-picks.", 2),
    ]
    location: Location


class OrderPicked(Payload):
    """The warehouse took units off the shelf: from here they cannot be given to another order."""

    order_id: OrderId
    lines: Annotated[
        list[PickedLine],
        LINES,
        BY_LINE_AND_PLACE,
        doc(
            "What was picked, each line and location once.", [{"line": 1, "quantity": 2, "location": "AMS-1"}]
        ),
    ]


class ShippedLine(Payload):
    """Units of one line that left one location."""

    line: OrderLineNumber
    quantity: Annotated[Units, doc("Units shipped.", 2)]
    location: Location


class OrderShipped(Payload):
    """Units left for the customer: they are no longer on hand nor allocated."""

    order_id: OrderId
    shipment_id: Annotated[
        Id,
        doc("The shipment, unique within its pool: seen again it is refused.", "SH-501"),
    ]
    lines: Annotated[
        list[ShippedLine],
        LINES,
        BY_LINE_AND_PLACE,
        doc("What left, each line and location once.", [{"line": 1, "quantity": 2, "location": "AMS-1"}]),
    ]
    remainder: Annotated[
        Literal["keep", "close"],
        doc("`close`: what is left of the order is cancelled, outcome `closed_short`.", "keep"),
    ] = "keep"
    force: Annotated[
        bool,
        doc("Accept the shipment beyond what is allocated or on hand, as a fact that others pay for.", False),
    ] = False


class OrderShipmentVoided(Payload):
    """A shipment did not happen: its units are back on hand and allocated to the same lines."""

    order_id: OrderId
    shipment_id: Annotated[Id, doc("The shipment that is voided, once.", "SH-501")]

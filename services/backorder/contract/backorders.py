"""What goes out on the topic `backorders`: who waits, since when and why, and how it ended. Key: order_id."""

from typing import Annotated, Literal

from backorder.contract.decisions import After, Before, LineDecision, Rule
from backorder.contract.types import (
    Id,
    Location,
    Moment,
    OneOfNow,
    OrderId,
    OrderLineNumber,
    Payload,
    Seconds,
    Sku,
    Units,
    UnitsOrNone,
    doc,
)

OpenedAt = Annotated[
    Moment,
    doc(
        "When the units began to wait; a partial fill or a demotion does not reset it.",
        "2026-03-01T09:30:00Z",
    ),
]
Waited = Annotated[Seconds, doc("Seconds since `opened_at`.", 86400.0)]
Remaining = Annotated[UnitsOrNone, doc("Units of the line that still wait.", 3)]
WaitingPlace = Annotated[Id | None, doc("Where the line waits; null = wherever units come free.", "AMS-1")]
RefusalReason = Annotated[
    str,
    OneOfNow("not_backorderable", "cap_reached", "discontinued", "unknown_location", "order_refused"),
    doc(
        "Why it was refused: the item or the line denies backorders, the cap on waiting units is reached, "
        "the item is discontinued or not kept at the location; or another line of the order was short.",
        "cap_reached",
    ),
]
Asked = Annotated[UnitsOrNone, doc("Units that were asked for.", 10)]
Available = Annotated[UnitsOrNone, doc("Units that the line could have taken.", 4)]
Refused = Annotated[UnitsOrNone, doc("Units that were refused.", 6)]


class BackorderOpened(LineDecision):
    """Accepted units of a line begin to wait. Opened once per line; later closed and reopened in turn."""

    quantity: Annotated[Units, doc("Units that wait.", 5)]
    ordered: Annotated[UnitsOrNone, doc("Units that the line orders in all.", 8)]
    allocated: Annotated[UnitsOrNone, doc("Units of the line that are covered.", 3)]
    location: WaitingPlace
    opened_at: OpenedAt
    position: Annotated[Units, doc("Place in the queue when this was decided: 1 is next.", 4)]
    reason: Annotated[
        str,
        OneOfNow("insufficient_stock", "order_incomplete", "beyond_horizon", "amended"),
        doc(
            "Why it waits; `beyond_horizon`: it is required too late to take units now.", "insufficient_stock"
        ),
    ]
    promised_at: Annotated[
        Moment | None,
        doc("When it should be filled, as far as supply is known; null = not known.", "2026-03-12T08:00:00Z"),
    ]


class BackorderFilled(LineDecision):
    """Waiting units are covered."""

    quantity: Annotated[Units, doc("Units filled now.", 2)]
    remaining: Remaining
    location: Location
    opened_at: OpenedAt
    waited_seconds: Waited


class BackorderClosed(LineDecision):
    """Nothing of the line waits any more."""

    outcome: Annotated[
        Literal["filled", "cancelled", "expired", "closed_short"],
        doc(
            "What ended the last waiting unit: it was covered, cancelled, its `cancel_after` came, or a "
            "shipment closed the order.",
            "filled",
        ),
    ]
    opened_at: OpenedAt
    waited_seconds: Waited


class BackorderReopened(LineDecision):
    """Units that were covered wait again, or an amendment adds to what waits. `opened_at` and the place in
    the queue are kept; a line that never waited has the demotion as `opened_at`."""

    quantity: Annotated[Units, doc("Units that wait again.", 2)]
    remaining: Remaining
    location: WaitingPlace
    opened_at: OpenedAt
    reason: Annotated[
        str,
        OneOfNow(
            "stock_lost",
            "order_incomplete",
            "kept_for_earlier",
            "out_of_turn",
            "payment",
            "amended",
            "beyond_horizon",
        ),
        doc(
            "What made them wait: units on hand were lost, another part of an order that ships complete was, "
            "an earlier such order took what this one kept, a planner gave them to another line, a payment "
            "is missing, or the customer wants more (`beyond_horizon`: too late for it to take units now).",
            "stock_lost",
        ),
    ]


class BackorderPromised(LineDecision):
    """The date that a waiting line is promised for came, changed or went. A promise is an estimate."""

    original: Annotated[
        Moment | None, doc("The first date that was promised; null = none yet.", "2026-03-12T08:00:00Z")
    ]
    previous: Annotated[Moment | None, doc("The date before; null = none.", "2026-03-12T08:00:00Z")]
    current: Annotated[Moment | None, doc("The date now; null = not known any more.", "2026-03-19T08:00:00Z")]
    reason: Annotated[
        str,
        OneOfNow("supply_planned", "supply_slipped", "supply_cancelled", "queue_changed", "lead_time"),
        doc("Why it changed.", "supply_slipped"),
    ]


class RefusedLine(Payload):
    """One line of a refused order."""

    line: OrderLineNumber
    sku: Sku
    asked: Asked
    available: Annotated[UnitsOrNone, doc("Units that the line alone could have taken.", 10)]
    refused: Annotated[UnitsOrNone, doc("Units that were refused: all.", 10)]
    reason: RefusalReason


class OrderRefused(Payload):
    """An order of which every line denies backorders is refused whole, because a line is short. No counter
    moves."""

    order_id: OrderId
    lines: Annotated[
        list[RefusedLine],
        doc(
            "Every line of the order; reason `order_refused` on a line that could have been filled.",
            [
                {
                    "line": 1,
                    "sku": "MUG-BLUE",
                    "asked": 10,
                    "available": 4,
                    "refused": 10,
                    "reason": "not_backorderable",
                }
            ],
        ),
    ]
    rule: Rule
    before: Before
    after: After


class LineRefused(LineDecision):
    """Units of a line were not accepted. `available` and `refused` add up to `asked` when the rest was."""

    asked: Asked
    available: Available
    refused: Refused
    reason: RefusalReason

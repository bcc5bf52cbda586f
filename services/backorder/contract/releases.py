"""What goes out on the topic `releases`: what a warehouse may ship now, and no more. Key: order_id."""

from typing import Annotated, Literal

from backorder.contract.decisions import After, Before, Rule
from backorder.contract.types import (
    Id,
    Location,
    OneOfNow,
    OrderId,
    OrderLineNumber,
    Payload,
    Sku,
    Units,
    doc,
)

ReleaseId = Annotated[Id, doc("The release, unique within its pool.", "SO-1001/1")]


class ReleasedLine(Payload):
    """Units of one line at one location."""

    line: OrderLineNumber
    sku: Sku
    location: Location
    quantity: Annotated[Units, doc("Units to ship from here.", 2)]
    was_backordered: Annotated[bool, doc("Whether units of the line had waited.", True)]
    cross_dock: Annotated[
        bool, doc("The units were just received and need no put-away: take them from goods-in.", False)
    ]


class ReleaseCreated(Payload):
    """The warehouse may ship these units. All that follows from one event for one order is one release; a
    unit is released once."""

    order_id: OrderId
    release_id: ReleaseId
    ship: Annotated[Literal["as_available", "complete"], doc("The order's shipping policy.", "as_available")]
    lines: Annotated[
        list[ReleasedLine],
        doc(
            "What to ship.",
            [
                {
                    "line": 1,
                    "sku": "MUG-BLUE",
                    "location": "AMS-1",
                    "quantity": 2,
                    "was_backordered": True,
                    "cross_dock": False,
                }
            ],
        ),
    ]
    rule: Rule
    before: Before
    after: After


class WithdrawnLine(Payload):
    """Units of one line at one location."""

    line: OrderLineNumber
    sku: Sku
    location: Location
    quantity: Annotated[Units, doc("Units not to ship any more.", 2)]


class ReleaseWithdrawn(Payload):
    """These units of an earlier release must not be shipped any more. What left all the same is a fact."""

    order_id: OrderId
    release_id: ReleaseId
    lines: Annotated[
        list[WithdrawnLine],
        doc("What not to ship.", [{"line": 1, "sku": "MUG-BLUE", "location": "AMS-1", "quantity": 2}]),
    ]
    reason: Annotated[
        str,
        OneOfNow("demoted", "cancelled", "amended", "closed_short", "shipped", "held", "payment"),
        doc("Why.", "cancelled"),
    ]
    rule: Rule
    before: Before
    after: After

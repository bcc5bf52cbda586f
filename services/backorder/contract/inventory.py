"""What warehouses and stock systems publish on the topic `inventory`: key and subject are the SKU."""

from typing import Annotated, Literal, Self

from annotated_types import Len
from pydantic import ConfigDict, model_validator

from backorder.contract.types import (
    Condition,
    Days,
    Id,
    LineNumber,
    Location,
    Moment,
    MovedUnits,
    Payload,
    SignedUnits,
    Sku,
    StatedReason,
    Units,
    UnitsOrNone,
    contradiction,
    doc,
    left_out_is_unchanged,
    no_two_alike,
)

MAX_LOCATIONS = 1000
MAX_COMPONENTS = 200


class StockCounted(Payload):
    """Somebody, or another system, says how much there is. A count speaks for its `as_of`: movements up to
    then are in it, later ones are applied on top."""

    sku: Sku
    location: Location
    quantity: Annotated[
        SignedUnits,
        doc("Units there were: 0 or more; with basis `available` also negative (oversold).", 40),
    ]
    basis: Annotated[
        Literal["on_hand", "available"],
        doc(
            "`on_hand`: everything on the shelf. `available`: already net of open orders, as shop "
            "platforms count; orders known to us are not subtracted a second time.",
            "on_hand",
        ),
    ]
    as_of: Annotated[
        Moment,
        doc(
            "The moment that the count speaks for. Later than the event's `time` is taken as that time.",
            "2026-03-01T06:00:00Z",
        ),
    ]

    @model_validator(mode="after")
    def _what_is_on_hand_is_not_negative(self) -> Self:
        if self.quantity < 0 and self.basis == "on_hand":
            raise contradiction(
                "quantity", "must be 0 or more for what is on hand; only basis available goes below"
            )
        return self


class StockAdjusted(Payload):
    """Units appeared or disappeared: found, lost, broken, corrected."""

    sku: Sku
    location: Location
    quantity: Annotated[MovedUnits, doc("Units gained (above 0) or lost (below 0).", -2)]
    reason: Annotated[StatedReason, doc("Why, in the publisher's words.", "damaged")]
    condition: Annotated[
        Condition,
        doc("Whether sellable units changed, or unavailable ones.", "sellable"),
    ] = "sellable"


class StockConditionChanged(Payload):
    """Units stay where they are and can be sold no longer, or again."""

    sku: Sku
    location: Location
    quantity: Annotated[Units, doc("Units that changed.", 4)]
    from_: Annotated[Condition, doc("What they were.", "sellable", alias="from")]
    to: Annotated[Condition, doc("What they are now: not the same.", "unavailable")]
    reason: Annotated[StatedReason, doc("Why, in the publisher's words.", "quality_hold")]

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.from_ == self.to:
            raise contradiction("to", "is the same as from; a change has two conditions")
        return self


class StockReturned(Payload):
    """A customer's units are back."""

    sku: Sku
    location: Location
    quantity: Annotated[Units, doc("Units that came back.", 1)]
    condition: Annotated[Condition, doc("Whether they can be sold again.", "sellable")]
    order_id: Annotated[
        Id | None,
        doc("The order they were shipped for; null = not known.", "SO-1001"),
    ] = None


class StockTransferred(Payload):
    """Units move between two locations: they leave the sender at `dispatched`, are in transit, and are the
    receiver's at `received`."""

    transfer_id: Annotated[
        Id,
        doc("The transfer, unique within its pool; with `phase` and `part` it is seen once.", "TR-9"),
    ]
    sku: Sku
    from_location: Annotated[Id, doc("The sender.", "AMS-1")]
    to_location: Annotated[Id, doc("The receiver: another location.", "RTM-2")]
    quantity: Annotated[Units, doc("Units in this part and phase.", 12)]
    phase: Annotated[
        Literal["dispatched", "received"],
        doc("Whether the units left, or arrived.", "dispatched"),
    ]
    part: Annotated[
        LineNumber,
        doc("A transfer may leave or arrive in parts, numbered from 1.", 1),
    ] = 1
    expected_at: Annotated[
        Moment | None,
        doc("When the units should arrive; null = not known.", "2026-03-04T12:00:00Z"),
    ] = None

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        if self.from_location == self.to_location:
            raise contradiction("to_location", "is the same as from_location; a transfer has two")
        return self


class StockHeld(Payload):
    """Free units are set aside for a cart or by a planner, until they are ordered, given back, or the hold
    expires. The same hold again replaces quantity and expiry."""

    hold_id: Annotated[Id, doc("The hold, unique within its pool.", "CART-77")]
    sku: Sku
    location: Location
    quantity: Annotated[Units, doc("Units held; never more than are free.", 2)]
    expires_at: Annotated[
        Moment,
        doc(
            "When the hold ends by itself, after a short grace for the checkout in flight.",
            "2026-03-01T09:45:00Z",
        ),
    ]


class StockHoldEnded(Payload):
    """A hold's units are given back."""

    hold_id: Annotated[Id, doc("The hold that ends.", "CART-77")]
    sku: Sku
    location: Annotated[Id | None, doc("Where the units were held, for the record.", "AMS-1")] = None
    quantity: Annotated[Units | None, doc("Units that were held, for the record.", 2)] = None
    expires_at: Annotated[
        Moment | None,
        doc("When the hold would have ended, for the record.", "2026-03-01T09:45:00Z"),
    ] = None


class KitComponent(Payload):
    """So many pieces of one SKU in one kit."""

    sku: Sku
    quantity: Annotated[Units, doc("Pieces in one kit.", 2)]


PER_LOCATION = frozenset(
    {"safety_stock", "reorder_point", "order_up_to", "order_multiple", "order_minimum", "lead_time_days"}
)
"""The policy fields that may be set for one location."""


class ItemConfigured(Payload):
    """The policy of an item, or of an item at one location. A field left out keeps its value; an explicit
    null returns to the default."""

    model_config = ConfigDict(json_schema_extra=left_out_is_unchanged())

    sku: Sku
    location: Annotated[
        Id | None,
        doc(
            "Set the fields for this location only; null or left out = the item's default. With a "
            "location only `safety_stock`, `reorder_point`, `order_up_to`, `order_multiple`, "
            "`order_minimum` and `lead_time_days` may be set.",
            "AMS-1",
        ),
    ] = None
    backorderable: Annotated[
        bool | None,
        doc("Whether orders may wait for units that are not there; default true.", True),
    ] = None
    backorder_cap: Annotated[
        UnitsOrNone | None,
        doc("The most units that may wait; default null = no limit. Lowering it drops nobody.", 500),
    ] = None
    safety_stock: Annotated[
        UnitsOrNone | None,
        doc("Units kept out of sale and out of reach of waiters; default 0.", 10),
    ] = None
    reorder_point: Annotated[
        UnitsOrNone | None,
        doc("At or below this projected quantity more is suggested; default null = never.", 20),
    ] = None
    order_up_to: Annotated[
        UnitsOrNone | None,
        doc(
            "The projected quantity that a suggestion aims at, not below `reorder_point`; default null.", 100
        ),
    ] = None
    order_multiple: Annotated[Units | None, doc("Suggestions are multiples of this; default 1.", 12)] = None
    order_minimum: Annotated[Units | None, doc("Suggestions are not below this; default 1.", 24)] = None
    lead_time_days: Annotated[
        Days | None,
        doc("Days from ordering to arrival; default null = not known.", 14),
    ] = None
    discontinued: Annotated[
        bool | None,
        doc("Nothing more is accepted beyond what is there; default false.", False),
    ] = None
    allocation: Annotated[
        Literal["queue", "fair_share"] | None,
        doc(
            "`queue` (default): first come, first served. `fair_share`: waiters of one priority "
            "share in proportion.",
            "queue",
        ),
    ] = None
    release: Annotated[
        Literal["automatic", "manual"] | None,
        doc("`automatic` (default), or `manual`: releases wait for `release.requested`.", "automatic"),
    ] = None
    allow_partial: Annotated[
        bool | None,
        doc("Whether a line may be filled in part; default true.", True),
    ] = None
    min_release: Annotated[
        Units | None,
        doc("The least that is worth filling, unless it is all that is missing; default 1.", 1),
    ] = None
    strict_order: Annotated[
        bool | None,
        doc("The head of the queue blocks those who could use the same units; default false.", False),
    ] = None
    sourcing: Annotated[
        Annotated[list[Id], Len(1, MAX_LOCATIONS), no_two_alike(lambda place: place, "location")] | None,
        doc(
            "Locations in order of preference, and the only ones that the item has; default null = "
            "any, in name order.",
            ["AMS-1", "RTM-2"],
        ),
    ] = None
    negative_on_hand: Annotated[
        Literal["refuse", "allow"] | None,
        doc("Whether an adjustment may take on hand below 0; default `refuse`.", "refuse"),
    ] = None
    components: Annotated[
        Annotated[
            list[KitComponent], Len(1, MAX_COMPONENTS), no_two_alike(lambda part: part.sku, "component")
        ]
        | None,
        doc(
            "The item is a kit of these; default null = it is not a kit.",
            [{"sku": "MUG-BLUE", "quantity": 2}],
        ),
    ] = None
    horizon_days: Annotated[
        Days | None,
        doc(
            "A line required later than this many days ahead neither takes units nor counts as "
            "ahead; default null = no horizon.",
            30,
        ),
    ] = None
    complete_patience_days: Annotated[
        Days | None,
        doc("Passed over for so long, a ship-complete order keeps what comes to it; default 14.", 14),
    ] = None
    payment_grace_days: Annotated[
        Days | None,
        doc("Days from the notice that payment is missing until the units go to the next; default 3.", 3),
    ] = None
    ship_lead_days: Annotated[
        Days | None,
        doc("An authorization that ends within so many days is asked for again; default 1.", 1),
    ] = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        given = self.model_fields_set - {"sku", "location"}
        if self.location is not None and (wrong := given - PER_LOCATION):
            raise contradiction(
                min(wrong),
                "cannot be set for one location; leave location out, or set only "
                + ", ".join(sorted(PER_LOCATION)),
            )
        if (
            self.reorder_point is not None
            and self.order_up_to is not None
            and self.order_up_to < self.reorder_point
        ):
            raise contradiction(
                "order_up_to", "is below reorder_point; a suggestion would aim below the trigger"
            )
        if any(part.sku == self.sku for part in self.components or ()):
            raise contradiction("components", "names the kit itself; leave it out")
        return self


class ReleaseRequested(Payload):
    """A planner releases units of an item with manual release, or chooses one line out of turn."""

    sku: Sku
    location: Annotated[Id | None, doc("Units at this location only; null = any.", "AMS-1")] = None
    quantity: Annotated[Units | None, doc("Units to release; null = all that is allocated.", 20)] = None
    order_id: Annotated[
        Id | None,
        doc("The order of the line that goes first; null = queue order.", "SO-1001"),
    ] = None
    line: Annotated[
        LineNumber | None,
        doc("The line that goes first, of `order_id`; null without it.", 1),
    ] = None

    @model_validator(mode="after")
    def _names_a_line_or_none(self) -> Self:
        if (self.order_id is None) != (self.line is None):
            raise contradiction("line", "order_id and line name a line together; give both or neither")
        return self

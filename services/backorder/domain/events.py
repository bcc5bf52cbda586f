"""What can happen in a stock pool: the events that the fold understands.

Each public event has one struct here, with the fields of its `data` (see `schemas/README.md` for their
meaning), and a few exist only in the journal: a tick of the clock, the rest of a big step, a change of
rules, a skipped record. The structs are decoded straight from the JSON that the public models of
`backorder.contract` have validated; a test holds both definitions equal.

Fields are only ever appended, with a default. A journal written by an older version stays readable.
"""

from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType

JOURNAL_VERSION = 1

TAG = "$event"
"""Names the struct in the journal's JSON. No serialiser that we know writes this name (.NET writes $type)."""


class OrderLine(Struct, frozen=True, omit_defaults=True, gc=False):
    """One line as `order.placed` brings it; null `priority` and `required_by` are the order's."""

    line: int
    sku: str
    quantity: int
    location: str | None = None
    required_by: datetime | None = None
    priority: int | None = None
    backorder: str = "allow"
    cancel_after: datetime | None = None
    hold_id: str | None = None


class Payment(Struct, frozen=True, omit_defaults=True, gc=False):
    status: str
    expires_at: datetime | None = None


class AmendedLine(Struct, frozen=True, omit_defaults=True, gc=False):
    """`quantity` is what is now wanted in all; a line not yet known carries a full line's fields."""

    line: int
    quantity: int
    sku: str | None = None
    location: str | None = None
    required_by: datetime | None = None
    priority: int | None = None
    backorder: str = "allow"
    cancel_after: datetime | None = None
    hold_id: str | None = None


class RescheduledLine(Struct, frozen=True, gc=False):
    """A field that is UNSET was left out and stays as it is; null has its own meaning."""

    line: int
    priority: int | UnsetType | None = UNSET
    required_by: datetime | UnsetType | None = UNSET
    cancel_after: datetime | UnsetType | None = UNSET
    location: str | UnsetType | None = UNSET


class CancelledLine(Struct, frozen=True, omit_defaults=True, gc=False):
    """`quantity` null is all of the line that is not shipped."""

    line: int
    quantity: int | None = None


class PickedLine(Struct, frozen=True, gc=False):
    """A negative quantity un-picks."""

    line: int
    quantity: int
    location: str


class ShippedLine(Struct, frozen=True, gc=False):
    line: int
    quantity: int
    location: str


class Pegged(Struct, frozen=True, gc=False):
    """The order line that a purchase line is for."""

    order_id: str
    line: int


class PurchasedLine(Struct, frozen=True, omit_defaults=True, rename={"pegged_to": "for"}, gc=False):
    line: int
    sku: str
    location: str
    quantity: int
    expected_at: datetime | None = None
    pegged_to: Pegged | None = None


class ChangedPurchaseLine(Struct, frozen=True, omit_defaults=True, gc=False):
    """`quantity` is the new ordered total, null = unchanged; an `expected_at` left out is unchanged."""

    line: int
    quantity: int | None = None
    expected_at: datetime | UnsetType | None = UNSET


class CancelledPurchaseLine(Struct, frozen=True, gc=False):
    line: int


class AnnouncedLine(Struct, frozen=True, gc=False):
    line: int
    quantity: int


class ReceivedLine(Struct, frozen=True, omit_defaults=True, gc=False):
    """`quantity` is what was accepted; `final` closes the purchase line short."""

    sku: str
    location: str
    quantity: int
    line: int | None = None
    rejected: int = 0
    final: bool = False
    condition: str = "sellable"


class KitPart(Struct, frozen=True, gc=False):
    sku: str
    quantity: int


class PublicEvent(Struct, frozen=True, omit_defaults=True, tag_field=TAG):
    """Base of the events that come in from outside."""


# --- topic orders -------------------------------------------------------------------------------------------


class OrderPlaced(PublicEvent, frozen=True, omit_defaults=True, tag="order.placed"):
    order_id: str
    lines: list[OrderLine]
    priority: int = 5
    required_by: datetime | None = None
    ship: str = "as_available"
    channel: str | None = None
    held: bool = False
    payment: Payment | None = None


class OrderAmended(PublicEvent, frozen=True, omit_defaults=True, tag="order.amended"):
    order_id: str
    lines: list[AmendedLine]


class OrderRescheduled(PublicEvent, frozen=True, tag="order.rescheduled"):
    order_id: str
    priority: int | UnsetType = UNSET
    required_by: datetime | UnsetType | None = UNSET
    ship: str | UnsetType = UNSET
    lines: list[RescheduledLine] | UnsetType = UNSET


class OrderCancelled(PublicEvent, frozen=True, omit_defaults=True, tag="order.cancelled"):
    order_id: str
    reason: str
    lines: list[CancelledLine] | None = None


class OrderHeld(PublicEvent, frozen=True, tag="order.held"):
    order_id: str
    reason: str


class OrderResumed(PublicEvent, frozen=True, tag="order.resumed"):
    order_id: str
    reason: str


class OrderPaymentChanged(PublicEvent, frozen=True, omit_defaults=True, tag="order.payment_changed"):
    order_id: str
    status: str
    expires_at: datetime | None = None


class OrderPicked(PublicEvent, frozen=True, tag="order.picked"):
    order_id: str
    lines: list[PickedLine]


class OrderShipped(PublicEvent, frozen=True, omit_defaults=True, tag="order.shipped"):
    order_id: str
    shipment_id: str
    lines: list[ShippedLine]
    remainder: str = "keep"
    force: bool = False


class OrderShipmentVoided(PublicEvent, frozen=True, tag="order.shipment_voided"):
    order_id: str
    shipment_id: str


# --- topic inventory ----------------------------------------------------------------------------------------


class StockCounted(PublicEvent, frozen=True, tag="stock.counted"):
    sku: str
    location: str
    quantity: int
    basis: str
    as_of: datetime


class StockAdjusted(PublicEvent, frozen=True, omit_defaults=True, tag="stock.adjusted"):
    sku: str
    location: str
    quantity: int
    reason: str
    condition: str = "sellable"


class StockConditionChanged(
    PublicEvent,
    frozen=True,
    tag="stock.condition_changed",
    rename={"from_condition": "from", "to_condition": "to"},
):
    sku: str
    location: str
    quantity: int
    from_condition: str
    to_condition: str
    reason: str


class StockReturned(PublicEvent, frozen=True, omit_defaults=True, tag="stock.returned"):
    sku: str
    location: str
    quantity: int
    condition: str
    order_id: str | None = None


class StockTransferred(PublicEvent, frozen=True, omit_defaults=True, tag="stock.transferred"):
    transfer_id: str
    sku: str
    from_location: str
    to_location: str
    quantity: int
    phase: str
    part: int = 1
    expected_at: datetime | None = None


class StockHeld(PublicEvent, frozen=True, tag="stock.held"):
    hold_id: str
    sku: str
    location: str
    quantity: int
    expires_at: datetime


class StockHoldEnded(PublicEvent, frozen=True, omit_defaults=True, tag="stock.hold_ended"):
    hold_id: str
    sku: str
    location: str | None = None
    quantity: int | None = None
    expires_at: datetime | None = None


class ItemConfigured(PublicEvent, frozen=True, tag="item.configured"):
    """A field that is UNSET keeps its value; null returns to the default."""

    sku: str
    location: str | UnsetType | None = UNSET
    backorderable: bool | UnsetType | None = UNSET
    backorder_cap: int | UnsetType | None = UNSET
    safety_stock: int | UnsetType | None = UNSET
    reorder_point: int | UnsetType | None = UNSET
    order_up_to: int | UnsetType | None = UNSET
    order_multiple: int | UnsetType | None = UNSET
    order_minimum: int | UnsetType | None = UNSET
    lead_time_days: int | UnsetType | None = UNSET
    discontinued: bool | UnsetType | None = UNSET
    allocation: str | UnsetType | None = UNSET
    release: str | UnsetType | None = UNSET
    allow_partial: bool | UnsetType | None = UNSET
    min_release: int | UnsetType | None = UNSET
    strict_order: bool | UnsetType | None = UNSET
    sourcing: list[str] | UnsetType | None = UNSET
    negative_on_hand: str | UnsetType | None = UNSET
    components: list[KitPart] | UnsetType | None = UNSET
    horizon_days: int | UnsetType | None = UNSET
    complete_patience_days: int | UnsetType | None = UNSET
    payment_grace_days: int | UnsetType | None = UNSET
    ship_lead_days: int | UnsetType | None = UNSET


class ReleaseRequested(PublicEvent, frozen=True, omit_defaults=True, tag="release.requested"):
    sku: str
    location: str | None = None
    quantity: int | None = None
    order_id: str | None = None
    line: int | None = None


# --- topic receiving ----------------------------------------------------------------------------------------


class PurchasePlaced(PublicEvent, frozen=True, tag="purchase.placed"):
    purchase_order_id: str
    supplier: str
    lines: list[PurchasedLine]


class PurchaseChanged(PublicEvent, frozen=True, tag="purchase.changed"):
    purchase_order_id: str
    lines: list[ChangedPurchaseLine]


class PurchaseCancelled(PublicEvent, frozen=True, omit_defaults=True, tag="purchase.cancelled"):
    purchase_order_id: str
    lines: list[CancelledPurchaseLine] | None = None


class ShipmentAnnounced(PublicEvent, frozen=True, tag="shipment.announced"):
    notice_id: str
    purchase_order_id: str
    expected_at: datetime
    lines: list[AnnouncedLine]


class GoodsReceived(PublicEvent, frozen=True, omit_defaults=True, tag="goods.received"):
    receipt_id: str
    lines: list[ReceivedLine]
    purchase_order_id: str | None = None


class GoodsReceiptReversed(PublicEvent, frozen=True, omit_defaults=True, tag="goods.receipt_reversed"):
    receipt_id: str
    reason: str
    purchase_order_id: str | None = None


# --- only in the journal ------------------------------------------------------------------------------------


class ClockTicked(Struct, frozen=True, tag_field=TAG, tag="clock.ticked"):
    """Moves the clock of every pool of the journal partition; `Entry.time` is the new time."""


class Continued(Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="step.continued"):
    """The next part of an event that moves more lines than one step may.

    `cross_dock`: the units come straight from a receipt.
    """

    sku: str
    cross_dock: bool = False


class RulesChanged(Struct, frozen=True, tag_field=TAG, tag="rules.changed"):
    """From here on the fold decides by these rules and settings, in every pool of the partition."""

    rules_version: int
    settings: dict[str, int]


class RecordSkipped(Struct, frozen=True, tag_field=TAG, tag="record.skipped"):
    """An operator's word that the journal record at `offset` is passed over without effect."""

    offset: int
    reason: str


Event = (
    OrderPlaced
    | OrderAmended
    | OrderRescheduled
    | OrderCancelled
    | OrderHeld
    | OrderResumed
    | OrderPaymentChanged
    | OrderPicked
    | OrderShipped
    | OrderShipmentVoided
    | StockCounted
    | StockAdjusted
    | StockConditionChanged
    | StockReturned
    | StockTransferred
    | StockHeld
    | StockHoldEnded
    | ItemConfigured
    | ReleaseRequested
    | PurchasePlaced
    | PurchaseChanged
    | PurchaseCancelled
    | ShipmentAnnounced
    | GoodsReceived
    | GoodsReceiptReversed
    | ClockTicked
    | Continued
    | RulesChanged
    | RecordSkipped
)


class Entry(Struct, frozen=True, omit_defaults=True):
    """One record of the journal: an event, when it happened, and where it came from.

    `pool` is empty for records that concern a whole journal partition. `topic`, `partition` and `offset`
    name the public record; they are empty for what the processor itself appends.
    """

    version: int
    pool: str
    id: str
    source: str
    time: datetime
    event: Event
    traceparent: str | None = None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None


PUBLIC_EVENTS: dict[str, Any] = {
    struct.__struct_config__.tag: struct for struct in Event.__args__ if issubclass(struct, PublicEvent)
}
"""Short type name (`order.placed`) to struct, for every event that comes in from outside."""


def type_name(event: Event) -> str:
    """The short type name of an event, such as `order.placed`."""
    return str(event.__struct_config__.tag)

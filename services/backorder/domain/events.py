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
    """Base of the events that come in from outside. Each has a `subject`: the id that it is about, and keyed
    by on its topic."""


class OrderEvent(PublicEvent, frozen=True, omit_defaults=True):
    """Base of the events on topic `orders`."""

    order_id: str

    @property
    def subject(self) -> str:
        return self.order_id


class InventoryEvent(PublicEvent, frozen=True, omit_defaults=True):
    """Base of the events on topic `inventory`."""

    sku: str

    @property
    def subject(self) -> str:
        return self.sku


class PurchaseEvent(PublicEvent, frozen=True, omit_defaults=True):
    """Base of the events on topic `receiving` that are about a purchase."""

    purchase_order_id: str

    @property
    def subject(self) -> str:
        return self.purchase_order_id


class ReceiptEvent(PublicEvent, frozen=True, omit_defaults=True):
    """Base of the events on topic `receiving` that are about a receipt, with or without a purchase."""

    receipt_id: str

    @property
    def subject(self) -> str:
        purchase: str | None = getattr(self, "purchase_order_id", None)
        return self.receipt_id if purchase is None else purchase


Keyed = OrderEvent | InventoryEvent | PurchaseEvent | ReceiptEvent
"""Every public event is one of these."""

# --- topic orders -------------------------------------------------------------------------------------------


class OrderPlaced(OrderEvent, frozen=True, omit_defaults=True, tag="order.placed"):
    lines: list[OrderLine]
    priority: int = 5
    required_by: datetime | None = None
    ship: str = "as_available"
    channel: str | None = None
    held: bool = False
    payment: Payment | None = None


class OrderAmended(OrderEvent, frozen=True, omit_defaults=True, tag="order.amended"):
    lines: list[AmendedLine]


class OrderRescheduled(OrderEvent, frozen=True, tag="order.rescheduled"):
    priority: int | UnsetType = UNSET
    required_by: datetime | UnsetType | None = UNSET
    ship: str | UnsetType = UNSET
    lines: list[RescheduledLine] | UnsetType = UNSET


class OrderCancelled(OrderEvent, frozen=True, omit_defaults=True, tag="order.cancelled"):
    reason: str
    lines: list[CancelledLine] | None = None


class OrderHeld(OrderEvent, frozen=True, tag="order.held"):
    reason: str


class OrderResumed(OrderEvent, frozen=True, tag="order.resumed"):
    reason: str


class OrderPaymentChanged(OrderEvent, frozen=True, omit_defaults=True, tag="order.payment_changed"):
    status: str
    expires_at: datetime | None = None


class OrderPicked(OrderEvent, frozen=True, tag="order.picked"):
    lines: list[PickedLine]


class OrderShipped(OrderEvent, frozen=True, omit_defaults=True, tag="order.shipped"):
    shipment_id: str
    lines: list[ShippedLine]
    remainder: str = "keep"
    force: bool = False


class OrderShipmentVoided(OrderEvent, frozen=True, tag="order.shipment_voided"):
    shipment_id: str


# --- topic inventory ----------------------------------------------------------------------------------------


class StockCounted(InventoryEvent, frozen=True, tag="stock.counted"):
    location: str
    quantity: int
    basis: str
    as_of: datetime


class StockAdjusted(InventoryEvent, frozen=True, omit_defaults=True, tag="stock.adjusted"):
    location: str
    quantity: int
    reason: str
    condition: str = "sellable"


class StockConditionChanged(
    InventoryEvent,
    frozen=True,
    tag="stock.condition_changed",
    rename={"from_condition": "from", "to_condition": "to"},
):
    location: str
    quantity: int
    from_condition: str
    to_condition: str
    reason: str


class StockReturned(InventoryEvent, frozen=True, omit_defaults=True, tag="stock.returned"):
    location: str
    quantity: int
    condition: str
    order_id: str | None = None


class StockTransferred(InventoryEvent, frozen=True, omit_defaults=True, tag="stock.transferred"):
    transfer_id: str
    from_location: str
    to_location: str
    quantity: int
    phase: str
    part: int = 1
    expected_at: datetime | None = None


class StockHeld(InventoryEvent, frozen=True, tag="stock.held"):
    hold_id: str
    location: str
    quantity: int
    expires_at: datetime


class StockHoldEnded(InventoryEvent, frozen=True, omit_defaults=True, tag="stock.hold_ended"):
    hold_id: str
    location: str | None = None
    quantity: int | None = None
    expires_at: datetime | None = None


class ItemConfigured(InventoryEvent, frozen=True, tag="item.configured"):
    """A field that is UNSET keeps its value; null returns to the default."""

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


class ReleaseRequested(InventoryEvent, frozen=True, omit_defaults=True, tag="release.requested"):
    location: str | None = None
    quantity: int | None = None
    order_id: str | None = None
    line: int | None = None


# --- topic receiving ----------------------------------------------------------------------------------------


class PurchasePlaced(PurchaseEvent, frozen=True, tag="purchase.placed"):
    supplier: str
    lines: list[PurchasedLine]


class PurchaseChanged(PurchaseEvent, frozen=True, tag="purchase.changed"):
    lines: list[ChangedPurchaseLine]


class PurchaseCancelled(PurchaseEvent, frozen=True, omit_defaults=True, tag="purchase.cancelled"):
    lines: list[CancelledPurchaseLine] | None = None


class ShipmentAnnounced(PurchaseEvent, frozen=True, tag="shipment.announced"):
    notice_id: str
    expected_at: datetime
    lines: list[AnnouncedLine]


class GoodsReceived(ReceiptEvent, frozen=True, omit_defaults=True, tag="goods.received"):
    lines: list[ReceivedLine]
    purchase_order_id: str | None = None


class GoodsReceiptReversed(ReceiptEvent, frozen=True, omit_defaults=True, tag="goods.receipt_reversed"):
    reason: str
    purchase_order_id: str | None = None


# --- only in the journal ------------------------------------------------------------------------------------


class ClockTicked(Struct, frozen=True, tag_field=TAG, tag="clock.ticked"):
    """Moves the clock of every pool of the journal partition; `Entry.time` is the new time."""


class Continued(Struct, frozen=True, omit_defaults=True, tag_field=TAG, tag="step.continued"):
    """The next part of an event that moves more lines than one step may.

    `request`: what is left of a release request; else the SKU is settled further.
    """

    sku: str
    request: ReleaseRequested | None = None


class RulesChanged(Struct, frozen=True, tag_field=TAG, tag="rules.changed"):
    """From here on the fold decides by these rules and settings, in every pool of the partition."""

    rules_version: int
    settings: dict[str, int]


class SkipRequested(Struct, frozen=True, tag_field=TAG, tag="skip.requested"):
    """An operator's word that the journal record at `offset` may be passed over, if it cannot be folded."""

    offset: int
    reason: str
    by: str


class RecordSkipped(Struct, frozen=True, tag_field=TAG, tag="record.skipped"):
    """The processor's word that it passed over the journal record at `offset`, as asked at `request`.

    That record has no effect, in this fold and in every later one. `error` says why it could not be folded.
    """

    offset: int
    request: int
    error: str


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
    | SkipRequested
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


def full_type_name(short: str) -> str:
    """The CloudEvents type of a short type name."""
    return f"io.backorder.{short}.v1"

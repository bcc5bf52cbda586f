"""Which events come in: type, topic, payload, and the field that is key and subject."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from backorder.contract import inventory, orders, receiving
from backorder.contract.types import Payload

PREFIX = "io.backorder."
SUFFIX = ".v1"
CLOCK_TICKED = "io.backorder.clock.ticked.v1"
"""Only in the input of `simulate`: it moves the clock."""


def full_name(short: str) -> str:
    """`order.placed` as it stands in the `type` attribute: `io.backorder.order.placed.v1`."""
    return f"{PREFIX}{short}{SUFFIX}"


def short_name(full: str) -> str:
    """The reverse of `full_name`. Raises ValueError for a type that is not of this family."""
    if not (full.startswith(PREFIX) and full.endswith(SUFFIX)):
        raise ValueError(f"{full!r} is not {PREFIX}*{SUFFIX}")
    return full[len(PREFIX) : -len(SUFFIX)]


class InputType:
    """One type of event that comes in."""

    __slots__ = ("id_field", "id_field_without", "name", "payload", "short", "subject", "topic", "validate")

    def __init__(
        self,
        short: str,
        topic: str,
        payload: type[Payload],
        id_field: str,
        id_field_without: str | None = None,
    ) -> None:
        self.short = short
        self.name = full_name(short)
        """The `type` attribute."""
        self.topic = topic
        self.payload = payload
        self.validate: Callable[[bytes], Any] = payload.__pydantic_validator__.validate_json
        """Reads the JSON of the data into the payload; raises pydantic's ValidationError."""
        self.id_field = id_field
        """The field of the data that is the key and the subject."""
        self.id_field_without = id_field_without
        """The field that is, where `id_field` is null."""
        self.subject: Callable[[Any], str] = _subject(id_field, id_field_without)
        """What key and subject of an event with this payload are."""


def _subject(id_field: str, id_field_without: str | None) -> Callable[[Any], str]:
    if id_field_without is None:
        return attrgetter(id_field)
    first, second = attrgetter(id_field), attrgetter(id_field_without)

    def either(payload: Payload) -> str:
        found: str | None = first(payload)
        return second(payload) if found is None else found

    return either


_RECEIPT = ("purchase_order_id", "receipt_id")

INPUT_TYPES: tuple[InputType, ...] = (
    InputType("order.placed", "orders", orders.OrderPlaced, "order_id"),
    InputType("order.amended", "orders", orders.OrderAmended, "order_id"),
    InputType("order.rescheduled", "orders", orders.OrderRescheduled, "order_id"),
    InputType("order.cancelled", "orders", orders.OrderCancelled, "order_id"),
    InputType("order.held", "orders", orders.OrderHeld, "order_id"),
    InputType("order.resumed", "orders", orders.OrderResumed, "order_id"),
    InputType("order.payment_changed", "orders", orders.OrderPaymentChanged, "order_id"),
    InputType("order.picked", "orders", orders.OrderPicked, "order_id"),
    InputType("order.shipped", "orders", orders.OrderShipped, "order_id"),
    InputType("order.shipment_voided", "orders", orders.OrderShipmentVoided, "order_id"),
    InputType("stock.counted", "inventory", inventory.StockCounted, "sku"),
    InputType("stock.adjusted", "inventory", inventory.StockAdjusted, "sku"),
    InputType("stock.condition_changed", "inventory", inventory.StockConditionChanged, "sku"),
    InputType("stock.returned", "inventory", inventory.StockReturned, "sku"),
    InputType("stock.transferred", "inventory", inventory.StockTransferred, "sku"),
    InputType("stock.held", "inventory", inventory.StockHeld, "sku"),
    InputType("stock.hold_ended", "inventory", inventory.StockHoldEnded, "sku"),
    InputType("item.configured", "inventory", inventory.ItemConfigured, "sku"),
    InputType("release.requested", "inventory", inventory.ReleaseRequested, "sku"),
    InputType("purchase.placed", "receiving", receiving.PurchasePlaced, "purchase_order_id"),
    InputType("purchase.changed", "receiving", receiving.PurchaseChanged, "purchase_order_id"),
    InputType("purchase.cancelled", "receiving", receiving.PurchaseCancelled, "purchase_order_id"),
    InputType("shipment.announced", "receiving", receiving.ShipmentAnnounced, "purchase_order_id"),
    InputType("goods.received", "receiving", receiving.GoodsReceived, *_RECEIPT),
    InputType("goods.receipt_reversed", "receiving", receiving.GoodsReceiptReversed, *_RECEIPT),
)

INPUTS: dict[str, InputType] = {kind.name: kind for kind in INPUT_TYPES}
"""The `type` attribute to what is known of it."""

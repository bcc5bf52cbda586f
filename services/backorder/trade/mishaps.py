"""What goes wrong between systems: events that come twice or late, cannot be read, or make no sense."""

from collections import deque
from datetime import datetime, timedelta
from random import Random
from typing import Any

import msgspec

from backorder.trade.event import Desk, TradeEvent, json_line

KEPT = 200
"""A repeat is one of so many events before it."""
LATE = 0.01
MAY_BE_LATE = frozenset({"order.placed", "stock.adjusted", "stock.returned", "goods.received"})


class Mishaps:
    """The source of what should not happen, and does."""

    def __init__(self, pool: str, random: Random) -> None:
        self._desk = Desk("legacy", pool)
        self._pool = pool
        self._random = random
        self._recent: deque[bytes] = deque(maxlen=KEPT)
        self._made = 0

    def seen(self, line: bytes) -> None:
        self._recent.append(line)

    def repeat(self) -> bytes | None:
        """An event that was published before, once more; None when there was none."""
        return self._random.choice(self._recent) if self._recent else None

    def maybe_late(self, event: TradeEvent) -> TradeEvent:
        """The event, or now and then the same one having happened long before it arrives."""
        if event.type not in MAY_BE_LATE or self._random.random() >= LATE:
            return event
        delay = timedelta(minutes=self._random.randint(30, 3 * 24 * 60))
        return msgspec.structs.replace(event, time=event.time - delay)

    def unreadable(self, now: datetime) -> bytes:
        """A line that is JSON and no valid event: it ends in the dead letters."""
        number = self._next()
        order_id = f"BROKEN-{number}"
        data = {"order_id": order_id, "lines": [{"line": 1, "sku": "SKU-00001", "quantity": 1}]}
        event = msgspec.json.decode(json_line(self._desk.write("order.placed", now, order_id, data)))
        _BREAKS[number % len(_BREAKS)](event)
        return msgspec.json.encode(event) + b"\n"

    def senseless(self, now: datetime) -> TradeEvent:
        """An event that is valid and refers to nothing, or asks for more than there is."""
        number = self._next()
        order_id, purchase_id = f"NOBODY-{number}", f"NOTHING-{number}"
        kind, subject, data = self._random.choice(_SENSELESS)(order_id, purchase_id, "SKU-00001")
        return self._desk.write(kind, now, subject, data)

    def rare(self, now: datetime) -> TradeEvent:
        """An event of a kind that is seldom seen."""
        order_id = f"LATER-{self._next()}"
        kind, subject, data = self._random.choice(_RARE)(order_id, "SKU-00001", now)
        return self._desk.write(kind, now, subject, data)

    def _next(self) -> int:
        self._made += 1
        return self._made


def _quantity_in_quotes(event: dict[str, Any]) -> None:
    event["data"]["lines"][0]["quantity"] = "1"


def _no_sku(event: dict[str, Any]) -> None:
    del event["data"]["lines"][0]["sku"]


def _no_offset(event: dict[str, Any]) -> None:
    event["time"] = event["time"].removesuffix("Z")


def _misspelled_type(event: dict[str, Any]) -> None:
    event["type"] = event["type"].replace("placed", "plcaed")


def _another_subject(event: dict[str, Any]) -> None:
    event["subject"] += "-copy"


def _no_id(event: dict[str, Any]) -> None:
    del event["id"]


_BREAKS = (_quantity_in_quotes, _no_sku, _no_offset, _misspelled_type, _another_subject, _no_id)

Written = tuple[str, str, dict[str, Any]]
"""Type, subject, data."""


def _cancel_of_nothing(order_id: str, _purchase: str, _sku: str) -> Written:
    return "order.cancelled", order_id, {"order_id": order_id, "reason": "test", "lines": [{"line": 1}]}


def _shipment_of_nothing(order_id: str, _purchase: str, _sku: str) -> Written:
    line = {"line": 1, "quantity": 1, "location": "AMS-1"}
    return "order.shipped", order_id, {"order_id": order_id, "shipment_id": order_id, "lines": [line]}


def _void_of_nothing(order_id: str, _purchase: str, _sku: str) -> Written:
    return "order.shipment_voided", order_id, {"order_id": order_id, "shipment_id": order_id}


def _change_of_nothing(_order: str, purchase_id: str, _sku: str) -> Written:
    data = {"purchase_order_id": purchase_id, "lines": [{"line": 1, "quantity": 5}]}
    return "purchase.changed", purchase_id, data


def _more_lost_than_there(_order: str, _purchase: str, sku: str) -> Written:
    data = {"sku": sku, "location": "AMS-1", "quantity": -10_000_000, "reason": "typing_error"}
    return "stock.adjusted", sku, data


_SENSELESS = (
    _cancel_of_nothing,
    _shipment_of_nothing,
    _void_of_nothing,
    _change_of_nothing,
    _more_lost_than_there,
)


def _ship_complete(order_id: str, sku: str, _now: datetime) -> Written:
    lines = [{"line": 1, "sku": sku, "quantity": 1}]
    return "order.placed", order_id, {"order_id": order_id, "ship": "complete", "lines": lines}


def _hold(order_id: str, _sku: str, _now: datetime) -> Written:
    return "order.held", order_id, {"order_id": order_id, "reason": "fraud_check"}


def _cart(order_id: str, sku: str, now: datetime) -> Written:
    data = {"hold_id": order_id, "sku": sku, "location": "AMS-1", "quantity": 1}
    return "stock.held", sku, data | {"expires_at": now + timedelta(minutes=15)}


def _transfer(order_id: str, sku: str, _now: datetime) -> Written:
    data = {"transfer_id": order_id, "sku": sku, "from_location": "AMS-1", "to_location": "RTM-2"}
    return "stock.transferred", sku, data | {"quantity": 1, "phase": "dispatched"}


_RARE = (_ship_complete, _hold, _cart, _transfer)

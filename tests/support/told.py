"""Events of a shop as lines of JSON, as its platforms would publish them; the test tells the ids."""

from collections.abc import Iterable
from datetime import UTC, datetime

from backorder.contract.envelope import encode_structured

HERE = "AMS"


def counted(id: str, sku: str, quantity: int, pool: str = "default") -> bytes:
    """A count of what is on hand, as of now."""
    now = datetime.now(UTC)
    data = {
        "sku": sku,
        "location": HERE,
        "quantity": quantity,
        "basis": "on_hand",
        "as_of": now.isoformat(),
    }
    return _line("stock.counted", data, id, pool, now)


def placed(id: str, sku: str, quantity: int = 1, pool: str = "default") -> bytes:
    """An order of one line; the order's id is the event's."""
    return placed_lines(id, [(sku, quantity)], pool)


def placed_lines(id: str, lines: Iterable[tuple[str, int]], pool: str = "default") -> bytes:
    """An order of several lines: SKU and quantity."""
    data = {
        "order_id": id,
        "lines": [
            {"line": number, "sku": sku, "quantity": quantity}
            for number, (sku, quantity) in enumerate(lines, start=1)
        ],
    }
    return _line("order.placed", data, id, pool)


def received(id: str, sku: str, quantity: int, pool: str = "default") -> bytes:
    """A receipt without a purchase; the receipt's id is the event's."""
    data = {"receipt_id": id, "lines": [{"sku": sku, "location": HERE, "quantity": quantity}]}
    return _line("goods.received", data, id, pool)


def _line(type: str, data: dict[str, object], id: str, pool: str, now: datetime | None = None) -> bytes:
    time = now or datetime.now(UTC)
    return encode_structured(type, data, id=id, source="/tests/shop", time=time, pool=pool).value

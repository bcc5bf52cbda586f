"""What the tests of promises share: days after Monday, purchases in a line, and what was promised."""

from datetime import datetime, timedelta
from typing import Any

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.shop import HERE, MONDAY, SKU, Shop


def day(number: int) -> datetime:
    """So many days after Monday."""
    return MONDAY + timedelta(days=number)


def buy(
    shop: Shop, purchase_id: str, *parts: tuple[int, int | None], location: str = HERE, peg: str | None = None
) -> None:
    """Lines as (quantity, day on which they are expected), pegged to line 1 of an order if one is named."""
    pegged_to = None if peg is None else e.Pegged(peg, 1)
    shop.buy(
        purchase_id,
        *(
            e.PurchasedLine(number, SKU, location, units, None if on is None else day(on), pegged_to)
            for number, (units, on) in enumerate(parts, 1)
        ),
    )


def change(shop: Shop, purchase_id: str, number: int = 1, **fields: Any) -> None:
    shop.feed(e.PurchaseChanged(purchase_id, [e.ChangedPurchaseLine(number, **fields)]))


def promised(shop: Shop, order_id: str, number: int = 1) -> int | None:
    """The day that the row of a line says, None = no promise."""
    at = shop.line(order_id, number).promised_at
    return None if at is None else (at - MONDAY).days


def changes(shop: Shop) -> list[tuple[str, int | None, int | None, int | None, str]]:
    """Order, original, previous, current day, and the reason, of each promise that the last event changed."""

    def on(at: datetime | None) -> int | None:
        return None if at is None else (at - MONDAY).days

    return [
        (each.order_id, on(each.original), on(each.previous), on(each.current), each.reason)
        for each in shop.told(d.BackorderPromised)
    ]

"""Kits: items that are put together from components, filled only in whole kits from one location."""

from typing import Any

from backorder.domain import events as e
from tests.support.shop import HERE, Shop, line

TEA, MUG, TIN = "TEA", "MUG", "TIN"
COMPONENTS = [e.KitPart(MUG, 2), e.KitPart(TIN, 1)]


def tea_shop(mugs: int = 0, tins: int = 0, **policies: Any) -> Shop:
    """TEA is two mugs and a tin; so many of both are here."""
    shop = Shop()
    shop.configure(TEA, components=COMPONENTS, **policies)
    if mugs:
        shop.count(mugs)
    if tins:
        shop.count(tins, sku=TIN)
    return shop


def tea(number: int, quantity: int, **fields: Any) -> e.OrderLine:
    return line(number, quantity, TEA, **fields)


def component(shop: Shop, sku: str, location: str | None = HERE) -> tuple[int, int]:
    """Units of a component that are allocated there, and that wait."""
    row = shop.stock(location, sku)
    return row.allocated, row.backordered


def add(shop: Shop, sku: str, quantity: int, location: str = HERE) -> None:
    shop.feed(e.StockAdjusted(sku, location, quantity, "found"))


# --- placing and filling ------------------------------------------------------------------------------------


def test_a_kit_takes_whole_kits_and_waits_for_the_rest_of_its_pieces() -> None:
    shop = tea_shop(mugs=5, tins=1)
    shop.place("A", tea(1, 3, location=HERE))
    assert shop.figures("A") == (3, 1, 2, 0, 0)
    assert component(shop, MUG) == (2, 4)
    assert component(shop, TIN) == (1, 2)

    shop.place("B", 3)
    assert shop.figures("B") == (3, 3, 0, 0, 0)
    add(shop, TIN, 2)
    assert shop.figures("A") == (3, 1, 2, 0, 0)
    add(shop, MUG, 2)
    assert shop.filled() == [("A", 1)]
    assert shop.figures("A") == (3, 2, 1, 0, 0)

    shop.count(6)
    assert shop.figures("B") == (3, 2, 1, 0, 0)
    assert shop.figures("A") == (3, 2, 1, 0, 0)


def test_a_kit_without_a_location_waits_in_the_common_row_of_its_components() -> None:
    shop = tea_shop()
    shop.place("A", tea(1, 2))
    assert component(shop, MUG, None) == (0, 4)
    assert component(shop, TIN, None) == (0, 2)
    assert ("stock", '["default","TEA",null]') not in shop._rows

"""What a kit is made of."""

from collections.abc import Iterable
from typing import NamedTuple


class Part(NamedTuple):
    """So many units of a component that one kit needs."""

    sku: str
    quantity: int


def units_of(parts: Iterable[Part], sku: str) -> int:
    """How many units of a SKU are among the parts of a kit."""
    return next((part.quantity for part in parts if part.sku == sku), 0)

"""Policies of items that concern whole orders."""

from backorder.domain.pool import Pool
from backorder.domain.records import Order


def smallest(pool: Pool, order: Order, policy: str) -> int:
    """The smallest value of a policy among the items of the order's open lines."""
    values: list[int] = [
        getattr(pool.sku(line.sku).item, policy) for line in pool.lines_of(order) if line.open
    ]
    return min(values)

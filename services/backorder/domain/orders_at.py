"""Which orders that ship complete have to do with what happens to a SKU. Derived, never stored."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sortedcontainers import SortedList

ANYWHERE = ""
"""In place of a location: at whichever, also where lines without a location may not take the SKU itself."""


class Spot(NamedTuple):
    """A SKU, a location or null for none, and by what orders are sorted that have to do with it there."""

    sku: str
    location: str | None
    by: Any


class OrdersAt:
    """Orders by SKU and location, sorted there, with where they were before the batch."""

    __slots__ = ("_at", "_before", "_spots")

    def __init__(self) -> None:
        self._at: dict[str, dict[str | None, Any]] = {}
        self._spots: dict[str, tuple[Spot, ...]] = {}
        self._before: dict[str, tuple[Spot, ...]] = {}

    def put(self, order_id: str, spots: Iterable[Spot]) -> None:
        """From now on the order is there, and nowhere else."""
        now = tuple(spots)
        was = self._spots.get(order_id, ())
        if was == now:
            return
        self._before.setdefault(order_id, was)
        self._set(order_id, was, now)

    def _set(self, order_id: str, was: tuple[Spot, ...], now: tuple[Spot, ...]) -> None:
        # Wherever it may be, if this fails half-way and is undone.
        self._spots[order_id] = was + now
        for sku, location, by in was:
            there = self._at.get(sku, {})
            if location in there:
                there[location].discard((by, order_id))
                if not there[location]:
                    del there[location]
            if not there:
                self._at.pop(sku, None)
        for sku, location, by in now:
            self._at.setdefault(sku, {}).setdefault(location, SortedList()).add((by, order_id))
        if now:
            self._spots[order_id] = now
        else:
            self._spots.pop(order_id, None)

    def at(self, sku: str) -> dict[str | None, Any]:
        """By location the sorted orders, each as (by what, its id)."""
        return self._at.get(sku, {})

    @property
    def orders(self) -> Collection[str]:
        """All that are anywhere."""
        return self._spots.keys()

    def __contains__(self, sku: str) -> bool:
        return sku in self._at

    def commit(self) -> None:
        self._before.clear()

    def rollback(self) -> None:
        for order_id, spots in self._before.items():
            self._set(order_id, self._spots.get(order_id, ()), spots)
        self._before.clear()

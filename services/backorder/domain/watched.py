"""Where orders that cannot be filled now have to be looked at again. Derived, never stored."""

from collections.abc import Iterable, Iterator
from typing import Any

from sortedcontainers import SortedList

Place = tuple[str, int]
"""A SKU, and how many free units of it there must be at least before a look is worth it."""


class Watched:
    """Orders by SKU and least useful number of units, with what was so before the batch."""

    __slots__ = ("_at", "_before", "_places")

    def __init__(self) -> None:
        self._at: dict[str, Any] = {}
        self._places: dict[str, tuple[Place, ...]] = {}
        self._before: dict[str, tuple[Place, ...]] = {}

    def put(self, order_id: str, places: tuple[Place, ...]) -> None:
        """From now on the order is watched at these places, and nowhere else."""
        was = self._places.get(order_id, ())
        if was == places:
            return
        self._before.setdefault(order_id, was)
        self._set(order_id, was, places)

    def _set(self, order_id: str, was: tuple[Place, ...], places: tuple[Place, ...]) -> None:
        for sku, units in was:
            self._at[sku].remove((units, order_id))
            if not self._at[sku]:
                del self._at[sku]
        for sku, units in places:
            self._at.setdefault(sku, SortedList()).add((units, order_id))
        if places:
            self._places[order_id] = places
        else:
            self._places.pop(order_id, None)

    def at(self, sku: str, free: int) -> Iterator[str]:
        """Orders that so many free units of the SKU could help."""
        for units, order_id in self._at.get(sku, ()):
            if units > free:
                return
            yield order_id

    @property
    def orders(self) -> Iterable[str]:
        """All that are watched."""
        return self._places.keys()

    def __contains__(self, sku: str) -> bool:
        return sku in self._at

    def commit(self) -> None:
        self._before.clear()

    def rollback(self) -> None:
        for order_id, places in self._before.items():
            self._set(order_id, self._places.get(order_id, ()), places)
        self._before.clear()

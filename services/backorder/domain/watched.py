"""For what orders are watched that cannot be filled now. Derived, never stored."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sortedcontainers import SortedList

ANYWHERE = ""
"""In place of a location: at whichever, also where lines without a location may not take the SKU itself."""


class Need(NamedTuple):
    """So many free units of a SKU, at a location, or with null where lines without one may take it. Before
    they are there, no look is worth it."""

    sku: str
    location: str | None
    units: int


class Watched:
    """Orders by what they need, with what was so before the batch."""

    __slots__ = ("_at", "_before", "_needs")

    def __init__(self) -> None:
        self._at: dict[str, dict[str | None, Any]] = {}
        self._needs: dict[str, tuple[Need, ...]] = {}
        self._before: dict[str, tuple[Need, ...]] = {}

    def put(self, order_id: str, needs: tuple[Need, ...]) -> None:
        """From now on the order is watched for these, and for nothing else."""
        was = self._needs.get(order_id, ())
        if was == needs:
            return
        self._before.setdefault(order_id, was)
        self._set(order_id, was, needs)

    def _set(self, order_id: str, was: tuple[Need, ...], needs: tuple[Need, ...]) -> None:
        for sku, location, units in was:
            self._at[sku][location].remove((units, order_id))
            if not self._at[sku][location]:
                del self._at[sku][location]
                if not self._at[sku]:
                    del self._at[sku]
        for sku, location, units in needs:
            self._at.setdefault(sku, {}).setdefault(location, SortedList()).add((units, order_id))
        if needs:
            self._needs[order_id] = needs
        else:
            self._needs.pop(order_id, None)

    def locations(self, sku: str) -> Iterable[str | None]:
        """Where orders are watched for units of the SKU."""
        return self._at.get(sku, ())

    def at(self, sku: str, location: str | None, free: int) -> Iterator[str]:
        """Orders watched there that need no more units than are free."""
        for units, order_id in self._at[sku][location]:
            if units > free:
                return
            yield order_id

    @property
    def orders(self) -> Iterable[str]:
        """All that are watched."""
        return self._needs.keys()

    def __contains__(self, sku: str) -> bool:
        return sku in self._at

    def commit(self) -> None:
        self._before.clear()

    def rollback(self) -> None:
        for order_id, needs in self._before.items():
            self._set(order_id, self._needs.get(order_id, ()), needs)
        self._before.clear()

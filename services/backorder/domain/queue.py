"""Who waits and who could give back, in the queue's order: an index over the claims of one SKU.

Derived from the lines alone, never stored. The order is total: priority (1 first), required date (none
last), time of acceptance, order id, line, claim.
"""

from collections.abc import Iterable
from typing import Any

from sortedcontainers import SortedList

from backorder.domain.records import Claim, Line
from backorder.domain.times import NEVER

ClaimKey = tuple[int, int, int, str, int, int]
Place = tuple[int, str | None, int, ClaimKey]
"""what of a claim stands there, location, units if the claim may not be split (else 0), place in the order"""

GIVES, WAITS, PASSED_OVER = 0, 1, 2
"""A claim's allocated units, which it could give back; its waiting units, which take what is free; and those
that are passed over, for a reason of their own, and yet stand before others."""

BEYOND_HORIZON = "horizon"
"""A line that waits for this does not even stand before others."""


def required_by_or_never(line: Line) -> int:
    return NEVER if line.required_by is None else line.required_by


def claim_key(line: Line, claim: Claim) -> ClaimKey:
    required_by = NEVER if line.required_by is None else line.required_by
    return (line.priority, required_by, claim.accepted_at, line.order_id, line.line, claim.number)


def unpicked(line: Line, claim: Claim, location: str) -> int:
    """Units of a claim at a location that may be taken back; picks protect the earliest claims first."""
    picked = line.picked_at(location)
    if not picked:
        return claim.allocated.get(location, 0)
    for other in line.claims:
        units = other.allocated.get(location, 0)
        if other is claim:
            return units - min(units, picked)
        picked -= min(units, picked)
    return 0


class SkuQueue:
    """The waiting claims of a SKU by location, those passed over, and its allocated, unpicked ones.

    Claims that may not be split are kept apart by their size, so that the first one that fits is found
    without looking at those that do not.
    """

    __slots__ = ("_allocated", "_passed_over", "_waiting", "claims_waiting", "whole")

    def __init__(self, whole: bool) -> None:
        self.whole = whole
        self.claims_waiting = 0
        self._waiting: dict[str | None, dict[int, Any]] = {}
        self._passed_over: dict[str | None, Any] = {}
        self._allocated: dict[str, Any] = {}

    def places(self, line: Line) -> list[Place]:
        """Where a line stands in this index, by its present figures."""
        places: list[Place] = []
        for claim in line.claims:
            key = claim_key(line, claim)
            if claim.waiting:
                if line.passed_over is None:
                    places.append((WAITS, line.location, claim.waiting if self.whole else 0, key))
                elif line.passed_over != BEYOND_HORIZON:
                    places.append((PASSED_OVER, line.location, 0, key))
            for location in claim.allocated:
                if unpicked(line, claim, location):
                    places.append((GIVES, location, 0, key))
        return places

    def move(self, old: list[Place], new: list[Place]) -> None:
        """Takes a line from its old places to its new ones."""
        if old == new:
            return
        if not old:
            for place in new:
                self._add(place)
            return
        for place in old:
            if place not in new:
                self._remove(place)
        for place in new:
            if place not in old:
                self._add(place)

    def discard(self, places: Iterable[Place]) -> None:
        """Takes away those of the places that are here: for a line that a failed event left between two."""
        for place in set(places):
            if place[3] in self._list(place):
                self._remove(place)

    def _add(self, place: Place) -> None:
        self._list(place).add(place[3])
        if place[0] == WAITS:
            self.claims_waiting += 1

    def _remove(self, place: Place) -> None:
        what, location, size, key = place
        claims = self._list(place)
        claims.remove(key)
        if what == WAITS:
            self.claims_waiting -= 1
            if not claims:
                del self._waiting[location][size]

    def _list(self, place: Place) -> Any:
        what, location, size, _ = place
        if what == WAITS:
            sizes = self._waiting.get(location)
            if sizes is None:
                sizes = self._waiting[location] = {}
            found = sizes.get(size)
            if found is None:
                found = sizes[size] = SortedList()
            return found
        index: dict[Any, Any] = self._allocated if what == GIVES else self._passed_over
        found = index.get(location)
        if found is None:
            found = index[location] = SortedList()
        return found

    def first(self, location: str | None, units: int) -> ClaimKey | None:
        """The first claim waiting at `location` that `units` free units could help."""
        best: ClaimKey | None = None
        for size, claims in self._waiting.get(location, {}).items():
            if size <= units and claims and (best is None or claims[0] < best):
                best = claims[0]
        return best

    def last_allocated(self, location: str) -> ClaimKey | None:
        """The claim that gives back first at `location`: the last in the queue's order."""
        claims = self._allocated.get(location)
        return claims[-1] if claims else None

    def contents(self) -> list[Place]:
        """All that stands in this index, for comparison."""
        places: list[Place] = [
            (WAITS, location, size, key)
            for location, sizes in self._waiting.items()
            for size, claims in sizes.items()
            for key in claims
        ]
        places += [
            (PASSED_OVER, location, 0, key)
            for location, claims in self._passed_over.items()
            for key in claims
        ]
        places += [
            (GIVES, location, 0, key) for location, claims in self._allocated.items() for key in claims
        ]
        return sorted(places, key=lambda place: (place[0], place[1] or "", place[2], place[3]))

    def lines(self) -> Iterable[tuple[str, int]]:
        """The lines that stand in this index, each once."""
        return dict.fromkeys((key[3], key[4]) for _, _, _, key in self.contents())

    def ahead(self, locations: list[str | None], key: ClaimKey) -> int:
        """How many claims that wait at one of `locations` stand before `key`, passed-over ones included."""
        count = 0
        for location in locations:
            sizes = self._waiting.get(location)
            if sizes is not None:
                for claims in sizes.values():
                    count += claims.bisect_left(key)
            passed_over = self._passed_over.get(location)
            if passed_over is not None:
                count += passed_over.bisect_left(key)
        return count

"""Who waits and who could give back, in the queue's order: an index over the claims of one SKU.

Derived from the lines alone, never stored. The order is total: priority (1 first), required date (none
last), time of acceptance, order id, line, claim.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sortedcontainers import SortedList

from backorder.domain.records import Claim, Line
from backorder.domain.times import NEVER

ClaimKey = tuple[int, int, int, str, int, int]
Place = tuple[int, str | None, int, ClaimKey]
"""What of a claim stands there; location; a number; place in the order. The number is, of what waits, the
least units that help it; of what is beyond the horizon, how long before its required date it comes within; of
what is kept, 1 if it is released on request; else 0."""

GIVES, WAITS, PASSED_OVER, BEYOND, KEPT = 0, 1, 2, 3, 4
"""A claim's allocated units, which it could give back; its waiting units, which take what is free; those that
are passed over, for a reason of their own, and yet stand before others; those that are beyond the horizon and
stand before nobody; and its allocated units that are kept back, and not released."""

BY_REQUEST = "manual_release"
"""Why a line is kept that is released on request."""

BEYOND_HORIZON = "horizon"
"""What a line waits for that is beyond the horizon."""


def required_by_or_never(line: Line) -> int:
    return NEVER if line.required_by is None else line.required_by


def claim_key(line: Line, claim: Claim) -> ClaimKey:
    required_by = NEVER if line.required_by is None else line.required_by
    return (line.priority, required_by, claim.accepted_at, line.order_id, line.line, claim.number)


def unpicked(line: Line, claim: Claim, location: str) -> int:
    """Units of a claim at a location that may be taken back; picks protect the earliest claims first."""
    return _beyond_first(line, claim, location, line.picked_at(location))


def unreleased(line: Line, claim: Claim, location: str) -> int:
    """Units of a claim at a location that are not released; the earliest claims are released first."""
    return _beyond_first(line, claim, location, line.on_release_at(location))


def in_hand(line: Line, location: str) -> int:
    """Units of a line that nobody takes from it: they are released, or picked."""
    return max(line.on_release_at(location), line.picked_at(location))


def free_to_give(line: Line, claim: Claim, location: str) -> int:
    """Units of a claim at a location that nobody has in hand: neither released nor picked."""
    return _beyond_first(line, claim, location, in_hand(line, location))


def _beyond_first(line: Line, claim: Claim, location: str, first: int) -> int:
    """Units of a claim at a location that are not among the first so many of its line there."""
    if not first:
        return claim.allocated.get(location, 0)
    for other in line.claims:
        units = other.allocated.get(location, 0)
        if other is claim:
            return units - min(units, first)
        first -= min(units, first)
    return 0


def competing(locations: Sequence[str], sources: Sequence[str]) -> list[str | None]:
    """Under which locations they wait who may use one of `locations`: these, and none, where lines without a
    location may be served there."""
    named: list[str | None] = [*locations]
    if any(location in sources for location in locations):
        named.append(None)
    return named


def _each_at(location: str, claims: Iterable[ClaimKey]) -> Iterator[tuple[ClaimKey, str]]:
    return ((key, location) for key in claims)


def _latest_dates(claims: Any) -> Iterator[ClaimKey]:
    """Of each priority the claim that is required last, but for those without a date."""
    first = 0
    while first < len(claims):
        priority = claims[first][0]
        last = claims.bisect_left((priority, NEVER)) - 1
        if last >= first:
            yield claims[last]
        first = claims.bisect_left((priority + 1,))


class SkuQueue:
    """The waiting claims of a SKU by location, those passed over, and its allocated, unpicked ones.

    Waiting claims are kept apart by the least units that are of use to them, so that the first one that some
    free units can help is found without looking at those that they cannot.

    whole: a claim is filled whole or not at all. min_release: else, the least that is worth filling.
    """

    __slots__ = (
        "_allocated",
        "_beyond",
        "_kept",
        "_passed_over",
        "_waiting",
        "claims_waiting",
        "min_release",
        "whole",
    )

    def __init__(self, whole: bool, min_release: int = 1) -> None:
        self.whole = whole
        self.min_release = min_release
        self.claims_waiting = 0
        self._waiting: dict[str | None, dict[int, Any]] = {}
        self._passed_over: dict[str | None, Any] = {}
        self._allocated: dict[str, Any] = {}
        self._beyond: dict[int, Any] = {}
        self._kept: dict[str | None, dict[int, Any]] = {}

    @property
    def rule(self) -> str:
        """By which rule the first claim that some units can help is the one to have them."""
        if self.whole:
            return "whole_only"
        return "queue_order" if self.min_release == 1 else "min_release"

    def least(self, waiting: int) -> int:
        """How few units are of use to a claim for `waiting` units: all that is missing is always enough."""
        if self.whole or waiting < self.min_release:
            return waiting
        return self.min_release

    def places(self, line: Line) -> list[Place]:
        """Where a line stands in this index, by its present figures."""
        places: list[Place] = []
        for claim in line.claims:
            key = claim_key(line, claim)
            if claim.waiting:
                if line.passed_over is None:
                    places.append((WAITS, line.location, self.least(claim.waiting), key))
                elif line.beyond is None:
                    places.append((PASSED_OVER, line.location, 0, key))
                else:
                    places.append((BEYOND, None, key[1] - line.beyond.until, key))
            for location in claim.allocated:
                if unpicked(line, claim, location):
                    places.append((GIVES, location, 0, key))
                if line.kept is not None and unreleased(line, claim, location):
                    places.append((KEPT, location, int(line.kept == BY_REQUEST), key))
        return places

    def move(self, old: list[Place], new: list[Place]) -> bool:
        """Takes a line from its old places to its new ones; says whether anything moved that waits, passed
        over or not."""
        waits_moved = False
        for place in old:
            if place not in new:
                self._remove(place)
                waits_moved = waits_moved or place[0] in (WAITS, PASSED_OVER)
        for place in new:
            if place not in old:
                self._add(place)
                waits_moved = waits_moved or place[0] in (WAITS, PASSED_OVER)
        return waits_moved

    def fill(self, lines: Iterable[Line]) -> None:
        """Enters lines that are not here, many at once."""
        found: defaultdict[tuple[int, str | None, int], list[ClaimKey]] = defaultdict(list)
        for line in lines:
            for what, location, size, key in self.places(line):
                found[what, location, size].append(key)
        for (what, location, size), keys in found.items():
            self._list(what, location, size).update(keys)
            if what == WAITS:
                self.claims_waiting += len(keys)

    def discard(self, places: Iterable[Place]) -> None:
        """Takes away those of the places that are here: for a line that a failed event left between two."""
        for place in set(places):
            if place[3] in self._list(*place[:3]):
                self._remove(place)
        # The event may have failed between a list and its count.
        self.claims_waiting = sum(
            len(claims) for sizes in self._waiting.values() for claims in sizes.values()
        )

    def _add(self, place: Place) -> None:
        what, location, size, key = place
        self._list(what, location, size).add(key)
        if what == WAITS:
            self.claims_waiting += 1

    def _remove(self, place: Place) -> None:
        what, location, size, key = place
        claims = self._list(what, location, size)
        claims.remove(key)
        if what == WAITS:
            self.claims_waiting -= 1
            if not claims:
                del self._waiting[location][size]
        elif what == BEYOND and not claims:
            del self._beyond[size]

    def _list(self, what: int, location: str | None, size: int) -> Any:
        if what in (WAITS, KEPT):
            by_location = self._waiting if what == WAITS else self._kept
            sizes = by_location.get(location)
            if sizes is None:
                sizes = by_location[location] = {}
            found = sizes.get(size)
            if found is None:
                found = sizes[size] = SortedList()
            return found
        index: dict[Any, Any]
        of: Any = location
        if what == BEYOND:
            index, of = self._beyond, size
        else:
            index = self._allocated if what == GIVES else self._passed_over
        found = index.get(of)
        if found is None:
            found = index[of] = SortedList()
        return found

    def firsts(self) -> Iterator[tuple[str | None, int, ClaimKey]]:
        """By location and least useful number of units the first claim that waits, with both."""
        for location, sizes in self._waiting.items():
            for size, claims in sizes.items():
                if claims:
                    yield location, size, claims[0]

    def first(self, location: str | None, units: int) -> ClaimKey | None:
        """The first claim waiting at `location` that `units` free units could help."""
        best: ClaimKey | None = None
        for size, claims in self._waiting.get(location, {}).items():
            if size <= units and claims and (best is None or claims[0] < best):
                best = claims[0]
        return best

    def head(self, location: str | None) -> tuple[ClaimKey, int] | None:
        """The first claim waiting at `location`, and the least units that help it."""
        best: tuple[ClaimKey, int] | None = None
        for size, claims in self._waiting.get(location, {}).items():
            if claims and (best is None or claims[0] < best[0]):
                best = (claims[0], size)
        return best

    def beyond_other_than(self, span: int | None) -> ClaimKey | None:
        """A claim beyond the horizon that comes within at another time before its required date than this."""
        return min(
            (claims[0] for other, claims in self._beyond.items() if claims and other != span), default=None
        )

    def required_after(self, time: int) -> ClaimKey | None:
        """A claim within the horizon that is required after this time, but for those without a date."""
        lists = [claims for sizes in self._waiting.values() for claims in sizes.values()]
        lists += self._passed_over.values()
        return min((key for claims in lists for key in _latest_dates(claims) if time < key[1]), default=None)

    def waiters(self, locations: Sequence[str | None]) -> Iterator[ClaimKey]:
        """The claims waiting at any of these locations, in order; not to be changed meanwhile."""
        return heapq.merge(*self._waiting_at(locations))

    def waiter_after(self, locations: Sequence[str | None], place: tuple[Any, ...]) -> ClaimKey | None:
        """The first claim waiting at any of these locations, after a place in the order or its beginning."""
        best: ClaimKey | None = None
        for claims in self._waiting_at(locations):
            index = claims.bisect_right(place)
            if index < len(claims) and (best is None or claims[index] < best):
                best = claims[index]
        return best

    def _waiting_at(self, locations: Sequence[str | None]) -> list[Any]:
        return [claims for location in locations for claims in self._waiting.get(location, {}).values()]

    def last_allocated(self, location: str) -> ClaimKey | None:
        """The claim that gives back first at `location`: the last in the queue's order."""
        claims = self._allocated.get(location)
        return claims[-1] if claims else None

    def kept_for_release(self, location: str | None) -> Iterator[tuple[ClaimKey, str]]:
        """Claims, and where, that have units that are released on request: at a location, or everywhere."""
        places = sorted(place for place in self._kept if place is not None)
        return heapq.merge(
            *(_each_at(place, self._kept[place].get(1, ())) for place in places if location in (None, place))
        )

    def kept_last_first(self, locations: Sequence[str]) -> Iterator[tuple[ClaimKey, str]]:
        """Claims, and where among these locations, that have units that are not released, backwards."""
        return heapq.merge(
            *(
                _each_at(place, reversed(claims))
                for place in locations
                for claims in self._kept.get(place, {}).values()
            ),
            reverse=True,
        )

    def streams(
        self, after: ClaimKey | None, beyond: bool = False
    ) -> list[tuple[str | None, Iterator[ClaimKey]]]:
        """The claims that wait, passed-over ones included, behind a place: sorted, by location.

        With `beyond`, also those beyond the horizon, whatever their location.
        """
        lists = [(location, claims) for location, sizes in self._waiting.items() for claims in sizes.values()]
        lists += self._passed_over.items()
        if beyond:
            lists += [(None, claims) for claims in self._beyond.values()]
        return [(location, claims.irange(after, None, (False, True))) for location, claims in lists]

    @property
    def someone_waits(self) -> bool:
        """Whether anything waits here, for whatever it waits."""
        return self.claims_waiting > 0 or self.someone_is_passed_over or any(self._beyond.values())

    @property
    def someone_is_passed_over(self) -> bool:
        return any(self._passed_over.values())

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
            (KEPT, location, size, key)
            for location, sizes in self._kept.items()
            for size, claims in sizes.items()
            for key in claims
        ]
        places += [(BEYOND, None, span, key) for span, claims in self._beyond.items() for key in claims]
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

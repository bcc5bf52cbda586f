"""A kit: an item that is put together from components, and has no stock of its own as such.

Lines for the same kit with the same components wait in one queue, in whole kits. What they wait for are units
of the components, which others want as well: where the two meet, the total order of all queues decides.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from backorder.domain.parts import Part, units_of
from backorder.domain.queue import ClaimKey, SkuQueue, claim_key, competing
from backorder.domain.records import Item, Line
from backorder.domain.sku import Sku

KitName = tuple[str, tuple[Part, ...]]
"""SKU of the kit, and what it is made of: lines keep that as it was when they came."""


class Kit:
    """A kit as its lines see it; answers what `Sku` answers, in whole kits.

    parts: its components. queue: of the lines for it.
    """

    __slots__ = ("_sku", "name", "parts", "queue")

    def __init__(
        self, name: str, parts: tuple[Part, ...], sku: Callable[[str], Sku], queue: SkuQueue
    ) -> None:
        self.name = name
        self.parts = parts
        self.queue = queue
        self._sku = sku

    @property
    def item(self) -> Item:
        """The kit's own policies."""
        return self._sku(self.name).item

    @property
    def is_current(self) -> bool:
        """Whether a line that comes now is for this: the item may have got other components since."""
        return self.item.components == self.parts

    @property
    def components(self) -> list[Sku]:
        return [self._sku(part.sku) for part in self.parts]

    def takes_of(self, component: str) -> int:
        """Units of a component that one kit takes."""
        return units_of(self.parts, component)

    @property
    def strict(self) -> bool:
        """Whether the first who could use the units of a component blocks them for those behind."""
        return any(component.strict for component in self.components)

    @property
    def unsettled(self) -> bool:
        """Whether a big step of the kit or of a component is open: what is free belongs to the queue then."""
        return self.item.unsettled or any(component.unsettled for component in self.components)

    @property
    def waiting(self) -> int:
        """Units of this SKU that wait, whatever they are made of."""
        return self._sku(self.name).waiting

    # --- locations ------------------------------------------------------------------------------------------

    @property
    def sources(self) -> Sequence[str]:
        """Locations that serve lines without one, in order of preference."""
        if self.item.sourcing is not None:
            return self.item.sourcing
        return sorted({location for component in self.components for location in component.rows})

    def usable(self, location: str | None) -> Sequence[str]:
        """Locations that may serve a line with this `location`, in order of preference."""
        return self.sources if location is None else (location,)

    def knows(self, location: str | None) -> bool:
        """A location is unknown only where the kit has a sourcing list without it."""
        return self._sku(self.name).knows(location)

    def open_to(self, location: str | None, key: ClaimKey) -> Sequence[str]:
        """Locations where a claim with this place in the queue may take kits, in order of preference."""
        if not self.strict:
            return self.usable(location)
        return self.open_to_all(location, {part.sku: key for part in self.parts})

    def open_to_all(self, location: str | None, places: Mapping[str, ClaimKey]) -> Sequence[str]:
        """The same for an order, by the last place that it waits at for each component."""
        return [source for source in self.usable(location) if self._is_open(source, places)]

    def _is_open(self, location: str, places: Mapping[str, ClaimKey]) -> bool:
        return all(component.is_open(location, places[component.item.sku]) for component in self.components)

    # --- what could be had ----------------------------------------------------------------------------------

    def free(self, location: str) -> int:
        """Kits that could be put together at a location now: all pieces of a kit come from there."""
        return min(self._sku(part.sku).free(location) // part.quantity for part in self.parts)

    def free_for(self, location: str | None) -> int:
        """Kits that a line with this `location` could have."""
        return self.free_at(self.usable(location))

    def free_at(self, locations: Iterable[str]) -> int:
        """Kits that could be put together at these locations."""
        return sum(self.free(location) for location in locations)

    @property
    def free_for_newcomers(self) -> int:
        """Kits that an order could have that comes behind all who wait."""
        return self.free_at(
            source
            for source in self.sources
            if not any(each.strict and each.head(source) is not None for each in self.components)
        )

    def helped_alone(self) -> list[ClaimKey]:
        """First claims waiting that what is free could help, if nobody before them blocked a component."""
        return sorted(key for named, least, key in self.queue.firsts() if least <= self.free_for(named))

    def next(self) -> ClaimKey | None:
        """The first claim waiting that what is free could help."""
        best: ClaimKey | None = None
        for location, least, key in self.queue.firsts():
            if best is not None and key > best:
                continue
            # Of those that the same number helps, none behind the first may take from more locations.
            if least <= self.free_at(self.open_to(location, key)):
                best = key
        return best

    def short_of(self, component: str, location: str, kits: int) -> bool:
        """Whether there is too little of this component at a location for so many kits, whatever there is of
        the others."""
        return self._sku(component).free(location) < self.takes_of(component) * kits

    def head(self, component: str, location: str) -> ClaimKey | None:
        """The first claim waiting that may use a location and is short of this component there."""
        return min(
            (
                key
                for named, least, key in self.queue.firsts()
                if location in self.usable(named) and self.short_of(component, location, least)
            ),
            default=None,
        )

    # --- the queue ------------------------------------------------------------------------------------------

    def ahead(self, locations: Sequence[str], key: ClaimKey) -> int:
        """How many claims that may use one of these locations stand before a place in the queue."""
        return self.queue.ahead(competing(locations, self.sources), key)

    def position(self, line: Line) -> int | None:
        """1 = next: the most claims that stand before it at any of the components, and one."""
        claim = line.first_waiting
        if claim is None:
            return None
        usable, key = self.usable(line.location), claim_key(line, claim)
        return 1 + max(component.ahead_at(usable, key) for component in self.components)


class Kits:
    """The kits of a pool by name, by component and by their own SKU. One that was known once stays, also when
    its event was undone: what is decided must not show it."""

    def __init__(self) -> None:
        self._kits: dict[KitName, Kit] = {}
        self._with: dict[str, list[Kit]] = {}
        self._of: dict[str, list[Kit]] = {}

    def get(self, name: KitName) -> Kit | None:
        return self._kits.get(name)

    def add(self, kit: Kit) -> None:
        for part in kit.parts:
            self._with.setdefault(part.sku, []).append(kit)
        self._of.setdefault(kit.name, []).append(kit)
        self._kits[kit.name, kit.parts] = kit

    def made_with(self, component: str) -> Sequence[Kit]:
        """Those that this is a component of, also such as will be known later."""
        return self._with.setdefault(component, [])

    def of(self, sku: str) -> Sequence[Kit]:
        """Those that lines of this SKU are for."""
        return self._of.get(sku, ())

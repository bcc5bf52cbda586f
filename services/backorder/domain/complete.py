"""Orders that ship complete: nothing of them is allocated until every open line can be covered at once.

Such an order does not hoard. Until it is whole, the units that come go on to the next in the queue, and the
order keeps its places. When all of it can be covered, all of it is, in one step and as one release. Passed
over for longer than its patience, it keeps what comes to it, unreleased, so that nobody starves; the earlier
of two such orders may take what the later one keeps, so that two cannot lock each other.

An order that cannot be covered is watched for one of its needs that is not met: it is looked at again when
that is, not at every event. Which of several such needs that is makes no difference to what is decided.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any

from sortedcontainers import SortedList

from backorder.domain.dates import Date
from backorder.domain.kits import Kit
from backorder.domain.orders_at import ANYWHERE, Spot
from backorder.domain.pool import Pool
from backorder.domain.queue import ClaimKey, claim_key, in_hand, required_by_or_never
from backorder.domain.records import Line, Order
from backorder.domain.sku import Sku
from backorder.domain.step import Step

COMPLETE = "complete"

_FRONT: ClaimKey = (0, 0, 0, "", 0, 0)
"""A place before everybody's."""


def is_patient(order: Order) -> bool:
    """Whether the order takes nothing before it can have all."""
    return order.ship == COMPLETE and not order.keeps


def why_passed_over(order: Order) -> str | None:
    """Why no line of the order takes units by itself, as `waits_for` says it; None = they do."""
    if order.lapsed:
        return "payment"
    return "order_complete" if is_patient(order) else None


def is_whole(pool: Pool, order: Order) -> bool:
    """Whether nothing of the order waits."""
    return not any(line.waiting for line in pool.lines_of(order))


def can_have_all(pool: Pool, order: Order) -> bool:
    """Whether all that waits of it can be covered at once now. Not while a big step is open: what is free
    belongs to the queue then."""
    return _has_enough(pool, order, last_places(pool, order)) and not _unsettled(pool, order)


def _may_have_its_turn(pool: Pool, order: Order) -> bool:
    """Whether it could be covered if nobody stood before it: they may be filled before its turn."""
    front = dict.fromkeys(_places(pool, order), _FRONT)
    return _has_enough(pool, order, front) and not _unsettled(pool, order)


def _has_enough(pool: Pool, order: Order, places: dict[str, ClaimKey]) -> bool:
    """Whether all of it could be covered at these places in the queue, whatever big steps are open."""
    lines = _waiting(pool, order)
    if any(takes_nothing(line) for line in lines):
        return False
    if any(line.parts for line in lines):
        return _has_enough_for_kits(pool, order, places)
    return _first_unmet(pool, lines, places) is None


def _waiting(pool: Pool, order: Order) -> list[Line]:
    return [line for line in pool.lines_of(order) if line.waiting]


def takes_nothing(line: Line) -> bool:
    """Whether it would take nothing, whatever there is: it is beyond the horizon, or not paid for."""
    return line.passed_over not in (None, "order_complete")


def _first_unmet(pool: Pool, lines: list[Line], places: dict[str, ClaimKey]) -> Spot | None:
    """What is not free for these lines at these places in the queue; None = all is.

    Lines that name a location need their units there; the others share what the SKU's sources have left.
    """
    needs: dict[str, Counter[str | None]] = {}
    for line in lines:
        needs.setdefault(line.sku, Counter())[line.location] += line.waiting
    found = (_unmet_of(pool.sku(name), by_location, places[name]) for name, by_location in needs.items())
    return next((need for need in found if need is not None), None)


def _unmet_of(sku: Sku, needs: Counter[str | None], place: ClaimKey) -> Spot | None:
    """The need holds whatever becomes of the item's policies: another list of sources would not meet it."""
    if needs.total() > sku.free_in_all:
        return Spot(sku.item.sku, ANYWHERE, needs.total())
    shared = needs[None]
    for location, units in needs.items():
        if location is not None:
            if units > sku.free_at(sku.open_to(location, place)):
                return Spot(sku.item.sku, location, units)
            if location in sku.sources:
                shared += units
    if shared > sku.free_at(sku.open_to(None, place)):
        return Spot(sku.item.sku, None, needs[None])
    return None


def _has_enough_for_kits(pool: Pool, order: Order, places: dict[str, ClaimKey]) -> bool:
    """With lines for kits, whose components are short together or not at all, it is found by trying."""
    taken: Counter[tuple[str, str]] = Counter()
    for line in waiting_lines(pool, order):
        left = line.waiting
        for source in open_sources(pool, line, places):
            there = [(pool.sku(sku).free(source) - taken[sku, source]) // each for sku, each in line.takes]
            units = min(left, *there)
            left -= units
            for sku, each in line.takes:
                taken[sku, source] += units * each
        if left:
            return False
    return True


def open_sources(pool: Pool, line: Line, places: dict[str, ClaimKey]) -> Sequence[str]:
    """Locations where a line of a whole order may take units, in order of preference."""
    wanted = pool.wanted(line)
    if isinstance(wanted, Kit):
        return wanted.open_to_all(line.location, places)
    return wanted.open_to(line.location, places[line.sku])


def last_places(pool: Pool, order: Order) -> dict[str, ClaimKey]:
    """By SKU the last place in the queue that anything of the order waits at: in strict order nobody may
    stand before it."""
    return {sku: max(keys) for sku, keys in _places(pool, order).items()}


def _first_places(pool: Pool, order: Order) -> dict[str, ClaimKey]:
    return {sku: min(keys) for sku, keys in _places(pool, order).items()}


def _places(pool: Pool, order: Order) -> dict[str, list[ClaimKey]]:
    """By SKU the places in the queue that the order waits at."""
    places: dict[str, list[ClaimKey]] = {}
    for line in pool.lines_of(order):
        for claim in line.claims:
            if claim.waiting:
                for sku, _ in line.takes:
                    places.setdefault(sku, []).append(claim_key(line, claim))
    return places


def watch(pool: Pool, order: Order) -> None:
    """Notes when the order has to be looked at again: a patient one when there is what it lacks, one that
    keeps what comes to it when others keep or want the same, one that is whole never."""
    waits = order.ship == COMPLETE and not is_whole(pool, order)
    keeps = waits and order.keeps
    pool.watched.put(order.order_id, _needs_of(pool, order) if waits and not keeps else ())
    pool.takers.put(order.order_id, _wanted_by(pool, order) if keeps else ())
    pool.givers.put(order.order_id, _kept_by(pool, order) if keeps else ())


def _wanted_by(pool: Pool, order: Order) -> Iterable[Spot]:
    rank = best_place(pool, order)
    takes = [line for line in _waiting(pool, order) if line.passed_over is None]
    return dict.fromkeys(Spot(line.sku, line.location, rank) for line in takes)


def _kept_by(pool: Pool, order: Order) -> Iterable[Spot]:
    rank = best_place(pool, order)
    return dict.fromkeys(
        Spot(line.sku, location, rank)
        for line in pool.lines_of(order)
        for location, units in line.allocations().items()
        if units > in_hand(line, location)
    )


def best_place(pool: Pool, order: Order) -> tuple[int, int, int, str, int]:
    """Of the order's open lines, filled ones included, the first in the queue."""
    return min(
        (line.priority, required_by_or_never(line), line.accepted_at, line.order_id, line.line)
        for line in pool.lines_of(order)
        if line.open
    )


def _needs_of(pool: Pool, order: Order) -> tuple[Spot, ...]:
    """One of which a line takes nothing needs nothing: what changes that edits the line."""
    waiting = _waiting(pool, order)
    if any(takes_nothing(line) for line in waiting):
        return ()
    return _unmet(pool, order, waiting) or _everywhere(_skus(waiting) if _unsettled(pool, order) else ())


def _unmet(pool: Pool, order: Order, waiting: list[Line]) -> tuple[Spot, ...]:
    """What an order lacks that cannot be covered, or may lack; nothing if it can."""
    places = last_places(pool, order)
    if any(line.parts for line in waiting):
        return () if _has_enough_for_kits(pool, order, places) else _needs_for_kits(pool, waiting)
    need = _first_unmet(pool, waiting, places)
    return () if need is None else (need,)


def _everywhere(skus: Iterable[str]) -> tuple[Spot, ...]:
    """All that happens to these SKUs matters."""
    return tuple(Spot(sku, None, 0) for sku in skus)


def _needs_for_kits(pool: Pool, waiting: list[Line]) -> tuple[Spot, ...]:
    """A component of which there is too little, where a location is named or in all; where there is none, all
    that may change matters."""
    named: Counter[tuple[str, str]] = Counter()
    in_all: Counter[str] = Counter()
    for line in waiting:
        for sku, each in line.takes:
            in_all[sku] += line.waiting * each
            if line.location is not None:
                named[sku, line.location] += line.waiting * each
    for (sku, location), units in named.items():
        if pool.sku(sku).free(location) < units:
            return (Spot(sku, location, units),)
    for sku, units in in_all.items():
        if pool.sku(sku).free_in_all < units:
            return (Spot(sku, ANYWHERE, units),)
    return _everywhere(_skus(waiting))


def helped_at(pool: Pool, name: str) -> Iterator[Order]:
    """The orders watched for so many units of a SKU as are free."""
    sku = pool.sku(name)
    for location, watched in pool.watched.at(name).items():
        free = sku.free_in_all if location == ANYWHERE else sku.free_for(location)
        for units, order_id in watched:
            if units > free:
                break
            yield pool.orders.rows[order_id,]


def patience_date(pool: Pool, order: Order) -> Date | None:
    """When an order that is not whole begins to keep what comes to it."""
    if order.patience_until is None:
        return None
    return Date(order.patience_until, order.patience_cause)


def watch_all(pool: Pool) -> None:
    """Watches every order, as after a restore."""
    for order in pool.orders.rows.values():
        if order.ship == COMPLETE:
            watch(pool, order)
    for index in (pool.watched, pool.takers, pool.givers):
        index.commit()


# --- big steps ----------------------------------------------------------------------------------------------


def _skus(lines: list[Line]) -> dict[str, None]:
    """Those of the lines, and of what kits among them are made of."""
    return dict.fromkeys(sku for line in lines for sku in (line.sku, *(part.sku for part in line.parts)))


def _unsettled(pool: Pool, order: Order) -> list[str]:
    """What the order waits for of which a big step is open."""
    return [sku for sku in _skus(_waiting(pool, order)) if pool.sku(sku).item.unsettled]


def watch_stopped(pool: Pool, names: Iterable[str]) -> None:
    """While a big step is open: watches the orders that these SKUs are not too short for any more at all that
    they wait for, so that what goes on finds them. A process that has restored its state finds the same."""
    for name in names:
        for order in [*helped_at(pool, name)]:
            if is_patient(order):
                watch(pool, order)


def unsettled_together(pool: Pool, sku: str) -> list[str]:
    """This SKU, and what is to go on as well and is needed together with it, or with such a one: by a kit, or
    by an order that lacks nothing else. Where the order is watched must not show: a restore changes it."""
    names = [sku]
    for name in names:  # grows
        parts = [part.sku for kit in pool.sku(name).kits if kit.queue.claims_waiting for part in kit.parts]
        names += [each for each in dict.fromkeys(parts) if each not in names and pool.sku(each).unsettled]
        for order in helped_at(pool, name):
            if is_patient(order) and _has_enough(pool, order, last_places(pool, order)):
                names += [each for each in _unsettled(pool, order) if each not in names]
    return names


# --- whose turn it is ---------------------------------------------------------------------------------------


class Candidates:
    """The patient orders that could be covered when this step began to fill, if those before them in strict
    order were filled, with their places by SKU."""

    def __init__(self, step: Step, names: Iterable[str], without: Container[str] = ()) -> None:
        """Those that the event touched or that are watched at these SKUs, but for those `without` SKUs."""
        self._pool = pool = step.pool
        self._places: dict[str, dict[str, ClaimKey]] = {}
        self._at: dict[str, Any] = {}
        orders = {order.order_id: order for order in pool.edited_orders() if is_patient(order)}
        for name in names:
            if name in pool.watched:
                orders |= {order.order_id: order for order in helped_at(pool, name)}
        for order_id, order in orders.items():
            if not is_patient(order) or is_whole(pool, order) or order_id == step.growing:
                continue
            if _may_have_its_turn(pool, order):
                places = _first_places(pool, order)
                if not any(name in without for name in places):
                    self._add(order_id, places)
            else:
                watch(pool, order)
        if self._places:
            self._ranked = SortedList(
                (min(places.values()), order_id) for order_id, places in self._places.items()
            )

    def __bool__(self) -> bool:
        return bool(self._places)

    def next(self) -> tuple[Order, dict[str, ClaimKey]]:
        """Takes the order whose turn it is: the one that is first among them in each of its SKUs; when each
        stands behind another somewhere, the one with the best place of all."""
        firsts = (rank for rank in self._ranked if self._is_first(rank[1]))
        rank = next(firsts, self._ranked[0])
        self._ranked.remove(rank)
        places = self._places.pop(rank[1])
        for name, key in places.items():
            self._at[name].remove(key)
        return self._pool.orders.rows[rank[1],], places

    def _add(self, order_id: str, places: dict[str, ClaimKey]) -> None:
        self._places[order_id] = places
        for name, key in places.items():
            self._at.setdefault(name, SortedList()).add(key)

    def _is_first(self, order_id: str) -> bool:
        return all(self._at[name][0] == key for name, key in self._places[order_id].items())


def waiting_lines(pool: Pool, order: Order) -> list[Line]:
    """In the order in which they take units: those that need a certain location first."""
    return sorted(_waiting(pool, order), key=taking_order)


def taking_order(line: Line) -> tuple[bool, int, int]:
    """By this the lines of an order take units that takes all or nothing: those that need a certain location
    come first, so that the others leave them what is there."""
    return (line.location is None, line.priority, line.line)

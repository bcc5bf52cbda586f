"""What must be true of a pool's decisions, one after the other: the invariants that no state can show.

The numbers are those of the design: 5 nobody is passed over, 7 openings, closes and releases pair up, 8 every
decision says why. One checker for tests, simulation, faults and audits; the invariants of the state are in
`invariants`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from backorder.domain import decisions as d
from backorder.domain.events import ClockTicked, Continued
from backorder.domain.pool import Pool
from backorder.domain.queue import claim_key
from backorder.domain.records import Claim, Item, Line
from backorder.domain.times import at_or_none

LineKey = tuple[str, int]
QUEUE_RULES = ("queue_order", "whole_only", "min_release", "strict_order")
"""Fills in the queue's order."""
_OUTCOMES = ("filled", "cancelled", "expired", "closed_short")
_Told = d.BackorderOpened | d.BackorderReopened | d.BackorderFilled | d.BackorderClosed


class _Backorder(Struct):
    """What was said of a line. waiting: at most so many units wait; a partial cancel is not announced."""

    seq: int = 0
    is_open: bool = False
    waiting: int = 0
    opened_at: datetime | None = None
    original: datetime | None = None
    promised_at: datetime | None = None


class _Units(Struct):
    """Units of a line at a location by release id, and what was created and withdrawn of them in all."""

    held: dict[str, int] = field(default_factory=dict)
    created: int = 0
    withdrawn: int = 0


class History:
    """Follows the decisions of one pool, in their order, from the first one on."""

    def __init__(self) -> None:
        self._sequence = 0
        self._lines: defaultdict[LineKey, _Backorder] = defaultdict(_Backorder)
        self._released: defaultdict[tuple[str, int, str], _Units] = defaultdict(_Units)
        self._releases: defaultdict[str, set[str]] = defaultdict(set)

    def observe(self, emitted: Iterable[d.Emitted]) -> list[str]:
        """Takes the decisions of one or more whole events; every broken invariant, in words."""
        broken: list[str] = []
        told: set[LineKey] = set()
        for each in emitted:
            broken += self._sequence_goes_on(each)
            decision = each.decision
            broken += _says_why(decision)
            if isinstance(decision, _Told):
                told.add((decision.order_id, decision.line))
                broken += self._follow_backorder(decision)
            elif isinstance(decision, d.BackorderPromised):
                broken += self._follow_promise(decision)
            elif isinstance(decision, d.LineRefused):
                broken += self._count_up(decision, self._lines[decision.order_id, decision.line])
            elif isinstance(decision, d.ReleaseCreated):
                broken += self._follow_release(decision)
            elif isinstance(decision, d.ReleaseWithdrawn):
                broken += self._follow_withdrawal(decision)
        for key in sorted(told):
            line = self._lines[key]
            if line.is_open and not line.waiting:
                broken.append(f"7: line {key} is filled to the last unit and its backorder is not closed")
        return broken

    def keep_only(self, pool: Pool) -> None:
        """To be called after a tick: what the pool has forgotten may come again under the same id."""
        known = {order_id for (order_id,) in pool.orders.rows}
        for line in [key for key in self._lines if key[0] not in known]:
            del self._lines[line]
        for units in [key for key in self._released if key[0] not in known]:
            del self._released[units]
        for order_id in self._releases.keys() - known:
            del self._releases[order_id]

    def disagreements(self, pool: Pool) -> list[str]:
        """Where the state of the pool, between two events, is not what its decisions have told."""
        broken: list[str] = []
        shipped = _ever_shipped(pool)
        for line in pool.lines.rows.values():
            told = self._lines.get((line.order_id, line.line), _Backorder())
            broken += _line_is_as_told(line, told)
            for location in line.at:
                key = (line.order_id, line.line, location)
                broken += _release_is_as_told(line, location, self._released.get(key, _Units()), shipped[key])
        return broken

    # --- backorders -----------------------------------------------------------------------------------------

    def _sequence_goes_on(self, each: d.Emitted) -> Iterator[str]:
        if each.sequence != self._sequence + 1:
            yield f"4: decision {each.sequence} follows {self._sequence}"
        self._sequence = each.sequence

    def _follow_promise(self, decision: d.BackorderPromised) -> Iterator[str]:
        """Each promise says the one before it, and the first one of all."""
        line = self._lines[decision.order_id, decision.line]
        yield from self._count_up(decision, line)
        if not line.is_open:
            yield f"7: {_name(decision)} without an open backorder"
        if decision.previous != line.promised_at or decision.current == decision.previous:
            yield f"7: {_name(decision)} goes from {decision.previous}, promised was {line.promised_at}"
        line.original = line.original or decision.current
        if decision.original != line.original:
            yield f"7: {_name(decision)} says {decision.original} was first, it was {line.original}"
        line.promised_at = decision.current

    def _count_up(
        self, decision: _Told | d.BackorderPromised | d.LineRefused, line: _Backorder
    ) -> Iterator[str]:
        if decision.seq != line.seq + 1:
            yield f"7: seq {decision.seq} of {_name(decision)} follows {line.seq}"
        line.seq = decision.seq

    def _follow_backorder(self, decision: _Told) -> Iterator[str]:
        line = self._lines[decision.order_id, decision.line]
        yield from self._count_up(decision, line)
        if line.opened_at not in (None, decision.opened_at):
            yield f"7: {_name(decision)} has opened_at {decision.opened_at}, its backorder {line.opened_at}"
        if isinstance(decision, d.BackorderOpened) and line.opened_at is not None:
            yield f"7: {_name(decision)} opens what was opened before"
        if isinstance(decision, d.BackorderFilled | d.BackorderClosed) and not line.is_open:
            yield f"7: {_name(decision)} without an open backorder"
        line.opened_at = decision.opened_at
        yield from _follow_units(decision, line)

    # --- releases -------------------------------------------------------------------------------------------

    def _follow_release(self, decision: d.ReleaseCreated) -> Iterator[str]:
        if decision.release_id in self._releases[decision.order_id]:
            yield f"7: release {decision.release_id} is created twice"
        self._releases[decision.order_id].add(decision.release_id)
        for part in decision.lines:
            units = self._released[decision.order_id, part.line, part.location]
            units.held[decision.release_id] = units.held.get(decision.release_id, 0) + part.quantity
            units.created += part.quantity
            if part.quantity < 1:
                yield f"7: release {decision.release_id} gives {part.quantity} units of line {part.line}"
            if part.cross_dock and not part.was_backordered:
                yield f"8: release {decision.release_id} calls units cross-dock that no one waited for"

    def _follow_withdrawal(self, decision: d.ReleaseWithdrawn) -> Iterator[str]:
        for part in decision.lines:
            units = self._released[decision.order_id, part.line, part.location]
            held = units.held.get(decision.release_id, 0)
            if not 0 < part.quantity <= held:
                yield (
                    f"7: {part.quantity} units of line {part.line} at {part.location} are withdrawn from "
                    f"{decision.release_id}, which has {held}"
                )
            units.held[decision.release_id] = held - part.quantity
            units.withdrawn += part.quantity


def passed_over(pool: Pool, emitted: Sequence[d.Emitted]) -> list[str]:
    """5: waiting claims that stood before one that this event filled, and could have used its units.

    To be asked right after the event, for all of its decisions. Only fills in the queue's order count: pegged
    units and shipments have names of their own. SKUs with an open big step are left out, and so is what fell
    due: several such steps, each of which may let a line take part again, come in one; and so are the further
    parts of a fair share: they were worked out before, whoever has come since.
    """
    fills: list[tuple[int, d.BackorderFilled]] = []
    waits_since: dict[LineKey, int] = {}
    for index, each in enumerate(emitted):
        decision = each.decision
        if isinstance(each.cause.event, ClockTicked):
            continue
        if isinstance(decision, d.BackorderFilled):
            begins = decision.rule == "fair_share" and not isinstance(each.cause.event, Continued)
            if begins or decision.rule in QUEUE_RULES:
                fills.append((index, decision))
        elif isinstance(decision, d.BackorderOpened | d.BackorderReopened):
            waits_since[decision.order_id, decision.line] = index
    taken = {sku for _, fill in fills for sku, _ in _filled_line(pool, fill).takes}
    return [
        words
        for line in pool.lines.rows.values()
        if line.waiting and not line.passed_over and not pool.wanted(line).unsettled
        if any(sku in taken for sku, _ in line.takes)
        for words in _passed_over_for(
            pool,
            line,
            [fill for index, fill in fills if index > waits_since.get((line.order_id, line.line), -1)],
        )
    ]


def _filled_line(pool: Pool, fill: d.BackorderFilled) -> Line:
    return pool.lines.rows[fill.order_id, fill.line]


def _passed_over_for(pool: Pool, line: Line, fills: Iterable[d.BackorderFilled]) -> Iterator[str]:
    wanted = pool.wanted(line)
    for claim in line.claims:
        if not claim.waiting:
            continue
        # In strict order the first takes nothing rather than too little, and yet nobody behind it gets that;
        # but a kit blocks only what it is short of.
        least = 1 if wanted.strict and not line.parts else _least(wanted.item, claim.waiting)
        later = _taken_later(pool, line, claim, fills)
        could_use = sum(
            min(
                ((0 if wanted.strict else pool.sku(sku).free(place)) + later[sku, place]) // each
                for sku, each in line.takes
            )
            for place in wanted.usable(line.location)
        )
        if could_use >= least:
            yield (
                f"5: line {line.order_id}/{line.line} waits for {claim.waiting} units and was passed over: "
                f"later ones got, or nobody got, {could_use} that it could have used"
            )


def _taken_later(
    pool: Pool, line: Line, claim: Claim, fills: Iterable[d.BackorderFilled]
) -> Counter[tuple[str, str]]:
    """Units by SKU and location that went to claims behind this one."""
    units: Counter[tuple[str, str]] = Counter()
    for fill in fills:
        first = _first_place(pool, fill)
        if fill.rule == "fair_share":
            if line.parts:
                continue  # what waiters share, kits take no part in
            first = first and first[:1]  # those of one priority share, whoever of them was there first
        if first and _stands_before(line, claim, first):
            for sku, each in _filled_line(pool, fill).takes:
                units[sku, fill.location] += fill.quantity * each
    return units


def _stands_before(line: Line, claim: Claim, place: tuple[Any, ...]) -> bool:
    return claim_key(line, claim)[: len(place)] < place


def _first_place(pool: Pool, fill: d.BackorderFilled) -> tuple[Any, ...] | None:
    """The best place in the queue that any claim of the filled line has: a cautious reading."""
    line = _filled_line(pool, fill)
    return min((claim_key(line, claim) for claim in line.claims), default=None)


def _least(item: Item, waiting: int) -> int:
    """How few units are of use to a claim."""
    return min(item.min_release, waiting) if item.allow_partial else waiting


def _follow_units(decision: _Told, line: _Backorder) -> Iterator[str]:
    """Waiting units rise by openings, fall by fills, and are 0 after a close."""
    if isinstance(decision, d.BackorderClosed):
        if decision.outcome not in _OUTCOMES:
            yield f"8: {_name(decision)} has the unknown outcome {decision.outcome}"
        if decision.outcome == "filled" and line.waiting:
            yield f"7: {_name(decision)} says filled while {line.waiting} units wait"
        line.is_open, line.waiting, line.promised_at = False, 0, None
        return
    if decision.quantity < 1:
        yield f"7: {_name(decision)} is of {decision.quantity} units"
    if isinstance(decision, d.BackorderOpened):
        line.is_open, line.waiting = True, decision.quantity
        line.original = line.promised_at = decision.promised_at
        return
    change = decision.quantity if isinstance(decision, d.BackorderReopened) else -decision.quantity
    at_most = line.waiting + change
    at_least = decision.quantity if isinstance(decision, d.BackorderReopened) else 0
    if not at_least <= decision.remaining <= at_most:
        yield f"7: {_name(decision)} leaves {decision.remaining} units, {at_least} to {at_most} can wait"
    line.is_open, line.waiting = True, decision.remaining


def _line_is_as_told(line: Line, told: _Backorder) -> Iterator[str]:
    name = f"7: line {line.order_id}/{line.line}"
    if told.seq != line.seq:
        yield f"{name} has seq {line.seq}, its decisions say {told.seq}"
    if told.is_open != (line.waiting > 0) or told.waiting < line.waiting:
        yield f"{name} has {line.waiting} units waiting, its decisions say {told.waiting}"
    if line.waiting and told.promised_at != at_or_none(line.promised_at):
        yield f"{name} is promised {at_or_none(line.promised_at)}, its decisions say {told.promised_at}"
    if told.opened_at != at_or_none(line.opened_at):
        yield f"{name} opened at {at_or_none(line.opened_at)}, its decisions say {told.opened_at}"


def _release_is_as_told(line: Line, location: str, told: _Units, shipped: int) -> Iterator[str]:
    """Units created and not withdrawn are still there or were shipped, each once."""
    there = line.on_release_at(location)
    gone = told.created - told.withdrawn - there
    if not 0 <= gone <= shipped:
        yield (
            f"7: line {line.order_id}/{line.line} at {location}: {told.created} units released, "
            f"{told.withdrawn} withdrawn, {there} there, {shipped} ever shipped"
        )


def _ever_shipped(pool: Pool) -> Counter[tuple[str, int, str]]:
    """Units shipped by order, line and location, voided shipments included."""
    shipped: Counter[tuple[str, int, str]] = Counter()
    for shipment in pool.shipments.rows.values():
        for part in shipment.lines:
            shipped[shipment.order_id, part.line, part.location] += part.quantity
    return shipped


def _says_why(decision: d.Decision) -> Iterator[str]:
    for name in decision.__struct_fields__:
        value = getattr(decision, name)
        if name in ("rule", "reason", "detail", "kind", "before", "after", "figures") and not value:
            yield f"8: {type(decision).__name__} has an empty {name}: {decision}"
        if name == "waited_seconds" and value < 0:
            yield f"8: {type(decision).__name__} waited {value} seconds"


def _name(decision: _Told | d.BackorderPromised | d.LineRefused) -> str:
    return f"{type(decision).__name__} of {decision.order_id}/{decision.line}"

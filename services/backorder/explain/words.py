"""Why a line is as it is, in sentences. A new reason to wait needs one more in `_WAITS` or `_KEPT`."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from backorder.domain import decisions as d
from backorder.domain.horizon import comes_within
from backorder.domain.kits import Kit
from backorder.domain.pool import Pool
from backorder.domain.queue import claim_key
from backorder.domain.records import Line, Order
from backorder.domain.times import at
from backorder.explain.ahead import Ahead
from backorder.explain.history import Told
from backorder.explain.kit_receipts import KitFilling
from backorder.explain.receipts import Filling
from backorder.explain.supply import Expected

EXPECTED_NAMED = 3
"""So much of what is expected is named in the answer; all of it is in the data."""


class Case(NamedTuple):
    """All that is known of a line."""

    pool: Pool
    order: Order
    line: Line
    row: d.LineChanged
    ahead: Ahead | None
    stock: list[d.StockLevel]
    would_fill: list[Filling]
    would_fill_kits: list[KitFilling]
    expected: list[Expected]
    history: list[Told]


def answer(case: Case) -> Iterator[str]:
    """The sentences, the most telling first."""
    row = case.row
    if row.backordered:
        yield from _waiting(case)
    if row.allocated > row.released:
        unreleased = row.allocated - row.released
        why = case.line.kept or "nothing"
        kept = _KEPT.get(why, f"what keeps it is {why}")
        yield f"{_units(unreleased)} of it {_are(unreleased)} allocated and not released: {kept}."
    if row.released:
        picked = f", {row.picked} of them picked" if row.picked else ""
        yield f"{_units(row.released)} of it {_are(row.released)} with the warehouse{picked}."
    yield from _done(case)
    yield from _filled(case)


# --- what waits ---------------------------------------------------------------------------------------------


def _waiting(case: Case) -> Iterator[str]:
    row = case.row
    since = "" if row.opened_at is None else f", since {_when(row.opened_at)}"
    yield f"{row.backordered} of {_units(row.ordered)} {_are(row.backordered)} not covered{since}."
    why = case.line.passed_over or "stock"
    say = _WAITS.get(why)
    if say is None:
        yield f"It is passed over for the time being: {why}."
    else:
        yield from say(case)
    yield from _place(case)
    yield from _remedies(case)


def _for_stock(case: Case) -> Iterator[str]:
    sku = case.pool.wanted(case.line)
    places = list(sku.usable(case.line.location))
    if not places:
        yield f"No location of {case.line.sku} is known: nothing was ever there."
        return
    where = " or ".join(places) if len(places) < 4 else f"any of {len(places)} locations"
    if isinstance(sku, Kit):
        yield from _for_components(sku, places, where, sku.queue.least(case.line.waiting))
        return
    free = sku.free_at(places)
    if not free:
        yield f"It needs units at {where}, and none is free there.{_why_none(case)}"
        return
    yield f"{_units(free)} {_are(free)} free at {where}, and not for it: {_why_not(case, places)}."


def _for_components(kit: Kit, places: Sequence[str], where: str, least: int) -> Iterator[str]:
    """Which component it is short of."""
    needs = ", ".join(f"{part.quantity} {part.sku}" for part in kit.parts)
    yield f"It is a kit of {needs}, and takes whole kits from one location."
    for component, part in zip(kit.components, kit.parts, strict=True):
        if sum(component.free(place) // part.quantity for place in places) < least:
            free = component.free_at(places)
            yield f"It is short of {part.sku}: {_units(free)} {_are(free)} free at {where}."


def _why_none(case: Case) -> str:
    said = []
    for figure, words in (
        ("allocated", "allocated to order lines"),
        ("safety_stock", "safety stock"),
        ("unavailable", "unavailable"),
        ("held", "held"),
    ):
        units = sum(getattr(row, figure) for row in case.stock)
        if units:
            said.append(f"{units} {words}")
    on_hand = sum(row.on_hand for row in case.stock)
    return f" Of {on_hand} on hand: {', '.join(said)}." if said else f" {on_hand} are on hand."


def _why_not(case: Case, places: Sequence[str]) -> str:
    sku, line = case.pool.sku(case.line.sku), case.line
    claim = next(claim for claim in line.claims if claim.waiting)
    if sku.strict:
        key = claim_key(line, claim)
        heads = [head[0] for place in places if (head := sku.head(place)) is not None and head[0] < key]
        if heads:
            first = min(heads)
            return f"strict order, and {first[3]}/{first[4]} stands before it"
    if sku.queue.whole:
        return f"it may not be filled in part, and needs {claim.waiting} at once"
    least = sku.queue.least(claim.waiting)
    return f"fewer than {least} are not worth a fill (min_release)"


def _beyond_horizon(case: Case) -> Iterator[str]:
    item, line = case.pool.sku(case.line.sku).item, case.line
    until = comes_within(item, line)
    if until is None or line.required_by is None:
        yield "It was beyond its item's horizon, and is to be looked at again."
        return
    yield (
        f"It is required by {_when(at(line.required_by))}, beyond the horizon of {item.horizon_days} days: "
        f"until {_when(at(until))} it takes no units, and is ahead of nobody."
    )


def _order_incomplete(case: Case) -> Iterator[str]:
    yield "Its order ships complete: nothing of it takes units before all of it can be covered at once."
    short = []
    lines = [line for line in case.pool.lines_of(case.order) if line.waiting]
    for sku in dict.fromkeys(line.sku for line in lines):
        wants = [line for line in lines if line.sku == sku]
        known = case.pool.wanted(wants[0])
        needed = sum(line.waiting for line in wants)
        places = dict.fromkeys(place for line in wants for place in known.usable(line.location))
        free = known.free_at(list(places))
        short.append(f"{sku} needs {needed}, {free} free")
    yield f"What waits of it: {'; '.join(short)}."
    if case.order.patience_until is not None:
        yield f"From {_when(at(case.order.patience_until))} on it keeps what comes to it."


def _unpaid(case: Case) -> Iterator[str]:
    yield (
        f"The payment of its order is {case.order.payment}: it keeps its place, and takes no units until it "
        "is authorized."
    )


_WAITS: dict[str, Callable[[Case], Iterator[str]]] = {
    "stock": _for_stock,
    "horizon": _beyond_horizon,
    "order_complete": _order_incomplete,
    "payment": _unpaid,
}

_KEPT = {
    "hold": "the order is held, until order.resumed",
    "payment": "the payment of the order is not authorized, or not for long enough",
    "order_complete": "the order ships complete, and a part of it still waits",
    "manual_release": "its item is released by hand, until release.requested",
}


def _place(case: Case) -> Iterator[str]:
    ahead = case.ahead
    if ahead is None or case.line.passed_over == "horizon":
        return
    if not ahead.claims:
        yield "Nobody is ahead of it: it is next."
        return
    named = [f"{each.order_id}/{each.line} ({_units(each.waiting)})" for each in ahead.first]
    more = ahead.claims - len(named)
    tail = f" and {more} more" if more else ""
    claims = "1 claim is" if ahead.claims == 1 else f"{ahead.claims} claims are"
    yield f"{claims} ahead of it, for {_units(ahead.units)}: {', '.join(named)}{tail}."
    passed = ahead.units - ahead.taking
    if passed:
        yield f"{_units(passed)} of those {_are(passed)} passed over for now."


def _remedies(case: Case) -> Iterator[str]:
    for each in case.would_fill:
        if each.quantity is None and each.tried:
            yield f"No receipt of {case.line.sku} at {each.location} alone would cover it."
        elif each.quantity is None:
            yield f"No receipt of {case.line.sku} at {each.location} alone was found that would cover it."
        elif each.tried:
            yield f"{_units(each.quantity)} received at {each.location} would cover it, one less would not."
        else:
            yield f"About {_units(each.quantity)} received at {each.location} would cover it (not tried)."
    yield from map(_kit_remedy, case.would_fill_kits)
    for expected in case.expected[:EXPECTED_NAMED]:
        when = "without a date" if expected.expected_at is None else f"for {_when(expected.expected_at)}"
        own = ", bought for this line" if expected.for_this_line else ""
        of = f"{expected.source} {expected.id}" + ("" if expected.line is None else f"/{expected.line}")
        yield f"Expected at {expected.location}: {_units(expected.quantity)} on {of}, {when}{own}."
    more = len(case.expected) - EXPECTED_NAMED
    if more > 0:
        yield f"More is expected: {more} further purchase lines or transfers."
    if not case.expected:
        yield "Nothing is expected: no purchase and no transfer is known that would bring any."


def _kit_remedy(filling: KitFilling) -> str:
    if not filling.units:
        return f"No receipt of its components at {filling.location} was found that would cover it."
    units = " and ".join(f"{quantity:,} {sku}" for sku, quantity in filling.units.items())
    together, of_any = (" together", " of any") if len(filling.units) > 1 else ("", "")
    return f"{units} received{together} at {filling.location} would cover it, one less{of_any} would not."


# --- what does not wait -------------------------------------------------------------------------------------


def _done(case: Case) -> Iterator[str]:
    row, line = case.row, case.line
    if row.shipped:
        yield f"{_units(row.shipped)} of {row.ordered} {_are(row.shipped)} shipped."
    if line.refused:
        yield f"{_units(line.refused)} of {row.ordered} {_were(line.refused)} refused."
    cancelled = row.cancelled - line.refused
    if cancelled > 0:
        yield f"{_units(cancelled)} of {row.ordered} {_were(cancelled)} cancelled."
    if not line.seq and (row.allocated or row.shipped):
        yield "It never waited: the units were free when it was accepted."


def _filled(case: Case) -> Iterator[str]:
    fills = [told for told in case.history if told.type == "backorder.filled"]
    if not fills:
        return
    last = fills[-1]
    rule = _RULES.get(last.rule or "", last.rule)
    figures = f"before: {_figures(last.before)}; after: {_figures(last.after)}"
    yield f"Last filled {_when(last.time)}: {last.text}. Why it: {rule} ({figures}; event {last.cause})."


_RULES = {
    "queue_order": "the first in the queue that could use the units",
    "whole_only": "the first in the queue that could be filled whole",
    "min_release": "the first in the queue to whom the units were worth a fill",
    "strict_order": "the first in the queue, in strict order",
    "fair_share": "its share of what all of one priority wait for",
    "out_of_turn": "a planner chose this line",
    "pegged": "the units were bought for this line",
    "order_complete": "its order could be covered whole",
    "complete_patience": "its order has waited long, and takes what a later one keeps",
}


def _figures(figures: dict[str, int]) -> str:
    return ", ".join(f"{name} {value}" for name, value in figures.items())


def _units(number: int) -> str:
    return "1 unit" if number == 1 else f"{number:,} units"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"

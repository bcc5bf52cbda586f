"""What must be true of a pool after every event: one function for tests, simulation, faults and audits.

The numbers are those of the design: 1 per SKU and location, 2 per line, 3 no idle unit, 6 conservation. The
others speak of what was emitted, see `history`. They hold for a SKU while no big step of it is open.
"""

from collections import Counter
from collections.abc import Iterator

from backorder.domain.complete import (
    COMPLETE,
    can_have_all,
    is_patient,
    is_whole,
    takes_nothing,
    waiting_lines,
    why_passed_over,
)
from backorder.domain.horizon import comes_within
from backorder.domain.kits import Kit, KitName
from backorder.domain.pool import Pool
from backorder.domain.queue import ClaimKey, SkuQueue, claim_key
from backorder.domain.records import AtLocation, Item, Line, Stock


def violations(pool: Pool) -> list[str]:
    """Every broken invariant, in words; empty when all hold."""
    return [
        *_stock_agrees_with_lines(pool),
        *_lines_add_up(pool),
        *_no_idle_unit(pool),
        *_lines_stand_as_their_orders_do(pool),
        *_horizon_is_as_the_item_says(pool),
        *_goods_are_conserved(pool),
        *_set_aside_adds_up(pool),
        *_queue_agrees_with_lines(pool),
        *_kits_add_up(pool),
        *_no_order_could_be_whole(pool),
    ]


def _stock_agrees_with_lines(pool: Pool) -> Iterator[str]:
    allocated: Counter[tuple[str, str | None]] = Counter()
    picked: Counter[tuple[str, str | None]] = Counter()
    waiting: Counter[tuple[str, str | None]] = Counter()
    on_order: Counter[tuple[str, str | None]] = Counter()
    for line in pool.lines.rows.values():
        for sku, each in line.takes:
            waiting[sku, line.location] += line.waiting * each
            for claim in line.claims:
                for location, units in claim.allocated.items():
                    allocated[sku, location] += units * each
            for location, place in line.at.items():
                picked[sku, location] += place.picked * each
    for bought in pool.purchase_lines.rows.values():
        on_order[bought.sku, bought.location] += bought.open
    held: Counter[tuple[str, str | None]] = Counter()
    for hold in pool.holds.rows.values():
        held[hold.sku, hold.location] += hold.quantity
        if (hold.quantity > 0) != (hold.ended_at is None):
            yield f"1: hold {hold.hold_id} has {hold.quantity} units and ended at {hold.ended_at}"
    in_transit: Counter[tuple[str, str | None]] = Counter()
    for transfer in pool.transfers.rows.values():
        for part in transfer.underway:
            in_transit[transfer.sku, part.location] += part.quantity
    for key in {*pool.stock.rows, *waiting, *allocated, *on_order, *held, *in_transit}:
        row = pool.stock.get(key) or Stock(*key)
        for name, sums in (
            ("allocated", allocated),
            ("picked", picked),
            ("backordered", waiting),
            ("on_order", on_order),
            ("held", held),
            ("in_transit", in_transit),
        ):
            if getattr(row, name) != sums[key]:
                yield f"1: stock {key} says {name} {getattr(row, name)}, its lines say {sums[key]}"
        if row.unavailable < 0 or (row.on_hand >= 0 and row.unavailable > row.on_hand):
            yield f"1: stock {key} has {row.unavailable} unavailable of {row.on_hand} on hand"


def _lines_add_up(pool: Pool) -> Iterator[str]:
    for line in pool.lines.rows.values():
        name = f"2: line {line.order_id}/{line.line}"
        parts = (line.allocated, line.waiting, line.shipped, line.cancelled)
        if line.ordered != sum(parts) or min(parts) < 0:
            yield f"{name}: ordered {line.ordered} is not allocated + waiting + shipped + cancelled {parts}"
        if any(claim.waiting < 0 or min(claim.allocated.values(), default=1) <= 0 for claim in line.claims):
            yield f"{name}: a claim with a figure below its least"
        yield from _warehouse_adds_up(line, name)


def _warehouse_adds_up(line: Line, name: str) -> Iterator[str]:
    for location in {*line.at, *(place for claim in line.claims for place in claim.allocated)}:
        place = line.at.get(location) or AtLocation()
        allocated, released = line.allocated_at(location), max(place.on_release, place.picked)
        picked, cleared = line.picked_at(location), line.cleared_at(location)
        if not 0 <= picked <= allocated:
            yield f"{name}: {picked} picked of {allocated} allocated at {location}"
        if released > allocated or (released != allocated and line.kept is None):
            yield f"{name}: {released} released of {allocated} allocated at {location}, kept: {line.kept}"
        if cleared < place.on_release + place.recalled:
            yield f"{name}: {place.on_release} released at {location}, {cleared} cleared to leave"


def _no_idle_unit(pool: Pool) -> Iterator[str]:
    heads = _heads(pool)
    for line in pool.lines.rows.values():
        wanted = pool.wanted(line)
        if wanted.unsettled or not line.waiting or line.passed_over:
            continue
        for claim in line.claims:
            key = claim_key(line, claim)
            free = sum(
                min(pool.sku(sku).free(source) // each for sku, each in line.takes)
                for source in wanted.usable(line.location)
                if all(heads.get((sku, source), key) >= key for sku, _ in line.takes)
            )
            if claim.waiting and free >= _least_useful(wanted.item, claim.waiting):
                yield f"3: {free} units free for line {line.order_id}/{line.line}, which waits"
    for (sku, location), row in pool.stock.rows.items():
        known = pool.sku(sku)
        demotable = known.last_allocated(location) if location is not None else None
        if row.shortfall and demotable is not None and not known.item.unsettled:
            yield f"1: stock {sku} at {location} is {row.shortfall} short and could demote {demotable}"


def _heads(pool: Pool) -> dict[tuple[str, str], ClaimKey]:
    """The first who could use the units of a location, where that is a policy: it blocks the others. A claim
    for a kit does so where it is short of that component."""
    heads: dict[tuple[str, str], ClaimKey] = {}
    for line in pool.lines.rows.values():
        wanted = pool.wanted(line)
        for sku, _ in line.takes:
            if not pool.sku(sku).strict or line.passed_over:
                continue
            for claim in line.claims:
                for source in wanted.usable(line.location) if claim.waiting else ():
                    least = _least_useful(wanted.item, claim.waiting)
                    if isinstance(wanted, Kit) and not wanted.short_of(sku, source, least):
                        continue
                    key = claim_key(line, claim)
                    heads[sku, source] = min(key, heads.get((sku, source), key))
    return heads


def _least_useful(item: Item, waiting: int) -> int:
    return min(item.min_release, waiting) if item.allow_partial else waiting


def _lines_stand_as_their_orders_do(pool: Pool) -> Iterator[str]:
    """3, 5: whether a line takes units by itself follows from its order, unless it is beyond the horizon."""
    for order in pool.orders.rows.values():
        why = why_passed_over(order)
        for line in pool.lines_of(order):
            if line.beyond is None and line.passed_over != why:
                name = f"3: line {order.order_id}/{line.line}"
                yield f"{name} takes no units for {line.passed_over}, its order for {why}"


def _horizon_is_as_the_item_says(pool: Pool) -> Iterator[str]:
    """3, 5: a line that takes no units for this reason comes within when its item says. (No pool knows the
    clock; that it is not too late already is for the agenda.)"""
    for line in pool.lines.rows.values():
        name = f"3: line {line.order_id}/{line.line}"
        item = pool.sku(line.sku).item
        if (line.passed_over == "horizon") != (line.beyond is not None):
            yield f"{name} waits for {line.passed_over}, and is beyond the horizon: {line.beyond}"
        elif line.beyond is not None and line.waiting and not item.unsettled:
            until = comes_within(item, line)
            if until != line.beyond.until:
                yield f"{name} comes within the horizon at {line.beyond.until}, its item says {until}"


def _goods_are_conserved(pool: Pool) -> Iterator[str]:
    for key, row in pool.stock.rows.items():
        came = row.received - row.reversed + row.adjusted + row.returned + row.corrected
        came += row.transferred
        if came != row.on_hand + row.in_transit + row.shipped:
            yield (
                f"6: stock {key}: {came} came in, {row.on_hand} on hand, {row.in_transit} in transit to it "
                f"and {row.shipped} shipped"
            )
    if sent := sum(row.transferred for row in pool.stock.rows.values()):
        yield f"6: transfers took {-sent} units more than they brought"


def _set_aside_adds_up(pool: Pool) -> Iterator[str]:
    """The history of what is set aside ends with what is."""
    now: Counter[tuple[str, str | None]] = Counter()
    for line in pool.lines.rows.values():
        for sku, each in line.takes:
            now[sku, line.location] += line.open * each
    for row in pool.stock.rows.values():
        now[row.sku, row.location] += row.unavailable + row.held
    for key in {*now, *pool.set_aside.heads.rows}:
        head = pool.set_aside.heads.get(key)
        if now[key] != (0 if head is None else head.total):
            yield f"1: {now[key]} units of {key} are set aside, their history says {head}"


def _queue_agrees_with_lines(pool: Pool) -> Iterator[str]:
    """The derived queue holds exactly what the lines say."""
    fresh: dict[KitName, SkuQueue] = {}
    for line in pool.lines.rows.values():
        queue = fresh.get((line.sku, line.parts))
        if queue is None:
            item = pool.sku(line.sku).item
            queue = fresh[line.sku, line.parts] = SkuQueue(not item.allow_partial, item.min_release)
        queue.move([], queue.places(line))
    for (sku, parts), queue in fresh.items():
        known = pool.kit(sku, parts) if parts else pool.sku(sku)
        if queue.contents() != known.queue.contents():
            yield f"1: the queue of {sku} {parts or ''} is not what its lines say"


def _kits_add_up(pool: Pool) -> Iterator[str]:
    """1: what waits in kits, and for them, is what their lines say."""
    kits_waiting: Counter[str] = Counter()
    in_kits: Counter[str] = Counter()
    for line in pool.lines.rows.values():
        if line.parts:
            kits_waiting[line.sku] += line.waiting
            for sku, each in line.parts:
                in_kits[sku] += line.waiting * each
    for sku in {*kits_waiting, *in_kits, *(name for (name,) in pool.items.rows)}:
        item = pool.sku(sku).item
        if (item.kits_waiting, item.in_kits) != (kits_waiting[sku], in_kits[sku]):
            yield (
                f"1: item {sku} says {item.kits_waiting} kits wait and {item.in_kits} units for kits, "
                f"its lines say {kits_waiting[sku]} and {in_kits[sku]}"
            )


def _no_order_could_be_whole(pool: Pool) -> Iterator[str]:
    """An order that ships complete waits only while it cannot be covered, and is watched unless a line of it
    takes nothing, whatever there is."""
    for order in pool.orders.rows.values():
        if order.ship == COMPLETE and not is_whole(pool, order):
            if any(pool.wanted(line).unsettled for line in pool.lines_of(order)):
                continue
            if can_have_all(pool, order):
                yield f"3: order {order.order_id} waits and could be covered whole"
            waiting = waiting_lines(pool, order)
            watched = order.order_id in pool.watched.orders
            if is_patient(order) and not watched and not any(map(takes_nothing, waiting)):
                yield f"3: order {order.order_id} waits and is watched for nothing"

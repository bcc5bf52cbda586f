"""What waiting lines are promised: the date of the supply that completes them, else the lead time, else none.

An event looks again at the lines that it touched, and at those that its SKU's supply reaches, up to so many;
with a longer queue the clock goes on from there, a slice of the queue at each tick. So the cost of an event
does not grow with the queue.

An order that ships complete is promised as one: the date at which the last of what it lacks is there.
"""

from collections.abc import Iterable

import msgspec

from backorder.domain import decisions as d
from backorder.domain.complete import COMPLETE
from backorder.domain.dates import Date
from backorder.domain.kits import Kit
from backorder.domain.pool import Pool
from backorder.domain.promise_records import ENDED, LEAD_TIME, NOTHING, SUPPLY, Alone, Plan, Promise
from backorder.domain.queue import claim_key
from backorder.domain.records import Item, Line, Order
from backorder.domain.sku import Sku
from backorder.domain.step import Step
from backorder.domain.table import Key
from backorder.domain.times import DAY, at_or_none
from backorder.domain.walk import NOW, Walk, covered_by_pegs

_RULES = {NOTHING: "no_supply", SUPPLY: "planned_supply", LEAD_TIME: "lead_time"}


def keep_promises(step: Step, lines: Iterable[Line]) -> None:
    """Looks again at the promises that the event could have moved; `lines` are those that it touched."""
    pool = step.pool
    names = {**step.replans, **pool.waits_moved}
    for name in step.skus:
        if name not in names and name not in step.walked and _may_have_moved(pool, name):
            names[name] = None
    for name in names:
        _replan(step, name, [line for line in lines if line.takes_of(name) and line.waiting])
    for key, reason in step.kits_dated.items():
        kit_line = pool.lines.rows[key]
        if kit_line.waiting:
            _promise(step, kit_line, _latest(kit_line), reason)
    for order_id, why in step.orders_dated.items():
        _promise_as_one(step, pool.orders.rows[order_id,], why or "queue_changed")


def _may_have_moved(pool: Pool, name: str) -> bool:
    """Whether promises may have moved although neither the queue nor the supply has: by what is free."""
    plan = pool.plans.get((name,))
    if plan is None:
        return False
    sku = pool.sku(name)
    if plan.again is not None and plan.resume_at is None and not sku.item.unsettled:
        return True  # a big step has come to its end
    leaves_free = sku.queue.whole or sku.item.min_release > 1 or sku.item.strict_order
    leaves_free = leaves_free or sku.item.allocation != "queue"
    if sku.item.in_kits or any(kit.is_current for kit in sku.kits):
        return True
    if plan.had_plenty and sku.is_plenty:
        return False  # all that waits could be there, as before
    return sku.queue.someone_is_passed_over or (leaves_free and sku.queue.claims_waiting > 0)


def _replan(step: Step, name: str, touched: list[Line]) -> None:
    pool = step.pool
    sku = pool.sku(name)
    every = name in step.replan_all and bool(sku.waiting or sku.item.in_kits)
    if (name,) not in pool.plans.rows:
        # What is free is enough for a kit or an order that ships complete, as far as this SKU goes.
        may_be_there = (
            sku.item.in_kits
            or sku.queue.someone_is_passed_over
            or any(pool.orders.rows[line.order_id,].ship == COMPLETE for line in touched)
            or any(kit.is_current for kit in sku.kits)
        )
        if not every and not may_be_there and not pool.supplies.of(name):
            for line in touched:
                _date(step, line, name, None, "queue_changed")
            return
        pool.plans.add((name,), Plan(name))
    plan = pool.plans.edit((name,))
    touched += _rechecked(step, name, touched)
    reason = plan.again or step.replans.get(name, "queue_changed")
    if sku.item.unsettled or plan.resume_at is not None:
        plan.again, plan.again_every = reason, plan.again_every or every
        _promise_unseen(step, sku, plan, touched)
        return
    plan.reason, plan.cause, plan.every = reason, step.entry.id, every or plan.again_every
    plan.again, plan.again_every = None, False
    plan.had_plenty = sku.is_plenty
    budget = step.settings.promise_lines
    if name not in step.replans and name not in pool.waits_moved:
        budget = -(-budget // 10)  # only what is free moved, as with every sale: mostly nothing comes of it
    seen = _walk(step, sku, plan, budget)
    unseen = [line for line in touched if (line.order_id, line.line) not in seen]
    if plan.resume_at is not None:
        _promise_unseen(step, sku, plan, unseen)
        return
    for line in unseen:
        _date(step, line, name, _by_pegs(pool, sku, line), plan.reason)


def _rechecked(step: Step, name: str, touched: list[Line]) -> list[Line]:
    """Lines that the event did not touch, but whose own supply it did."""
    known = {(line.order_id, line.line) for line in touched}
    found = [step.pool.line(*key) for key in step.recheck if key not in known]
    return [line for line in found if line is not None and line.takes_of(name) and line.waiting]


def _walk(step: Step, sku: Sku, plan: Plan, budget: int) -> dict[tuple[str, int], None]:
    """Walks for up to `budget` claims, the rest is for the next tick; returns the lines that it came to."""

    def promised(line: Line, at: int | None) -> int:
        known = len(step.orders_dated) + len(step.kits_dated)
        _date(step, line, plan.sku, at, plan.reason)
        if len(step.orders_dated) + len(step.kits_dated) == known:
            return 0
        order = step.pool.orders.rows[line.order_id,]
        return len(order.lines) if order.ship == COMPLETE else 0

    step.touch(plan.sku)  # a shop front may have to hear of it, also when the event was about a kit
    walk = Walk(step.pool, sku, plan, promised)
    if walk.run(budget):
        if plan.again is not None:
            plan.reason, plan.every = plan.again, plan.again_every
            plan.cause, plan.had_plenty = step.entry.id, sku.is_plenty
            plan.again, plan.again_every = None, False
            plan.resume_at = step.clock + 1
    else:
        plan.resume_at = step.clock + 1
    if plan.resume_at is not None:
        step.dated.append(("walk", (sku.item.sku,)))
    return walk.visited


def _by_pegs(pool: Pool, sku: Sku, line: Line) -> int | None:
    """When a line's own supply completes it, if it does."""
    rest, at = covered_by_pegs(pool, sku, line, line.waiting * line.takes_of(sku.item.sku))
    return None if rest else at


def _promise_unseen(step: Step, sku: Sku, plan: Plan, lines: list[Line]) -> None:
    """Lines that a walk has still to come to: what supply has promised stands until then."""
    for line in lines:
        at = _by_pegs(step.pool, sku, line)
        if at is None and _is_dated(line, plan.sku):
            place = max(claim_key(line, claim) for claim in line.claims if claim.waiting)
            plan.reach = place if plan.reach is None else max(plan.reach, place)
        else:
            _date(step, line, plan.sku, at, plan.reason or "queue_changed")


def _is_dated(line: Line, sku: str) -> bool:
    """Whether the supply of a SKU has promised the line something."""
    if line.parts:
        return line.part_dates is not None and sku in line.part_dates
    alone = None if line.promise is None else line.promise.by_itself
    return alone is not None and (alone.rests_on == SUPPLY or alone.is_there)


def _date(step: Step, line: Line, sku: str, at: int | None, reason: str) -> None:
    """The supply of a SKU completes a line at this date, or does not. A kit line is promised the latest date
    of all of its components, once each of them has been looked at."""
    if not line.parts:
        _promise(step, line, at, reason)
        return
    step.kits_dated.setdefault((line.order_id, line.line), reason)
    dates = dict(line.part_dates or {})
    dates.pop(sku, None)
    if at is not None:
        dates[sku] = at
    if dates != (line.part_dates or {}):
        step.pool.edit_line(line)
        line.part_dates = {part.sku: dates[part.sku] for part in line.parts if part.sku in dates} or None


def _latest(line: Line) -> int | None:
    """When the last of its components is there; None = of one nobody knows."""
    dates = line.part_dates or {}
    return max(dates.values()) if len(dates) == len(line.parts) else None


def kit_expected_at(pool: Pool, kit: Kit) -> int | None:
    """When the next kit that nobody is promised could be put together somewhere; None = nobody knows, or all
    of it is there now."""
    plans = [pool.plans.get((part.sku,)) for part in kit.parts]
    dates = [{} if plan is None else plan.expected_in_kits.get(kit.name, {}) for plan in plans]
    met = [place for place in kit.sources if all(place in of_part for of_part in dates)]
    return min((max(of_part[place] for of_part in dates) for place in met), default=None) or None


# --- the clock ----------------------------------------------------------------------------------------------


def walk_date(pool: Pool, plan: Plan) -> Date | None:
    return None if plan.resume_at is None else Date(plan.resume_at, plan.cause)


def go_on(step: Step, key: Key) -> None:
    """The next slice of a walk that one event could not finish."""
    plan: Plan = step.pool.plans.edit(key)
    sku = step.pool.sku(plan.sku)
    plan.resume_at = None
    if sku.item.unsettled:
        plan.resume_at = step.clock + 1
        step.dated.append(("walk", key))
    else:
        step.walked[plan.sku] = None
        _walk(step, sku, plan, step.settings.step_lines)


def lead_time_date(pool: Pool, line: Line) -> Date | None:
    promise = line.promise
    alone = None if promise is None else promise.by_itself
    if promise is None or alone is None or alone.rests_on != LEAD_TIME or alone.at is None:
        return None
    return Date(alone.at, promise.cause)


def lead_time_is_over(step: Step, key: Key) -> None:
    """A promise by the lead time that nothing has come for: the lead time runs again."""
    line = step.pool.edit_line(step.pool.lines.rows[key])
    assert line.promise is not None
    line.promise.lead_from = step.time
    _promise(step, line, NOW if line.promise.by_itself.is_there else None, "supply_slipped")


# --- one line -----------------------------------------------------------------------------------------------


def lead_time(item: Item, location: str | None) -> int | None:
    """Days from ordering to arrival, a location's own first; null = not known."""
    if location is not None and location in item.lead_time_at:
        return item.lead_time_at[location]
    return item.lead_time_days


def _promise(step: Step, line: Line, at: int | None, reason: str) -> None:
    """Promises a waiting line the date of its supply; None = no supply completes it. In an order that ships
    complete, that is what the line alone would be promised, and the order is dated later."""
    old = line.promise
    item = step.pool.sku(line.sku).item
    in_whole = step.pool.orders.rows[line.order_id,].ship == COMPLETE
    is_there = in_whole and at == NOW
    has_nothing = not at and not is_there and old is None and not item.discontinued
    if has_nothing and lead_time(item, line.location) is None:
        return
    new = _follow_up(step, line, item, old or Promise(), at or None, is_there)
    alone = new.current
    if in_whole:
        new.alone = Alone(new.current, new.rests_on, is_there)
        new.current, new.rests_on = (None, NOTHING) if old is None else (old.current, old.rests_on)
    if new == old:
        return
    step.pool.edit_line(line)
    previous = None if old is None else old.by_itself.at
    line.promise = new
    if new.no_supply_said and (old is None or not old.no_supply_said):
        step.uncovered[line.order_id, line.line] = None
    if alone != previous:
        new.cause = step.entry.id
    if new.by_itself.rests_on == LEAD_TIME:
        step.dated.append(("lead_time", (line.order_id, line.line)))
    if in_whole:
        step.orders_dated[line.order_id] = step.orders_dated.get(line.order_id) or reason
    else:
        _say_if_changed(step, line, old, new, reason)


def _promise_as_one(step: Step, order: Order, reason: str) -> None:
    """An order that ships complete has one date for all that waits; else each line has its own."""
    lines = [line for line in step.pool.lines_of(order) if line.waiting]
    as_one = _last_of(lines) if order.ship == COMPLETE else None
    for line in lines:
        old = line.promise
        if old is None or (as_one is None and old.alone is None):
            continue
        at, rests_on = as_one or (old.by_itself.at, old.by_itself.rests_on)
        alone = None if as_one is None else old.by_itself
        if (old.current, old.rests_on, old.alone) != (at, rests_on, alone):
            step.pool.edit_line(line)
            line.promise = msgspec.structs.replace(old, current=at, rests_on=rests_on, alone=alone)
            _say_if_changed(step, line, old, line.promise, reason)


def _last_of(lines: list[Line]) -> tuple[int | None, int]:
    """When the last of what these lines lack is there, and what that rests on. Where they lack nothing, they
    wait for something that no supply dates, and the lead times count."""
    alone = [(line.promise or Promise()).by_itself for line in lines]
    lacking = [each for each in alone if not each.is_there] or alone
    dates = [(each.at, each.rests_on) for each in lacking if each.at is not None]
    if not lacking or len(dates) < len(lacking):
        return None, NOTHING
    return min(dates, key=lambda date: (-date[0], date[1]))


def _say_if_changed(step: Step, line: Line, old: Promise | None, new: Promise, reason: str) -> None:
    previous = None if old is None else old.current
    if new.current != previous:
        new.original = new.current if new.original is None else new.original
        _say(step, line, new, previous, _reason(old, new, reason))


def _follow_up(
    step: Step, line: Line, item: Item, old: Promise, at: int | None, is_there: bool = False
) -> Promise:
    """What follows for a line alone on the old promise, by the date of the supply."""
    was = old.by_itself
    new = Promise(old.original, at, SUPPLY, old.lead_from, old.cause, old.no_supply_said)
    if at is None:
        if was.rests_on in (SUPPLY, ENDED):
            new.lead_from = step.time
        new.no_supply_said = old.no_supply_said or (item.discontinued and not is_there)
        days = None if item.discontinued else lead_time(item, line.location)
        _by_lead_time(step, line, was, new, days)
    return new


def _by_lead_time(step: Step, line: Line, was: Alone, new: Promise, days: int | None) -> None:
    new.current, new.rests_on = None, NOTHING
    if not days:
        return
    assert line.opened_at is not None
    new.rests_on = LEAD_TIME
    new.current = (line.opened_at if new.lead_from is None else new.lead_from) + days * DAY
    if new.current <= step.time and (was.rests_on, was.at) != (LEAD_TIME, new.current):
        # Nobody is promised what is past: the lead time runs from now.
        new.lead_from = step.time
        new.current = step.time + days * DAY


def _reason(old: Promise | None, new: Promise, reason: str) -> str:
    """Why a promise changed: what happened to supply or queue, unless the lead time says so."""
    before = NOTHING if old is None else old.rests_on
    if SUPPLY not in (before, new.rests_on):
        return reason if reason == "supply_slipped" else "lead_time"
    if before in (NOTHING, ENDED) and new.rests_on == SUPPLY:
        return "supply_planned"
    return reason


def _say(step: Step, line: Line, promise: Promise, previous: int | None, reason: str) -> None:
    """A backorder that was opened in this very step says its first promise itself."""
    key = (line.order_id, line.line)
    step.repromised.setdefault(key, previous)
    if key in step.opened:
        step.amend_opened(key, at_or_none(promise.current))
        return
    rows = [row for sku, _ in line.takes for row in step.pool.sku(sku).rows.values()]
    figures = {
        "waiting": line.waiting,
        "on_order": sum(row.on_order for row in rows),
        "in_transit": sum(row.in_transit for row in rows),
    }
    line.seq += 1
    step.emit(
        line.order_id,
        d.BackorderPromised(
            order_id=line.order_id,
            line=line.line,
            sku=line.sku,
            seq=line.seq,
            original=at_or_none(promise.original),
            previous=at_or_none(previous),
            current=at_or_none(promise.current),
            reason=reason,
            rule=_RULES[promise.rests_on],
            before=figures,
            after=figures,
        ),
    )

"""Whatever `explain` and `plan` say of any line of a random trade is true: it is tried on a copy.

The copies are made, and the events applied, here: of what is tested only the fold is used to judge it.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from backorder.domain import decisions as d
from backorder.domain import events as e
from backorder.domain.fold import Fold
from backorder.domain.times import at
from backorder.explain import explain, plan, queue
from backorder.explain.kit_receipts import KitFilling
from backorder.explain.plan import Plan
from backorder.explain.receipts import Filling
from tests.support.happenings import POOL
from tests.support.shop import entry, restored
from tests.support.trial import Trial

SEEDS, EVENTS = range(20), 120
LATER = datetime(2030, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.timeout(900)


def follow(fold: Fold, event: e.Event, time: datetime = LATER) -> list[Any]:
    """Lets something happen, later than everything else, and returns what was decided."""
    tick = isinstance(event, e.ClockTicked)
    entries, decisions = [entry(event, time, 0, "" if tick else POOL)], []
    for fed in entries:
        outcome = fold.apply(fed)
        decisions += [each.decision for each in outcome.emitted]
        entries += outcome.continued
    return decisions


def receipt(sku: str, location: str, units: int) -> e.GoodsReceived:
    return e.GoodsReceived("of-the-test", [e.ReceivedLine(sku, location, units)])


def waiting_after(state: Fold, key: tuple[str, int], event: e.Event) -> int:
    follow(state, event)
    waiting: int = state.pools[POOL].lines.rows[key].waiting
    state.rollback()
    return waiting


def looks(seed: int, every: int) -> Iterable[Fold]:
    """States of a trade, one after so many events, each a copy with no big step open."""
    trial = Trial(Random(seed))
    for number in range(1, EVENTS + 1):
        trial.trade()
        if number % every == 0:
            state = restored(trial.fold)
            if POOL in state.pools:  # else all that happened so far was taken back
                yield state


def keys_of(state: Fold) -> list[tuple[str, int]]:
    return [(line.order_id, line.line) for line in state.pools[POOL].lines.rows.values()]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_said_of_a_line_is_true(seed: int) -> None:
    for state in looks(seed, every=10):
        before = state.dump()
        for key in keys_of(state):
            explanation = explain(state, POOL, *key)
            line = state.pools[POOL].lines.rows[key]
            assert explanation.answer
            assert explanation.row.backordered == line.waiting
            ahead = explanation.ahead
            assert (ahead is None) == (explanation.row.position is None) == (not line.waiting)
            if ahead is not None:
                assert ahead.claims == (explanation.row.position or 0) - 1
                assert [each.order_id for each in ahead.first] in the_first(state, key, len(ahead.first))
            for filling in explanation.would_fill:
                the_receipt_is_right(state, key, filling)
            for kit_filling in explanation.would_fill_kits:
                the_kit_receipt_is_right(state, key, kit_filling)
        assert state.dump() == before


def the_first(state: Fold, key: tuple[str, int], count: int) -> list[list[str]]:
    """The orders that stand first among those ahead of the line, from their rows: of a kit by component."""
    own = state.pools[POOL].lines.rows[key]
    return [the_first_at(state, own, sku, count) for sku, _ in own.takes]


def the_first_at(state: Fold, own: Any, sku: str, count: int) -> list[str]:
    pool, never = state.pools[POOL], 2**63

    def places(line: Any) -> set[str]:
        return set(pool.wanted(line).sources if line.location is None else [line.location])

    def may_meet(other: Any) -> bool:
        nowhere = own.location is None is other.location and not own.parts and not other.parts
        return bool(places(own) & places(other)) or nowhere

    waiting = sorted(
        (line.priority, line.required_by or never, claim.accepted_at, line.order_id, line.line, claim.number)
        for line in pool.lines.rows.values()
        for claim in line.claims
        if sku in dict(line.takes) and claim.waiting and line.passed_over != "horizon" and may_meet(line)
    )
    return [place[3] for place in waiting[:count]]


def the_receipt_is_right(state: Fold, key: tuple[str, int], filling: Filling) -> None:
    line = state.pools[POOL].lines.rows[key]
    sku, location = line.sku, filling.location
    if filling.quantity is None and not filling.tried:
        return  # none was found, and no more is said
    if filling.quantity is None:
        for units in (1, line.waiting, 1000, 100_000):
            assert waiting_after(state, key, receipt(sku, location, units)), units
        return
    assert filling.tried
    assert waiting_after(state, key, receipt(sku, location, filling.quantity)) == 0
    if filling.quantity > 1:
        assert waiting_after(state, key, receipt(sku, location, filling.quantity - 1)) > 0


def the_kit_receipt_is_right(state: Fold, key: tuple[str, int], filling: KitFilling) -> None:
    """What is named covers the line, and with one less of any of it does not."""

    def waiting_with(units: dict[str, int]) -> int:
        lines = [e.ReceivedLine(sku, filling.location, quantity) for sku, quantity in units.items()]
        return waiting_after(state, key, e.GoodsReceived("of-the-test", lines))

    if not filling.units:
        return  # none was found, and no more is said
    assert waiting_with(filling.units) == 0
    for sku, quantity in filling.units.items():
        assert waiting_with(filling.units | {sku: quantity - 1}) > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_the_place_of_a_line_in_the_queue_of_its_location_is_its_position(seed: int) -> None:
    """Of a line with a location; of one without, more than the queue of any one location counts."""
    compared = 0
    for state in looks(seed, every=10):
        lines = state.pools[POOL].lines.rows.values()
        kits = {line.sku for line in lines if line.parts}
        for line in lines:
            if line.waiting and line.location and line.beyond is None and line.sku not in kits:
                found = queue(state, POOL, line.sku, line.location, most=1000)
                places = [(claim.order_id, claim.line) for claim in found.first]
                key = (line.order_id, line.line)
                if key in places:  # else its item is no longer served from there
                    assert places.index(key) + 1 == explain(state, POOL, *key).row.position
                    compared += 1
    assert compared


# --- what has to happen for what is passed over or kept -----------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_a_line_stops_to_wait_for_what_it_is_said_to_wait_for_when_that_comes(seed: int) -> None:
    for state in looks(seed, every=20):
        for key in keys_of(state):
            line = state.pools[POOL].lines.rows[key]
            if line.waiting and line.beyond is not None and line.beyond.until > state.clock:
                until = at(line.beyond.until)
                for moment, beyond in ((until - timedelta(seconds=1), True), (until, False)):
                    follow(state, e.ClockTicked(), moment)
                    now = state.pools[POOL].lines.rows[key]
                    if now.waiting:  # the longest wait of a line may end at the same moment
                        assert (now.passed_over == "horizon") == beyond
                    state.rollback()
            elif line.kept == "hold":
                follow(state, e.OrderResumed(key[0], "test"))
                assert state.pools[POOL].lines.rows[key].kept != "hold"
                state.rollback()


# --- plans --------------------------------------------------------------------------------------------------


def decided(decisions: list[Any]) -> dict[str, list[Any]]:
    """What a plan shows, from the decisions themselves."""
    return {
        "filled": [
            (each.order_id, each.line, each.location, each.quantity, each.remaining, each.rule)
            for each in decisions
            if isinstance(each, d.BackorderFilled)
        ],
        "reopened": [
            (each.order_id, each.line, each.quantity, each.reason)
            for each in decisions
            if isinstance(each, d.BackorderReopened)
        ],
        "released": parts(decisions, d.ReleaseCreated),
        "withdrawn": parts(decisions, d.ReleaseWithdrawn),
        "rejected": [each.reason for each in decisions if isinstance(each, d.EventRejected)],
    }


def parts(decisions: list[Any], kind: Any) -> list[Any]:
    return [
        (each.order_id, each.release_id, part.line, part.location, part.quantity)
        for each in decisions
        if isinstance(each, kind)
        for part in each.lines
    ]


def planned(made: Plan) -> dict[str, list[Any]]:
    return {
        "filled": [(f.order_id, f.line, f.location, f.quantity, f.remaining, f.rule) for f in made.filled],
        "reopened": [(loss.order_id, loss.line, loss.quantity, loss.reason) for loss in made.reopened],
        "released": [(m.order_id, m.release_id, m.line, m.location, m.quantity) for m in made.released],
        "withdrawn": [(m.order_id, m.release_id, m.line, m.location, m.quantity) for m in made.withdrawn],
        "rejected": [made.rejected.reason] if made.rejected else [],
    }


def events_to_plan(state: Fold, dice: Random) -> Iterable[e.GoodsReceived | e.ReleaseRequested]:
    pool = state.pools[POOL]
    for sku in dict.fromkeys(line.sku for line in pool.lines.rows.values()):
        for location in [*pool.sku(sku).rows, "ELSEWHERE"]:
            for units in (dice.randint(1, 9), 50):
                yield receipt(sku, location, units)
            yield e.ReleaseRequested(sku=sku, location=dice.choice([None, location]))
            yield e.ReleaseRequested(sku=sku, quantity=dice.randint(1, 5))
    keys = keys_of(state)
    for order_id, number in dice.sample(keys, min(len(keys), 8)):
        sku = pool.lines.rows[order_id, number].sku
        yield e.ReleaseRequested(sku=sku, order_id=order_id, line=number)


@pytest.mark.parametrize("first", SEEDS[::5])
def test_what_is_planned_is_what_happens(first: int) -> None:
    kinds: Counter[str] = Counter()
    for seed in range(first, first + 5):
        for state in looks(seed, every=40):
            kinds.update(planned_truly(state, Random(seed)))
    assert kinds["filled"]
    assert kinds["released"]


def planned_truly(state: Fold, dice: Random) -> Iterable[str]:
    """Compares plans with what happens; yields what kinds of consequences there were."""
    before = state.dump()
    for event in events_to_plan(state, dice):
        made = plan(state, POOL, event)
        assert planned(made) == decided(follow(state, event))
        rows = [row.data for row in state.rows()]
        assert {(s.sku, s.location, s.on_hand, s.free, s.backordered) for s in made.stock} == {
            (s.sku, s.location, s.on_hand, s.free, s.backordered) for s in rows if isinstance(s, d.StockLevel)
        }
        assert made.free == sum(row.free for row in state.pools[POOL].sku(made.sku).rows.values())
        state.rollback()
        yield from (name for name, found in planned(made).items() if found)
    assert state.dump() == before

"""The sample of trade: the same for a seed, of any size, and with the shape of real commerce."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

import msgspec
import pytest

from backorder.contract.envelope import decode_structured
from backorder.contract.event_types import INPUTS
from backorder.contract.unreadable import Unreadable
from backorder.simulate.simulation import Simulation
from backorder.trade.calendar import event_times
from backorder.trade.sample import sample

END = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SIZE = 6000

SUPPORTED = {
    "order.placed",
    "order.amended",
    "order.rescheduled",
    "order.cancelled",
    "order.picked",
    "order.shipped",
    "order.shipment_voided",
    "stock.counted",
    "stock.adjusted",
    "stock.condition_changed",
    "stock.returned",
    "item.configured",
    "purchase.placed",
    "purchase.changed",
    "purchase.cancelled",
    "goods.received",
    "goods.receipt_reversed",
}


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return list(sample(SIZE, seed=3, end=END))


@pytest.fixture(scope="module")
def events(lines: list[bytes]) -> list[dict[str, Any]]:
    """Those that are valid."""
    return [msgspec.json.decode(line) for line in lines if is_valid(line)]


@pytest.fixture(scope="module")
def simulated(lines: list[bytes]) -> tuple[Simulation, Counter[str]]:
    simulation, types = Simulation(), Counter[str]()
    for line in lines:
        types.update(msgspec.json.decode(event)["type"] for event in simulation.take(line))
    return simulation, types


def is_valid(line: bytes) -> bool:
    try:
        decode_structured(line)
    except Unreadable:
        return False
    return True


def short(event: dict[str, Any]) -> str:
    return INPUTS[event["type"]].short


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_ones() -> None:
    first, again, other = (list(sample(800, seed, END)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("size", [1, 7, 50, 333])
def test_there_are_exactly_as_many_events_as_asked_for(size: int) -> None:
    made = list(sample(size, seed=1, end=END))
    assert len(made) == size
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in made)


def test_events_are_made_one_by_one_however_many_are_asked_for() -> None:
    begun = sample(10**9, seed=1, end=END)
    assert len(list(islice(begun, 20))) == 20


def test_the_last_event_happens_at_the_end_and_none_after_it(events: list[dict[str, Any]]) -> None:
    times = [datetime.fromisoformat(event["time"]) for event in events]
    assert max(times) == END
    assert min(times) >= END - timedelta(days=368)


def test_every_supported_type_appears(events: list[dict[str, Any]]) -> None:
    assert {short(event) for event in events} >= SUPPORTED


def test_stock_is_in_before_orders_come(events: list[dict[str, Any]]) -> None:
    kinds = [short(event) for event in events]
    first_order = kinds.index("order.placed")
    assert set(kinds[:first_order]) == {"stock.counted", "item.configured"}
    ordered = {
        line["sku"] for event in events if short(event) == "order.placed" for line in event["data"]["lines"]
    }
    counted = {event["data"]["sku"] for event in events[:first_order] if short(event) == "stock.counted"}
    assert ordered <= counted


def test_a_few_articles_make_most_of_the_demand(events: list[dict[str, Any]]) -> None:
    demand = Counter(
        line["sku"] for event in events if short(event) == "order.placed" for line in event["data"]["lines"]
    )
    tenth = demand.most_common(len(demand) // 10)
    assert sum(count for _, count in tenth) > 0.4 * demand.total()


def test_orders_have_several_lines_and_some_have_priorities_dates_places_or_no_patience(
    events: list[dict[str, Any]],
) -> None:
    orders = [event["data"] for event in events if short(event) == "order.placed"]
    assert sum(len(order["lines"]) for order in orders) > 2 * len(orders)
    assert any("priority" in order for order in orders)
    assert any("required_by" in order for order in orders)
    all_lines = [line for order in orders for line in order["lines"]]
    assert any("location" in line for line in all_lines)
    assert any(line.get("backorder") == "deny" for line in all_lines)


def test_trade_comes_in_bursts() -> None:
    from random import Random

    days = Counter(time.date() for time in event_times(36_500, END, timedelta(days=365), Random(1)))
    usual = sorted(days.values())[len(days) // 2]
    assert max(days.values()) > 3 * usual


def test_some_events_come_twice_and_some_late(events: list[dict[str, Any]]) -> None:
    ids = Counter((event["source"], event["id"]) for event in events)
    twice = [identity for identity, count in ids.items() if count > 1]
    assert len(twice) > SIZE // 200
    times = [datetime.fromisoformat(event["time"]) for event in events]
    late = [earlier - later for earlier, later in pairwise(times) if earlier - later > timedelta(minutes=20)]
    assert len(late) > 5


def test_a_repeat_is_the_very_same_event(lines: list[bytes], events: list[dict[str, Any]]) -> None:
    different = {(event["source"], event["id"]) for event in events}
    assert len({line for line in lines if is_valid(line)}) == len(different)


def test_a_few_lines_are_no_valid_events_but_all_are_json(lines: list[bytes]) -> None:
    broken = [line for line in lines if not is_valid(line)]
    assert 0 < len(broken) < SIZE // 100
    for line in broken:
        msgspec.json.decode(line)


def test_cancels_come_before_their_orders_now_and_then(events: list[dict[str, Any]]) -> None:
    placed: set[str] = set()
    early = 0
    for event in events:
        if short(event) == "order.placed":
            placed.add(event["subject"])
        elif short(event) == "order.cancelled":
            early += event["subject"] not in placed and event["subject"].startswith("SO-")
    assert early > 0


def test_purchases_come_in_parts(events: list[dict[str, Any]]) -> None:
    receipts = Counter(
        event["data"]["purchase_order_id"]
        for event in events
        if short(event) == "goods.received" and "purchase_order_id" in event["data"]
    )
    assert sum(count > 1 for count in receipts.values()) > 10


def test_backorders_open_and_most_of_them_are_filled(simulated: tuple[Simulation, Counter[str]]) -> None:
    _, types = simulated
    opened = types["io.backorder.backorder.opened.v1"]
    assert opened > SIZE // 50
    assert types["io.backorder.backorder.closed.v1"] > opened // 2


def test_almost_all_events_make_sense(simulated: tuple[Simulation, Counter[str]]) -> None:
    simulation, _ = simulated
    reasons = Counter(rejection.reason for rejection in simulation.rejected)
    assert reasons["unknown_order"] > 0
    assert reasons.total() < SIZE * 0.03


def test_pools_trade_for_themselves() -> None:
    made = [msgspec.json.decode(line) for line in sample(1000, 1, END, pools=["north", "south"])]
    pools = Counter(event["pool"] for event in made)
    assert pools == {"north": 500, "south": 500}


def test_fewer_events_than_pools_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        sample(1, 1, END, pools=["north", "south"])

"""Invariant 5 knows each policy by which somebody may be passed over, and catches everything else."""

import pytest

from backorder.domain import decisions as d
from backorder.domain import events as e
from backorder.domain.history import passed_over
from tests.support.shop import HERE, MONDAY, SKU, Shop, entry

CAUSE = entry(e.StockAdjusted(SKU, HERE, 1, "found"), MONDAY, 1)


def found(shop: Shop, rule: str, units: int) -> list[str]:
    """What is said when the last in the queue is told to be filled with so many units."""
    figures = {"waiting": 1}
    fill = d.BackorderFilled("last", 1, SKU, 2, units, 1, HERE, MONDAY, 60.0, rule, figures, figures)
    return passed_over(shop.pool, [d.Emitted(1, "last", fill, CAUSE)])


def shop_with_two_waiters(priority: int = 5, **policies: object) -> Shop:
    shop = Shop()
    shop.configure(**policies)
    shop.count(0)
    shop.place("first", 5, priority=priority)
    shop.place("last", 9)
    return shop


@pytest.mark.parametrize(("units", "broken"), [(2, False), (3, True)])
def test_who_could_not_be_helped_may_be_passed_over_by_min_release(units: int, broken: bool) -> None:
    shop = shop_with_two_waiters(min_release=3)
    assert bool(found(shop, "min_release", units)) == broken


def test_nobody_may_be_passed_over_in_strict_order() -> None:
    shop = shop_with_two_waiters(strict_order=True, min_release=3)
    assert found(shop, "strict_order", 1)


@pytest.mark.parametrize(("priority", "broken"), [(5, False), (4, True)])
def test_those_of_one_priority_share_and_a_better_one_may_not_be_passed_over(
    priority: int, broken: bool
) -> None:
    shop = shop_with_two_waiters(priority, allocation="fair_share")
    assert bool(found(shop, "fair_share", 2)) == broken


def test_who_is_beyond_the_horizon_may_be_passed_over() -> None:
    shop = shop_with_two_waiters()
    assert found(shop, "queue_order", 1)
    shop.configure(horizon_days=1)
    shop.reschedule("first", required_by=MONDAY.replace(year=2027))
    assert not found(shop, "queue_order", 1)


def test_a_planner_may_pass_over_whom_he_likes() -> None:
    assert not found(shop_with_two_waiters(), "out_of_turn", 5)

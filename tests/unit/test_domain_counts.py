"""Counts speak for their `as_of`: movements before it are in it, later ones come on top."""

from datetime import datetime, timedelta

from tests.support.shop import Shop


def a_week_of_receipts(many: int) -> tuple[Shop, datetime]:
    """Units of 1, the first eight days before the last; `many` makes the fold pack and drop them."""
    shop = Shop()
    first = shop.now
    for number in range(many):
        shop.receive(f"R{number}", 1, at=first + timedelta(seconds=number))
    shop.receive("late", 1, at=first + timedelta(days=8))
    shop.now = first + timedelta(days=8, hours=1)
    return shop, first


def test_a_count_from_before_a_movement_older_than_seven_days_is_stale_however_few_there_were() -> None:
    for many in (1, 200):
        shop, first = a_week_of_receipts(many)
        shop.count(9, as_of=first - timedelta(minutes=1))
        assert shop.rejections() == ["stale_count"], many


def test_a_count_from_after_the_movements_that_are_older_than_seven_days_is_taken() -> None:
    for many in (1, 200):
        shop, first = a_week_of_receipts(many)
        shop.count(9, as_of=first + timedelta(minutes=10))
        assert (shop.rejections(), shop.stock().on_hand) == ([], 10), many


def test_a_count_sets_on_hand_and_waiters_get_what_it_found() -> None:
    shop = Shop(stock=1)
    shop.place("A", 3)
    shop.count(2)
    assert shop.filled() == [("A", 1)]
    assert shop.stock().on_hand == 2


def test_a_movement_up_to_the_moment_of_the_count_is_in_it() -> None:
    shop = Shop()
    shop.receive("R1", 5)
    shop.count(4, as_of=shop.now)
    assert shop.stock().on_hand == 4


def test_a_movement_after_the_moment_of_the_count_comes_on_top() -> None:
    shop = Shop()
    shop.receive("R1", 5)
    counted = shop.now
    shop.receive("R2", 2, at=counted + timedelta(seconds=1))
    shop.adjust(-1)
    shop.count(4, as_of=counted)
    assert shop.stock().on_hand == 5


def test_a_count_that_speaks_for_the_future_speaks_for_its_own_time() -> None:
    shop = Shop()
    shop.count(4, as_of=shop.now + timedelta(days=9), at=shop.now)
    shop.receive("R1", 1)
    assert (shop.discrepancies(), shop.stock().on_hand) == ([], 5)


def test_a_count_older_than_the_last_one_is_stale_and_one_of_the_same_moment_is_not() -> None:
    shop = Shop(stock=3)
    counted = shop.now
    shop.count(9, as_of=counted - timedelta(seconds=1))
    assert (shop.rejections(), shop.stock().on_hand) == (["stale_count"], 3)
    shop.count(4, as_of=counted)
    assert (shop.rejections(), shop.stock().on_hand) == ([], 4)


def test_within_an_hour_a_movement_is_known_to_the_microsecond_and_then_by_its_minute() -> None:
    hour = timedelta(hours=1, seconds=30)
    for later, on_top in ((hour, 1), (hour + timedelta(microseconds=1), 0)):
        shop = Shop()
        moved = shop.now
        shop.receive("R1", 1, at=moved + timedelta(seconds=30))
        shop.receive("R2", 1, at=moved + later)
        shop.count(0, as_of=moved + timedelta(seconds=10), at=moved + timedelta(hours=2))
        assert shop.stock().on_hand == on_top + 1, later


def test_every_kind_of_movement_is_applied_on_top_of_a_count_from_before_it() -> None:
    shop = Shop(stock=20)
    counted = shop.now
    shop.receive("R1", 1)
    shop.reverse("R1")
    shop.adjust(-2)
    shop.take_back(3)
    shop.place("A", 4)
    shop.ship("A", "S1", (1, 4))
    shop.void("A", "S1")
    shop.ship("A", "S2", (1, 1))
    shop.count(10, as_of=counted)
    assert shop.stock().on_hand == 10 + 1 - 1 - 2 + 3 - 4 + 4 - 1


def test_a_movement_that_the_count_has_seen_moves_nothing_on_hand_and_says_so() -> None:
    shop = Shop()
    shop.buy("P1", 5)
    received = shop.now + timedelta(seconds=1)
    shop.count(3)
    shop.receive("R1", 5, purchase="P1", line=1, at=received)
    assert shop.discrepancies() == [("already_counted", 5)]
    assert (shop.stock().on_hand, shop.stock().on_order) == (3, 0)


def test_a_movement_of_the_very_moment_of_the_count_is_in_it_though_it_comes_later() -> None:
    shop = Shop()
    shop.count(3)
    counted = shop.now
    shop.receive("R1", 5, at=counted)
    assert (shop.stock().on_hand, shop.discrepancies()) == (3, [("already_counted", 5)])
    shop.receive("R2", 5, at=counted + timedelta(microseconds=1))
    assert (shop.stock().on_hand, shop.discrepancies()) == (8, [])


def test_unavailable_units_of_a_movement_that_the_count_has_seen_are_still_unavailable() -> None:
    shop = Shop()
    returned = shop.now + timedelta(seconds=1)
    shop.count(3)
    shop.take_back(2, "unavailable", at=returned)
    assert (shop.stock().on_hand, shop.stock().unavailable) == (3, 2)
    shop.take_back(2, "unavailable", at=returned)
    assert (shop.stock().on_hand, shop.stock().unavailable) == (3, 3)


def test_a_count_leaves_unavailable_units_as_they_are_and_at_most_all_that_is_there() -> None:
    shop = Shop(stock=5)
    shop.spoil(3)
    shop.count(4)
    assert shop.stock().unavailable == 3
    shop.count(2)
    assert (shop.stock().unavailable, shop.stock().free) == (2, 0)


def test_an_adjustment_or_a_condition_change_beyond_what_is_there_is_refused() -> None:
    shop = Shop(stock=3)
    shop.spoil(1)
    shop.adjust(-3)
    assert shop.rejections() == ["not_on_hand"]
    shop.adjust(-2, condition="unavailable")
    assert shop.rejections() == ["not_on_hand"]
    shop.spoil(3)
    assert shop.rejections() == ["not_on_hand"]
    shop.spoil(-2)
    assert shop.rejections() == ["not_on_hand"]
    assert (shop.stock().on_hand, shop.stock().unavailable) == (3, 1)


def test_an_adjustment_of_unavailable_units_leaves_sellable_ones_alone() -> None:
    shop = Shop(stock=5)
    shop.spoil(3)
    shop.adjust(-2, condition="unavailable")
    assert (shop.stock().on_hand, shop.stock().unavailable, shop.stock().free) == (3, 1, 2)


def test_a_late_adjustment_that_the_count_has_seen_is_not_judged() -> None:
    shop = Shop()
    adjusted = shop.now + timedelta(seconds=1)
    shop.count(0)
    shop.adjust(-3, at=adjusted)
    assert (shop.rejections(), shop.discrepancies()) == ([], [("already_counted", 3)])


def test_returned_units_go_to_waiters_only_when_they_can_be_sold() -> None:
    shop = Shop()
    shop.place("A", 2)
    shop.take_back(1, "unavailable")
    assert shop.filled() == []
    shop.take_back(1)
    assert shop.filled() == [("A", 1)]


def test_a_count_with_units_waiting_for_what_is_not_sellable_fills_nobody() -> None:
    shop = Shop(stock=2)
    shop.spoil(2)
    shop.place("A", 1)
    assert shop.figures("A") == (1, 0, 1, 0, 0)
    shop.spoil(-1)
    assert shop.filled() == [("A", 1)]


def test_the_row_shows_when_the_last_event_changed_it() -> None:
    shop = Shop(stock=2)
    shop.place("A", 1)
    assert shop.stock().as_of == shop.now

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

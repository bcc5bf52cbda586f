"""A voided shipment gives its units back to the same lines."""

from datetime import timedelta

from backorder.domain import decisions as d
from tests.support.shop import HERE, Shop


def test_a_refused_line_whose_forced_shipment_is_voided_can_be_amended_and_filled() -> None:
    shop = Shop()
    shop.configure(backorderable=False)
    shop.place("A", 2)
    shop.ship("A", "S1", (1, 2), force=True)
    shop.void("A", "S1")
    assert shop.figures("A") == (2, 0, 2, 0, 0)
    shop.configure(backorderable=True)
    shop.amend("A", (1, 5))
    shop.receive("R1", 4)
    assert shop.figures("A") == (5, 4, 1, 0, 0)


def test_a_voided_shipment_puts_the_units_back_on_hand_and_allocates_them_to_the_same_line() -> None:
    shop = Shop(stock=3)
    shop.place("A", 2)
    shop.ship("A", "S1", (1, 2))
    shop.place("B", 2)
    shop.void("A", "S1")
    assert shop.figures("A") == (2, 2, 0, 0, 0)
    assert shop.figures("B") == (2, 1, 1, 0, 0)
    assert shop.stock().on_hand == 3
    assert shop.released() == [("A", 1, 2, HERE)]


def test_what_a_void_gives_back_is_a_new_release_and_may_ship_again() -> None:
    shop = Shop(stock=2)
    shop.place("A", 2)
    shop.ship("A", "S1", (1, 2))
    shop.void("A", "S1")
    assert shop.told(d.ReleaseCreated)[0].release_id == "A/2"
    shop.ship("A", "S2", (1, 2))
    assert shop.rejections() == []
    shop.ship("A", "S3", (1, 1))
    assert shop.rejections() == ["more_than_ordered"]


def test_a_shipment_is_voided_once() -> None:
    shop = Shop(stock=2)
    shop.place("A", 1)
    shop.ship("A", "S1", (1, 1))
    shop.void("A", "S1")
    shop.void("A", "S1")
    assert shop.rejections() == ["already_voided"]


def test_a_void_opens_a_closed_order_again() -> None:
    shop = Shop(stock=1)
    shop.place("A", 1)
    shop.ship("A", "S1", (1, 1))
    shop.void("A", "S1")
    shop.cancel("A")
    assert shop.rejections() == []
    assert shop.figures("A") == (1, 0, 0, 0, 1)


def test_a_void_that_a_count_has_seen_gives_back_units_that_are_not_there() -> None:
    shop = Shop(stock=2)
    shop.place("A", 2)
    shop.ship("A", "S1", (1, 2))
    voided = shop.now + timedelta(seconds=1)
    shop.count(1)
    shop.void("A", "S1", at=voided)
    assert ("already_counted", 2) in shop.discrepancies()
    assert shop.figures("A") == (2, 1, 1, 0, 0)
    assert shop.stock().on_hand == 1


def test_the_shipment_id_of_a_voided_shipment_stays_taken() -> None:
    shop = Shop(stock=2)
    shop.place("A", 1)
    shop.ship("A", "S1", (1, 1))
    shop.void("A", "S1")
    shop.ship("A", "S1", (1, 1))
    assert shop.rejections() == ["duplicate_shipment"]


def test_an_unknown_shipment_or_order_cannot_be_voided() -> None:
    shop = Shop(stock=2)
    shop.void("A", "S1")
    assert shop.rejections() == ["unknown_order"]
    shop.place("A", 1)
    shop.void("A", "S1")
    assert shop.rejections() == ["unknown_shipment"]

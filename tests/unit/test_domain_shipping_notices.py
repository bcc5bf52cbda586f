"""Advance shipping notices: what of a purchase line is on a truck, and when that arrives."""

from backorder.domain import events as e
from tests.support.promised import buy, changes, day, promised
from tests.support.shop import Shop


def two_waiters(*parts: tuple[int, int | None]) -> Shop:
    shop = Shop()
    shop.place("A", 5)
    shop.place("B", 5)
    buy(shop, "P1", *parts)
    return shop


def announce(shop: Shop, notice_id: str, on: int, *lines: tuple[int, int], purchase: str = "P1") -> None:
    announced = [e.AnnouncedLine(*each) for each in lines]
    shop.feed(e.ShipmentAnnounced(purchase, notice_id, day(on), announced))


def test_a_notice_replaces_the_date_for_its_quantity() -> None:
    shop = two_waiters((10, 8))
    announce(shop, "N1", 4, (1, 5))
    assert changes(shop) == [("A", 8, 8, 4, "supply_planned")]
    assert promised(shop, "B") == 8


def test_a_later_date_by_notice_is_a_slip() -> None:
    shop = two_waiters((10, 2))
    announce(shop, "N1", 4, (1, 5))
    assert changes(shop) == [("B", 2, 2, 4, "supply_slipped")]


def test_a_notice_dates_a_purchase_line_without_a_date() -> None:
    shop = two_waiters((10, None))
    announce(shop, "N1", 4, (1, 5))
    assert changes(shop) == [("A", 4, None, 4, "supply_planned")]


def test_a_repeated_notice_replaces_what_it_said() -> None:
    shop = two_waiters((10, 8))
    announce(shop, "N1", 4, (1, 5))
    announce(shop, "N1", 4, (1, 5))
    assert changes(shop) == []
    announce(shop, "N1", 5, (1, 10))
    assert (promised(shop, "A"), promised(shop, "B")) == (5, 5)


def test_a_notice_that_is_repeated_after_its_receipt_announces_nothing_more() -> None:
    shop = Shop()
    shop.place("A", 9)
    buy(shop, "P1", (10, 8))
    announce(shop, "N1", 4, (1, 5))
    shop.receive("R1", 5, purchase="P1", line=1)
    announce(shop, "N1", 4, (1, 5))
    assert promised(shop, "A") == 8


def test_a_receipt_takes_what_was_announced_for_first() -> None:
    shop = two_waiters((10, 8))
    announce(shop, "N2", 6, (1, 5))
    announce(shop, "N1", 4, (1, 5))
    shop.receive("R1", 5, purchase="P1", line=1)
    assert (shop.filled(), promised(shop, "B")) == ([("A", 5)], 6)


def test_a_notice_for_more_than_is_left_takes_over_from_the_latest_notices() -> None:
    shop = two_waiters((10, 8))
    announce(shop, "N1", 4, (1, 4))
    announce(shop, "N2", 6, (1, 4))
    announce(shop, "N3", 3, (1, 4))
    shop.place("C", 2)
    assert [promised(shop, name) for name in ("A", "B", "C")] == [4, 6, None]


def test_an_announced_date_slips_like_any_other() -> None:
    shop = two_waiters((10, 8))
    announce(shop, "N1", 4, (1, 5))
    shop.tick(day(5))
    assert changes(shop) == [("A", 8, 4, 8, "supply_slipped"), ("B", 8, 8, None, "supply_slipped")]


def test_a_notice_of_units_that_should_be_there_already_is_a_slip() -> None:
    shop = two_waiters((10, 8))
    shop.tick(day(5))
    announce(shop, "N1", 4, (1, 5))
    assert changes(shop) == [("B", 8, 8, None, "supply_slipped")]


def test_a_notice_of_an_unknown_purchase_or_line_is_rejected_and_moves_nothing() -> None:
    shop = two_waiters((10, 8))
    announce(shop, "N1", 4, (1, 5), purchase="P9")
    assert shop.rejections() == ["unknown_purchase"]
    announce(shop, "N1", 4, (1, 5), (7, 1))
    assert shop.rejections() == ["unknown_line"]
    assert promised(shop, "A") == 8

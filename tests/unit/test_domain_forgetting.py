"""What closed long enough ago is forgotten; until then its key is protected against repeats."""

from datetime import timedelta

from tests.support.shop import MONDAY, Shop

DAY = timedelta(days=1)


def a_shop_with_a_closed_order() -> Shop:
    shop = Shop(stock=5)
    shop.tick(MONDAY)
    shop.place("A", 1)
    shop.ship("A", "S1", (1, 1))
    return shop


def test_a_closed_order_is_forgotten_ninety_days_after_it_closed() -> None:
    shop = a_shop_with_a_closed_order()
    shop.tick(MONDAY + 90 * DAY - timedelta(seconds=1))
    assert shop.line("A").status == "shipped"
    shop.tick(MONDAY + 90 * DAY)
    assert shop.line("A") is None


def test_until_it_is_forgotten_a_repeated_order_is_a_duplicate_and_afterwards_a_new_order() -> None:
    shop = a_shop_with_a_closed_order()
    shop.place("A", 2)
    assert shop.rejections() == ["duplicate_order"]
    shop.tick(MONDAY + 90 * DAY)
    shop.place("A", 2)
    assert shop.rejections() == []
    assert shop.figures("A") == (2, 2, 0, 0, 0)


def test_a_shipment_is_forgotten_with_its_order() -> None:
    shop = a_shop_with_a_closed_order()
    shop.tick(MONDAY + 90 * DAY)
    shop.place("A", 1)
    shop.void("A", "S1")
    assert shop.rejections() == ["unknown_shipment"]
    shop.ship("A", "S1", (1, 1))
    assert shop.rejections() == []


def test_an_order_of_which_something_is_open_is_never_forgotten() -> None:
    shop = Shop(stock=1)
    shop.tick(MONDAY)
    shop.place("A", 1)
    shop.place("W", 1)
    shop.tick(MONDAY + 900 * DAY)
    assert shop.line("A").allocated == shop.line("W").backordered == 1


def test_an_order_that_opens_again_begins_its_days_anew_when_it_closes() -> None:
    shop = a_shop_with_a_closed_order()
    shop.tick(MONDAY + 50 * DAY)
    shop.void("A", "S1")
    shop.tick(MONDAY + 60 * DAY)
    shop.cancel("A")
    shop.tick(MONDAY + 149 * DAY)
    assert shop.line("A").status == "cancelled"
    shop.tick(MONDAY + 150 * DAY)
    assert shop.line("A") is None


def test_a_refused_order_is_closed_from_the_start() -> None:
    shop = Shop()
    shop.tick(MONDAY)
    shop.configure(backorderable=False)
    shop.place("A", 1)
    shop.tick(MONDAY + 90 * DAY)
    assert shop.line("A") is None


def test_what_closed_before_the_first_tick_closed_with_it() -> None:
    shop = Shop(stock=1)
    shop.place("A", 1)
    shop.ship("A", "S1", (1, 1))
    shop.tick(MONDAY + 5 * DAY)
    shop.tick(MONDAY + 94 * DAY)
    assert shop.line("A").status == "shipped"
    shop.tick(MONDAY + 95 * DAY)
    assert shop.line("A") is None


def test_the_clock_never_goes_back() -> None:
    shop = a_shop_with_a_closed_order()
    shop.tick(MONDAY + 10 * DAY)
    shop.tick(MONDAY)
    shop.place("B", 1)
    shop.cancel("B")
    shop.tick(MONDAY + 90 * DAY)
    assert (shop.line("A"), shop.line("B").status) == (None, "cancelled")


def test_a_remembered_cancel_is_forgotten_too() -> None:
    shop = Shop(stock=5)
    shop.tick(MONDAY)
    shop.cancel("A")
    shop.tick(MONDAY + 90 * DAY)
    shop.place("A", 1)
    assert shop.figures("A") == (1, 1, 0, 0, 0)


def test_a_purchase_with_nothing_to_come_is_forgotten_with_its_receipts() -> None:
    shop = Shop()
    shop.tick(MONDAY)
    shop.buy("P1", 2)
    shop.receive("R1", 2, purchase="P1", line=1)
    shop.tick(MONDAY + 89 * DAY)
    shop.buy("P1", 1)
    assert shop.rejections() == ["duplicate_purchase"]
    shop.tick(MONDAY + 90 * DAY)
    shop.reverse("R1", "P1")
    assert shop.rejections() == ["unknown_receipt"]
    shop.buy("P1", 1)
    assert shop.rejections() == []


def test_a_receipt_without_a_purchase_is_forgotten_by_its_own_time() -> None:
    shop = Shop()
    shop.tick(MONDAY)
    shop.receive("R1", 2)
    shop.tick(MONDAY + 89 * DAY)
    shop.receive("R1", 2)
    assert shop.rejections() == ["duplicate_receipt"]
    shop.tick(MONDAY + 90 * DAY)
    shop.receive("R1", 2)
    assert shop.stock().on_hand == 4


def test_a_receipt_is_kept_while_something_of_its_purchase_is_to_come() -> None:
    shop = Shop()
    shop.tick(MONDAY)
    shop.buy("P1", 3)
    shop.receive("R1", 2, purchase="P1", line=1)
    shop.tick(MONDAY + 900 * DAY)
    shop.receive("R1", 2, purchase="P1", line=1)
    assert shop.rejections() == ["duplicate_receipt"]


def test_the_number_of_days_is_a_setting() -> None:
    shop = Shop(stock=1, closed_retention_days=2)
    shop.tick(MONDAY)
    shop.place("A", 1)
    shop.cancel("A")
    shop.tick(MONDAY + 2 * DAY)
    assert shop.line("A") is None

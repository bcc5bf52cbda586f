"""Orders whose payment is our concern: released when authorized, asked about in time, passed over without."""

from datetime import datetime, timedelta

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.shop import MONDAY, Shop, line


def place(shop: Shop, order_id: str, status: str, expires_at: datetime | None = None, units: int = 2) -> None:
    payment = e.Payment(status, expires_at)
    shop.feed(e.OrderPlaced(order_id, [line(1, units)], payment=payment, channel="web"))


def pay(shop: Shop, order_id: str, status: str, expires_at: datetime | None = None) -> None:
    shop.feed(e.OrderPaymentChanged(order_id, status, expires_at))


def days(number: float) -> datetime:
    return MONDAY + timedelta(days=number)


def asked(shop: Shop) -> list[str]:
    return [said.order_id for said in shop.said if isinstance(said, d.NoticeDue) and _asks(said)]


def _asks(notice: d.NoticeDue) -> bool:
    return notice.kind == "reauthorize_payment"


def kept(shop: Shop, order_id: str) -> tuple[int, int, str | None]:
    row = shop.line(order_id)
    return row.allocated, row.released, row.waits_for


def test_an_authorized_order_is_released_at_once() -> None:
    shop = Shop(stock=2)
    place(shop, "A", "authorized", days(9))
    assert kept(shop, "A") == (2, 2, None)
    assert asked(shop) == []


def test_a_pending_order_takes_units_releases_none_and_is_asked_about_once() -> None:
    shop = Shop(stock=2)
    place(shop, "A", "pending")
    assert kept(shop, "A") == (2, 0, "payment")
    assert asked(shop) == ["A"]
    shop.reschedule("A", priority=1)
    assert asked(shop) == []


def test_nobody_is_asked_before_stock_is_assigned() -> None:
    shop = Shop()
    place(shop, "A", "pending")
    assert asked(shop) == []
    shop.receive("R", 1)
    assert asked(shop) == ["A"]


def test_an_authorization_releases_what_was_kept() -> None:
    shop = Shop(stock=2)
    place(shop, "A", "pending")
    pay(shop, "A", "authorized")
    assert kept(shop, "A") == (2, 2, None)


def test_an_authorization_that_ends_before_goods_could_leave_is_asked_for_again_in_time() -> None:
    shop = Shop(stock=2)
    place(shop, "A", "authorized", days(5))
    shop.tick(days(3.9))
    assert asked(shop) == []
    shop.tick(days(4.1))
    assert asked(shop) == ["A"]
    assert kept(shop, "A") == (2, 2, None)


def test_when_an_authorization_ends_what_is_released_and_not_picked_is_withdrawn() -> None:
    shop = Shop(stock=3)
    place(shop, "A", "authorized", days(5), units=3)
    shop.pick("A", 1)
    shop.tick(days(5.1))
    assert kept(shop, "A") == (3, 1, "payment")
    assert [said.reason for said in shop.said if isinstance(said, d.ReleaseWithdrawn)] == ["payment"]


def test_an_authorization_that_has_ended_when_it_comes_is_none() -> None:
    shop = Shop(stock=2)
    place(shop, "A", "authorized", MONDAY)
    assert kept(shop, "A") == (2, 0, "payment")
    assert asked(shop) == ["A"]


def test_a_failed_payment_gives_the_units_to_the_next_and_keeps_the_place() -> None:
    shop = Shop(stock=2)
    place(shop, "A", "authorized")
    shop.place("B", 2)
    pay(shop, "A", "failed")
    assert kept(shop, "A") == (0, 0, "payment")
    assert shop.line("B").allocated == 2
    assert [said.reason for said in shop.said if isinstance(said, d.BackorderReopened)] == ["payment"]
    shop.place("C", 2)
    pay(shop, "A", "authorized")
    shop.receive("R", 2)
    assert [shop.line(order_id).allocated for order_id in "ABC"] == [2, 2, 0]


def test_an_order_without_payment_is_passed_over_and_yet_counts_as_ahead() -> None:
    shop = Shop()
    place(shop, "A", "pending")
    pay(shop, "A", "failed")
    shop.place("B", 2)
    assert shop.line("B").position == 2
    shop.receive("R", 2)
    assert (shop.line("A").allocated, shop.line("B").allocated) == (0, 2)


def test_without_an_answer_in_the_grace_time_the_units_go_to_the_next() -> None:
    shop = Shop(stock=2)
    place(shop, "A", "pending")
    shop.place("B", 2)
    shop.tick(days(2.9))
    assert shop.line("A").allocated == 2
    shop.tick(days(3.1))
    assert (shop.line("A").allocated, shop.line("B").allocated) == (0, 2)
    assert shop.line("A").waits_for == "payment"


def test_an_answer_in_the_grace_time_keeps_the_units() -> None:
    shop = Shop(stock=2)
    place(shop, "A", "pending")
    pay(shop, "A", "authorized", days(30))
    shop.tick(days(10))
    assert kept(shop, "A") == (2, 2, None)


def test_a_grace_time_that_ends_before_the_authorization_does_is_waited_out() -> None:
    shop = Shop()
    shop.configure(ship_lead_days=4)
    shop.count(2)
    place(shop, "A", "authorized", days(4.5))
    shop.tick(days(0.6))
    assert asked(shop) == ["A"]
    shop.tick(days(4.4))
    assert shop.line("A").allocated == 2
    shop.tick(days(4.6))
    assert shop.line("A").allocated == 0


def test_picked_units_stay_when_a_payment_fails() -> None:
    shop = Shop(stock=3)
    place(shop, "A", "authorized", units=3)
    shop.pick("A", 1)
    pay(shop, "A", "failed")
    assert shop.figures("A") == (3, 1, 2, 0, 0)


def test_the_least_of_the_items_decides_the_grace_time() -> None:
    shop = Shop()
    shop.configure(payment_grace_days=1)
    shop.count(2)
    place(shop, "A", "pending")
    shop.tick(days(1.1))
    assert shop.line("A").allocated == 0


def test_an_amendment_up_of_an_order_that_is_passed_over_waits_with_it() -> None:
    shop = Shop(stock=1)
    place(shop, "A", "pending", units=1)
    pay(shop, "A", "failed")
    shop.amend("A", (1, 2))
    assert shop.figures("A") == (2, 0, 2, 0, 0)
    pay(shop, "A", "authorized")
    assert shop.figures("A") == (2, 1, 1, 0, 0)


def test_an_order_that_ships_complete_waits_for_its_payment_too() -> None:
    shop = Shop(stock=2)
    payment = e.Payment("pending")
    shop.feed(e.OrderPlaced("A", [line(1, 1), line(2, 1)], ship="complete", payment=payment))
    assert [shop.line("A", number).waits_for for number in (1, 2)] == ["payment", "payment"]
    pay(shop, "A", "failed")
    assert [shop.line("A", number).allocated for number in (1, 2)] == [0, 0]
    pay(shop, "A", "authorized")
    assert [shop.line("A", number).released for number in (1, 2)] == [1, 1]


def test_a_payment_of_an_order_of_which_nothing_is_open_is_rejected() -> None:
    shop = Shop(stock=1)
    shop.place("A", 1)
    shop.ship("A", "S", (1, 1))
    pay(shop, "A", "failed")
    assert shop.rejections() == ["order_closed"]

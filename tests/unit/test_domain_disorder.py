"""Events twice under another id, late, early, or against each other: what the table of disorder promises.

The rest of that table is shown by the tests of the rules; docs/semantics.md names each.
"""

from datetime import timedelta

from backorder.domain import events as e
from tests.support.shop import HERE, SKU, THERE, Shop, line

MINUTE = timedelta(minutes=1)


def test_a_late_order_takes_its_place_and_nobody_s_units() -> None:
    shop = Shop(stock=2)
    early = shop.now - MINUTE
    shop.place("A", 2)
    shop.place("B", 1)
    shop.place("late", 1, at=early)
    assert [shop.figures(name)[1] for name in ("A", "B", "late")] == [2, 0, 0]
    assert (shop.line("late").position, shop.pool.sku(SKU).position(shop.pool.line("B", 1))) == (1, 2)


def test_an_amendment_that_comes_twice_changes_nothing_the_second_time() -> None:
    shop = Shop(stock=5)
    shop.place("A", 3)
    shop.amend("A", (1, 5))
    before = shop.figures("A")
    assert shop.amend("A", (1, 5)) == []
    assert shop.figures("A") == before == (5, 5, 0, 0, 0)


def test_of_two_amendments_the_last_to_arrive_says_what_is_wanted() -> None:
    shop = Shop(stock=9)
    shop.place("A", 3)
    sent = shop.now + MINUTE
    shop.amend("A", (1, 5), at=sent + MINUTE)
    shop.amend("A", (1, 4), at=sent)
    assert shop.figures("A")[0] == 4


def test_of_two_words_on_a_payment_the_last_to_arrive_counts() -> None:
    shop = Shop(stock=2)
    shop.place("A", 2, payment=e.Payment("pending", None))
    sent = shop.now + MINUTE
    shop.feed(e.OrderPaymentChanged("A", "authorized", None), at=sent + MINUTE)
    assert shop.line("A").status == "released"
    shop.feed(e.OrderPaymentChanged("A", "pending", None), at=sent)
    assert (shop.line("A").status, shop.line("A").waits_for) == ("allocated", "payment")


def test_a_hold_that_arrives_after_the_resume_that_followed_it_holds() -> None:
    shop = Shop(stock=2)
    shop.place("A", 2)
    sent = shop.now + MINUTE
    shop.feed(e.OrderResumed("A", "checked"), at=sent + MINUTE)
    shop.feed(e.OrderHeld("A", "check"), at=sent)
    assert shop.line("A").waits_for == "hold"


def test_holds_and_words_on_payment_before_their_order_are_rejected_and_not_remembered() -> None:
    shop = Shop(stock=2)
    for event in (
        e.OrderHeld("A", "check"),
        e.OrderResumed("A", "checked"),
        e.OrderPaymentChanged("A", "pending", None),
    ):
        shop.feed(event)
        assert shop.rejections() == ["unknown_order"]
    shop.place("A", 2)
    assert shop.line("A").status == "released"


def test_a_hold_that_comes_after_the_order_that_names_it_holds_until_it_ends() -> None:
    shop = Shop(stock=3)
    shop.place("A", line(1, 1, hold_id="H1"))
    shop.hold_units("H1", 1)
    assert (shop.figures("A")[1], shop.stock().held, shop.stock().free) == (1, 1, 1)
    shop.tick(shop.now + timedelta(hours=2))
    assert (shop.stock().held, shop.stock().free) == (0, 2)


def test_a_pick_that_comes_twice_is_done_twice_as_far_as_units_are_there_and_else_rejected() -> None:
    shop = Shop(stock=3)
    shop.place("A", 3)
    shop.pick("A", 1)
    shop.pick("A", 1)
    assert shop.line("A").picked == 2
    shop.pick("A", 2)
    assert (shop.rejections(), shop.line("A").picked) == (["more_than_allocated"], 2)


def test_an_adjustment_that_comes_twice_is_done_twice() -> None:
    shop = Shop(stock=5)
    shop.adjust(-1)
    shop.adjust(-1)
    assert shop.stock().on_hand == 3


def test_a_return_for_an_order_that_nobody_knows_is_on_hand_all_the_same() -> None:
    shop = Shop()
    shop.feed(e.StockReturned(SKU, HERE, 2, "sellable", "unknown"))
    assert (shop.rejections(), shop.stock().on_hand) == ([], 2)


def test_the_last_policies_to_arrive_hold_whatever_their_time() -> None:
    shop = Shop()
    sent = shop.now + MINUTE
    shop.feed(e.ItemConfigured(SKU, backorder_cap=5), at=sent + MINUTE)
    shop.feed(e.ItemConfigured(SKU, backorder_cap=2), at=sent)
    shop.place("A", 9)
    assert shop.figures("A") == (9, 0, 2, 0, 7)


def test_a_purchase_that_comes_after_its_receipt_is_all_still_to_come() -> None:
    shop = Shop()
    shop.place("A", 2)
    shop.receive("R1", 3, purchase="P1", line=1)
    assert shop.discrepancies() == [("over_receipt", 3)]
    shop.buy("P1", 3)
    assert (shop.stock().on_hand, shop.stock().on_order, shop.figures("A")[1]) == (3, 3, 2)


def test_a_dispatch_that_comes_after_its_arrival_was_rejected_is_underway_until_that_comes_again() -> None:
    shop = Shop(stock=3)
    shop.arrive("T1", 2)
    assert shop.rejections() == ["unknown_transfer"]
    shop.send("T1", 2)
    assert (shop.stock().on_hand, shop.stock(THERE).in_transit) == (1, 2)
    shop.arrive("T1", 2)
    assert (shop.stock(THERE).on_hand, shop.stock(THERE).in_transit) == (2, 0)


def test_a_cancelled_purchase_that_is_cancelled_again_says_nothing() -> None:
    shop = Shop()
    shop.buy("P1", 3)
    shop.cancel_purchase("P1")
    assert shop.cancel_purchase("P1") == []
    assert shop.stock().on_order == 0


def test_goods_of_a_cancelled_purchase_are_there_all_the_same() -> None:
    shop = Shop()
    shop.place("A", 2)
    shop.buy("P1", 3)
    shop.cancel_purchase("P1")
    shop.receive("R1", 3, purchase="P1", line=1)
    assert shop.discrepancies() == [("over_receipt", 3)]
    assert (shop.stock().on_hand, shop.figures("A")[1]) == (3, 2)


def test_of_two_counts_of_one_moment_the_last_to_arrive_holds() -> None:
    shop = Shop()
    shop.count(5)
    moment = shop.now
    shop.count(4, as_of=moment)
    assert (shop.rejections(), shop.stock().on_hand) == ([], 4)

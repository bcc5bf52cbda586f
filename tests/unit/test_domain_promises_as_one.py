"""An order that ships complete is promised as one: the date at which the last of what it lacks is there."""

from datetime import datetime

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.promised import buy, changes, day, promised
from tests.support.shop import HERE, MONDAY, SKU, THERE, Shop, line

CUP = "CUP"


def buy_cups(shop: Shop, purchase_id: str, units: int, on: int | None) -> None:
    expected_at = None if on is None else day(on)
    shop.buy(purchase_id, e.PurchasedLine(1, CUP, HERE, units, expected_at))


def both(shop: Shop, order_id: str = "A") -> tuple[int | None, int | None]:
    """What the mug and the cup of an order are promised."""
    return promised(shop, order_id, 1), promised(shop, order_id, 2)


def waiting(cups: int = 0, **fields: object) -> Shop:
    """A waits for 5 mugs and 3 cups, so many of which are there, and ships complete."""
    shop = Shop()
    if cups:
        shop.count(cups, sku=CUP)
    shop.place("A", line(1, 5), line(2, 3, sku=CUP), **{"ship": "complete"} | fields)
    return shop


def test_each_line_is_promised_the_date_of_the_last_one() -> None:
    shop = waiting()
    buy(shop, "P1", (5, 3))
    assert both(shop) == (None, None)
    buy_cups(shop, "P2", 3, 8)
    assert both(shop) == (8, 8)
    assert changes(shop) == [("A", 8, None, 8, "supply_planned")] * 2


def test_an_order_that_ships_as_available_is_promised_line_by_line() -> None:
    shop = waiting(ship="as_available")
    buy(shop, "P1", (5, 3))
    buy_cups(shop, "P2", 3, 8)
    assert both(shop) == (3, 8)


def test_what_is_there_already_waits_for_the_rest_and_is_promised_with_it() -> None:
    shop = waiting(cups=3)
    buy(shop, "P1", (5, 3))
    assert both(shop) == (3, 3)


def test_a_new_order_is_promised_as_one_when_its_backorders_are_opened() -> None:
    shop = Shop()
    buy(shop, "P1", (5, 3))
    buy_cups(shop, "P2", 3, 8)
    shop.place("A", line(1, 5), line(2, 3, sku=CUP), ship="complete")
    assert [each.promised_at for each in shop.told(d.BackorderOpened)] == [day(8), day(8)]
    assert changes(shop) == []


def test_what_is_there_but_goes_to_somebody_ahead_is_not_there_for_the_order() -> None:
    shop = waiting(cups=3)
    buy(shop, "P1", (5, 3), (5, 6))
    shop.place("B", line(1, 5), line(2, 3, sku=CUP), ship="complete", priority=1)
    assert (both(shop, "B"), both(shop)) == ((3, 3), (None, None))
    buy_cups(shop, "P2", 3, 9)
    assert (both(shop, "B"), both(shop)) == ((3, 3), (9, 9))


def test_units_that_others_take_in_the_meantime_are_lacking_again() -> None:
    shop = waiting(cups=3)
    buy(shop, "P1", (5, 3))
    shop.place("B", line(1, 1, sku=CUP))
    assert both(shop) == (None, None)
    assert changes(shop) == [("A", 3, 3, None, "queue_changed")] * 2


def test_a_unit_that_is_sold_or_comes_back_moves_the_promise_of_the_order_at_the_edge() -> None:
    shop = Shop(stock=2)
    for order_id in "ABC":
        shop.place(order_id, line(1, 1), line(2, 1, sku=CUP), ship="complete")
    buy_cups(shop, "P1", 3, 4)
    assert [both(shop, order_id) for order_id in "ABC"] == [(4, 4), (4, 4), (None, None)]
    shop.place("sold", 1)
    assert changes(shop) == [("B", 4, 4, None, "queue_changed")] * 2
    shop.take_back(1)
    assert changes(shop) == [("B", 4, None, 4, "supply_planned")] * 2


def test_a_slip_of_one_line_moves_the_promise_of_all() -> None:
    shop = waiting()
    buy(shop, "P1", (5, 3), (5, 9))
    buy_cups(shop, "P2", 3, 4)
    assert both(shop) == (4, 4)
    shop.tick(day(3))
    assert changes(shop) == [("A", 4, 4, 9, "supply_slipped")] * 2


def test_a_line_that_is_not_the_last_may_move_without_a_word() -> None:
    shop = waiting()
    buy(shop, "P1", (5, 3))
    buy_cups(shop, "P2", 3, 8)
    buy(shop, "P3", (5, 2))
    assert changes(shop) == []
    assert both(shop) == (8, 8)


def test_a_cancelled_line_does_not_date_its_order_any_more() -> None:
    shop = waiting()
    buy(shop, "P1", (5, 3))
    buy_cups(shop, "P2", 3, 8)
    shop.cancel("A", (2, None))
    assert changes(shop) == [("A", 8, 8, 3, "queue_changed")]


def test_a_line_that_is_added_dates_its_order_too() -> None:
    shop = waiting(cups=3)
    buy(shop, "P1", (5, 3))
    buy(shop, "P2", (5, 7), location=THERE)
    shop.amend("A", e.AmendedLine(3, 5, sku=SKU, location=THERE))
    assert [promised(shop, "A", number) for number in (1, 2, 3)] == [7, 7, 7]


def test_an_order_that_becomes_complete_is_promised_as_one_and_each_by_itself_when_it_no_longer_is() -> None:
    shop = waiting(ship="as_available")
    buy(shop, "P1", (5, 3))
    buy_cups(shop, "P2", 3, 8)
    shop.reschedule("A", ship="complete")
    assert changes(shop) == [("A", 3, 3, 8, "queue_changed")]
    shop.reschedule("A", ship="as_available")
    assert changes(shop) == [("A", 3, 8, 3, "queue_changed")]


def test_what_a_lead_time_completes_last_dates_the_order() -> None:
    shop = waiting()
    shop.configure(lead_time_days=20, sku=CUP)
    assert both(shop) == (None, None)
    buy(shop, "P1", (5, 3))
    assert both(shop) == (20, 20)
    (first, _) = shop.told(d.BackorderPromised)
    assert (first.reason, first.rule) == ("lead_time", "lead_time")


def test_what_a_supply_completes_last_dates_the_lines_by_lead_time() -> None:
    shop = waiting()
    shop.configure(lead_time_days=2, sku=CUP)
    buy(shop, "P1", (5, 3))
    assert both(shop) == (3, 3)


def test_the_lead_time_of_what_is_there_already_does_not_count() -> None:
    shop = waiting(cups=3)
    shop.configure(lead_time_days=20, sku=CUP)
    buy(shop, "P1", (5, 3))
    assert both(shop) == (3, 3)


def test_a_lead_time_that_passes_while_another_line_is_later_says_nothing() -> None:
    shop = waiting()
    shop.tick(MONDAY)
    shop.configure(lead_time_days=2, sku=CUP)
    buy(shop, "P1", (5, 9))
    assert both(shop) == (9, 9)
    shop.tick(day(3))
    assert changes(shop) == []
    shop.tick(day(8))
    assert (changes(shop), both(shop)) == ([], (9, 9))


def test_a_lead_time_that_passes_does_not_make_what_is_there_lack() -> None:
    shop = waiting(cups=3)
    shop.tick(MONDAY)
    shop.configure(lead_time_days=5, sku=CUP)
    shop.tick(day(6))
    buy(shop, "P1", (5, 7))
    assert both(shop) == (7, 7)


def test_a_lead_time_runs_from_the_loss_of_what_was_covered() -> None:
    shop = waiting()
    shop.tick(MONDAY)
    shop.configure(lead_time_days=10)
    shop.configure(lead_time_days=10, sku=CUP)
    assert both(shop) == (10, 10)
    shop.receive("R1", 5)
    shop.receive("R2", 3, sku=CUP)
    assert shop.filled() == [("A", 5), ("A", 3)]
    shop.tick(day(3))
    shop.now = day(3)
    shop.adjust(-1)
    assert both(shop) == (13, 13)


def test_an_order_of_which_one_line_is_beyond_the_horizon_is_promised_nothing_by_the_others() -> None:
    shop = Shop()
    shop.configure(horizon_days=5, sku=CUP)
    shop.tick(MONDAY)
    far: datetime = day(40)
    shop.place("A", line(1, 5), line(2, 3, sku=CUP, required_by=far), ship="complete")
    buy(shop, "P1", (5, 3))
    buy_cups(shop, "P2", 3, 8)
    assert both(shop) == (None, None)


def test_a_kit_and_a_plain_line_are_promised_as_one() -> None:
    shop = Shop()
    shop.configure(sku="SET", components=[e.KitPart(SKU, 2)])
    shop.count(3, sku=CUP)
    shop.place("A", line(1, 2, sku="SET"), line(2, 3, sku=CUP), ship="complete")
    buy(shop, "P1", (4, 6))
    assert both(shop) == (6, 6)


def test_what_an_order_keeps_is_not_lacking_and_the_rest_dates_it() -> None:
    shop = waiting(cups=3)
    shop.tick(MONDAY)
    shop.tick(day(15))
    assert shop.figures("A", 2)[0] == 3
    buy(shop, "P1", (5, 20))
    assert promised(shop, "A", 1) == 20
    assert shop.line("A", 2).promised_at is None


def test_what_is_free_and_blocked_by_strict_order_is_not_lacking_of_an_order_that_keeps() -> None:
    shop = Shop()
    shop.tick(MONDAY)
    shop.configure(sku=CUP, strict_order=True, allow_partial=False)
    shop.count(3, sku=CUP)
    shop.place("A", line(1, 5), ship="complete")
    buy(shop, "P1", (5, 20))
    shop.tick(day(15))
    shop.place("B", line(1, 4, sku=CUP), priority=1)
    assert promised(shop, "A") == 20
    shop.amend("A", e.AmendedLine(2, 3, sku=CUP))
    assert shop.figures("A", 2)[2] == 3
    assert (promised(shop, "A", 1), promised(shop, "A", 2)) == (20, 20)


def test_an_order_that_loses_a_unit_is_promised_anew_as_one() -> None:
    shop = waiting(cups=3)
    shop.receive("R1", 5)
    assert shop.filled() == [("A", 5), ("A", 3)]
    buy(shop, "P1", (5, 6))
    shop.adjust(-1)
    assert both(shop) == (6, 6)


def test_the_customer_is_told_of_each_line_that_its_order_was_promised_or_put_off() -> None:
    shop = waiting(cups=3)
    buy(shop, "P1", (5, 3), (5, 9))
    kinds = [(each.line, each.kind) for each in shop.told(d.NoticeDue)]
    assert kinds == [(1, "promise_set"), (2, "promise_set")]
    shop.tick(day(3))
    kinds = [(each.line, each.kind) for each in shop.told(d.NoticeDue)]
    assert kinds == [(1, "promise_changed"), (2, "promise_changed")]


def test_what_is_there_of_a_discontinued_item_is_not_said_to_lack_supply() -> None:
    shop = waiting(cups=3)
    shop.configure(discontinued=True, sku=CUP)
    assert [each for each in shop.told(d.NoticeDue) if each.kind == "discontinued"] == []


def test_a_transfer_that_brings_the_last_of_it_dates_the_order() -> None:
    shop = Shop()
    shop.count(3, sku=CUP)
    shop.count(5, location="FRA")
    shop.place("A", line(1, 5, location=THERE), line(2, 3, sku=CUP), ship="complete")
    shop.send("T1", 5, sender="FRA", expected_at=day(4))
    assert both(shop) == (4, 4)

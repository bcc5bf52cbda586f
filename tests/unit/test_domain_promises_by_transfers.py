"""Promises by goods in transit: what was dispatched is supply until it arrives or its date passes."""

from datetime import timedelta

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.promised import buy, changes, day, promised
from tests.support.shop import HERE, MONDAY, SKU, THERE, Shop, line, restored

CPH = "CPH"


def sent(*parts: tuple[int, int | None]) -> Shop:
    """A waits at the receiver for 5, B for 5 more; parts as (quantity, day on which they are expected)."""
    shop = Shop(stock=sum(units for units, _ in parts) or 1)
    shop.place("A", line(1, 5, location=THERE))
    shop.place("B", line(1, 5, location=THERE))
    for number, (units, on) in enumerate(parts, 1):
        shop.send("T1", units, part=number, expected_at=None if on is None else day(on))
    return shop


def test_a_dispatch_with_a_date_promises_those_who_wait_at_the_receiver() -> None:
    shop = sent((5, 3))
    assert changes(shop) == [("A", 3, None, 3, "supply_planned")]
    (said,) = shop.told(d.BackorderPromised)
    assert (said.rule, said.before["on_order"], said.before["in_transit"]) == ("planned_supply", 0, 5)


def test_a_new_backorder_is_promised_what_is_underway_when_it_is_opened() -> None:
    shop = Shop(stock=5)
    shop.send("T1", 5, expected_at=day(3))
    shop.place("A", 5)
    assert shop.told(d.BackorderOpened)[0].promised_at == day(3)


def test_a_line_that_names_another_location_is_promised_nothing_by_a_transfer() -> None:
    shop = Shop(stock=5)
    shop.place("A", line(1, 5, location=CPH))
    shop.send("T1", 5, expected_at=day(3))
    assert promised(shop, "A") is None


def test_a_transfer_without_a_date_promises_nothing() -> None:
    shop = sent((5, None))
    assert changes(shop) == []
    assert promised(shop, "A") is None
    assert shop.stock(THERE).in_transit == 5


def test_transfers_and_purchases_are_one_sequence_by_date() -> None:
    shop = sent((5, 6))
    buy(shop, "P1", (5, 3), location=THERE)
    assert (promised(shop, "A"), promised(shop, "B")) == (3, 6)
    buy(shop, "P2", (5, 1), location=THERE)
    assert (promised(shop, "A"), promised(shop, "B")) == (1, 3)


def test_a_line_may_be_completed_by_units_underway_and_units_bought_together() -> None:
    shop = sent((3, 2))
    buy(shop, "P1", (4, 8), location=THERE)
    assert (promised(shop, "A"), promised(shop, "B")) == (8, None)


def test_parts_of_a_transfer_each_have_their_own_date() -> None:
    shop = sent((5, 6), (5, 3))
    assert (promised(shop, "A"), promised(shop, "B")) == (3, 6)


def test_a_part_that_arrives_serves_the_first_and_leaves_the_promises_of_the_others() -> None:
    shop = sent((10, 3))
    shop.arrive("T1", 5)
    assert shop.filled() == [("A", 5)]
    assert changes(shop) == []
    assert promised(shop, "B") == 3


def test_the_part_of_a_transfer_that_arrives_is_the_one_that_is_no_longer_underway() -> None:
    shop = Shop(stock=10)
    shop.tick(MONDAY)
    shop.place("A", line(1, 5, location=THERE))
    shop.place("B", line(1, 5, location=THERE))
    shop.send("T1", 5, part=1, expected_at=day(6))
    shop.send("T1", 5, part=2, expected_at=day(3))
    assert (promised(shop, "A"), promised(shop, "B")) == (3, 6)
    shop.arrive("T1", 5, part=2)
    assert shop.filled() == [("A", 5)]
    assert changes(shop) == []
    shop.tick(day(4))
    assert changes(shop) == []
    assert promised(shop, "B") == 6


def test_a_date_with_an_arrival_moves_what_is_still_underway() -> None:
    shop = sent((10, 3))
    shop.arrive("T1", 5, expected_at=day(7))
    assert changes(shop) == [("B", 3, 3, 7, "supply_slipped")]
    shop.arrive("T1", 1, part=2, expected_at=day(4))
    assert changes(shop) == [("B", 3, 7, 4, "supply_planned")]


def test_a_date_with_an_arrival_that_is_past_already_is_a_slip() -> None:
    shop = sent((10, 7))
    shop.tick(day(5))
    shop.arrive("T1", 5, expected_at=day(4))
    assert changes(shop) == [("B", 7, 7, None, "supply_slipped")]


def test_a_date_with_an_arrival_is_the_first_for_what_had_none() -> None:
    shop = sent((10, None))
    shop.arrive("T1", 5, expected_at=day(7))
    assert changes(shop) == [("B", 7, None, 7, "supply_planned")]


def test_what_arrives_short_stays_promised_until_its_date_passes() -> None:
    shop = sent((5, 3))
    shop.tick(MONDAY)
    shop.arrive("T1", 2)
    assert promised(shop, "A") == 3
    shop.tick(day(3))
    assert changes(shop) == [("A", 3, 3, None, "supply_slipped")]
    assert shop.stock(THERE).in_transit == 3


def test_units_lost_on_the_way_and_written_off_are_promised_to_nobody() -> None:
    shop = sent((5, 3))
    shop.arrive("T1", 4)
    shop.arrive("T1", 1, part=2)
    assert promised(shop, "A") is None
    shop.adjust(-1, THERE)
    (reopened,) = shop.told(d.BackorderReopened)
    assert (reopened.order_id, reopened.quantity) == ("A", 1)
    assert promised(shop, "A") is None


def test_units_that_arrive_somewhere_else_are_lost_to_those_who_waited_for_them() -> None:
    shop = sent((5, 3))
    shop.arrive("T1", 5, to=CPH)
    assert changes(shop) == [("A", 3, 3, None, "supply_cancelled")]


def test_a_date_that_passes_is_a_slip_caused_by_the_dispatch_that_set_it() -> None:
    shop = sent((5, 3), (5, 9))
    dispatched = f"event-{shop.fed - 1}"
    shop.tick(day(3))
    assert changes(shop) == [("A", 3, 3, 9, "supply_slipped"), ("B", 9, 9, None, "supply_slipped")]
    said = [each for each in shop.emitted if isinstance(each.decision, d.BackorderPromised)][-2:]
    assert {(each.cause.id, each.cause.time) for each in said} == {(dispatched, day(3))}


def test_what_is_overdue_arrives_all_the_same_and_dated_again_it_counts_again() -> None:
    shop = sent((10, 3))
    shop.tick(day(4))
    assert promised(shop, "A") is None
    shop.arrive("T1", 5, expected_at=day(7))
    assert shop.filled() == [("A", 5)]
    assert changes(shop) == [("B", 3, None, 7, "supply_planned")]


def test_a_date_that_is_past_at_the_dispatch_promises_nothing() -> None:
    shop = Shop(stock=5)
    shop.tick(day(5))
    shop.place("A", line(1, 5, location=THERE))
    shop.send("T1", 5, expected_at=day(4))
    assert promised(shop, "A") is None


def test_an_arrival_before_its_dispatch_promises_nothing_and_the_dispatch_does() -> None:
    shop = Shop(stock=5)
    shop.place("A", line(1, 5, location=THERE))
    shop.arrive("T1", 5, expected_at=day(3))
    assert shop.rejections() == ["unknown_transfer"]
    assert promised(shop, "A") is None
    shop.send("T1", 5, expected_at=day(3))
    assert promised(shop, "A") == 3


def test_a_repeated_dispatch_or_arrival_moves_no_promise() -> None:
    shop = sent((10, 3))
    shop.send("T1", 10, expected_at=day(1))
    assert (shop.rejections(), changes(shop)) == (["duplicate_transfer"], [])
    shop.arrive("T1", 5)
    shop.arrive("T1", 5, expected_at=day(9))
    assert (shop.rejections(), changes(shop)) == (["duplicate_transfer"], [])
    assert promised(shop, "B") == 3


def test_a_transfer_that_goes_on_after_all_had_arrived_is_supply_again() -> None:
    shop = Shop(stock=10)
    shop.place("A", line(1, 10, location=THERE))
    shop.send("T1", 5, expected_at=day(3))
    shop.arrive("T1", 5)
    assert promised(shop, "A") is None
    shop.send("T1", 5, part=2, expected_at=day(6))
    assert promised(shop, "A") == 6


def test_the_sender_s_waiters_without_a_location_are_promised_what_was_sent_away() -> None:
    shop = Shop(stock=5)
    shop.place("A", 5)
    shop.send("T1", 5, expected_at=day(3))
    (reopened,) = shop.told(d.BackorderReopened)
    assert reopened.reason == "stock_lost"
    assert promised(shop, "A") == 3


def test_a_discontinued_item_s_waiter_is_not_told_so_while_a_transfer_is_to_come() -> None:
    shop = sent((5, 3))
    shop.configure(discontinued=True)
    assert [each.order_id for each in shop.told(d.NoticeDue) if each.kind == "discontinued"] == ["B"]


def test_a_shop_front_shows_when_units_arrive_by_transfer_that_nobody_is_promised() -> None:
    shop = Shop(stock=5)
    shop.place("A", 3)
    shop.send("T1", 5, expected_at=day(3))
    (shown,) = [row for key, row in shop._rows.items() if key[0] == "availability"]
    assert shown.expected_at == day(3)


def test_pieces_underway_promise_a_kit() -> None:
    shop = Shop()
    shop.configure(sku="SET", components=[e.KitPart(SKU, 2)])
    shop.count(4)
    shop.place("A", line(1, 2, sku="SET", location=THERE))
    shop.send("T1", 4, expected_at=day(3))
    assert promised(shop, "A") == 3


def test_a_rolled_back_dispatch_is_no_supply() -> None:
    shop = Shop(stock=5)
    shop.place("A", line(1, 5, location=THERE))
    event = e.StockTransferred(SKU, "T1", HERE, THERE, 5, "dispatched", expected_at=day(3))
    shop.fold.apply(shop.entry(event, shop.now + timedelta(minutes=1)))
    assert shop.pool.supplies.of(SKU)
    shop.fold.rollback()
    assert not shop.pool.supplies.of(SKU)


def test_a_rolled_back_arrival_is_still_to_come() -> None:
    shop = sent((5, 3))
    event = e.StockTransferred(SKU, "T1", HERE, THERE, 5, "received")
    shop.fold.apply(shop.entry(event, shop.now + timedelta(minutes=1)))
    assert not shop.pool.supplies.of(SKU)
    shop.fold.rollback()
    shop.place("C", line(1, 5, location=THERE), priority=1)
    assert promised(shop, "C") == 3


def test_a_restored_process_promises_what_is_underway() -> None:
    shop = sent((5, 3), (5, 6))
    again = restored(shop.fold)
    assert again.pools["default"].supplies.of(SKU) == shop.pool.supplies.of(SKU) != {}

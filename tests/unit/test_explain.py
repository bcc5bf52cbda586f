"""What `explain` and `plan` say, by example: each reason to wait, and each way to be covered, in words."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from backorder.allocation.publish import publish_decision
from backorder.domain import events as e
from backorder.domain.decisions import Emitted
from backorder.explain import Explanation, Unknown, explain, plan
from backorder.explain import receipts as receipts_module
from backorder.explain.plan import receipt_of
from backorder.explain.supposing import finish_big_steps
from tests.support.shop import HERE, MONDAY, SKU, THERE, Shop, line


class HeardShop(Shop):
    """A shop that keeps what goes out."""

    def __init__(self, **settings: Any) -> None:
        self.published: list[bytes] = []
        super().__init__(**settings)

    def _fold(self, taken: e.Entry) -> None:
        apply = self.fold.apply
        heard: list[Emitted] = []

        def listen(entry: e.Entry) -> Any:
            outcome = apply(entry)
            heard.extend(outcome.emitted)
            return outcome

        self.fold.apply = listen  # type: ignore[method-assign]
        try:
            super()._fold(taken)
        finally:
            self.fold.apply = apply  # type: ignore[method-assign]
        self.published += [publish_decision(each).value or b"" for each in heard]


def explained(shop: Shop, order_id: str, number: int = 1, said: Iterable[bytes] = ()) -> Explanation:
    return explain(shop.fold, "default", order_id, number, said)


def says(shop: Shop, words: str, order_id: str, number: int = 1) -> None:
    answer = explained(shop, order_id, number).answer
    assert any(words in sentence for sentence in answer), answer


def receive(shop: Shop, units: int, location: str | None = None) -> Any:
    return plan(shop.fold, "default", receipt_of(shop.fold, "default", SKU, units, location))


# --- why it waits -------------------------------------------------------------------------------------------


def test_who_is_next_and_what_would_do_is_said_of_a_line_that_waits_for_stock() -> None:
    shop = Shop(stock=5)
    shop.place("ANNA", 8)

    assert explained(shop, "ANNA").answer == [
        "3 of 8 units are not covered, since 2026-03-02 08:02 UTC.",
        "It needs units at AMS, and none is free there. Of 5 on hand: 5 allocated to order lines.",
        "Nobody is ahead of it: it is next.",
        "3 units received at AMS would cover it, one less would not.",
        "Nothing is expected: no purchase and no transfer is known that would bring any.",
        "5 units of it are with the warehouse.",
    ]


def test_the_first_five_ahead_are_named_and_the_others_counted() -> None:
    shop = Shop(stock=0)
    shop.count(0)
    for number in range(7):
        shop.place(f"O{number}", 2)
    shop.place("LAST", 1)

    says(shop, "7 claims are ahead of it, for 14 units: O0/1 (2 units), O1/1", "LAST")
    says(shop, "O4/1 (2 units) and 2 more", "LAST")
    says(shop, "15 units received at AMS would cover it", "LAST")


def test_a_line_that_may_not_be_split_says_what_it_needs_at_once() -> None:
    shop = Shop(stock=2)
    shop.configure(allow_partial=False)
    shop.place("ANNA", 5)

    says(shop, "2 units are free at AMS, and not for it: it may not be filled in part, and needs 5", "ANNA")
    says(shop, "3 units received at AMS would cover it", "ANNA")


def test_the_least_that_is_worth_a_fill_is_said() -> None:
    shop = Shop()
    shop.configure(min_release=4)
    shop.place("ANNA", 6)
    shop.count(3)

    says(shop, "fewer than 4 are not worth a fill", "ANNA")


def test_who_blocks_in_strict_order_is_said() -> None:
    shop = Shop()
    shop.configure(min_release=4, strict_order=True)
    shop.count(0)
    shop.place("HEAD", 6)
    shop.place("ANNA", 1)
    shop.count(3)

    says(shop, "strict order, and HEAD/1 stands before it", "ANNA")


def test_when_a_line_comes_within_the_horizon_is_said() -> None:
    shop = Shop(stock=5)
    shop.configure(horizon_days=10)
    shop.tick(MONDAY)
    shop.place("ANNA", line(1, 2, required_by=MONDAY + timedelta(days=30)))

    says(shop, "beyond the horizon of 10 days: until 2026-03-22 08:00 UTC it takes no units", "ANNA")


def test_what_is_short_of_an_order_that_ships_complete_is_said() -> None:
    shop = Shop(stock=5)
    shop.count(1, sku="CUP")
    shop.place("ANNA", line(1, 2), line(2, 4, sku="CUP"), ship="complete")

    says(shop, "Its order ships complete", "ANNA")
    says(shop, "MUG needs 2, 5 free; CUP needs 4, 1 free", "ANNA")
    says(shop, "No receipt of MUG at AMS alone would cover it", "ANNA")
    says(shop, "3 units received at AMS would cover it", "ANNA", 2)


def test_a_line_that_may_be_served_from_no_known_place_says_so() -> None:
    shop = Shop()
    shop.place("ANNA", 2)

    says(shop, "No location of MUG is known", "ANNA")
    assert explained(shop, "ANNA").would_fill == []


def test_each_location_that_may_serve_it_has_its_own_figure() -> None:
    shop = Shop()
    shop.count(0)
    shop.count(0, THERE)
    shop.place("BERT", line(1, 4, location=THERE))
    shop.place("ANNA", 2)

    fillings = {each.location: each.quantity for each in explained(shop, "ANNA").would_fill}
    assert fillings == {HERE: 2, THERE: 6}


def tea_shop(mugs: int = 0, tins: int = 0) -> Shop:
    """TEA is two mugs and a tin; so many of both are here."""
    shop = Shop()
    shop.configure("TEA", components=[e.KitPart(SKU, 2), e.KitPart("TIN", 1)])
    shop.count(mugs)
    shop.count(tins, sku="TIN")
    return shop


def test_what_has_to_come_together_for_a_kit_is_said() -> None:
    shop = tea_shop(mugs=1)
    shop.place("ANNA", line(1, 2, "TEA"))

    says(shop, "3 MUG and 2 TIN received together at AMS would cover it, one less of any would not", "ANNA")
    assert explained(shop, "ANNA").would_fill == []
    assert [each.units for each in explained(shop, "ANNA").would_fill_kits] == [{SKU: 3, "TIN": 2}]


def test_the_one_component_that_a_kit_is_short_of_is_said_with_what_those_before_it_take() -> None:
    shop = tea_shop(mugs=4)
    shop.place("BERT", line(1, 3, "TIN"))
    shop.place("ANNA", line(1, 2, "TEA"))

    says(shop, "5 TIN received at AMS would cover it, one less would not", "ANNA")


def test_a_kit_that_no_receipt_would_cover_says_so() -> None:
    shop = tea_shop()
    shop.place("ANNA", line(1, 2, "TEA"), line(2, 1, "SPOON"), ship="complete")

    says(shop, "No receipt of its components at AMS was found that would cover it", "ANNA")


def test_units_that_a_shortfall_swallows_are_reckoned_in() -> None:
    shop = Shop(stock=4)
    shop.place("PICKED", 4)
    shop.pick("PICKED", 4)
    shop.count(1)
    shop.place("ANNA", 2)

    says(shop, "5 units received at AMS would cover it, one less would not", "ANNA")


def test_the_purchases_that_may_bring_it_are_named_the_soonest_first() -> None:
    shop = Shop()
    shop.count(0)
    shop.place("ANNA", 2)
    late, soon = MONDAY + timedelta(days=9), MONDAY + timedelta(days=3)
    shop.buy("PO-1", e.PurchasedLine(1, SKU, HERE, 10, expected_at=late))
    shop.buy("PO-2", e.PurchasedLine(1, SKU, HERE, 20, expected_at=soon, pegged_to=e.Pegged("ANNA", 1)))
    shop.buy("PO-3", e.PurchasedLine(1, SKU, HERE, 5))
    shop.buy("PO-4", e.PurchasedLine(1, "CUP", HERE, 5, expected_at=soon))

    expected = explained(shop, "ANNA").expected
    assert [each.id for each in expected] == ["PO-2", "PO-1", "PO-3"]
    says(shop, "20 units on purchase PO-2/1, for 2026-03-05 08:00 UTC, bought for this line", "ANNA")


def test_with_very_many_ahead_what_would_do_is_reckoned_and_said_to_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(receipts_module, "TRIED", 3)
    shop = Shop()
    shop.count(0)
    for number in range(5):
        shop.place(f"O{number}", 2)
    shop.place("LAST", 1)

    says(shop, "About 11 units received at AMS would cover it (not tried)", "LAST")
    assert explained(shop, "LAST").would_fill[0].tried is False


# --- what is kept, and what is done -------------------------------------------------------------------------


def test_a_held_order_says_that_it_is_held() -> None:
    shop = Shop(stock=5)
    shop.place("ANNA", 2)
    shop.feed(e.OrderHeld("ANNA", "fraud?"))

    says(shop, "2 units of it are allocated and not released: the order is held", "ANNA")


def test_what_is_released_by_hand_says_so() -> None:
    shop = Shop(stock=5)
    shop.configure(release="manual")
    shop.place("ANNA", 2)

    says(shop, "its item is released by hand", "ANNA")


def test_a_line_that_never_waited_says_so() -> None:
    shop = Shop(stock=5)
    shop.place("ANNA", 2)

    says(shop, "It never waited", "ANNA")


def test_what_was_shipped_cancelled_and_refused_is_said() -> None:
    shop = Shop(stock=5)
    shop.configure(backorderable=False)
    shop.place("ANNA", 8)
    shop.ship("ANNA", "S-1", (1, 3))
    shop.cancel("ANNA", (1, 1))

    says(shop, "3 units of 8 are shipped", "ANNA")
    says(shop, "3 units of 8 were refused", "ANNA")
    says(shop, "1 unit of 8 was cancelled", "ANNA")


def test_why_a_line_was_filled_comes_from_its_history() -> None:
    shop = HeardShop(stock=0)
    shop.count(0)
    shop.place("ANNA", 3)
    shop.place("BERT", 3)
    shop.receive("R-1", 4)

    explanation = explained(shop, "ANNA", said=[b"no event", b"{}", *shop.published])

    assert [told.type for told in explanation.history] == [
        "backorder.opened",
        "backorder.filled",
        "backorder.closed",
        "release.created",
    ]
    assert explanation.answer[-1] == (
        "Last filled 2026-03-02 08:04 UTC: 3 waiting units were covered at AMS; 0 still wait. Why it: the "
        "first in the queue that could use the units (before: waiting 3, free 4; after: waiting 0, free 1; "
        "event event-4)."
    )


def test_the_history_is_that_of_the_line_alone() -> None:
    shop = HeardShop(stock=1)
    shop.place("ANNA", 1, 4)
    shop.place("BERT", 1)

    history = explained(shop, "ANNA", 1, shop.published).history

    assert [told.text for told in history] == ["1 units were released at AMS (ANNA/1)"]


def test_a_line_or_pool_that_is_not_known_is_said() -> None:
    shop = Shop(stock=5)
    shop.place("ANNA", 2)
    for pool, order_id, number, words in (
        ("default", "BERT", 1, "order BERT is not known"),
        ("default", "ANNA", 7, "has no line 7; it has 1"),
        ("other", "ANNA", 1, "there is no pool other"),
    ):
        with pytest.raises(Unknown, match=words):
            explain(shop.fold, pool, order_id, number)


# --- plans --------------------------------------------------------------------------------------------------


def test_a_plan_says_who_would_be_filled_and_what_stays_free_and_changes_nothing() -> None:
    shop = Shop()
    shop.count(0)
    shop.place("ANNA", 3)
    shop.place("BERT", 2, priority=1)
    before = shop.fold.dump()

    made = receive(shop, 6)

    assert [(fill.order_id, fill.quantity, fill.remaining) for fill in made.filled] == [
        ("BERT", 2, 0),
        ("ANNA", 3, 0),
    ]
    assert [(move.order_id, move.quantity, move.location) for move in made.released] == [
        ("BERT", 2, HERE),
        ("ANNA", 3, HERE),
    ]
    assert made.free == 1
    assert made.others["backorder.closed"] == 2
    assert shop.fold.dump() == before
    assert [row.free for row in made.stock if row.location == HERE] == [1]


def test_a_plan_without_a_location_takes_the_first_source() -> None:
    shop = Shop()
    shop.count(0, THERE)
    shop.configure(sourcing=[THERE, HERE])

    assert receive(shop, 1).event["location"] == THERE


def test_a_plan_for_an_item_that_is_nowhere_asks_for_a_location() -> None:
    shop = Shop(stock=1)
    with pytest.raises(Unknown, match="say which"):
        receipt_of(shop.fold, "default", "NEW", 1)


def test_a_receipt_on_a_purchase_serves_its_peg_first() -> None:
    shop = Shop()
    shop.count(0)
    shop.place("FIRST", 3)
    shop.place("PEGGED", 2)
    shop.buy("PO-1", e.PurchasedLine(1, SKU, HERE, 2, pegged_to=e.Pegged("PEGGED", 1)))

    made = plan(shop.fold, "default", receipt_of(shop.fold, "default", SKU, 2, HERE, "PO-1"))

    assert [(fill.order_id, fill.rule) for fill in made.filled] == [("PEGGED", "pegged")]


def test_a_plan_for_a_release_says_what_it_would_release() -> None:
    shop = Shop(stock=5)
    shop.configure(release="manual")
    shop.place("ANNA", 2)
    shop.place("BERT", 2)

    made = plan(shop.fold, "default", e.ReleaseRequested(sku=SKU, quantity=3))

    assert [(move.order_id, move.quantity) for move in made.released] == [("ANNA", 2), ("BERT", 1)]


def test_an_event_that_would_be_rejected_says_why() -> None:
    shop = Shop(stock=5)
    shop.place("ANNA", 2)

    made = plan(shop.fold, "default", e.ReleaseRequested(sku=SKU, order_id="ANNA", line=7))

    assert made.rejected is not None
    assert made.rejected.reason == "unknown_line"


def test_a_plan_goes_through_all_the_steps_of_a_big_receipt() -> None:
    shop = Shop(step_lines=2)
    shop.count(0)
    for number in range(9):
        shop.place(f"O{number}", 1)

    assert len(receive(shop, 9).filled) == 9


def test_a_big_step_that_is_under_way_is_finished_before_anything_is_asked() -> None:
    shop = Shop(step_lines=2)
    shop.count(0)
    for number in range(9):
        shop.place(f"O{number}", 1)
    shop.receive("R-1", 7, finish=False)

    assert finish_big_steps(shop.fold, "default") == [SKU]

    assert explained(shop, "O6").row.backordered == 0
    assert explained(shop, "O8").would_fill[0].quantity == 2


def test_a_count_that_speaks_for_later_does_not_swallow_what_is_supposed() -> None:
    shop = Shop()
    shop.place("ANNA", 2)
    shop.count(0, as_of=datetime(2027, 1, 1, tzinfo=MONDAY.tzinfo))

    assert receive(shop, 2).filled


def test_answers_are_json() -> None:
    shop = Shop(stock=5)
    shop.place("ANNA", 8)
    document = msgspec.json.decode(msgspec.json.encode(explained(shop, "ANNA")))
    assert document["would_fill"] == [{"location": "AMS", "quantity": 3, "tried": True}]

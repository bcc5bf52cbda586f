"""The naive model's kits, alone, by examples worked out by hand: what the fold is compared with is right.

TEA is a kit of two MUG and one TIN unless a test says otherwise.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from backorder.domain import events as e
from tests.support.naive_model import NaiveModel
from tests.support.shop import MONDAY, entry, line

HERE, THERE = "AMS", "BER"
TEA = [e.KitPart("MUG", 2), e.KitPart("TIN", 1)]


class Shelf:
    """A naive model that is fed one event a minute; what is on hand at `HERE` is counted first."""

    def __init__(self, **on_hand: int) -> None:
        self.model = NaiveModel()
        self.now, self.fed = MONDAY, 0
        self.configure("TEA", components=TEA)
        for sku, units in on_hand.items():
            self.count(sku, units)

    def feed(self, event: e.Event) -> None:
        self.fed += 1
        self.now += timedelta(minutes=1)
        self.model.apply(entry(event, self.now, self.fed))

    def tick(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.feed(e.ClockTicked())

    def configure(self, sku: str, **policies: Any) -> None:
        self.feed(e.ItemConfigured(sku, **policies))

    def count(self, sku: str, units: int, place: str = HERE, basis: str = "on_hand") -> None:
        self.feed(e.StockCounted(sku, place, units, basis, self.now + timedelta(minutes=1)))

    def receive(self, sku: str, units: int, place: str = HERE) -> None:
        self.feed(e.GoodsReceived(f"R{self.fed}", [e.ReceivedLine(sku, place, units)]))

    def place(self, order_id: str, *lines: e.OrderLine, **fields: Any) -> None:
        self.feed(e.OrderPlaced(order_id, list(lines), **fields))

    def buy(self, sku: str, units: int, day: int, place: str = HERE, peg: str | None = None) -> None:
        pegged = e.Pegged(peg, 1) if peg else None
        bought = e.PurchasedLine(1, sku, place, units, MONDAY + timedelta(days=day), pegged)
        self.feed(e.PurchasePlaced(f"P{self.fed}", "supplier", [bought]))

    def ship(self, order_id: str, units: int, place: str = HERE, force: bool = False) -> None:
        lines = [e.ShippedLine(1, units, place)]
        self.feed(e.OrderShipped(order_id, f"S-{order_id}", lines, force=force))

    def line(self, order_id: str, *figures: str, number: int = 1) -> tuple[Any, ...]:
        row = self.model.line_rows()[order_id, number]
        return tuple(row[name] for name in figures or ("allocated", "backordered"))

    def allocations(self, order_id: str) -> dict[str, int]:
        found: dict[str, int] = self.model.line_rows()[order_id, 1]["allocations"]
        return found

    def row(self, sku: str, place: str | None = HERE, names: str = "allocated backordered") -> Any:
        row = self.model.stock_row(sku, place)
        return tuple(row[name] for name in names.split())

    def promised(self, order_id: str) -> int | None:
        """The day, counted from Monday."""
        at = self.model.line_rows()[order_id, 1]["promised_at"]
        return None if at is None else (at - MONDAY).days

    def reasons(self) -> list[str]:
        return sorted(reason for _, reason in self.model.rejected)


def test_kits_and_plain_lines_share_one_queue_of_what_they_are_made_of() -> None:
    shelf = Shelf(MUG=5, TIN=1)

    shelf.place("A", line(1, 3, "TEA", location=HERE))
    assert shelf.line("A") == (1, 2)
    assert (shelf.row("MUG"), shelf.row("TIN")) == ((2, 4), (1, 2))

    shelf.place("B", line(1, 3, "MUG", location=HERE))  # A waits for a tin and is passed over
    assert (shelf.line("B"), shelf.row("MUG")) == ((3, 0), (5, 4))

    shelf.receive("TIN", 2)
    assert shelf.line("A") == (1, 2)

    shelf.receive("MUG", 2)
    assert (shelf.line("A"), shelf.line("B")) == ((2, 1), (3, 0))

    shelf.count("MUG", 6)  # 7 are allocated
    assert (shelf.line("A"), shelf.line("B")) == ((2, 1), (2, 1))


def test_a_kit_has_no_rows_of_its_own_and_what_waits_anywhere_waits_in_the_rows_of_its_parts() -> None:
    shelf = Shelf()

    shelf.place("A", line(1, 3, "TEA"))

    assert shelf.line("A", "ordered", "backordered", "status") == (3, 3, "waiting")
    waiting = {key: row["backordered"] for key, row in shelf.model.stock_rows().items()}
    assert waiting == {("MUG", None): 6, ("TIN", None): 3}


def test_a_kit_line_keeps_the_parts_that_it_was_placed_with() -> None:
    shelf = Shelf()
    shelf.place("A", line(1, 1, "TEA", location=HERE))

    shelf.configure("TEA", components=[e.KitPart("TIN", 5)])
    shelf.feed(e.OrderAmended("A", [e.AmendedLine(1, 2)]))
    shelf.place("B", line(1, 1, "TEA", location=HERE))
    assert (shelf.row("MUG"), shelf.row("TIN")) == ((0, 4), (0, 2 + 5))

    shelf.configure("TEA", components=None)
    shelf.place("C", line(1, 1, "TEA", location=HERE))
    assert shelf.row("TEA") == (0, 1)
    shelf.receive("TEA", 9)
    assert (shelf.line("A"), shelf.line("B"), shelf.line("C")) == ((0, 2), (0, 1), (1, 0))


def test_all_pieces_of_a_kit_come_from_one_location() -> None:
    shelf = Shelf(MUG=3, TIN=1)
    shelf.count("MUG", 3, THERE)
    shelf.count("TIN", 1, THERE)
    shelf.configure("TEA", sourcing=[THERE, HERE])

    shelf.place("A", line(1, 3, "TEA"))  # 6 mugs are there, but 3 + 3 make no third kit, tin or not
    shelf.receive("TIN", 1)

    assert shelf.allocations("A") == {THERE: 1, HERE: 1}
    assert (shelf.line("A"), shelf.row("MUG", None)) == ((2, 1), (0, 2))


def test_without_a_list_a_kit_comes_from_where_any_of_its_parts_has_been() -> None:
    shelf = Shelf(MUG=2)
    shelf.configure("MUG", sourcing=[HERE])  # does not matter for kits
    shelf.place("A", line(1, 1, "TEA"))
    shelf.receive("TIN", 1, THERE)
    assert shelf.line("A") == (0, 1)

    shelf.receive("MUG", 2, THERE)

    assert shelf.allocations("A") == {THERE: 1}


def test_a_location_is_unknown_only_where_the_kit_has_a_list_without_it() -> None:
    shelf = Shelf(MUG=2, TIN=1)
    shelf.configure("MUG", sourcing=[THERE])
    shelf.place("A", line(1, 1, "TEA", location=HERE))
    assert shelf.line("A") == (1, 0)

    shelf.configure("TEA", sourcing=[THERE])
    shelf.place("B", line(1, 1, "TEA", location=HERE))

    assert shelf.line("B", "cancelled", "status") == (1, "refused")


def test_the_policies_are_those_of_the_kit_counted_in_kits() -> None:
    shelf = Shelf(MUG=4, TIN=9)
    shelf.configure("MUG", backorderable=False, discontinued=True)
    shelf.configure("TEA", backorder_cap=3)

    shelf.place("A", line(1, 7, "TEA", location=HERE))

    assert shelf.line("A", "allocated", "backordered", "cancelled") == (2, 3, 2)
    assert shelf.row("MUG") == (4, 6)
    shelf.place("B", line(1, 1, "TEA", location=HERE))
    assert shelf.line("B", "backordered", "cancelled") == (0, 1)


def test_a_kit_that_may_not_be_filled_in_part_waits_for_all_of_its_kits() -> None:
    shelf = Shelf(MUG=4, TIN=1)
    shelf.configure("TEA", allow_partial=False)
    shelf.place("A", line(1, 2, "TEA", location=HERE))
    assert shelf.line("A") == (0, 2)

    shelf.receive("TIN", 1)
    assert shelf.line("A") == (2, 0)

    shelf.count("TIN", 1)
    assert (shelf.line("A"), shelf.row("MUG", names="allocated free")) == ((0, 2), (0, 4))


def test_fewer_kits_than_are_worth_a_release_are_left_for_others() -> None:
    shelf = Shelf(MUG=2, TIN=5)
    shelf.configure("TEA", min_release=2)
    shelf.place("A", line(1, 3, "TEA", location=HERE))
    assert shelf.line("A") == (0, 3)

    shelf.receive("MUG", 2)
    assert shelf.line("A") == (2, 1)

    shelf.receive("MUG", 2)  # one is all that is missing
    assert shelf.line("A") == (3, 0)


def test_an_earlier_waiter_of_a_part_has_its_units_before_a_kit_takes_them() -> None:
    shelf = Shelf(TIN=3)
    shelf.place("A", line(1, 1, "MUG", location=HERE))
    shelf.place("B", line(1, 1, "TEA", location=HERE))
    shelf.place("C", line(1, 1, "MUG", location=HERE))

    shelf.receive("MUG", 2)  # 1 for A; B cannot use the other

    assert (shelf.line("A"), shelf.line("B"), shelf.line("C")) == ((1, 0), (0, 1), (1, 0))


def test_a_lost_piece_takes_back_a_whole_kit_and_its_other_pieces_go_on() -> None:
    shelf = Shelf(MUG=4, TIN=2)
    shelf.place("A", line(1, 2, "TEA", location=HERE))
    shelf.place("B", line(1, 1, "TIN", location=HERE))

    shelf.count("MUG", 3)

    assert (shelf.line("A"), shelf.line("B")) == ((1, 1), (1, 0))
    assert (shelf.row("MUG", names="allocated free"), shelf.row("TIN")) == ((2, 1), (2, 1))


def test_more_than_one_kit_is_lost_when_more_pieces_are_missing_than_one_has_and_never_a_picked_one() -> None:
    shelf = Shelf(MUG=8, TIN=4)
    shelf.place("A", line(1, 4, "TEA", location=HERE))
    shelf.feed(e.OrderPicked("A", [e.PickedLine(1, 1, HERE)]))
    assert shelf.row("MUG", names="picked") == (2,)

    shelf.count("MUG", 5)
    assert (shelf.line("A"), shelf.row("MUG", names="allocated free")) == ((2, 2), (4, 1))

    shelf.count("MUG", 0)
    assert (shelf.line("A"), shelf.row("MUG", names="allocated shortfall")) == ((1, 3), (2, 2))


def test_in_strict_order_a_kit_that_is_short_of_the_part_blocks_those_behind() -> None:
    shelf = Shelf(MUG=1, TIN=1)
    shelf.configure("MUG", strict_order=True)
    shelf.place("A", line(1, 1, "TEA", location=HERE))

    shelf.place("B", line(1, 1, "MUG", location=HERE))

    assert (shelf.line("A"), shelf.line("B")) == ((0, 1), (0, 1))


def test_in_strict_order_a_kit_that_is_short_of_another_part_blocks_nobody() -> None:
    shelf = Shelf(MUG=2)
    shelf.configure("MUG", strict_order=True)
    shelf.configure("TEA", strict_order=True)  # has no effect
    shelf.place("A", line(1, 1, "TEA", location=HERE))

    shelf.place("B", line(1, 2, "MUG", location=HERE))

    assert (shelf.line("A"), shelf.line("B")) == ((0, 1), (2, 0))


def test_a_kit_takes_nothing_of_a_strict_part_behind_one_who_waits_for_it() -> None:
    shelf = Shelf(MUG=2, TIN=1)
    shelf.configure("MUG", strict_order=True, allow_partial=False)
    shelf.place("A", line(1, 3, "MUG", location=HERE))
    assert shelf.model.availability("TEA") == ("backorder", None)

    shelf.place("B", line(1, 1, "TEA", location=HERE))

    assert (shelf.line("A"), shelf.line("B")) == ((0, 3), (0, 1))


def test_a_kit_is_served_from_what_fair_shares_leave() -> None:
    shelf = Shelf(TIN=1)
    shelf.configure("MUG", allocation="fair_share")
    shelf.place("A", line(1, 1, "TEA", location=HERE))
    shelf.place("B", line(1, 2, "MUG", location=HERE))
    shelf.place("C", line(1, 2, "MUG", location=HERE))

    shelf.receive("MUG", 2)
    assert (shelf.line("A"), shelf.line("B"), shelf.line("C")) == ((0, 1), (1, 1), (1, 1))

    shelf.receive("MUG", 4)
    assert (shelf.line("A"), shelf.line("B"), shelf.line("C")) == ((1, 0), (2, 0), (2, 0))


def test_an_order_that_ships_complete_takes_its_kits_with_the_rest_or_not_at_all() -> None:
    shelf = Shelf(MUG=3, TIN=1)
    shelf.place("A", line(1, 1, "TEA", location=HERE), line(2, 2, "MUG", location=HERE), ship="complete")
    assert shelf.line("A", "allocated", "backordered", "waits_for") == (0, 1, "order_complete")

    shelf.receive("MUG", 1)

    assert (shelf.line("A"), shelf.line("A", number=2)) == ((1, 0), (2, 0))


def test_an_order_that_ships_complete_is_not_whole_while_a_piece_of_a_kit_is_missing() -> None:
    shelf = Shelf(MUG=3, TIN=2)

    shelf.place("A", line(1, 2, "TEA", location=HERE), ship="complete")

    assert shelf.line("A") == (0, 2)


def test_before_an_order_that_ships_complete_a_kit_has_its_turn_and_before_the_kit_those_before_it() -> None:
    shelf = Shelf()
    shelf.place("A", line(1, 1, "TIN", location=HERE))
    shelf.place("B", line(1, 1, "TEA", location=HERE))
    shelf.place("C", line(1, 1, "MUG", location=HERE), ship="complete")

    received = [e.ReceivedLine("MUG", HERE, 2), e.ReceivedLine("TIN", HERE, 1)]
    shelf.feed(e.GoodsReceived("R", received))

    assert (shelf.line("A"), shelf.line("B"), shelf.line("C")) == ((1, 0), (0, 1), (1, 0))


def test_kept_kits_are_taken_over_only_by_kits_of_the_same_parts() -> None:
    shelf = Shelf(MUG=2, TIN=1)
    shelf.configure("TEA", complete_patience_days=1)
    lines = [line(1, 1, "TEA", location=HERE), line(2, 1, "NEVER", location=HERE)]
    shelf.place("A", *lines, ship="complete", priority=3)
    shelf.configure("TEA", components=[e.KitPart("MUG", 2)])
    shelf.place("B", *lines, ship="complete", priority=1)
    shelf.configure("TEA", components=TEA)
    shelf.place("C", *lines, ship="complete", priority=2)

    # A is out of patience first and keeps a kit; B comes before it, and cannot use it.
    shelf.tick(days=2)

    assert (shelf.line("A"), shelf.line("B"), shelf.line("C")) == ((0, 1), (0, 1), (1, 0))


def test_a_request_puts_a_kit_line_first_with_kits_of_the_same_parts_alone() -> None:
    shelf = Shelf(MUG=6, TIN=1)
    shelf.configure("TEA", release="manual", components=[e.KitPart("MUG", 2)])
    shelf.place("A", line(1, 2, "TEA", location=HERE), priority=9)
    shelf.configure("TEA", components=TEA)
    shelf.place("B", line(1, 1, "TEA", location=HERE))
    shelf.place("C", line(1, 1, "TEA", location=HERE))
    assert (shelf.line("A"), shelf.line("B"), shelf.line("C")) == ((2, 0), (1, 0), (0, 1))

    shelf.feed(e.ReleaseRequested("TEA", order_id="C", line=1))

    figures = ("allocated", "backordered", "released")
    assert shelf.line("A", *figures) == (2, 0, 0)
    assert (shelf.line("B", *figures), shelf.line("C", *figures)) == ((0, 1, 0), (1, 0, 1))


def test_a_request_for_a_part_does_not_touch_kits() -> None:
    shelf = Shelf(MUG=2, TIN=1)
    shelf.configure("TEA", release="manual")
    shelf.configure("MUG", release="manual")
    shelf.place("A", line(1, 1, "TEA", location=HERE))
    shelf.place("B", line(1, 1, "MUG", location=HERE))

    shelf.feed(e.ReleaseRequested("MUG"))
    shelf.feed(e.ReleaseRequested("MUG", order_id="B", line=1))
    assert (shelf.line("A", "allocated", "released"), shelf.line("B")) == ((1, 0), (0, 1))

    shelf.feed(e.ReleaseRequested("TEA"))
    assert shelf.line("A", "released", "status") == (1, "released")


def test_a_shipment_takes_every_piece_and_a_void_brings_it_back() -> None:
    shelf = Shelf(MUG=4, TIN=2)
    shelf.place("A", line(1, 2, "TEA", location=HERE))

    shelf.ship("A", 1)
    figures = "on_hand allocated"
    assert (shelf.row("MUG", names=figures), shelf.row("TIN", names=figures)) == ((2, 2), (1, 1))
    assert shelf.line("A", "shipped", "allocated", "status") == (1, 1, "part_shipped")

    shelf.feed(e.OrderShipmentVoided("A", "S-A"))
    assert (shelf.row("MUG", names=figures), shelf.row("TIN", names=figures)) == ((4, 4), (2, 2))


def test_a_forced_shipment_of_kits_sends_others_back_who_have_a_part() -> None:
    shelf = Shelf(MUG=2, TIN=1)
    shelf.place("A", line(1, 2, "MUG", location=HERE))
    shelf.place("B", line(1, 1, "TIN", location=HERE))
    shelf.place("C", line(1, 1, "TEA", location=HERE))
    shelf.ship("C", 1)
    assert shelf.reasons() == ["more_than_allocated"]

    shelf.ship("C", 1, force=True)

    assert (shelf.line("A"), shelf.line("B"), shelf.line("C", "shipped")) == ((0, 2), (0, 1), (1,))
    assert shelf.row("MUG", names="on_hand allocated") == (0, 0)


def test_kits_use_neither_holds_nor_what_is_kept_assembled() -> None:
    shelf = Shelf(TEA=5, MUG=2, TIN=1)
    until = datetime(2027, 1, 1, tzinfo=UTC)
    shelf.feed(e.StockHeld("TEA", "H1", HERE, 1, until))
    shelf.feed(e.StockHeld("MUG", "H2", HERE, 1, until))

    shelf.place("A", line(1, 1, "TEA", location=HERE, hold_id="H1"))
    shelf.place("B", line(1, 1, "TEA", location=HERE, hold_id="H2"))

    assert (shelf.line("A"), shelf.line("B")) == ((0, 1), (0, 1))
    assert shelf.row("TEA", names="on_hand held free") == (5, 1, 4)
    assert shelf.row("MUG", names="held free") == (1, 1)


def test_a_count_net_of_open_orders_adds_the_pieces_of_open_kits() -> None:
    shelf = Shelf(MUG=4, TIN=9)
    shelf.place("A", line(1, 3, "TEA", location=HERE))
    assert shelf.row("MUG") == (4, 2)

    shelf.count("MUG", -2, basis="available")

    assert (shelf.row("MUG", names="on_hand allocated"), shelf.line("A")) == ((4, 4), (2, 1))


def test_a_kit_that_comes_late_for_a_net_count_brings_its_pieces() -> None:
    shelf = Shelf(TIN=9)
    before = shelf.now
    shelf.count("MUG", 0, basis="available")

    placed = e.OrderPlaced("A", [line(1, 2, "TEA", location=HERE, backorder="deny")])
    shelf.model.apply(entry(placed, before, 99))

    assert (shelf.row("MUG", names="on_hand allocated"), shelf.line("A")) == ((4, 4), (2, 0))


def test_what_a_shop_front_shows_of_a_kit_follows_its_parts() -> None:
    shelf = Shelf(MUG=5, TIN=3)
    shelf.configure("TEA", backorder_cap=4)
    assert shelf.model.availability("TEA") == ("in_stock", 2 + 4)
    assert shelf.model.expected("TEA") is None  # there is one now

    shelf.place("A", line(1, 2, "TEA"))
    assert shelf.model.availability("TEA") == ("backorder", 4)
    assert shelf.model.expected("TEA") is None  # no more mugs are on their way

    shelf.buy("MUG", 1, day=3)
    assert shelf.model.expected("TEA") == MONDAY + timedelta(days=3)

    shelf.configure("TEA", discontinued=True)
    assert shelf.model.availability("TEA") == ("discontinued", 0)


def test_pieces_at_two_places_are_no_kit_for_a_shop_front() -> None:
    shelf = Shelf(MUG=1, TIN=1)
    shelf.count("MUG", 1, THERE)
    assert shelf.model.expected("TEA") is None
    shelf.buy("MUG", 1, day=3, place=THERE)
    assert shelf.model.expected("TEA") is None
    shelf.buy("TIN", 1, day=5, place=THERE)
    assert shelf.model.expected("TEA") == MONDAY + timedelta(days=5)


def test_a_kit_is_promised_for_when_the_last_of_its_parts_comes() -> None:
    shelf = Shelf(TIN=1)
    shelf.place("A", line(1, 1, "MUG"))
    shelf.place("B", line(1, 2, "TEA"))

    shelf.buy("MUG", 3, day=2)
    shelf.buy("TIN", 1, day=5)
    assert shelf.promised("B") is None  # A has one mug of the three

    shelf.buy("MUG", 2, day=4)
    assert (shelf.promised("A"), shelf.promised("B")) == (2, 5)

    shelf.buy("TIN", 1, day=1)
    assert shelf.promised("B") == 4


def test_a_kit_without_supply_of_a_part_is_promised_by_its_own_lead_time() -> None:
    shelf = Shelf(TIN=5)
    shelf.configure("TEA", lead_time_days=7)
    shelf.configure("MUG", lead_time_days=1)

    shelf.place("A", line(1, 1, "TEA"))

    opened = shelf.line("A", "opened_at")[0]
    assert shelf.line("A", "promised_at") == (opened + timedelta(days=7),)


def test_pieces_bought_for_a_kit_line_come_to_it_first_as_far_as_they_make_whole_kits() -> None:
    shelf = Shelf(TIN=5)
    shelf.place("A", line(1, 4, "MUG", location=HERE))
    shelf.place("B", line(1, 1, "TEA", location=HERE))
    shelf.feed(e.OrderAmended("B", [e.AmendedLine(1, 2)]))
    expected = MONDAY + timedelta(days=2)
    pegged = e.PurchasedLine(1, "MUG", HERE, 3, expected, e.Pegged("B", 1))
    shelf.feed(e.PurchasePlaced("P", "supplier", [pegged, e.PurchasedLine(2, "MUG", HERE, 2, expected)]))

    received = [e.ReceivedLine("MUG", HERE, 2, line=2), e.ReceivedLine("MUG", HERE, 3, line=1)]
    shelf.feed(e.GoodsReceived("R", received, "P"))

    assert (shelf.line("B"), shelf.line("A")) == ((1, 1), (3, 1))


def test_a_promise_counts_what_is_bought_for_a_kit_line_in_pieces() -> None:
    shelf = Shelf(TIN=5)
    shelf.place("A", line(1, 1, "MUG", location=HERE))
    shelf.place("B", line(1, 2, "TEA", location=HERE))

    shelf.buy("MUG", 5, day=3, peg="B")
    assert (shelf.promised("A"), shelf.promised("B")) == (3, 3)

    shelf.place("C", line(1, 1, "MUG", location=HERE))
    assert shelf.promised("C") is None


def test_beyond_its_horizon_a_kit_line_is_promised_by_what_is_bought_for_all_of_its_pieces() -> None:
    shelf = Shelf()
    shelf.configure("TEA", horizon_days=0, components=[e.KitPart("MUG", 2)])
    shelf.place("A", line(1, 2, "TEA", location=HERE), required_by=MONDAY + timedelta(days=30))

    shelf.buy("MUG", 3, day=2, peg="A")
    assert shelf.promised("A") is None

    shelf.buy("MUG", 1, day=4, peg="A")
    assert shelf.promised("A") == 4


def test_waiting_kits_are_demand_for_their_parts_when_it_is_time_to_buy() -> None:
    shelf = Shelf(MUG=1)
    shelf.configure("MUG", reorder_point=0, order_up_to=2)

    shelf.place("A", line(1, 2, "TEA"))

    assert shelf.model.suggestions == [("MUG", None, 2 + 3, -3, 0, 4)]


def test_amended_down_a_kit_line_gives_up_what_waits_first_then_whole_kits() -> None:
    shelf = Shelf(MUG=4, TIN=2)
    shelf.place("A", line(1, 3, "TEA", location=HERE))
    shelf.place("B", line(1, 2, "MUG", location=HERE))

    shelf.feed(e.OrderAmended("A", [e.AmendedLine(1, 1)]))

    assert shelf.line("A", "ordered", "allocated", "backordered") == (1, 1, 0)
    assert (shelf.line("B"), shelf.row("TIN", names="free")) == ((2, 0), (1,))

"""Wide World Importers as events: chains of orders, picks, shipments, receipts, purchases, opening stock."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backorder.contract.envelope import decode_structured
from backorder.importers.csv_folder import DataError
from backorder.importers.wide_world_importers import WideWorldImporters, backordered_lines
from backorder.simulate.simulation import Simulation
from backorder.trade.event import TradeEvent, json_line
from tests.support.data_sets import (
    WIDE_WORLD_IMPORTERS,
    small_wholesaler,
    write_table,
    write_wide_world_importers,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_wholesaler(tmp_path)


@pytest.fixture
def events(folder: Path) -> list[TradeEvent]:
    return list(WideWorldImporters(folder).events())


def of(events: Iterable[TradeEvent], kind: str) -> list[TradeEvent]:
    return [event for event in events if event.type == kind]


def data(events: Iterable[TradeEvent], kind: str) -> list[dict[str, Any]]:
    return [event.data for event in of(events, kind)]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_every_event_is_valid_and_they_come_in_the_order_of_time(events: list[TradeEvent]) -> None:
    times = [decode_structured(json_line(event)).time for event in events]
    assert times == sorted(times)
    assert len({(event.source, event.id) for event in events}) == len(events)


def test_an_order_and_the_orders_that_carry_on_with_it_are_one_order(events: list[TradeEvent]) -> None:
    placed = data(events, "order.placed")
    assert [(order["order_id"], order["lines"]) for order in placed] == [
        (
            "order-1",
            [{"line": 11, "sku": "item-7", "quantity": 10}, {"line": 13, "sku": "item-8", "quantity": 4}],
        ),
        ("order-2", [{"line": 12, "sku": "item-7", "quantity": 5}]),
    ]
    assert placed[0]["required_by"] == at("2013-01-02")
    assert {event.time for event in of(events, "order.placed")} == {at("2013-01-01 10:00")}


def test_a_chain_of_three_is_one_order_whatever_the_order_of_the_rows(tmp_path: Path) -> None:
    dates = ("2013-01-01", "2013-01-02")
    folder = write_wide_world_importers(
        tmp_path,
        orders=[(9, 1, "", *dates), (5, 1, 9, *dates), (2, 1, 5, *dates)],
        order_lines=[(1, 9, 7, 1, 0, ""), (2, 5, 8, 1, 0, ""), (3, 2, 6, 1, 0, "")],
    )
    placed = data(WideWorldImporters(folder).events(), "order.placed")
    assert [(order["order_id"], sorted(line["line"] for line in order["lines"])) for order in placed] == [
        ("order-2", [1, 2, 3])
    ]


def test_picks_belong_to_the_first_order_of_the_chain_and_happen_when_they_happened(
    events: list[TradeEvent],
) -> None:
    assert [(event.time, event.subject, event.data["lines"]) for event in of(events, "order.picked")] == [
        (at("2013-01-01 11:00"), "order-1", [{"line": 11, "quantity": 10, "location": "main"}]),
        (at("2013-01-01 11:00"), "order-2", [{"line": 12, "quantity": 5, "location": "main"}]),
        (at("2013-01-03 11:00"), "order-1", [{"line": 13, "quantity": 4, "location": "main"}]),
    ]


def test_stock_issues_are_forced_shipments_of_the_lines_that_they_match(events: list[TradeEvent]) -> None:
    shipped = of(events, "order.shipped")
    assert [(event.time, event.data["shipment_id"], event.data["lines"]) for event in shipped] == [
        (at("2013-01-01 12:00"), "invoice-501-1", [{"line": 11, "quantity": 10, "location": "main"}]),
        (at("2013-01-01 12:00"), "invoice-502-2", [{"line": 12, "quantity": 5, "location": "main"}]),
        (at("2013-01-03 12:00"), "invoice-503-1", [{"line": 13, "quantity": 4, "location": "main"}]),
    ]
    assert all(event.data["force"] is True for event in shipped)


def test_an_issue_that_matches_no_line_still_takes_its_units_away(tmp_path: Path) -> None:
    folder = write_wide_world_importers(
        tmp_path,
        orders=[(1, 832, "", "2013-01-01", "2013-01-02")],
        order_lines=[(11, 1, 7, 10, 10, "2013-01-01 11:00:00")],
        stock_item_transactions=[(1, 7, 10, 999, 501, "", "2013-01-01 12:00:00", -10)],
    )
    events = list(WideWorldImporters(folder).events())
    assert of(events, "order.shipped") == []
    assert data(events, "stock.adjusted") == [
        {"sku": "item-7", "location": "main", "quantity": -10, "reason": "issue_without_order"}
    ]


def test_stocktakes_are_adjustments_and_those_that_found_nothing_are_left_out(
    events: list[TradeEvent],
) -> None:
    assert data(events, "stock.adjusted") == [
        {"sku": "item-7", "location": "main", "quantity": -2, "reason": "stocktake"}
    ]


def test_purchases_are_in_units_and_receipts_name_their_line_and_close_it(events: list[TradeEvent]) -> None:
    first, second = of(events, "purchase.placed")
    assert (first.subject, first.data["supplier"]) == ("purchase-61", "supplier-4")
    assert first.data["lines"] == [
        {
            "line": 71,
            "sku": "item-8",
            "location": "main",
            "quantity": 6,
            "expected_at": at("2013-01-15 07:00"),
        }
    ]
    assert second.data["lines"][0]["quantity"] == 12
    (receipt,) = of(events, "goods.received")
    assert (receipt.time, receipt.subject) == (at("2013-01-03 07:00"), "purchase-61")
    assert receipt.data["lines"] == [
        {"sku": "item-8", "location": "main", "quantity": 6, "line": 71, "final": True}
    ]


def test_the_opening_balance_is_what_the_moves_leave_over_and_never_below_zero(
    events: list[TradeEvent],
) -> None:
    counted = of(events, "stock.counted")
    assert [(event.data["sku"], event.data["quantity"]) for event in counted] == [
        ("item-7", 83 + 10 + 5 + 2),
        ("item-8", 0),
    ]
    assert events[: len(counted)] == counted


def test_the_history_folds_to_the_stock_that_the_data_end_with(events: list[TradeEvent]) -> None:
    simulation = Simulation()
    types: Counter[str] = Counter()
    for event in events:
        for answer in simulation.take(json_line(event)):
            types[answer.split(b'"type":"io.backorder.')[1].split(b'"')[0].decode()] += 1
    assert simulation.rejected == []
    on_hand = {row.sku: row.on_hand for row in simulation.stock() if row.location == "main"}
    assert on_hand == {"item-7": 83, "item-8": 2}
    assert types["backorder.opened.v1"] == 1  # line 13, the one that the data call backordered


def test_the_last_time_is_that_of_the_last_event(folder: Path, events: list[TradeEvent]) -> None:
    assert WideWorldImporters(folder).last_time() == events[-1].time == at("2013-01-31 14:00")


def test_the_lines_that_the_data_call_backordered_are_found_by_their_number(folder: Path) -> None:
    assert backordered_lines(folder) == {13}


@pytest.mark.parametrize(
    "table", [name for name in WIDE_WORLD_IMPORTERS if name != "derived_backordered_lines"]
)
def test_a_missing_file_is_named(folder: Path, table: str) -> None:
    (folder / f"{table}.csv.gz").unlink()
    with pytest.raises(DataError, match=rf"{table}\.csv\.gz is missing"):
        list(WideWorldImporters(folder).events())


def test_a_missing_column_is_named(folder: Path) -> None:
    write_table(folder, "orders", ("OrderID", "CustomerID", "OrderDate"), [])
    with pytest.raises(
        DataError, match=r"orders\.csv\.gz has no column BackorderOrderID, ExpectedDeliveryDate"
    ):
        WideWorldImporters(folder)


def test_a_file_that_is_no_gzip_is_named(folder: Path) -> None:
    (folder / "orders.csv.gz").write_bytes(b"OrderID\n1\n")
    with pytest.raises(DataError, match=r"orders\.csv\.gz is not a gzipped CSV file"):
        WideWorldImporters(folder)


def test_a_file_that_was_cut_off_is_named(folder: Path) -> None:
    whole = (folder / "order_lines.csv.gz").read_bytes()
    (folder / "order_lines.csv.gz").write_bytes(whole[:-12])
    with pytest.raises(DataError, match=r"order_lines\.csv\.gz"):
        WideWorldImporters(folder)


def test_a_line_of_an_order_that_is_not_there_is_named(folder: Path) -> None:
    write_table(folder, "order_lines", WIDE_WORLD_IMPORTERS["order_lines"], [(11, 99, 7, 1, 0, "")])
    with pytest.raises(DataError, match="line 11 belongs to order 99"):
        WideWorldImporters(folder)


def test_a_value_that_is_no_number_is_named(folder: Path) -> None:
    write_table(folder, "order_lines", WIDE_WORLD_IMPORTERS["order_lines"], [(11, 1, 7, "ten", 0, "")])
    with pytest.raises(DataError, match=r"order_lines\.csv\.gz, line 2: .*ten"):
        WideWorldImporters(folder)

"""Online Retail as events: invoices, cancellations, returns and write-offs, with a seeded warehouse."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backorder.contract.envelope import decode_structured
from backorder.importers.csv_folder import DataError
from backorder.importers.online_retail import OnlineRetail
from backorder.simulate.simulation import Simulation
from backorder.trade.event import TradeEvent, json_line
from tests.support.data_sets import ONLINE_RETAIL, write_online_retail, write_table

DAY = "2010-12-01"


def events_of(folder: Path, rows: list[tuple[str, str, int, str, str]], seed: int = 0) -> list[TradeEvent]:
    return list(OnlineRetail(write_online_retail(folder, rows), seed=seed).events())


def told(events: list[TradeEvent], *kinds: str) -> list[tuple[str, str, dict[str, Any]]]:
    """What the shop itself tells, without its warehouse and buyers."""
    return [(event.type, event.subject, event.data) for event in events if event.type in kinds]


def test_an_invoice_is_an_order_and_a_line_is_the_place_in_the_invoice(tmp_path: Path) -> None:
    events = events_of(
        tmp_path,
        [
            ("536365", "85123A", 6, f"{DAY} 08:26:00", "17850"),
            ("536365", "POST", 1, f"{DAY} 08:26:00", "17850"),
            ("536365", "71053", 2, f"{DAY} 08:26:00", "17850"),
            ("536365", "85123A", 6, f"{DAY} 08:26:00", "17850"),
        ],
    )
    assert told(events, "order.placed") == [
        (
            "order.placed",
            "536365",
            {
                "order_id": "536365",
                "lines": [
                    {"line": 1, "sku": "85123A", "quantity": 6},
                    {"line": 3, "sku": "71053", "quantity": 2},
                    {"line": 4, "sku": "85123A", "quantity": 6},
                ],
            },
        )
    ]
    (order,) = [event for event in events if event.type == "order.placed"]
    assert order.time == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)


def test_codes_that_differ_in_case_are_one_article(tmp_path: Path) -> None:
    events = events_of(
        tmp_path,
        [("1", "84406b", 1, f"{DAY} 08:00:00", ""), ("2", "84406B", 1, f"{DAY} 09:00:00", "")],
    )
    assert {event.data["lines"][0]["sku"] for event in events if event.type == "order.placed"} == {"84406B"}


@pytest.mark.parametrize(
    "code",
    [
        "POST",
        "DOT",
        "M",
        "m",
        "C2",
        "D",
        "S",
        "BANK CHARGES",
        "AMAZONFEE",
        "ADJUST2",
        "TEST001",
        "gift_0001_20",
    ],
)
def test_what_is_no_goods_is_left_out(tmp_path: Path, code: str) -> None:
    assert events_of(tmp_path, [("1", code, 1, f"{DAY} 08:00:00", "17850")]) == []


def test_bad_debts_are_left_out(tmp_path: Path) -> None:
    events = events_of(
        tmp_path,
        [("1", "71053", 1, f"{DAY} 08:00:00", ""), ("A563185", "71053", 1, f"{DAY} 09:00:00", "")],
    )
    assert [subject for _, subject, _ in told(events, "order.placed")] == ["1"]


def test_a_negative_quantity_without_a_cancellation_is_a_write_off(tmp_path: Path) -> None:
    events = events_of(
        tmp_path,
        [("1", "71053", 9, f"{DAY} 08:00:00", ""), ("2", "71053", -3, f"{DAY} 09:00:00", "")],
    )
    assert told(events, "stock.adjusted") == [
        (
            "stock.adjusted",
            "71053",
            {"sku": "71053", "location": "warehouse", "quantity": -3, "reason": "description of 71053"},
        )
    ]


def test_a_cancellation_soon_after_cancels_units_of_the_customers_newest_sale(tmp_path: Path) -> None:
    events = events_of(
        tmp_path,
        [
            ("1", "71053", 9, f"{DAY} 08:00:00", "17850"),
            ("2", "71053", 9, f"{DAY} 08:10:00", "17850"),
            ("3", "71053", 9, f"{DAY} 08:20:00", "99999"),
            ("C4", "71053", -2, f"{DAY} 08:30:00", "17850"),
        ],
    )
    assert told(events, "order.cancelled", "stock.returned") == [
        ("order.cancelled", "2", {"order_id": "2", "reason": "C4", "lines": [{"line": 1, "quantity": 2}]})
    ]


def test_a_sale_of_the_very_quantity_is_meant_before_a_newer_one(tmp_path: Path) -> None:
    events = events_of(
        tmp_path,
        [
            ("1", "71053", 5, f"{DAY} 08:00:00", "17850"),
            ("2", "71053", 9, f"{DAY} 08:10:00", "17850"),
            ("C3", "71053", -5, f"{DAY} 08:30:00", "17850"),
        ],
    )
    assert [subject for _, subject, _ in told(events, "order.cancelled")] == ["1"]


def test_a_cancellation_of_more_than_one_sale_takes_from_several(tmp_path: Path) -> None:
    events = events_of(
        tmp_path,
        [
            ("1", "71053", 2, f"{DAY} 08:00:00", "17850"),
            ("2", "71053", 3, f"{DAY} 08:10:00", "17850"),
            ("C3", "71053", -4, f"{DAY} 08:30:00", "17850"),
        ],
    )
    cancelled = told(events, "order.cancelled")
    assert [(subject, data["lines"]) for _, subject, data in cancelled] == [
        ("2", [{"line": 1, "quantity": 3}]),
        ("1", [{"line": 1, "quantity": 1}]),
    ]


def test_two_cancellations_never_take_the_same_units(tmp_path: Path) -> None:
    events = events_of(
        tmp_path,
        [
            ("1", "71053", 3, f"{DAY} 08:00:00", "17850"),
            ("C2", "71053", -2, f"{DAY} 08:10:00", "17850"),
            ("C3", "71053", -2, f"{DAY} 08:20:00", "17850"),
        ],
    )
    assert [data["lines"][0]["quantity"] for _, _, data in told(events, "order.cancelled")] == [2, 1]
    assert [(data["quantity"], data["order_id"]) for _, _, data in told(events, "stock.returned")] == [
        (1, None)
    ]


def test_what_was_shipped_long_ago_is_returned(tmp_path: Path) -> None:
    rows = [("1", "71053", 1, f"{DAY} 08:00:00", "17850")]
    rows += [(f"{number}", "22000", 1, f"2010-12-{number:02} 09:00:00", "") for number in range(2, 29)]
    rows += [("C99", "71053", -1, "2011-03-30 08:00:00", "17850")]
    events = events_of(tmp_path, rows)
    assert "1" in {event.subject for event in events if event.type == "order.shipped"}
    assert told(events, "order.cancelled") == []
    (returned,) = [data for _, _, data in told(events, "stock.returned") if data["order_id"] == "1"]
    assert (returned["quantity"], returned["condition"]) == (1, "sellable")


def test_a_cancellation_that_precedes_the_data_is_a_return_of_nobodys_order(tmp_path: Path) -> None:
    events = events_of(
        tmp_path,
        [("1", "71053", 3, f"{DAY} 08:00:00", ""), ("C2", "22000", -4, f"{DAY} 08:10:00", "17850")],
    )
    assert [
        (data["sku"], data["quantity"], data["order_id"]) for _, _, data in told(events, "stock.returned")
    ] == [("22000", 4, None)]


def test_a_cancellation_with_a_positive_quantity_takes_nothing_back(tmp_path: Path) -> None:
    events = events_of(
        tmp_path,
        [("1", "71053", 3, f"{DAY} 08:00:00", "17850"), ("C2", "71053", 1, f"{DAY} 08:10:00", "17850")],
    )
    assert told(events, "order.cancelled", "stock.returned") == []


def test_an_invoice_that_goes_on_after_another_one_amends_its_order(tmp_path: Path) -> None:
    events = events_of(
        tmp_path,
        [
            ("1", "71053", 3, f"{DAY} 08:00:00", ""),
            ("2", "71053", 1, f"{DAY} 08:00:00", ""),
            ("1", "22000", 4, f"{DAY} 08:01:00", ""),
        ],
    )
    assert told(events, "order.amended") == [
        ("order.amended", "1", {"order_id": "1", "lines": [{"line": 2, "sku": "22000", "quantity": 4}]})
    ]


def a_quarter() -> list[tuple[str, str, int, str, str]]:
    """Ninety days of three orders a day for four articles."""
    rows = []
    for day in range(90):
        month, date = 1 + day // 30, 1 + day % 28
        for hour in (9, 12, 15):
            code = str(22000 + (day + hour) % 4)
            rows.append(
                (f"{day:03}{hour:02}", code, 1 + day % 5, f"2011-{month:02}-{date:02} {hour:02}:00:00", "1")
            )
    return sorted(rows, key=lambda row: row[3])


def test_stock_comes_before_orders_and_backorders_open_and_are_filled(tmp_path: Path) -> None:
    events = events_of(tmp_path, a_quarter())
    kinds = [event.type for event in events]
    assert set(kinds[: kinds.index("order.placed")]) == {"stock.counted"}
    assert {"order.picked", "order.shipped", "purchase.placed", "goods.received"} <= set(kinds)
    simulation = Simulation()
    types: Counter[str] = Counter()
    for event in events:
        for answer in simulation.take(json_line(event)):
            types[answer.split(b'"type":"io.backorder.')[1].split(b'"')[0].decode()] += 1
    assert types["backorder.opened.v1"] > 20
    assert types["backorder.filled.v1"] > 10


def test_every_event_is_valid_and_they_come_in_the_order_of_time(tmp_path: Path) -> None:
    events = events_of(tmp_path, a_quarter())
    times = [decode_structured(json_line(event)).time for event in events]
    assert times == sorted(times)
    assert len({(event.source, event.id) for event in events}) == len(events)


def test_the_same_seed_gives_the_same_events_and_another_seed_other_ones(tmp_path: Path) -> None:
    rows = a_quarter()
    assert events_of(tmp_path, rows, seed=1) == events_of(tmp_path, rows, seed=1)
    assert events_of(tmp_path, rows, seed=1) != events_of(tmp_path, rows, seed=2)


def test_the_last_time_is_that_of_the_last_event(tmp_path: Path) -> None:
    events = events_of(tmp_path, [*a_quarter(), ("X", "POST", 1, "2012-01-01 08:00:00", "")])
    assert OnlineRetail(tmp_path).last_time() == events[-1].time


def test_an_empty_file_has_no_events(tmp_path: Path) -> None:
    history = OnlineRetail(write_online_retail(tmp_path, []))
    assert list(history.events()) == []
    assert history.last_time() is None


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no file online_retail\*\.csv\.gz"):
        list(OnlineRetail(tmp_path).events())


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    write_table(
        tmp_path, ONLINE_RETAIL, ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate"), []
    )
    with pytest.raises(DataError, match="has no column CustomerID"):
        list(OnlineRetail(tmp_path).events())


def test_a_quantity_that_is_no_number_is_named(tmp_path: Path) -> None:
    write_online_retail(tmp_path, [("1", "71053", "six", f"{DAY} 08:00:00", "")])  # type: ignore[list-item]
    with pytest.raises(DataError, match="six"):
        list(OnlineRetail(tmp_path).events())

"""The parts of the demo that need no Kafka: figures, input, what is shown."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from backorder.cli.main import build
from backorder.demo.figures import Figures
from backorder.demo.show import Show, in_words
from backorder.demo.summary import print_comparison, print_summary
from backorder.demo.traffic import data_folders, data_traffic, sample_traffic
from backorder.importers.csv_folder import DataError
from backorder.publisher.records import nearest_record
from backorder.simulate.simulation import Simulation
from tests.support.data_sets import small_wholesaler, write_online_retail

END = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TOPICS = {
    "backorder": "backorders",
    "order": "backorders",
    "line": "backorders",
    "release": "releases",
    "event": "exceptions",
    "notice": "notices",
    "replenishment": "replenishment",
}


def watched(lines: Iterator[bytes]) -> tuple[Figures, Simulation]:
    """Figures that have seen all that a simulation says, each event published at 10 and answered at 10.25."""
    figures, simulation = Figures(), Simulation()
    for line in lines:
        record = nearest_record(line)
        figures.sent(record.topic, record.pool, record.id, 10.0)
        for answer in simulation.take(line):
            event = json.loads(answer)
            kind = event["type"].removeprefix("io.backorder.").removesuffix(".v1")
            if kind in ("line.changed", "stock.level", "availability.changed"):
                topic = {"line.changed": "lines", "stock.level": "stock"}.get(kind, "availability")
                figures.row(topic, event["subject"].encode(), answer)
            elif kind == "stock.discrepancy":
                figures.answered("exceptions", answer, 10.25)
            else:
                figures.answered(TOPICS[kind.partition(".")[0]], answer, 10.25)
    return figures, simulation


def sample_lines(events: int) -> Iterator[bytes]:
    opening, rest = sample_traffic(events, 1, END)
    return chain(opening, rest)


@pytest.fixture(scope="module")
def story() -> tuple[Figures, Simulation]:
    return watched(sample_lines(1500))


def test_lines_are_counted_by_their_last_state(story: tuple[Figures, Simulation]) -> None:
    figures, simulation = story
    expected: dict[str, int] = {}
    for row in simulation.lines():
        expected[row.status] = expected.get(row.status, 0) + 1
    counted = figures.lines_by_state()
    # Lines that were forgotten stay counted here: a simulation prints no tombstones.
    assert all(counted[state] >= count for state, count in expected.items())
    assert counted["waiting"] == expected["waiting"]


def test_a_tombstone_takes_a_line_out_of_the_count() -> None:
    figures, simulation = Figures(), Simulation()
    placed = next(line for line in sample_lines(1500) if b"order.placed" in line)
    row = next(event for event in simulation.take(placed) if b"line.changed" in event)
    figures.row("lines", b"key", row)
    assert sum(figures.lines_by_state().values()) == 1
    figures.row("lines", b"key", None)
    assert figures.lines_by_state() == {}
    assert figures.oldest() is None


def test_the_oldest_line_is_the_one_that_has_waited_longest(story: tuple[Figures, Simulation]) -> None:
    figures, simulation = story
    waiting = [row for row in simulation.lines() if row.opened_at is not None]
    first = min(waiting, key=lambda row: row.opened_at or END)
    assert first.opened_at is not None
    oldest = figures.oldest()
    assert oldest is not None
    age, key = oldest
    assert json.loads(key) == [first.pool, first.order_id, first.line]
    assert abs(age - (datetime.now(UTC) - first.opened_at).total_seconds()) < 60


def test_latency_is_from_the_publishing_of_an_event_to_its_first_answer(
    story: tuple[Figures, Simulation],
) -> None:
    figures, _ = story
    assert set(figures.latencies) == {0.25}
    assert figures.latency(0.5) == figures.latency(0.99) == 0.25
    assert Figures().latency(0.5) is None


def test_shares_of_the_latencies_are_taken_in_order() -> None:
    figures = Figures()
    figures.latencies = [float(number) for number in range(100, 0, -1)]
    assert (figures.latency(0.0), figures.latency(0.5), figures.latency(0.99)) == (1.0, 51.0, 100.0)


def test_only_the_newest_published_events_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backorder.demo.figures.MOST_REMEMBERED", 3)
    figures = Figures()
    for number in range(10):
        figures.sent("orders", "default", f"event-{number}", 1.0)
    assert figures.totals() == (10, 0)
    assert [event_id for _, event_id in figures._published_at] == ["event-7", "event-8", "event-9"]


def test_the_lines_of_a_pool_are_known_by_their_number() -> None:
    figures, simulation = watched(sample_lines(400))
    assert {row.line for row in simulation.lines() if row.pool == "north"} <= figures.lines_of("north")
    assert figures.lines_of("elsewhere") == set()


def test_opened_backorders_are_remembered_by_pool_order_and_line(story: tuple[Figures, Simulation]) -> None:
    figures, simulation = story
    waiting = {(row.pool, row.order_id, row.line) for row in simulation.lines() if row.backordered}
    assert waiting
    assert waiting <= figures.backordered


# --- input --------------------------------------------------------------------------------------------------


def test_what_comes_before_the_first_order_is_played_first() -> None:
    opening, rest = sample_traffic(1000, 1, END)
    assert opening
    assert all(nearest_record(line).topic != "orders" for line in opening)
    assert nearest_record(next(rest)).topic == "orders"
    assert len(opening) + 1 + len(list(rest)) == 1000


def test_the_sample_trades_in_several_pools() -> None:
    pools = {json.loads(line)["pool"] for line in sample_lines(1000)}
    assert pools == {"north", "south", "online"}


def test_a_very_small_sample_trades_in_one_pool() -> None:
    assert {json.loads(line)["pool"] for line in sample_lines(150)} == {"north"}


def test_data_sets_are_found_in_the_folder_or_below_it(tmp_path: Path) -> None:
    wholesaler, shop = tmp_path / "wide-world-importers", tmp_path / "online-retail"
    wholesaler.mkdir()
    shop.mkdir()
    small_wholesaler(wholesaler)
    write_online_retail(shop, [("1", "71053", 3, "2010-12-01 08:00:00", "")])
    assert data_folders(tmp_path) == {"wide-world-importers": wholesaler, "online-retail": shop}
    assert data_folders(wholesaler) == {"wide-world-importers": wholesaler}
    assert data_folders(shop) == {"online-retail": shop}


def test_a_folder_without_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds neither"):
        data_folders(tmp_path)


@pytest.fixture
def both(tmp_path: Path) -> Path:
    """Two data sets, one of which begins long after the other."""
    wholesaler, shop = tmp_path / "wide-world-importers", tmp_path / "online-retail"
    wholesaler.mkdir()
    shop.mkdir()
    small_wholesaler(wholesaler)
    write_online_retail(
        shop,
        [("1", "71053", 3, "2010-12-01 08:00:00", ""), ("2", "71053", 1, "2010-12-01 09:00:00", "")],
    )
    return tmp_path


def test_each_data_set_is_a_pool_and_ends_now(both: Path) -> None:
    opening, rest = data_traffic(data_folders(both), None, END)
    events = [json.loads(line) for line in rest]
    times = [datetime.fromisoformat(event["time"]) for event in events]
    assert times == sorted(times)
    last = {event["pool"]: time for event, time in zip(events, times, strict=True)}
    assert last == {"wide-world-importers": END, "online-retail": END}
    assert {json.loads(line)["pool"] for line in opening} == set(last)


def test_the_stock_of_every_data_set_is_in_before_the_first_order_of_any(both: Path) -> None:
    opening, rest = data_traffic(data_folders(both), None, END)
    assert {json.loads(line)["type"] for line in opening} == {"io.backorder.stock.counted.v1"}
    assert not [line for line in rest if b"stock.counted" in line]


def test_a_limit_holds_for_each_data_set(both: Path) -> None:
    opening, rest = data_traffic(data_folders(both), 3, END)
    assert len(opening) + len(list(rest)) == 3 + 3


def test_a_bad_choice_ends_the_command_with_2_before_anything_is_started() -> None:
    result = CliRunner().invoke(build(["demo"]), ["demo", "--broker", "localhost"])
    assert result.exit_code == 2
    assert "not one of" in result.stderr


# --- what is shown ------------------------------------------------------------------------------------------


def printed(draw: Any, terminal: bool) -> str:
    out = io.StringIO()
    draw(Console(file=out, force_terminal=terminal, width=120, height=60))
    return out.getvalue()


def test_the_table_shows_flow_lines_age_releases_and_metrics(story: tuple[Figures, Simulation]) -> None:
    figures, _ = story

    def draw(console: Console) -> None:
        show = Show(figures, console, {"orders": "127.0.0.1:4711"})
        show.phase = "trade"
        with show.running():
            show.refresh()

    text = printed(draw, terminal=True)
    release = figures.last_releases()[-1]
    for words in ("events in", "records out", "waiting", "oldest waiting", release.order_id, release.why):
        assert words in text
    assert "http://127.0.0.1:4711/metrics" in text


def test_without_a_terminal_there_are_plain_lines(story: tuple[Figures, Simulation]) -> None:
    figures, _ = story

    def draw(console: Console) -> None:
        show = Show(figures, console, {})
        show.phase = "trade"
        with show.running():
            show.refresh()
            show.refresh()

    text = printed(draw, terminal=False)
    assert text.count("\n") == 1, "not more often than every few seconds"
    assert "trade: in " in text
    assert "\x1b" not in text


def test_the_summary_has_counts_and_latency(story: tuple[Figures, Simulation]) -> None:
    figures, _ = story
    figures.dead_letter("missing_field")
    text = printed(lambda console: print_summary(figures, 2.0, console), terminal=False)
    assert "events in" in text
    assert "1,500" in text
    assert "latency p50, ms" in text
    assert "250" in text
    assert "dead letter missing_field" in text


def test_the_comparison_counts_what_both_call_backordered() -> None:
    text = printed(lambda console: print_comparison({1, 2, 3}, {3, 4}, console), terminal=False)
    assert "here 3, in the data 2, in both 1" in text


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=40), "40 s"),
        (timedelta(hours=3, minutes=5), "3 h 5 min"),
        (timedelta(days=12, hours=4), "12 d 4 h"),
        (timedelta(seconds=-3), "0 s"),
    ],
)
def test_ages_are_said_as_people_do(age: timedelta, words: str) -> None:
    assert in_words(age.total_seconds()) == words

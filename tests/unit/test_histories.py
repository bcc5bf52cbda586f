"""Cutting a history and moving it: `backorder import`."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from backorder.cli.main import build
from backorder.importers.history import told
from backorder.importers.wide_world_importers import WideWorldImporters
from tests.support.data_sets import small_wholesaler, write_online_retail

END = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_wholesaler(tmp_path)


def run(*arguments: str) -> Any:
    command = ["import", *arguments]
    return CliRunner().invoke(build(command), command)


def test_all_times_are_moved_by_one_constant_so_that_the_last_is_the_end(folder: Path) -> None:
    history = WideWorldImporters(folder)
    before, after = list(history.events()), list(told(history, end=END))
    assert after[-1].time == END
    assert {new.time - old.time for old, new in zip(before, after, strict=True)} == {END - before[-1].time}


def test_moments_inside_the_events_are_moved_as_well(folder: Path) -> None:
    history = WideWorldImporters(folder)
    by = END - list(history.events())[-1].time
    counted = next(event for event in told(history, end=END) if event.type == "stock.counted")
    assert counted.data["as_of"] == counted.time
    placed = next(event for event in told(history, end=END) if event.type == "order.placed")
    assert placed.data["required_by"] == datetime(2013, 1, 2, tzinfo=UTC) + by
    purchase = next(event for event in told(history, end=END) if event.type == "purchase.placed")
    assert purchase.data["lines"][0]["expected_at"] == datetime(2013, 1, 15, 7, tzinfo=UTC) + by


def test_a_limit_takes_the_first_events_and_moves_the_last_of_them_to_the_end(folder: Path) -> None:
    events = list(told(WideWorldImporters(folder), limit=4, end=END))
    assert len(events) == 4
    assert events[-1].time == END


def test_without_an_end_the_times_stay_as_they_are(folder: Path) -> None:
    history = WideWorldImporters(folder)
    assert list(told(history)) == list(history.events())


def test_the_command_writes_json_lines(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    result = run("wide-world-importers", str(folder), "-o", str(out), "--end", "2026-03-01T12:00:00Z")
    assert result.exit_code == 0, result.output
    events = [json.loads(line) for line in out.read_text().splitlines()]
    assert [event["type"] for event in events].count("io.backorder.order.placed.v1") == 2
    assert max(datetime.fromisoformat(event["time"]) for event in events) == END


def test_end_now_ends_now(folder: Path) -> None:
    before = datetime.now(UTC)
    result = run("wide-world-importers", str(folder), "--end-now")
    last = max(datetime.fromisoformat(json.loads(line)["time"]) for line in result.stdout.splitlines())
    assert before - timedelta(seconds=1) <= last <= datetime.now(UTC)


def test_the_pool_may_be_chosen(tmp_path: Path) -> None:
    write_online_retail(tmp_path, [("1", "71053", 3, "2010-12-01 08:00:00", "")])
    result = run("online-retail", str(tmp_path), "--pool", "uk")
    assert {json.loads(line)["pool"] for line in result.stdout.splitlines()} == {"uk"}


def test_what_is_missing_is_said_and_the_exit_code_is_2(tmp_path: Path) -> None:
    result = run("wide-world-importers", str(tmp_path))
    assert result.exit_code == 2
    assert "orders.csv.gz is missing" in result.stderr


def test_two_ends_are_refused(folder: Path) -> None:
    result = run("wide-world-importers", str(folder), "--end-now", "--end", "2026-03-01T12:00:00Z")
    assert result.exit_code == 2


def test_an_end_without_an_offset_is_refused(folder: Path) -> None:
    result = run("wide-world-importers", str(folder), "--end", "2026-03-01T12:00:00")
    assert result.exit_code == 2
    assert "offset" in result.stderr

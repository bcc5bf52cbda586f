"""`backorder simulate`: the whole processor on a file, and one document with all that came of it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from backorder.cli.main import build
from backorder.contract.envelope import encode_structured
from backorder.simulate.simulation import NotJsonLines, Simulation

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class Story:
    """Lines for `simulate`; each event happens an hour after the one before."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.now = MONDAY

    def tell(
        self, kind: str, data: dict[str, Any], *, id: str | None = None, pool: str = "default"
    ) -> "Story":
        name = id or f"event-{len(self.lines) + 1}"
        record = encode_structured(kind, data, id=name, source="/tests", time=self.now, pool=pool)
        return self.line(record.value)

    def line(self, text: bytes) -> "Story":
        self.lines.append(text + b"\n")
        self.now += timedelta(hours=1)
        return self

    def count(self, quantity: int, **about: Any) -> "Story":
        data = {"sku": "MUG", "location": "AMS", "quantity": quantity, "basis": "on_hand"}
        return self.tell("stock.counted", data | {"as_of": self.now.isoformat()}, **about)

    def order(self, order_id: str, quantity: int, **about: Any) -> "Story":
        data = {"order_id": order_id, "lines": [{"line": 1, "sku": "MUG", "quantity": quantity}]}
        return self.tell("order.placed", data, **about)

    def receive(self, quantity: int, **about: Any) -> "Story":
        line = {"sku": "MUG", "location": "AMS", "quantity": quantity}
        return self.tell("goods.received", {"receipt_id": f"GR-{len(self.lines)}", "lines": [line]}, **about)

    def tick(self, time: datetime) -> "Story":
        return self.line(
            json.dumps({"type": "io.backorder.clock.ticked.v1", "time": time.isoformat()}).encode()
        )

    def document(self) -> Any:
        result = run(b"".join(self.lines))
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


def run(text: bytes, *arguments: str) -> Any:
    command = ["simulate", *(arguments or ("-", "-o", "json"))]
    return CliRunner().invoke(build(command), command, input=text)


def said(document: Any) -> list[str]:
    """Decisions in words, without the table rows."""
    words = []
    for event in document["events"]:
        kind, data = event["type"].removeprefix("io.backorder.").removesuffix(".v1"), event["data"]
        if kind not in ("line.changed", "stock.level", "availability.changed"):
            words.append(
                f"{event['causationid']}: {kind} {event['subject']} {data.get('quantity', '')}".rstrip()
            )
    return words


def test_a_short_story_told_to_its_end() -> None:
    document = Story().count(5).order("A", 3).order("B", 4).receive(10).document()
    assert said(document) == [
        "event-2: release.created A",
        "event-3: backorder.opened B 2",
        "event-3: release.created B",
        "event-3: notice.due B 2",
        "event-4: backorder.filled B 2",
        "event-4: backorder.closed B",
        "event-4: release.created B",
        "event-4: notice.due B 2",
    ]
    figures = ("location", "on_hand", "allocated", "free", "backordered")
    assert [[row[name] for name in figures] for row in document["stock"]] == [
        [None, 0, 0, 0, 0],
        ["AMS", 15, 7, 8, 0],
    ]
    assert [(row["order_id"], row["status"], row["version"]) for row in document["lines"]] == [
        ("A", "released", 1),
        ("B", "released", 2),
    ]
    assert document["rejected"] == []


def test_the_document_has_four_parts_in_this_order_even_for_nothing() -> None:
    assert list(Story().document().items()) == [
        ("stock", []),
        ("lines", []),
        ("events", []),
        ("rejected", []),
    ]


def test_each_line_of_input_is_one_batch_so_a_row_comes_once_for_each_event_that_changed_it() -> None:
    document = Story().count(5).order("A", 1).order("B", 1).document()
    rows = [event for event in document["events"] if event["type"] == "io.backorder.stock.level.v1"]
    assert [(row["causationid"], row["data"]["allocated"]) for row in rows] == [
        ("event-1", 0),
        ("event-2", 1),
        ("event-3", 2),
    ]


def test_a_repeat_is_in_neither_list() -> None:
    document = Story().count(5, id="same").order("A", 1, id="a").order("A", 1, id="a").document()
    assert said(document) == ["a: release.created A"]
    assert document["rejected"] == []


def test_an_id_means_another_event_on_another_topic_or_from_another_source() -> None:
    story = Story().count(5, id="1").order("A", 1, id="1")
    other = encode_structured(
        "order.placed",
        {"order_id": "B", "lines": [{"line": 1, "sku": "MUG", "quantity": 1}]},
        id="1",
        source="/tests/other",
        time=story.now,
    )
    document = story.line(other.value).document()
    assert [row["order_id"] for row in document["lines"]] == ["A", "B"]


def test_an_id_that_comes_again_after_more_than_a_day_meets_the_business_key() -> None:
    story = Story().count(5).order("A", 1, id="a")
    story.now += timedelta(days=2)
    document = story.order("A", 1, id="a").document()
    assert [rejection["reason"] for rejection in document["rejected"]] == ["duplicate_order"]


def test_an_event_without_effect_that_cannot_be_read_may_come_again_under_its_id() -> None:
    story = Story().count(5)
    broken = {"order_id": "A", "lines": [{"line": 1, "sku": "MUG", "quantity": "1"}]}
    document = story.tell("order.placed", broken, id="a").order("A", 1, id="a").document()
    assert [(entry["id"], entry["reason"]) for entry in document["rejected"]] == [("a", "invalid_field")]
    assert [row["order_id"] for row in document["lines"]] == ["A"]


def test_senseless_and_unreadable_events_are_both_listed_with_reason_and_detail() -> None:
    document = (
        Story()
        .tell("order.cancelled", {"order_id": "X", "reason": "test", "lines": [{"line": 1}]}, id="senseless")
        .line(b'{"specversion": "1.0", "id": "unreadable", "type": "io.backorder.order.plcaed.v1"}')
        .line(b"5")
        .document()
    )
    senseless, unreadable, nothing = document["rejected"]
    assert list(senseless) == ["id", "type", "reason", "detail"]
    assert (senseless["id"], senseless["reason"]) == ("senseless", "unknown_order")
    assert senseless["type"] == "io.backorder.order.cancelled.v1"
    assert (unreadable["id"], unreadable["reason"]) == ("unreadable", "missing_field")
    assert nothing == {
        "id": None,
        "type": None,
        "reason": "not_cloudevents",
        "detail": nothing["detail"],
    }
    # Only what was readable is an event out.
    assert said(document) == ["senseless: event.rejected X"]


def test_a_tick_moves_the_clock_so_that_what_closed_long_ago_is_forgotten() -> None:
    story = (
        Story()
        .count(5)
        .tell(
            "order.placed",
            {"order_id": "A", "lines": [{"line": 1, "sku": "OUT", "quantity": 1, "backorder": "deny"}]},
        )
    )
    assert [row["status"] for row in story.document()["lines"]] == ["refused"]
    later = story.tick(MONDAY + timedelta(days=100)).document()
    assert later["lines"] == []
    assert later["rejected"] == []


def test_a_tick_has_no_other_effect() -> None:
    with_ticks = Story().count(5).tick(MONDAY + timedelta(hours=1)).order("A", 3)
    without = Story().count(5)
    without.now += timedelta(hours=1)
    without.lines.append(b"\n")
    assert with_ticks.document() == without.order("A", 3, id="event-3").document()


def test_a_tick_with_a_bad_time_is_rejected() -> None:
    document = (
        Story().line(b'{"type": "io.backorder.clock.ticked.v1", "time": "2026-03-02T08:00:00"}').document()
    )
    assert [(entry["type"], entry["reason"]) for entry in document["rejected"]] == [
        ("io.backorder.clock.ticked.v1", "naive_time")
    ]


def test_pools_share_nothing() -> None:
    document = (
        Story().count(5, pool="north").order("A", 3, pool="north").order("A", 3, pool="south").document()
    )
    assert [(row["pool"], row["status"]) for row in document["lines"]] == [
        ("north", "released"),
        ("south", "waiting"),
    ]
    assert {event["source"] for event in document["events"]} == {"/backorder/north", "/backorder/south"}


def test_rows_are_sorted_with_null_first_and_lines_as_numbers() -> None:
    lines = [{"line": number, "sku": "MUG", "quantity": 1} for number in (10, 9, 2)]
    document = (
        Story()
        .tell("order.placed", {"order_id": "B", "lines": lines})
        .order("A", 1)
        .count(1)
        .tell("stock.adjusted", {"sku": "BOWL", "location": "AMS", "quantity": 1, "reason": "found"})
        .document()
    )
    assert [(row["order_id"], row["line"]) for row in document["lines"]] == [
        ("A", 1),
        ("B", 2),
        ("B", 9),
        ("B", 10),
    ]
    assert [(row["sku"], row["location"]) for row in document["stock"]] == [
        ("BOWL", "AMS"),
        ("MUG", None),
        ("MUG", "AMS"),
    ]


def test_the_tables_are_the_last_rows_that_went_out() -> None:
    document = Story().count(5).order("A", 3).order("B", 4).receive(10).document()
    last: dict[str, Any] = {}
    for event in document["events"]:
        if event["type"] in ("io.backorder.line.changed.v1", "io.backorder.stock.level.v1"):
            last[event["subject"]] = event["data"]
    assert [last[subject] for subject in sorted(last)] == sorted(
        document["stock"] + document["lines"], key=lambda row: json.dumps(key_of(row), separators=(",", ":"))
    )


def key_of(row: dict[str, Any]) -> list[Any]:
    if "order_id" in row:
        return [row["pool"], row["order_id"], row["line"]]
    return [row["pool"], row["sku"], row["location"]]


def test_what_goes_out_carries_cause_and_trace() -> None:
    record = encode_structured(
        "order.placed",
        {"order_id": "A", "lines": [{"line": 1, "sku": "MUG", "quantity": 1}]},
        id="traced",
        source="/tests",
        time=MONDAY,
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    )
    events = Story().line(record.value).document()["events"]
    assert events
    assert {event["causationid"] for event in events} == {"traced"}
    assert {event["traceparent"] for event in events} == {
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    }


@pytest.mark.parametrize("wrong", [b"nonsense", b'{"id": ', b'{"a": 1} {"b": 2}', b'{"id": "\xff"}'])
def test_a_file_that_is_not_json_lines_ends_with_2_names_the_line_and_prints_no_document(
    wrong: bytes,
) -> None:
    text = b"".join(Story().count(5).order("A", 1).lines) + wrong + b"\n"
    result = run(text)
    assert result.exit_code == 2
    assert "line 3" in result.stderr
    assert result.stdout == ""


def test_json_that_is_nested_too_deeply_is_still_a_line_of_json() -> None:
    depth = 100_000
    simulation = Simulation()
    assert simulation.take(b"[" * depth + b"]" * depth + b"\n") == []
    assert [rejection.reason for rejection in simulation.rejected] == ["not_json"]


def test_lines_are_counted_from_one_and_blank_ones_are_passed_over() -> None:
    simulation = Simulation()
    assert simulation.take(b"\n") == []
    with pytest.raises(NotJsonLines) as raised:
        simulation.take(b"{")
    assert raised.value.number == 2


def test_a_missing_file_ends_with_2(tmp_path: Path) -> None:
    result = run(b"", str(tmp_path / "none.jsonl"))
    assert result.exit_code == 2
    assert "No such file" in result.stderr


def test_a_file_is_read_like_standard_input(tmp_path: Path) -> None:
    story = Story().count(5).order("A", 3)
    file = tmp_path / "story.jsonl"
    file.write_bytes(b"".join(story.lines))
    assert json.loads(run(b"", str(file), "-o", "json").stdout) == story.document()


def test_many_events_wait_on_disk_and_come_out_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story().count(50)
    for number in range(20):
        story.order(f"O-{number}", 1)
    expected = story.document()
    monkeypatch.setattr("backorder.simulate.document.EVENTS_AT_ONCE", 3)
    monkeypatch.setattr("backorder.simulate.document.IN_MEMORY", 100)
    assert story.document() == expected


def test_the_tables_show_stock_lines_events_and_what_was_rejected() -> None:
    text = b"".join(Story().count(5).order("A", 7).order("A", 7).lines)
    result = run(text, "-", "-o", "table")
    assert result.exit_code == 0
    for words in ("Stock", "Lines", "part_allocated", "Events out", "backorder.opened", "duplicate_order"):
        assert words in result.stdout


def test_every_event_out_is_json_on_its_own() -> None:
    simulation = Simulation()
    for line in Story().count(5).order("A", 3).lines:
        for event in simulation.take(line):
            assert msgspec.json.decode(event)["specversion"] == "1.0"

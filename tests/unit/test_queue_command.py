"""`backorder queue`: who waits for an item, in which order, as data and as the command prints it."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from backorder.cli.main import main
from backorder.domain import events as e
from backorder.explain import Queue, Unknown, queue
from tests.support.shop import HERE, MONDAY, SKU, THERE, Shop, line

QUICK_START = str(Path(__file__).parents[2] / "docs" / "quick-start.jsonl")


def asked(shop: Shop, sku: str = SKU, location: str | None = None, most: int = 20) -> Queue:
    return queue(shop.fold, "default", sku, location, most)


def order(found: Queue) -> list[str]:
    return [claim.order_id for claim in found.first]


def test_who_waits_stands_in_the_order_in_which_they_are_served() -> None:
    shop = Shop(stock=0)
    shop.place("LATE", 1)
    shop.place("DATED", line(1, 2, required_by=MONDAY + timedelta(days=3)))
    shop.place("EARLY", 3, at=MONDAY - timedelta(days=1))
    shop.place("URGENT", 4, priority=1)

    found = asked(shop)
    assert order(found) == ["URGENT", "DATED", "EARLY", "LATE"]
    assert [claim.waiting for claim in found.first] == [4, 2, 3, 1]
    assert (found.claims, found.units, found.taking) == (4, 10, 10)


def test_what_was_added_to_a_line_later_queues_for_itself() -> None:
    shop = Shop(stock=0)
    shop.place("ANNA", 2)
    shop.place("BERT", 1)
    shop.amend("ANNA", (1, 5))

    assert [(claim.order_id, claim.waiting) for claim in asked(shop).first] == [
        ("ANNA", 2),
        ("BERT", 1),
        ("ANNA", 3),
    ]


def test_the_queue_of_a_location_is_of_those_who_may_have_units_from_there() -> None:
    shop = Shop()
    shop.count(0)
    shop.count(0, THERE)
    shop.place("HERE", line(1, 1, location=HERE))
    shop.place("ANYWHERE", 1)
    shop.place("THERE", line(1, 1, location=THERE))

    assert order(asked(shop, location=THERE)) == ["ANYWHERE", "THERE"]
    assert [row.location for row in asked(shop, location=THERE).stock] == [THERE]
    assert [row.location for row in asked(shop).stock] == [HERE, THERE]


def test_a_line_beyond_its_horizon_comes_last_and_is_not_among_those_who_take() -> None:
    shop = Shop(stock=0)
    shop.configure(horizon_days=10)
    shop.tick(MONDAY)
    shop.place("FAR", line(1, 2, required_by=MONDAY + timedelta(days=30)), priority=1)
    shop.place("NEAR", 1)

    found = asked(shop)
    assert [(claim.order_id, claim.passed_over) for claim in found.first] == [
        ("NEAR", None),
        ("FAR", "horizon"),
    ]
    assert (found.units, found.taking) == (3, 1)


def test_who_waits_for_a_kit_waits_for_pieces_of_its_components() -> None:
    shop = Shop()
    shop.configure("TEA", components=[e.KitPart(SKU, 2), e.KitPart("TIN", 1)])
    shop.place("BERT", 1)
    shop.place("ANNA", line(1, 3, "TEA"))

    assert [(claim.sku, claim.waiting) for claim in asked(shop).first] == [(SKU, 1), ("TEA", 6)]
    assert [(claim.sku, claim.waiting) for claim in asked(shop, "TEA").first] == [("TEA", 3)]
    assert asked(shop, "TEA").stock == []


def test_all_are_counted_however_few_are_named() -> None:
    shop = Shop(stock=0)
    for number in range(5):
        shop.place(f"O{number}", 2)

    found = asked(shop, most=2)
    assert order(found) == ["O0", "O1"]
    assert (found.claims, found.units) == (5, 10)


def test_an_item_that_nothing_is_known_of_is_unknown_and_one_that_nobody_waits_for_is_not() -> None:
    shop = Shop(stock=1)
    with pytest.raises(Unknown, match="nothing is known of CUP in pool default"):
        asked(shop, "CUP")
    assert asked(shop).claims == 0


# --- the command --------------------------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as raised:
        main(["queue", *arguments, "--simulate", QUICK_START])
    out, err = capsys.readouterr()
    return int(raised.value.code or 0), out, err


def test_the_command_shows_place_units_and_since_when(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "MUG")
    lines = [text.split() for text in out.splitlines()]

    assert code == 0
    assert out.startswith("MUG: 1 unit is waited for, in 1 claim ")
    assert lines[1] == ["0", "free", "of", "9", "on", "hand"]
    assert lines[3][:6] == ["1", "ANNA/1", "1", "MUG", "(any)", "5"]


def test_the_queue_is_also_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "MUG", "-o", "json")
    found = json.loads(out)

    assert code == 0
    assert [(claim["order_id"], claim["waiting"]) for claim in found["first"]] == [("ANNA", 1)]
    assert [row["on_hand"] for row in found["stock"]] == [9]


def test_what_is_not_shown_is_counted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text("".join(order_placed(f"O{number}") for number in range(3)))
    with pytest.raises(SystemExit):
        main(["queue", "MUG", "--first", "2", "--simulate", str(events)])
    assert "and 1 more: --first 3 shows all" in capsys.readouterr().out


def order_placed(order_id: str) -> str:
    event = {
        "specversion": "1.0",
        "id": order_id,
        "source": "/test",
        "type": "io.backorder.order.placed.v1",
        "time": "2026-03-02T08:00:00Z",
        "subject": order_id,
        "data": {"order_id": order_id, "lines": [{"line": 1, "sku": "MUG", "quantity": 1}]},
    }
    return json.dumps(event) + "\n"


def test_an_item_that_nothing_is_known_of_has_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "CUP")
    assert code == 1
    assert "nothing is known of CUP" in err

"""The worked examples of docs/domain.md are what `backorder simulate` makes of them; the table of disorder in
docs/semantics.md names tests that exist."""

import re
from pathlib import Path

import pytest

from backorder.contract.event_types import INPUT_TYPES
from backorder.contract.exceptions import REJECTION_REASONS
from tests.support.markdown import Page
from tests.support.shown_by import wrong_names
from tests.support.worked import Example, differences, examples, simulated

ROOT = Path(__file__).parents[2]
PAGE = Page(ROOT / "docs" / "domain.md")
EXAMPLES = list(examples(PAGE))
POLICIES = ("queue_order", "whole_only", "min_release", "strict_order", "fair_share", "out_of_turn")


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.heading for example in EXAMPLES])
def test_an_example_is_what_the_processor_makes_of_it(example: Example) -> None:
    document = simulated(example.events)
    assert document["rejected"] == [] or "event.rejected" in "".join(example.expected)
    assert differences(example.expected, document) == []


@pytest.mark.parametrize("rule", POLICIES)
def test_each_policy_of_filling_is_worked_through(rule: str) -> None:
    assert any(f"rule={rule}" in line for example in EXAMPLES for line in example.expected)


def counted() -> list[Example]:
    """Those of counts in which two events happen at one moment."""
    return [each for each in EXAMPLES if "like" in each.heading or each.heading.startswith("A plain")]


@pytest.mark.parametrize("example", counted(), ids=[example.heading for example in counted()])
def test_counts_stay_true_whichever_of_two_events_comes_first(example: Example) -> None:
    """Those of one moment change places; what is in the end is the same."""
    first, *rest = example.events
    turned = [first]
    while rest:
        same = [event for event in rest if event["at"] == rest[0]["at"]]
        turned += reversed(same)
        rest = rest[len(same) :]
    assert turned != example.events
    rows = [line for line in example.expected if line.startswith(("line ", "stock "))]
    assert rows
    assert differences(rows, simulated(turned)) == []


def test_there_is_a_sequence_for_each_kind_of_platform() -> None:
    assert len(counted()) == 3


COUNT = {"at": "01T08:00", "type": "stock.counted", "sku": "MUG", "location": "AMS", "quantity": 5}
STORY = [COUNT | {"basis": "on_hand", "as_of": "01T08:00"}]


@pytest.mark.parametrize(
    ("expected", "wrong"),
    [
        (["stock.level MUG@AMS on_hand=5 free=5"], 0),
        (["stock MUG@AMS on_hand=5"], 0),
        (["stock MUG@AMS on_hand=6"], 1),
        (["stock.level MUG@AMS on_hand=6"], 1),
        (["stock.level MUG@AMS on_hand=5", "stock.level MUG@AMS on_hand=5"], 1),
        (["availability.changed MUG state=in_stock", "backorder.opened ANNA/1"], 1),
    ],
)
def test_an_outcome_that_is_not_so_is_found(expected: list[str], wrong: int) -> None:
    assert len(differences(expected, simulated(STORY))) == wrong


# --- the table of disorder ----------------------------------------------------------------------------------

DISORDER = Page(ROOT / "docs" / "semantics.md").table("## Disorder")
ROWS = [row for row in DISORDER if row[2]]


@pytest.mark.parametrize("row", ROWS, ids=[f"{number} {row[0][:40]}" for number, row in enumerate(ROWS)])
def test_a_row_about_disorder_has_a_result_and_names_a_test_that_exists(row: list[str]) -> None:
    what, result, shown_by = row
    assert what and result
    assert wrong_names(shown_by) == []


def test_the_table_of_disorder_has_every_event_that_comes_in() -> None:
    named = {word for row in DISORDER if not row[2] for word in re.findall(r"`([a-z._]+)`", row[0])}
    assert named == {kind.short for kind in INPUT_TYPES}


def test_the_table_of_disorder_has_every_reason_for_which_events_in_the_wrong_order_are_rejected() -> None:
    told = {word for row in ROWS for word in re.findall(r"`([a-z_]+)`", row[1])}
    of_order = {
        reason for reason in REJECTION_REASONS if re.match("unknown_|duplicate_|already_|stale_", reason)
    }
    assert of_order - told == {"unknown_location"}

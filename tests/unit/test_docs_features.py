"""The table of features: every row has an answer, names tests that exist, and is used by words that exist."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from backorder.cli.main import COMMANDS
from backorder.contract.catalogue import load_catalogue
from backorder.contract.json_schema import event_schema
from backorder.contract.output_types import EVENT_TYPES
from tests.support.markdown import Page
from tests.support.shown_by import wrong_names

ROOT = Path(__file__).parents[2]
PAGE = Page(ROOT / "docs" / "features.md")
ANSWERS = ("Yes", "In part", "Left out")


class Feature(NamedTuple):
    number: str
    feature: str
    here: str
    used_by: str
    shown_by: str

    @property
    def answer(self) -> str:
        return self.here.removeprefix("**").partition(".**")[0]


def features() -> Iterator[Feature]:
    for heading in re.findall("^## .+$", PAGE.text, re.MULTILINE):
        yield from (Feature(*row) for row in PAGE.table(heading))


FEATURES = list(features())


@pytest.mark.parametrize("row", FEATURES, ids=lambda row: row.number)
def test_a_feature_has_an_answer_and_what_is_here_names_tests_that_exist(row: Feature) -> None:
    assert row.answer in ANSWERS
    assert row.feature
    if row.shown_by or row.answer != "Left out":
        assert wrong_names(row.shown_by) == []


@pytest.mark.parametrize("row", FEATURES, ids=lambda row: row.number)
def test_what_is_missing_or_left_out_is_said(row: Feature) -> None:
    assert row.answer == "Yes" or len(row.here.partition(".** ")[2]) > len("it is not")


def test_the_features_are_numbered_from_one() -> None:
    assert [row.number for row in FEATURES] == [str(number + 1) for number in range(len(FEATURES))]


def test_the_opening_counts_the_answers() -> None:
    answers = Counter(row.answer for row in FEATURES)
    opening = " ".join(PAGE.text.partition("\n## ")[0].split())
    yes, in_part, left_out = (answers[each] for each in ANSWERS)
    assert f"{len(FEATURES)} features" in opening
    assert f": {yes} are, {in_part} are in part, {left_out} are left out." in opening


# --- words --------------------------------------------------------------------------------------------------


def names_in(schema: Any) -> Iterator[str]:
    """Fields and values of a schema."""
    if isinstance(schema, dict):
        yield from schema.get("properties", ())
        yield from (value for value in schema.get("enum", ()) if isinstance(value, str))
        yield from schema.get("x-extensible-enum", ())
        yield from (name for part in schema.values() for name in names_in(part))
    elif isinstance(schema, list):
        yield from (name for part in schema for name in names_in(part))


def known_words() -> set[str]:
    words = set(load_catalogue().topics) | {f"backorder {command}" for command in COMMANDS}
    for kind in EVENT_TYPES:
        words |= {kind.short, *names_in(event_schema(kind))}
    metrics = Page(ROOT / "docs" / "metrics.md").text + Page(ROOT / "docs" / "configuration.md").text
    return words | set(re.findall(r"`((?:backorder|BACKORDER)_\w+)`", metrics))


def unknown_words(used_by: str, known: set[str]) -> list[str]:
    spans = re.findall("`([^`]+)`", used_by)
    return [word for span in spans for word in span.split(": ") if word not in known]


def test_what_a_feature_is_used_by_exists() -> None:
    known = known_words()
    assert [(row.number, word) for row in FEATURES for word in unknown_words(row.used_by, known)] == []


def test_a_word_that_does_not_exist_is_found() -> None:
    known = known_words()
    assert unknown_words("`order.placed` with `ship: complete`; `backorder plan`", known) == []
    assert unknown_words("`order.sent`, `ship: never`; `backorder fly`", known) == [
        "order.sent",
        "never",
        "backorder fly",
    ]

"""Plain trade, by the fold and by a model that fits on a few pages (`tests.support.plain_model`): after every
event both have the same rows. What is rejected, and why, is the other naive model's to judge.

`HYPOTHESIS_PROFILE=long` tries for long, for the fault tests. A seed that fails is in the name of its test.
"""

import ast
import os
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from tests.support import plain_model, plain_rows
from tests.support.plain_trade import TYPES, PlainTrade

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
SEEDS = range(2000) if LONG else range(80)
EVENTS = 120
PAGES = [Path(page.__file__) for page in (plain_model, plain_rows)]

ANSWERS = """
    already_reversed already_voided duplicate_order duplicate_purchase duplicate_receipt duplicate_shipment
    more_than_allocated more_than_open more_than_ordered not_on_hand order_closed stale_count unknown_line
    unknown_location unknown_order unknown_purchase unknown_receipt unknown_shipment
    cap_reached discontinued not_backorderable order_refused
    already_counted negative_on_hand over_receipt shortfall
""".split()  # noqa: SIM905 - a list of words reads better than one of strings


def traded(seed: int) -> PlainTrade:
    trade = PlainTrade(Random(seed))
    for _ in range(EVENTS):
        trade.trade()
    return trade


@pytest.mark.parametrize("seed", SEEDS)
def test_the_fold_and_the_plain_model_have_the_same_rows_after_every_event(seed: int) -> None:
    traded(seed)


def test_the_trades_meet_every_event_and_every_answer() -> None:
    outcomes: Counter[str] = Counter()
    wanted = {*ANSWERS, *(f"{name} accepted" for name in TYPES)}
    for seed in range(1000, 1000 + len(SEEDS)):
        outcomes += traded(seed).outcomes
        if wanted <= outcomes.keys():
            return
    assert wanted <= outcomes.keys(), sorted(wanted - outcomes.keys())


def test_the_plain_model_shares_no_code_with_the_domain_or_the_other_naive_model() -> None:
    """Of the domain it knows how an event is called, and nothing else."""
    for page in PAGES:
        for node in ast.walk(ast.parse(page.read_text())):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            names = (
                [name.name for name in node.names] if isinstance(node, ast.ImportFrom | ast.Import) else []
            )
            if module == "backorder.domain.events":
                assert names == ["type_name"]
            else:
                assert not any("backorder" in name or "naive" in name for name in [module or "", *names])


def test_the_plain_model_has_less_than_250_lines_of_code() -> None:
    assert len(lines_of_code(Path(plain_model.__file__).read_text())) < 250


def lines_of_code(text: str) -> list[str]:
    """Without blank ones, comments, and docstrings."""
    described = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Expr)]
    said = {
        number
        for node in described
        if isinstance(node.value, ast.Constant)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = [line.strip() for number, line in enumerate(text.splitlines(), 1) if number not in said]
    return [line for line in lines if line and not line.startswith("#")]

"""The page about a run of the fault tests counts what happened, and names what failed."""

import json
from pathlib import Path

import pytest

from tests.faults.report import page
from tests.support.fault_report import tell

JUNIT = """<testsuites><testsuite>
<testcase classname="tests.faults.test_kill_at_named_steps" name="test_a"/>
<testcase classname="tests.faults.test_kill_at_named_steps" name="test_b">
<failure message="AssertionError: lost: 3&#10;more">trace</failure></testcase>
<testcase classname="tests.faults.test_storm" name="test_c"/>
</testsuite></testsuites>"""


def told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAULT_REPORT", str(folder / "happened.jsonl"))
    for outcome in ("committed", "not committed", "not committed"):
        tell(service="orders", step="inside commit", outcome=outcome, left_records=outcome != "committed")
    tell(service="orders", step="after consume", outcome=None, left_records=False)
    tell(transactions={"committed": 45, "aborted": 2})
    for published in (400, 600):
        tell(reconciled={"published": published, "state_records": 10})


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a run of one round leaves."""
    folder = tmp_path / "20260301-080000-seed-7"
    (folder / "round-1").mkdir(parents=True)
    (folder / "round-1" / "tests.xml").write_text(JUNIT)
    told(folder / "round-1", monkeypatch)
    mutants = {"no-rewind": {"caught": True}, "state-kept": {"caught": False}}
    (folder / "round-1" / "mutants.json").write_text(json.dumps(mutants))
    return folder


PARTS = [{"name": "tests", "command": [], "status": 1, "seconds": 61.4}]


def test_the_page_says_how_each_part_ended_and_with_which_seed(run: Path) -> None:
    text = page(run, 7, PARTS)
    assert text.startswith("# make faults, FAULT_SEED=7, 20260301\n")
    assert "| tests | with status 1 | 61 |" in text


def test_the_page_counts_tests_by_file_and_names_each_failure_with_its_reason(run: Path) -> None:
    text = page(run, 7, PARTS)
    assert "| test_kill_at_named_steps | 1 | 1 |" in text
    assert "| test_storm | 1 | 0 |" in text
    assert "- test_kill_at_named_steps: test_b: AssertionError: lost: 3\n" in text


def test_the_page_counts_kills_by_step_and_outcome_and_sums_up_the_reconciliations(run: Path) -> None:
    text = page(run, 7, PARTS)
    assert "| orders | inside commit | committed | no | 1 |" in text
    assert "| orders | inside commit | not committed | yes | 2 |" in text
    assert "| orders | after consume | none open | no | 1 |" in text
    assert "- Reconciliations without a difference: 2, over 1,000 published, 20 state records." in text
    assert "whole for every reader: 1, over 45 committed, 2 aborted." in text


def test_the_page_names_the_broken_engines_that_nobody_noticed(run: Path) -> None:
    assert "1 of 2 broken engines were caught. Not: state-kept" in page(run, 7, PARTS)


def test_without_a_place_to_report_to_nothing_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("FAULT_REPORT", raising=False)
    monkeypatch.chdir(tmp_path)
    tell(step="inside commit")
    assert list(tmp_path.iterdir()) == []

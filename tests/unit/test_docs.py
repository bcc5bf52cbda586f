"""The words agree with the code: links, commands, settings, metrics, reasons, generated pages."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from docs import generate
from prometheus_client import CollectorRegistry

from backorder.allocation.metrics import BacklogMetrics, LineFigures
from backorder.cli.main import COMMANDS, build
from backorder.contract.catalogue import load_catalogue
from backorder.contract.exceptions import REJECTION_REASONS
from backorder.contract.json_schema import event_schema
from backorder.contract.output_types import EVENT_TYPES
from backorder.contract.unreadable import Reason
from backorder.engine.metrics import Metrics
from tests.support.markdown import Page

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "schemas" / "README.md"]


@pytest.fixture(params=PAGES, ids=[str(path.relative_to(ROOT)) for path in PAGES])
def page(request: pytest.FixtureRequest) -> Page:
    return Page(request.param)


def doc(name: str) -> Page:
    return Page(ROOT / name)


# --- links --------------------------------------------------------------------------------------------------


def broken_links(page: Page) -> Iterator[str]:
    for link in page.links():
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.path.parent / path).resolve() if path else page.path
        if not target.exists() or (anchor and anchor not in Page(target).anchors()):
            yield link


def test_links_between_pages_and_to_files_resolve(page: Page) -> None:
    assert list(broken_links(page)) == []


def test_a_broken_link_and_a_missing_anchor_are_found(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("# Here\n\n[a](#here) [b](gone.md) [c](#gone) [d](page.md#here) `[e](gone)`\n")
    assert list(broken_links(Page(file))) == ["gone.md", "#gone"]


# --- commands -----------------------------------------------------------------------------------------------


def commands_in(page: Page, name: str) -> Iterator[list[str]]:
    """The command lines on a page that begin with `name`, split into words."""
    for code in page.code():
        for line in code.text.replace("\\\n", " ").splitlines():
            command = re.sub(r"^\s*(\$ )?([A-Z_]+=\S* )*(\.venv/bin/)?", "", line).split(" #")[0]
            command = re.split(r"[|;>]|&&", command)[0]
            if command.startswith(f"{name} "):
                words = shlex.split(command.replace("...", ""))
                yield words[1:]


def what_is_wrong(words: list[str]) -> str | None:
    """Why the command line does not fit the command line interface; None if it does."""
    if not words or words[0].startswith("-"):
        return None
    if words[0] not in COMMANDS:
        return f"there is no command {words[0]}"
    command: Any = typer.main.get_command(build(words[:1]))
    rest = words
    while (commands := getattr(command, "commands", None)) and rest and not rest[0].startswith("-"):
        if rest[0] not in commands:
            return f"{command.name} has no command {rest[0]}"
        command, rest = commands[rest[0]], rest[1:]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}
    unknown = [word for word in rest if re.match(r"--?[a-z]", word) and word.partition("=")[0] not in known]
    return f"{command.name} has no option {unknown[0]}" if unknown else None


def test_every_backorder_command_on_a_page_exists(page: Page) -> None:
    wrong = [problem for words in commands_in(page, "backorder") if (problem := what_is_wrong(words))]
    assert wrong == []


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("backorder dlq list --reason x", None),
        ("BACKORDER_SLOT=1 .venv/bin/backorder run orders  # a comment", None),
        ("backorder fly", "there is no command fly"),
        ("backorder dlq burn", "dlq has no command burn"),
        ("backorder dlq list --sideways", "list has no option --sideways"),
    ],
)
def test_a_command_that_does_not_exist_is_found(command: str, problem: str | None) -> None:
    (words,) = commands_in(Page(Path("page.md"), f"Do this:\n\n    {command}\n"), "backorder")
    assert what_is_wrong(words) == problem


def test_every_make_target_on_a_page_exists(page: Page) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {word for words in commands_in(page, "make") for word in words if re.fullmatch("[a-z-]+", word)}
    assert named - targets == set()


def test_the_json_on_a_page_is_json(page: Page) -> None:
    for code in page.code():
        if code.language == "json":
            json.loads(code.text)
        elif code.language == "jsonl":
            for line in code.text.splitlines():
                json.loads(line)


# --- settings, metrics, reasons, topics ---------------------------------------------------------------------


def test_every_setting_on_a_page_exists(page: Page) -> None:
    known = set(re.findall(r"BACKORDER_[A-Z_]+", generate.configuration_page()))
    named = set(re.findall(r"BACKORDER_[A-Z_]*[A-Z]", page.text)) - {
        "BACKORDER_FOLD",
        "BACKORDER_KAFKA__LIBRDKAFKA",
    }
    unknown = {name for name in named if name not in known and "__LIBRDKAFKA__" not in name}
    assert unknown == set()


@pytest.mark.parametrize("name", generate.pages())
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == generate.pages()[name], "run: python docs/generate.py"


def exported() -> dict[str, tuple[str, set[str]]]:
    """What an allocation process exports, every family with a sample: name on the page, type and labels."""
    metrics = Metrics("allocation")
    metrics.know_events("journal", ["order.placed"], ["applied"])
    metrics.know_reasons(Reason)
    metrics.lag.labels("journal", "0").set(0)
    backlog = BacklogMetrics(metrics.registry)
    backlog.changed(0, None, LineFigures("AMS-1", 1, 1, 0, 1, 1))
    return families(metrics.registry)


def families(registry: CollectorRegistry) -> dict[str, tuple[str, set[str]]]:
    found = {}
    for family in registry.collect():
        if family.name.startswith("backorder_"):
            name = family.name + ("_total" if family.type == "counter" else "")
            kind = {"gaugehistogram": "gauge histogram"}.get(family.type, family.type)
            assert family.samples, f"{name} has no sample, so its labels are not known"
            labels = {label for sample in family.samples for label in sample.labels} - {"le"}
            found[name] = (kind, labels)
    return found


def test_every_exported_metric_is_on_the_page_with_its_type_and_labels_and_no_other() -> None:
    page = doc("docs/metrics.md")
    rows = page.table("## Every service") + page.table("## Allocation")
    written = {
        name.strip("`"): (kind, {label.strip("` ") for label in labels.split(",") if label})
        for name, kind, labels, _ in rows
    }
    assert written == exported()


def test_the_queries_name_metrics_that_exist() -> None:
    words = re.findall(r"backorder_[a-z_]+", doc("docs/metrics.md").text)
    named = {word.removesuffix("_bucket") for word in words}
    assert named - exported().keys() == set()


def first_words(rows: list[list[str]]) -> set[str]:
    return {word for row in rows for word in re.findall(r"`([a-z0-9_]+)`", row[0])}


def test_every_reason_of_a_dead_letter_is_explained() -> None:
    rows = doc("docs/semantics.md").table("| reason | the record |")
    assert first_words(rows) == {reason.value for reason in Reason}


def test_every_reason_of_a_rejection_is_explained() -> None:
    page = doc("docs/semantics.md")
    explained = first_words(page.table("| reason | the event |"))
    assert explained == set(REJECTION_REASONS)


def words_of(event_type: str, field: str) -> set[str]:
    """The values that the contract knows for a field."""
    kind = next(kind for kind in EVENT_TYPES if kind.short == event_type)
    return set(event_schema(kind)["$defs"]["Data"]["properties"][field]["x-extensible-enum"])


@pytest.mark.parametrize(
    ("table", "event_type", "field", "later"),
    [
        ("| rule | |", "backorder.filled", "rule", set()),
        ("| refusal reason | |", "line.refused", "reason", set()),
        ("| kind | |", "stock.discrepancy", "kind", set()),
        ("| promise reason | |", "backorder.promised", "reason", set()),
        ("| notice | due when |", "notice.due", "kind", set()),
    ],
)
def test_every_word_of_a_decision_is_explained(
    table: str, event_type: str, field: str, later: set[str]
) -> None:
    explained = first_words(doc("docs/semantics.md").table(table))
    assert explained | later == words_of(event_type, field)


def printed_by(*arguments: str) -> str:
    command = [sys.executable, "-c", "from backorder.cli.main import main; main()", *arguments]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    return "\n".join(line.rstrip() for line in run.stdout.splitlines()).strip()


def test_the_readme_shows_what_its_example_really_prints() -> None:
    blocks = [code for code in doc("README.md").code() if code.kind == "fenced"]
    shown = {code.language: code.text.strip() for code in blocks}
    assert "simulate docs/quick-start.jsonl" in shown["console"]
    assert printed_by("simulate", "docs/quick-start.jsonl") in [code.text.strip() for code in blocks]
    events = json.loads(printed_by("simulate", "docs/quick-start.jsonl", "-o", "json"))["events"]
    assert json.loads(shown["json"]) in events


def test_the_readme_has_every_public_topic_and_no_other() -> None:
    catalogue = load_catalogue()
    kinds = ("input", "output", "table", "dead-letters")
    rows = doc("README.md").table("## Topics")
    written = {row[0].strip("`"): row[1].strip("`") for row in rows}
    assert written == {topic.name: topic.key for topic in catalogue.of_kind(*kinds)}

"""The page about a run of `make faults`: kills by step, outcomes, reconciliations, failures."""

import json
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any


def page(folder: Path, seed: int, parts: Iterable[Mapping[str, Any]]) -> str:
    """The page, in Markdown, from what the rounds below `folder` have left; parts: how each ended."""
    sections = [
        [f"# make faults, FAULT_SEED={seed}, {folder.name[:8]}"],
        _table(
            ("part", "ended", "seconds"),
            [(part["name"], _ended(part["status"]), f"{part['seconds']:.0f}") for part in parts],
        ),
        _tests(sorted(folder.glob("*/tests.xml"))),
        _happened(sorted(folder.glob("*/happened.jsonl"))),
        _mutants(sorted(folder.glob("*/mutants.json"))),
        _comparison(sorted(folder.glob("*/comparison.json"))),
    ]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _ended(status: int) -> str:
    return "well" if status == 0 else f"with status {status}"


def _tests(files: Sequence[Path]) -> list[str]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    failures = []
    for file in files:
        for case in ET.parse(file).iter("testcase"):
            failed = next(
                (found for kind in ("failure", "error") if (found := case.find(kind)) is not None), None
            )
            name = case.get("classname", "").rpartition(".")[2]
            counts[name]["failed" if failed is not None else "passed"] += 1
            if failed is not None:
                first = (failed.get("message") or "").partition("\n")[0]
                failures.append(f"- {name}: {case.get('name')}: {first}")
    if not counts:
        return []
    rows = [(name, found["passed"], found["failed"]) for name, found in sorted(counts.items())]
    return [
        "## Tests",
        "",
        *_table(("file", "passed", "failed"), rows),
        *(["", *failures] if failures else []),
    ]


def _happened(files: Sequence[Path]) -> list[str]:
    told = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    kills = Counter(map(_kill, filter(lambda line: "step" in line, told)))
    lines = []
    if kills:
        rows = [(*what, count) for what, count in sorted(kills.items())]
        titles = ("service", "step", "transaction", "records left behind", "kills")
        lines += ["## Kills at named steps", "", *_table(titles, rows), ""]
    for name, what in COMPARED_BY.items():
        checks = [line[name] for line in told if name in line]
        if checks:
            total: Counter[str] = Counter()
            for check in checks:
                total.update(check)
            counts = ", ".join(f"{count:,} {each.replace('_', ' ')}" for each, count in total.items())
            lines.append(f"- {what}: {len(checks)}, over {counts}.")
    return lines


COMPARED_BY = {
    "reconciled": "Reconciliations without a difference",
    "transactions": "Checks that every transaction is whole for every reader",
}


def _kill(line: Mapping[str, Any]) -> tuple[str, str, str, str]:
    left = {True: "yes", False: "no"}.get(line.get("left_records"), "")
    return line["service"], line["step"], line["outcome"] or "none open", left


def _mutants(files: Sequence[Path]) -> list[str]:
    outcomes = [json.loads(file.read_text("utf-8")) for file in files]
    missed = sorted({name for each in outcomes for name, outcome in each.items() if not outcome["caught"]})
    if not outcomes:
        return []
    caught = sum(outcome["caught"] for each in outcomes for outcome in each.values())
    line = f"{caught} of {sum(map(len, outcomes))} broken engines were caught."
    return ["## Broken engines", "", line + (f" Not: {', '.join(missed)}" if missed else "")]


COMPARED = ("kills", "events", "outputs", "lost", "doubled", "wrong", "keys", "keys_differ")


def _comparison(files: Sequence[Path]) -> list[str]:
    results = [each for file in files for each in json.loads(file.read_text("utf-8"))]
    if not results:
        return []
    rows = [(each["system"], each["seed"], *(f"{each[name]:,}" for name in COMPARED)) for each in results]
    titles = ("system", "seed", *(name.replace("_", " ") for name in COMPARED))
    return ["## The same kills on Faust and here", "", *_table(titles, rows)]


def _table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    return list(_lines(titles, rows))


def _lines(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield "| " + " | ".join(titles) + " |"
    yield "|" + "---|" * len(titles)
    for row in rows:
        yield "| " + " | ".join(map(str, row)) + " |"

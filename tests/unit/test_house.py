"""The order of the house: which room may look into which, and what every file has to be."""

import ast
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.imports import Code, imports_of, room_of

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "services" / "backorder"
LONGEST_FILE = {"services": 500, "tests": 600, "bench": 600, "docs": 500}
PASSING = {"__pycache__", "dist", "build"}

SERVICE = {"contract", "domain", "engine", "settings", "start"}
EVERYTHING = None

# What a room may import beside itself. A new room is entered here, so that its walls are a decision.
MAY_IMPORT: dict[str, set[str] | None] = {
    "contract": set(),
    "domain": set(),
    "engine": set(),
    "local": set(),
    "settings": {"contract", "domain", "engine"},
    "start": {"engine", "settings"},
    "topics": {"contract", "engine"},
    "ingest": SERVICE,
    "orders": SERVICE | {"ingest"},
    "inventory": SERVICE | {"ingest"},
    "receiving": SERVICE | {"ingest"},
    "allocation": SERVICE,
    # The processor in one process: the services' own way of reading, folding and saying, without the loop.
    "simulate": {"contract", "domain", "engine", "allocation", "ingest"},
    # What plays a company that uses the processor.
    "trade": {"contract", "domain"},
    "importers": {"contract", "trade"},
    "publisher": {"contract"},
    # The test kit looks at the processor from outside: contract, topics, and what runs on one machine.
    "testing": {"contract", "domain", "engine", "local", "publisher", "topics"},
    # The judge shares nothing with the judged but the pure domain, the contract, and how decisions are said.
    "reconcile": {"contract", "domain", "allocation"},
    # Pure: the state of a fold in, answers out.
    "explain": {"domain"},
    # The state of a running processor, read as the judge reads it.
    "live": {"contract", "domain", "reconcile"},
    "demo": EVERYTHING,
    "cli": EVERYTHING,
}


@pytest.fixture(scope="module")
def code() -> Code:
    return Code(PACKAGE)


def sources() -> list[Path]:
    files = [
        file for folder in ("services", "tests", "bench", "docs") for file in (ROOT / folder).rglob("*.py")
    ]
    return sorted(files)


# --- the walls ----------------------------------------------------------------------------------------------


def test_every_room_looks_only_into_the_rooms_it_may(code: Code) -> None:
    forbidden = [
        f"{module} imports {other}"
        for module, own, other in code.crossings()
        if (allowed := MAY_IMPORT.get(own, set())) is not None and other not in allowed
    ]
    assert forbidden == []


def test_every_room_is_in_the_plan_of_the_house(code: Code) -> None:
    assert code.rooms() - MAY_IMPORT.keys() == set(), "say in MAY_IMPORT what the new room may import"


def test_the_plan_keeps_contract_domain_and_engine_apart_and_services_out_of_each_others_rooms() -> None:
    services = {"orders", "inventory", "receiving", "allocation"}
    assert MAY_IMPORT["contract"] == MAY_IMPORT["domain"] == MAY_IMPORT["engine"] == set()
    for service in services:
        assert not (MAY_IMPORT[service] or set()) & services


def test_reconciliation_loads_nothing_of_the_engine_not_even_by_way_of_others(code: Code) -> None:
    assert {name for name in code.reached_from("reconcile") if room_of(name) == "engine"} == set()


def test_no_room_imports_the_tests(code: Code) -> None:
    assert [
        name for name, imported in code.imports.items() if any(i.split(".")[0] == "tests" for i in imported)
    ] == []


def test_the_domain_is_pure_it_imports_no_input_no_output_no_clock_and_no_chance(code: Code) -> None:
    impure = {"asyncio", "confluent_kafka", "http", "io", "logging", "os", "pathlib", "prometheus_client"}
    impure |= {
        "pydantic",
        "random",
        "secrets",
        "socket",
        "structlog",
        "subprocess",
        "threading",
        "time",
        "uuid",
    }
    found = {
        f"{name} imports {top}"
        for name, imported in code.imports.items()
        if room_of(name) == "domain"
        for top in {target.split(".")[0] for target in imported} & impure
    }
    assert found == set()


# --- the checker itself -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "imported"),
    [
        ("import backorder.engine.loop", "backorder.engine.loop"),
        ("from backorder import engine", "backorder.engine"),
        ("from ..engine import loop", "backorder.engine.loop"),
        ("from .. import engine", "backorder.engine"),
        ("from . import pool", "backorder.domain.pool"),
        ("def late():\n    from backorder.engine.loop import Loop", "backorder.engine.loop"),
    ],
)
def test_an_import_is_found_however_it_is_written(source: str, imported: str) -> None:
    assert imported in imports_of(source, "backorder.domain.fold")


def test_a_crossing_is_found_in_a_house_that_has_one(tmp_path: Path) -> None:
    for room in ("domain", "engine"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").touch()
    (tmp_path / "engine" / "loop.py").write_text("import time\n")
    (tmp_path / "domain" / "fold.py").write_text("from backorder.engine.loop import Loop\n")
    code = Code(tmp_path)
    assert list(code.crossings()) == [("backorder.domain.fold", "domain", "engine")]
    assert "backorder.engine.loop" in code.reached_from("domain")


# --- files --------------------------------------------------------------------------------------------------


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lengths = {
        file.relative_to(ROOT): len(file.read_text(encoding="utf-8").splitlines()) for file in sources()
    }
    assert {
        str(file): length for file, length in lengths.items() if length > LONGEST_FILE[file.parts[0]]
    } == {}


def test_every_folder_of_tests_is_run_by_make_test_or_by_make_test_system() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    by_make_test = set(project["tool"]["pytest"]["ini_options"]["testpaths"])
    recipe = makefile.partition("test-system: setup")[2].partition("\n\n")[0]
    by_test_system = set(re.findall(r"\btests/\w+", recipe))
    there = {str(file.parent.relative_to(ROOT)) for file in (ROOT / "tests").rglob("test_*.py")}
    assert {"/".join(Path(folder).parts[:2]) for folder in there} == by_make_test | by_test_system
    assert by_test_system == {"tests/broker", "tests/system"}


def test_every_package_and_module_says_what_it_is_for() -> None:
    silent = [
        str(file.relative_to(ROOT))
        for file in sources()
        if file.is_relative_to(PACKAGE)
        and file.name != "__main__.py"
        and ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) is None
    ]
    assert silent == []


def swallows(handler: ast.ExceptHandler) -> bool:
    """Whether a handler catches everything, or nearly so, and does nothing about it."""
    caught = "" if handler.type is None else ast.unparse(handler.type)
    idle = all(isinstance(step, ast.Pass | ast.Continue) or _is_word(step) for step in handler.body)
    return handler.type is None or (bool(re.search(r"\b(Base)?Exception\b", caught)) and idle)


def _is_word(step: ast.stmt) -> bool:
    return isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant)


def handlers(source: str) -> Iterator[ast.ExceptHandler]:
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ExceptHandler))


def test_no_handler_swallows_what_it_does_not_know() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{handler.lineno}"
        for file in sources()
        for handler in handlers(file.read_text(encoding="utf-8"))
        if swallows(handler)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("handler", "bad"),
    [
        ("except: raise", True),
        ("except Exception: pass", True),
        ("except (OSError, Exception): ...", True),
        ("except Exception: log()", False),
        ("except OSError: pass", False),
    ],
)
def test_a_swallowing_handler_is_told_from_an_honest_one(handler: str, bad: bool) -> None:
    assert [swallows(found) for found in handlers(f"try: work()\n{handler}")] == [bad]


# Written in parts, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a path of a machine": re.compile("(?<![\\w.<])/(?:" + "work|tmp|root|home" + ")/"),
    "an address of a package registry": re.compile(
        "pypi" + r"\.org|python" + r"hosted\.|repo1?\.maven|maven" + r"\.org|(?<!no-emit-)index-" + "url"
    ),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def repository() -> Iterator[Path]:
    """All files that are committed or could be: no caches, environments and runs."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [
            name for name in folders if name == ".ci" or not (name.startswith(".") or name in PASSING)
        ]
        yield from (Path(folder, name) for name in names)


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what: str) -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in repository()
        for number, line in enumerate(file.read_bytes().splitlines(), 1)
        if FORBIDDEN[what].search(line.decode(errors="replace"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a path of a machine", "open('/" + "work/main/x')"),
        ("a path of a machine", "folder = /" + "tmp/x"),
        ("an address of a package registry", "--extra-index-" + "url=https://example.org/simple"),
        ("an address of a package registry", "https://" + "pypi" + ".org/simple"),
    ],
)
def test_a_forbidden_line_is_found(what: str, line: str) -> None:
    assert FORBIDDEN[what].search(line)

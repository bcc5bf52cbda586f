"""The list of mutants fits the code: what it breaks is there, and so is the test that is said to catch it."""

import ast
from pathlib import Path

import pytest

from tests.mutants.mutant import PACKAGE, ROOT, Mutant
from tests.mutants.mutants import MUTANTS
from tests.mutants.rules import RULES
from tests.mutants.run import Result

PAGE = ROOT / "docs" / "reliability.md"
ALL = (*MUTANTS, *RULES)


@pytest.fixture(params=ALL, ids=[mutant.name for mutant in ALL])
def mutant(request: pytest.FixtureRequest) -> Mutant:
    found: Mutant = request.param
    return found


def test_what_a_mutant_breaks_is_in_the_code_once_and_the_broken_file_is_python(mutant: Mutant) -> None:
    text = (ROOT / PACKAGE / mutant.file).read_text(encoding="utf-8")
    broken = mutant.broken(text)
    assert ast.dump(ast.parse(broken)) != ast.dump(ast.parse(text))


def test_the_test_that_catches_a_mutant_exists(mutant: Mutant) -> None:
    file, _, test = mutant.test.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_mutant_is_in_the_table_of_the_page(mutant: Mutant) -> None:
    assert mutant.row() in PAGE.read_text(encoding="utf-8").splitlines()


def test_names_are_unique_and_the_table_names_no_other() -> None:
    names = [mutant.name for mutant in ALL]
    assert len(set(names)) == len(names)
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    known = {mutant.row() for mutant in ALL}
    in_table = [row for row in rows if "](../tests/" in row]
    assert set(in_table) - known == set()


def test_the_rules_of_the_domain_are_broken_one_by_one_without_a_broker() -> None:
    assert len(RULES) >= 25
    assert {mutant.file.partition("/")[0] for mutant in RULES} == {"domain"}
    assert all(mutant.test.startswith("tests/unit/") for mutant in RULES)


@pytest.mark.parametrize("text", ["nothing of it", "x = 1\nx = 1\n"])
def test_a_text_that_is_not_there_once_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not once"):
        Mutant("one", "", "file.py", "x = 1", "x = 2", "").broken(text)


def test_a_mutant_breaks_only_its_file(tmp_path: Path) -> None:
    folder = tmp_path / PACKAGE
    folder.mkdir(parents=True)
    for name in ("file.py", "other.py"):
        (folder / name).write_text("x = 1\n")
    Mutant("one", "", "file.py", "x = 1", "x = 2", "").apply(tmp_path)
    assert [(folder / name).read_text() for name in ("file.py", "other.py")] == ["x = 2\n", "x = 1\n"]


@pytest.mark.parametrize(
    ("result", "caught"),
    [
        (Result(True, ""), False),
        (Result(False, "AssertionError: 1 is not 2"), True),
        (Result(False, "NameError: name 'x' is not defined"), False),
    ],
)
def test_only_a_test_that_failed_by_what_it_saw_has_caught_a_mutant(result: Result, caught: bool) -> None:
    assert result.caught == caught

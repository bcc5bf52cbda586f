"""Tries every mutant: the product is broken in a copy, and the named test has to fail there.

    python -m tests.mutants                     all of them
    python -m tests.mutants no-rewind           these
    python -m tests.mutants --rules             those of the domain's rules, without a broker

First the tests run on a copy that is not broken, and have to pass: else their failing would say nothing. A
test that fails because the broken product does not even run (an unknown name, a wrong syntax) has not caught
anything either.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from backorder.local.broker import Broker
from tests.mutants.mutant import ROOT, Mutant

COPIED = ("services", "tests", "schemas", "docs", "bench", "pyproject.toml")
NOT_RUN = ("NameError", "SyntaxError", "ImportError", "IndentationError", "ModuleNotFoundError")
LONGEST_RUN_SECONDS = 900


class Result(NamedTuple):
    """What became of a test on a copy of the product."""

    passed: bool
    why: str
    """Why it failed: the first line of what was raised; else the end of the output."""

    @property
    def caught(self) -> bool:
        """Whether the test failed by what it saw."""
        return not self.passed and not self.why.startswith(NOT_RUN)


@contextmanager
def copy() -> Iterator[Path]:
    """A copy of the project, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        root = Path(name)
        for part in COPIED:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / part, root / part)
        yield root


def run_tests(root: Path, tests: Iterable[str], bootstrap: str | None) -> Result:
    """Runs tests on the copy at `root`, which is the one that they import."""
    report = root / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    if bootstrap is not None:
        command += ["--broker", bootstrap]
    answer = subprocess.run(
        [*command, f"--junitxml={report}", *tests],
        cwd=root,
        env=_environment(root),
        capture_output=True,
        text=True,
        timeout=LONGEST_RUN_SECONDS,
    )
    if answer.returncode == 0:
        return Result(True, "")
    if answer.returncode != 1 or not report.exists():
        raise RuntimeError(f"the tests could not be run:\n{answer.stdout[-4000:]}{answer.stderr[-2000:]}")
    return Result(False, _first_failure(report))


def _environment(root: Path) -> dict[str, str]:
    paths = [root / "services", root]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONDONTWRITEBYTECODE": "1"}


def _first_failure(report: Path) -> str:
    for kind in ("failure", "error"):
        for found in ET.parse(report).iter(kind):
            return (found.get("message") or found.text or kind).splitlines()[0]
    return "no test failed"


def require_own_package(root: Path) -> None:
    """The copy must be what is imported, not what is installed."""
    code = "import backorder.engine; print(backorder.engine.__file__)"
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=_environment(root), capture_output=True, text=True
    )
    if not answer.stdout.startswith(str(root)):
        raise RuntimeError(f"the copy is not what Python imports: {answer.stdout}{answer.stderr}")


@contextmanager
def _broker_for(mutants: Sequence[Mutant]) -> Iterator[str | None]:
    """Where the broker is that their tests need; None when none of them does."""
    if all(mutant.test.startswith("tests/unit/") for mutant in mutants):
        yield None
        return
    with tempfile.TemporaryDirectory() as folder, Broker(Path(folder), quick_start=True) as broker:
        yield broker.bootstrap


def try_all(mutants: Sequence[Mutant]) -> dict[str, Result]:
    """Each mutant's result. Raises RuntimeError when the tests fail on the product as it is."""
    results = {}
    with _broker_for(mutants) as bootstrap:
        with copy() as root:
            require_own_package(root)
            sound = run_tests(root, sorted({mutant.test for mutant in mutants}), bootstrap)
        if not sound.passed:
            raise RuntimeError(f"the tests fail on the product as it is: {sound.why}")
        print(f"{len(mutants)} mutants; on the product as it is, their tests pass", flush=True)
        for mutant in mutants:
            with copy() as root:
                mutant.apply(root)
                results[mutant.name] = result = run_tests(root, [mutant.test], bootstrap)
            print(_line(mutant, result), flush=True)
    return results


def _line(mutant: Mutant, result: Result) -> str:
    if result.passed:
        return f"NOT CAUGHT  {mutant.name}: {mutant.test} passes"
    return f"{'caught' if result.caught else 'DID NOT RUN'}  {mutant.name}: {result.why[:160]}"

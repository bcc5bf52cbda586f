"""Cells of tables that name the tests which show what a row says."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NAMED = re.compile(r"\[(?P<name>[\w.]+)\]\(\.\./(?P<file>tests/[\w/]+\.py)\): (?P<words>[\w ]+)")


def wrong_names(cell: str) -> list[str]:
    """What of a cell is no link to a file of tests with the words of a test in it; between several is a ;"""
    return [named for named in cell.split("; ") if not _is_there(named)]


def _is_there(named: str) -> bool:
    found = _NAMED.fullmatch(named)
    if found is None or not found["file"].endswith(f"/{found['name']}"):
        return False
    return f"test_{found['words'].replace(' ', '_')}" in _tests(ROOT / found["file"])


@cache
def _tests(file: Path) -> set[str]:
    if not file.exists():
        return set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}

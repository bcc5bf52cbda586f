"""A cell that names tests: what is no link, and what is no test of that file, is found."""

import pytest

from tests.support.shown_by import wrong_names

FILE = "[test_shown_by.py](../tests/unit/test_shown_by.py)"
THERE = f"{FILE}: what a cell names and is not there is found"


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        (THERE, 0),
        (f"{THERE}; {THERE}", 0),
        ("", 1),
        (f"{FILE}: what nobody has written", 1),
        (f"{THERE}; {FILE}: what nobody has written", 1),
        (THERE.replace("/unit/", "/units/"), 1),
        (THERE.replace("[test_shown_by.py]", "[test_docs.py]"), 1),
        (f"{THERE}.", 1),
    ],
)
def test_what_a_cell_names_and_is_not_there_is_found(cell: str, wrong: int) -> None:
    assert len(wrong_names(cell)) == wrong

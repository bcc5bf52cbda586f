"""The tests' own tools: a helper that is wrong makes every test that uses it worthless."""

import pytest

from tests.support.broker import unique
from tests.support.waiting import wait_until


def test_waiting_returns_the_answer_as_soon_as_it_is_true() -> None:
    answers = iter([0, None, "there"])

    assert wait_until(lambda: next(answers), "an answer") == "there"


def test_waiting_in_vain_names_what_was_waited_for() -> None:
    with pytest.raises(AssertionError, match=r"waited 0\.01 s in vain: the moon \(last answer: False\)"):
        wait_until(lambda: False, "the moon", deadline=0.01)


def test_unique_names_differ() -> None:
    assert unique("a") != unique("a")

"""The tests' own tools: a helper that is wrong makes every test that uses it worthless."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.broker import BrokerChoiceError, checked_choice, unique
from tests.support.waiting import wait_until


def test_waiting_returns_the_answer_as_soon_as_it_is_true() -> None:
    answers = iter([0, None, "there"])

    assert wait_until(lambda: next(answers), "an answer") == "there"


def test_waiting_in_vain_names_what_was_waited_for() -> None:
    with pytest.raises(AssertionError, match=r"waited 0\.01 s in vain: the moon \(last answer: False\)"):
        wait_until(lambda: False, "the moon", deadline=0.01)


@pytest.mark.parametrize("choice", ["auto", "local", "127.0.0.1:9092", "kafka.example:19092"])
def test_an_embedded_or_a_running_broker_may_be_chosen(choice: str) -> None:
    assert checked_choice(choice) == choice


@pytest.mark.parametrize("choice", ["docker", "127.0.0.1", "http://x:9092", "", "host:port"])
def test_any_other_choice_of_broker_is_refused(choice: str) -> None:
    with pytest.raises(BrokerChoiceError):
        checked_choice(choice)


def test_a_choice_that_is_not_there_yet_is_a_usage_error_that_says_so() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--broker", "docker", "--collect-only", "-q", __file__],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
        check=False,
    )

    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "containers are not supported yet; use auto, local or HOST:PORT" in run.stderr


def test_unique_names_differ() -> None:
    assert unique("a") != unique("a")

"""`--broker`, for the tests and the demo: what may be said, and what is said to the rest."""

import builtins
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from backorder.local.errors import LocalError
from backorder.testing.choice import BadChoice, check_choice, chosen_kafka, runs_already


@pytest.mark.parametrize("choice", ["auto", "local", "docker", "localhost:9092", "kafka.example.org:19092"])
def test_a_kafka_is_chosen_by_word_or_address(choice: str) -> None:
    check_choice(choice)


@pytest.mark.parametrize("choice", ["", "podman", "localhost", "localhost:", "a:b", "a:1:2", "http://a:1"])
def test_another_choice_of_kafka_is_refused(choice: str) -> None:
    with pytest.raises(BadChoice, match="auto, local, docker, HOST:PORT"):
        check_choice(choice)


@pytest.mark.parametrize(
    ("choice", "already"), [("auto", False), ("local", False), ("docker", False), ("localhost:9092", True)]
)
def test_only_a_kafka_at_an_address_is_somebody_else_s(choice: str, already: bool) -> None:
    assert runs_already(choice) is already


def test_an_address_is_taken_as_it_is(tmp_path: Path) -> None:
    with chosen_kafka("localhost:9092", tmp_path) as bootstrap:
        assert bootstrap == "localhost:9092"


def test_a_container_without_testcontainers_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("testcontainers"):
            raise ModuleNotFoundError(f"No module named {name!r}")
        return real(name, *rest)

    for module in [name for name in sys.modules if name.startswith(("testcontainers", "backorder.testing."))]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(builtins, "__import__", without)

    with (
        pytest.raises(LocalError, match=r"testcontainers: pip install 'backorder\[testing\]'"),
        chosen_kafka("docker", tmp_path),
    ):
        pass


def test_a_choice_that_makes_no_sense_ends_the_tests_before_they_begin() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--broker", "podman", "--collect-only", "-q", __file__],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
        check=False,
    )

    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--broker podman: not one of auto, local, docker, HOST:PORT" in run.stderr

"""The services as processes: what is started again like by a supervisor, and what is not."""

from pathlib import Path

import pytest

from backorder.local.processes import ProcessDied
from backorder.local.services import Services
from tests.support.waiting import wait_until

FAKE = """\
import os, pathlib, signal, sys
first = pathlib.Path(__file__).with_name("first")
if first.exists():
    print("the second one", flush=True)
    signal.pause()
first.touch()
"""
"""A package of the same name with a service that ends the first time it runs, and stays the second time."""


def services(folder: Path, end: str, supervised: bool = True) -> Services:
    """With a service `orders` that ends in this way the first time."""
    (folder / "backorder").mkdir()
    (folder / "backorder" / "__init__.py").touch()
    (folder / "backorder" / "orders.py").write_text(FAKE + end + "\n")
    return Services("localhost:1", "", folder / "logs", {"PYTHONPATH": str(folder)}, supervised)


def look_until_it_runs_again(made: Services) -> bool:
    made.check()
    return "the second one" in made.log("orders")


@pytest.mark.parametrize("end", ["sys.exit(75)", "os.kill(os.getpid(), signal.SIGABRT)"])
def test_one_that_asks_for_it_or_crashed_is_started_again(end: str, tmp_path: Path) -> None:
    with services(tmp_path, end) as made:
        made.start("orders")
        wait_until(lambda: look_until_it_runs_again(made), "it runs again")
        made.check()


@pytest.mark.parametrize("status", [0, 1, 2, 78])
def test_one_that_ends_in_any_other_way_is_an_error(status: int, tmp_path: Path) -> None:
    with services(tmp_path, f"sys.exit({status})") as made:
        made.start("orders")
        with pytest.raises(ProcessDied, match=f"exited with status {status}"):
            wait_until(lambda: look_until_it_runs_again(made), "it ends")


def test_without_a_supervisor_every_end_is_an_error(tmp_path: Path) -> None:
    with services(tmp_path, "sys.exit(75)", supervised=False) as made:
        made.start("orders")
        with pytest.raises(ProcessDied, match="exited with status 75"):
            wait_until(lambda: look_until_it_runs_again(made), "it ends")


def test_the_environment_of_the_tests_is_not_passed_on_where_it_would_be_a_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDER_SLOT", "9")
    monkeypatch.setenv("BACKORDER_LOOP__BATCH_RECORDS", "1")
    show = "print(sorted(n for n in os.environ if n.startswith('BACKORDER_')), os.environ['BACKORDER_SLOT'])"
    with services(tmp_path, f"{show}; sys.exit(3)") as made:
        made.start("orders", slot="1")
        with pytest.raises(ProcessDied):
            wait_until(lambda: made.check(), "it ends")
        said = made.log("orders", slot="1")

    assert "BACKORDER_LOOP__BATCH_RECORDS" not in said
    assert said.rstrip().endswith("] 1")

"""Several processes as one thing: readiness, deaths that are told, an order of stopping."""

import signal
import sys
from pathlib import Path

import pytest

from backorder.local.errors import LocalError
from backorder.local.processes import ProcessDied, Processes
from tests.support.processes import alive
from tests.support.waiting import wait_until

WAITING = [sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()"]
FAILING = [sys.executable, "-c", "import sys; print('no database'); sys.exit(4)"]


def recording_its_end(journal: Path, name: str) -> list[str]:
    """A command that writes its name when SIGTERM comes."""
    script = (
        "import signal, sys\n"
        f"def end(*_): open({str(journal)!r}, 'a').write({name + ' '!r}); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('up', flush=True)\n"
        "signal.pause()\n"
    )
    return [sys.executable, "-c", script]


def start(processes: Processes, name: str, command: list[str]) -> None:
    child = processes.start(name, command)
    processes.wait_ready(name, lambda: "up" in child.log_tail())


def test_each_process_has_a_log_of_its_own_name(tmp_path: Path) -> None:
    with Processes(tmp_path / "logs") as processes:
        start(processes, "orders", WAITING)

        assert (tmp_path / "logs" / "orders.log").read_text() == "up\n"


def test_leaving_the_context_stops_the_last_started_first(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with Processes(tmp_path) as processes:
        for name in ("first", "second", "third"):
            start(processes, name, recording_its_end(journal, name))

    assert journal.read_text().split() == ["third", "second", "first"]


def test_an_error_in_the_context_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Processes(tmp_path) as processes:
        start(processes, "orders", WAITING)
        pid = processes["orders"].pid
        raise KeyboardInterrupt

    assert not alive(pid)


def test_named_processes_stop_while_the_others_go_on(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        for name in ("orders", "allocation", "traffic"):
            start(processes, name, WAITING)

        processes.stop("traffic", "orders")

        assert processes.names == ("allocation",)
        assert processes["allocation"].running
        processes.check()


def test_the_death_of_a_process_while_waiting_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        processes.start("orders", FAILING)

        with pytest.raises(ProcessDied, match=r"orders exited with status 4\.\n.*orders\.log:\nno database"):
            processes.wait_ready("orders", lambda: False)


def test_a_process_that_is_not_ready_in_time_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        start(processes, "orders", WAITING)

        with pytest.raises(LocalError, match=r"orders is not ready after 0\.01 s\.\n.*\nup"):
            processes.wait_ready("orders", lambda: False, deadline=0.01)


def test_check_names_a_process_that_died_on_its_own(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        start(processes, "orders", WAITING)
        start(processes, "allocation", WAITING)
        processes.check()

        processes["orders"].signal(signal.SIGKILL)
        processes["orders"].wait(30)

        with pytest.raises(ProcessDied, match="orders was ended by SIGKILL"):
            processes.check()


def test_a_killed_process_may_be_started_again_under_its_name(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        start(processes, "orders", WAITING)
        first = processes["orders"].pid

        processes.kill("orders")
        processes.check()
        start(processes, "orders", WAITING)

        assert processes["orders"].pid != first
        assert not alive(first)


def test_a_name_in_use_is_refused(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        start(processes, "orders", WAITING)

        with pytest.raises(LocalError, match="orders runs already"):
            processes.start("orders", WAITING)


def test_stopping_kills_those_that_do_not_end_in_time(tmp_path: Path) -> None:
    stubborn = (
        "import signal; signal.signal(15, signal.SIG_IGN); print('up', flush=True)\nwhile 1: signal.pause()"
    )
    with Processes(tmp_path) as processes:
        start(processes, "one", [sys.executable, "-c", stubborn])
        start(processes, "two", [sys.executable, "-c", stubborn])
        pids = [processes[name].pid for name in ("one", "two")]

        processes.stop("one", "two", grace=0.1)

    wait_until(lambda: not any(alive(pid) for pid in pids), "both are gone")

"""A child process has its own session and log, and never outlives its owner."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from backorder.local.child import Child
from backorder.local.errors import LocalError
from tests.support.processes import alive, parent_of
from tests.support.waiting import wait_until

WAITING = "import signal; print('up', flush=True); signal.pause()"
STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('up', flush=True)
while True:
    signal.pause()
"""

SAYS_GOODBYE = """
import signal, sys
def end(*_):
    print('goodbye', flush=True)
    sys.exit(7)
signal.signal(signal.SIGTERM, end)
print('up', flush=True)
signal.pause()
"""


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def started(script: str, folder: Path) -> Child:
    child = Child("child", python(script), folder / "child.log")
    wait_until(lambda: "up" in child.log_tail(), "the child says that it is up")
    return child


def test_it_reports_the_status_and_keeps_both_outputs_in_the_log(tmp_path: Path) -> None:
    script = "import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(3)"
    child = Child("child", python(script), tmp_path / "logs" / "child.log")

    assert child.wait(30) == 3
    assert child.how_it_ended() == "exited with status 3"
    assert child.log_tail() == "out\nerr"
    assert not child.running


def test_the_tail_has_the_last_lines_of_this_run_only(tmp_path: Path) -> None:
    Child("child", python("print('an earlier run')"), tmp_path / "log").wait(30)
    child = Child("child", python("for n in range(100000): print('line', n)"), tmp_path / "log")
    child.wait(30)

    assert child.log_tail(2) == "line 99998\nline 99999"
    assert "an earlier run" in (tmp_path / "log").read_text()
    assert "an earlier run" not in child.log_tail(1_000_000)


def test_it_has_a_session_of_its_own_so_that_ctrl_c_does_not_reach_it(tmp_path: Path) -> None:
    child = started(WAITING, tmp_path)

    assert os.getsid(child.pid) != os.getsid(0)
    assert os.getpgid(child.pid) != os.getpgid(0)
    child.kill()


def test_stop_is_a_sigterm_that_the_child_may_answer_in_its_own_way(tmp_path: Path) -> None:
    child = started(SAYS_GOODBYE, tmp_path)

    assert child.stop() == 7
    assert child.log_tail() == "up\ngoodbye"


def test_a_child_that_ignores_sigterm_is_killed_after_the_grace(tmp_path: Path) -> None:
    child = started(STUBBORN, tmp_path)

    assert child.stop(grace=0.1) == 128 + signal.SIGKILL
    assert child.how_it_ended() == "was ended by SIGKILL"
    assert not alive(child.pid)


def test_a_paused_child_can_be_stopped(tmp_path: Path) -> None:
    child = started(WAITING, tmp_path)
    child.signal(signal.SIGSTOP)

    assert child.stop() == 128 + signal.SIGTERM


def test_signals_to_an_ended_child_are_ignored(tmp_path: Path) -> None:
    child = started(WAITING, tmp_path)
    child.kill()

    child.signal(signal.SIGTERM)
    assert child.stop() == child.kill() == 128 + signal.SIGKILL


def test_waiting_ends_with_an_error_that_names_the_child(tmp_path: Path) -> None:
    child = started(WAITING, tmp_path)

    with pytest.raises(TimeoutError, match=r"child still runs after 0\.01 s"):
        child.wait(0.01)
    child.kill()


def test_a_command_that_does_not_exist_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=r"child could not be started: .*no-such-command"):
        Child("child", [tmp_path / "no-such-command"], tmp_path / "log")


def test_environment_and_folder_are_passed_on(tmp_path: Path) -> None:
    script = "import os; print(os.environ['COLOUR'], os.getcwd(), 'HOME' in os.environ)"
    child = Child("child", python(script), tmp_path / "log", env={"COLOUR": "green"}, cwd=tmp_path)
    child.wait(30)

    assert child.log_tail() == f"green {tmp_path} False"


def test_a_child_started_in_a_thread_outlives_the_thread(tmp_path: Path) -> None:
    children: list[Child] = []
    thread = threading.Thread(target=lambda: children.append(started(WAITING, tmp_path)))
    thread.start()
    thread.join()

    with pytest.raises(TimeoutError):
        children[0].wait(0.3)
    children[0].kill()


OWNER = textwrap.dedent(
    """
    import signal, sys, time
    from pathlib import Path
    from backorder.local.child import Child

    child = Child("child", [sys.executable, "-c", sys.argv[1]], Path(sys.argv[2]))
    while "up" not in child.log_tail():
        time.sleep(0.01)
    print(child.pid, flush=True)
    signal.pause()
    """
)


def owner_of(script: str, folder: Path) -> tuple["subprocess.Popen[str]", int]:
    owner = subprocess.Popen([*python(OWNER), script, str(folder / "log")], stdout=subprocess.PIPE, text=True)
    assert owner.stdout
    return owner, int(owner.stdout.readline())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_child_dies_with_its_owner_however_that_ends(number: int, tmp_path: Path) -> None:
    owner, child = owner_of(WAITING, tmp_path)
    with owner:
        assert alive(child)
        owner.send_signal(number)
        owner.wait(30)

    wait_until(lambda: not alive(child), "the child is gone after its owner")


def test_the_child_of_a_dead_owner_is_killed_when_it_ignores_sigterm(tmp_path: Path) -> None:
    owner, child = owner_of(STUBBORN, tmp_path)
    with owner:
        owner.kill()

    wait_until(lambda: not alive(child), "the stubborn child is gone after its owner")


@pytest.mark.parametrize("paused", [False, True])
def test_the_child_of_a_dead_owner_may_end_in_its_own_way(paused: bool, tmp_path: Path) -> None:
    owner, child = owner_of(SAYS_GOODBYE, tmp_path)
    if paused:
        os.kill(child, signal.SIGSTOP)
    with owner:
        owner.kill()

    wait_until(lambda: not alive(child), "the child is gone after its owner")
    assert (tmp_path / "log").read_text() == "up\ngoodbye\n"


def test_the_child_dies_when_its_guard_is_killed(tmp_path: Path) -> None:
    child = started(WAITING, tmp_path)

    os.kill(parent_of(child.pid), signal.SIGKILL)

    assert child.wait(30) == 128 + signal.SIGKILL
    wait_until(lambda: not alive(child.pid), "the child is gone after its guard")


def test_a_service_manager_s_sigterm_to_every_process_does_not_cost_the_child_its_time_to_end(
    tmp_path: Path,
) -> None:
    child = started(WAITING, tmp_path)
    guard = parent_of(child.pid)

    os.kill(guard, signal.SIGTERM)

    with pytest.raises(TimeoutError):
        child.wait(0.3)
    assert alive(child.pid)
    child.kill()

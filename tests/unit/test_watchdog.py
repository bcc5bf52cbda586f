"""A call that does not come back ends the process; one that does, does not."""

import subprocess
import sys

from backorder.engine.watchdog import Watchdog
from tests.support.waiting import wait_until


def test_a_call_that_does_not_come_back_is_given_up_by_name() -> None:
    given_up: list[str] = []
    with Watchdog(given_up.append) as watchdog, watchdog.within(0.0, "send offsets"):
        wait_until(lambda: given_up == ["send offsets"], "the watchdog has seen it")


def test_calls_that_come_back_are_forgotten() -> None:
    given_up: list[str] = []
    with Watchdog(given_up.append) as watchdog:
        with watchdog.within(0.0, "commit"):
            pass
        # The next one is watched anew: once it is given up, the watchdog has looked since.
        with watchdog.within(0.0, "abort"):
            wait_until(lambda: bool(given_up), "the watchdog has seen the second call")
    assert given_up == ["abort"]


def test_the_process_ends_for_its_supervisor_and_shows_where_it_was() -> None:
    code = (
        "import threading\n"
        "from backorder.engine.watchdog import Watchdog\n"
        "def never_comes_back(): threading.Event().wait()\n"
        "with Watchdog() as watchdog, watchdog.within(0.0, 'commit'): never_comes_back()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 75
    assert "never_comes_back" in done.stderr
    assert "commit" in done.stdout + done.stderr

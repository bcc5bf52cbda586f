"""A service's process: what it says on stderr, and how it ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

NOWHERE = "127.0.0.1:1"


@pytest.fixture
def waiting() -> Iterator[subprocess.Popen[str]]:
    """The orders service, waiting for a broker that is not there."""
    environment = os.environ | {"BACKORDER_KAFKA__BOOTSTRAP_SERVERS": NOWHERE}
    command = [sys.executable, "-m", "backorder.orders"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    yield process
    process.kill()
    process.communicate()


def read_until(process: subprocess.Popen[str], event: str) -> dict[str, str]:
    """Reads its log up to the line with this event."""
    assert process.stderr is not None
    for line in process.stderr:
        found: dict[str, str] = json.loads(line)
        if found["event"] == event:
            return found
    raise AssertionError(f"ended without {event!r}")


def test_it_waits_for_its_broker_and_ends_well_when_it_is_told_to(waiting: subprocess.Popen[str]) -> None:
    line = read_until(waiting, "kafka is not reachable yet")
    assert (line["service"], line["slot"], line["level"]) == ("orders", "0", "warning")
    waiting.send_signal(signal.SIGTERM)
    assert read_until(waiting, "ended")
    assert waiting.wait(30) == 0


def test_a_second_signal_ends_it_at_once(waiting: subprocess.Popen[str]) -> None:
    read_until(waiting, "serving metrics and health")
    # Until the first is taken care of, a second is the same signal to the kernel: it has to come again.
    while waiting.poll() is None:
        waiting.send_signal(signal.SIGINT)
        try:
            waiting.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
    assert waiting.returncode == -signal.SIGINT


def test_a_wrong_setting_ends_it_with_a_usage_error_that_names_the_variable() -> None:
    environment = os.environ | {"BACKORDER_LOOP__BATCH_RECORDS": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "backorder.orders"],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("BACKORDER_LOOP__BATCH_RECORDS:")

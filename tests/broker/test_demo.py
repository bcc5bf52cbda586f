"""`backorder demo`, whole: all is reconciled at its end, and Ctrl-C at any moment leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.broker import AnyBroker, admin
from tests.support.processes import alive
from tests.support.waiting import wait_until

MARK = "BACKORDER_TEST_MARK"
"""In the environment of a demo and of all that it starts."""


class Demo:
    """A running `backorder demo`, its output, and the processes that belong to it."""

    def __init__(self, log: Path, *arguments: str) -> None:
        self._log = log
        self._mark = f"{MARK}={uuid.uuid4().hex}".encode()
        name, _, value = self._mark.decode().partition("=")
        environment = {key: text for key, text in os.environ.items() if not key.startswith("BACKORDER_")}
        environment["TMPDIR"] = str(log.parent)
        command = [Path(sys.executable).with_name("backorder"), "demo", *arguments]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command, stdout=output, stderr=subprocess.STDOUT, env={**environment, name: value}
            )

    @property
    def output(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def wait_for(self, words: str, deadline: float = 90.0) -> None:
        """Returns once the demo has printed these words."""

        def printed() -> bool:
            assert words in self.output or self.process.poll() is None, self.output
            return words in self.output

        wait_until(printed, f"the demo prints {words!r}", deadline)

    def processes(self) -> list[int]:
        """All that were started by it, directly or not, and run still."""
        return [pid for pid in self._marked() if alive(pid)]

    def end(self) -> None:
        """Whatever happened, nothing of it stays on this machine."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        self.process.wait(30)

    def _marked(self) -> Iterator[int]:
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                environment = (folder / "environ").read_bytes()
            except OSError:  # it ended while we looked, or is not ours
                continue
            if self._mark in environment.split(b"\0"):
                yield int(folder.name)


@contextmanager
def running_demo(log: Path, *arguments: str) -> Iterator[Demo]:
    demo = Demo(log, *arguments)
    try:
        yield demo
    finally:
        demo.end()


@pytest.mark.broker
def test_a_small_demo_plays_everything_reconciles_and_cleans_up(broker: AnyBroker, tmp_path: Path) -> None:
    before = set(admin(broker.bootstrap).list_topics(timeout=10).topics)
    arguments = ("--events", "600", "--rate", "300", "--seed", "5", "--broker", broker.bootstrap)
    with running_demo(tmp_path / "demo.log", *arguments) as demo:
        code = demo.process.wait(240)
        assert code == 0, demo.output
        assert figure("events in", demo.output) == 600
        for name in ("records out", "on backorders", "on releases", "on lines", "on stock", "answers timed"):
            assert figure(name, demo.output) > 0, demo.output
        assert figure("latency p50, ms", demo.output) >= 0
        assert "reconciliation holds" in demo.output
        assert demo.processes() == []
    left = set(admin(broker.bootstrap).list_topics(timeout=10).topics) - before
    assert not [topic for topic in left if topic.startswith("demo-")]


def figure(name: str, output: str) -> int:
    found = re.search(rf"^\s*{re.escape(name)}\s+([\d,]+)\s*$", output, re.MULTILINE)
    assert found, f"no figure {name!r} in\n{output}"
    return int(found[1].replace(",", ""))


MOMENTS = {
    "while Kafka starts": "starting Kafka",
    "while the services start": "Kafka is at",
    "while events flow": "trade: in ",
}


@pytest.mark.broker
@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_ends_everything_at_any_moment(moment: str, tmp_path: Path) -> None:
    with running_demo(tmp_path / "demo.log", "--events", "100000", "--rate", "300") as demo:
        demo.wait_for(MOMENTS[moment])
        if moment == "while Kafka starts":
            wait_until(lambda: len(demo.processes()) > 1, "the demo has started something")
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(60) == 130, demo.output
        assert "Traceback" not in demo.output
        wait_until(lambda: demo.processes() == [], "every process of the demo has ended", deadline=10)


@pytest.mark.broker
def test_a_demo_that_is_killed_takes_everything_with_it(tmp_path: Path) -> None:
    with running_demo(tmp_path / "demo.log", "--events", "100000", "--rate", "300") as demo:
        demo.wait_for("Kafka is at")
        wait_until(lambda: len(demo.processes()) > 4, "Kafka and services run")
        demo.process.kill()
        demo.process.wait(10)
        wait_until(lambda: demo.processes() == [], "every process of the demo has ended", deadline=30)

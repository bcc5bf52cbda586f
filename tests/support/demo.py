"""A running `backorder demo`, and all that it started."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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

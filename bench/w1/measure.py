"""One run of one system: its process watched from outside, for wall time and processor time.

What counts is the time from the first look at which at least `warm` records were committed to the first at
which all were. So the start of a process, its imports, and the compiler of a JVM are not in it.
"""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

LOOK_SECONDS = 0.1
_TICKS = os.sysconf("SC_CLK_TCK")


class Look(NamedTuple):
    """Where a run was at a moment."""

    at: float
    cpu: float
    done: int


class Measured(NamedTuple):
    """What a run took, past its warm-up."""

    events: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Thousand events a second."""
        return self.events / self.seconds / 1000

    @property
    def cpu_micros(self) -> float:
        """Microseconds of the client's processor time for an event."""
        return self.cpu_seconds / self.events * 1e6


class Failed(Exception):
    """The process ended, or came to nothing in time."""


def run(
    command: Sequence[str | Path],
    environment: dict[str, str],
    log: Path,
    progress: Callable[[], int],
    events: int,
    warm: int,
    patience: float,
) -> Measured:
    """Starts a client, waits until it has committed all events, ends it with SIGTERM."""
    with log.open("w") as lines:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdout=lines,
            stderr=subprocess.STDOUT,
            env=os.environ | environment,
        )
        try:
            return _watch(process, log, progress, events, warm, patience)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _watch(
    process: subprocess.Popen[bytes],
    log: Path,
    progress: Callable[[], int],
    events: int,
    warm: int,
    patience: float,
) -> Measured:
    deadline = time.monotonic() + patience
    first: Look | None = None
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Failed(f"ended with {process.returncode}; its log ends with\n{_tail(log)}")
        look = Look(time.monotonic(), _cpu(process.pid), progress())
        if first is None and look.done >= max(1, warm):
            first = look
        if first is not None and look.done >= events:
            if look.done == first.done:
                raise Failed("was done before it could be measured: play more messages")
            return Measured(look.done - first.done, look.at - first.at, look.cpu - first.cpu)
        time.sleep(LOOK_SECONDS)
    raise Failed(f"was not done after {patience:.0f} s; its log ends with\n{_tail(log)}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])


def _cpu(root: int) -> float:
    """Processor seconds of a process, its children and theirs, living or waited for."""
    ticks = 0
    for pid in _family(root):
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        ticks += sum(map(int, stat.rpartition(")")[2].split()[11:15]))
    return ticks / _TICKS


def _family(root: int) -> list[int]:
    found = [root]
    for pid in found:
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found += map(int, children.split())
    return found

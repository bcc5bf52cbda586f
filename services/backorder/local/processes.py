"""Several child processes as one thing: started, waited for, stopped in order, never left behind."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from backorder.local.child import Child
from backorder.local.errors import LocalError

POLL = 0.05
"""Seconds between two questions whether a process is ready."""


class ProcessDied(LocalError):
    """A process ended that should be running. The message has the end of its log."""


class Processes:
    """Children by name, each with its log at `<logs>/<name>.log`.

    As a context manager it stops what still runs, the last started first. Order matters: whoever feeds
    others stops before them, so `stop("traffic")`, then `stop("orders", "allocation")`, then the broker.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._children: dict[str, Child] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_all()

    def __getitem__(self, name: str) -> Child:
        return self._children[name]

    @property
    def names(self) -> tuple[str, ...]:
        """In the order of their (last) start."""
        return tuple(self._children)

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Child:
        """Starts a command under a name; a name whose process has ended may be used again.

        Raises `LocalError` when the name is taken by a running process or the command does not start.
        """
        earlier = self._children.get(name)
        if earlier is not None and earlier.running:
            raise LocalError(f"{name} runs already (process {earlier.pid})")
        child = Child(name, command, self._logs / f"{name}.log", env=env, cwd=cwd)
        self._children.pop(name, None)
        self._children[name] = child
        return child

    def wait_ready(self, name: str, ready: Callable[[], bool], deadline: float = 30.0) -> None:
        """Asks `ready` until it says yes. Raises `ProcessDied` as soon as the process has ended, and
        `LocalError` after `deadline` seconds, both with the end of the log."""
        child = self._children[name]
        end = time.monotonic() + deadline
        while not ready():
            if not child.running:
                raise died(child)
            if time.monotonic() > end:
                raise LocalError(f"{name} is not ready after {deadline:g} s.\n{log_of(child)}")
            time.sleep(POLL)

    def check(self) -> None:
        """Raises `ProcessDied` for the first process that has ended, unless `stop` or `kill` ended it."""
        for child in self._children.values():
            if not child.running:
                raise died(child)

    def stop(self, *names: str, grace: float = 10.0) -> None:
        """Stops the named ones together: SIGTERM to all, `grace` seconds, SIGKILL to those that remain."""
        children = [self._children[name] for name in names]
        for child in children:
            child.terminate()
        end = time.monotonic() + grace
        for child in children:
            child.wait_or_kill(end - time.monotonic())
            del self._children[child.name]

    def stop_all(self, grace: float = 10.0) -> None:
        """Stops every process, one after the other, the last started first."""
        for name in reversed(self.names):
            self.stop(name, grace=grace)

    def kill(self, name: str) -> None:
        """SIGKILL, as a crash would; the name may then be started again."""
        self._children.pop(name).kill()


def died(child: Child) -> ProcessDied:
    return ProcessDied(f"{child.name} {child.how_it_ended()}.\n{log_of(child)}")


def log_of(child: Child) -> str:
    return f"The end of {child.log}:\n{child.log_tail() or '(nothing was written)'}"

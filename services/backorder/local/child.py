"""One child process that cannot outlive us: its own session, its own log file, a guard (`guard.py`)."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from backorder.local.errors import LocalError

GUARD = Path(__file__).with_name("guard.py")
ORPHAN_GRACE = 5.0
"""Seconds between SIGTERM and SIGKILL for a child whose owner died without stopping it."""
TAIL_BYTES = 128 * 1024
"""So much of the end of a log is looked at, however long it is."""


class Child:
    """A running command. It has a session of its own, so Ctrl-C in our terminal does not reach it: we
    decide in which order things stop. When we end, in whatever way, so does it.

    Output (standard and error) is appended to `log`. `env` replaces the environment; None inherits it.
    Raises `LocalError` when the command cannot be started.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log_start = log.stat().st_size if log.exists() else 0
        argv = [os.fspath(part) for part in command]
        status, status_of_guard = os.pipe()
        with os.fdopen(status, "rb") as answer:
            try:
                self._guard = _start_guard(argv, log, status_of_guard, env, cwd)
            finally:
                os.close(status_of_guard)
            self.pid = self._started(answer.read().decode())

    def _started(self, answer: str) -> int:
        kind, _, text = answer.partition(" ")
        if kind == "pid":
            return int(text)
        self.wait(ORPHAN_GRACE)
        raise LocalError(f"{self.name} could not be started: {text or self.log_tail()}")

    @property
    def running(self) -> bool:
        return self.returncode is None

    @property
    def returncode(self) -> int | None:
        """Exit status; 128 + number for a signal; None while it runs."""
        code = self._guard.poll()
        if code is not None:
            self._close_pipe()
            return 128 - code if code < 0 else code
        return None

    def signal(self, number: int) -> None:
        """Sends the command a signal. Does nothing once it has ended."""
        if not self.running:
            return
        assert self._guard.stdin is not None
        try:
            self._guard.stdin.write(bytes([number]))
        except BrokenPipeError:
            # It ended between the question and the answer; its guard is about to say how.
            self.wait(ORPHAN_GRACE)

    def wait(self, timeout: float) -> int:
        """Waits until the command has ended and returns `returncode`; raises `TimeoutError`."""
        try:
            self._guard.wait(timeout)
        except subprocess.TimeoutExpired as late:
            raise TimeoutError(f"{self.name} still runs after {timeout:g} s") from late
        code = self.returncode
        assert code is not None
        return code

    def terminate(self) -> None:
        """SIGTERM, without waiting. A paused process (SIGSTOP) is woken to see it."""
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)

    def stop(self, grace: float = 10.0) -> int:
        """SIGTERM, `grace` seconds, SIGKILL. Returns `returncode`."""
        self.terminate()
        return self.wait_or_kill(grace)

    def wait_or_kill(self, grace: float) -> int:
        """Gives the command `grace` seconds to end by itself, then kills it. Returns `returncode`."""
        try:
            return self.wait(max(grace, 0.0))
        except TimeoutError:
            return self.kill()

    def kill(self) -> int:
        """SIGKILL at once. Returns `returncode`."""
        self.signal(signal.SIGKILL)
        return self.wait(30.0)  # a kill is not refused, only late: the kernel has to take the memory down

    def how_it_ended(self) -> str:
        """A phrase for messages: `exited with status 3`, `was ended by SIGKILL`, `is running`."""
        code = self.returncode
        if code is None:
            return "is running"
        if code > 128 and code - 128 in {number.value for number in signal.Signals}:
            return f"was ended by {signal.Signals(code - 128).name}"
        return f"exited with status {code}"

    def log_tail(self, lines: int = 30) -> str:
        """The last lines that this run wrote to its log, without those of earlier runs."""
        with self.log.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, end - TAIL_BYTES))
            text = log.read().decode(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def _close_pipe(self) -> None:
        if self._guard.stdin is not None:
            self._guard.stdin.close()


def _start_guard(
    argv: list[str], log: Path, status: int, env: Mapping[str, str] | None, cwd: Path | None
) -> "subprocess.Popen[bytes]":
    # -I -S: the guard needs nothing but the standard library, whatever PYTHON* says.
    guard = [sys.executable, "-I", "-S", os.fspath(GUARD), str(status), str(ORPHAN_GRACE)]
    with log.open("ab") as output:
        return subprocess.Popen(
            [*guard, *argv],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            bufsize=0,
            pass_fds=(status,),
            start_new_session=True,
            env=None if env is None else dict(env),
            cwd=cwd,
        )

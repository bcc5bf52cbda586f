"""Runs one command and sees to it that it does not outlive the process that asked for it.

Started as a script of its own (`python -I -S guard.py STATUS_FD GRACE COMMAND ...`), standard library
only, so that it is up in some twenty milliseconds. Its standard input is a pipe whose other end only
the owner holds:

- a byte on the pipe is the number of a signal to pass on to the command;
- the end of the pipe means that the owner is gone, however it went, SIGKILL included: the command gets
  SIGTERM, GRACE seconds, then SIGKILL.

Why a process between owner and command, and not `PR_SET_PDEATHSIG` alone: the kernel ties that request
to the *thread* that forked, so a command started from a worker thread would die with the thread. Here it
comes on top, since this process has one thread only: a guard that is itself killed takes its command along.

The guard exits with the command's status, or 128 + signal number.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable

CONTROL = 0
PR_SET_PDEATHSIG = 1
NOT_STARTED = 127


def main(status: int, grace: float, command: list[str]) -> int:
    woken = wake_on_signals()
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=die_with_guard())
    except OSError as error:
        os.write(status, f"error {error}".encode())
        return NOT_STARTED
    os.write(status, f"pid {child.pid}".encode())
    os.close(status)
    watch(child, woken, grace)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def wake_on_signals() -> int:
    """Makes the end of the command wake `select`, and keeps the signals of a service manager, which go to
    every process, from ending the guard before its command. Handlers, and not SIG_IGN, because the
    command would inherit that."""
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: None)
    return woken


def die_with_guard() -> Callable[[], None] | None:
    """What the command does before it becomes the command: asks the kernel for SIGKILL when the guard
    dies. Only Linux knows that; elsewhere the pipe does the work alone."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    guard = os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != guard:  # it died before we asked
            os._exit(NOT_STARTED)

    return ask


def watch(child: "subprocess.Popen[bytes]", woken: int, grace: float) -> None:
    while child.poll() is None:
        readable, _, _ = select.select([CONTROL, woken], [], [])
        if woken in readable:
            os.read(woken, 1024)
        if CONTROL in readable:
            numbers = os.read(CONTROL, 1024)
            if not numbers:
                end(child, grace)
                return
            for number in numbers:
                child.send_signal(number)


def end(child: "subprocess.Popen[bytes]", grace: float) -> None:
    child.terminate()
    child.send_signal(signal.SIGCONT)  # a stopped process would never see the first
    try:
        child.wait(grace)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))

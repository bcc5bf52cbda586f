"""Waiting for a condition, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
POLL = 0.02


def wait_until(condition: Callable[[], T], what: str, deadline: float = 30.0) -> T:
    """Asks `condition` until its answer is true, and returns that answer.

    After `deadline` seconds it raises an AssertionError that names `what` was waited for.
    """
    end = time.monotonic() + deadline
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline:g} s in vain: {what} (last answer: {answer!r})")
        time.sleep(POLL)

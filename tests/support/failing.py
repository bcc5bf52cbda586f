"""A fold that fails, at whatever line of the domain's code, and is rolled back."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from backorder import domain
from backorder.domain import events as e
from backorder.domain.fold import Fold
from backorder.domain.invariants import violations
from tests.support.shop import Shop

FEWEST_LINES = 20
"""An entry that is done in fewer was not folded at all."""


class Failure(Exception):
    """What a mistake in the fold would raise."""


def apply_and_fail(fold: Fold, fed: e.Entry, at_line: int) -> bool:
    """Folds an entry and fails at the so many-th line of the domain's code; False if it has fewer lines."""
    left = at_line

    def on_line(frame: FrameType, what: str, _: Any) -> Callable[..., Any]:
        nonlocal left
        if what == "line":
            left -= 1
            if not left:
                raise Failure
        return on_line

    def on_call(frame: FrameType, _: str, __: Any) -> Callable[..., Any] | None:
        return on_line if frame.f_code.co_filename.startswith(domain.__path__[0]) else None

    tracing = sys.gettrace()
    sys.settrace(on_call)
    try:
        fold.apply(fed)
    except Failure:
        return True
    finally:
        sys.settrace(tracing)
    return False


def assert_a_failure_leaves_nothing(shop: Shop, fed: e.Entry) -> None:
    """Wherever the entry fails, it is undone exactly, and does the same when it comes again."""
    fold, before = shop.fold, shop.fold.dump()
    expected, after = fold.apply(fed), fold.dump()
    fold.rollback()
    at_line = 0
    while apply_and_fail(fold, fed, at_line := at_line + 1):
        fold.rollback()
        assert fold.dump() == before, at_line
        assert not violations(shop.pool), at_line
        assert fold.apply(fed) == expected, at_line
        assert fold.dump() == after, at_line
        fold.rollback()
    assert at_line > FEWEST_LINES

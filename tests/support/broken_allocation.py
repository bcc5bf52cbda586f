"""Allocation as a release with a bug would be: `python -m tests.support.broken_allocation`.

BROKEN_ON names the journal entry at which the fold fails, as `type/id`, after it has done its work, so that
there is something to take back. BROKEN_TIMES is how often; without it, always.
"""

import os

from backorder.allocation.service import run
from backorder.domain.events import Entry, type_name
from backorder.domain.fold import Fold, Outcome
from backorder.start import main


class Bug:
    """Stands in the place of `Fold.apply`."""

    def __init__(self, at: str, times: int) -> None:
        self._at = at
        self._left = times
        self._apply = Fold.apply

    def __call__(self, fold: Fold, entry: Entry) -> Outcome:
        outcome = self._apply(fold, entry)
        if self._left and f"{type_name(entry.event)}/{entry.id}" == self._at:
            self._left -= 1
            raise ZeroDivisionError(f"a bug in the handling of {entry.id}")
        return outcome


if __name__ == "__main__":
    bug = Bug(os.environ["BROKEN_ON"], int(os.environ.get("BROKEN_TIMES", str(10**9))))
    Fold.apply = lambda fold, entry: bug(fold, entry)  # type: ignore[method-assign]
    main(run)

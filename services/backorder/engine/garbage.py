"""Python's search for cyclic garbage, kept out of the loop's way.

What a batch makes is freed by counting references, so there is next to nothing to find; but the search is set
off by the number of new objects, a batch makes thousands, and at its thorough times it walks over the whole
state. Without these calls it took a twelfth of the processor time of a small state's batches, and more the
larger the state.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Above what the largest batch leaves at its highest; Python's own first threshold is 700.
_NEW_OBJECTS = 100_000


def search_seldom() -> None:
    """For the whole process: searches only when much more is made than is freed."""
    gc.set_threshold(_NEW_OBJECTS, 20, 20)


@contextmanager
def filling() -> Iterator[None]:
    """While a state is filled everything made is kept: no search meanwhile, and later ones pass it over."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # Before it is on again: what has been made would set a search off at once.
        gc.freeze()
        if was_on:
            gc.enable()


def may_go() -> None:
    """What was to be kept may have gone: the next thorough search looks at all of it."""
    gc.unfreeze()

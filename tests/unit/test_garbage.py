"""The search for cyclic garbage: seldom, never over a restored state, and there for what was given up."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from backorder.engine import garbage


class Knot:
    """Something that only the search can free."""

    def __init__(self) -> None:
        self.self = self


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    gc.enable()


def test_a_batch_of_ten_thousand_records_sets_off_no_search() -> None:
    garbage.search_seldom()
    before = [generation["collections"] for generation in gc.get_stats()]
    kept = [[number] for number in range(10_000)]
    assert [generation["collections"] for generation in gc.get_stats()] == before
    del kept


def test_there_is_no_search_while_a_state_is_filled_and_there_is_again_afterwards() -> None:
    with garbage.filling():
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.disable()
    with garbage.filling():
        pass
    assert not gc.isenabled()


def test_the_search_is_on_again_when_filling_fails() -> None:
    with pytest.raises(ZeroDivisionError), garbage.filling():
        raise ZeroDivisionError
    assert gc.isenabled()


def test_what_a_state_was_filled_with_is_passed_over_until_it_may_go() -> None:
    with garbage.filling():
        knot = Knot()
    gone = weakref.ref(knot)
    del knot
    gc.collect()
    assert gone() is not None
    garbage.may_go()
    gc.collect()
    assert gone() is None

"""The check of transactions finds every way in which one could have been seen in part."""

import pytest

from tests.support.transactions import Stamps, check

WHOLE: Stamps = {("a", 0, 0): "p/1/2", ("b", 3, 7): "p/1/2", ("a", 0, 2): "p/3/1"}
ABORTED: Stamps = {("a", 0, 1): "p/2/2", ("b", 3, 8): "p/2/2"}


def without(stamps: Stamps, place: tuple[str, int, int]) -> Stamps:
    return {at: stamp for at, stamp in stamps.items() if at != place}


def test_whole_transactions_are_counted_and_those_that_were_aborted_apart() -> None:
    found = check(WHOLE, WHOLE | ABORTED, WHOLE)
    assert found.committed == {"p/1/2", "p/3/1"}
    assert found.aborted == {"p/2/2"}


def test_a_transaction_that_is_on_one_topic_and_not_on_another_is_found() -> None:
    half = without(WHOLE, ("b", 3, 7))
    with pytest.raises(AssertionError, match="not whole"):
        check(half, half, half)


def test_a_record_that_is_there_twice_is_found() -> None:
    twice = WHOLE | {("a", 0, 3): "p/1/2"}
    with pytest.raises(AssertionError, match="not whole"):
        check(twice, twice, twice)


def test_a_transaction_of_which_some_records_were_aborted_is_found() -> None:
    with pytest.raises(AssertionError, match="committed in part"):
        check(WHOLE, WHOLE | {("a", 0, 1): "p/1/2"}, WHOLE)


def test_a_record_that_a_reader_of_the_uncommitted_does_not_find_is_found() -> None:
    with pytest.raises(AssertionError, match="not on the topics"):
        check(WHOLE, without(WHOLE, ("a", 0, 2)), WHOLE)


def test_a_record_of_an_aborted_transaction_that_a_reader_got_is_found() -> None:
    with pytest.raises(AssertionError, match="of aborted transactions"):
        check(WHOLE, WHOLE | ABORTED, WHOLE | {("a", 0, 1): "p/2/2"})


def test_a_record_that_was_another_one_when_the_reader_got_it_is_found() -> None:
    with pytest.raises(AssertionError, match="of aborted transactions"):
        check(WHOLE, WHOLE, WHOLE | {("a", 0, 2): "p/2/1"})


def test_a_committed_record_that_the_reader_never_got_is_found() -> None:
    with pytest.raises(AssertionError, match="never got"):
        check(WHOLE, WHOLE, without(WHOLE, ("a", 0, 2)))

"""The mark and the group's committed offset: where to resume, and when to refuse."""

import pytest

from backorder.engine import mark
from backorder.engine.failures import Refused
from backorder.engine.mark import Where, resume_at

WHERE = Where("the-group", "journal", "allocation-state", 3)
AT_40 = mark.encode(40, version=1)


def test_a_new_partition_begins_at_the_beginning() -> None:
    assert resume_at(WHERE, None, has_state=False, committed=None, version=1) is None


def test_mark_and_committed_offset_agree() -> None:
    assert resume_at(WHERE, AT_40, has_state=True, committed=40, version=1) == 40


def test_an_expired_committed_offset_is_replaced_by_the_mark() -> None:
    assert resume_at(WHERE, AT_40, has_state=True, committed=None, version=1) == 40


def test_a_moved_committed_offset_is_refused_with_both_named_and_what_to_do() -> None:
    with pytest.raises(
        Refused, match=r"stands at offset 40 of journal-3.*committed 39.*reset the group's offset"
    ):
        resume_at(WHERE, AT_40, has_state=True, committed=39, version=1)


def test_a_committed_offset_without_a_mark_is_refused() -> None:
    with pytest.raises(Refused, match=r"committed offset 40 of journal-3.*no mark.*stop the service"):
        resume_at(WHERE, None, has_state=False, committed=40, version=1)


def test_state_without_a_mark_is_refused() -> None:
    with pytest.raises(Refused, match="allocation-state-3 holds state but no mark"):
        resume_at(WHERE, None, has_state=True, committed=None, version=1)


def test_state_of_a_newer_version_is_refused_and_of_an_older_one_is_not() -> None:
    newer = mark.encode(40, version=2)
    with pytest.raises(Refused, match="newer version"):
        resume_at(WHERE, newer, has_state=True, committed=40, version=1)
    assert resume_at(WHERE, AT_40, has_state=True, committed=40, version=2) == 40

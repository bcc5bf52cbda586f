"""The rules by which a journal was folded: a program that does not know them stops."""

import msgspec
import pytest

from backorder.domain import events as e
from backorder.domain.fold import PARTITION_KEY, Fold
from backorder.domain.records import PartitionHead
from backorder.domain.settings import RULES_VERSION
from tests.support.shop import MONDAY, entry


def test_a_change_to_newer_rules_is_an_error_and_changes_nothing() -> None:
    fold = Fold()
    with pytest.raises(ValueError, match=f"rules version {RULES_VERSION + 1}"):
        fold.apply(entry(e.RulesChanged(RULES_VERSION + 1, {"step_lines": 1}), MONDAY, 1, ""))
    assert not fold.dump()


def test_a_state_that_newer_rules_have_made_is_not_taken_over() -> None:
    head = PartitionHead(rules_version=RULES_VERSION + 1)
    restored = Fold()
    restored.load([(PARTITION_KEY, msgspec.msgpack.encode(head))])
    with pytest.raises(ValueError, match=f"rules version {RULES_VERSION + 1}"):
        restored.loaded()

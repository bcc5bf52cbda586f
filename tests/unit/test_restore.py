"""Folding a changelog to its last values, in slices."""

import time
from typing import Any, cast

import pytest
from confluent_kafka import KafkaError, Message

from backorder.engine import kafka, mark
from backorder.engine.failures import Refused
from backorder.engine.restore import Restore, Restorer
from tests.support.adding import Sums

FOREVER = float("inf")


def message(key: bytes | None, value: bytes | None, offset: int) -> Message:
    return Message("state", 0, offset, key, value)


def end_of_partition(offset: int) -> Message:
    return Message("state", 0, offset, error=KafkaError(KafkaError._PARTITION_EOF))


def restored(*records: tuple[bytes, bytes | None]) -> Restore:
    restore = Restore(0, Sums("sums"), start=0, end=len(records))
    for offset, (key, value) in enumerate(records):
        assert not restore.read
        assert restore.take([message(key, value, offset)]) == []
    assert restore.read
    restore.load(FOREVER)
    assert restore.done
    return restore


def sums(restore: Restore) -> dict[bytes, int]:
    assert isinstance(restore.state, Sums)
    return restore.state.sums


def test_the_state_gets_the_last_value_of_every_key_and_no_deleted_one() -> None:
    restore = restored((b"a", b"1"), (b"b", b"2"), (b"a", b"3"), (b"b", None), (mark.KEY, b"{}"))
    assert sums(restore) == {b"a": 3}
    assert (restore.mark, restore.has_state, restore.records) == (b"{}", True, 5)


def test_a_changelog_of_nothing_but_a_mark_is_no_state() -> None:
    restore = restored((mark.KEY, b"{}"))
    assert (restore.mark, restore.has_state) == (b"{}", False)


def test_state_is_loaded_in_slices_and_remembered_as_state_to_the_end() -> None:
    records = [(b"%d" % number, b"1") for number in range(12_000)]
    restore = Restore(0, Sums("sums"), start=0, end=len(records))
    restore.take(message(key, value, offset) for offset, (key, value) in enumerate(records))
    slices = 0
    while not restore.done:
        restore.load(time.monotonic())
        slices += 1
    assert slices > 1
    assert len(sums(restore)) == 12_000
    assert (restore.mark, restore.has_state) == (None, True)


def test_a_record_without_a_key_is_none_of_ours() -> None:
    with pytest.raises(Refused, match="without a key"):
        restored((b"a", b"1"), cast(Any, (None, b"2")))


def test_it_takes_what_is_before_its_end_and_no_more() -> None:
    restore = Restore(0, Sums("sums"), start=0, end=5)
    assert restore.take([message(b"a", b"1", 2), message(b"a", b"2", 4), message(b"a", b"3", 5)]) == []
    restore.load(FOREVER)
    assert sums(restore) == {b"a": 2}
    assert restore.records == 2


def test_what_is_no_record_is_handed_back_and_moves_nothing() -> None:
    restore = Restore(0, Sums("sums"), start=0, end=9)
    event = end_of_partition(3)
    assert restore.take([message(b"a", b"1", 1), event, message(b"b", b"2", 4)]) == [event]
    assert (restore.position, restore.records, restore.read) == (5, 2, False)


class FakeReader:
    """What a `Restorer` asks of its consumer."""

    def __init__(self) -> None:
        self.closed = False

    def incremental_assign(self, partitions: list[Any]) -> None: ...

    def incremental_unassign(self, partitions: list[Any]) -> None: ...

    def close(self) -> None:
        self.closed = True


def test_a_process_that_ends_in_the_middle_of_a_restore_gives_the_partition_up_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its consumer is closed last, and tells of every partition that it is given up."""
    reader = FakeReader()
    monkeypatch.setattr(kafka, "consumer", lambda _: reader)
    restorer = Restorer({}, "state")
    restorer.add(Restore(0, Sums("sums"), start=0, end=10))
    restorer.add(Restore(1, Sums("sums"), start=0, end=0))
    restorer.close()
    restorer.cancel(0)
    restorer.cancel(1)
    assert reader.closed
    assert len(restorer) == 0

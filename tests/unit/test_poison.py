"""A record that the state's own code fails on: what is before it is done, it is named, nothing is lost."""

from collections.abc import Sequence

import pytest

from backorder.engine.failures import Refused
from backorder.engine.memory_log import MemoryLog
from backorder.engine.poison import process
from backorder.engine.records import Collected, Message, Outbox
from tests.support.adding import Adding, Sums


def messages(*values: bytes) -> list[Message]:
    return [Message("in", 0, offset, 0, b"k", value) for offset, value in enumerate(values)]


def test_the_records_before_the_poison_are_processed_once_and_it_is_named() -> None:
    state, out = Sums("sums"), Collected()
    poison = process(state, messages(b"1", b"2", b"poison", b"4"), out)
    assert poison is not None
    assert (poison.done, poison.record.offset) == (2, 2)
    assert isinstance(poison.error, ZeroDivisionError)
    assert [record.value for record in out.records] == [b"0:1", b"1:3"]
    assert state.sums == {b"k": 3}


def test_poison_at_the_beginning_leaves_nothing_behind() -> None:
    state, out = Sums("sums"), Collected()
    out.produce("other", b"k", b"from another partition")
    poison = process(state, messages(b"poison", b"1"), out)
    assert poison is not None
    assert poison.done == 0
    assert [record.topic for record in out.records] == ["other"]
    assert (state.sums, list(state.changes())) == ({}, [])


class FailsOnMany(Sums):
    def process(self, records: Sequence[Message], out: Outbox) -> None:
        super().process(records, out)
        if len(records) > 1:
            raise ZeroDivisionError("more than one")


def test_a_batch_that_fails_only_as_a_whole_is_processed_record_by_record() -> None:
    state, out = FailsOnMany("sums"), Collected()
    assert process(state, messages(b"1", b"2"), out) is None
    assert [record.value for record in out.records] == [b"0:1", b"1:3"]
    assert state.sums == {b"k": 3}


class Refuses(Sums):
    def process(self, records: Sequence[Message], out: Outbox) -> None:
        raise Refused("written by a newer version")


def test_a_refusal_is_no_poison_and_ends_the_process() -> None:
    with pytest.raises(Refused, match="newer"):
        process(Refuses("sums"), messages(b"1"), Collected())


def test_the_memory_log_runs_a_service_as_the_loop_does() -> None:
    log, service = MemoryLog(), Adding("")
    for value in (b"1", b"2", b"3"):
        log.append("in", b"k", value)
    log.run(service, batch_records=2)
    log.append("in", b"k", b"4")
    log.run(service)
    assert [record.value for record in log.records("sums")] == [b"0:1", b"1:3", b"2:6", b"3:10"]
    assert log.changelog("state") == {b"k": b"10"}


def test_the_memory_log_raises_poison_after_what_came_before_it() -> None:
    log, service = MemoryLog(), Adding("")
    for value in (b"1", b"poison"):
        log.append("in", b"k", value)
    with pytest.raises(ZeroDivisionError):
        log.run(service)
    assert log.changelog("state") == {b"k": b"1"}

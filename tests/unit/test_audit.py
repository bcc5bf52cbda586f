"""The audit finds what is wrong in the tables and the state of a processor that runs, and takes nothing that
was written meanwhile for wrong."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from backorder.domain.records import Stock
from backorder.reconcile import CannotReconcile, Report
from backorder.reconcile.audit import audit_log
from backorder.reconcile.log import Record
from backorder.trade.sample import sample
from tests.support.corruptions import CORRUPTIONS, changed
from tests.support.memory_cluster import JOURNAL, STATE, MemoryCluster
from tests.support.written_trade import written_trade

OF_ROWS_AND_STATE = [
    name
    for name, case in CORRUPTIONS.items()
    if case.check in ("tables", "changelog")
    # In a system that runs marks and committed offsets are never read at one moment.
    and name
    not in (
        "the committed offset was moved",
        "the mark of an ingest service stands elsewhere",
        "the mark stands elsewhere",
    )
]


@pytest.fixture(scope="module")
def written() -> MemoryCluster:
    return written_trade()


@pytest.fixture
def cluster(written: MemoryCluster) -> MemoryCluster:
    return written.copy()


def audited(log: Any) -> Report:
    return audit_log(log, MemoryCluster().catalogue)


def found(report: Report) -> list[str]:
    return [difference.what for difference in report.differences]


class Moving:
    """A log of which the state was read before the rest: the processor went on in between."""

    def __init__(self, before: MemoryCluster, after: MemoryCluster) -> None:
        self.before, self.after = before, after

    def _of(self, topic: str) -> MemoryCluster:
        return self.before if topic == STATE else self.after

    def partitions(self, topic: str) -> int:
        return self.after.partitions(topic)

    def begin(self, topic: str, partition: int) -> int:
        return self._of(topic).begin(topic, partition)

    def end(self, topic: str, partition: int) -> int:
        return self._of(topic).end(topic, partition)

    def read(self, topic: str, partition: int | None = None) -> Iterator[Record]:
        return self._of(topic).read(topic, partition)

    def committed(self, group: str, topic: str) -> Mapping[int, int]:
        return self._of(topic).committed(group, topic)


@pytest.fixture(scope="module")
def went_on() -> tuple[MemoryCluster, MemoryCluster]:
    """The same processor at two moments."""
    cluster = MemoryCluster()
    cluster.tick()
    lines = [*sample(400, 6, datetime.fromtimestamp(cluster.now_ms / 1000, UTC), pools=("a", "b"))]
    cluster.publish(lines[:200])
    cluster.run()
    before = cluster.copy()
    cluster.publish(lines[200:])
    cluster.run()
    cluster.tick()
    return before, cluster


@pytest.fixture
def moving(went_on: tuple[MemoryCluster, MemoryCluster]) -> Moving:
    before, after = went_on
    return Moving(before.copy(), after.copy())


def test_everything_that_a_processor_writes_stands_an_audit(cluster: MemoryCluster) -> None:
    report = audited(cluster)

    assert found(report) == []
    assert report.not_proved == []
    assert report.ok
    for topic in ("lines", "stock", "availability"):
        assert report.check("tables").counts[topic]


@pytest.mark.parametrize("name", OF_ROWS_AND_STATE)
def test_it_is_found_and_named_when(name: str, cluster: MemoryCluster) -> None:
    corrupt, _, says = CORRUPTIONS[name]
    corrupt(cluster)

    report = audited(cluster)

    assert not report.ok
    assert any(says in what for what in found(report)), found(report)


def test_rows_that_were_written_after_the_state_was_read_are_newer_and_not_wrong(moving: Moving) -> None:
    report = audited(moving)

    assert found(report) == []
    assert report.check("tables").counts["newer than the mark"] > 20


def newest_row(moving: Moving) -> Record:
    """A stock row that is newer than the mark."""
    old = {record.offset for record in moving.before.read("stock") if record.value}
    return next(record for record in reversed([*moving.after.read("stock")]) if record.offset not in old)


def test_a_wrong_row_is_found_among_the_newer_ones(moving: Moving) -> None:
    row = newest_row(moving)
    data = msgspec.json.decode(row.value or b"")["data"]
    moving.after.replace("stock", row, value=changed(row.value, data=data | {"free": 4711}))

    report = audited(moving)

    assert [difference.key for difference in report.differences] == [(row.key or b"").decode()]
    assert any("data.free: 4711" in what or "the row differs" in what for what in found(report))


def cut_journal(moving: Moving) -> None:
    for partition in range(moving.after.partitions(JOURNAL)):
        if moving.after.records[JOURNAL, partition]:
            moving.after.cut(JOURNAL, partition, 1)


def test_where_the_journal_has_lost_its_beginning_the_tables_stand_beside_the_state(moving: Moving) -> None:
    cut_journal(moving)

    report = audited(moving)

    assert found(report) == []
    assert report.ok
    assert report.not_proved
    assert report.check("tables").counts["newer than the mark"] > 20
    assert report.check("tables").counts["lines"] > 20


def test_a_wrong_row_is_found_also_there(moving: Moving) -> None:
    row = newest_row(moving)
    data = msgspec.json.decode(row.value or b"")["data"]
    moving.after.replace("stock", row, value=changed(row.value, data=data | {"free": 4711}))
    cut_journal(moving)

    report = audited(moving)

    assert [difference.key for difference in report.differences] == [(row.key or b"").decode()]


def test_a_state_that_breaks_an_invariant_is_named(cluster: MemoryCluster) -> None:
    record = next(
        record
        for record in reversed([*cluster.read(STATE)])
        if (record.key or b"").startswith(b'["stock",') and b"null" not in (record.key or b"")
    )
    row = msgspec.msgpack.decode(record.value or b"", type=Stock)
    row.allocated += 3
    cluster.replace(STATE, record, value=msgspec.msgpack.encode(row))

    report = audited(cluster)

    broken = [difference.what for difference in report.check("invariants").differences]
    assert any("1: stock" in what and "says allocated" in what for what in broken), broken


def test_a_cluster_without_the_topics_cannot_be_audited(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = MemoryCluster()
    monkeypatch.setattr(cluster, "partitions", lambda topic: 0)
    with pytest.raises(CannotReconcile, match="allocation-state"):
        audited(cluster)

"""What the reconciliation cannot prove it says, and it does not call it wrong."""

from typing import Any

import msgspec
import pytest

from backorder.domain.events import JOURNAL_VERSION, Entry, RecordSkipped, RulesChanged, SkipRequested
from backorder.domain.times import at
from backorder.reconcile import Remembering, Report
from backorder.reconcile.run import reconcile_log
from tests.support.memory_cluster import CONTENT_TYPE, JOURNAL, STATE, MemoryCluster
from tests.support.publishing import order
from tests.support.written_trade import written_trade

HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def written() -> MemoryCluster:
    return written_trade()


@pytest.fixture
def cluster(written: MemoryCluster) -> MemoryCluster:
    return written.copy()


def reconciled(cluster: MemoryCluster, **options: Any) -> Report:
    return reconcile_log(cluster, cluster.catalogue, **options)


def longest(cluster: MemoryCluster, topic: str) -> int:
    """The partition of a topic with the most records."""
    return max(range(cluster.partitions(topic)), key=lambda partition: len(cluster.records[topic, partition]))


def test_compacted_topics_need_only_the_last_record_of_each_key(cluster: MemoryCluster) -> None:
    for topic in ("lines", "stock", "availability", STATE, "orders-state"):
        for partition in range(cluster.partitions(topic)):
            cluster.compact(topic, partition)

    assert reconciled(cluster).ok


@pytest.mark.parametrize("topic", ["backorders", "releases", "exceptions"])
def test_decisions_that_retention_has_deleted_are_not_missed(topic: str, cluster: MemoryCluster) -> None:
    whole = reconciled(cluster).check("decisions").counts[topic]
    partition = longest(cluster, topic)
    cluster.cut(topic, partition, 3)

    report = reconciled(cluster)

    assert report.ok
    assert report.check("decisions").counts[topic] == whole - 3
    assert [said for said in report.not_proved if said.startswith(f"{topic}-{partition} begins at offset")]


def test_behind_the_cut_a_lost_decision_is_still_missed(cluster: MemoryCluster) -> None:
    partition = longest(cluster, "backorders")
    cluster.cut("backorders", partition, 3)
    cluster.remove("backorders", cluster.records["backorders", partition][-1])

    assert "is missing" in reconciled(cluster).check("decisions").differences[0].what


def test_a_topic_of_decisions_that_is_quite_empty_by_now_proves_nothing(cluster: MemoryCluster) -> None:
    for partition in range(cluster.partitions("releases")):
        cluster.cut("releases", partition, len(cluster.records["releases", partition]))

    report = reconciled(cluster)

    assert report.ok
    assert report.check("decisions").counts["releases"] == 0


def test_a_journal_without_its_beginning_proves_nothing(cluster: MemoryCluster) -> None:
    partition = longest(cluster, JOURNAL)
    cluster.cut(JOURNAL, partition, 1)

    report = reconciled(cluster)

    assert report.differences == []
    assert any(said.startswith(f"{JOURNAL}-{partition} begins") for said in report.not_proved)


def test_dead_letters_that_retention_has_deleted_are_not_missed(cluster: MemoryCluster) -> None:
    cluster.cut("dead-letters", longest(cluster, "dead-letters"), 1)

    report = reconciled(cluster)

    assert report.ok
    assert any("dead-letters" in said for said in report.not_proved)


# --- public topics that are cut -----------------------------------------------------------------------------


def orders(*ids: str, every_ms: int) -> MemoryCluster:
    """Orders one after the other in one pool, each `every_ms` after the one before, on one partition."""
    window = (HOUR_MS, 1_000_000)
    cluster = MemoryCluster(window=window)
    for number, id in enumerate(ids):
        cluster.now_ms += every_ms
        record = order(f"O{number}", id=id, now=at(cluster.now_ms * 1000))
        cluster.append("orders", record.key, record.value, 0, CONTENT_TYPE)
    cluster.tick()
    cluster.run()
    return cluster


def reconciled_hour(cluster: MemoryCluster) -> Report:
    return reconciled(cluster, remembering=Remembering(HOUR_MS, 1_000_000))


def test_the_window_is_that_of_the_settings() -> None:
    """An id that comes again after the window is a new event."""
    cluster = orders("a", "b", "a", every_ms=HOUR_MS // 2)

    assert reconciled_hour(cluster).check("ingest").counts["accepted"] == 3
    assert reconciled(cluster).check("ingest").differences[0].what.endswith("follows from nothing")


def test_a_repeat_of_something_deleted_is_not_taken_for_lost() -> None:
    cluster = orders("a", "b", "a", "c", every_ms=HOUR_MS // 4)
    cluster.cut("orders", 0, 1)

    report = reconciled_hour(cluster)

    assert report.check("ingest").differences == []
    assert report.check("ingest").counts["accepted"] == 0, "the window may still hold what is gone"
    assert any("known never" in said for said in report.not_proved)


def test_a_window_after_the_cut_everything_is_proved_again() -> None:
    ids = ["a", "b", *(f"c{number}" for number in range(8))]
    cluster = orders(*ids, every_ms=HOUR_MS // 4)
    cluster.cut("orders", 0, 1)

    report = reconciled_hour(cluster)

    assert report.check("ingest").ok
    assert report.check("ingest").counts["accepted"] == 5
    assert any("known from offset 5 on" in said for said in report.not_proved)


def test_a_window_after_the_cut_a_lost_entry_is_missed_again() -> None:
    cluster = orders(*(f"c{number}" for number in range(10)), every_ms=HOUR_MS // 4)
    cluster.cut("orders", 0, 1)
    cluster.remove(JOURNAL, cluster.first_of(JOURNAL, id="c9"))

    assert "is missing" in reconciled_hour(cluster).check("ingest").differences[0].what


# --- what an operator has skipped ---------------------------------------------------------------------------


def entry(event: Any, **more: Any) -> bytes:
    return msgspec.json.encode(
        Entry(JOURNAL_VERSION, "", "by-hand", "/backorder/allocation", at(0), event, **more)
    )


@pytest.mark.parametrize("value", [entry(RulesChanged(99, {})), b"nonsense", None])
def test_a_skipped_record_has_no_effect_though_the_skip_stands_behind_it(value: bytes | None) -> None:
    """What cannot be folded, or is no entry at all; an operator has decided to go on without it."""
    cluster = orders("a", every_ms=1000)
    partition = next(record for record in cluster.read(JOURNAL) if record.key).partition
    poison = cluster.append(JOURNAL, b"", value, partition)
    asked = cluster.append(JOURNAL, b"", entry(SkipRequested(poison.offset, "junk", "ann")), partition)
    skipped = RecordSkipped(poison.offset, asked.offset, "")
    done = cluster.append(JOURNAL, b"", entry(skipped), partition)
    processed_to(cluster, partition, done.offset + 1)

    report = reconciled(cluster)

    assert report.differences == []
    assert report.check("journal").counts["record.skipped"] == 1


def test_a_request_alone_makes_no_record_skipped() -> None:
    cluster = orders("a", every_ms=1000)
    partition = next(record for record in cluster.read(JOURNAL) if record.key).partition
    poison = cluster.append(JOURNAL, b"", entry(RulesChanged(99, {})), partition)
    asked = cluster.append(JOURNAL, b"", entry(SkipRequested(poison.offset, "newer", "ann")), partition)
    processed_to(cluster, partition, asked.offset + 1)

    assert "cannot be folded" in reconciled(cluster).check("journal").differences[0].what


def test_without_a_skip_the_poison_is_found() -> None:
    cluster = orders("a", every_ms=1000)
    partition = next(record for record in cluster.read(JOURNAL) if record.key).partition
    poison = cluster.append(JOURNAL, b"", entry(RulesChanged(99, {})), partition)
    processed_to(cluster, partition, poison.offset + 1)

    assert "cannot be folded" in reconciled(cluster).check("journal").differences[0].what


def processed_to(cluster: MemoryCluster, partition: int, offset: int) -> None:
    cluster.offsets["allocation", JOURNAL][partition] = offset
    mark = msgspec.json.encode({"offset": offset, "version": 1})
    cluster.append(STATE, b"mark", mark, partition)

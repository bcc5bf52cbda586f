"""The reconciliation finds whatever is wrong on the topics, and names it, and nothing where nothing is."""

from typing import Any

import msgspec
import pytest

from backorder.domain import fold as domain_fold
from backorder.reconcile import CannotReconcile, Report
from backorder.reconcile.report import NAMED
from backorder.reconcile.run import reconcile_log
from tests.support.corruptions import CORRUPTIONS
from tests.support.memory_cluster import JOURNAL, STATE, MemoryCluster
from tests.support.written_trade import written_trade


@pytest.fixture(scope="module")
def written() -> MemoryCluster:
    return written_trade()


@pytest.fixture
def cluster(written: MemoryCluster) -> MemoryCluster:
    return written.copy()


def reconciled(cluster: MemoryCluster, **options: Any) -> Report:
    return reconcile_log(cluster, cluster.catalogue, **options)


def test_everything_that_the_services_write_is_reconciled(cluster: MemoryCluster) -> None:
    report = reconciled(cluster)

    assert report.differences == []
    assert report.not_proved == []
    assert report.ok


def test_the_written_trade_has_everything_on_it_that_can_be_checked(cluster: MemoryCluster) -> None:
    """Else a corruption below would be looked for where nothing is."""
    report = reconciled(cluster)

    counted = {(check.name, what): count for check in report.checks for what, count in check.counts.items()}
    expected = {
        "ingest": ["accepted", "repeats", "dead letters"],
        "journal": ["from public topics", "clock.ticked", "rules.changed", "step.continued"],
        "decisions": ["backorders", "releases", "exceptions", "notices"],
        "tables": ["lines", "stock", "availability", "rows that are gone"],
        "changelog": ["state records", "marks"],
        "invariants": ["pools", "decisions", "looks at the whole state", "looks at the whole queue"],
    }
    assert {place for place, count in counted.items() if count > 0} == {
        (name, what) for name, parts in expected.items() for what in parts
    }


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_it_is_found_and_named_when(name: str, cluster: MemoryCluster) -> None:
    corrupt, check, says = CORRUPTIONS[name]
    corrupt(cluster)

    report = reconciled(cluster)

    assert not report.ok
    assert not report.check(check).ok
    found = [difference.what for difference in report.check(check).differences]
    assert any(says in what for what in found), found


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("an entry is doubled", JOURNAL),
        ("a decision says something else", "releases"),
        ("a stock row says something else", "stock"),
        ("a state record is stale", STATE),
    ],
)
def test_a_difference_names_the_place(name: str, topic: str, cluster: MemoryCluster) -> None:
    corrupt, check, _ = CORRUPTIONS[name]
    corrupt(cluster)

    difference = reconciled(cluster).check(check).differences[0]

    at = [
        record for record in cluster.read(topic, difference.partition) if record.offset == difference.offset
    ]
    assert difference.topic == topic
    assert len(at) == 1
    if difference.key is not None:
        assert difference.key.encode() == at[0].key


def test_one_wrong_decision_is_one_difference(cluster: MemoryCluster) -> None:
    CORRUPTIONS["a decision says something else"][0](cluster)

    report = reconciled(cluster)

    assert [check.name for check in report.checks if not check.ok] == ["decisions"]
    assert report.check("decisions").differing == 1


def test_many_differences_are_counted_and_the_first_ones_named(cluster: MemoryCluster) -> None:
    for record in [*cluster.read("backorders")]:
        cluster.remove("backorders", record)

    check = reconciled(cluster).check("decisions")

    assert check.differing > NAMED
    assert len(check.differences) == NAMED


def test_a_domain_that_breaks_its_rules_is_found_by_the_invariants(
    cluster: MemoryCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain_fold, "settle", lambda step: None)  # freed units go to nobody

    broken = [difference.what for difference in reconciled(cluster).check("invariants").differences]

    assert any(what.startswith("3: ") for what in broken), broken


def test_nothing_checked_is_nothing_proved() -> None:
    report = reconciled(MemoryCluster())

    assert report.differences == []
    assert not report.ok


def test_one_check_of_nothing_is_enough_to_fail(cluster: MemoryCluster) -> None:
    """Only the clock has moved in the journal: there are no rows to compare."""
    quiet = MemoryCluster()
    quiet.tick()
    quiet.run()

    report = reconciled(quiet)

    assert report.check("journal").ok
    assert not report.check("tables").ok
    assert not report.ok


def test_a_cluster_without_our_topics_cannot_be_reconciled() -> None:
    cluster = MemoryCluster()
    cluster.partitions = lambda topic: 0 if topic == "releases" else 12  # type: ignore[method-assign]

    with pytest.raises(CannotReconcile, match="releases"):
        reconciled(cluster)


def test_the_report_is_a_json_document(cluster: MemoryCluster) -> None:
    CORRUPTIONS["an entry is doubled"][0](cluster)

    document = msgspec.json.decode(msgspec.json.encode(reconciled(cluster).to_builtins()))

    assert document["ok"] is False
    ingest = next(check for check in document["checks"] if check["name"] == "ingest")
    assert ingest["differing"] == 1
    assert ingest["differences"][0]["topic"] == JOURNAL

"""The reconciliation on a real Kafka: what the four services wrote holds, and a strange record does not."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from backorder.reconcile import Report, reconcile
from backorder.trade.sample import sample
from tests.support.broker import AnyBroker, Record, produce, transactional_producer, unique
from tests.support.processor import Processor

pytestmark = pytest.mark.broker

EVENTS = 2000


@pytest.fixture(scope="module")
def prefix() -> str:
    return unique("reconcile") + "-"


@pytest.fixture(scope="module")
def written(broker: AnyBroker, prefix: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Report]:
    """The report on a real log: two pools, all four services."""
    with Processor(broker.bootstrap, prefix, tmp_path_factory.mktemp("logs")) as processor:
        processor.start()
        processor.publish(sample(EVENTS, 4, datetime.now(UTC), pools=("amsterdam", "berlin")))
        processor.wait_until_quiet()
        processor.stop()
    yield reconcile(broker.bootstrap, prefix)


def command(broker: AnyBroker, prefix: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BACKORDER_")}
    return subprocess.run(
        [sys.executable, "-c", "from backorder.cli.main import main; main()", "reconcile", *arguments],
        env=environment
        | {"BACKORDER_KAFKA__BOOTSTRAP_SERVERS": broker.bootstrap, "BACKORDER_TOPIC_PREFIX": prefix},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_what_the_services_wrote_is_reconciled(written: Report) -> None:
    assert written.differences == []
    assert written.not_proved == []
    assert written.ok
    assert written.check("ingest").count == EVENTS
    assert written.check("journal").counts["from public topics"] == written.check("ingest").counts["accepted"]


def test_what_a_transaction_left_behind_when_it_was_aborted_is_not_there(
    written: Report, broker: AnyBroker, prefix: str
) -> None:
    assert written.ok
    sender = transactional_producer(broker.bootstrap, unique("aborts"))
    sender.begin_transaction()
    for topic in ("journal", "backorders", "lines", "allocation-state", "dead-letters"):
        sender.produce(prefix + topic, b"nonsense", b"key", 0)
    sender.flush(30)
    sender.abort_transaction(30)

    assert reconcile(broker.bootstrap, prefix).differences == []


def test_the_command_says_in_json_that_all_is_well(written: Report, broker: AnyBroker, prefix: str) -> None:
    done = command(broker, prefix, "-o", "json")

    assert done.returncode == 0, done.stderr
    document = msgspec.json.decode(done.stdout)
    assert document["ok"] is True
    assert {check["name"]: check["count"] for check in document["checks"]} == {
        check.name: check.count for check in written.checks
    }


def test_the_command_fails_and_names_a_record_that_follows_from_nothing(
    written: Report, broker: AnyBroker, prefix: str
) -> None:
    assert written.ok
    key = b'["amsterdam","X","Y"]'
    produce(broker.bootstrap, f"{prefix}stock", [Record(b"{}", key)])
    try:
        done = command(broker, prefix)
    finally:
        produce(broker.bootstrap, f"{prefix}stock", [Record(None, key)])

    assert done.returncode == 1
    assert "tables: stock-" in done.stdout
    assert "follows from nothing" in done.stdout
    assert reconcile(broker.bootstrap, prefix).ok, "a row that is deleted is as good as none"

"""`explain`, `queue`, `plan` and `audit` on a processor that runs: what they say is what is there."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from backorder.contract.catalogue import load_catalogue
from backorder.contract.kafka_partition import partition_of
from backorder.reconcile.audit import audit
from backorder.trade.sample import sample
from tests.support.broker import AnyBroker, Record, produce, read_committed, unique
from tests.support.processor import Processor

pytestmark = pytest.mark.broker

EVENTS = 1500


def event(kind: str, number: int, subject: str, **data: Any) -> bytes:
    now = datetime.now(UTC).isoformat()
    return json.dumps(
        {
            "specversion": "1.0",
            "type": f"io.backorder.{kind}.v1",
            "source": "/tests",
            "id": f"asked-{number}",
            "time": now,
            "subject": subject,
            "pool": "shop",
            "data": data,
        }
    ).encode()


def received(number: int, units: int) -> bytes:
    lines = [{"sku": "MUG", "location": "AMS", "quantity": units}]
    return event("goods.received", number, f"R-{number}", receipt_id=f"R-{number}", lines=lines)


def placed(number: int, order_id: str, units: int, priority: int = 5) -> bytes:
    lines = [{"line": 1, "sku": "MUG", "quantity": units}]
    return event("order.placed", number, order_id, order_id=order_id, priority=priority, lines=lines)


class Asked:
    """A processor that runs, and the command line beside it."""

    def __init__(self, broker: AnyBroker, prefix: str, processor: Processor) -> None:
        self.broker, self.prefix, self.processor = broker, prefix, processor

    def publish(self, *lines: bytes) -> None:
        for line in lines:  # one by one: between the topics there is no order
            self.processor.publish([line])
            self.processor.wait_until_quiet(120)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("BACKORDER_")}
        return subprocess.run(
            [sys.executable, "-c", "from backorder.cli.main import main; main()", *arguments],
            env=plain
            | {
                "BACKORDER_KAFKA__BOOTSTRAP_SERVERS": self.broker.bootstrap,
                "BACKORDER_TOPIC_PREFIX": self.prefix,
            },
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments, "-o", "json")
        assert done.returncode == 0, done.stdout + done.stderr
        return msgspec.json.decode(done.stdout)


@pytest.fixture(scope="module")
def asked(broker: AnyBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    prefix = unique("asked") + "-"
    with Processor(broker.bootstrap, prefix, tmp_path_factory.mktemp("logs")) as processor:
        processor.start()
        asked = Asked(broker, prefix, processor)
        asked.publish(received(1, 5), placed(2, "ANNA", 8), placed(3, "BERT", 2, priority=1))
        yield asked


def test_why_a_line_waits_and_that_it_is_as_was_said(asked: Asked) -> None:
    explanation = asked.json("explain", "ANNA/1", "--pool", "shop")

    assert explanation["row"]["backordered"] == 3
    assert explanation["ahead"]["first"][0]["order_id"] == "BERT"
    assert explanation["would_fill"] == [{"location": "AMS", "quantity": 5, "tried": True}]
    assert [told["type"] for told in explanation["history"]] == ["backorder.opened", "release.created"]

    queue = asked.json("queue", "MUG", "--pool", "shop")
    assert [(claim["order_id"], claim["waiting"]) for claim in queue["first"]] == [("BERT", 2), ("ANNA", 3)]

    plan = asked.json("plan", "--sku", "MUG", "--receive", "4", "--pool", "shop")
    assert [(fill["order_id"], fill["quantity"]) for fill in plan["filled"]] == [("BERT", 2), ("ANNA", 2)]

    asked.publish(received(4, 4))

    for order_id, quantity in (("BERT", 2), ("ANNA", 2)):
        told = asked.json("explain", f"{order_id}/1", "--pool", "shop")
        fills = [each["quantity"] for each in told["history"] if each["type"] == "backorder.filled"]
        assert fills == [quantity]
    assert "1 unit received at AMS would cover it" in asked.run("explain", "ANNA/1", "--pool", "shop").stdout
    assert asked.run("explain", "ZOE/1", "--pool", "shop").returncode == 1
    assert asked.run("explain", "ANNA/1", "--pool", "nowhere").returncode == 1


def test_an_audit_stands_while_the_processor_works(asked: Asked) -> None:
    # It is at work on them while it is looked at.
    asked.processor.publish(sample(EVENTS, 3, datetime.now(UTC)))

    while_it_works = audit(asked.broker.bootstrap, asked.prefix)
    asked.processor.wait_until_quiet(180)
    afterwards = audit(asked.broker.bootstrap, asked.prefix)

    assert while_it_works.differences == []
    assert while_it_works.ok
    assert afterwards.differences == []
    assert afterwards.ok
    assert afterwards.check("tables").counts["newer than the mark"] == 0


def test_an_audit_finds_a_row_that_was_tampered_with(asked: Asked) -> None:
    key = b'["shop","ANNA",1]'
    partition = partition_of(b'["shop","MUG"]', load_catalogue()["lines"].partitions)
    topic = f"{asked.prefix}lines"
    rows = [message for message in read_committed(asked.broker.bootstrap, topic) if message.key() == key]
    true = rows[-1].value()
    row = msgspec.json.decode(true or b"")
    row["data"]["allocated"] += 1
    produce(asked.broker.bootstrap, topic, [Record(msgspec.json.encode(row), key, partition)])
    try:
        done = asked.run("audit")
    finally:
        produce(asked.broker.bootstrap, topic, [Record(true, key, partition)])

    assert done.returncode == 1, done.stdout + done.stderr
    assert "audit FAILS" in done.stdout
    assert '["shop","ANNA",1]' in done.stdout
    assert "data.allocated: 8, not 7" in done.stdout
    assert asked.run("audit").returncode == 0

"""The code of allocation fails on a record: its partition stops there and says so, the others go on, and an
operator can let it pass over exactly that record."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from backorder.domain.events import Continued, RecordSkipped, SkipRequested
from tests.support.broker import AnyBroker, Record, produce, read_committed
from tests.support.load import pool_of_each_partition
from tests.support.oracle import Oracle, assert_exactly_once
from tests.support.patient import Patient
from tests.support.processor import ALLOCATION, INGEST, Processor
from tests.support.told import counted, placed, received
from tests.support.unread import Unread
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.broker, pytest.mark.fault, pytest.mark.timeout(900)]

PARTITION, OTHER = 3, 5
POOLS = pool_of_each_partition()
POOL, OTHER_POOL = POOLS[PARTITION], POOLS[OTHER]
STOPPED = "PARTITION STOPPED"


class Scene:
    """The ingest services at work, and allocation with a bug, or without."""

    def __init__(self, broker: AnyBroker, prefix: str, folder: Path) -> None:
        self.bootstrap = broker.bootstrap
        self.prefix = prefix
        self.processor = Processor(broker.bootstrap, prefix, folder)
        broken = ("-m", "tests.support.broken_allocation")
        settings = {"BACKORDER_FOLD__STEP_LINES": "2"}
        self.allocation = Patient(ALLOCATION, broker.bootstrap, prefix, folder, settings, program=broken)
        self.unread = Unread(broker.bootstrap, prefix)

    def publish(self, *lines: bytes) -> None:
        """Publishes, and waits until all of it is in the journal."""
        self.processor.publish(lines)
        wait_until(lambda: not any(self.unread.of(service) for service in INGEST), "ingest has done all", 60)

    def wait_until_done(self) -> None:
        wait_until(lambda: not self.unread.of(ALLOCATION), "allocation has done all", 60)

    def wait_until_stopped(self, times: int = 1) -> int:
        """The offset at which allocation says that the partition is stopped."""
        said = self.allocation.wait_until_said(STOPPED, times)
        assert said["partition"] == PARTITION
        wait_until(lambda: "STOPPED" in (self.allocation.health() or ""), "its health says so")
        return int(said["offset"])

    def skip(self, offset: int, *more: str) -> "subprocess.Popen[str]":
        """`backorder skip`, begun."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BACKORDER_")}
        command = [sys.executable, "-c", "from backorder.cli.main import main; main()", "skip"]
        where = ["--partition", str(PARTITION), "--offset", str(offset), "--by", "ann", "--yes"]
        return subprocess.Popen(
            [*command, *where, *more],
            env=environment
            | {
                "BACKORDER_KAFKA__BOOTSTRAP_SERVERS": self.bootstrap,
                "BACKORDER_TOPIC_PREFIX": self.prefix,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self) -> None:
        self.processor.stop()
        self.allocation.stop()


def ended(command: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, err = command.communicate(timeout=120)
    return command.returncode, out, err


@pytest.fixture
def scene(broker: AnyBroker, topic_prefix: str, tmp_path: Path) -> Iterator[Scene]:
    made = Scene(broker, topic_prefix, tmp_path)
    with made.processor, made.allocation, made.unread:
        made.processor.start(*INGEST)
        yield made


def test_a_partition_stops_at_the_record_says_so_and_goes_on_without_it_when_told(scene: Scene) -> None:
    scene.allocation.start(BROKEN_ON="order.placed/bad")
    scene.publish(
        counted("count", "MUG", 5, POOL),
        placed("good", "MUG", 2, POOL),
    )
    scene.publish(placed("bad", "MUG", 2, POOL))
    scene.publish(
        placed("behind", "MUG", 2, POOL),
        counted("count-other", "MUG", 5, OTHER_POOL),
        placed("other", "MUG", 2, OTHER_POOL),
    )
    offset = scene.wait_until_stopped()
    assert scene.allocation.metric("backorder_partitions", phase="stopped") == 1
    assert scene.allocation.metric("backorder_partitions", phase="ready") == 11
    assert f"journal-{PARTITION} @ {offset}" in (scene.allocation.health() or "")
    # The others go on: what came behind for another pool is done.
    wait_until(lambda: "other" in decided(scene), "the other pool's order is decided")
    assert decided(scene) == {"good", "other"}

    code, out, err = ended(scene.skip(offset, "--reason", "TICKET-7"))
    assert (code, out) == (
        0,
        "passed over; it had failed with ZeroDivisionError('a bug in the handling of bad')\n",
    )
    assert f"journal-{PARTITION} @ {offset}: order.placed bad of /tests/shop" in err
    scene.wait_until_done()
    assert "STOPPED" not in (scene.allocation.health() or "STOPPED")
    assert scene.allocation.metric("backorder_partitions", phase="stopped") == 0
    scene.end()

    assert decided(scene) == {"good", "behind", "other"}
    assert skips(scene) == [SkipRequested(offset, "TICKET-7", "ann"), "skipped", offset]
    assert_exactly_once(scene.bootstrap, scene.prefix)


def test_a_release_without_the_bug_does_the_record_and_a_request_to_skip_it_has_no_effect(
    scene: Scene,
) -> None:
    scene.allocation.start(BROKEN_ON="order.placed/bad")
    scene.publish(counted("count", "MUG", 5, POOL), placed("good", "MUG", 2, POOL))
    scene.publish(placed("bad", "MUG", 2, POOL))
    offset = scene.wait_until_stopped()
    scene.allocation.stop()

    code, _, err = ended(scene.skip(offset + 1))
    assert code == 1
    assert f"stands at {scene.prefix}journal-{PARTITION} @ {offset}; only the record" in err
    code, _, err = ended(scene.skip(0))
    assert code == 1
    assert "nothing to skip: allocation has processed" in err
    code, out, _ = ended(scene.skip(offset, "--wait", "0"))
    assert code == 1
    assert "allocation has not answered" in out
    waiting = scene.skip(offset, "--wait", "90", "-o", "json")
    wait_until(lambda: len(skips(scene)) == 2, "the second request is in the journal")
    scene.allocation.start(BROKEN_ON="nothing")
    code, out, _ = ended(waiting)
    assert code == 1
    assert '"outcome": "processed"' in out
    scene.wait_until_done()
    scene.end()

    assert decided(scene) == {"good", "bad"}
    assert_exactly_once(scene.bootstrap, scene.prefix)


def test_a_continuation_that_is_skipped_is_put_off_and_its_sku_is_settled_all_the_same(scene: Scene) -> None:
    # It fails twice, in the batch and by itself; when it comes again it does not.
    scene.allocation.start(BROKEN_ON="step.continued/receipt", BROKEN_TIMES="2")
    scene.publish(counted("count", "MUG", 0, POOL), *[placed(f"w{n}", "MUG", 1, POOL) for n in range(7)])
    wait_until(lambda: rules_are_known(scene), "the size of a step is in the journal", 60)
    scene.publish(received("receipt", "MUG", 7, POOL))
    offset = scene.wait_until_stopped()
    scene.publish(placed("late", "MUG", 1, POOL))
    code, _, err = ended(scene.skip(offset))
    assert code == 0, err
    assert "step.continued receipt" in err
    scene.wait_until_done()
    scene.end()

    filled = {order for kind, order in said(scene) if kind == "backorder.filled"}
    assert filled == {f"w{n}" for n in range(7)}
    entries = Oracle(scene.bootstrap, scene.prefix).entries
    continued = [entry for _, entry in entries if isinstance(entry.event, Continued)]
    assert len(continued) == 4, "three rests, and the one that was put off"
    assert_exactly_once(scene.bootstrap, scene.prefix)


def test_a_record_in_the_journal_that_is_no_entry_at_all_is_passed_over_when_told(scene: Scene) -> None:
    scene.allocation.start(BROKEN_ON="nothing")
    scene.publish(counted("count", "MUG", 5, POOL))
    scene.wait_until_done()
    produce(scene.bootstrap, scene.prefix + "journal", [Record(b"\xffjunk", b"?", PARTITION)])
    scene.publish(placed("behind", "MUG", 2, POOL))
    offset = scene.wait_until_stopped()
    code, _, err = ended(scene.skip(offset))
    assert code == 0, err
    assert "no entry: b'\\xffjunk'" in err
    scene.wait_until_done()
    scene.end()

    assert decided(scene) == {"behind"}
    assert_exactly_once(scene.bootstrap, scene.prefix)


def said(scene: Scene) -> list[tuple[str, str]]:
    """Type and order of what is on the topics of decisions."""
    found = []
    for name in ("backorders", "releases"):
        for message in read_committed(scene.bootstrap, scene.prefix + name):
            event = msgspec.json.decode(message.value() or b"")
            found.append((event["type"].removeprefix("io.backorder.").removesuffix(".v1"), event["subject"]))
    return found


def decided(scene: Scene) -> set[str]:
    """The orders about which something has been released or opened."""
    return {order for _, order in said(scene)}


def rules_are_known(scene: Scene) -> bool:
    """Whether the settings that decide stand in the journal partition: from there on they hold."""
    journal = read_committed(scene.bootstrap, scene.prefix + "journal")
    return any(b'"rules.changed"' in (m.value() or b"") for m in journal if m.partition() == PARTITION)


def skips(scene: Scene) -> list[object]:
    """What the journal says of skipping, in order."""
    found: list[object] = []
    for _, entry in Oracle(scene.bootstrap, scene.prefix).entries:
        if isinstance(entry.event, SkipRequested):
            found.append(entry.event)
        elif isinstance(entry.event, RecordSkipped):
            found += ["skipped", entry.event.offset]
    return found

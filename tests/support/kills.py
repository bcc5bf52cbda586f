"""A processor one of whose services dies at named steps, under load; afterwards everything is compared.

with Kills(broker.bootstrap, topic_prefix, tmp_path, "orders", seed=1) as kills:
    kills.at(Step.INSIDE_COMMIT, seed=1)
    kills.recover_and_check()
"""

from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, Self

from confluent_kafka import IsolationLevel

from backorder.engine.faults import Crumb
from backorder.engine.records import Record
from backorder.engine.stamps import Stamps
from backorder.engine.steps import Step
from tests.support.broker import admin, read_committed, transactional_producer, unique
from tests.support.fault_report import tell
from tests.support.load import Load, endless_trade
from tests.support.processor import SERVICES, Processor
from tests.support.stamped import assert_exactly_once_under_stamps
from tests.support.transactions import CommittedReader, Found, check, read_stamps, written_topics
from tests.support.unread import Unread
from tests.support.victim import Victim
from tests.support.waiting import wait_until

EVENTS_IN_HAND = 100
PARTITIONS_IN_HAND = 2
RECORDS_TO_RESTORE = 10_000

RATE = 400.0
"""Events a second of the load. With a transaction a second each is one of some hundred events."""
EVENTS_OF_EACH_POOL = 1_000
EVENTS_AT_FIRST = 2_000
REPEATS = 200

SETTINGS = {
    "BACKORDER_FAULT__STAMP_BATCHES": "true",
    # A process that is stopped for good gives its partitions back after this time.
    "BACKORDER_LOOP__SESSION_TIMEOUT_MS": "3000",
    # A commit takes long on a machine that has much else to do; what is left open the successor ends at once.
    "BACKORDER_LOOP__TRANSACTION_TIMEOUT_MS": "60000",
}
LARGE_BATCHES = {"BACKORDER_LOOP__TRANSACTION_INTERVAL_MS": "1000"}

COMMIT_PARTS = (0.0, 0.3, 0.5, 0.7, 0.9)
"""Where in a commit the process dies, by seed: from its beginning to its end, if that is as long as the one
before. With odd seeds the records are on the broker already, and its word comes soon: both ends are met."""

REVOKES = 5
"""How often partitions are taken away at most, for the victim to die of it."""

NOT_COMMITTED = {Step.AFTER_HALF_OF_THE_PRODUCES, Step.AFTER_ALL_PRODUCES, Step.AFTER_OFFSETS_SENT}
OF_A_TRANSACTION = NOT_COMMITTED | {Step.INSIDE_COMMIT, Step.AFTER_COMMIT}


class Death(NamedTuple):
    """One kill: at which step, by which seed, and what the process left behind."""

    step: Step
    seed: int
    moment: dict[str, Any]
    """The settings that chose the moment at this step."""
    crumb: Crumb
    outcome: str | None = None
    """What became of the transaction that it died in, once that has been found out; None outside of one."""
    left_records: bool = False
    """Whether records of it are on topics, for nobody to see but a reader of the uncommitted."""


class Kills:
    """Feeds a processor, has one of its services die, and starts it again."""

    def __init__(self, bootstrap: str, topic_prefix: str, folder: Path, service: str, seed: int) -> None:
        """`seed` chooses the trade; those of the kills are given with them."""
        self.deaths: list[Death] = []
        self._service = service
        self._bootstrap = bootstrap
        self._prefix = topic_prefix
        self._folder = folder
        self._closing = ExitStack()
        self._trade = endless_trade(EVENTS_OF_EACH_POOL, seed)
        self._newest: deque[bytes] = deque(maxlen=REPEATS)
        self._repeats = 0
        self._admin = admin(bootstrap)

    def __enter__(self) -> Self:
        enter, where = self._closing.enter_context, (self._bootstrap, self._prefix)
        self._processor = enter(Processor(*where, self._folder, SETTINGS))
        self._victim = enter(Victim(self._service, *where, self._folder, SETTINGS | LARGE_BATCHES))
        self._unread = enter(Unread(*where))
        self._topics = written_topics(self._prefix)
        self._reader = enter(CommittedReader(self._bootstrap, self._topics))
        self._start_others()
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.__exit__(*error)  # type: ignore[arg-type]

    # --- dying ----------------------------------------------------------------------------------------------

    def at(self, step: Step, seed: int) -> None:
        """The service dies at this step, and stays dead. Raises AssertionError unless it did, with enough in
        hand."""
        moment = self._moment(step, seed)
        if step is Step.DURING_RESTORE:
            self._lengthen_changelog()
            self._victim.start(step, restore_records=RECORDS_TO_RESTORE, **moment)
        else:
            enough = {"batch_events": EVENTS_IN_HAND, "batch_partitions": PARTITIONS_IN_HAND}
            self._victim.start(step, **enough, **moment)
            wait_until(lambda: self._victim.is_ready or self._victim.is_dead, f"{self._service} is ready", 60)
            self._die_under_load(step)
        crumb = self._victim.autopsy()
        assert crumb.step is step
        if step is Step.DURING_RESTORE:
            assert crumb.to_read >= RECORDS_TO_RESTORE
        else:
            assert crumb.events >= EVENTS_IN_HAND
            assert crumb.partitions >= PARTITIONS_IN_HAND
        self.deaths.append(Death(step, seed, moment, crumb))

    def _moment(self, step: Step, seed: int) -> dict[str, Any]:
        random = Random(f"{seed}/{step}/{self._service}")
        if step is Step.INSIDE_COMMIT:
            part = COMMIT_PARTS[seed % len(COMMIT_PARTS)]
            return {"commit_part": part, "commit_flushed": seed % 2 == 1}
        if step is Step.DURING_RESTORE:
            return {"restored_part": round(random.uniform(0.05, 1), 3)}
        # Meanwhile the client goes on with what it was given: nothing, some or all of it is on the broker.
        return {"delay_ms": round(random.uniform(0, 60), 1)}

    def _die_under_load(self, step: Step) -> None:
        with Load(self._processor, self._lines(), RATE):
            if step is Step.DURING_REVOKE:
                self._take_partitions_away()
            wait_until(lambda: self._victim.is_dead, f"{self._service} dies at {step}", 120)

    def _take_partitions_away(self) -> None:
        """As often as it takes: the victim lives on where its newest batch was too small, as on a machine
        that is too busy to publish at the rate that is asked for."""
        for _ in range(REVOKES):
            self._wait_until_the_victim_works_on_all_partitions()
            self._processor.start(self._service, slot="1")
            wait_until(
                lambda: self._victim.is_dead or self._shares() == [6, 6], "partitions are given up", 60
            )
            if self._victim.is_dead:
                return
            self._processor.stop(self._service, slot="1")

    def _lines(self) -> Iterator[bytes]:
        """The trade goes on where it was left."""
        for line in self._trade:
            self._newest.append(line)
            yield line

    def _wait_until_the_victim_works_on_all_partitions(self) -> None:
        """From then on each of its batches is what comes in in a second, which is enough."""
        wait_until(lambda: self._shares() == [12], f"one process of {self._service} has all partitions", 60)
        before = self._unread.committed(self._service)

        def works_on_all() -> bool:
            now = self._unread.committed(self._service)
            return all(now[partition] > before[partition] for partition in before)

        wait_until(works_on_all, "every partition is worked on", 60)

    def _shares(self) -> list[int]:
        """How many partitions each process of the service has."""
        group = self._prefix + self._service
        members = self._admin.describe_consumer_groups([group])[group].result(30).members
        return [len(member.assignment.topic_partitions) for member in members]

    def _lengthen_changelog(self) -> None:
        """Until a restore has enough records to read: its last values are written once more, as often as it
        takes. A changelog says nothing else by that; compaction would take the earlier ones away."""
        topic = f"{self._prefix}{self._service}-state"
        records = read_committed(self._bootstrap, topic)
        if not records:
            self._work()
            records = read_committed(self._bootstrap, topic)
        last = {(record.partition() or 0, record.key()): record.value() for record in records}
        times = -(-(RECORDS_TO_RESTORE - len(records)) // len(last))
        if times <= 0:
            return
        writer = transactional_producer(self._bootstrap, unique("lengthening"))
        writer.begin_transaction()
        again = [Record(topic, key, value, number, None) for (number, key), value in last.items()]
        for record in Stamps().on(again * times):
            writer.produce(topic, record.value, record.key, record.partition, headers=record.headers)
        writer.commit_transaction(30)

    def _work(self) -> None:
        """The service has a state afterwards, and is stopped."""
        self._processor.start(self._service)
        self._processor.publish(islice(self._lines(), EVENTS_AT_FIRST))
        self._processor.wait_until_quiet(120)
        self._processor.stop(self._service)

    # --- afterwards -----------------------------------------------------------------------------------------

    def recover_and_check(self) -> None:
        """Starts the service again, has everything done that is left, and compares everything. Afterwards
        the other services run again, for the next kill."""
        self._processor.start(self._service)
        # What was there just before the last kill comes once more: it has to be known.
        self._processor.publish(self._newest)
        self._processor.wait_until_quiet(120)
        self._processor.stop()
        counts = assert_exactly_once_under_stamps(self._bootstrap, self._prefix)
        assert counts.repeats > self._repeats, "nothing came twice"
        self._repeats = counts.repeats
        found = check(
            read_stamps(self._bootstrap, self._topics, IsolationLevel.READ_COMMITTED),
            read_stamps(self._bootstrap, self._topics, IsolationLevel.READ_UNCOMMITTED),
            self._reader.stamps(),
        )
        tell(transactions={"committed": len(found.committed), "aborted": len(found.aborted)})
        self._judge(found)
        self._start_others()

    def _judge(self, found: Found) -> None:
        """What became of the transactions in which the process died."""
        for number, death in enumerate(self.deaths):
            stamp = death.crumb.stamp
            if death.step in NOT_COMMITTED:
                assert stamp not in found.committed, f"{death} was committed"
            elif death.step is Step.AFTER_COMMIT:
                assert stamp in found.committed, f"{death} was not committed"
            if death.step in OF_A_TRANSACTION:
                outcome = "committed" if stamp in found.committed else "not committed"
                self.deaths[number] = death._replace(outcome=outcome, left_records=stamp in found.aborted)

    def tell(self) -> None:
        """Says of each kill where it met the process, with what in hand, and what became of that."""
        for death in self.deaths:
            tell(
                service=self._service,
                step=death.step.value,
                seed=death.seed,
                **death.moment,
                events=death.crumb.events,
                partitions=death.crumb.partitions,
                to_read=death.crumb.to_read,
                outcome=death.outcome,
                left_records=death.left_records,
            )

    def _start_others(self) -> None:
        self._processor.start(*(service for service in SERVICES if service != self._service))

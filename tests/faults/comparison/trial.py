"""One system through a number of kills under load, and what was left of its promise afterwards."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from confluent_kafka import ConsumerGroupTopicPartitions, IsolationLevel, TopicPartition

from backorder.local.processes import Processes, log_of
from tests.faults.comparison.job import State, decoded
from tests.faults.comparison.judge import Verdict, judge, refold
from tests.faults.comparison.load import Load
from tests.faults.comparison.systems import System
from tests.support.broker import admin, create_topic, end_offsets, read_committed
from tests.support.waiting import wait_until

PARTITIONS = 4
START_SECONDS = 180.0
MOST_ENDS_BY_ITSELF = 20
QUIET_SECONDS = 600.0
# Faust commits every 2.8 s: a kill may meet any moment between two commits.
SHORTEST, LONGEST = 0.5, 6.0


@dataclass
class Trial:
    """The course of one trial."""

    system: str
    how: str
    ends: int = 0
    """How often the worker was killed, or stopped."""
    ended_by_itself: int = 0
    published: int = 0
    seconds: float = 0.0
    verdict: Verdict | None = None
    moments: list[float] = field(default_factory=list)
    """Seconds from a worker's first output to its end."""


class Worker:
    """The one worker of a system, started again whenever it has ended."""

    def __init__(self, system: System, processes: Processes, trial: Trial) -> None:
        self._system = system
        self._processes = processes
        self._trial = trial

    def start(self) -> None:
        self._processes.start(self._system.name, self._system.command, env=self._system.environment)

    def keep_running(self) -> None:
        """As a supervisor does."""
        child = self._processes[self._system.name]
        if not child.running:
            self._trial.ended_by_itself += 1
            assert self._trial.ended_by_itself <= MOST_ENDS_BY_ITSELF, f"it does not stay up\n{log_of(child)}"
            print(f"    the worker {child.how_it_ended()} by itself: {child.log_tail(1)}", flush=True)
            self.start()

    def end(self, kill: bool) -> None:
        if kill:
            self._processes.kill(self._system.name)
        else:
            self.stop()
        self._trial.ends += 1

    def stop(self) -> None:
        self._processes.stop(self._system.name, grace=60)


def run(
    system: System, bootstrap: str, folder: Path, seed: int, moments: int, rate: float, how: str
) -> Trial:
    """Ends the system's worker again and again in mid-work, then lets it finish, and judges.

    `how`: `kill` it; `stop` it by SIGTERM; or `spare` it. The latter two are controls: they tell what is the
    job's doing or the judge's, and what the kill's.
    """
    trial, random, started = Trial(system.name, how), Random(seed), time.monotonic()
    for topic in (system.commands, system.said):
        create_topic(bootstrap, topic, PARTITIONS)
    if not system.json_keys:
        create_topic(bootstrap, system.changelog, PARTITIONS, {"cleanup.policy": "compact"})
    with Processes(folder) as processes:
        worker = Worker(system, processes, trial)
        worker.start()
        with Load(bootstrap, system.commands, seed, rate) as load:
            for _ in range(moments):
                _wait_for_work(bootstrap, system, worker)
                trial.moments.append(random.uniform(SHORTEST, LONGEST))
                threading.Event().wait(trial.moments[-1])
                if how != "spare":
                    worker.end(kill=how == "kill")
                    worker.start()
        trial.published = load.published
        _wait_until_done(bootstrap, system, worker)
        worker.stop()
    trial.verdict = verdict_of(bootstrap, system)
    trial.seconds = time.monotonic() - started
    return trial


def _wait_for_work(bootstrap: str, system: System, worker: Worker) -> None:
    """Until more has been written to the output topic than when this was called, committed or not."""
    before = _written(bootstrap, system)

    def works() -> bool:
        worker.keep_running()
        return _written(bootstrap, system) > before

    wait_until(works, f"{system.name} writes outputs", START_SECONDS)


def _written(bootstrap: str, system: System) -> int:
    return sum(end.offset for end in end_offsets(bootstrap, system.said, IsolationLevel.READ_UNCOMMITTED))


def _wait_until_done(bootstrap: str, system: System, worker: Worker) -> None:
    """Until the group has committed the end of its input."""
    client = admin(bootstrap)
    ends = end_offsets(bootstrap, system.commands, IsolationLevel.READ_UNCOMMITTED)
    asked = ConsumerGroupTopicPartitions(
        system.group, [TopicPartition(system.commands, end.partition) for end in ends]
    )

    def done() -> bool:
        worker.keep_running()
        answer = client.list_consumer_group_offsets([asked])[system.group].result(30)
        at = {found.partition: found.offset for found in answer.topic_partitions or []}
        return all(at[end.partition] >= end.offset for end in ends)

    wait_until(done, f"{system.name} has committed the end of its input", QUIET_SECONDS)


def verdict_of(bootstrap: str, system: System) -> Verdict:
    """Reads input, outputs and changelog as a read-committed reader, and judges."""
    inputs: dict[int, list[bytes]] = {}
    for message in read_committed(bootstrap, system.commands, QUIET_SECONDS):
        inputs.setdefault(message.partition(), []).append(message.value())
    said = [decoded(message.value()) for message in read_committed(bootstrap, system.said, QUIET_SECONDS)]
    table: dict[str, State] = {}
    for message in read_committed(bootstrap, system.changelog, QUIET_SECONDS):
        if message.key() != b"mark":
            sku, state = system.row(message.key(), message.value())
            table[sku] = state
    return judge(refold(inputs.values()), said, table)

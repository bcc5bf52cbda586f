"""One system through a number of kills under load, and what was left of its promise afterwards."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TypeVar

from confluent_kafka import IsolationLevel, KafkaException

from backorder.engine import kafka
from backorder.engine.config import KafkaSettings
from backorder.engine.groups import Groups
from backorder.local.child import Child
from backorder.local.processes import Processes, log_of
from tests.faults.comparison.job import State, decoded
from tests.faults.comparison.judge import Verdict, judge, refold
from tests.faults.comparison.load import Load
from tests.faults.comparison.systems import System
from tests.support.broker import create_topic, end_offsets, read_committed

Place = TypeVar("Place")

PARTITIONS = 4
STUCK_SECONDS = 120.0
MOST_TIMES_STUCK = 10
MOST_ENDS_BY_ITSELF = 20
READ_SECONDS = 300.0
ASK_SECONDS = 60.0
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
    stuck: int = 0
    """How often it did nothing for so long that it was started again."""
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
        child = self._child
        if not child.running:
            self._trial.ended_by_itself += 1
            assert self._trial.ended_by_itself <= MOST_ENDS_BY_ITSELF, f"it does not stay up\n{log_of(child)}"
            print(f"    the worker {child.how_it_ended()} by itself: {child.log_tail(1)}", flush=True)
            self.start()

    def unstick(self) -> None:
        """As an operator does when a process is there and does nothing."""
        self._trial.stuck += 1
        assert self._trial.stuck <= MOST_TIMES_STUCK, f"it does not work\n{log_of(self._child)}"
        print(f"    the worker does nothing and is started again: {self._child.log_tail(1)}", flush=True)
        self._processes.kill(self._system.name)
        self.start()

    @property
    def _child(self) -> Child:
        return self._processes[self._system.name]

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
    before = _answer(lambda: _written(bootstrap, system))
    _keep_at_it(worker, lambda: _written(bootstrap, system), lambda now: now > before)


def _written(bootstrap: str, system: System) -> int:
    return sum(end.offset for end in end_offsets(bootstrap, system.said, IsolationLevel.READ_UNCOMMITTED))


def _wait_until_done(bootstrap: str, system: System, worker: Worker) -> None:
    """Until the group has committed the end of its input."""
    last = _answer(lambda: end_offsets(bootstrap, system.commands, IsolationLevel.READ_UNCOMMITTED))
    ends = {(system.commands, end.partition): end.offset for end in last}
    with Groups(kafka.common(KafkaSettings(bootstrap_servers=bootstrap))) as groups:
        _keep_at_it(
            worker,
            lambda: groups.committed(system.group, ends, ASK_SECONDS),
            lambda at: all(at.get(place, 0) >= end for place, end in ends.items()),
        )


def _keep_at_it(worker: Worker, where: Callable[[], Place], there: Callable[[Place], bool]) -> None:
    """Keeps the worker running until it is there; one that does not move any more is started again."""
    last, moved = None, time.monotonic()
    while not there(now := _answer(where)):
        worker.keep_running()
        if now != last:
            last, moved = now, time.monotonic()
        elif time.monotonic() - moved > STUCK_SECONDS:
            worker.unstick()
            moved = time.monotonic()
        time.sleep(0.1)


def _answer(ask: Callable[[], Place]) -> Place:
    """Asks again for a minute when the broker cannot answer: on a crowded machine its leaders change."""
    deadline = time.monotonic() + ASK_SECONDS
    while True:
        try:
            return ask()
        except KafkaException:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.5)


def verdict_of(bootstrap: str, system: System) -> Verdict:
    """Reads input, outputs and changelog as a read-committed reader, and judges."""
    inputs: dict[int, list[bytes]] = {}
    for message in read_committed(bootstrap, system.commands, READ_SECONDS):
        inputs.setdefault(message.partition(), []).append(message.value())
    said = [decoded(message.value()) for message in read_committed(bootstrap, system.said, READ_SECONDS)]
    table: dict[str, State] = {}
    for message in read_committed(bootstrap, system.changelog, READ_SECONDS):
        if message.key() != b"mark":
            sku, state = system.row(message.key(), message.value())
            table[sku] = state
    return judge(refold(inputs.values()), said, table)

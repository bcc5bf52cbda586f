"""A processor whose allocation the test mistreats while events come in all the time.

with UnderLoad(broker, topic_prefix, tmp_path) as scene:
    patient = scene.patient()
    patient.start()
    scene.wait_until_it_works()
    patient.signal(signal.SIGKILL)
    patient.start()
    scene.finish()
"""

import os
import signal
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests.support.broker import AnyBroker
from tests.support.load import Load, pool_of_each_partition, trade_of
from tests.support.oracle import Counts, assert_exactly_once
from tests.support.patient import Patient
from tests.support.processor import ALLOCATION, INGEST, Processor
from tests.support.unread import Unread
from tests.support.waiting import wait_until

SEED = int(os.environ.get("FAULT_SEED", "1"))
SHORT_SESSIONS = {"BACKORDER_LOOP__SESSION_TIMEOUT_MS": "5000"}
# For a process that is to be outlasted; on a busy machine a healthy one needs more.
QUICK = SHORT_SESSIONS | {"BACKORDER_LOOP__TRANSACTION_TIMEOUT_MS": "5000"}
PATIENCE = 240.0


class UnderLoad:
    """The ingest services at work, under a load of all pools; what allocation is, the test says."""

    def __init__(
        self,
        broker: AnyBroker,
        topic_prefix: str,
        folder: Path,
        rate: float = 80.0,
        events_of_each: int = 1500,
        healthy: Sequence[str] = INGEST,
    ) -> None:
        """`rate`: events a second; of each pool there are enough for some minutes. `healthy`: those of the
        services that are not mistreated one by one; they are started again when they end with 75, as a
        supervisor does."""
        self.bootstrap = broker.bootstrap
        self.topic_prefix = topic_prefix
        self._folder = folder
        self._healthy = healthy
        self._closing = ExitStack()
        self._patients: list[Patient] = []
        self._lines = trade_of(pool_of_each_partition(), events_of_each, SEED)
        self._rate = rate

    def __enter__(self) -> Self:
        print(f"FAULT_SEED={SEED}")
        enter, where = self._closing.enter_context, (self.bootstrap, self.topic_prefix)
        self.processor = enter(Processor(*where, self._folder, supervised=True))
        self.unread = enter(Unread(*where))
        self.processor.start(*self._healthy)
        self._load = enter(Load(self.processor, self._lines, self._rate))
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.__exit__(*error)  # type: ignore[arg-type]

    def patient(
        self,
        service: str = ALLOCATION,
        slot: str = "0",
        settings: Mapping[str, str] | None = None,
        program: Sequence[str] = (),
        bootstrap: str | None = None,
    ) -> Patient:
        """A process to mistreat, not started yet; it ends with the scene."""
        made = Patient(
            service,
            bootstrap or self.bootstrap,
            self.topic_prefix,
            self._folder,
            settings,
            slot,
            program,
        )
        self._patients.append(self._closing.enter_context(made))
        return made

    def wait_until_it_works(
        self, service: str = ALLOCATION, records: int = 300, revive: Collection[Patient] = ()
    ) -> None:
        """Until so much more of its input is processed, of all partitions together. `revive`: those that are
        started again meanwhile when they end with 75."""
        before = sum(self.unread.committed(service).values())

        def works() -> bool:
            self.processor.check()
            for patient in revive:
                patient.revive()
            return sum(self.unread.committed(service).values()) >= before + records

        wait_until(works, f"{service} goes on by {records} offsets", PATIENCE)

    def finish(
        self, ends: Collection[int] = (0,), thrown_in: int = 0, revive: Collection[Patient] = ()
    ) -> Counts:
        """Ends the load, lets everything be processed, ends all processes, each with one of these exit codes,
        and compares. `thrown_in`: so many records were published beside the load. `revive`: as above."""
        self._load.__exit__(None, None, None)
        for service in (*INGEST, ALLOCATION):
            self._wait_until_done(service, revive)
        running = [patient for patient in self._patients if patient.running]
        for patient in running:
            patient.wait_until_listening()
            patient.signal(signal.SIGTERM)
            assert patient.wait_until_ended() in ends, patient.log()[-2000:]
        self.processor.stop()
        counts = assert_exactly_once(self.bootstrap, self.topic_prefix)
        assert counts.published == self._load.published + thrown_in
        assert min(counts) > 0
        print(counts)
        return counts

    def _wait_until_done(self, service: str, revive: Collection[Patient]) -> None:
        def done() -> bool:
            self.processor.check()
            for patient in revive:
                patient.revive()
            return not self.unread.of(service)

        wait_until(done, f"{service} has done all", PATIENCE)

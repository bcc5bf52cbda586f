"""The engine running a service inside the test process, in a thread of its own."""

import threading
from types import TracebackType
from typing import Self

from backorder.engine import kafka
from backorder.engine.config import EngineSettings, HttpSettings, KafkaSettings, LoopSettings
from backorder.engine.process import run_until
from backorder.engine.watchdog import Watchdog
from tests.support.adding import Adding
from tests.support.broker import create_topic
from tests.support.waiting import wait_until

PATIENCE = 60.0


class Engine:
    """Runs the adding service. After `stop` nothing of it is left."""

    def __init__(self, bootstrap: str, prefix: str, slot: str = "0", session_timeout_ms: int = 6000) -> None:
        self.service = Adding(prefix)
        self.settings = EngineSettings(
            kafka=KafkaSettings(bootstrap_servers=bootstrap),
            loop=LoopSettings(
                session_timeout_ms=session_timeout_ms, transaction_timeout_ms=5000, batch_records=100
            ),
            http=HttpSettings(),
            prefix=prefix,
            slot=slot,
        )
        self.group = kafka.group_id(self.settings, self.service.name)
        self.error: Exception | None = None
        self.hangs: list[str] = []
        self.ended = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"engine {slot}")

    def _run(self) -> None:
        try:
            with Watchdog(self.hangs.append) as watchdog:
                run_until(self._stop, self.service.name, self.settings, lambda *_: self.service, watchdog)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.error = error
        finally:
            self.ended.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if error is None and self.error is not None:
            raise self.error

    def stop(self) -> None:
        """As SIGTERM does."""
        self._stop.set()
        self._thread.join()

    def expect(self, error: type[Exception]) -> str:
        """Waits until the engine has ended with this error, and returns its message."""
        wait_until(self.ended.is_set, f"the engine ends with {error.__name__}", PATIENCE)
        found, self.error = self.error, None
        assert isinstance(found, error), f"ended with {found!r}"
        return str(found)

    def wait_for_partitions(self, *numbers: int) -> None:
        """Waits until it owns exactly these partitions."""
        wait_until(
            lambda: self.ended.is_set() or sorted(self.service.open_partitions) == list(numbers),
            f"the engine owns {numbers}",
            PATIENCE,
        )
        assert self.error is None, self.error


def create_topics(bootstrap: str, prefix: str, partitions: int = 1) -> Adding:
    """The topics of the adding service."""
    service = Adding(prefix)
    create_topic(bootstrap, service.input_topic, partitions, {"message.timestamp.type": "LogAppendTime"})
    create_topic(bootstrap, service.out_topic, partitions)
    create_topic(bootstrap, service.state_topic, partitions, {"cleanup.policy": "compact"})
    return service

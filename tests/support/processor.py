"""The whole processor for one test: the four services as processes of their own, against a broker that runs.

    with Processor(broker.bootstrap, topic_prefix, tmp_path) as processor:
        processor.start()
        processor.publish(sample(1000, seed=1, end=now))
        processor.wait_until_quiet()

Unlike the public `backorder.testing.Processor` it starts and ends what it is told, when it is told, and takes
raw lines. Everything it makes on the broker carries its prefix. When the test fails, the ends of the
services' logs are printed.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType

from confluent_kafka import Producer

from backorder.contract.catalogue import load_catalogue
from backorder.local.services import ALLOCATION, INGEST, SERVICES, Services
from backorder.publisher.publisher import Publisher, producer_settings
from backorder.topics import apply, plan
from tests.support.broker import admin
from tests.support.unread import Unread
from tests.support.waiting import wait_until

__all__ = ["ALLOCATION", "INGEST", "SERVICES", "Processor"]


class Processor(Services):
    """Starts and ends the services' processes, feeds them, and waits until they have done their work."""

    def __init__(
        self,
        bootstrap: str,
        topic_prefix: str,
        logs: Path,
        settings: Mapping[str, str] | None = None,
        supervised: bool = False,
    ) -> None:
        """`settings`: what differs from the defaults, by the names of environment variables."""
        chosen = {"BACKORDER_LOOP__SUMMARY_SECONDS": "5", **(settings or {})}
        super().__init__(bootstrap, topic_prefix, logs, chosen, supervised)
        self.bootstrap = bootstrap
        self.topic_prefix = topic_prefix
        catalogue = load_catalogue(prefix=topic_prefix)
        self._unread = Unread(bootstrap, topic_prefix)
        apply(client := admin(bootstrap), catalogue, plan(client, catalogue))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            print(self.ends_of_logs())
        super().__exit__(kind, error, trace)
        self._unread.close()

    def publish(self, lines: Iterable[bytes], rate: float = 0.0) -> None:
        """Publishes lines of JSON, each a CloudEvent or meant as one, to the topics they belong to. Returns
        when the broker has them all. `rate`: events a second, 0 = as fast as it goes."""
        sender = Producer(producer_settings({"bootstrap.servers": self.bootstrap}))
        Publisher(sender, self.topic_prefix, rate, broken_too=True).publish(lines)

    def wait_until_quiet(self, deadline: float = 60.0) -> None:
        """Returns when the services have done all that there was to do when it was called: all are ready,
        nothing unread is left on the public topics, nothing but ticks in the journal. Raises `ProcessDied`
        when one has ended by itself."""

        def quiet() -> bool:
            # The ingest services first: what they have read is in the journal then.
            return self.are_ready() and all(not self._unread.of(service) for service in SERVICES)

        wait_until(quiet, "nothing is left unread by the four services", deadline)

"""The whole processor in a platform's own tests: publish events, wait, look at what came of them."""

import tempfile
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar, overload

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from backorder import topics
from backorder.contract.catalogue import Catalogue, load_catalogue
from backorder.contract.envelope import DEFAULT_POOL
from backorder.contract.tables import AvailabilityChanged, LineChanged, StockLevel
from backorder.contract.types import Payload
from backorder.local.services import SERVICES, Services
from backorder.publisher.publisher import Publisher, producer_settings
from backorder.testing.clients import Clients
from backorder.testing.events import SOURCE, DeadLetter, Event, cloud_event
from backorder.testing.outputs import Outputs
from backorder.testing.unread import Unread
from backorder.testing.waiting import wait_until

T = TypeVar("T")

START_SECONDS = 120.0
WAIT_SECONDS = 60.0
DELETE_SECONDS = 30.0
SHOWN = 5
"""So many rejected events and dead letters are named when a wait was in vain."""


class Processor:
    """The four services as processes of their own, on any Kafka, with topics of their own.

        with Processor("localhost:9092") as processor:
            processor.publish("order.placed", order)
            processor.wait_until(lambda: processor.events("release.created"))

    `topic_prefix` stands before all names on the cluster; None = a random one, whose topics are deleted at
    the end. With one of your own, topics are made where they are missing, and stay.
    `settings`: of the services, by the names of environment variables. `librdkafka`: options for every client
    of the services and the kit, such as `security.protocol`. `logs`: a folder for the services' logs; None =
    a temporary one.

    The topics are made and the services started on entry; it goes on when all are ready. When the `with` is
    left by an error, the ends of the services' logs are added to it.
    """

    services: Services
    """The processes, to stop, kill and start them again."""

    def __init__(
        self,
        bootstrap: str,
        *,
        topic_prefix: str | None = None,
        settings: Mapping[str, str] | None = None,
        librdkafka: Mapping[str, str] | None = None,
        logs: Path | None = None,
    ) -> None:
        self.bootstrap = bootstrap
        self.topic_prefix = f"test-{uuid.uuid4().hex[:12]}-" if topic_prefix is None else topic_prefix
        self._deletes_topics = topic_prefix is None
        self._settings = {**_as_settings(librdkafka or {}), **(settings or {})}
        self._logs = logs
        self._catalogue = load_catalogue(prefix=self.topic_prefix)
        self._clients = Clients(bootstrap, librdkafka)
        self._ending = ExitStack()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            error.add_note(self.services.ends_of_logs())
        self.stop()

    def start(self) -> None:
        """Makes the topics, starts the services, and returns when all are ready.

        Raises `LocalError` when a service ends, AssertionError when one does not become ready within two
        minutes, KafkaException.
        """
        with ExitStack() as ending:
            logs = self._logs or Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="backorder-")))
            admin = self._clients.admin()
            steps = topics.plan(admin, self._catalogue)
            if self._deletes_topics:
                ending.callback(_delete_topics, admin, self._catalogue)
            topics.apply(admin, self._catalogue, steps)
            self._producer = self._clients.producer(producer_settings({}))
            self._outputs = ending.enter_context(Outputs(self._clients, self._catalogue))
            self._unread = ending.enter_context(Unread(self.bootstrap, self.topic_prefix, self._clients))
            self.services = ending.enter_context(
                Services(self.bootstrap, self.topic_prefix, logs, self._settings, supervised=True)
            )
            self.services.start()
            wait_until(self.services.are_ready, "all services are ready", START_SECONDS)
            self._ending = ending.pop_all()

    def stop(self) -> None:
        """Ends the services and, unless you named the prefix, deletes the topics."""
        self._ending.close()

    def topic(self, name: str) -> str:
        """What a topic of the catalogue is called here, for clients of your own: `orders` is
        `test-...-orders`. Raises KeyError."""
        return self._catalogue.full_name(name)

    def publish(
        self,
        event: str | Payload | Mapping[str, Any],
        data: Payload | Mapping[str, Any] | None = None,
        *,
        id: str | None = None,
        source: str = SOURCE,
        time: datetime | None = None,
        pool: str = DEFAULT_POOL,
    ) -> None:
        """Publishes an event on its topic; returns when Kafka has it.

            processor.publish("order.placed", {"order_id": "A", "lines": [...]})
            processor.publish(OrderPlaced(order_id="A", lines=[...]))
            processor.publish(a_whole_cloud_event_as_your_platform_makes_it)

        `id`, default a random one, `source`, `time`, default now, and `pool` are attributes of the event;
        a whole CloudEvent has its own.

        Raises `Unreadable` for an event that would become a dead letter, with the reason and the fix;
        `NotPublished` when Kafka does not take it.
        """
        self.publish_lines([cloud_event(event, data, id=id, source=source, time=time, pool=pool)])

    def publish_lines(self, lines: Iterable[bytes], rate: float = 0.0) -> None:
        """Publishes events as they are, each a line of JSON, valid or not; returns when Kafka has them all.

        `rate`: events a second, 0 = as fast as it goes. Raises `NotPublished`.
        """
        Publisher(self._producer, self.topic_prefix, rate, broken_too=True).publish(lines)

    def wait_until(self, condition: Callable[[], T], what: str = "", deadline: float = WAIT_SECONDS) -> T:
        """Asks `condition` until its answer is true, and returns that answer.

            [release] = processor.wait_until(lambda: processor.events("release.created", "A"))

        Raises AssertionError after `deadline` seconds, with `what` was waited for and what was rejected or
        could not be read; `ProcessDied` as soon as a service has ended by itself.
        """

        def answer() -> T:
            self.services.check()
            return condition()

        try:
            return wait_until(answer, what or "the condition holds", deadline)
        except AssertionError as in_vain:
            for trouble in self._troubles():
                in_vain.add_note(trouble)
            raise

    def wait_until_quiet(self, deadline: float = WAIT_SECONDS) -> None:
        """Returns when the services have done all that there was to do when it was called: what has not
        happened by then will not happen. Raises as `wait_until` does."""

        def quiet() -> bool:
            # The ingest services first: what they have read is in the journal then.
            return self.services.are_ready() and not any(self._unread.of(service) for service in SERVICES)

        self.wait_until(quiet, "nothing is left unread by the services", deadline)

    @overload
    def table(self, name: Literal["lines"]) -> dict[tuple[str, str, int], LineChanged]: ...
    @overload
    def table(self, name: Literal["stock"]) -> dict[tuple[str, str, str | None], StockLevel]: ...
    @overload
    def table(self, name: Literal["availability"]) -> dict[tuple[str, str], AvailabilityChanged]: ...
    def table(self, name: str) -> Any:
        """The rows of a table by their keys, read-committed, as they are now.

            processor.table("lines")["default", "A", 1].backordered

        `lines` by (pool, order, line), `stock` by (pool, SKU, location), `availability` by (pool, SKU).
        Raises ValueError for another name.
        """
        return self._outputs.table(name)

    def events(self, type: str, subject: str | None = None) -> list[Event]:
        """The events of a type that were published, read-committed: `release.created`, `backorder.opened`...

        `subject`: only those about it, mostly an order's id. In order within each subject. Raises ValueError
        for an unknown type.
        """
        return self._outputs.events(type, subject)

    def dead_letters(self) -> list[DeadLetter]:
        """The records that could not be read, with the reasons."""
        return self._outputs.dead_letters()

    def _troubles(self) -> list[str]:
        """What a person who waits in vain should know."""
        rejected = [
            f"{event.data.event_type} {event.data.event_id} about {event.subject} was rejected: "
            f"{event.data.reason} ({event.data.detail})"
            for event in self.events("event.rejected")
        ]
        unread = [
            f"a record on {letter.topic} could not be read: {letter.reason} ({letter.detail})"
            for letter in self.dead_letters()
        ]
        return rejected[-SHOWN:] + unread[-SHOWN:]


def _as_settings(librdkafka: Mapping[str, str]) -> dict[str, str]:
    return {
        f"BACKORDER_KAFKA__LIBRDKAFKA__{name.upper().replace('.', '_')}": value
        for name, value in librdkafka.items()
    }


def _delete_topics(admin: AdminClient, catalogue: Catalogue) -> None:
    names = [catalogue.full_name(name) for name in catalogue.topics]
    for deleted in admin.delete_topics(names, operation_timeout=DELETE_SECONDS).values():
        try:
            deleted.result(DELETE_SECONDS)
        except KafkaException as exception:
            if exception.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:  # it was never made
                raise

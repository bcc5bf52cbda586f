"""What the processor has published, read again and kept: events, rows of the tables, dead letters."""

from typing import Any, Self

import msgspec
from confluent_kafka import Message

from backorder.contract.catalogue import Catalogue
from backorder.contract.output_types import OUTPUT_TYPES
from backorder.testing.clients import Clients
from backorder.testing.committed import CommittedReader
from backorder.testing.events import DeadLetter, Event, dead_letter, output

TOPIC_OF = {kind.short: kind.topic for kind in OUTPUT_TYPES}
TABLES = ("lines", "stock", "availability")
DEAD_LETTERS = "dead-letters"

Row = Any
"""A model of `backorder.contract.tables`."""
Key = tuple[Any, ...]


class Outputs:
    """Everything that is committed on the public topics at the moment of each question. To be closed."""

    def __init__(self, clients: Clients, catalogue: Catalogue) -> None:
        self._clients = clients
        self._catalogue = catalogue
        self._readers: dict[str, CommittedReader] = {}
        self._events: dict[str, list[Event]] = {}
        self._rows: dict[str, dict[Key, Row]] = {name: {} for name in TABLES}
        self._letters: list[DeadLetter] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()

    def events(self, type: str, subject: str | None = None) -> list[Event]:
        """The events of a type, all or those about one subject; in order within each subject."""
        if type not in TOPIC_OF:
            raise ValueError(f"no event {type!r} goes out, but {', '.join(TOPIC_OF)}")
        topic = TOPIC_OF[type]
        known = self._events.setdefault(topic, [])
        known += map(output, self._new(topic))
        return [event for event in known if event.type == type and subject in (None, event.subject)]

    def table(self, name: str) -> dict[Key, Row]:
        """The rows of a table by their keys."""
        if name not in TABLES:
            raise ValueError(f"there is no table {name!r}, but {', '.join(TABLES)}")
        rows = self._rows[name]
        for message in self._new(name):
            key = tuple(msgspec.json.decode(message.key() or b""))
            if message.value() is None:
                rows.pop(key, None)
            else:
                rows[key] = output(message).data
        return dict(rows)

    def dead_letters(self) -> list[DeadLetter]:
        """All records that could not be read."""
        self._letters += map(dead_letter, self._new(DEAD_LETTERS))
        return list(self._letters)

    def _new(self, topic: str) -> list[Message]:
        if topic not in self._readers:
            full, partitions = self._catalogue.full_name(topic), self._catalogue[topic].partitions
            self._readers[topic] = CommittedReader(self._clients, full, partitions)
        return self._readers[topic].read()

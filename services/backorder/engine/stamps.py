"""Test setting: every record says which transaction wrote it, so that a reader can tell whole from half."""

from collections.abc import Sequence
from uuid import uuid4

from backorder.engine.records import Record

HEADER = "batch"
"""Name of the header. Its value is `<process>/<number>/<records>`: a name that is new with each process, the
number of the transaction in it, and how many records that transaction wrote, all topics together."""


class Stamps:
    """Numbers the transactions of this process."""

    def __init__(self) -> None:
        self._process = uuid4().hex
        self._number = 0
        self.last: str | None = None
        """The stamp of the newest transaction; None before the first."""

    def on(self, records: Sequence[Record]) -> list[Record]:
        """The records of the next transaction, each with the stamp as its last header."""
        self._number += 1
        self.last = f"{self._process}/{self._number}/{len(records)}"
        stamp = (HEADER, self.last.encode())
        return [
            Record(each.topic, each.key, each.value, each.partition, [*(each.headers or ()), stamp])
            for each in records
        ]

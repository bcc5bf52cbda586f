"""The changelogs: the marks against the committed offsets, and allocation's state against the refold."""

from collections.abc import Mapping
from functools import partial

import msgspec

from backorder.reconcile.differing import values
from backorder.reconcile.fingerprints import fingerprint
from backorder.reconcile.log import Record
from backorder.reconcile.report import Check
from backorder.reconcile.topics import ALLOCATION, JOURNAL, STATE, Topics

MARK = b"mark"
"""The key under which a changelog says how far its input has been processed."""


class Changelogs:
    """Reads and judges the changelogs."""

    def __init__(self, topics: Topics, check: Check) -> None:
        self._topics = topics
        self._check = check
        self._committed = topics.committed(ALLOCATION, JOURNAL)
        self._found: dict[int, dict[bytes, bytes]] = {}

    def ingest(self) -> None:
        """The marks of the ingest services. The ids beside them are not looked at: they only repeat what the
        public topics say, and a wrong one shows in the journal."""
        for topic in self._topics.inputs:
            committed = self._topics.committed(topic, topic)
            marks: dict[int, bytes | None] = {}
            for record in self._topics.read(f"{topic}-state"):
                if record.key == MARK:
                    marks[record.partition] = record.value
            for number in range(self._topics.count(topic)):
                self._mark(f"{topic}-state", topic, number, marks.get(number), committed.get(number))

    def allocation(self, partition: int, at_rest: bool = True) -> int:
        """Reads the state of a journal partition; the offset up to which the journal is processed. Of one
        that is not at rest the committed offset has moved meanwhile, and is not compared."""
        found = self._found[partition] = {}
        mark: bytes | None = None
        for record in self._topics.read(STATE, partition):
            if record.key == MARK:
                mark = record.value
            elif record.value is None:
                found.pop(record.key or b"", None)
            else:
                found[record.key or b""] = fingerprint(record.value)
        committed = self._committed.get(partition)
        return self._mark(STATE, JOURNAL, partition, mark, committed, at_rest)

    def compare(self, partition: int, wanted: Mapping[bytes, bytes]) -> None:
        """Compares the state that was read with what the refold of the partition has come to."""
        found = self._found.pop(partition)
        self._check.counts["state records"] += len(wanted)
        different = {key for key, value in wanted.items() if found.get(key) != fingerprint(value)}
        different.update(found.keys() - wanted.keys())
        if not different:
            return
        last: dict[bytes, Record] = {}
        for record in self._topics.read(STATE, partition):
            if record.key in different:
                last[record.key] = record
        for key in sorted(different):
            there = last.get(key)
            what = _difference(wanted.get(key), there.value if there else None)
            self._check.differ(STATE, partition, what, there.offset if there else None, key)

    def _mark(
        self,
        state: str,
        topic: str,
        partition: int,
        mark: bytes | None,
        committed: int | None,
        at_rest: bool = True,
    ) -> int:
        """Compares a mark with the committed offset; the offset up to which the input is processed."""
        differ = partial(self._check.differ, state, partition, key=MARK)
        place = f"{topic}-{partition}"
        if mark is None:
            if committed is not None:
                differ(f"there is no mark, and {committed} is committed of {place}")
            return 0
        try:
            offset = int(msgspec.json.decode(mark)["offset"])
        except (msgspec.DecodeError, KeyError, TypeError, ValueError) as problem:
            differ(f"the mark cannot be read: {problem!r}")
            return committed or 0
        self._check.counts["marks"] += 1
        if at_rest and offset != committed:
            differ(f"the mark stands at {offset} of {place}, committed is {committed}")
        if offset > (end := self._topics.end(topic, partition)):
            differ(f"the mark stands at {offset}, and {place} ends at {end}")
        return offset


def _difference(wanted: bytes | None, found: bytes | None) -> str:
    if wanted is None:
        return "this state record follows from nothing, or should be gone"
    if found is None:
        return "the state record is missing"
    return f"the state record differs: {values(wanted, found)}"

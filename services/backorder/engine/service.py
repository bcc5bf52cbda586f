"""What a service brings to the loop."""

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

from backorder.engine.records import Message, Outbox


class PartitionState(Protocol):
    """What a service keeps for one input partition.

    Life: `restore` until all live changelog records are given, `restored` once; then in turn `process` (one
    or more calls) or `idle`, `changes`, and either `commit` or `rollback`. All calls come from one thread.
    """

    def restore(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        """Takes keys of the changelog with their last values, in no particular order; never a deleted key."""

    def restored(self) -> None:
        """All of the changelog has been given; called also when there was nothing."""

    def process(self, records: Sequence[Message], out: Outbox) -> None:
        """Folds records, in order, and produces what follows from them.

        An exception is taken as a bug met at one of the records ("poison"): everything since the last
        `commit` is rolled back, the records come again one by one, and the partition stops at the one that
        raises. Only `failures.Refused` (such as a record of a newer version) ends the process.
        """

    def changes(self) -> Iterable[tuple[bytes, bytes | None]]:
        """The changelog records since the last `commit`: the whole new value by key, None = deleted.

        Asked once per transaction, after `process` and `idle`. The key `mark` is the loop's own.
        """

    def commit(self) -> None:
        """The transaction is committed: what was changed stays."""

    def rollback(self) -> None:
        """Nothing of what was done since the last `commit` has happened."""

    def idle(self, out: Outbox) -> bool:
        """Called about once a second, also under load; may produce, and says whether it did."""


@runtime_checkable
class Skippable(Protocol):
    """A `PartitionState` whose input may say further on that a record is to be passed over if it fails."""

    def lets_skip(self, record: Message) -> int | None:
        """The offset of the earlier record that this one lets be passed over; None = it is no such word.

        Asked of what stands behind a record that cannot be processed; changes nothing.
        """

    def skip(self, record: Message, word: Message, error: Exception, out: Outbox) -> None:
        """Instead of `process`: the record failed with `error` and has no effect, as `word` lets it.

        Produces what says so: whoever reads the input again must neither fail at it nor take it for done.
        """


class Service(Protocol):
    """One consumer service: where it reads, where its state is kept, and how a partition's state is made."""

    @property
    def name(self) -> str:
        """Names the consumer group and, with the slot, the transactional id."""

    @property
    def input_topic(self) -> str: ...

    @property
    def state_topic(self) -> str:
        """The compacted changelog; it has as many partitions as the input topic."""

    @property
    def state_version(self) -> int:
        """Version of the state records; a changelog written by a newer one is refused."""

    def open(self, partition: int) -> PartitionState:
        """A new, empty state for an input partition that has just been assigned."""

    def close(self, partition: int) -> None:
        """The partition is owned no longer; its state is dropped without another call."""

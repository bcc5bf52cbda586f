"""A small service for tests of the engine: adds numbers up by key, and says each sum."""

from collections.abc import Iterable, Sequence

from backorder.engine.records import Message, Outbox


class Sums:
    """The state of one partition: a sum for each key. The value `poison` makes it fail, `skip 7` later on
    lets it pass over offset 7."""

    def __init__(self, out_topic: str) -> None:
        self.sums: dict[bytes, int] = {}
        self._before: dict[bytes, int | None] = {}
        self._out_topic = out_topic

    def restore(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        self.sums.update((key, int(value)) for key, value in records)

    def restored(self) -> None:
        pass

    def process(self, records: Sequence[Message], out: Outbox) -> None:
        for record in records:
            key = record.key or b""
            if (record.value or b"").startswith(b"skip "):
                continue
            self._before.setdefault(key, self.sums.get(key))
            if record.value == b"poison":
                self.sums[key] = -1
                raise ZeroDivisionError("poison")
            self.sums[key] = self.sums.get(key, 0) + int(record.value or b"0")
            out.produce(self._out_topic, key, b"%d:%d" % (record.offset, self.sums[key]), record.partition)

    def changes(self) -> Iterable[tuple[bytes, bytes | None]]:
        return [(key, b"%d" % self.sums[key]) for key in self._before]

    def commit(self) -> None:
        self._before = {}

    def rollback(self) -> None:
        for key, before in self._before.items():
            if before is None:
                self.sums.pop(key, None)
            else:
                self.sums[key] = before
        self._before = {}

    def idle(self, out: Outbox) -> bool:
        return False

    def lets_skip(self, record: Message) -> int | None:
        word, _, offset = (record.value or b"").partition(b" ")
        return int(offset) if word == b"skip" else None

    def skip(self, record: Message, word: Message, error: Exception, out: Outbox) -> None:
        said = b"%d:skipped by %d: %s" % (record.offset, word.offset, str(error).encode())
        out.produce(self._out_topic, record.key, said, record.partition)


class Adding:
    """The service: topics `<prefix>in`, `<prefix>sums`, `<prefix>state`."""

    name = "adding"
    state_version = 1

    def __init__(self, prefix: str) -> None:
        self.input_topic = prefix + "in"
        self.out_topic = prefix + "sums"
        self.state_topic = prefix + "state"
        self.open_partitions: dict[int, Sums] = {}

    def open(self, partition: int) -> Sums:
        self.open_partitions[partition] = Sums(self.out_topic)
        return self.open_partitions[partition]

    def close(self, partition: int) -> None:
        del self.open_partitions[partition]

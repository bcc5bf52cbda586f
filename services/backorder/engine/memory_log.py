"""A log in memory: runs a service's partitions as the loop does, without a broker. For tests and tools.

log = MemoryLog()
log.append("journal", b"key", b"value", partition=3, timestamp_ms=1000)
log.run(service, 3)
log.records("out")
"""

from collections import defaultdict

from backorder.engine.poison import process
from backorder.engine.records import Collected, Headers, Message, Record
from backorder.engine.service import PartitionState, Service


class MemoryLog:
    """Topics as lists, and the committed position of each input partition."""

    def __init__(self) -> None:
        self._inputs: dict[tuple[str, int], list[Message]] = defaultdict(list)
        self._outputs: dict[str, list[Record]] = defaultdict(list)
        self._positions: dict[tuple[str, int], int] = defaultdict(int)
        self._changelogs: dict[tuple[str, int], dict[bytes, bytes]] = defaultdict(dict)

    def append(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        *,
        partition: int = 0,
        timestamp_ms: int = 0,
        headers: Headers | None = None,
    ) -> None:
        """A record for a service to consume."""
        log = self._inputs[topic, partition]
        log.append(Message(topic, partition, len(log), timestamp_ms, key, value, headers))

    def records(self, topic: str) -> list[Record]:
        """What services have produced to a topic, in order."""
        return list(self._outputs[topic])

    def changelog(self, topic: str, partition: int = 0) -> dict[bytes, bytes]:
        """The last value per key of a changelog partition."""
        return dict(self._changelogs[topic, partition])

    def run(self, service: Service, partition: int = 0, batch_records: int = 1000) -> None:
        """Opens the partition, restores it, and processes what has been appended since the last run.

        Raises the error of a record that cannot be processed; what came before it is committed.
        """
        state = service.open(partition)
        state.restore(self._changelogs[service.state_topic, partition].items())
        state.restored()
        place = (service.input_topic, partition)
        while batch := self._inputs[place][self._positions[place] :][:batch_records]:
            out = Collected()
            poison = process(state, batch, out)
            self._positions[place] += len(batch) if poison is None else poison.done
            self._commit(service, partition, state, out)
            if poison is not None:
                raise poison.error
        service.close(partition)

    def _commit(self, service: Service, partition: int, state: PartitionState, out: Collected) -> None:
        changelog = self._changelogs[service.state_topic, partition]
        for key, value in state.changes():
            if value is None:
                changelog.pop(key, None)
            else:
                changelog[key] = value
        for record in out.records:
            self._outputs[record.topic].append(record)
        state.commit()

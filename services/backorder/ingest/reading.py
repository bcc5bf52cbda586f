"""Reading one record of a public topic: strictly, into the entry that is appended to the journal."""

from functools import lru_cache

import msgspec

from backorder.contract.envelope import Decoded, Limits, decode_record
from backorder.contract.event_types import INPUTS
from backorder.contract.kafka_partition import partition_of
from backorder.contract.unreadable import Reason
from backorder.contract.unreadable import Unreadable as NoEvent
from backorder.domain.events import JOURNAL_VERSION, PUBLIC_EVENTS, Entry
from backorder.engine.ingest import UNKNOWN_TYPE, Arrival, Read, Unreadable
from backorder.engine.records import Message

# More pools than this in one process is allowed, and costs a hash for each event.
_REMEMBERED_POOLS = 65_536

# The full name of a type: its short name, and the decoder of its data.
_TYPES = {
    name: (kind.short, msgspec.json.Decoder(PUBLIC_EVENTS[kind.short]).decode)
    for name, kind in INPUTS.items()
}


def reader(limits: Limits, journal_partitions: int) -> Read:
    """Makes the function that reads a record, for a journal with so many partitions."""
    encode = msgspec.json.Encoder().encode

    @lru_cache(_REMEMBERED_POOLS)
    def place(pool: str) -> tuple[bytes, int]:
        key = pool.encode()
        return key, partition_of(key, journal_partitions)

    def read(message: Message) -> Arrival:
        try:
            found = decode_record(
                message.topic,
                message.key,
                message.value,
                message.headers,
                message.timestamp_ms,
                limits,
            )
            entry = entry_of(found, message.partition, message.offset)
        except NoEvent as problem:
            raise Unreadable(problem.reason, problem.detail, _known(problem.type)) from None
        key, partition = place(found.pool)
        same = identity(found.topic, found.source, found.id)
        return Arrival(_TYPES[found.type][0], same, key, encode(entry), partition)

    return read


def entry_of(found: Decoded, partition: int | None = None, offset: int | None = None) -> Entry:
    """The journal entry of an event, read from this place of its topic. Raises the contract's
    `Unreadable`."""
    try:
        event = _TYPES[found.type][1](found.data)
    except msgspec.ValidationError as problem:
        # JSON that one parser takes and the other does not, such as a field `$event` in the data.
        raise NoEvent(Reason.INVALID_FIELD, f"data: {problem}", id=found.id, type=found.type) from None
    return Entry(
        JOURNAL_VERSION,
        found.pool,
        found.id,
        found.source,
        found.time,
        event,
        found.traceparent,
        found.topic,
        partition,
        offset,
    )


def identity(topic: str, source: str, id: str) -> bytes:
    """What makes two events the same one. The length keeps `a` + `bc` and `ab` + `c` apart."""
    return f"{topic} {len(source)} {source} {id}".encode()


def _known(type: str | None) -> str:
    return _TYPES[type][0] if type in _TYPES else UNKNOWN_TYPE

"""The domain's voice: decisions and table rows as CloudEvents, ready to be records of the public topics.

Used by the live service, by `simulate` and by the reconciliation, so that all of them say the same.
"""

from datetime import datetime
from typing import Any

import msgspec

from backorder.domain.decisions import Emitted
from backorder.domain.events import Entry, full_type_name
from backorder.domain.fold import Row

HEADERS: list[tuple[str, bytes | None]] = [("content-type", b"application/cloudevents+json")]
"""The one header of what goes out: structured mode."""


class Published(msgspec.Struct, frozen=True, gc=False):
    """A record of a public topic. The partition follows from `partition_key`, by Java's murmur2."""

    topic: str
    key: bytes
    value: bytes | None
    partition_key: bytes


class CloudEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event as it goes out; `id` is unique within `source`, and a replay gives the same."""

    specversion: str
    id: str
    source: str
    type: str
    time: datetime
    subject: str
    datacontenttype: str
    pool: str
    causationid: str
    data: Any
    traceparent: str | None = None


_encode = msgspec.json.Encoder().encode


def source_of(pool: str) -> str:
    """The CloudEvents source of all that a pool emits."""
    return f"/backorder/{pool}"


def decision_event(emitted: Emitted) -> CloudEvent:
    decision, cause = emitted.decision, emitted.cause
    return _event(cause, cause.pool, str(emitted.sequence), decision.TYPE, emitted.key, decision)


def row_event(row: Row) -> CloudEvent:
    return _event(row.cause, row.pool, row.id, row.type, row.key, row.data)


def publish_decision(emitted: Emitted) -> Published:
    key = emitted.key.encode()
    return Published(emitted.decision.TOPIC, key, _encode(decision_event(emitted)), key)


def publish_row(row: Row) -> Published:
    value = None if row.data is None else _encode(row_event(row))
    return Published(row.topic, row.key.encode(), value, row.partition_key.encode())


def _event(cause: Entry, pool: str, id_: str, type_: str, subject: str, data: Any) -> CloudEvent:
    return CloudEvent(
        "1.0",
        id_,
        source_of(pool),
        full_type_name(type_),
        cause.time,
        subject,
        "application/json",
        pool,
        cause.id,
        data,
        cause.traceparent,
    )

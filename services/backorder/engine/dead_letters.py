"""Dead letters: records that could not be read, as they came, with where they came from and why.

The value, the key and the headers are the original ones; ours stand behind them as one block, so that a
replay can take them off again (`original`). Only a record that is too big for the topic is cut.
"""

import time
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

from backorder.engine.kafka import MAX_RECORD_BYTES
from backorder.engine.records import Headers, Message

KEPT_VALUE_BYTES = 512 * 1024
"""Of a record above `MAX_RECORD_BYTES` so much of the value is kept, and its size and SHA-256."""
_KEPT_KEY_BYTES = 64 * 1024
_MAX_DETAIL_CHARS = 1000

# The first of our headers: everything before the last one of this name is the publisher's.
_FIRST = "original_topic"


class DeadLetter(NamedTuple):
    """What to produce to the dead-letters topic."""

    key: bytes | None
    value: bytes | None
    headers: Headers


class Original(NamedTuple):
    """The record that a dead letter was; `whole` is False when it was cut and cannot be replayed."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers | None
    whole: bool


def dead_letter(
    message: Message, reason: str, detail: str, service: str, now_ms: int | None = None
) -> DeadLetter:
    """The dead letter of a record. `now_ms`: when it failed, default now."""
    failed_at = datetime.fromtimestamp((now_ms or int(time.time() * 1000)) / 1000, UTC)
    about: Headers = [
        (_FIRST, message.topic.encode()),
        ("original_partition", b"%d" % message.partition),
        ("original_offset", b"%d" % message.offset),
        ("original_timestamp", b"%d" % message.timestamp_ms),
        ("reason", reason.encode()),
        ("detail", detail[:_MAX_DETAIL_CHARS].encode(errors="replace")),
        ("service", service.encode()),
        ("first_failed_at", failed_at.isoformat(timespec="milliseconds").encode()),
    ]
    headers = message.headers or []
    if _size(message) <= MAX_RECORD_BYTES:
        return DeadLetter(message.key, message.value, headers + about)
    value, key = message.value or b"", message.key
    about += [
        ("original_size", b"%d" % len(value)),
        ("original_sha256", sha256(value).hexdigest().encode()),
    ]
    return DeadLetter(key and key[:_KEPT_KEY_BYTES], value[:KEPT_VALUE_BYTES], about)


def original(key: bytes | None, value: bytes | None, headers: Headers) -> Original:
    """The record that a dead letter was. Raises ValueError for something that is no dead letter."""
    names = [name for name, _ in headers]
    if _FIRST not in names:
        raise ValueError(f"no header {_FIRST}: not a dead letter")
    first = len(names) - 1 - names[::-1].index(_FIRST)
    topic = headers[first][1] or b""
    whole = "original_sha256" not in names[first:]
    return Original(topic.decode(), key, value, headers[:first] or None, whole)


def about(headers: Headers) -> dict[str, str]:
    """What the headers of a dead letter say about it, by name. Raises ValueError as `original` does."""
    given = original(None, None, headers).headers or []
    return {name: (value or b"").decode(errors="replace") for name, value in headers[len(given) :]}


def _size(message: Message) -> int:
    size = len(message.key or b"") + len(message.value or b"")
    return size + sum(len(name) + len(value or b"") for name, value in message.headers or ())

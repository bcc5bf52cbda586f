"""What a dead letter has to say, from the record that could not be read; and what it says.

The moment of failing and the sentence in `detail` are free; everything else follows from the record.
"""

from hashlib import sha256

import msgspec
from msgspec import Struct

from backorder.reconcile.log import Headers, Record

_WHOLE_BYTES = 8 * 1024 * 1024
_KEPT_VALUE_BYTES = 512 * 1024
_KEPT_KEY_BYTES = 64 * 1024
_FIRST = "original_topic"

_encode = msgspec.msgpack.Encoder().encode


class NoLetter(ValueError):
    """A record on the topic of dead letters that is none."""


class Letter(Struct, frozen=True):
    """The facts of a dead letter. `value` is the SHA-256 of the bytes that it holds.

    original_size and original_sha256 are those of the whole value when only a part is kept, else None.
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    reason: str
    service: str
    key: bytes | None
    value: str | None
    headers: Headers
    original_size: int | None = None
    original_sha256: str | None = None

    def packed(self) -> bytes:
        """All of it, for a fingerprint."""
        return _encode(self)


def letter_of(topic: str, service: str, record: Record, reason: str) -> Letter:
    """The letter that a record of a public topic (its full name) has to become."""
    value, headers = record.value, record.headers or []
    size = len(record.key or b"") + len(value or b"")
    size += sum(len(name) + len(content or b"") for name, content in headers)
    place = (topic, record.partition, record.offset, record.timestamp_ms)
    if size <= _WHOLE_BYTES:
        return Letter(*place, reason, service, record.key, _sha256(value), headers)
    value = value or b""
    key = record.key and record.key[:_KEPT_KEY_BYTES]
    return Letter(
        *place, reason, service, key, _sha256(value[:_KEPT_VALUE_BYTES]), [], len(value), _sha256(value)
    )


def read_letter(record: Record) -> Letter:
    """The letter in a record of the topic of dead letters. Raises `NoLetter`."""
    headers = record.headers or []
    names = [name for name, _ in headers]
    if _FIRST not in names:
        raise NoLetter(f"it has no header {_FIRST}")
    # The publisher may have used our names: ours are the last ones.
    first = len(names) - 1 - names[::-1].index(_FIRST)
    said = {name: (value or b"").decode(errors="replace") for name, value in headers[first:]}
    try:
        return Letter(
            said[_FIRST],
            int(said["original_partition"]),
            int(said["original_offset"]),
            int(said["original_timestamp"]),
            said["reason"],
            said["service"],
            record.key,
            _sha256(record.value),
            headers[:first],
            int(said["original_size"]) if "original_size" in said else None,
            said.get("original_sha256"),
        )
    except (KeyError, ValueError) as problem:
        raise NoLetter(f"a header is missing or no number: {problem}") from None


def _sha256(value: bytes | None) -> str | None:
    return None if value is None else sha256(value).hexdigest()

"""Which partition a key belongs to, as Java's default partitioner decides it.

librdkafka's `murmur2_random` agrees for every key that is not null; its own default (`consistent_random`) and
that of some other clients do not. Ours is written out so that a producer can name the partition of something
other than the key: table rows lie in the partition of their pool and SKU.
"""

import struct

import msgspec

_M = 0x5BD1E995
_SEED = 0x9747B28C
_MASK = 0xFFFFFFFF


def murmur2(key: bytes) -> int:
    """Java's `Utils.murmur2` as an unsigned 32-bit number."""
    length = len(key)
    whole = length & ~3
    h = _SEED ^ length
    for k in struct.unpack_from(f"<{whole >> 2}I", key):
        k = k * _M & _MASK
        k ^= k >> 24
        h = (h * _M ^ k * _M) & _MASK
    if length != whole:
        h ^= int.from_bytes(key[whole:], "little")
        h = h * _M & _MASK
    h ^= h >> 13
    h = h * _M & _MASK
    return h ^ (h >> 15)


def partition_of(key: bytes, partitions: int) -> int:
    """The partition, 0 to `partitions` - 1, that Java's producer puts a record with this key in."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def json_key(*parts: str | int | None) -> bytes:
    """A key that is a JSON array: compact UTF-8, nothing escaped that need not be. `json_key(pool, sku)` is
    also what decides the partition of everything about a SKU."""
    return msgspec.json.encode(parts)

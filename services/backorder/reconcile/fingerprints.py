"""Sequences and sets of records, each as one hash: two are equal when their fingerprints are."""

from hashlib import blake2b

_BYTES = 16

Part = bytes | None


def fingerprint(*parts: Part) -> bytes:
    """16 bytes that stand for these parts, in this order; None is not the same as empty."""
    return blake2b(_framed(parts), digest_size=_BYTES).digest()


class Chain:
    """A sequence of records: equal to another one with the same records in the same order."""

    __slots__ = ("_hash", "count")

    def __init__(self) -> None:
        self.count = 0
        self._hash = blake2b(digest_size=_BYTES)

    def add(self, *parts: Part) -> None:
        self.count += 1
        self._hash.update(_framed(parts))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Chain)
            and self.count == other.count
            and self._hash.digest() == other._hash.digest()
        )

    __hash__ = None  # type: ignore[assignment]


class Bag:
    """A collection of records in no order; one that is there twice counts twice."""

    __slots__ = ("_sum", "count")

    def __init__(self) -> None:
        self.count = 0
        self._sum = 0

    def add(self, *parts: Part) -> None:
        self.count += 1
        self._sum += int.from_bytes(fingerprint(*parts), "big")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bag) and (self.count, self._sum) == (other.count, other._sum)

    __hash__ = None  # type: ignore[assignment]


def _framed(parts: tuple[Part, ...]) -> bytes:
    """The lengths keep `ab`, `c` and `a`, `bc` apart, the end keeps records apart."""
    return b"".join([b"-" if part is None else b"%d %s" % (len(part), part) for part in parts]) + b"."

"""A date that a record has, and whose event set it."""

from msgspec import Struct


class Date(Struct, array_like=True, frozen=True, order=True, gc=False):
    """at: microseconds since 1970. cause: id of the event that set the date."""

    at: int
    cause: str

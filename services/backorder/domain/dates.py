"""A date that a record has, and whose event set it."""

from typing import NamedTuple


class Date(NamedTuple):
    """at: microseconds since 1970. cause: id of the event that set the date."""

    at: int
    cause: str

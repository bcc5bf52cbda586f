"""Times inside the domain: whole microseconds since 1970 in UTC, so that they compare fast and exactly."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

NEVER = 2**63 - 1
"""Later than any time: the place of "none" where times are sorted."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(time: datetime) -> int:
    """Microseconds since 1970 of an aware date-time."""
    return (time - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=4096)
def at(time: int) -> datetime:
    """The UTC date-time of `time` microseconds since 1970. One event says the same time again and again."""
    return _EPOCH + timedelta(microseconds=time)


def micros_or_none(time: datetime | None) -> int | None:
    return None if time is None else micros(time)


def at_or_none(time: int | None) -> datetime | None:
    return None if time is None else at(time)

"""What is remembered of movements: records of the changelog like those in `records`."""

from msgspec import Struct, field


class Movements(Struct, array_like=True, gc=False):
    """Where a history stands: its newest movement, what is kept, what is forgotten; the sum of all ever."""

    sku: str
    location: str | None
    newest: int = 0
    first_chunk: int = 0
    next_chunk: int = 0
    hours: list[int] = field(default_factory=list)
    forgotten_to: int | None = None
    total: int = 0


class MovementChunk(Struct, array_like=True, gc=False):
    """Some movements of a history in order of arrival: their times and signed quantities."""

    times: list[int] = field(default_factory=list)
    quantities: list[int] = field(default_factory=list)


class MovementHour(Struct, array_like=True, gc=False):
    """Movements of one hour of a history, by minute (start of the minute to signed sum)."""

    minutes: dict[int, int] = field(default_factory=dict)

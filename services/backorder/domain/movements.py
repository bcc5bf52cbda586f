"""What moved, and when: so that a count can speak for a moment that has passed.

A movement not older than an hour before the newest one of its row is known exactly; an older one by its
minute; one older than seven days is forgotten. Recent movements are kept in small chunks in order of arrival,
older ones summed by minute in one record an hour, so that no record grows with the traffic of a SKU.
"""

from collections.abc import Iterator
from typing import NamedTuple

from backorder.domain.movement_records import MovementChunk, MovementHour, Movements
from backorder.domain.table import Table
from backorder.domain.times import DAY, HOUR, MINUTE

CHUNK = 16
EXACT = HOUR
KEPT = 7 * DAY


class Book(NamedTuple):
    """The histories of one figure: what moved on hand, or what was set aside, by SKU and location."""

    heads: Table[Movements]
    chunks: Table[MovementChunk]
    hours: Table[MovementHour]


def remember(book: Book, sku: str, location: str | None, time: int, units: int) -> None:
    """Notes that the figure moved by `units` (signed) at `time`."""
    key = (sku, location)
    heads = book.heads
    moves = heads.edit(key) if key in heads.rows else heads.add(key, Movements(sku, location))
    moves.newest = max(moves.newest, time)
    moves.total += units
    chunk = _open_chunk(book, moves)
    chunk.times.append(time)
    chunk.quantities.append(units)
    if len(chunk.times) == 1:
        _summarize(book, moves)
        _forget(book, moves)


def after(book: Book, sku: str, location: str | None, as_of: int) -> int:
    """Sum of the movements after `as_of`: what a count as of then does not know of."""
    moves = book.heads.get((sku, location))
    if moves is None:
        return 0
    exact_from = moves.newest - EXACT
    total = 0
    for number in range(moves.first_chunk, moves.next_chunk):
        chunk = book.chunks.rows[sku, location, number]
        for time, units in zip(chunk.times, chunk.quantities, strict=True):
            if _is_after(time, as_of, exact_from):
                total += units
    for hour in moves.hours:
        for minute, units in book.hours.rows[sku, location, hour].minutes.items():
            if minute > _minute(as_of):
                total += units
    return total


def is_forgotten(book: Book, sku: str, location: str | None, as_of: int) -> bool:
    """Whether a movement after `as_of` is older than what is kept, so that a count as of then is too late.

    Movements are packed and dropped in lots, some later than others; what is decided must not show it.
    """
    moves = book.heads.get((sku, location))
    if moves is None or as_of >= moves.newest - KEPT:
        return False
    if moves.forgotten_to is not None and _minute(as_of) < moves.forgotten_to:
        return True
    return any(_minute(as_of) < minute < moves.newest - KEPT for minute in _kept_minutes(book, moves))


def _kept_minutes(book: Book, moves: Movements) -> Iterator[int]:
    key = (moves.sku, moves.location)
    for number in range(moves.first_chunk, moves.next_chunk):
        yield from map(_minute, book.chunks.rows[*key, number].times)
    for hour in moves.hours:
        yield from book.hours.rows[*key, hour].minutes


def _is_after(time: int, as_of: int, exact_from: int) -> bool:
    if time >= exact_from:
        return time > as_of
    return _minute(time) > _minute(as_of)


def _minute(time: int) -> int:
    return time - time % MINUTE


def _open_chunk(book: Book, moves: Movements) -> MovementChunk:
    if moves.next_chunk > moves.first_chunk:
        key = (moves.sku, moves.location, moves.next_chunk - 1)
        if len(book.chunks.rows[key].times) < CHUNK:
            return book.chunks.edit(key)
    moves.next_chunk += 1
    return book.chunks.add((moves.sku, moves.location, moves.next_chunk - 1), MovementChunk())


def _summarize(book: Book, moves: Movements) -> None:
    """Sums up by minute the oldest chunks that hold nothing of the last hour."""
    while moves.first_chunk < moves.next_chunk - 1:
        key = (moves.sku, moves.location, moves.first_chunk)
        chunk = book.chunks.rows[key]
        if max(chunk.times) >= moves.newest - EXACT:
            return
        for time, units in zip(chunk.times, chunk.quantities, strict=True):
            _add_to_minute(book, moves, time, units)
        book.chunks.remove(key)
        moves.first_chunk += 1


def _add_to_minute(book: Book, moves: Movements, time: int, units: int) -> None:
    hour = time - time % HOUR
    key = (moves.sku, moves.location, hour)
    if hour not in moves.hours:
        moves.hours.append(hour)
        moves.hours.sort()
        book.hours.add(key, MovementHour())
    minutes = book.hours.edit(key).minutes
    minutes[_minute(time)] = minutes.get(_minute(time), 0) + units


def _forget(book: Book, moves: Movements) -> None:
    while moves.hours and moves.hours[0] + HOUR <= moves.newest - KEPT:
        hour = moves.hours.pop(0)
        key = (moves.sku, moves.location, hour)
        moves.forgotten_to = max(moves.forgotten_to or 0, *book.hours.rows[key].minutes)
        book.hours.remove(key)

"""What has been seen of the processor's answers, for the table and the summary."""

import heapq
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from typing import Any, NamedTuple

import msgspec

LAST_RELEASES = 8
MOST_REMEMBERED = 200_000
"""So many published events are remembered for the measure of latency, the newest ones."""


class _Row(msgspec.Struct):
    status: str
    opened_at: datetime | None


class _Answer(msgspec.Struct):
    type: str
    pool: str
    causationid: str
    time: datetime
    data: msgspec.Raw


class _ReleasedLine(msgspec.Struct):
    line: int
    sku: str
    quantity: int
    was_backordered: bool = False
    cross_dock: bool = False


class _Release(msgspec.Struct):
    order_id: str
    rule: str
    lines: list[_ReleasedLine]


class _OfLine(msgspec.Struct):
    order_id: str
    line: int = 0


class _Rejected(msgspec.Struct):
    reason: str = ""
    kind: str = ""


Released = Callable[[str, str, int, int], None]
"""Told pool, order, line and units of what is released."""


class Release(NamedTuple):
    """A release as the table shows it."""

    pool: str
    order_id: str
    units: int
    skus: list[str]
    why: str


_answer = msgspec.json.Decoder(_Answer).decode
_row = msgspec.json.Decoder(_Row).decode
_release = msgspec.json.Decoder(_Release).decode
_of_line = msgspec.json.Decoder(_OfLine).decode
_rejected = msgspec.json.Decoder(_Rejected).decode


class Figures:
    """Counts and last values. One thread publishes, one reads answers, one shows: each method is safe."""

    def __init__(self, released: Released = lambda *_: None) -> None:
        self._told_released = released
        self._lock = Lock()
        self.published: Counter[str] = Counter()
        """Events in by topic."""
        self.answers: Counter[str] = Counter()
        """Records out by topic."""
        self.types: Counter[str] = Counter()
        """Events out by type, table rows left out."""
        self.rejections: Counter[str] = Counter()
        """Senseless events by reason, discrepancies by kind."""
        self.dead_letters: Counter[str] = Counter()
        """By reason."""
        self.latencies: list[float] = []
        """Seconds from when an event was published until its first answer could be read."""
        self.backordered: set[tuple[str, str, int]] = set()
        """Pool, order and line of every backorder that was opened."""
        self.releases: deque[Release] = deque(maxlen=LAST_RELEASES)
        self._published_at: dict[tuple[str, str], float] = {}
        self._states: dict[bytes, str] = {}
        self._by_state: Counter[str] = Counter()
        self._waiting: dict[bytes, datetime] = {}
        self._by_age: list[tuple[datetime, bytes]] = []

    # --- what is told ---------------------------------------------------------------------------------------

    def sent(self, topic: str, pool: str, event_id: str, now: float) -> None:
        """An event was published at `now`, in seconds since 1970."""
        with self._lock:
            self.published[topic] += 1
            self._published_at.setdefault((pool, event_id), now)
            if len(self._published_at) > MOST_REMEMBERED:
                del self._published_at[next(iter(self._published_at))]

    def answered(self, topic: str, value: bytes, now: float) -> None:
        """An event of the processor could be read at `now`, in seconds since 1970."""
        answer = _answer(value)
        name = answer.type.removeprefix("io.backorder.").removesuffix(".v1")
        with self._lock:
            self.answers[topic] += 1
            self.types[name] += 1
            if topic in ("backorders", "releases"):
                published_at = self._published_at.pop((answer.pool, answer.causationid), None)
                if published_at is not None:
                    self.latencies.append(now - published_at)
            if name in ("backorder.opened", "backorder.reopened"):
                line = _of_line(answer.data)
                self.backordered.add((answer.pool, line.order_id, line.line))
            elif name == "release.created":
                release = _release(answer.data)
                self.releases.append(_shown(answer.pool, release))
                for part in release.lines:
                    self._told_released(answer.pool, release.order_id, part.line, part.quantity)
            elif name == "release.withdrawn":
                release = _release(answer.data)
                for part in release.lines:
                    self._told_released(answer.pool, release.order_id, part.line, -part.quantity)
            elif topic == "exceptions":
                rejected = _rejected(answer.data)
                self.rejections[rejected.reason or rejected.kind] += 1

    def row(self, topic: str, key: bytes, value: bytes | None) -> None:
        """A row of a table could be read; None = it is gone."""
        with self._lock:
            self.answers[topic] += 1
            if topic == "lines":
                self._line(key, None if value is None else _row(_answer(value).data))

    def dead_letter(self, reason: str) -> None:
        with self._lock:
            self.answers["dead-letters"] += 1
            self.dead_letters[reason] += 1

    def _line(self, key: bytes, row: _Row | None) -> None:
        before = self._states.pop(key, None)
        if before is not None:
            self._by_state[before] -= 1
        if row is not None:
            self._states[key] = row.status
            self._by_state[row.status] += 1
        if row is not None and row.opened_at is not None:
            if self._waiting.get(key) != row.opened_at:
                self._waiting[key] = row.opened_at
                heapq.heappush(self._by_age, (row.opened_at, key))
        else:
            self._waiting.pop(key, None)

    # --- what is asked --------------------------------------------------------------------------------------

    def totals(self) -> tuple[int, int]:
        """Events in, records out."""
        with self._lock:
            return self.published.total(), self.answers.total()

    def lines_by_state(self) -> dict[str, int]:
        with self._lock:
            return {state: count for state, count in sorted(self._by_state.items()) if count}

    def lines_of(self, pool: str) -> set[int]:
        """The numbers of a pool's order lines, whatever their order."""
        with self._lock:
            keys = [msgspec.json.decode(key) for key in self._states]
        return {line for own_pool, _, line in keys if own_pool == pool}

    def last_releases(self) -> list[Release]:
        """The newest last."""
        with self._lock:
            return list(self.releases)

    def oldest(self) -> tuple[float, str] | None:
        """Age in seconds, by the wall clock, and key of the line that has waited longest."""
        with self._lock:
            # A line that waits no more, or waits anew, leaves its old entry behind.
            while self._by_age and self._waiting.get(self._by_age[0][1]) != self._by_age[0][0]:
                heapq.heappop(self._by_age)
            if not self._by_age:
                return None
            opened_at, key = self._by_age[0]
        return (datetime.now(UTC) - opened_at).total_seconds(), key.decode()

    def latency(self, share: float) -> float | None:
        """Seconds within which this share of the answers came; None before the first."""
        with self._lock:
            ordered = sorted(self.latencies)
        if not ordered:
            return None
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _shown(pool: str, release: _Release) -> Release:
    why: list[Any] = [release.rule]
    if any(line.was_backordered for line in release.lines):
        why.append("after waiting")
    if any(line.cross_dock for line in release.lines):
        why.append("straight from the dock")
    units = sum(line.quantity for line in release.lines)
    return Release(pool, release.order_id, units, [line.sku for line in release.lines], ", ".join(why))

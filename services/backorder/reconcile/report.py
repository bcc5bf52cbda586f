"""What a reconciliation found: what was checked, how much of it, and what differs."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

NAMED = 20
"""So many differences of a check are named; all are counted."""

_SHOWN_KEY_CHARS = 200


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it has to be. `offset` and `key` are None where there is no such record."""

    check: str
    topic: str
    partition: int
    offset: int | None
    key: str | None
    what: str

    def __str__(self) -> str:
        place = f"{self.topic}-{self.partition}" + ("" if self.offset is None else f" @ {self.offset}")
        return f"{self.check}: {place}" + ("" if self.key is None else f", key {self.key}") + f": {self.what}"


@dataclass
class Check:
    """One of the claims: how many things it was checked on, in parts, and what contradicts it."""

    name: str
    claim: str
    counts: Counter[str] = field(default_factory=Counter)
    differing: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many things were compared."""
        return self.counts.total()

    @property
    def ok(self) -> bool:
        """Nothing differs, and there was something to compare: nothing checked is nothing proved."""
        return self.count > 0 and not self.differing

    def differ(
        self, topic: str, partition: int, what: str, offset: int | None = None, key: bytes | None = None
    ) -> None:
        """Takes down a difference."""
        self.differing += 1
        if len(self.differences) < NAMED:
            shown = None if key is None else key.decode(errors="replace")[:_SHOWN_KEY_CHARS]
            self.differences.append(Difference(self.name, topic, partition, offset, shown, what))

    @property
    def all_named(self) -> bool:
        """Whether no further difference would be named."""
        return len(self.differences) >= NAMED


@dataclass
class Report:
    """The result. `not_proved` says in sentences what could not be checked, because it is no longer there."""

    checks: list[Check]
    not_proved: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Every check was made on something and nothing differs."""
        return all(check.ok for check in self.checks)

    @property
    def differences(self) -> list[Difference]:
        """The differences that are named, of all checks."""
        return [difference for check in self.checks for difference in check.differences]

    def check(self, name: str) -> Check:
        """A check by its name. Raises KeyError."""
        for check in self.checks:
            if check.name == name:
                return check
        raise KeyError(name)

    def to_builtins(self) -> dict[str, Any]:
        """As a JSON document."""
        return {
            "ok": self.ok,
            "checks": [
                {
                    "name": check.name,
                    "claim": check.claim,
                    "ok": check.ok,
                    "count": check.count,
                    "counts": dict(check.counts),
                    "differing": check.differing,
                    "differences": [asdict(difference) for difference in check.differences],
                }
                for check in self.checks
            ],
            "not_proved": self.not_proved,
        }

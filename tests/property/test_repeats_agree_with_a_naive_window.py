"""The window of event ids against its definition, whatever the batches, the rollbacks and the restarts."""

from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from backorder.engine.repeats import Window, digest

HORIZON = 10


class Naive:
    """The definition: all that was ever accepted, in a list."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.clock = 0
        self.accepted: list[tuple[int, int]] = []

    def remembered(self) -> list[int]:
        newest = self.accepted[-self.limit :]
        return [identity for identity, stamp in newest if self.clock - stamp < HORIZON]

    def take(self, identity: int | None, timestamp: int) -> bool:
        self.clock = max(self.clock, timestamp)
        if identity is None or identity in self.remembered():
            return False
        self.accepted.append((identity, self.clock))
        return True


class Step(NamedTuple):
    identity: int | None
    """None is a dead letter."""
    later: int
    ends_batch: str | None
    """`commit`, `restart` (commit, restore in a new process) or `abort` (roll back, the same again)."""


STEPS = st.lists(
    st.builds(
        Step,
        identity=st.none() | st.integers(0, 7),
        later=st.integers(-4, 6),
        ends_batch=st.sampled_from([None, None, "commit", "restart", "abort"]),
    ),
    max_size=60,
)


def restored(changelog: dict[bytes, bytes], limit: int) -> Window:
    window = Window(HORIZON, limit)
    # In no particular order.
    window.restore(sorted(changelog.items(), reverse=True))
    window.restored()
    return window


def take(window: Window, batch: list[tuple[int, int | None, int]]) -> list[bool]:
    answers = []
    for offset, identity, timestamp in batch:
        if identity is None:
            window.pass_time(timestamp)
            answers.append(False)
        else:
            answers.append(window.admit(digest(b"%d" % identity), timestamp, offset))
    return answers


def write(window: Window, changelog: dict[bytes, bytes]) -> None:
    for key, value in window.changes():
        if value is None:
            del changelog[key]
        else:
            changelog[key] = value
    window.commit()


@settings(deadline=None, max_examples=300)
@given(steps=STEPS, limit=st.integers(1, 5))
def test_the_same_records_are_repeats_whatever_the_batches_aborts_and_restarts(
    steps: list[Step], limit: int
) -> None:
    naive, window, changelog = Naive(limit), Window(HORIZON, limit), {}
    now, batch, expected = 100, [], []
    for offset, step in enumerate([*steps, Step(None, 0, "restart")]):
        now += step.later
        batch.append((offset, step.identity, now))
        expected.append(naive.take(step.identity, now))
        if step.ends_batch is None:
            continue
        assert take(window, batch) == expected
        if step.ends_batch == "abort":
            # What an abort does: the changes were asked for, and have not happened.
            list(window.changes())
            window.rollback()
            assert take(window, batch) == expected
        write(window, changelog)
        if step.ends_batch == "restart":
            window = restored(changelog, limit)
        assert len(window) == len(naive.remembered())
        batch, expected = [], []


@settings(deadline=None, max_examples=100)
@given(steps=STEPS, limit=st.integers(1, 5))
def test_the_changelog_keeps_no_record_of_which_all_ids_are_forgotten(steps: list[Step], limit: int) -> None:
    naive, window, changelog = Naive(limit), Window(HORIZON, limit), {}
    now = 100
    for offset, step in enumerate(steps):
        now += step.later
        naive.take(step.identity, now)
        take(window, [(offset, step.identity, now)])
        # One record a batch here, so as many changelog records as ids, and the clock.
        write(window, changelog)
        assert len(changelog) == len(naive.remembered()) + 1

"""A process kills itself at the step that is armed, with enough in hand, and nowhere else."""

import threading
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backorder.engine import faults
from backorder.engine.config import FaultSettings
from backorder.engine.faults import Crumb, KillAt
from backorder.engine.records import Record
from backorder.engine.stamps import HEADER, Stamps
from backorder.engine.steps import NO_STEPS, Step

OUTSIDE_OF_A_BATCH = {Step.INSIDE_COMMIT, Step.DURING_RESTORE, Step.DURING_REVOKE}
AT_ONCE = [step for step in Step if step not in OUTSIDE_OF_A_BATCH]


def nothing() -> None:
    """What a commit would do first."""


class Trial:
    """A `KillAt` whose kills are counted, and that lives on after them."""

    def __init__(self, step: Step, folder: Path, **settings: Any) -> None:
        self.kills = 0
        self.killed = threading.Event()
        self._crumb = folder / "crumb"
        chosen = {"kill_at": step, "crumb_file": str(self._crumb), "batch_events": 4, **settings}
        self.stamps = Stamps()
        self.steps = KillAt(step, FaultSettings.model_validate(chosen), self.stamps, self._kill)

    def _kill(self) -> None:
        self.kills += 1
        self.killed.set()

    def batch(self, *records: int) -> None:
        """So many records of each partition."""
        self.steps.batch([(number, [None] * count) for number, count in enumerate(records)])

    @property
    def crumb(self) -> Crumb | None:
        if not self._crumb.exists():
            return None
        return msgspec.json.decode(self._crumb.read_bytes(), type=Crumb)


@pytest.mark.parametrize("step", AT_ONCE)
def test_it_dies_at_the_armed_step_and_says_with_what_in_hand(step: Step, tmp_path: Path) -> None:
    trial = Trial(step, tmp_path)
    trial.stamps.on([Record("t", None, None, 0, None)])
    trial.batch(3, 1)
    trial.steps.reached(step)
    assert trial.kills == 1
    assert trial.crumb is not None
    assert (trial.crumb.step, trial.crumb.events, trial.crumb.partitions) == (step, 4, 2)
    assert trial.crumb.stamp == trial.stamps.last


@pytest.mark.parametrize("step", AT_ONCE)
def test_it_passes_every_other_step(step: Step, tmp_path: Path) -> None:
    trial = Trial(step, tmp_path)
    trial.batch(3, 1)
    for other in Step:
        if other is not step:
            trial.steps.reached(other)
            with trial.steps.within(other, nothing):
                pass
    trial.steps.restoring(100_000)
    trial.steps.restoring(0)
    assert trial.kills == 0
    assert trial.crumb is None


@pytest.mark.parametrize("records", [(), (3,), (2, 1), (4,), (100,)])
def test_a_batch_that_is_too_small_or_of_one_partition_is_passed(
    records: tuple[int, ...], tmp_path: Path
) -> None:
    trial = Trial(Step.AFTER_COMMIT, tmp_path)
    trial.batch(3, 1)
    trial.batch(*records)
    trial.steps.reached(Step.AFTER_COMMIT)
    assert trial.kills == 0


def test_a_revoke_counts_when_the_newest_batch_was_large_enough(tmp_path: Path) -> None:
    trial = Trial(Step.DURING_REVOKE, tmp_path)
    trial.batch(1, 1)
    trial.steps.reached(Step.DURING_REVOKE)
    assert trial.kills == 0
    trial.batch(2, 2)
    trial.batch()
    trial.steps.reached(Step.DURING_REVOKE)
    assert trial.kills == 1
    assert trial.crumb is not None
    assert (trial.crumb.events, trial.crumb.partitions) == (4, 2)


def test_the_first_commit_is_only_measured(tmp_path: Path) -> None:
    trial = Trial(Step.INSIDE_COMMIT, tmp_path, commit_part=0)
    trial.batch(2, 2)
    with trial.steps.within(Step.INSIDE_COMMIT, nothing):
        assert trial.crumb is None
        assert not trial.killed.wait(0.1)


@pytest.mark.parametrize("part", [0, 0.5, 1])
def test_it_dies_while_the_next_commit_is_under_way(part: float, tmp_path: Path) -> None:
    trial = Trial(Step.INSIDE_COMMIT, tmp_path, commit_part=part)
    trial.batch(2, 2)
    with trial.steps.within(Step.INSIDE_COMMIT, nothing):
        pass
    with trial.steps.within(Step.INSIDE_COMMIT, nothing):
        assert trial.crumb is not None
        assert trial.killed.wait(30)
    assert trial.kills == 1


def test_a_commit_that_comes_back_first_is_survived_and_nothing_is_said(tmp_path: Path) -> None:
    trial = Trial(Step.INSIDE_COMMIT, tmp_path, commit_part=1)
    trial.batch(2, 2)
    with trial.steps.within(Step.INSIDE_COMMIT, nothing):
        assert not trial.killed.wait(1)
    with trial.steps.within(Step.INSIDE_COMMIT, nothing):
        assert trial.crumb is not None
    assert trial.kills == 0
    assert trial.crumb is None


def test_a_commit_that_fails_first_is_survived_and_nothing_is_said(tmp_path: Path) -> None:
    trial = Trial(Step.INSIDE_COMMIT, tmp_path, commit_part=1)
    trial.batch(2, 2)
    with trial.steps.within(Step.INSIDE_COMMIT, nothing):
        assert not trial.killed.wait(1)
    with pytest.raises(ConnectionError), trial.steps.within(Step.INSIDE_COMMIT, nothing):
        raise ConnectionError
    assert trial.kills == 0
    assert trial.crumb is None


def test_what_a_commit_does_first_can_be_done_before_it(tmp_path: Path) -> None:
    done = []
    for flushed in (False, True):
        trial = Trial(Step.INSIDE_COMMIT, tmp_path, commit_flushed=flushed)
        trial.batch(2, 2)
        with trial.steps.within(Step.INSIDE_COMMIT, partial(done.append, flushed)):
            pass
    assert done == [True]


def test_a_restore_is_broken_off_when_the_armed_part_of_it_has_been_read(tmp_path: Path) -> None:
    trial = Trial(Step.DURING_RESTORE, tmp_path, restore_records=100, restored_part=0.4)
    for left in (50, 120, 119, 73):
        trial.steps.restoring(left)
    assert trial.kills == 0
    trial.steps.restoring(72)
    assert trial.kills == 1
    assert trial.crumb is not None
    assert trial.crumb.to_read == 120


def test_a_short_restore_is_passed(tmp_path: Path) -> None:
    trial = Trial(Step.DURING_RESTORE, tmp_path, restore_records=100)
    for left in (99, 0):
        trial.steps.restoring(left)
    assert trial.kills == 0


def test_without_the_setting_nobody_listens() -> None:
    assert faults.steps(FaultSettings(), None) is NO_STEPS


def test_a_stamp_says_process_number_and_size_and_comes_after_the_other_headers() -> None:
    stamps = Stamps()
    stamps.on([])
    first, second = stamps.on(
        [Record("t", b"k", b"v", 3, None), Record("t", b"k", b"v", 3, [("content-type", b"x")])]
    )
    assert first.headers is not None
    assert second.headers is not None
    assert second.headers == [("content-type", b"x"), *first.headers]
    (name, value), *others = first.headers
    assert (name, others) == (HEADER, [])
    assert value is not None
    process, number, records = value.decode().split("/")
    assert (number, records) == ("2", "2")
    assert Stamps().on([first])[0].headers != first.headers
    assert process

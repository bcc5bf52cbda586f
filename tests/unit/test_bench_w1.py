"""Workload W1 on our engine's side: right against the plain fold, over rollbacks and restores."""

from collections.abc import Iterator

import msgspec
import pytest
from bench.w1.kafka import outputs, outputs_expected
from bench.w1.systems.engine import W1Partition
from bench.w1.workload import Command, Output, commands, expected

from backorder.engine.records import Collected, Message

OUT, SEED = "out", 7
_decode = msgspec.json.Decoder(Output).decode


@pytest.fixture(scope="module")
def played() -> list[Command]:
    return list(commands(20_000, SEED))


@pytest.fixture(scope="module")
def wanted(played: list[Command]) -> list[Output]:
    return list(expected(command.value for command in played))


def batches(played: list[Command], size: int) -> Iterator[list[Message]]:
    messages = [Message("in", 0, at, 0, command.key, command.value) for at, command in enumerate(played)]
    for first in range(0, len(messages), size):
        yield messages[first : first + size]


def said(out: Collected) -> list[Output]:
    return [_decode(record.value or b"") for record in out.records]


class Changelog:
    """What the engine keeps of a partition, and gives back after a crash."""

    def __init__(self) -> None:
        self.live: dict[bytes, bytes] = {}

    def write(self, state: W1Partition) -> None:
        for key, value in state.changes():
            if value is None:
                del self.live[key]  # nothing is deleted that was not there
            else:
                self.live[key] = value

    def restored(self) -> W1Partition:
        state = W1Partition(OUT)
        state.restore(sorted(self.live.items(), reverse=True))
        state.restored()
        return state


def test_a_shorter_run_is_the_beginning_of_a_longer_one(played: list[Command]) -> None:
    assert list(commands(500, SEED)) == played[:500]
    assert list(commands(500, SEED + 1)) != played[:500]


def test_the_messages_are_those_of_the_design(played: list[Command], wanted: list[Output]) -> None:
    values = [command.value for command in played]
    assert 170 < sum(map(len, values)) / len(values) < 195
    # 0.8 in a long run; in the beginning nothing is on hand, and more lines wait first and are filled later.
    assert 0.75 < len(wanted) / len(values) < 0.95
    assert {output.type for output in wanted} == {"allocated", "waiting", "filled", "cancelled"}


def test_the_engines_handler_says_what_the_plain_fold_says(
    played: list[Command], wanted: list[Output]
) -> None:
    state, out = W1Partition(OUT), Collected()
    for batch in batches(played, 700):
        state.process(batch, out)
        state.commit()
    assert said(out) == wanted
    assert [record.key for record in out.records] == [output.order_id.encode() for output in wanted]


def test_a_batch_that_is_rolled_back_and_comes_again_changes_nothing(
    played: list[Command], wanted: list[Output]
) -> None:
    state, out, log = W1Partition(OUT), Collected(), Changelog()
    for batch in batches(played, 700):
        state.process(batch, Collected())
        state.rollback()
        assert list(state.changes()) == []
        state.process(batch, out)
        log.write(state)
        state.commit()
    assert said(out) == wanted


def test_a_state_restored_after_every_batch_goes_on_as_if_nothing_had_been(
    played: list[Command], wanted: list[Output]
) -> None:
    out, log = Collected(), Changelog()
    for batch in batches(played, 2_000):
        state = log.restored()
        state.process(batch, out)
        log.write(state)
    assert said(out) == wanted


def test_the_check_of_a_run_sees_a_lost_a_doubled_and_a_changed_output(wanted: list[Output]) -> None:
    records = [(output.order_id.encode(), msgspec.json.encode(output)) for output in wanted[:100]]
    right = outputs_expected(wanted[:100])
    assert outputs(reversed(records)) == right
    assert outputs(records[1:]) != right
    assert outputs([*records, records[0]]) != right
    assert outputs([(b"other", records[0][1]), *records[1:]]) != right
    changed = msgspec.structs.replace(wanted[0], quantity=wanted[0].quantity + 1)
    assert outputs([(records[0][0], msgspec.json.encode(changed)), *records[1:]]) != right

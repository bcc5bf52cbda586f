"""The same input gives the same bytes, whatever the order of the keys in its JSON."""

import io
import json
from datetime import UTC, datetime
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backorder.simulate.document import Document
from backorder.simulate.simulation import Simulation
from backorder.trade.sample import sample

END = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def document(lines: list[bytes]) -> bytes:
    out = io.BytesIO()
    simulation = Simulation()
    with Document() as written:
        for line in lines:
            written.add(simulation.take(line))
        written.write(simulation, out)
    return out.getvalue()


def shuffled(value: Any, random: Random) -> Any:
    """The same JSON with the keys of every object in another order."""
    if isinstance(value, dict):
        items = list(value.items())
        random.shuffle(items)
        return {name: shuffled(part, random) for name, part in items}
    if isinstance(value, list):
        return [shuffled(part, random) for part in value]
    return value


stories = st.builds(
    lambda events, seed: list(sample(events, seed, END)), st.integers(50, 250), st.integers(0, 2**32)
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stories)
def test_the_same_input_gives_the_same_bytes(lines: list[bytes]) -> None:
    assert document(lines) == document(lines)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stories, st.integers(0, 2**32))
def test_the_order_of_json_keys_does_not_matter(lines: list[bytes], seed: int) -> None:
    random = Random(seed)
    other = [json.dumps(shuffled(json.loads(line), random)).encode() + b"\n" for line in lines]
    assert document(other) == document(lines)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stories, st.data())
def test_a_repeat_of_any_event_changes_nothing(lines: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(lines) - 1))
    again = [*lines[: place + 1], lines[place], *lines[place + 1 :]]
    once, twice = json.loads(document(lines)), json.loads(document(again))
    assert once["events"] == twice["events"]
    assert (once["stock"], once["lines"]) == (twice["stock"], twice["lines"])

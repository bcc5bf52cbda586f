"""The README's example of the test kit is a program, and it holds on any Kafka."""

from contextlib import nullcontext

import pytest

from tests.support.broker import AnyBroker
from tests.support.readme import compiled, example


def test_it_is_of_ten_lines() -> None:
    assert len(example().splitlines()) == 10


@pytest.mark.broker
def test_it_holds_on_the_kafka_of_this_run(broker: AnyBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backorder.testing.ApacheKafkaContainer", lambda: nullcontext(broker))

    exec(compiled(), {})

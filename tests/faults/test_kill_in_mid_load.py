"""Processes are killed in the middle of their work, and nobody can tell afterwards.

FAULT_SEED=7 make test PYTEST_ARGS=tests/faults runs another choice of victims and moments.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from backorder.trade.sample import sample
from tests.support.broker import AnyBroker
from tests.support.oracle import assert_exactly_once
from tests.support.processor import ALLOCATION, INGEST, Processor
from tests.support.unread import Unread
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.broker, pytest.mark.fault]

SEED = int(os.environ.get("FAULT_SEED", "1"))
KILLS = 10
EVENTS_PER_KILL = 400
POOLS = ("amsterdam", "berlin", "copenhagen", "dublin", "edinburgh", "florence")

# Very small transactions, and so many of them that a quiet machine, too, is not done before the test has seen
# how far it is: a kill meets the middle of one, and never the end of the load.
SMALL_BATCHES = {"BACKORDER_LOOP__BATCH_RECORDS": "2"}


def test_ten_kills_in_mid_load_lose_nothing_and_double_nothing(
    broker: AnyBroker, topic_prefix: str, tmp_path: Path
) -> None:
    random = Random(SEED)
    print(f"FAULT_SEED={SEED}")
    # Allocation half of the times; of the ingest services rather the one that has most to do.
    victims = [*[ALLOCATION] * 5, *random.choices(INGEST, weights=(3, 1, 1), k=KILLS - 5)]
    random.shuffle(victims)
    # On a busy machine a kill may come when its victim is done: then as many again.
    victims += victims
    events = list(sample(len(victims) * EVENTS_PER_KILL, SEED, datetime.now(UTC), pools=POOLS))
    at_work = []

    with (
        Processor(broker.bootstrap, topic_prefix, tmp_path, SMALL_BATCHES) as processor,
        Unread(broker.bootstrap, topic_prefix) as unread,
    ):
        processor.start()
        for number, victim in enumerate(victims):
            processor.publish(events[number * EVENTS_PER_KILL : (number + 1) * EVENTS_PER_KILL])
            _let_it_work(unread, victim, random)
            processor.kill(victim)
            at_work.append(unread.of(victim))
            processor.restart(victim)
            if len(at_work) >= KILLS and sum(at_work) >= KILLS // 2:
                break
        processor.wait_until_quiet()
        processor.stop()

    assert sum(at_work) >= KILLS // 2, f"too few kills met a process at work: {at_work}"
    counts = assert_exactly_once(broker.bootstrap, topic_prefix)
    assert counts.published == len(at_work) * EVENTS_PER_KILL
    assert min(counts) > 0


def _let_it_work(unread: Unread, victim: str, random: Random) -> None:
    """Until it has done a random part of what there is for it to do: some is left then."""
    if victim == ALLOCATION:
        wait_until(lambda: unread.of(victim), "something reaches the journal")
    left = unread.offsets(victim)
    rest = left * random.uniform(0.2, 0.95)

    def done() -> bool:
        nonlocal left
        before, left = left, unread.offsets(victim)
        # Ticks and markers keep coming: of little work, so much is never left as was to be. Whether it is
        # done takes long to see, and is asked only of one that does not get on.
        return left <= rest or (left >= before and not unread.of(victim))

    wait_until(done, f"{victim} does some of its work", 120)

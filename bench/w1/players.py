"""The systems that play W1: how each is started, and what of the workload it plays."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench.w1 import java, peers

SYSTEMS = Path(__file__).parent / "systems"


class Place(NamedTuple):
    """Where a run happens."""

    bootstrap: str
    input_topic: str
    prefix: str
    folder: Path


class Player(NamedTuple):
    """A system. `share` of the messages is played by it, the first `warm` of them are its warm-up."""

    title: str
    group: str
    """The consumer group is the run's prefix and this."""
    command: Callable[[Place], list[str | Path]]
    share: float = 1.0
    warm: float = 0.1
    copies: bool = False
    """It passes its input through instead of doing the job."""


def _ours(module: str) -> Callable[[Place], list[str | Path]]:
    def command(place: Place) -> list[str | Path]:
        return [sys.executable, "-m", f"bench.w1.systems.{module}", *_where(place)]

    return command


def _peer(script: str, *more: str) -> Callable[[Place], list[str | Path]]:
    def command(place: Place) -> list[str | Path]:
        return [peers.python(), SYSTEMS / script, *_where(place), *more]

    return command


def _streams(place: Place) -> list[str | Path]:
    state = place.folder / (place.prefix + "streams")
    return java.streams_command(place.folder / "classes", [*_where(place), str(state)])


def _where(place: Place) -> list[str]:
    return [place.bootstrap, place.input_topic, place.prefix]


# The compiler of a JVM needs a million messages to be warm; Faust would take a quarter of an hour for all.
PLAYERS = {
    "engine": Player("our engine, exactly once", "engine", _ours("engine")),
    "passthrough": Player(
        "librdkafka, transactional pass-through", "passthrough", _ours("passthrough"), copies=True
    ),
    "streams": Player("Kafka Streams, exactly once v2, 1 thread", "streams", _streams, warm=2 / 3),
    "quix": Player("Quix Streams, exactly once", "quix", _peer("quix.py"), share=1 / 10),
    "faust": Player("Faust, exactly once", "faust", _peer("faust_app.py", "exactly_once"), share=1 / 50),
    "faust-alo": Player(
        "Faust, at least once", "faust", _peer("faust_app.py", "at_least_once"), share=1 / 50
    ),
}

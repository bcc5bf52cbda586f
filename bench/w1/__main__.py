"""W1 on our engine and on its peers: same broker, same messages, same run, by turns.

    python -m bench.w1 [--systems engine,passthrough,streams,quix,faust,faust-alo] [--messages 3000000]

Printed for each system: thousand events a second and the client's processor time for an event, past the
warm-up, as medians over the rounds. What each system wrote is compared, record by record, with a plain fold
of the same messages; one record too few, too many or different and the run fails.
"""

import argparse
import gc
import sys
import tempfile
import time
from collections import defaultdict
from itertools import islice
from pathlib import Path

from bench import kept
from bench.w1 import measure, results
from bench.w1.kafka import Kafka, Outputs, copies, outputs, outputs_expected
from bench.w1.measure import Measured
from bench.w1.players import PLAYERS, Place, Player
from bench.w1.workload import Command, commands, expected

from backorder.local.broker import Broker


class Bench:
    """A broker with the messages on it."""

    def __init__(self, kafka: Kafka, folder: Path, messages: int, seed: int, patience: float) -> None:
        self._kafka = kafka
        self._folder = folder
        self._patience = patience
        self._count = messages
        began = time.monotonic()
        self._commands = list(commands(messages, seed))
        self._expected: dict[tuple[float, bool], Outputs] = {}
        self._inputs: set[float] = set()
        # Two million tuples that stay need not be looked at again and again.
        gc.freeze()
        print(f"{messages:,} messages of seed {seed} made in {time.monotonic() - began:.0f} s", flush=True)

    def prepare(self, player: Player) -> None:
        """Writes the player's input and folds it, unless another one has the same."""
        played = self._played(player)
        if player.share not in self._inputs:
            self._inputs.add(player.share)
            self._kafka.fill(self._input(player), played)
        same = (player.share, player.copies)
        if same not in self._expected:
            self._expected[same] = (
                copies(played)
                if player.copies
                else outputs_expected(expected(command.value for command in played))
            )

    def _played(self, player: Player) -> list[Command]:
        return list(islice(self._commands, int(self._count * player.share)))

    def _input(self, player: Player) -> str:
        return f"in-{int(self._count * player.share)}"

    def play(self, name: str, number: int) -> Measured:
        """One run, measured and checked."""
        player, prefix = PLAYERS[name], f"{name}-{number}-"
        topic, events = self._input(player), int(self._count * player.share)
        place = Place(self._kafka.bootstrap, topic, prefix, self._folder)
        group = prefix + player.group
        with self._kafka.run_topics(prefix), self._kafka.progress(group, topic) as progress:
            measured = measure.run(
                player.command(place),
                {},
                self._folder / f"{prefix}log",
                progress,
                events,
                int(events * player.warm),
                self._patience,
            )
            self._check(name, prefix + "out")
        return measured

    def _check(self, name: str, topic: str) -> None:
        player = PLAYERS[name]
        wanted = self._expected[player.share, player.copies]
        read = self._kafka.values(topic)
        found = copies(read) if player.copies else outputs(read)
        lost, added = (wanted - found).total(), (found - wanted).total()
        if lost or added:
            raise measure.Failed(f"{found.total():,} outputs, {added} that should not be; {lost} are missing")


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--systems", default=",".join(PLAYERS), help="which, comma-separated (default: all)")
    asked.add_argument("--messages", type=int, default=3_000_000, help="how many are prepared")
    asked.add_argument("--rounds", type=int, default=3, help="how often each system plays")
    asked.add_argument("--minutes", type=float, default=60, help="no run is begun later than this")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--patience", type=float, default=600, help="most seconds for one run")
    asked.add_argument("--keep", action="store_true", help="write the figures to bench/results/")
    options = asked.parse_args()
    systems = options.systems.split(",")
    if unknown := set(systems) - PLAYERS.keys():
        asked.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PLAYERS)}")

    deadline = time.monotonic() + options.minutes * 60
    runs: dict[str, list[Measured]] = defaultdict(list)
    failed = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        Broker(Path(folder) / "kafka", heap="1g", start_timeout=300) as broker,
    ):
        kafka = Kafka(broker.bootstrap)
        bench = Bench(kafka, Path(folder), options.messages, options.seed, options.patience)
        for name in systems:
            bench.prepare(PLAYERS[name])
        for number in range(options.rounds):
            for name in systems:
                if time.monotonic() > deadline:
                    print(f"{name} {number + 1}: not begun, the time is up", flush=True)
                    continue
                try:
                    measured = bench.play(name, number)
                except measure.Failed as problem:
                    failed += 1
                    print(f"{name} {number + 1}: FAILED, {problem}", flush=True)
                    continue
                runs[name].append(measured)
                figures = f"{measured.rate:.1f} k/s, {measured.cpu_micros:.2f} µs CPU"
                print(f"{name} {number + 1}: {figures}, output right", flush=True)
    print()
    print(results.table(runs))
    if options.keep:
        how = {"messages": options.messages, "seed": options.seed, "failed": failed}
        print(kept.keep("w1", **how, **results.figures(runs)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

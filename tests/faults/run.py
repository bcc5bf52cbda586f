"""Everything that breaks things on purpose, the long way, with a seed and a report: `make faults`.

    python -m tests.faults.run                               a new seed, which is printed
    FAULT_SEED=7 python -m tests.faults.run                  the same again
    python -m tests.faults.run --only tests --rounds 3       one part, three times, with other seeds

Three parts: the fault tests, the deliberately broken engines, and the comparison with Faust. What happened is
kept below `.run/faults/`: a page to read, and the files that it was made from.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import NamedTuple

from tests.faults.report import page

ROOT = Path(__file__).parents[2]
PARTS = ("tests", "mutants", "comparison")
SEEDS_OF_A_ROUND = 5
"""The fault tests use so many seeds from the one that they are given."""


class Part(NamedTuple):
    """One part of the run: its command, and how it ended."""

    name: str
    command: list[str]
    status: int
    seconds: float


def main() -> int:
    arguments = _arguments()
    seed = int(os.environ.get("FAULT_SEED") or SystemRandom().randrange(1, 1_000_000))
    print(f"FAULT_SEED={seed}", flush=True)
    folder = ROOT / ".run" / "faults" / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-seed-{seed}"
    folder.mkdir(parents=True)
    done = []
    for number in range(arguments.rounds):
        round_folder, round_seed = folder / f"round-{number + 1}", seed + number * SEEDS_OF_A_ROUND
        round_folder.mkdir()
        for part in arguments.only:
            done.append(_run(part, COMMANDS[part](round_folder, round_seed), round_folder, round_seed))
            written = page(folder, seed, [each._asdict() for each in done])
            (folder / "report.md").write_text(written, encoding="utf-8")
    print((folder / "report.md").read_text(encoding="utf-8"))
    print(f"kept in {folder.relative_to(ROOT)}")
    return max(part.status for part in done)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.run")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="these parts")
    parser.add_argument("--rounds", type=int, default=1, help="how often; each round has other seeds")
    return parser.parse_args()


def _run(name: str, command: Sequence[str], folder: Path, seed: int) -> Part:
    environment = {**os.environ, "FAULT_SEED": str(seed), "FAULT_REPORT": str(folder / "happened.jsonl")}
    print(f"{name}, seed {seed}: {' '.join(command)}", flush=True)
    started = time.monotonic()
    status = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=environment).returncode
    return Part(name, list(command), status, time.monotonic() - started)


def _tests(folder: Path, seed: int) -> list[str]:
    # An empty -m: the long ones too.
    return ["pytest", "tests/faults", "-m", "", f"--junitxml={folder / 'tests.xml'}"]


def _mutants(folder: Path, seed: int) -> list[str]:
    return ["tests.mutants", "--report", str(folder / "mutants.json")]


def _comparison(folder: Path, seed: int) -> list[str]:
    report = str(folder / "comparison.json")
    return ["tests.faults.comparison", "--seed", str(seed), "--report", report]


COMMANDS = {"tests": _tests, "mutants": _mutants, "comparison": _comparison}


if __name__ == "__main__":
    sys.exit(main())

"""Faust's exactly-once and ours under the same kills, judged by the same judge.

    python -m tests.faults.comparison --seed 1 --kills 10
    python -m tests.faults.comparison --seed 1 --kills 10 --how stop      a control: SIGTERM instead
    python -m tests.faults.comparison --seed 1 --kills 10 --how spare     a control: nothing instead

Documents what a peer does; it is no test, and asserts nothing of the peer. It fails when our engine is not
exactly once. The report is a JSON file, one object a system.
"""

import argparse
import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from backorder.local.broker import Broker
from backorder.local.jars import kafka_version, locked_jars
from tests.faults.comparison.systems import SYSTEMS, versions
from tests.faults.comparison.trial import Trial, run
from tests.support.broker import unique


def main() -> int:
    arguments = _arguments()
    print(f"FAULT_SEED={arguments.seed}")
    results = []
    with tempfile.TemporaryDirectory() as name, Broker(Path(name) / "kafka", quick_start=True) as broker:
        for system in arguments.systems:
            folder = (arguments.logs or Path(name)) / system
            made = SYSTEMS[system](broker.bootstrap, unique(system) + "-", folder)
            trial = run(
                made,
                broker.bootstrap,
                folder,
                arguments.seed,
                arguments.kills,
                arguments.rate,
                arguments.how,
            )
            print(_line(trial), flush=True)
            results.append(_result(trial, arguments))
    if arguments.report:
        arguments.report.parent.mkdir(parents=True, exist_ok=True)
        arguments.report.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    ours = [result for result in results if result["system"] == "engine"]
    return 0 if all(result["exactly_once"] for result in ours) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.comparison", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--how", choices=("kill", "stop", "spare"), default="kill")
    parser.add_argument("--logs", type=Path, help="keep the workers' logs here")
    parser.add_argument("--rate", type=float, default=400.0, help="events a second")
    parser.add_argument(
        "--systems", nargs="+", choices=SYSTEMS, default=["engine", "faust", "faust-sink-consumed"]
    )
    parser.add_argument("--report", type=Path, help="write the figures to this file")
    return parser.parse_args()


def _line(trial: Trial) -> str:
    found = trial.verdict
    assert found is not None
    return (
        f"{trial.system}: {trial.how} x {trial.ends}, {trial.ended_by_itself} ends by itself, "
        f"{trial.stuck} x stuck, {found.events} events, "
        f"{found.outputs} outputs: {found.lost} lost, {found.doubled} doubled, {found.wrong} wrong; "
        f"{found.keys_differ} of {found.keys} SKUs differ, {found.units_differ} units; {trial.seconds:.0f} s"
    )


def _result(trial: Trial, arguments: argparse.Namespace) -> dict[str, object]:
    found = trial.verdict
    assert found is not None
    return {
        "system": trial.system,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": arguments.seed,
        "rate": arguments.rate,
        "kafka": kafka_version(locked_jars()),
        "versions": versions(trial.system),
        "how": trial.how,
        "kills": trial.ends if trial.how == "kill" else 0,
        "stops": trial.ends if trial.how == "stop" else 0,
        "ended_by_itself": trial.ended_by_itself,
        "stuck": trial.stuck,
        "seconds": round(trial.seconds, 1),
        "exactly_once": found.exactly_once,
        **found._asdict(),
        "moments": [round(moment, 2) for moment in trial.moments],
    }


if __name__ == "__main__":
    sys.exit(main())

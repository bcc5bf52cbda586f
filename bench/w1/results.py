"""The figures of a run, and the table of them."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from bench.w1.measure import Measured
from bench.w1.players import PLAYERS

Runs = Mapping[str, Sequence[Measured]]


def table(runs: Runs) -> str:
    """Markdown: medians, the range in brackets, and ratios of medians of the same run."""
    rate = {name: statistics.median(run.rate for run in found) for name, found in runs.items()}
    cpu = {name: statistics.median(run.cpu_micros for run in found) for name, found in runs.items()}
    lines = [
        "| system | k events/s | CPU µs/event, median | lowest | engine's rate to it | its CPU to ours |",
        "|---|---|---|---|---|---|",
    ]
    for name, found in runs.items():
        rates = sorted(run.rate for run in found)
        lowest = min(run.cpu_micros for run in found)
        ratios = (
            f"{rate['engine'] / rate[name]:.2f} | {cpu[name] / cpu['engine']:.2f}"
            if "engine" in runs
            else "| "
        )
        spread = f"{rate[name]:.1f} ({rates[0]:.1f}-{rates[-1]:.1f})"
        lines.append(f"| {PLAYERS[name].title} | {spread} | {cpu[name]:.2f} | {lowest:.2f} | {ratios} |")
    return "\n".join(lines)


def figures(runs: Runs) -> dict[str, Any]:
    """Every run, and the table, as they are kept."""
    return {
        "runs": {
            name: [
                {
                    "events": run.events,
                    "seconds": round(run.seconds, 3),
                    "client_cpu_seconds": round(run.cpu_seconds, 2),
                    "k_events_per_second": round(run.rate, 1),
                    "client_cpu_us_per_event": round(run.cpu_micros, 2),
                }
                for run in found
            ]
            for name, found in runs.items()
        },
        "table": table(runs).splitlines(),
    }

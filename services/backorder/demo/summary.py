"""What the demo says at its end."""

from collections import Counter

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from backorder.demo.figures import Figures


def print_summary(figures: Figures, seconds: float, console: Console) -> None:
    """Counts and latency; `seconds` is how long the playing took."""
    events_in, records_out = figures.totals()
    table = Table("summary", "number", box=SIMPLE_HEAD)
    table.columns[1].justify = "right"
    table.add_row("events in", f"{events_in:,}")
    _rows(table, figures.published, "on ")
    table.add_row("seconds", f"{seconds:.1f}")
    table.add_row("events in a second", f"{events_in / max(seconds, 1e-9):,.0f}")
    table.add_row("records out", f"{records_out:,}")
    _rows(table, figures.answers, "on ")
    _rows(table, figures.types, "")
    _rows(table, figures.rejections, "exception ")
    _rows(table, figures.dead_letters, "dead letter ")
    _rows(table, Counter(figures.lines_by_state()), "lines ")
    table.add_row("answers timed", f"{len(figures.latencies):,}")
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        latency = figures.latency(share)
        table.add_row(f"latency {name}, ms", "-" if latency is None else f"{latency * 1000:,.0f}")
    console.print(table)
    console.print(
        "Latency: from the publishing of an event until a reader of committed records had its first "
        "backorder or release.",
        highlight=False,
    )
    console.print(
        "Exceptions are answers, not faults: the sample has nonsense and repeats in it, and a pick is "
        "refused when its release was withdrawn meanwhile.",
        highlight=False,
    )


def print_comparison(ours: set[int], theirs: set[int], console: Console) -> None:
    """How many order lines we call backordered, how many the data do, and how many both do."""
    console.print(
        f"Wide World Importers: backordered lines here {len(ours):,}, in the data {len(theirs):,}, "
        f"in both {len(ours & theirs):,}",
        highlight=False,
    )


def _rows(table: Table, counts: Counter[str], before: str) -> None:
    for name, count in sorted(counts.items()):
        table.add_row(f"  {before}{name}", f"{count:,}")

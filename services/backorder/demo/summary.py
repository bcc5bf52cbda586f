"""What the demo says at its end."""

from collections import Counter

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from backorder.demo.figures import Figures
from backorder.reconcile import Report


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


def print_comparison(ours: set[int], theirs: set[int], console: Console) -> None:
    """How many order lines we call backordered, how many the data do, and how many both do."""
    console.print(
        f"Wide World Importers: backordered lines here {len(ours):,}, in the data {len(theirs):,}, "
        f"in both {len(ours & theirs):,}",
        highlight=False,
    )


def print_report(report: Report, console: Console) -> None:
    """What was reconciled, in numbers, and what differs."""
    table = Table("reconciliation", "compared", "differ", "", box=SIMPLE_HEAD)
    for column in table.columns[1:3]:
        column.justify = "right"
    for check in report.checks:
        table.add_row(check.name, f"{check.count:,}", f"{check.differing:,}", check.claim)
    console.print(table)
    for difference in report.differences:
        console.print(str(difference), style="red", highlight=False, soft_wrap=True)
    for sentence in report.not_proved:
        console.print(f"not proved: {sentence}", highlight=False, soft_wrap=True)
    verdict = "holds" if report.ok else "FAILS: something differs, or there was nothing to compare"
    console.print(f"reconciliation {verdict}", style="green" if report.ok else "bold red", highlight=False)


def _rows(table: Table, counts: Counter[str], before: str) -> None:
    for name, count in sorted(counts.items()):
        table.add_row(f"  {before}{name}", f"{count:,}")

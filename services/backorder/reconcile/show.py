"""A report as people read it."""

from rich.console import Console
from rich.table import Table

from backorder.reconcile.report import Check, Report


def print_report(report: Report, console: Console) -> None:
    """The checks with their counts, what differs, and what could not be proved."""
    table = Table("check", "claim", "compared", "", "differs", "result", box=None)
    for check in report.checks:
        style = None if check.ok else "red"
        parts = ", ".join(f"{count:,} {name}" for name, count in check.counts.items())
        table.add_row(
            check.name,
            check.claim,
            f"{check.count:,}",
            parts,
            f"{check.differing:,}",
            _result(check),
            style=style,
        )
    console.print(table)
    for difference in report.differences:
        console.print(str(difference), style="red", highlight=False, markup=False)
    for sentence in report.not_proved:
        console.print(f"not proved: {sentence}", style="yellow", highlight=False, markup=False)
    console.print(
        "reconciled" if report.ok else "NOT RECONCILED", style="bold green" if report.ok else "bold red"
    )


def _result(check: Check) -> str:
    if check.ok:
        return "holds"
    return "fails" if check.differing else "nothing was checked"

"""A report as people read it."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from backorder.reconcile.report import Check, Report


def print_report(report: Report, console: Console, what: str = "reconciliation") -> None:
    """The checks with their counts, what differs, and what could not be proved; `what` was done."""
    table = Table(what, "compared", "differ", "", box=SIMPLE_HEAD)
    for column in table.columns[1:3]:
        column.justify = "right"
    for check in report.checks:
        style = None if check.ok else "red"
        table.add_row(check.name, f"{check.count:,}", f"{check.differing:,}", _claim(check), style=style)
    console.print(table)
    for difference in report.differences:
        console.print(str(difference), style="red", highlight=False, markup=False, soft_wrap=True)
    for sentence in report.not_proved:
        console.print(
            f"not proved: {sentence}", style="yellow", highlight=False, markup=False, soft_wrap=True
        )
    verdict = "holds" if report.ok else "FAILS"
    console.print(f"{what} {verdict}", style="green" if report.ok else "bold red", highlight=False)


def _claim(check: Check) -> str:
    return check.claim if check.count else f"{check.claim} - nothing was there to compare"

"""`backorder audit`: the live tables against the journal, while the processor runs."""

import json
from typing import Annotated

import typer

from backorder.cli._asked import BootstrapOption, Output, problem
from backorder.cli._console import console
from backorder.reconcile import CannotReconcile
from backorder.reconcile.audit import audit as audit_all
from backorder.reconcile.show import print_report
from backorder.settings import load

EXIT_PROBLEM = 1


def audit(
    bootstrap: BootstrapOption = None,
    output: Annotated[Output, typer.Option("-o", "--output", help="How to print the report.")] = Output.TABLE,
) -> None:
    """Fold the journal of a running processor again, and compare with its live tables and its state.

    The services go on; what they write meanwhile is told from what is wrong. Reads only. Of a partition whose
    first records retention has deleted it says so, and checks its state by the invariants, and the tables
    against it. Exit code 1: something differs, or there was nothing to compare.
    """
    settings = load()
    try:
        report = audit_all(
            bootstrap or settings.kafka.bootstrap_servers,
            settings.topic_prefix,
            settings.kafka.librdkafka,
            lambda text: typer.echo(text, err=True),
        )
    except CannotReconcile as missing:
        problem(str(missing))
    if output is Output.JSON:
        typer.echo(json.dumps(report.to_builtins(), indent=2))
    else:
        print_report(report, console(), "audit")
    if not report.ok:
        raise typer.Exit(EXIT_PROBLEM)

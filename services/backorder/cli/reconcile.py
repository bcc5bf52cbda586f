"""`backorder reconcile`: everything read again from Kafka, folded again, and compared."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from backorder.cli._console import console
from backorder.reconcile import CannotReconcile, Remembering, Report
from backorder.reconcile import reconcile as reconcile_all
from backorder.reconcile.show import print_report
from backorder.settings import Settings, load

EXIT_PROBLEM = 1
_HOUR_MS = 3_600_000


class Output(StrEnum):
    TABLE = "table"
    JSON = "json"


def reconcile(
    bootstrap: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Which Kafka. Default: BACKORDER_KAFKA__BOOTSTRAP_SERVERS."),
    ] = None,
    output: Annotated[Output, typer.Option("-o", "--output", help="How to print the report.")] = Output.TABLE,
) -> None:
    """Read all topics again, fold them again, and compare: did the services write what they had to write.

    To be run while the services are stopped, or have nothing to do. Reads only; what it cannot prove, because
    retention has deleted it, it says. Exit code 1: something differs, or a check found nothing to compare.
    """
    settings = load()
    try:
        report = _reconcile(settings, bootstrap or settings.kafka.bootstrap_servers)
    except CannotReconcile as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(EXIT_PROBLEM) from None
    if output is Output.JSON:
        typer.echo(json.dumps(report.to_builtins(), indent=2))
    else:
        print_report(report, console())
    if not report.ok:
        raise typer.Exit(EXIT_PROBLEM)


def _reconcile(settings: Settings, bootstrap: str) -> Report:
    return reconcile_all(
        bootstrap,
        settings.topic_prefix,
        settings.kafka.librdkafka,
        lambda text: typer.echo(text, err=True),
        limits=settings.record_limits(),
        remembering=Remembering(int(settings.window.hours * _HOUR_MS), settings.window.ids),
    )

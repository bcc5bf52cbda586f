"""`backorder topics plan|apply`: the cluster's topics, from the catalogue."""

import json
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table

from backorder.cli._console import console
from backorder.contract.catalogue import load_catalogue
from backorder.engine.kafka import admin as admin_client
from backorder.settings import load
from backorder.topics import IMPOSSIBLE, NOTHING, NotApplied, Step, apply, plan

EXIT_PROBLEM = 1

app = typer.Typer(
    help="Compare the cluster's topics with the catalogue, and create them.", no_args_is_help=True
)


class Output(StrEnum):
    TABLE = "table"
    JSON = "json"


OutputOption = Annotated[Output, typer.Option("-o", "--output", help="How to print the steps.")]
Replication = Annotated[
    int | None,
    typer.Option(min=1, help="Copies of each partition. Default: three, or as many as there are brokers."),
]


@app.command("plan")
def plan_topics(output: OutputOption = Output.TABLE, replication: Replication = None) -> None:
    """Print what `apply` would do, and change nothing. Exit code 1: something cannot be done."""
    settings = load()
    catalogue = load_catalogue(prefix=settings.topic_prefix)
    steps = plan(admin_client(settings.kafka, "backorder-topics"), catalogue, replication)
    _print(steps, output)
    _exit(steps)


@app.command("apply")
def apply_topics(output: OutputOption = Output.TABLE, replication: Replication = None) -> None:
    """Create what is missing and set what differs; nothing is deleted. Exit code 1: not all was possible."""
    settings = load()
    catalogue = load_catalogue(prefix=settings.topic_prefix)
    admin = admin_client(settings.kafka, "backorder-topics")
    steps = plan(admin, catalogue, replication)
    try:
        apply(admin, catalogue, steps, replication)
    except NotApplied as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(EXIT_PROBLEM) from problem
    _print(steps, output)
    _exit(steps)


def _exit(steps: list[Step]) -> None:
    if any(step.action == IMPOSSIBLE for step in steps):
        raise typer.Exit(EXIT_PROBLEM)


def _print(steps: list[Step], output: Output) -> None:
    if output is Output.JSON:
        typer.echo(json.dumps([step._asdict() for step in steps], indent=2))
        return
    table = Table("topic", "action", "detail", box=None)
    for step in steps:
        style = {NOTHING: "dim", IMPOSSIBLE: "red"}.get(step.action)
        table.add_row(step.topic, step.action, step.detail, style=style)
    console().print(table)

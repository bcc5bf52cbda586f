"""`backorder dlq`: records that could not be read, and sending them in again."""

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.table import Table

from backorder.cli._console import console
from backorder.cli._dead_letters import Choice, Letter, NotReplayed, read, replay
from backorder.contract.catalogue import load_catalogue
from backorder.settings import Settings, load

EXIT_PROBLEM = 1

app = typer.Typer(help="List, show and replay dead letters.", no_args_is_help=True)


class Output(StrEnum):
    TABLE = "table"
    JSON = "json"


OutputOption = Annotated[Output, typer.Option("-o", "--output", help="How to print.")]
Reason = Annotated[str | None, typer.Option(help="Only with this reason, such as invalid_field.")]
Topic = Annotated[str | None, typer.Option(help="Only from this topic (its full name).")]
Position = Annotated[
    str | None, typer.Option("--at", metavar="PARTITION:OFFSET", help="Only the one at this position.")
]


@app.command("list")
def list_letters(
    reason: Reason = None, topic: Topic = None, at: Position = None, output: OutputOption = Output.TABLE
) -> None:
    """List dead letters: where they stand, where they came from, and why they are there."""
    letters = _chosen(load(), Choice(reason, topic, at))
    if output is Output.JSON:
        typer.echo(json.dumps([{"position": letter.position, **letter.about} for letter in letters]))
        return
    table = Table("position", "from", "reason", "detail", "failed at", box=None)
    for letter in letters:
        about = letter.about
        table.add_row(
            letter.position, letter.origin, about["reason"], about["detail"], about["first_failed_at"]
        )
    console().print(table)


@app.command()
def show(
    position: Annotated[str, typer.Argument(metavar="PARTITION:OFFSET", help="As `list` prints it.")],
    output: OutputOption = Output.TABLE,
) -> None:
    """Print one dead letter whole; bytes that are no text come as base64. Exit code 1: it is not there."""
    letters = _chosen(load(), Choice(position=position))
    if not letters:
        _problem(f"there is no dead letter at {position}")
    shown = letters[0].shown()
    if output is Output.JSON:
        typer.echo(json.dumps(shown))
        return
    for name, value in shown.items():
        typer.echo(f"{name}: {_plain(value)}")


@app.command("replay")
def replay_letters(
    reason: Reason = None,
    topic: Topic = None,
    at: Position = None,
    everything: Annotated[bool, typer.Option("--all", help="All there are.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Publish dead letters again, as they came: same topic, partition, key, value and headers.

    For when the reader has been mended, not the record: what is wrong in a record stays wrong. They come
    after what has been published since. Replaying twice is harmless within the window of event ids: what
    was accepted once is dropped. The dead letters stay where they are until their retention ends.
    Exit code 1: nothing was chosen, or something could not be replayed.
    """
    choice = Choice(reason, topic, at)
    if choice == Choice() and not everything:
        raise typer.BadParameter("say which: --reason, --topic, --at, or --all")
    settings = load()
    letters = _chosen(settings, choice)
    cut = [letter for letter in letters if not letter.original.whole]
    whole = [letter for letter in letters if letter.original.whole]
    if cut:
        typer.echo(f"{len(cut)} were too big to be kept whole and cannot be replayed", err=True)
    if not whole:
        _problem("nothing to replay")
    if not yes:
        typer.confirm(f"publish {len(whole)} records again?", abort=True, err=True)
    _attempt(lambda: replay(settings.kafka, whole))
    if output is Output.JSON:
        typer.echo(json.dumps({"replayed": len(whole), "cut": len(cut)}))
    else:
        typer.echo(f"{len(whole)} records published again")
    if cut:
        raise typer.Exit(EXIT_PROBLEM)


def _chosen(settings: Settings, choice: Choice) -> list[Letter]:
    catalogue = load_catalogue(prefix=settings.topic_prefix)
    letters = read(settings.kafka, catalogue.full_name("dead-letters"))
    inputs = {catalogue.full_name(topic.name) for topic in catalogue.of_kind("input")}
    return sorted(
        letter for letter in letters if choice.takes(letter) and letter.about["original_topic"] in inputs
    )


def _attempt(call: Callable[[], None]) -> None:
    try:
        call()
    except NotReplayed as problem:
        _problem(str(problem))


def _problem(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(EXIT_PROBLEM)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)

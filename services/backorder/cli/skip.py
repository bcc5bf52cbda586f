"""`backorder skip`: lets allocation go on behind a record of the journal that it cannot process."""

import getpass
import json
from enum import StrEnum
from typing import Annotated, NoReturn

import typer

from backorder.cli._skip import Answer, JournalPartition, NotTaken, Outcome
from backorder.settings import load

EXIT_PROBLEM = 1


class Output(StrEnum):
    TEXT = "text"
    JSON = "json"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a name for its user
        return "unknown"


def skip(
    partition: Annotated[int, typer.Option(min=0, help="The partition of the journal that is stopped.")],
    offset: Annotated[int, typer.Option(min=0, help="The offset of the record at which it is stopped.")],
    reason: Annotated[str, typer.Option(help="Why; it stands in the journal.")] = "",
    by: Annotated[
        str | None, typer.Option(help="Who decides; it stands in the journal. Default: the user's name.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    wait: Annotated[float, typer.Option(min=0, help="So many seconds for what comes of it.")] = 30.0,
    output: Annotated[Output, typer.Option("-o", "--output", help="How to print.")] = Output.TEXT,
) -> None:
    """Ask allocation to pass over the journal record at which a partition has stopped.

    Only that record, and only if allocation cannot process it: the request is itself a record of the journal,
    and so is what allocation says when it has passed over it. The event in it has no effect then, now and in
    every replay; a continuation of a big step is put off, not dropped. Exit code 1: allocation does not stand
    at this record, it has processed it after all, or it has not answered yet.
    """
    with JournalPartition(load(), partition) as journal:
        _require_standing_at(journal, offset)
        if not yes:
            typer.confirm("pass over this record, for good?", abort=True, err=True)
        try:
            request = journal.ask(offset, reason, by or _user())
        except NotTaken as problem:
            _problem(f"the request was not written: {problem}")
        typer.echo(f"asked for at offset {request}; waiting for allocation", err=True)
        answer = journal.answer(offset, wait)
    if output is Output.JSON:
        typer.echo(
            json.dumps({"partition": partition, "offset": offset, "request": request, **answer._asdict()})
        )
    else:
        typer.echo(_said(answer))
    if answer.outcome is not Outcome.SKIPPED:
        raise typer.Exit(EXIT_PROBLEM)


def _require_standing_at(journal: JournalPartition, offset: int) -> None:
    """Ends the program unless the record is the next one that allocation has to process."""
    if not journal.exists():
        _problem(f"there is no {journal.name}")
    standing = journal.standing()
    if offset < standing:
        _problem(f"nothing to skip: allocation has processed {journal.name} up to {standing}")
    found = journal.next_record(standing)
    if found is None:
        _problem(f"nothing to skip: allocation has processed all of {journal.name}")
    if found.offset != offset:
        _problem(
            f"allocation stands at {journal.name} @ {found.offset}; only the record at which it stands can "
            f"be skipped. It is {found.described()}"
        )
    typer.echo(f"{journal.name} @ {offset}: {found.described()}", err=True)


def _said(answer: Answer) -> str:
    if answer.outcome is Outcome.SKIPPED:
        return f"passed over; it had failed with {answer.error}"
    if answer.outcome is Outcome.PROCESSED:
        return "allocation has processed the record after all: the request has no effect"
    return (
        "allocation has not answered: does it run, and is the partition stopped? The request stays in the "
        "journal and holds if the record fails; otherwise it has no effect"
    )


def _problem(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(EXIT_PROBLEM)

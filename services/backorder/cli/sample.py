"""`backorder sample`: trade of our own making."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from backorder.cli._moments import moment
from backorder.cli._output import writing
from backorder.trade.sample import sample as make_sample

EXIT_USAGE = 2


def sample(
    events: Annotated[int, typer.Option(min=1, help="How many events.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same trade.")] = 1,
    end: Annotated[
        str | None, typer.Option(metavar="TIME", help="When the last event happens; default now.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="Over how many days it happens.")] = 365,
    pools: Annotated[str, typer.Option(help="Stock pools, separated by commas.")] = "default",
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="[FILE|-]", help="Where to write; - is standard output.")
    ] = Path("-"),
) -> None:
    """Write a sample of trade as JSON Lines, each a CloudEvent.

    With the same seed and end the bytes are the same.
    """
    last = datetime.now(UTC) if end is None else moment("--end", end)
    try:
        lines = make_sample(events, seed, last, timedelta(days=days), pools.split(","))
    except ValueError as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(EXIT_USAGE) from problem
    with writing(output) as out:
        out.writelines(lines)

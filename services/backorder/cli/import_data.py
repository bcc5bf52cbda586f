"""`backorder import`: real data as events."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from backorder.cli._moments import moment
from backorder.cli._output import writing
from backorder.importers.csv_folder import DataError
from backorder.importers.history import History, told
from backorder.importers.online_retail import OnlineRetail
from backorder.importers.wide_world_importers import WideWorldImporters
from backorder.trade.event import json_line

EXIT_USAGE = 2

app = typer.Typer(help="Write real data as JSON Lines, each a CloudEvent.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="The folder with the data set's .csv.gz files.")]
Output = Annotated[
    Path, typer.Option("-o", "--output", metavar="[FILE|-]", help="Where to write; - is standard output.")
]
Limit = Annotated[int | None, typer.Option(min=1, help="Only so many events, the first ones.")]
EndNow = Annotated[
    bool, typer.Option("--end-now", help="Move all times by one constant, so that the last is now.")
]
End = Annotated[
    str | None, typer.Option(metavar="TIME", help="Move all times by one constant, so that the last is this.")
]
Pool = Annotated[str, typer.Option(help="The stock pool of all events.")]
STDOUT = Path("-")


@app.command("wide-world-importers")
def wide_world_importers(
    folder: Folder,
    output: Output = STDOUT,
    limit: Limit = None,
    end_now: EndNow = False,
    end: End = None,
    pool: Pool = "default",
) -> None:
    """Wide World Importers: a wholesaler's orders, picks, shipments and purchases, 2013 to 2016."""
    _write(lambda: WideWorldImporters(folder, pool), output, limit, _end(end_now, end))


@app.command("online-retail")
def online_retail(
    folder: Folder,
    output: Output = STDOUT,
    limit: Limit = None,
    end_now: EndNow = False,
    end: End = None,
    pool: Pool = "default",
    seed: Annotated[int, typer.Option(help="For what the data do not say: stock, purchases, shipments.")] = 0,
) -> None:
    """UCI Online Retail: a year of invoices, 2010 to 2011, with seeded stock, purchases and shipments."""
    _write(lambda: OnlineRetail(folder, pool, seed), output, limit, _end(end_now, end))


def _end(end_now: bool, end: str | None) -> datetime | None:
    if end_now and end is not None:
        raise typer.BadParameter("--end-now and --end: give one of them")
    if end is not None:
        return moment("--end", end)
    return datetime.now(UTC) if end_now else None


def _write(
    open_history: Callable[[], History], output: Path, limit: int | None, end: datetime | None
) -> None:
    try:
        with writing(output) as out:
            out.writelines(json_line(event) for event in told(open_history(), limit, end))
    except DataError as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(EXIT_USAGE) from problem

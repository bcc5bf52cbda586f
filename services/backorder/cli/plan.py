"""`backorder plan`: what a receipt, or a request to release, would do."""

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from backorder.cli._asked import (
    BootstrapOption,
    Output,
    OutputOption,
    PoolOption,
    SimulateOption,
    ask,
    order_line,
    problem,
    say,
    say_json,
)
from backorder.cli._console import console
from backorder.domain.events import ReleaseRequested
from backorder.explain import Plan, Unknown
from backorder.explain import plan as plan_event
from backorder.explain.plan import receipt_of


def plan(
    sku: Annotated[str, typer.Option(help="Of which item.")],
    receive: Annotated[int | None, typer.Option(min=1, help="So many units would be received.")] = None,
    release: Annotated[
        bool, typer.Option("--release", help="Somebody would ask to release what manual release keeps.")
    ] = False,
    location: Annotated[
        str | None,
        typer.Option(help="Where. Default: the item's first location, or to release: anywhere."),
    ] = None,
    quantity: Annotated[int | None, typer.Option(min=1, help="With --release: at most so many.")] = None,
    line: Annotated[
        str | None, typer.Option(metavar="ORDER/LINE", help="With --release: this line, out of turn.")
    ] = None,
    purchase: Annotated[
        str | None, typer.Option(metavar="ID", help="With --receive: on this purchase order.")
    ] = None,
    pool: PoolOption = "default",
    simulate: SimulateOption = None,
    bootstrap: BootstrapOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show what a receipt, or a request to release, would do, without doing it.

    Reads the committed state of a running processor (or simulates a file of events) and lets it happen on a
    copy. Writes nothing. Exit code 1: there is no such pool, or the event would be rejected.
    """
    if (receive is None) != release:
        raise typer.BadParameter("say one of them: --receive or --release")
    if receive is not None and (quantity is not None or line is not None):
        raise typer.BadParameter("--quantity and --line belong to --release")
    if release and purchase is not None:
        raise typer.BadParameter("--purchase belongs to --receive")
    order_id, number = (None, None) if line is None else order_line(line)
    asked = ask(simulate, bootstrap, pool)
    try:
        if receive is None:
            made = plan_event(asked.fold, pool, ReleaseRequested(sku, location, quantity, order_id, number))
        else:
            made = plan_event(
                asked.fold, pool, receipt_of(asked.fold, pool, sku, receive, location, purchase)
            )
    except Unknown as unknown:
        problem(str(unknown))
    if output is Output.JSON:
        say_json(made)
    else:
        _print(made, asked.where, console())
    if made.rejected is not None:
        raise typer.Exit(1)


def _print(made: Plan, where: str, out: Console) -> None:
    said = " ".join(f"{name} {value}" for name, value in made.event.items() if value is not None)
    say(out, f"if {said.removeprefix('type ')}   ({where})")
    if made.rejected is not None:
        say(out, f"  it would be rejected, {made.rejected.reason}: {made.rejected.detail}")
        return
    _rows(
        out,
        ("filled", "location", "units", "still waiting", "rule"),
        ((f"{f.order_id}/{f.line}", f.location, f.quantity, f.remaining, f.rule) for f in made.filled),
    )
    _rows(
        out,
        ("waits again", "units", "reason", "rule"),
        ((f"{loss.order_id}/{loss.line}", loss.quantity, loss.reason, loss.rule) for loss in made.reopened),
    )
    for title, moves in (("released", made.released), ("withdrawn", made.withdrawn)):
        _rows(
            out,
            (title, "location", "units", "release"),
            (
                (f"{move.order_id}/{move.line}", move.location, move.quantity, move.release_id)
                for move in moves
            ),
        )
    _rows(
        out,
        ("stock then", "location", "on hand", "allocated", "free", "backordered"),
        ((s.sku, s.location or "(any)", s.on_hand, s.allocated, s.free, s.backordered) for s in made.stock),
    )
    if not made.filled and not made.released:
        say(out, "  nobody would be filled, nothing released")
    say(out, f"  free then: {made.free} of {made.sku}")


def _rows(out: Console, heads: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    table = Table(*heads, box=None)
    for row in rows:
        table.add_row(*(str(value) for value in row))
    if table.row_count:
        out.print(table, markup=False, highlight=False)

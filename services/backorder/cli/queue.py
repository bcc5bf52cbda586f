"""`backorder queue`: who waits for an item."""

from datetime import datetime
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
    problem,
    say,
    say_json,
)
from backorder.cli._console import console
from backorder.explain import Queue, Unknown
from backorder.explain import queue as queue_of


def queue(
    sku: Annotated[str, typer.Argument(metavar="SKU", help="For which item.")],
    location: Annotated[
        str | None, typer.Option(help="Only who may have units from there. Default: everybody.")
    ] = None,
    first: Annotated[int, typer.Option(min=1, help="Show so many; all are counted.")] = 20,
    pool: PoolOption = "default",
    simulate: SimulateOption = None,
    bootstrap: BootstrapOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show who waits for an item, in the order in which they are served.

    Reads the committed state of a running processor (or simulates a file of events). Those who wait for kits
    that are made with the item are among them. Writes nothing. Exit code 1: nothing is known of the item.
    """
    asked = ask(simulate, bootstrap, pool)
    try:
        found = queue_of(asked.fold, pool, sku, location, first)
    except Unknown as unknown:
        problem(str(unknown))
    if output is Output.JSON:
        say_json(found)
    else:
        _print(found, asked.where, console())


_HEADS = (
    "place",
    "line",
    "units",
    "of",
    "location",
    "priority",
    "required",
    "since",
    "promised",
    "waits for",
)


def _print(found: Queue, where: str, out: Console) -> None:
    there = "" if found.location is None else f" at {found.location}"
    say(out, f"{found.sku}{there}: {_waiting(found)}   ({where})")
    if found.taking < found.units:
        say(out, f"  {found.taking} of them would be taken now; for the others something else is missing")
    if found.stock:  # a kit has none of its own
        free, on_hand = (sum(getattr(row, name) for row in found.stock) for name in ("free", "on_hand"))
        say(out, f"  {free} free of {on_hand} on hand")
    if found.first:
        out.print(_table(found), markup=False, highlight=False)
    if found.claims > len(found.first):
        say(out, f"  and {found.claims - len(found.first)} more: --first {found.claims} shows all")


def _waiting(found: Queue) -> str:
    if not found.claims:
        return "nobody waits"
    units = "1 unit is" if found.units == 1 else f"{found.units} units are"
    claims = "1 claim" if found.claims == 1 else f"{found.claims} claims"
    return f"{units} waited for, in {claims}"


def _table(found: Queue) -> Table:
    table = Table(*_HEADS, box=None)
    for place, claim in enumerate(found.first, 1):
        table.add_row(
            str(place),
            f"{claim.order_id}/{claim.line}",
            str(claim.waiting),
            claim.sku,
            claim.location or "(any)",
            str(claim.priority),
            _when(claim.required_by),
            _when(claim.opened_at),
            _when(claim.promised_at),
            claim.passed_over or "stock",
        )
    return table


def _when(time: datetime | None) -> str:
    return "" if time is None else f"{time:%Y-%m-%d %H:%M}"

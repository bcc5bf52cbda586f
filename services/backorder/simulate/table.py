"""What `backorder simulate -o table` prints: the outcome for a person to read."""

from collections import Counter
from collections.abc import Iterable

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from backorder.contract.event_types import short_name
from backorder.simulate.simulation import Simulation

_STOCK = (
    "on_hand",
    "unavailable",
    "safety_stock",
    "allocated",
    "picked",
    "free",
    "shortfall",
    "backordered",
    "on_order",
)
_LINE = ("ordered", "allocated", "backordered", "released", "picked", "shipped", "cancelled")
_ALWAYS = ("on_hand", "allocated", "free", "backordered", "ordered", "shipped")
"""Columns that are shown even when they hold nothing but 0."""


class _TypeOnly(msgspec.Struct):
    type: str


_read_type = msgspec.json.Decoder(_TypeOnly).decode


class Summary:
    """Counts the events that went out by type."""

    def __init__(self) -> None:
        self.by_type: Counter[str] = Counter()

    def add(self, events: list[bytes]) -> None:
        """Takes events that went out, each a JSON text."""
        self.by_type.update(short_name(_read_type(event).type) for event in events)


def print_tables(simulation: Simulation, summary: Summary, console: Console) -> None:
    """Prints stock, lines, a summary of the events, and what was rejected."""
    console.print(_stock_table(simulation))
    console.print(_lines_table(simulation))
    console.print(_events_table(summary))
    if simulation.rejected:
        console.print(_rejected_table(simulation))


def _stock_table(simulation: Simulation) -> Table:
    rows = simulation.stock()
    names = [name for name in _STOCK if name in _ALWAYS or any(getattr(row, name) for row in rows)]
    table = _table("Stock", ("pool", "SKU", "location"), [name.replace("_", " ") for name in names])
    for row in rows:
        figures = [str(getattr(row, name)) for name in names]
        table.add_row(row.pool, row.sku, row.location or "(any)", *figures)
    return table


def _lines_table(simulation: Simulation) -> Table:
    rows = simulation.lines()
    names = [name for name in _LINE if name in _ALWAYS or any(getattr(row, name) for row in rows)]
    table = _table("Lines", ("pool", "order", "line", "SKU", "status"), [*names, "place"])
    table.add_column("waiting since", no_wrap=True)
    for row in rows:
        table.add_row(
            row.pool,
            row.order_id,
            str(row.line),
            row.sku,
            row.status,
            *(str(getattr(row, name)) for name in names),
            "" if row.position is None else str(row.position),
            "" if row.opened_at is None else row.opened_at.strftime("%Y-%m-%d %H:%M:%S"),
        )
    return table


def _events_table(summary: Summary) -> Table:
    table = _table("Events out", ("type",), ("events",))
    for name, count in sorted(summary.by_type.items()):
        table.add_row(name, str(count))
    return table


def _rejected_table(simulation: Simulation) -> Table:
    table = _table("Rejected", ("event", "type", "reason"), ())
    table.add_column("detail")
    for rejection in simulation.rejected:
        table.add_row(rejection.id or "?", rejection.type or "?", rejection.reason, rejection.detail)
    return table


def _table(title: str, names: Iterable[str], figures: Iterable[str]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for name in names:
        table.add_column(name, no_wrap=True)
    for name in figures:
        table.add_column(name, justify="right")
    return table

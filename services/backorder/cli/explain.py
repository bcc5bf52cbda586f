"""`backorder explain`: why a line waits, or was filled."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from backorder.cli._asked import (
    Asked,
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
from backorder.explain import Explanation, Unknown
from backorder.explain import explain as explain_line


def explain(
    line: Annotated[str, typer.Argument(metavar="ORDER/LINE", help="Which line, such as ANNA/1.")],
    pool: PoolOption = "default",
    simulate: SimulateOption = None,
    bootstrap: BootstrapOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Say why an order line waits or was filled, who is ahead of it, and what would free it.

    Reads the committed state of a running processor (or simulates a file of events) and asks the fold itself:
    what it says of receipts was tried on a copy. Writes nothing. Exit code 1: there is no such line.
    """
    order_id, number = order_line(line)
    asked = ask(simulate, bootstrap, pool, order_id)
    try:
        explanation = explain_line(asked.fold, pool, order_id, number, asked.published)
    except Unknown as unknown:
        problem(str(unknown))
    if output is Output.JSON:
        say_json(explanation)
    else:
        _print(explanation, asked, console())


def _print(explanation: Explanation, asked: Asked, out: Console) -> None:
    row = explanation.row
    title = f"{explanation.order_id}/{explanation.line}: {row.ordered} of {row.sku}, {row.status}"
    say(out, f"{title}   ({asked.where})")
    for sentence in explanation.answer:
        say(out, f"  {sentence}")
    if not explanation.history:
        return
    table = Table("history", "what", "rule", "event", box=None, pad_edge=False)
    for told in explanation.history:
        table.add_row(f"{told.time:%Y-%m-%d %H:%M:%S}", told.text, told.rule, told.cause)
    out.print()
    out.print(table, markup=False, highlight=False)

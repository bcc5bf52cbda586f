"""Where tables are printed."""

import sys

from rich.console import Console

WIDE = 240
"""Columns of characters when the output is no terminal."""


def console(least: int = 0) -> Console:
    """As wide as the terminal, and at least `least`: a long row wraps, but no column is lost.

    Where there is no terminal, wide enough for every column.
    """
    if not sys.stdout.isatty():
        return Console(width=WIDE)
    terminal = Console()
    return terminal if terminal.width >= least else Console(width=least)

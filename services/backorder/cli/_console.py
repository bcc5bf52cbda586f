"""Where tables are printed."""

import sys

from rich.console import Console

WIDE = 240
"""Columns of characters when the output is no terminal."""


def console() -> Console:
    """As wide as the terminal; where there is none, wide enough for every column."""
    return Console() if sys.stdout.isatty() else Console(width=WIDE)

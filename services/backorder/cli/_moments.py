"""Moments on the command line."""

from datetime import datetime

import typer

from backorder.contract.envelope import read_moment
from backorder.contract.unreadable import Unreadable


def moment(option: str, text: str) -> datetime:
    """The moment that an option says, RFC 3339 with an offset. Raises `typer.BadParameter`."""
    try:
        return read_moment(option, text)
    except Unreadable as problem:
        raise typer.BadParameter(problem.detail) from None

"""The settings that decide: they stand in the journal, so that every refold decides alike."""

from msgspec import Struct

RULES_VERSION = 1
"""Raised whenever the same log would be folded into other decisions. It counts from release 0.1.0 on:
state and journals of earlier builds are not carried over."""


class NewerRules(ValueError):
    """The log was, or is to be, folded by rules that only a newer program knows."""


class Settings(Struct, frozen=True):
    """Settings of the fold; a change is itself a record of the journal (`RulesChanged`).

    closed_retention_days: an order, purchase, receipt or hold is forgotten this long after it closed; until
        then its business key is protected against repeats.
    hold_grace_seconds: a hold of stock ends this long after it expires, for the checkout in flight.
    step_lines: an event that moves more lines of other orders than this goes on in further steps.
    promise_lines: an event looks at the promises of so many claims at once, at a tenth of them where only
        free units moved, and the clock at the rest.
    still_waiting_days: who waits for so long is told that they still do.
    """

    closed_retention_days: int = 90
    step_lines: int = 1000
    hold_grace_seconds: int = 30
    promise_lines: int = 200
    still_waiting_days: int = 14

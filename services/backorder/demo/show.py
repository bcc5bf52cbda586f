"""What is to be seen while the demo runs: a table that lives, or lines where there is no terminal."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from backorder.demo.figures import Figures

REDRAW_SECONDS = 0.5
LINE_SECONDS = 5.0
SHOWN_SKUS = 3


@dataclass
class Rates:
    """Events a second, over the time since the last look."""

    figures: Figures
    events_in: float = 0.0
    records_out: float = 0.0
    _seen: tuple[int, int] = (0, 0)
    _at: float = field(default_factory=time.monotonic)

    def look(self) -> None:
        now, seen = time.monotonic(), self.figures.totals()
        seconds = max(now - self._at, 1e-9)
        self.events_in = (seen[0] - self._seen[0]) / seconds
        self.records_out = (seen[1] - self._seen[1]) / seconds
        self._seen, self._at = seen, now


class Show:
    """Draws the figures now and then; `phase` is what goes on, in words."""

    def __init__(self, figures: Figures, console: Console, addresses: dict[str, str]) -> None:
        self.phase = ""
        self._figures = figures
        self._console = console
        self._addresses = addresses
        self._rates = Rates(figures)
        self._start = time.monotonic()
        self._drawn = 0.0
        self._live: Live | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """The table is there inside; on a console that is no terminal, lines are."""
        if not self._console.is_terminal:
            yield
            return
        with Live(console=self._console, auto_refresh=False, transient=False) as self._live:
            try:
                yield
                self._live.update(self._picture(), refresh=True)
            finally:
                self._live = None

    def refresh(self) -> None:
        """Draws again, if it is time to."""
        every = REDRAW_SECONDS if self._live is not None else LINE_SECONDS
        if time.monotonic() - self._drawn < every:
            return
        self._drawn = time.monotonic()
        self._rates.look()
        if self._live is not None:
            self._live.update(self._picture(), refresh=True)
        else:
            self._console.print(self._line(), highlight=False, soft_wrap=True)

    def _line(self) -> str:
        events_in, records_out = self._figures.totals()
        states = ", ".join(f"{state} {count}" for state, count in self._figures.lines_by_state().items())
        return (
            f"{self._clock()}  {self.phase}: in {self._rates.events_in:,.0f}/s ({events_in:,}), "
            f"out {self._rates.records_out:,.0f}/s ({records_out:,}); "
            f"oldest {self._oldest()}; lines: {states or '-'}"
        )

    def _picture(self) -> Group:
        events_in, records_out = self._figures.totals()
        flow = Table("", "a second", "in all", box=SIMPLE_HEAD, title_justify="left", title=self._title())
        for column in flow.columns[1:]:
            column.justify = "right"
        flow.add_row("events in", f"{self._rates.events_in:,.0f}", f"{events_in:,}")
        flow.add_row("records out", f"{self._rates.records_out:,.0f}", f"{records_out:,}")
        return Group(flow, self._states(), self._releases(), self._metrics())

    def _title(self) -> Text:
        return Text.assemble(("backorder", "bold"), f"  {self._clock()}  {self.phase}")

    def _states(self) -> Group:
        table = Table("lines", "number", box=SIMPLE_HEAD)
        table.columns[1].justify = "right"
        for state, count in self._figures.lines_by_state().items():
            table.add_row(state.replace("_", " "), f"{count:,}")
        return Group(table, Text(f" oldest waiting: {self._oldest()}"))

    def _releases(self) -> Table:
        table = Table("last releases", "pool", "units", "SKUs", "why", box=SIMPLE_HEAD)
        table.columns[2].justify = "right"
        for release in self._figures.last_releases():
            skus = ", ".join(release.skus[:SHOWN_SKUS]) + (" ..." if len(release.skus) > SHOWN_SKUS else "")
            table.add_row(release.order_id, release.pool, str(release.units), skus, release.why)
        return table

    def _metrics(self) -> Table:
        table = Table("service", "metrics", box=SIMPLE_HEAD)
        for name, address in self._addresses.items():
            table.add_row(name, f"http://{address}/metrics")
        return table

    def _clock(self) -> str:
        seconds = int(time.monotonic() - self._start)
        return f"{seconds // 60:02}:{seconds % 60:02}"

    def _oldest(self) -> str:
        oldest = self._figures.oldest()
        if oldest is None:
            return "none"
        age, line = oldest
        return f"{in_words(age)} {line}"


def in_words(seconds: float) -> str:
    """An age as people say it: `12 d 4 h`, `3 h 5 min`, `40 s`."""
    if seconds >= 86_400:
        return f"{seconds // 86_400:.0f} d {seconds % 86_400 // 3600:.0f} h"
    if seconds >= 3600:
        return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:.0f} min"
    return f"{max(seconds, 0):.0f} s"

"""Takes the picture of the live table that the README shows, from a real run of the demo.

    python docs/picture.py

It writes `docs/images/demo.svg`. Options are those of `backorder demo` that matter here.
"""

import argparse
import io
import sys
from pathlib import Path
from typing import Any, Self

from rich.console import Console, RenderableType

from backorder.demo import show
from backorder.demo.run import Options, run

IMAGE = Path(__file__).parent / "images" / "demo.svg"
WIDTH = 116


class Camera:
    """Stands in the place of rich's `Live`, and keeps what it is given to draw."""

    pictures: list[RenderableType] = []  # noqa: RUF012 - one roll of film for the run

    def __init__(self, **_: Any) -> None:
        """Takes what `Live` takes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to clean up."""

    def update(self, picture: RenderableType, *, refresh: bool = False) -> None:
        self.pictures.append(picture)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=500.0)
    parser.add_argument("--moment", type=float, default=0.7, help="which picture: 0 the first, 1 the last")
    options = parser.parse_args()
    show.Live = Camera  # type: ignore[assignment, attr-defined]
    code = run(Options(events=options.events, rate=options.rate), Console(force_terminal=True, width=WIDTH))
    picture = Camera.pictures[round(options.moment * (len(Camera.pictures) - 1))]
    paper = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    paper.print(picture)
    IMAGE.parent.mkdir(exist_ok=True)
    svg = paper.export_svg(title="make demo")
    IMAGE.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())

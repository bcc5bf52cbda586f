"""One deliberate fault of the product: text replaced in a copy of it, and the test that must see it."""

from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = Path("services/backorder")


class Mutant(NamedTuple):
    """Where the product is broken, how, and by which test it is caught."""

    name: str
    what: str
    """The fault, as a sentence for the table in `docs/reliability.md`."""
    file: str
    """Below `services/backorder`."""
    old: str
    """Stands in the file exactly once."""
    new: str
    test: str
    """The test that fails on the broken product, as pytest names it."""

    def broken(self, text: str) -> str:
        """The file's text with the fault. Raises ValueError when `old` is not there once and only once."""
        if (count := text.count(self.old)) != 1:
            raise ValueError(f"{self.name}: the text to replace is {count} times in {self.file}, not once")
        return text.replace(self.old, self.new)

    def apply(self, root: Path) -> None:
        """Breaks the copy of the project at `root`."""
        path = root / PACKAGE / self.file
        path.write_text(self.broken(path.read_text(encoding="utf-8")), encoding="utf-8")

    def row(self) -> str:
        """The mutant in the table of `docs/reliability.md`."""
        file, _, test = self.test.partition("::")
        caught_by = test.removeprefix("test_").replace("_", " ")
        return f"| `{self.name}` | {self.what} | [{Path(file).name}](../{file}): {caught_by} |"

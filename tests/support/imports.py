"""Which module imports which, read from the source: nothing is run."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "backorder"


def module_name(file: Path, root: Path) -> str:
    """`backorder.engine.loop` for `engine/loop.py` below the package's folder `root`; a package's name for
    its `__init__.py`."""
    parts = file.relative_to(root).with_suffix("").parts
    if parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join((PACKAGE, *parts))


def imports_of(source: str, module: str, *, is_package: bool = False) -> set[str]:
    """The full names that a module imports, wherever in it the import stands.

    `from a import b` gives both `a` and `a.b`, since `b` may be a module. `module` is the importer's own
    name: relative imports are resolved from it.
    """
    found: set[str] = set()
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source_module = ".".join([*base, *([node.module] if node.module else [])])
            found.add(source_module)
            found.update(f"{source_module}.{alias.name}" for alias in node.names)
    return found


def room_of(name: str) -> str | None:
    """The room that a full name belongs to: `engine` for `backorder.engine.loop.Loop`, `settings` for
    `backorder.settings`; None for what is not ours or is the package itself."""
    parts = name.split(".")
    return parts[1] if parts[0] == PACKAGE and len(parts) > 1 else None


class Code:
    """All modules below the package's folder, with what each imports."""

    def __init__(self, root: Path) -> None:
        self.imports: dict[str, set[str]] = {}
        for file in sorted(root.rglob("*.py")):
            name = module_name(file, root)
            text = file.read_text(encoding="utf-8")
            self.imports[name] = imports_of(text, name, is_package=file.name == "__init__.py")

    def rooms(self) -> set[str]:
        """All rooms there are."""
        return {room for name in self.imports if (room := room_of(name)) is not None}

    def crossings(self) -> Iterator[tuple[str, str, str]]:
        """Imports over a room's wall: importing module, its room, the room that it looks into."""
        for name, imported in self.imports.items():
            own = room_of(name)
            for other in sorted({room for target in imported if (room := room_of(target)) is not None}):
                if own is not None and other != own:
                    yield name, own, other

    def reached_from(self, room: str) -> set[str]:
        """Our modules that are loaded when all of a room is, over any number of imports."""
        waiting = [name for name in self.imports if room_of(name) == room]
        reached: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in self.imports and name not in reached:
                reached.add(name)
                waiting += self.imports[name]
                # Importing a module runs the packages that it lies in.
                waiting.append(name.rpartition(".")[0])
        return reached

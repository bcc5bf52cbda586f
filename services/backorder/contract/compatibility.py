"""Refuses a change of a schema that would break somebody.

Events that come in must stay BACKWARD compatible: what was valid is valid, and means the same, so that an
old log can be replayed and an old publisher goes on. Events that go out must stay FORWARD compatible: a
reader that was written for the old schema reads the new events.

Allowed: an optional field that says what it means left out (a `default`, or `x-left-out`); a bound relaxed on
input or tightened on output; a word more in a set marked open (`x-extensible-enum`), and on input in any set.
Refused: a field removed, renamed, retyped or made required; a bound tightened on input or relaxed on output;
another default. What this check cannot judge it refuses too: a breaking change is a new type, `.v2`.
"""

import io
import json
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from backorder.contract.event_types import INPUT_TYPES
from backorder.contract.types import Json

Direction = Literal["in", "out"]
Schemas = Mapping[str, Json]
"""Short type name to JSON Schema."""

_ANNOTATIONS = frozenset({"$schema", "$id", "$defs", "title", "description", "examples"})
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_WORDS = ("enum", "const", "x-extensible-enum")
_LEFT_OUT = ("default", "x-left-out")
_EQUAL = ("pattern", "format", "additionalProperties")
_STRUCTURE = ("type", "anyOf", "properties", "required", "items", "$ref")
_KNOWN = {*_ANNOTATIONS, *_LOWER, *_UPPER, *_WORDS, *_LEFT_OUT, *_EQUAL, *_STRUCTURE}


class NoEarlierVersionError(Exception):
    """There is nothing to compare with; the message says why."""


def breaking_changes(earlier: Schemas, now: Schemas) -> list[str]:
    """One sentence for each change that would break somebody, in the order of the types.

    A type that is new cannot break anybody.
    """
    comes_in = {kind.short for kind in INPUT_TYPES}
    found: list[str] = []
    for name, old in sorted(earlier.items()):
        if name not in now:
            found.append(f"{name}: the type is gone")
        else:
            direction: Direction = "in" if name in comes_in else "out"
            found += [f"{name}: {change}" for change in compare(old, now[name], direction)]
    return found


def compare(old: Json, new: Json, direction: Direction) -> list[str]:
    """The breaking changes from one schema to another, as `place: what changed`."""
    return _Comparison(old, new, direction).run()


def schemas_in(folder: Path) -> dict[str, Json]:
    """The schemas in a `schemas` folder. Raises NoEarlierVersionError when there are none."""
    found = {
        path.parent.name: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("events/*/v1.schema.json"))
    }
    if not found:
        raise NoEarlierVersionError(f"no earlier version: no schemas in {folder}")
    return found


def schemas_at(revision: str, folder: Path) -> dict[str, Json]:
    """The schemas of a `schemas` folder as they were committed at a git revision (`HEAD`, a tag ...).

    Raises NoEarlierVersionError when git, the repository, the revision or the schemas in it are not there.
    """
    archive = ["git", "-C", str(folder), "archive", "--format=tar", revision, "--", "events"]
    try:
        result = subprocess.run(archive, capture_output=True, check=False)
    except OSError as problem:
        raise NoEarlierVersionError(f"no earlier version: git cannot be run ({problem.strerror})") from None
    if result.returncode != 0:
        why = result.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["git archive failed"]
        raise NoEarlierVersionError(f"no earlier version at {revision}: {why[0]}")
    with tarfile.open(fileobj=io.BytesIO(result.stdout)) as files:
        found = {}
        for member in files.getmembers():
            path = Path(member.name)
            if path.name == "v1.schema.json" and (content := files.extractfile(member)) is not None:
                found[path.parent.name] = json.load(content)
    if not found:
        raise NoEarlierVersionError(f"no earlier version at {revision}: no schemas were committed yet")
    return found


class _Comparison:
    """One walk over two schemas."""

    def __init__(self, old: Json, new: Json, direction: Direction) -> None:
        self.old, self.new = old, new
        self.direction = direction
        self.found: list[str] = []
        self.entered: list[tuple[str, str]] = []

    def run(self) -> list[str]:
        self._nodes("event", self.old, self.new)
        return self.found

    def _say(self, place: str, what: str) -> None:
        self.found.append(f"{place}: {what}")

    def _nodes(self, place: str, old: Json, new: Json) -> None:
        references = (old.get("$ref", ""), new.get("$ref", ""))
        if references in self.entered and all(references):
            return  # a schema inside itself
        self.entered.append(references)
        old, new = _resolve(old, self.old), _resolve(new, self.new)
        for keyword in _LEFT_OUT:
            self._equal(place, keyword, old, new)
        olds, news = _alternatives(old, self.old), _alternatives(new, self.new)
        lost, added = olds.keys() - news.keys(), news.keys() - olds.keys()
        if self.direction == "in" and lost:
            self._say(place, f"may no longer be {' or '.join(sorted(lost))}")
        if self.direction == "out" and added:
            self._say(place, f"may now be {' or '.join(sorted(added))}")
        for kind in sorted(olds.keys() & news.keys()):
            self._values_of_one_type(place, olds[kind], news[kind])
        self.entered.pop()

    def _values_of_one_type(self, place: str, old: Json, new: Json) -> None:
        for keyword in sorted((old.keys() | new.keys()) - _KNOWN):
            if old.get(keyword) != new.get(keyword):
                self._say(place, f"{keyword} changed, which this check cannot judge")
        for keyword in _EQUAL:
            self._equal(place, keyword, old, new)
        self._bounds(place, old, new)
        self._words(place, old, new)
        if "properties" in old or "properties" in new:
            self._fields(place, old, new)
        if "items" in old or "items" in new:
            self._nodes(f"{place}[]", old.get("items", {}), new.get("items", {}))

    def _equal(self, place: str, keyword: str, old: Json, new: Json) -> None:
        if old.get(keyword) == new.get(keyword) and (keyword in old) == (keyword in new):
            return
        if keyword == "pattern" and self._wider(keyword not in new, keyword not in old):
            return
        self._say(place, f"{keyword} changed from {_shown(old, keyword)} to {_shown(new, keyword)}")

    def _wider(self, relaxed: bool, tightened: bool) -> bool:
        """Whether a change goes the way that its direction allows."""
        return relaxed if self.direction == "in" else tightened

    def _bounds(self, place: str, old: Json, new: Json) -> None:
        for keywords, tighter in ((_LOWER, 1), (_UPPER, -1)):
            for keyword in keywords:
                before, after = old.get(keyword), new.get(keyword)
                if before == after:
                    continue
                relaxed = after is None or (before is not None and (after - before) * tighter < 0)
                if not self._wider(relaxed, not relaxed):
                    word = "relaxed" if relaxed else "tightened"
                    self._say(
                        place, f"{keyword} {word} from {_shown(old, keyword)} to {_shown(new, keyword)}"
                    )

    def _words(self, place: str, old: Json, new: Json) -> None:
        if ("x-extensible-enum" in old) != ("x-extensible-enum" in new):
            opened = "x-extensible-enum" in new
            if not (opened and self.direction == "in"):
                self._say(place, f"the set of words is {'now' if opened else 'no longer'} open")
            return
        before, after = _words_of(old), _words_of(new)
        if before is None or after is None:
            if before != after and not self._wider(after is None, before is None):
                self._say(
                    place, "any word before, these now" if before is None else "these words before, any now"
                )
            return
        open_set = "x-extensible-enum" in old
        gone = [str(word) for word in before if word not in after]
        added = [str(word) for word in after if word not in before]
        if gone and (self.direction == "in" or open_set):
            self._say(place, f"{', '.join(gone)} is no longer a word for it")
        if added and self.direction == "out" and not open_set:
            self._say(place, f"{', '.join(added)} is a new word in a set that is not marked open")

    def _fields(self, place: str, old: Json, new: Json) -> None:
        olds, news = old.get("properties", {}), new.get("properties", {})
        was, must = set(old.get("required", ())), set(new.get("required", ()))
        for name, said in olds.items():
            here = f"{place}.{name}"
            if name not in news:
                self._say(here, "the field is gone")
                continue
            if self.direction == "in" and name in must - was:
                self._say(here, "is required now")
            if self.direction == "out" and name in was - must:
                self._say(here, "may be left out now")
            self._nodes(here, said, news[name])
        for name in news.keys() - olds.keys() if self.direction == "in" else ():
            said = _resolve(news[name], self.new) | news[name]
            if name in must:
                self._say(f"{place}.{name}", "is a new field and required")
            elif "default" not in said and "x-left-out" not in said:
                self._say(f"{place}.{name}", "is a new field that does not say what it means left out")


def _resolve(node: Json, document: Json) -> Json:
    """A node without its reference, and what stands beside the reference kept."""
    if "$ref" not in node:
        return node
    target: Any = document
    for step in node["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    return {**_resolve(target, document), **{key: value for key, value in node.items() if key != "$ref"}}


def _alternatives(node: Json, document: Json) -> dict[str, Json]:
    """What a value may be: name of the JSON type to the schema of that type. `any` when nothing is said."""
    if "anyOf" in node:
        beside = {key: value for key, value in node.items() if key != "anyOf"}
        found: dict[str, Json] = {}
        for choice in node["anyOf"]:
            for kind, said in _alternatives(_resolve(choice, document), document).items():
                # Two shapes of one type cannot be told apart here: the name makes any change of them visible.
                name = kind if kind not in found else f"{kind} like {json.dumps(said, sort_keys=True)}"
                found[name] = {**beside, **said}
        return found
    kinds = node.get("type", "string" if _words_of(node) is not None else "any")
    return dict.fromkeys(kinds if isinstance(kinds, list) else [kinds], node)


def _words_of(node: Json) -> list[Any] | None:
    if "const" in node:
        return [node["const"]]
    words: list[Any] | None = node.get("enum", node.get("x-extensible-enum"))
    return words


def _shown(node: Json, keyword: str) -> str:
    return json.dumps(node[keyword], ensure_ascii=False) if keyword in node else "nothing"

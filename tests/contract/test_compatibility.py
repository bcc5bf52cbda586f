"""A change of a schema that would break somebody is refused, and no other."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from backorder.contract.compatibility import (
    NoEarlierVersionError,
    breaking_changes,
    compare,
    schemas_at,
    schemas_in,
)
from backorder.contract.generate import write
from backorder.contract.json_schema import event_schema
from backorder.contract.output_types import EVENT_TYPES
from tests.contract.examples import SCHEMAS

NOW = {kind.short: event_schema(kind) for kind in EVENT_TYPES}


def with_field(said: Any = None, *, required: bool = False, name: str = "field") -> dict[str, Any]:
    """A schema with one field, or with none."""
    return {
        "type": "object",
        "properties": {} if said is None else {name: said},
        "required": [name] if required else [],
    }


TEXT = {"type": "string"}
NUMBER = {"type": "integer", "minimum": 1, "maximum": 9}
CLOSED = {"type": "string", "enum": ["a", "b"]}
CLOSED_MORE = {"type": "string", "enum": ["a", "b", "c"]}
OPEN = {"type": "string", "x-extensible-enum": ["a", "b"]}
OPEN_MORE = {"type": "string", "x-extensible-enum": ["a", "b", "c"]}
NULLABLE = {"anyOf": [TEXT, {"type": "null"}]}
MOMENT = {"type": "string", "format": "date-time"}

# What was, what is, and the complaint about it on input and on output ("" = allowed).
RULES: list[tuple[str, Any, Any, str, str]] = [
    ("nothing changes", with_field(TEXT), with_field(TEXT), "", ""),
    ("another description", with_field({**TEXT, "description": "x"}), with_field(TEXT), "", ""),
    ("an optional field with a default is added", with_field(), with_field({**TEXT, "default": "x"}), "", ""),
    (
        "one that left out changes nothing is added",
        with_field(),
        with_field({**TEXT, "x-left-out": "y"}),
        "",
        "",
    ),
    ("an optional field is added", with_field(), with_field(TEXT), "does not say what it means left out", ""),
    (
        "a required field is added",
        with_field(),
        with_field(TEXT, required=True),
        "new field and required",
        "",
    ),
    ("a field is removed", with_field(TEXT), with_field(), "the field is gone", "the field is gone"),
    (
        "a field is renamed",
        with_field(TEXT, required=True),
        with_field(TEXT, required=True, name="other"),
        "the field is gone",
        "the field is gone",
    ),
    ("a field is retyped", with_field(TEXT), with_field(NUMBER), "no longer be string", "now be integer"),
    ("a text becomes a date", with_field(TEXT), with_field(MOMENT), "format changed", "format changed"),
    ("a field becomes required", with_field(TEXT), with_field(TEXT, required=True), "is required now", ""),
    (
        "a field becomes optional",
        with_field(TEXT, required=True),
        with_field(TEXT),
        "",
        "may be left out now",
    ),
    ("null is allowed", with_field(TEXT), with_field(NULLABLE), "", "may now be null"),
    ("null is not allowed any more", with_field(NULLABLE), with_field(TEXT), "may no longer be null", ""),
    (
        "a text that may be null becomes a date",
        with_field(NULLABLE),
        with_field({"anyOf": [MOMENT, {"type": "null"}]}),
        "format changed",
        "format changed",
    ),
    ("a minimum is lowered", with_field(NUMBER), with_field({**NUMBER, "minimum": 0}), "", "minimum relaxed"),
    (
        "a minimum is raised",
        with_field(NUMBER),
        with_field({**NUMBER, "minimum": 2}),
        "minimum tightened",
        "",
    ),
    ("a maximum is raised", with_field(NUMBER), with_field({**NUMBER, "maximum": 10}), "", "maximum relaxed"),
    (
        "a maximum is lowered",
        with_field(NUMBER),
        with_field({**NUMBER, "maximum": 8}),
        "maximum tightened",
        "",
    ),
    ("a bound is new", with_field(TEXT), with_field({**TEXT, "maxLength": 9}), "maxLength tightened", ""),
    ("a bound is dropped", with_field({**TEXT, "maxLength": 9}), with_field(TEXT), "", "maxLength relaxed"),
    ("a pattern is new", with_field(TEXT), with_field({**TEXT, "pattern": "^x"}), "pattern changed", ""),
    ("a pattern is dropped", with_field({**TEXT, "pattern": "^x"}), with_field(TEXT), "", "pattern changed"),
    ("a word more in an open set", with_field(OPEN), with_field(OPEN_MORE), "", ""),
    ("a word more in a closed set", with_field(CLOSED), with_field(CLOSED_MORE), "", "c is a new word"),
    ("a word less in a closed set", with_field(CLOSED_MORE), with_field(CLOSED), "c is no longer a word", ""),
    (
        "a word less in an open set",
        with_field(OPEN_MORE),
        with_field(OPEN),
        "c is no longer a word",
        "c is no longer a word",
    ),
    ("a closed set is opened", with_field(CLOSED), with_field(OPEN), "", "is now open"),
    ("an open set is closed", with_field(OPEN), with_field(CLOSED), "no longer open", "no longer open"),
    ("free text becomes a set", with_field(TEXT), with_field(CLOSED), "any word before", ""),
    ("a set becomes free text", with_field(CLOSED), with_field(TEXT), "", "any now"),
    (
        "another constant",
        with_field({"const": "1.0"}),
        with_field({"const": "2"}),
        "1.0 is no longer",
        "2 is a new",
    ),
    (
        "another default",
        with_field({**TEXT, "default": "x"}),
        with_field({**TEXT, "default": "y"}),
        "default changed",
        "default changed",
    ),
    (
        "a default is dropped",
        with_field({**TEXT, "default": None}),
        with_field(TEXT),
        "default changed from null to nothing",
        "default changed from null to nothing",
    ),
    (
        "entries of a list are retyped",
        with_field({"type": "array", "items": TEXT}),
        with_field({"type": "array", "items": NUMBER}),
        "field[]: may no longer be string",
        "field[]: may now be integer",
    ),
    (
        "values of a mapping are retyped",
        with_field({"type": "object", "additionalProperties": NUMBER}),
        with_field({"type": "object", "additionalProperties": TEXT}),
        "additionalProperties changed",
        "additionalProperties changed",
    ),
    (
        "a keyword that nobody taught it",
        with_field(TEXT),
        with_field({**TEXT, "not": CLOSED}),
        "cannot judge",
        "cannot judge",
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "coming_in", "going_out"), [rule[1:] for rule in RULES], ids=[r[0] for r in RULES]
)
def test_each_rule_holds_in_both_directions(old: Any, new: Any, coming_in: str, going_out: str) -> None:
    for direction, complaint in (("in", coming_in), ("out", going_out)):
        found = compare(old, new, direction)  # type: ignore[arg-type]
        if complaint:
            assert len([change for change in found if complaint in change]) == 1, (direction, found)
        else:
            assert found == [], direction


@pytest.mark.parametrize(
    ("old", "new", "coming_in", "going_out"), [rule[1:] for rule in RULES], ids=[r[0] for r in RULES]
)
def test_each_rule_holds_behind_a_reference_inside_a_list(
    old: Any, new: Any, coming_in: str, going_out: str
) -> None:
    def inside(schema: Any) -> Any:
        return {
            "properties": {"lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}}},
            "$defs": {"Line": schema},
            "type": "object",
        }

    for direction, complaint in (("in", coming_in), ("out", going_out)):
        found = compare(inside(old), inside(new), direction)  # type: ignore[arg-type]
        if complaint:
            assert [change for change in found if complaint in change and change.startswith("event.lines[]")]
        else:
            assert found == [], direction


def test_a_schema_inside_itself_is_walked_once() -> None:
    def tree(leaf: Any) -> Any:
        return {
            "$ref": "#/$defs/Node",
            "$defs": {"Node": {**with_field(leaf), "items": {"$ref": "#/$defs/Node"}}},
        }

    assert compare(tree(TEXT), tree(TEXT), "in") == []
    assert len(compare(tree(TEXT), tree(NUMBER), "in")) == 1


def test_a_type_may_be_added_and_not_removed() -> None:
    fewer = {name: schema for name, schema in NOW.items() if name != "order.held"}
    assert breaking_changes(fewer, NOW) == []
    assert breaking_changes(NOW, fewer) == ["order.held: the type is gone"]


def changed(short: str, change: Any) -> dict[str, Any]:
    """All schemas of now, one of them changed."""
    schemas = json.loads(json.dumps(NOW))
    change(schemas[short]["$defs"]["Data"]["properties"])
    return schemas  # type: ignore[no-any-return]


def test_what_comes_in_may_be_relaxed_and_what_goes_out_may_not() -> None:
    assert (
        breaking_changes(NOW, changed("order.placed", lambda fields: fields["priority"].update(maximum=10)))
        == []
    )
    assert breaking_changes(
        NOW, changed("line.changed", lambda fields: fields["priority"].update(maximum=10))
    ) == ["line.changed: event.data.priority: maximum relaxed from 9 to 10"]
    assert breaking_changes(
        NOW, changed("order.placed", lambda fields: fields["priority"].update(maximum=8))
    ) == ["order.placed: event.data.priority: maximum tightened from 9 to 8"]


def test_a_rejection_may_get_a_new_reason_and_a_status_may_not() -> None:
    def reason(fields: Any) -> None:
        fields["reason"]["x-extensible-enum"].append("too_heavy")

    def status(fields: Any) -> None:
        fields["status"]["enum"].append("lost")

    assert breaking_changes(NOW, changed("event.rejected", reason)) == []
    assert breaking_changes(NOW, changed("line.changed", status)) == [
        "line.changed: event.data.status: lost is a new word in a set that is not marked open"
    ]


# --- against what was committed -----------------------------------------------------------------------------


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the schemas of now in the folder `schemas`, not committed."""
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    (schemas / "topics.yaml").write_bytes((SCHEMAS / "topics.yaml").read_bytes())
    write(schemas)
    git(tmp_path, "init")
    git(tmp_path, "commit", "--allow-empty", "-m", "Begin")
    return tmp_path


def test_the_tree_breaks_nobody_who_reads_the_last_committed_version() -> None:
    try:
        earlier = schemas_at("HEAD", SCHEMAS)
    except NoEarlierVersionError as nothing:
        # A tree without its history (an archive), or before the first commit of the schemas.
        assert str(nothing).startswith("no earlier version")
        return
    assert breaking_changes(earlier, NOW) == []


def test_the_committed_version_is_read_and_not_the_files_that_lie_there(repository: Path) -> None:
    git(repository, "add", ".")
    git(repository, "commit", "-m", "Schemas")
    placed = repository / "schemas" / "events" / "order.placed" / "v1.schema.json"
    placed.write_text(placed.read_text().replace('"maximum": 9,', '"maximum": 8,'))

    earlier = schemas_at("HEAD", repository / "schemas")
    assert earlier == NOW
    assert breaking_changes(earlier, schemas_in(repository / "schemas"))


def test_a_shallow_clone_has_the_last_version(repository: Path, tmp_path: Path) -> None:
    git(repository, "add", ".")
    git(repository, "commit", "-m", "Schemas")
    git(tmp_path, "clone", "--depth", "1", f"file://{repository}", "shallow")
    assert schemas_at("HEAD", tmp_path / "shallow" / "schemas") == NOW


def test_schemas_that_were_never_committed_have_no_earlier_version(repository: Path) -> None:
    with pytest.raises(NoEarlierVersionError, match="no earlier version at HEAD"):
        schemas_at("HEAD", repository / "schemas")


def test_a_folder_outside_git_and_an_unknown_revision_have_no_earlier_version(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.raises(NoEarlierVersionError, match="no earlier version at v9"):
        schemas_at("v9", repository / "schemas")
    with pytest.raises(NoEarlierVersionError, match="no earlier version at HEAD"):
        schemas_at("HEAD", tmp_path_factory.mktemp("elsewhere"))


def test_an_empty_folder_has_no_earlier_version(tmp_path: Path) -> None:
    with pytest.raises(NoEarlierVersionError, match="no schemas in"):
        schemas_in(tmp_path)

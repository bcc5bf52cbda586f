"""`schemas/topics.yaml` is the one source for topics, and says nothing that cannot be."""

from pathlib import Path

import pytest
import yaml

from backorder.contract.catalogue import Catalogue, CatalogueError, load_catalogue
from backorder.contract.output_types import EVENT_TYPES
from tests.contract.examples import SCHEMAS

FILE = SCHEMAS / "topics.yaml"


@pytest.fixture
def catalogue() -> Catalogue:
    return load_catalogue()


def changed(tmp_path: Path, **fields: object) -> Path:
    """A catalogue file in which the topic `lines` is different."""
    document = yaml.safe_load(FILE.read_text())
    next(topic for topic in document["topics"] if topic["name"] == "lines").update(fields)
    path = tmp_path / "topics.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def test_the_installation_brings_the_file_of_the_checkout(catalogue: Catalogue) -> None:
    assert catalogue.topics == load_catalogue(FILE).topics


def test_the_topics_are_those_of_the_contract_and_the_states_of_the_services(catalogue: Catalogue) -> None:
    assert set(catalogue.topics) == {
        *("orders", "inventory", "receiving", "journal", "dead-letters"),
        *(
            "backorders",
            "releases",
            "replenishment",
            "stock",
            "lines",
            "availability",
            "exceptions",
            "notices",
        ),
        *("orders-state", "inventory-state", "receiving-state", "allocation-state"),
    }


def test_every_event_type_is_on_the_topic_that_the_code_expects(catalogue: Catalogue) -> None:
    expected = {kind.short: kind.topic for kind in EVENT_TYPES}
    assert {name: topic.name for topic in catalogue.topics.values() for name in topic.types} == expected
    assert all(catalogue.topic_of(name).name == topic for name, topic in expected.items())


def test_inputs_and_journal_carry_the_brokers_time(catalogue: Catalogue) -> None:
    """Ticks and the bound on future times rest on it."""
    for topic in catalogue.of_kind("input", "journal"):
        assert topic.kafka_config()["message.timestamp.type"] == "LogAppendTime"


def test_tables_and_states_are_compacted_and_nothing_else_is(catalogue: Catalogue) -> None:
    compacted = {topic.name for topic in catalogue.topics.values() if topic.cleanup == "compact"}
    assert compacted == {topic.name for topic in catalogue.of_kind("table", "state")}


@pytest.mark.parametrize(
    "names",
    [
        ("stock", "lines", "availability"),
        ("journal", "allocation-state"),
        ("orders", "orders-state"),
        ("inventory", "inventory-state"),
        ("receiving", "receiving-state"),
    ],
)
def test_topics_whose_partitions_belong_together_have_the_same_count(
    catalogue: Catalogue, names: tuple[str, ...]
) -> None:
    assert len({catalogue[name].partitions for name in names}) == 1
    assert len({catalogue[name].group for name in names}) == 1


def test_large_records_fit_where_they_may_occur(catalogue: Catalogue) -> None:
    """Journal and states take 8 MiB, dead letters that and the headers, inputs more than is accepted."""
    mib = 1024 * 1024
    for topic in catalogue.of_kind("journal", "state"):
        assert int(topic.kafka_config()["max.message.bytes"]) == 8 * mib
    dead = catalogue["dead-letters"].kafka_config()
    assert int(dead["max.message.bytes"]) > 8 * mib
    assert dead["compression.type"] != "producer"
    for topic in catalogue.of_kind("input"):
        assert int(topic.kafka_config()["max.message.bytes"]) > 8 * mib


def test_retention_is_written_for_people_and_given_in_milliseconds(catalogue: Catalogue) -> None:
    assert catalogue["orders"].kafka_config()["retention.ms"] == str(30 * 24 * 3600 * 1000)
    assert catalogue["lines"].kafka_config()["delete.retention.ms"] == str(7 * 24 * 3600 * 1000)
    assert "retention.ms" not in catalogue["lines"].kafka_config()
    assert catalogue["orders"].model_copy(update={"retention": "forever"}).retention_ms == -1


@pytest.mark.parametrize(("replication", "minimum"), [(1, "1"), (2, "1"), (3, "2")])
def test_a_write_needs_all_copies_but_one(catalogue: Catalogue, replication: int, minimum: str) -> None:
    assert catalogue["journal"].kafka_config(replication)["min.insync.replicas"] == minimum


def test_a_prefix_stands_before_every_name_and_comes_off_again() -> None:
    catalogue = load_catalogue(prefix="team-a.")
    assert catalogue.full_name("orders") == "team-a.orders"
    assert catalogue.short_name("team-a.orders") == "orders"
    assert catalogue["orders"].name == "orders"
    for other in ("orders", "team-a.payments"):
        with pytest.raises(KeyError):
            catalogue.short_name(other)


def test_a_prefix_that_kafka_would_refuse_is_refused_at_once() -> None:
    with pytest.raises(CatalogueError, match="topic prefix 'a/b'"):
        load_catalogue(prefix="a/b")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"partitions": 6},
            "stock and lines are of group tables and must have the same number of partitions",
        ),
        ({"name": "stock"}, "topic stock is there twice"),
        ({"types": ["line.changed", "order.placed"]}, "type order.placed is there twice"),
        ({"retention": "a week"}, "retention"),
        ({"cleanup": "compacted"}, "cleanup"),
        ({"partitions": "12"}, "partitions"),
        ({"partitons": 12}, "partitons"),
        ({"config": {"cleanup.policy": "compact"}}, "cleanup.policy is made from other fields"),
    ],
)
def test_a_catalogue_that_contradicts_itself_is_refused_with_the_place(
    tmp_path: Path, fields: dict[str, object], message: str
) -> None:
    with pytest.raises(CatalogueError, match=message):
        load_catalogue(changed(tmp_path, **fields))


@pytest.mark.parametrize(
    "text", ["", "[]", "topics: []", "version: 2\ntopics: []", "version: 1\ntopics: []\nmore: 1"]
)
def test_another_document_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "topics.yaml"
    path.write_text(text)
    with pytest.raises(CatalogueError, match="must have `version: 1` and `topics`"):
        load_catalogue(path)


def test_a_file_that_is_no_yaml_or_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "topics.yaml"
    with pytest.raises(CatalogueError, match=r"cannot read .*topics\.yaml: No such file"):
        load_catalogue(path)
    path.write_text("topics: [")
    with pytest.raises(CatalogueError, match="is not YAML"):
        load_catalogue(path)

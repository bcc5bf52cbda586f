"""`backorder topics`: what is missing is made, what differs is set, what cannot be changed is said."""

import json

import pytest
from confluent_kafka.admin import ConfigResource, ResourceType

from backorder.cli.main import main
from backorder.contract.catalogue import load_catalogue
from backorder.topics import CONFIGURE, CREATE, IMPOSSIBLE, NOTHING, Step, apply, plan
from tests.support.broker import AnyBroker, admin, create_topic
from tests.support.waiting import wait_until

pytestmark = pytest.mark.broker


def steps(bootstrap: str, prefix: str) -> dict[str, Step]:
    """The plan, by the short names."""
    found = plan(admin(bootstrap), load_catalogue(prefix=prefix))
    return {step.topic.removeprefix(prefix): step for step in found}


def test_everything_is_created_once_as_the_catalogue_says(broker: AnyBroker, topic_prefix: str) -> None:
    catalogue = load_catalogue(prefix=topic_prefix)
    assert {step.action for step in steps(broker.bootstrap, topic_prefix).values()} == {CREATE}
    client = admin(broker.bootstrap)
    apply(client, catalogue, plan(client, catalogue))
    assert {step.action for step in steps(broker.bootstrap, topic_prefix).values()} == {NOTHING}
    found = client.list_topics(timeout=10).topics
    assert {name: len(found[topic_prefix + name].partitions) for name in catalogue.topics} == {
        name: topic.partitions for name, topic in catalogue.topics.items()
    }


def test_a_setting_that_differs_is_named_and_set(broker: AnyBroker, topic_prefix: str) -> None:
    partitions = load_catalogue()["orders"].partitions
    create_topic(broker.bootstrap, topic_prefix + "orders", partitions, {"retention.ms": "1000"})
    catalogue = load_catalogue(prefix=topic_prefix)
    client = admin(broker.bootstrap)
    step = steps(broker.bootstrap, topic_prefix)["orders"]
    assert step.action == CONFIGURE
    assert "message.timestamp.type: CreateTime -> LogAppendTime" in step.detail
    apply(client, catalogue, [step])
    # The controller has it at once, the broker that is asked a moment later.
    wait_until(lambda: steps(broker.bootstrap, topic_prefix)["orders"].action == NOTHING, "it is set")
    resource = ConfigResource(ResourceType.TOPIC, topic_prefix + "orders")
    config = client.describe_configs([resource])[resource].result(30)
    assert config["message.timestamp.type"].value == "LogAppendTime"


def test_another_number_of_partitions_is_a_problem_that_is_not_mended(
    broker: AnyBroker,
    topic_prefix: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create_topic(broker.bootstrap, topic_prefix + "journal", 2)
    step = steps(broker.bootstrap, topic_prefix)["journal"]
    assert step.action == IMPOSSIBLE
    assert "has 2 partitions" in step.detail
    monkeypatch.setenv("BACKORDER_KAFKA__BOOTSTRAP_SERVERS", broker.bootstrap)
    monkeypatch.setenv("BACKORDER_TOPIC_PREFIX", topic_prefix)
    with pytest.raises(SystemExit) as ended:
        main(["topics", "plan", "-o", "json"])
    assert ended.value.code == 1
    printed = {step["topic"]: step["action"] for step in json.loads(capsys.readouterr().out)}
    assert printed[topic_prefix + "journal"] == IMPOSSIBLE

"""Round trips against the CloudEvents SDK, which serves as the other side only here.

Its reader is no model for ours (it makes up a missing id and time), its writer is a fair witness.
"""

import json
from datetime import datetime
from typing import Any

import msgspec
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka, to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from backorder.contract.envelope import decode_record, decode_structured, encode_structured
from backorder.contract.event_types import INPUT_TYPES
from tests.contract.examples import Example, examples

INPUTS = {kind.short: kind for kind in INPUT_TYPES}
EXAMPLES = [example for example in examples() if example.type in INPUTS]
FORMAT = JSONFormat()


def as_sdk(example: Example) -> CloudEvent:
    attributes = {name: value for name, value in example.content.items() if name != "data"}
    attributes["time"] = datetime.fromisoformat(attributes["time"])
    return CloudEvent(attributes=attributes, data=example.content["data"])


def at(example: Example) -> int:
    """The timestamp of a record that is published when the event happens."""
    return int(datetime.fromisoformat(example.content["time"]).timestamp() * 1000)


def read(example: Example, message: KafkaMessage) -> Any:
    kind = INPUTS[example.type]
    assert isinstance(message.key, str)
    return decode_record(
        kind.topic, message.key.encode(), message.value, list(message.headers.items()), at(example)
    )


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
@pytest.mark.parametrize("publish", [to_structured, to_binary], ids=["structured", "binary"])
def test_what_the_sdk_publishes_is_read(example: Example, publish: Any) -> None:
    message = publish(as_sdk(example), FORMAT, lambda event: event.get_subject())
    event = read(example, message)

    said = example.content
    assert (event.id, event.source, event.type, event.subject) == (
        said["id"],
        said["source"],
        said["type"],
        said["subject"],
    )
    assert event.time == datetime.fromisoformat(said["time"])
    assert event.pool == said.get("pool", "default")
    assert event.traceparent == said.get("traceparent")
    assert json.loads(event.data) == said["data"]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_both_modes_of_the_sdk_are_the_same_event(example: Example) -> None:
    one, other = (
        read(example, publish(as_sdk(example), FORMAT, lambda event: event.get_subject()))
        for publish in (to_structured, to_binary)
    )
    assert json.loads(one.data) == json.loads(other.data)
    assert msgspec.structs.replace(one, data=b"") == msgspec.structs.replace(other, data=b"")


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_what_we_publish_is_read_by_the_sdk(example: Example) -> None:
    said = example.content
    record = encode_structured(
        example.type,
        said["data"],
        id=said["id"],
        source=said["source"],
        time=datetime.fromisoformat(said["time"]),
        pool=said.get("pool", "default"),
        traceparent=said.get("traceparent"),
    )
    event = from_kafka(KafkaMessage(dict(record.headers), record.key, record.value), FORMAT)

    assert (event.get_id(), event.get_source(), event.get_type()) == (
        said["id"],
        said["source"],
        said["type"],
    )
    assert event.get_time() == datetime.fromisoformat(said["time"])
    assert event.get_subject() == said["subject"] == record.key.decode()
    assert event.get_extension("pool") == said.get("pool", "default")
    assert event.get_data() == said["data"]
    assert decode_structured(record.value).id == said["id"]


def test_a_structured_event_with_attributes_in_headers_too_is_read_as_what_it_is() -> None:
    """Where the SDK goes by the headers and takes the whole envelope for the data, we go by the standard."""
    example = next(example for example in EXAMPLES if example.type == "order.placed")
    structured = to_structured(as_sdk(example), FORMAT, lambda event: event.get_subject())
    both = KafkaMessage(
        {**structured.headers, "ce_specversion": b"1.0", "ce_id": b"x"}, structured.key, structured.value
    )
    assert read(example, both) == read(example, structured)

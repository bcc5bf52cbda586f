"""The AsyncAPI document of the public topics, made from the catalogue, the event types and the examples."""

import json
from pathlib import Path

import yaml

from backorder.contract.catalogue import Catalogue, Kind, Topic
from backorder.contract.envelope import STRUCTURED_CONTENT_TYPE
from backorder.contract.json_schema import key_of
from backorder.contract.output_types import EVENT_TYPES, EventType
from backorder.contract.types import Json

PUBLIC: tuple[Kind, ...] = ("input", "output", "table", "dead-letters")
# What AsyncAPI's Kafka binding knows of a topic's settings.
_BINDING_SETTINGS = ("retention.ms", "delete.retention.ms", "max.message.bytes")
_HEADER = "# Generated from topics.yaml, the models and the examples by `backorder schemas write`.\n"


def asyncapi_document(catalogue: Catalogue, folder: Path) -> str:
    """The document as YAML. `folder` is the `schemas` folder, for the examples."""
    topics = catalogue.of_kind(*PUBLIC)
    kinds = {kind.short: kind for kind in EVENT_TYPES}
    messages = {name: _message(kinds[name], folder) for topic in topics for name in topic.types}
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "backorder",
            "version": "1",
            "description": "Orders, stock and receipts in; backorders and releases out. Events are "
            "CloudEvents 1.0 in JSON. What goes out is in structured mode; both modes are read, told apart "
            "by the content type. Readers must be read-committed.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": STRUCTURED_CONTENT_TYPE,
        "channels": {topic.name: _channel(topic) for topic in topics},
        "operations": {name: said for topic in topics for name, said in _operations(topic)},
        "components": {
            "messages": {**messages, "dead-letter": _dead_letter()},
            "messageTraits": {"structured": _structured()},
        },
    }
    return _HEADER + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def _channel(topic: Topic) -> Json:
    config = topic.kafka_config()
    settings: Json = {"cleanup.policy": [topic.cleanup]}
    settings |= {name: int(config[name]) for name in _BINDING_SETTINGS if name in config}
    return {
        "address": topic.name,
        "description": topic.description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _message_names(topic)},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": settings,
                "bindingVersion": "0.5.0",
            }
        },
    }


def _message_names(topic: Topic) -> list[str]:
    return topic.types if topic.kind != "dead-letters" else ["dead-letter"]


def _operations(topic: Topic) -> list[tuple[str, Json]]:
    """What the processor does with a topic: it receives inputs and sends the rest."""
    receives = topic.kind == "input"
    services = topic.consumers if receives else topic.producers
    return [
        (
            f"{service}-{'receives' if receives else 'sends'}-{topic.name}",
            {
                "action": "receive" if receives else "send",
                "channel": {"$ref": f"#/channels/{topic.name}"},
                "summary": f"The {service} service {'reads' if receives else 'writes'} {topic.name}.",
                "messages": [
                    {"$ref": f"#/channels/{topic.name}/messages/{name}"} for name in _message_names(topic)
                ],
            },
        )
        for service in services
    ]


def _message(kind: EventType, folder: Path) -> Json:
    summary = " ".join((kind.payload.__doc__ or "").split())
    examples = sorted((folder / "events" / kind.short / "examples").glob("*.json"))
    return {
        "name": kind.name,
        "title": kind.short,
        "summary": summary,
        "traits": [{"$ref": "#/components/messageTraits/structured"}],
        "payload": {
            "schemaFormat": "application/schema+json;version=2020-12",
            "schema": {"$ref": f"./events/{kind.short}/v1.schema.json"},
        },
        "bindings": {
            "kafka": {"key": {"type": "string", "description": key_of(kind)}, "bindingVersion": "0.5.0"}
        },
        "examples": [
            {"name": path.stem, "payload": json.loads(path.read_text(encoding="utf-8"))} for path in examples
        ],
    }


def _structured() -> Json:
    return {
        "contentType": STRUCTURED_CONTENT_TYPE,
        "headers": {
            "type": "object",
            "properties": {"content-type": {"type": "string", "const": STRUCTURED_CONTENT_TYPE}},
        },
    }


def _dead_letter() -> Json:
    return {
        "name": "dead-letter",
        "title": "dead letter",
        "summary": "A record that could not be read, as it came; where from and why is in the headers.",
        "contentType": "application/octet-stream",
        "payload": {"type": "string", "format": "binary"},
    }

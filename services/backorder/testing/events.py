"""Events as a test sees them: what it publishes, and what came out."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from confluent_kafka import Message

from backorder.contract.envelope import DEFAULT_POOL, decode_structured, encode_structured
from backorder.contract.event_types import INPUT_TYPES, InputType
from backorder.contract.output_types import OUTPUTS
from backorder.contract.types import Payload
from backorder.contract.unreadable import Reason, Unreadable

SOURCE = "/backorder/testing"
"""The CloudEvents source of what is published without one of its own."""

_TYPE_OF = {kind.payload: kind.short for kind in INPUT_TYPES}
_decode = msgspec.json.Decoder().decode


class Event(NamedTuple):
    """An event that the processor published."""

    type: str
    """The short name, such as `release.created`."""
    subject: str
    """What it is about; of a release, the order's id."""
    pool: str
    cause: str
    """The id of the event that it follows from."""
    time: datetime
    """When that happened."""
    data: Any
    """The payload, a model of `backorder.contract`: `event.data.lines[0].quantity`."""


class DeadLetter(NamedTuple):
    """A record that could not be read."""

    reason: str
    """As in the list of reasons in the semantics, such as `missing_field`."""
    detail: str
    """The same in words, with what to do about it."""
    topic: str
    """Where it had been published."""
    key: bytes | None
    value: bytes | None


def cloud_event(
    event: str | Payload | Mapping[str, Any],
    data: Payload | Mapping[str, Any] | None = None,
    *,
    id: str | None = None,
    source: str = SOURCE,
    time: datetime | None = None,
    pool: str = DEFAULT_POOL,
) -> bytes:
    """The text of an event to be published; see `Processor.publish` for what may be given.

    Raises `Unreadable` when it would go to the dead letters, with the reason and the fix.
    """
    if isinstance(event, Mapping):
        text = msgspec.json.encode(event)
    else:
        kind, fields = _kind_and_fields(event, data)
        encoded = encode_structured(
            kind.short,
            fields,
            id=id or str(uuid.uuid4()),
            source=source,
            time=time or datetime.now(UTC),
            pool=pool,
            # Where there is none in the data, the reading below says so.
            subject=str(fields.get(kind.id_field) or fields.get(kind.id_field_without or "") or "-"),
        )
        text = encoded.value
    decode_structured(text)
    return text


def _kind_and_fields(
    event: str | Payload, data: Payload | Mapping[str, Any] | None
) -> tuple[InputType, Mapping[str, Any]]:
    if isinstance(event, Payload):
        return _kind_and_fields(_TYPE_OF.get(type(event), type(event).__name__), event)
    kind = next((kind for kind in INPUT_TYPES if event in (kind.short, kind.name)), None)
    if kind is None:
        known = ", ".join(kind.short for kind in INPUT_TYPES)
        raise Unreadable(Reason.UNKNOWN_TYPE, f"no event {event!r} comes in, but {known}")
    if data is None:
        raise TypeError(f"{event}: the data are missing")
    fields = data.model_dump(mode="json", exclude_unset=True) if isinstance(data, Payload) else data
    return kind, fields


def output(message: Message) -> Event:
    """The event in a record of a public topic."""
    event = _decode(message.value() or b"")
    kind = OUTPUTS[event["type"]]
    return Event(
        kind.short,
        event["subject"],
        event["pool"],
        event["causationid"],
        datetime.fromisoformat(event["time"]),
        kind.payload.model_validate_json(msgspec.json.encode(event["data"])),
    )


def dead_letter(message: Message) -> DeadLetter:
    """What a record of the dead letters says."""
    about: dict[str, Any] = dict(message.headers() or [])
    reason, detail, topic = (
        about[name].decode(errors="replace") for name in ("reason", "detail", "original_topic")
    )
    return DeadLetter(reason, detail, topic, message.key(), message.value())

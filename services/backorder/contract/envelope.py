"""CloudEvents 1.0 on Kafka, in and out: the one place where a record becomes an event, or a reason why not.

Both content modes are read. They are told apart by the content type alone: a record whose `content-type`
header begins with `application/cloudevents` holds the whole event in its value (structured mode); any other
holds the data in its value and the attributes in `ce_*` headers (binary mode). Nothing is invented: an event
without `id` or `time` is refused, never given one.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn

import msgspec
from pydantic import ValidationError

from backorder.contract.event_types import CLOCK_TICKED, INPUTS, InputType, full_name
from backorder.contract.types import FIRST_MOMENT, LAST_MOMENT, MAX_ID_CHARS, RFC3339, Payload
from backorder.contract.unreadable import Reason, Unreadable, from_validation

DEFAULT_POOL = "default"
STRUCTURED_CONTENT_TYPE = "application/cloudevents+json"
STRUCTURED_HEADERS: list[tuple[str, bytes]] = [("content-type", STRUCTURED_CONTENT_TYPE.encode())]
"""The one header of every event that goes out."""
_ONE_HEADER: Any = STRUCTURED_HEADERS

MAX_SOURCE_CHARS = 1000

Headers = Iterable[tuple[str, bytes | None]]


class Limits(NamedTuple):
    """What a record may be at most, and how topics are called here."""

    max_bytes: int = 1024 * 1024
    """The size of a value, uncompressed."""
    future_ms: int = 5 * 60 * 1000
    """How far an event's `time` may be ahead of its record's timestamp, in milliseconds."""
    topic_prefix: str = ""
    """What stands before every topic's name on this cluster."""


DEFAULT_LIMITS = Limits()


class Decoded(msgspec.Struct, frozen=True, gc=False):
    """An event that is well formed: every attribute checked, the data valid for its type."""

    id: str
    source: str
    type: str
    """The full name, such as `io.backorder.order.placed.v1`."""
    time: datetime
    """When it happened; has an offset."""
    subject: str
    """The id that it is about, equal to the key and to the id in the data."""
    pool: str
    traceparent: str | None
    topic: str
    """The topic that the type belongs to, without a prefix."""
    data: bytes
    """The JSON of `data` exactly as it was published."""


class ClockTicked(NamedTuple):
    """A line in the input of `simulate` that moves the clock and does nothing else."""

    time: datetime


class Encoded(NamedTuple):
    """A record to be produced."""

    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


class _Envelope(msgspec.Struct, gc=False):
    """The attributes that mean something here. Others are allowed and ignored, as CloudEvents asks."""

    specversion: str
    id: str
    source: str
    type: str
    time: str
    subject: str
    data: msgspec.Raw
    pool: str | None = None
    traceparent: str | None = None
    datacontenttype: str | None = None


_ATTRIBUTES = frozenset(_Envelope.__struct_fields__) - {"data"}
_HEADERS = {f"ce_{name}": name for name in _ATTRIBUTES - {"datacontenttype"}}
_TOO_DEEP = "the value is not JSON that we read: it is nested too deeply"
_LAST_SECOND = int(LAST_MOMENT.timestamp())
_REQUIRED = ("specversion", "id", "source", "type", "time", "subject")
_read_envelope = msgspec.json.Decoder(_Envelope).decode
_read_raw = msgspec.json.Decoder(msgspec.Raw).decode
_read_any = msgspec.json.Decoder().decode
_is_moment = re.compile(RFC3339).fullmatch
_is_traceparent = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?").fullmatch


def decode_record(
    topic: str,
    key: bytes | None,
    value: bytes | None,
    headers: Headers | None,
    timestamp_ms: int,
    limits: Limits = DEFAULT_LIMITS,
) -> Decoded:
    """The event in a record of a public topic.

    `timestamp_ms` is the record's timestamp, set by the broker. Raises `Unreadable` for anything that is not
    a whole, valid event of this topic under its own key.
    """
    if value is None:
        raise Unreadable(Reason.TOMBSTONE, "the record has no value: publish an event, or nothing")
    if len(value) > limits.max_bytes:
        raise Unreadable(
            Reason.TOO_LARGE,
            f"the value has {len(value)} bytes, {limits.max_bytes} are allowed: publish it in parts",
        )
    # By far most records have our one header, and need not be looked through.
    envelope = _open_structured(value) if headers == _ONE_HEADER else _open_record(value, headers or ())
    try:
        kind = INPUTS.get(envelope.type) or _refuse_type(envelope.type)
        if topic != limits.topic_prefix + kind.topic:
            raise Unreadable(Reason.WRONG_TOPIC, f"type: {kind.name} belongs on the topic {kind.topic}")
        event = _accept(envelope, kind)
        if key != event.subject.encode():
            _refuse_key(key, event.subject)
        if event.time > _moment_of(timestamp_ms // 1000) and _is_ahead(event.time, timestamp_ms, limits):
            raise Unreadable(
                Reason.TIME_IN_FUTURE,
                f"time: {event.time.isoformat()} is more than {limits.future_ms // 1000} seconds ahead of "
                "the record's timestamp: correct the publisher's clock",
            )
        return event
    except Unreadable as problem:
        problem.id, problem.type = envelope.id, envelope.type
        raise


def decode_structured(value: bytes) -> Decoded:
    """The event in the text of a structured CloudEvent, wherever it comes from: the type decides the topic.

    Key, size and distance to the clock are not checked: there are none. Raises `Unreadable`.
    """
    envelope = _open_structured(value)
    try:
        return _accept(envelope, INPUTS.get(envelope.type) or _refuse_type(envelope.type))
    except Unreadable as problem:
        problem.id, problem.type = envelope.id, envelope.type
        raise


def decode_simulated(value: bytes) -> Decoded | ClockTicked:
    """One line of the input of `simulate`: an event, or a tick of the clock, which needs no more than `type`
    and `time`. Raises `Unreadable`."""
    try:
        return decode_structured(value)
    except Unreadable as problem:
        if problem.type != CLOCK_TICKED:
            raise
        try:
            return ClockTicked(_tick_time(_read_any(value)))
        except Unreadable as wrong:
            wrong.type = CLOCK_TICKED
            raise wrong from None


def _tick_time(tick: dict[str, Any]) -> datetime:
    if tick.get("time") is None:
        raise Unreadable(Reason.MISSING_FIELD, "time is missing: add it")
    _require_text("time", tick["time"])
    return read_moment("time", tick["time"])


@lru_cache(1024)
def _moment_of(second: int) -> datetime:
    """A second since the epoch; before the first and after the last moment, that one."""
    return FIRST_MOMENT + timedelta(seconds=min(max(second, 0), _LAST_SECOND))


def _is_ahead(time: datetime, timestamp_ms: int, limits: Limits) -> bool:
    return time.timestamp() * 1000 > timestamp_ms + limits.future_ms


def read_moment(name: str, text: str) -> datetime:
    """The moment that an attribute says; `name` is used in errors. The rules are those of the date-times in
    the data (`contract.types.Moment`). Raises `Unreadable`."""
    # Most publishers write 2026-03-01T09:30:00Z or 2026-03-01T09:30:00.250Z. Every third character tells that
    # quicker than the pattern; whether there are digits between them is found when they are read.
    if text[4:19:3] == "--T::" and text[-1] == "Z" and text.isascii():
        fraction = text[19:-1]
        if not fraction or (fraction[0] == "." and len(fraction) <= 10 and fraction[1:].isdecimal()):
            return _moment(name, text)
    if (shape := _is_moment(text)) is None:
        raise Unreadable(
            Reason.INVALID_FIELD,
            f"{name}: must be an RFC 3339 date-time with an offset, such as 2026-03-01T09:30:00Z",
        )
    if shape[2] is None:
        raise Unreadable(
            Reason.NAIVE_TIME,
            f"{name}: has no offset: write 2026-03-01T09:30:00Z or 2026-03-01T10:30:00+01:00",
        )
    return _moment(name, text if text[-1] != "z" else text[:-1] + "Z")


def _moment(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if FIRST_MOMENT <= moment <= LAST_MOMENT:
            return moment
    except ValueError as problem:
        raise Unreadable(Reason.INVALID_FIELD, f"{name}: is no date-time that exists ({problem})") from None
    raise Unreadable(Reason.INVALID_FIELD, f"{name}: must be from 1970 to 9999")


def encode_structured(
    type: str,
    data: Mapping[str, Any] | Payload,
    *,
    id: str,
    source: str,
    time: datetime,
    pool: str = DEFAULT_POOL,
    subject: str | None = None,
    traceparent: str | None = None,
) -> Encoded:
    """The record of an event that comes in, for publishers: key, value and header in structured mode.

    `type` is the short name (`order.placed`) or the full one. `data` is a payload model or what its JSON will
    be; it is not validated here, so that tests may publish nonsense. `subject` is taken from the data unless
    it is given. Raises KeyError for an unknown type, ValueError for a naive `time`.
    """
    if time.tzinfo is None:
        raise ValueError("time has no offset")
    kind = INPUTS[type] if type in INPUTS else INPUTS[full_name(type)]
    fields = data.model_dump(mode="json", exclude_unset=True) if isinstance(data, Payload) else data
    if subject is None:
        subject = str(fields.get(kind.id_field) or fields[kind.id_field_without or kind.id_field])
    event = {
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": kind.name,
        "time": time,
        "subject": subject,
        "pool": pool,
        "datacontenttype": "application/json",
        "data": fields,
    }
    if traceparent is not None:
        event["traceparent"] = traceparent
    return Encoded(kind.topic, subject.encode(), msgspec.json.encode(event), STRUCTURED_HEADERS)


def _open_record(value: bytes, headers: Headers) -> _Envelope:
    content_type: bytes | None = None
    attributes: dict[str, bytes] = {}
    for name, content in headers:
        attribute = _HEADERS.get(name)
        if attribute is None:
            if name.lower() == "content-type":
                content_type = content
        elif attribute in attributes:
            raise Unreadable(Reason.INVALID_FIELD, f"{attribute}: the header {name} appears twice: send one")
        elif content is not None:
            attributes[attribute] = content
    if content_type is not None and content_type[:23].lower() == b"application/cloudevents":
        if content_type[23:].split(b";")[0].strip().lower() != b"+json":
            raise Unreadable(
                Reason.NOT_CLOUDEVENTS,
                f"content-type: must be {STRUCTURED_CONTENT_TYPE}; no other format is read",
            )
        return _open_structured(value)
    if not attributes:
        raise Unreadable(
            Reason.NOT_CLOUDEVENTS,
            f"neither a content-type of {STRUCTURED_CONTENT_TYPE} nor ce_ headers: send one of the two modes",
        )
    if content_type is not None:
        attributes["datacontenttype"] = content_type
    return _open_binary(value, attributes)


def _open_structured(value: bytes) -> _Envelope:
    if not value.isascii():
        _require_utf8("the value", value)
    try:
        return _read_envelope(value)
    except (msgspec.DecodeError, RecursionError):
        # The first thing wrong ended the reading: what stands behind it may be worse.
        _explain(_read_whole(value))


def _read_whole(value: bytes) -> Any:
    try:
        return _read_any(value)
    except msgspec.DecodeError as problem:
        raise Unreadable(Reason.NOT_JSON, f"the value is not JSON: {problem}") from None
    except RecursionError:
        raise Unreadable(Reason.NOT_JSON, _TOO_DEEP) from None


def _open_binary(value: bytes, headers: dict[str, bytes]) -> _Envelope:
    attributes: dict[str, Any] = {name: _require_utf8(name, content) for name, content in headers.items()}
    try:
        _require_utf8("the value", value)
        attributes["data"] = _read_raw(value)
        return _Envelope(**attributes)
    except msgspec.DecodeError as problem:
        raise Unreadable(Reason.NOT_JSON, f"the value is not JSON: {problem}", **_named(attributes)) from None
    except RecursionError:
        raise Unreadable(Reason.NOT_JSON, _TOO_DEEP, **_named(attributes)) from None
    except TypeError:  # a required attribute is not there
        _explain(attributes)


def _explain(event: Any) -> NoReturn:
    """Says what is wrong with an event that does not fit the envelope."""
    if not isinstance(event, dict):
        raise Unreadable(
            Reason.NOT_CLOUDEVENTS, "the value is not a JSON object: publish one event per record"
        )
    if not event.keys() & {"specversion", "id", "source", "type"}:
        raise Unreadable(
            Reason.NOT_CLOUDEVENTS, "none of specversion, id, source and type is there: publish a CloudEvent"
        )
    named = _named(event)
    for name in _REQUIRED:
        if event.get(name) is None:
            raise Unreadable(Reason.MISSING_FIELD, f"{name} is missing: add it", **named)
    for name in sorted(_ATTRIBUTES & event.keys()):
        if event[name] is not None:
            _require_text(name, event[name], **named)
    if "data_base64" in event:
        raise Unreadable(
            Reason.INVALID_FIELD, "data_base64 is not read: send the data as a JSON object in data", **named
        )
    raise Unreadable(Reason.MISSING_FIELD, "data is missing: add it", **named)


def _named(event: Mapping[str, Any]) -> dict[str, str]:
    """The id and type of an event as far as they can be read, for the report of what is wrong with it."""
    return {name: event[name] for name in ("id", "type") if isinstance(event.get(name), str)}


def _require_text(name: str, attribute: Any, **named: str) -> None:
    if not isinstance(attribute, str):
        raise Unreadable(Reason.INVALID_FIELD, f"{name}: must be a string, in quotes", **named)


def _require_utf8(what: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as problem:
        raise Unreadable(
            Reason.NOT_UTF8, f"{what} is not UTF-8 (byte {problem.start}): encode it as UTF-8"
        ) from None


def _refuse_type(type: str) -> NoReturn:
    raise Unreadable(
        Reason.UNKNOWN_TYPE, f"type: no event {type[:100]!r} comes in; the types are in schemas/events"
    )


def _accept(envelope: _Envelope, kind: InputType) -> Decoded:
    if envelope.specversion != "1.0":
        raise Unreadable(Reason.INVALID_FIELD, f"specversion: must be 1.0, not {envelope.specversion[:20]!r}")
    if not 1 <= len(envelope.id) <= MAX_ID_CHARS:
        _refuse_length("id", MAX_ID_CHARS)
    if not 1 <= len(envelope.source) <= MAX_SOURCE_CHARS:
        _refuse_length("source", MAX_SOURCE_CHARS)
    pool = DEFAULT_POOL if envelope.pool is None else envelope.pool
    if not 1 <= len(pool) <= MAX_ID_CHARS:
        _refuse_length("pool", MAX_ID_CHARS)
    content_type = envelope.datacontenttype
    if content_type != "application/json" and content_type is not None and not _is_json(content_type):
        raise Unreadable(Reason.INVALID_FIELD, "datacontenttype: must be application/json, or left out")
    traceparent = envelope.traceparent
    if traceparent is not None and _is_traceparent(traceparent) is None:
        traceparent = None  # W3C trace context: a broken one is as good as none
    time = read_moment("time", envelope.time)
    data = bytes(envelope.data)
    try:
        payload: Payload = kind.validate(data)
    except ValidationError as problem:
        raise Unreadable(*from_validation(problem)) from None
    subject = kind.subject(payload)
    if subject != envelope.subject:
        raise Unreadable(
            Reason.KEY_MISMATCH,
            f"subject: {envelope.subject[:100]!r} is not the id in data, {subject[:100]!r}: make them one",
        )
    return Decoded(
        envelope.id, envelope.source, kind.name, time, subject, pool, traceparent, kind.topic, data
    )


def _is_json(content_type: str) -> bool:
    return content_type.split(";")[0].strip().lower() == "application/json"


def _refuse_length(name: str, most: int) -> NoReturn:
    raise Unreadable(Reason.INVALID_FIELD, f"{name}: must have 1 to {most} characters")


def _refuse_key(key: bytes | None, subject: str) -> NoReturn:
    if key is None:
        raise Unreadable(Reason.KEY_MISMATCH, f"the key is null: it must be the subject, {subject[:100]!r}")
    text = _require_utf8("the key", key)
    raise Unreadable(
        Reason.KEY_MISMATCH, f"the key {text[:100]!r} is not the subject, {subject[:100]!r}: make them one"
    )

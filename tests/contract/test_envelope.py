"""A record becomes an event, or a reason why not."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorder.contract.envelope import (
    STRUCTURED_HEADERS,
    ClockTicked,
    Decoded,
    Limits,
    decode_record,
    decode_simulated,
    decode_structured,
    encode_structured,
    read_moment,
)
from backorder.contract.event_types import full_name, short_name
from backorder.contract.orders import OrderPlaced
from backorder.contract.unreadable import Reason, Unreadable

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
AT_MS = int(AT.timestamp() * 1000)
DATA: dict[str, Any] = {"order_id": "SO-1", "lines": [{"line": 1, "sku": "MUG", "quantity": 3}]}
RECORD = encode_structured("order.placed", DATA, id="e-1", source="/shop", time=AT)
EVENT: dict[str, Any] = json.loads(RECORD.value)
BINARY: dict[str, bytes] = {
    "ce_specversion": b"1.0",
    "ce_id": b"e-1",
    "ce_source": b"/shop",
    "ce_type": b"io.backorder.order.placed.v1",
    "ce_time": b"2026-03-01T09:30:00Z",
    "ce_subject": b"SO-1",
    "content-type": b"application/json",
}


def structured(
    event: Any = EVENT, *, key: bytes | None = b"SO-1", topic: str = "orders", limits: Limits | None = None
) -> Decoded:
    value = event if isinstance(event, bytes) else msgspec.json.encode(event)
    return decode_record(topic, key, value, STRUCTURED_HEADERS, AT_MS, limits or Limits())


def binary(changes: dict[str, bytes | None] | None = None, value: bytes | None = None) -> Decoded:
    headers = {**BINARY, **(changes or {})}
    given = [(name, content) for name, content in headers.items() if content != b"left out"]
    return decode_record("orders", b"SO-1", value or json.dumps(DATA).encode(), given, AT_MS)


@contextmanager
def refused(reason: Reason, mentions: str) -> Iterator[None]:
    """The block must refuse for this reason, and the detail must name this."""
    with pytest.raises(Unreadable) as refusal:
        yield
    assert refusal.value.reason is reason, refusal.value
    assert mentions in refusal.value.detail, refusal.value


# --- both modes ---------------------------------------------------------------------------------------------


def test_a_structured_record_is_read_with_its_attributes_and_the_bytes_of_its_data() -> None:
    assert structured() == Decoded(
        id="e-1",
        source="/shop",
        type="io.backorder.order.placed.v1",
        time=AT,
        subject="SO-1",
        pool="default",
        traceparent=None,
        topic="orders",
        data=json.dumps(DATA, separators=(",", ":")).encode(),
    )


def test_a_binary_record_is_the_same_event() -> None:
    event = binary()
    assert msgspec.structs.replace(event, data=b"") == msgspec.structs.replace(structured(), data=b"")
    assert json.loads(event.data) == DATA


def test_the_data_is_passed_on_byte_for_byte() -> None:
    """Nothing is encoded again: order, spaces, escapes and unknown fields stay."""
    data = b'{ "lines" : [{"quantity":3,"line":1,"sku":"M\\u00fcG","weight":1.50}],"order_id":"SO-1" }'
    envelope = json.dumps({**EVENT, "data": 0}).encode().replace(b'"data": 0', b'"data": ' + data)
    assert structured(envelope).data.strip() == data
    assert binary(value=data).data == data


@pytest.mark.parametrize(
    "content_type",
    [
        "application/cloudevents+json",
        "Application/CloudEvents+JSON",
        "application/cloudevents+json; charset=UTF-8",
        "application/cloudevents+json;charset=utf-8",
    ],
)
def test_the_content_type_prefix_alone_makes_a_record_structured(content_type: str) -> None:
    """Attributes in headers beside a structured event are not looked at."""
    headers = [("ce_id", b"other"), ("ce_type", b"nonsense"), ("Content-Type", content_type.encode())]
    assert decode_record("orders", b"SO-1", RECORD.value, headers, AT_MS) == structured()


def test_a_structured_event_without_its_content_type_is_not_guessed() -> None:
    with refused(Reason.NOT_CLOUDEVENTS, "content-type"):
        decode_record("orders", b"SO-1", RECORD.value, [], AT_MS)
    with refused(Reason.NOT_CLOUDEVENTS, "content-type"):
        decode_record("orders", b"SO-1", RECORD.value, None, AT_MS)


@pytest.mark.parametrize("kind", ["application/cloudevents+avro", "application/cloudevents-batch+json"])
def test_another_format_of_cloudevents_is_refused(kind: str) -> None:
    with refused(Reason.NOT_CLOUDEVENTS, "content-type: must be application/cloudevents+json"):
        decode_record("orders", b"SO-1", RECORD.value, [("content-type", kind.encode())], AT_MS)


def test_a_binary_record_may_leave_out_its_content_type() -> None:
    assert binary({"content-type": b"left out"}) == binary()


def test_what_is_not_json_by_its_content_type_is_refused_in_both_modes() -> None:
    with refused(Reason.INVALID_FIELD, "datacontenttype"):
        binary({"content-type": b"text/plain"})
    with refused(Reason.INVALID_FIELD, "datacontenttype"):
        structured({**EVENT, "datacontenttype": "application/avro"})
    assert structured({**EVENT, "datacontenttype": "application/json; charset=utf-8"}) == structured()


def test_a_binary_attribute_that_comes_twice_is_refused() -> None:
    headers = [*BINARY.items(), ("ce_id", b"e-2")]
    with refused(Reason.INVALID_FIELD, "ce_id appears twice"):
        decode_record("orders", b"SO-1", json.dumps(DATA).encode(), headers, AT_MS)


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type", "time", "subject"])
def test_a_missing_attribute_is_named_in_both_modes_and_never_made_up(name: str) -> None:
    with refused(Reason.MISSING_FIELD, f"{name} is missing"):
        structured({key: value for key, value in EVENT.items() if key != name})
    with refused(Reason.MISSING_FIELD, f"{name} is missing"):
        structured({**EVENT, name: None})
    with refused(Reason.MISSING_FIELD, f"{name} is missing"):
        binary({f"ce_{name}": b"left out"})
    with refused(Reason.MISSING_FIELD, f"{name} is missing"):
        binary({f"ce_{name}": None})


@pytest.mark.parametrize(
    "name", ["specversion", "id", "source", "type", "time", "subject", "pool", "traceparent"]
)
@pytest.mark.parametrize("value", [7, True, 1.5, [], {}], ids=str)
def test_an_attribute_that_is_no_string_is_refused(name: str, value: Any) -> None:
    with refused(Reason.INVALID_FIELD, f"{name}: must be a string"):
        structured({**EVENT, name: value})


def test_unknown_attributes_of_any_kind_are_ignored() -> None:
    assert structured({**EVENT, "sequence": 7, "comexampleflag": True, "dataschema": "urn:x"}) == structured()


def test_an_event_without_data_is_refused() -> None:
    with refused(Reason.MISSING_FIELD, "data is missing"):
        structured({key: value for key, value in EVENT.items() if key != "data"})
    with refused(Reason.INVALID_FIELD, "data must be a JSON object"):
        structured({**EVENT, "data": None})


def test_data_in_base64_is_refused_with_the_way_out() -> None:
    event = {key: value for key, value in EVENT.items() if key != "data"} | {"data_base64": "e30="}
    with refused(Reason.INVALID_FIELD, "data_base64"):
        structured(event)


def test_pool_and_trace_context_are_read_in_both_modes() -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    for event in (
        structured({**EVENT, "pool": "eu", "traceparent": trace}),
        binary({"ce_pool": b"eu", "ce_traceparent": trace.encode()}),
    ):
        assert (event.pool, event.traceparent) == ("eu", trace)


def test_a_null_extension_is_as_good_as_none() -> None:
    assert structured({**EVENT, "pool": None, "traceparent": None}) == structured()


def test_a_broken_trace_context_is_dropped_and_the_event_kept() -> None:
    assert structured({**EVENT, "traceparent": "here"}).traceparent is None


@pytest.mark.parametrize("name", ["id", "pool"])
def test_ids_have_1_to_200_characters(name: str) -> None:
    assert getattr(structured({**EVENT, name: "ü" * 200}), name) == "ü" * 200
    for wrong in ("", "x" * 201):
        with refused(Reason.INVALID_FIELD, f"{name}: must have 1 to 200 characters"):
            structured({**EVENT, name: wrong})


# --- values that are no events ------------------------------------------------------------------------------


def test_a_tombstone_is_refused_in_both_modes() -> None:
    for headers in (STRUCTURED_HEADERS, list(BINARY.items()), None):
        with refused(Reason.TOMBSTONE, "no value"):
            decode_record("orders", b"SO-1", None, headers, AT_MS)


@pytest.mark.parametrize(
    "value", [b"", b"{", b"hello", b'{"id":"1",}', b'{"a":NaN}', b'{"a":"\\ud800"}', b"\xef\xbb\xbf{}"]
)
def test_what_is_not_json_is_refused_in_both_modes(value: bytes) -> None:
    with refused(Reason.NOT_JSON, "not JSON"):
        structured(value)
    with refused(Reason.NOT_JSON, "not JSON"):
        decode_record("orders", b"SO-1", value, list(BINARY.items()), AT_MS)


@pytest.mark.parametrize(
    "data",
    [b'{"order_id":"SO-1","x":NaN}', b'{"order_id":"SO-1","x":Infinity}', b'{"order_id":"SO-1","x":01}'],
)
def test_numbers_that_json_does_not_have_are_refused_even_in_fields_that_are_ignored(data: bytes) -> None:
    with refused(Reason.NOT_JSON, "not JSON"):
        binary(value=data)
    with refused(Reason.NOT_JSON, "not JSON"):
        structured(json.dumps({**EVENT, "data": 0}).encode().replace(b'"data": 0', b'"data": ' + data))


@pytest.mark.parametrize("depth", [300, 100_000])
def test_json_that_is_nested_without_end_is_refused(depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    with refused(Reason.NOT_JSON, "JSON"):
        structured(json.dumps({**EVENT, "data": 0}).encode().replace(b'"data": 0', b'"data": ' + deep))
    with refused(Reason.NOT_JSON, "JSON"):
        binary(value=b'{"x":' + deep + b"}")


def test_a_value_that_is_not_utf8_is_refused_wherever_the_byte_is() -> None:
    for value in (
        b"\xff",
        RECORD.value.replace(b"MUG", b"M\xfcG"),
        RECORD.value.replace(b'"pool"', b'"p\xff"'),
    ):
        with refused(Reason.NOT_UTF8, "the value is not UTF-8"):
            structured(value)
    with refused(Reason.NOT_UTF8, "the value is not UTF-8"):
        binary(value=b'{"order_id":"SO-1","note":"\xff"}')


def test_a_header_that_is_not_utf8_is_named() -> None:
    with refused(Reason.NOT_UTF8, "source is not UTF-8"):
        binary({"ce_source": b"\xff"})


@pytest.mark.parametrize("value", [b"[]", b"7", b'"text"', b"null", b"true", b'[{"id":"1"}]'])
def test_json_that_is_no_object_is_no_cloudevent(value: bytes) -> None:
    with refused(Reason.NOT_CLOUDEVENTS, "not a JSON object"):
        structured(value)


def test_an_object_with_nothing_of_cloudevents_is_none() -> None:
    with refused(Reason.NOT_CLOUDEVENTS, "none of specversion, id, source and type"):
        structured(DATA)


def test_a_record_without_any_header_is_no_cloudevent() -> None:
    with refused(Reason.NOT_CLOUDEVENTS, "neither"):
        decode_record("orders", b"SO-1", json.dumps(DATA).encode(), [("x-request", b"1")], AT_MS)


def test_a_value_above_the_limit_is_refused_and_one_at_it_is_read() -> None:
    size = len(RECORD.value)
    assert decode_record("orders", b"SO-1", RECORD.value, STRUCTURED_HEADERS, AT_MS, Limits(max_bytes=size))
    with refused(Reason.TOO_LARGE, f"{size} bytes, {size - 1} are allowed"):
        decode_record("orders", b"SO-1", RECORD.value, STRUCTURED_HEADERS, AT_MS, Limits(max_bytes=size - 1))


def test_the_default_limit_is_one_mebibyte() -> None:
    with refused(Reason.TOO_LARGE, "1048576"):
        structured(b" " * 1_048_577)


# --- type, topic, key, subject ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "type_",
    [
        "order.placed",
        "io.backorder.order.placed",
        "io.backorder.order.placed.v2",
        "io.backorder.line.changed.v1",
    ],
)
def test_a_type_that_does_not_come_in_is_refused(type_: str) -> None:
    with refused(Reason.UNKNOWN_TYPE, type_):
        structured({**EVENT, "type": type_})


def test_a_type_on_the_wrong_topic_is_refused_with_the_right_one() -> None:
    with refused(Reason.WRONG_TOPIC, "belongs on the topic orders"):
        structured(topic="inventory")


def test_a_topic_prefix_is_part_of_the_name_on_the_cluster_and_not_of_the_events() -> None:
    limits = Limits(topic_prefix="test-")
    assert structured(topic="test-orders", limits=limits).topic == "orders"
    with refused(Reason.WRONG_TOPIC, "orders"):
        structured(topic="orders", limits=limits)


def test_a_null_key_is_refused() -> None:
    with refused(Reason.KEY_MISMATCH, "the key is null"):
        structured(key=None)


@pytest.mark.parametrize("key", [b"", b"SO-2", b"so-1", b" SO-1", b'"SO-1"'])
def test_a_key_that_is_not_the_subject_is_refused(key: bytes) -> None:
    with refused(Reason.KEY_MISMATCH, "is not the subject"):
        structured(key=key)


def test_a_key_that_is_not_utf8_is_refused() -> None:
    with refused(Reason.NOT_UTF8, "the key"):
        structured(key=b"SO-\xff")


def test_a_subject_that_is_not_the_id_in_the_data_is_refused_even_if_the_key_agrees() -> None:
    with refused(Reason.KEY_MISMATCH, "subject"):
        structured({**EVENT, "subject": "SO-2"}, key=b"SO-2")
    with refused(Reason.KEY_MISMATCH, "subject"):
        decode_structured(json.dumps({**EVENT, "subject": "SO-2"}).encode())


@pytest.mark.parametrize(
    ("purchase", "subject", "fits"),
    [("PO-1", "PO-1", True), ("PO-1", "GR-1", False), (None, "GR-1", True), (None, "PO-1", False)],
)
def test_a_receipt_is_keyed_by_its_purchase_or_else_by_itself(
    purchase: str | None, subject: str, fits: bool
) -> None:
    lines = [{"sku": "MUG", "location": "AMS", "quantity": 1}]
    record = encode_structured(
        "goods.received",
        {"receipt_id": "GR-1", "purchase_order_id": purchase, "lines": lines},
        id="1",
        source="/wms",
        time=AT,
        subject=subject,
    )
    if fits:
        assert decode_record(*record[:3], record.headers, AT_MS).subject == subject
    else:
        with refused(Reason.KEY_MISMATCH, "subject"):
            decode_record(*record[:3], record.headers, AT_MS)


# --- time ---------------------------------------------------------------------------------------------------


def test_a_time_without_offset_is_naive_in_both_modes() -> None:
    with refused(Reason.NAIVE_TIME, "time: has no offset"):
        structured({**EVENT, "time": "2026-03-01T09:30:00"})
    with refused(Reason.NAIVE_TIME, "time: has no offset"):
        binary({"ce_time": b"2026-03-01T09:30:00.5"})


def test_a_time_may_be_five_minutes_ahead_of_the_record_and_no_more() -> None:
    assert structured({**EVENT, "time": "2026-03-01T09:35:00Z"}).time == AT + timedelta(minutes=5)
    with refused(Reason.TIME_IN_FUTURE, "time: 2026-03-01T09:35:00.001000+00:00"):
        structured({**EVENT, "time": "2026-03-01T09:35:00.001Z"})
    with refused(Reason.TIME_IN_FUTURE, "more than 1 seconds"):
        structured({**EVENT, "time": "2026-03-01T10:30:02+01:00"}, limits=Limits(future_ms=1000))


def test_simulated_events_have_no_clock_to_be_ahead_of() -> None:
    event = {**EVENT, "time": "2099-01-01T00:00:00Z"}
    assert decode_structured(json.dumps(event).encode()).time.year == 2099


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T09:30:00Z", AT),
        ("2026-03-01t09:30:00z", AT),
        ("2026-03-01 09:30:00Z", AT),
        ("2026-03-01T10:30:00+01:00", AT),
        ("2026-03-01T09:30:00-00:00", AT),
        ("2026-03-01T09:30:00.25Z", AT + timedelta(milliseconds=250)),
        ("2026-03-01T09:30:00.123456789Z", AT + timedelta(microseconds=123456)),
    ],
)
def test_moments_of_rfc_3339_are_read(text: str, moment: datetime) -> None:
    assert read_moment("time", text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "1772357400",
        "2026-03-01",
        "2026-03-01T09:30Z",
        "2026-03-01T09:30:00+0100",
        "2026-03-01T09:30:00+01",
        "2026-03-01T09:30:00,5Z",
        "2026-03-01T09:30:00.Z",
        "2026-W09-7T09:30:00Z",
        "20260301T093000Z",
        "2026-02-30T09:30:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T09:30:60Z",
        "2026-03-01T09:30:00+24:00",
        "0000-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59-01:00",
        "9999-12-31T23:59:59.9999999Z",
        "２０２６-03-01T09:30:00Z",
        "2026-03-01T09:30:00Z\n",
    ],
)
def test_other_ways_to_write_a_moment_are_refused_in_the_envelope_and_in_the_data(text: str) -> None:
    with refused(Reason.INVALID_FIELD, "time"):
        read_moment("time", text)
    line = {**DATA["lines"][0], "required_by": text}
    with refused(Reason.INVALID_FIELD, "data.lines[0].required_by"):
        structured({**EVENT, "data": {**DATA, "lines": [line]}})


_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(
    moment=st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(9999, 12, 30), timezones=_OFFSETS),
    digits=st.integers(0, 9),
)
def test_envelope_data_and_the_services_read_the_same_moment(moment: datetime, digits: int) -> None:
    """Three readers: this border's for the envelope, pydantic for the data, msgspec behind the border."""
    text = moment.replace(microsecond=0).isoformat()
    fraction = f"{moment.microsecond:06}000"[:digits]
    text = text[:19] + (f".{fraction}" if fraction else "") + text[19:]
    wanted = read_moment("time", text)
    line = {**DATA["lines"][0], "required_by": text}
    assert (
        OrderPlaced.model_validate_json(json.dumps({**DATA, "lines": [line]})).lines[0].required_by == wanted
    )
    assert msgspec.json.decode(json.dumps(text), type=datetime) == wanted


# --- what a dead letter is told -----------------------------------------------------------------------------


def test_a_refusal_carries_the_id_and_type_of_the_event_where_they_can_be_read() -> None:
    cases: list[bytes] = [
        json.dumps({**EVENT, "subject": "SO-2"}).encode(),
        json.dumps({**EVENT, "time": None}).encode(),
        json.dumps({**EVENT, "data": {}}).encode(),
    ]
    for value in cases:
        with pytest.raises(Unreadable) as refusal:
            structured(value)
        assert (refusal.value.id, refusal.value.type) == ("e-1", "io.backorder.order.placed.v1")
    with pytest.raises(Unreadable) as refusal:
        binary(value=b"{")
    assert (refusal.value.id, refusal.value.type) == ("e-1", "io.backorder.order.placed.v1")
    with pytest.raises(Unreadable) as refusal:
        structured({**EVENT, "id": 7})
    assert (refusal.value.id, refusal.value.type) == (None, "io.backorder.order.placed.v1")


def test_a_detail_stays_short_whatever_the_event_holds() -> None:
    with pytest.raises(Unreadable) as refusal:
        structured({**EVENT, "data": {**DATA, "lines": [{**DATA["lines"][0], "sku": "x" * 100_000}]}})
    assert len(refusal.value.detail) <= 500
    with pytest.raises(Unreadable) as refusal:
        structured({**EVENT, "type": "y" * 100_000})
    assert len(refusal.value.detail) <= 500


def test_of_several_errors_the_first_is_named_and_the_rest_counted() -> None:
    with refused(Reason.INVALID_FIELD, "data.lines[0].quantity must be at least 1 (and 1 more)"):
        structured(
            {**EVENT, "data": {**DATA, "lines": [{"line": 1, "sku": "M", "quantity": 0, "priority": 0}]}}
        )


# --- simulate -----------------------------------------------------------------------------------------------


def test_a_tick_needs_no_more_than_its_type_and_time() -> None:
    line = b'{"type": "io.backorder.clock.ticked.v1", "time": "2026-03-01T09:30:00Z"}'
    assert decode_simulated(line) == ClockTicked(AT)


def test_a_whole_event_of_the_ticks_type_is_a_tick_too() -> None:
    event = {**EVENT, "type": "io.backorder.clock.ticked.v1", "data": {}}
    assert decode_simulated(json.dumps(event).encode()) == ClockTicked(AT)


def test_a_tick_is_nothing_that_comes_in_on_a_topic() -> None:
    with refused(Reason.UNKNOWN_TYPE, "clock.ticked"):
        structured({**EVENT, "type": "io.backorder.clock.ticked.v1"})


@pytest.mark.parametrize(
    ("time", "reason"),
    [(None, Reason.MISSING_FIELD), (7, Reason.INVALID_FIELD), ("2026-03-01T09:30:00", Reason.NAIVE_TIME)],
)
def test_a_tick_without_a_proper_time_is_refused(time: Any, reason: Reason) -> None:
    tick = {"type": "io.backorder.clock.ticked.v1", "time": time}
    with refused(reason, "time"):
        decode_simulated(json.dumps(tick).encode())


def test_other_lines_are_events() -> None:
    assert decode_simulated(RECORD.value) == decode_structured(RECORD.value)
    with refused(Reason.NOT_JSON, "not JSON"):
        decode_simulated(b"{")


# --- publishing ---------------------------------------------------------------------------------------------


def test_an_encoded_event_is_keyed_by_the_id_in_its_data_and_has_one_header() -> None:
    assert (RECORD.topic, RECORD.key) == ("orders", b"SO-1")
    assert RECORD.headers == [("content-type", b"application/cloudevents+json")]


def test_a_payload_model_is_encoded_as_it_was_filled_in() -> None:
    model = OrderPlaced.model_validate(DATA)
    record = encode_structured("io.backorder.order.placed.v1", model, id="e-1", source="/shop", time=AT)
    assert decode_structured(record.value) == structured()


def test_a_naive_time_cannot_be_published() -> None:
    with pytest.raises(ValueError, match="no offset"):
        encode_structured("order.placed", DATA, id="1", source="/s", time=AT.replace(tzinfo=None))


def test_short_and_full_names_of_types_are_each_others_reverse() -> None:
    assert short_name(full_name("order.placed")) == "order.placed"
    with pytest.raises(ValueError, match=r"not io\.backorder"):
        short_name("com.example.order.placed.v1")

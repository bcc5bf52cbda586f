"""Why a record cannot be read: the reasons of dead letters, and a sentence that names field and fix."""

from enum import StrEnum
from typing import Any

from pydantic import ValidationError

MAX_DETAIL_CHARS = 500


class Reason(StrEnum):
    """Why a record is a dead letter."""

    NOT_JSON = "not_json"
    """The value (or the data of a binary event) is no JSON text."""
    NOT_UTF8 = "not_utf8"
    """The value, the key or a header is not UTF-8."""
    NOT_CLOUDEVENTS = "not_cloudevents"
    """It is JSON, and nothing of it says CloudEvents."""
    TOMBSTONE = "tombstone"
    """The record has no value."""
    MISSING_FIELD = "missing_field"
    """A required attribute or field is absent."""
    INVALID_FIELD = "invalid_field"
    """An attribute or field has the wrong type or value, or contradicts another."""
    NAIVE_TIME = "naive_time"
    """A date-time has no offset."""
    TIME_IN_FUTURE = "time_in_future"
    """The event's `time` is too far ahead of its record's timestamp."""
    UNKNOWN_TYPE = "unknown_type"
    """No event of this type comes in."""
    WRONG_TOPIC = "wrong_topic"
    """The type belongs on another topic."""
    KEY_MISMATCH = "key_mismatch"
    """Key, subject and the id in the data are not one, or the key is null."""
    TOO_LARGE = "too_large"
    """The value is above the size limit."""


class Unreadable(Exception):
    """A record that is no event. `detail` names the field and the fix in a sentence; `id` and `type` are the
    event's own where they could be read, else None."""

    def __init__(
        self, reason: Reason, detail: str, *, id: str | None = None, type: str | None = None
    ) -> None:
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail[:MAX_DETAIL_CHARS]
        self.id = id
        self.type = type


_SENTENCES = {
    "missing": "is missing: add it",
    "int_type": 'must be an integer: 5, not "5", 5.0 or true',
    "int_parsing_size": "is too large an integer",
    "bool_type": "must be true or false, without quotes",
    "string_type": "must be a string, in quotes",
    "string_too_short": "must not be shorter than {min_length} character",
    "string_too_long": "must have at most {max_length} characters",
    "literal_error": "must be {expected}",
    "list_type": "must be a list",
    "too_short": "must not be empty",
    "too_long": "must have at most {max_length} entries",
    "model_type": "must be a JSON object",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "rfc3339": "must be an RFC 3339 date-time with an offset, such as 2026-03-01T09:30:00Z",
    "timezone_aware": "has no offset: write 2026-03-01T09:30:00Z or 2026-03-01T10:30:00+01:00",
    "datetime_parsing": "is no date-time that exists ({error})",
    "datetime_from_date_parsing": "is no date-time that exists ({error})",
}
_REASONS = {
    "missing": Reason.MISSING_FIELD,
    "timezone_aware": Reason.NAIVE_TIME,
    "json_invalid": Reason.NOT_JSON,
}


def from_validation(error: ValidationError) -> tuple[Reason, str]:
    """Reason and detail of what pydantic found wrong in an event's data: the first error, and how many."""
    errors: list[Any] = error.errors(include_url=False, include_input=False)
    first = errors[0]
    reason = _REASONS.get(first["type"], Reason.INVALID_FIELD)
    if reason is Reason.NOT_JSON:
        return reason, f"data is not JSON: {first['ctx']['error']}"
    context = first.get("ctx", {})
    sentence = _SENTENCES.get(first["type"], "{msg}").format(msg=first["msg"], **context)
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    # A contradiction is raised by the object; the field to look at travels beside it.
    location = first["loc"] + ((context["field"],) if context.get("field") else ())
    return reason, f"{field_path(location)} {sentence}{more}"


def field_path(location: tuple[str | int, ...]) -> str:
    """`("lines", 0, "sku")` as people write it: `data.lines[0].sku`."""
    path = "data"
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path

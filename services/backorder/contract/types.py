"""The few types that every event is made of: ids, line numbers, quantities, moments.

They are stricter than JSON: `"5"`, `5.0` and `true` are no integers, and a moment has an offset. A value that
passes here is also read without loss by msgspec, which the services use behind this border.
"""

from collections import Counter
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from operator import attrgetter
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from annotated_types import Len
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

Json = dict[str, Any]

MAX_ID_CHARS = 200
MAX_LINES = 5000
MAX_LINE_NUMBER = 2**63 - 1
MAX_QUANTITY = 2**53 - 1
"""The greatest integer that every JSON reader, JavaScript's included, keeps exactly."""
MAX_DAYS = 36_500
"""A hundred years: any number of days up to it can be added to a date of today."""


def doc(description: str, example: Any, *, alias: str | None = None) -> Any:
    """What a field means, and one value as an example. Every field has both."""
    return Field(description=description, examples=[example], alias=alias)


class Payload(BaseModel):
    """What an event carries in `data`, or a part of it. Unknown fields are ignored, so that publishers may
    send more than we know; known ones are strict."""

    model_config = ConfigDict(
        strict=True, extra="ignore", frozen=True, serialize_by_alias=True, hide_input_in_errors=True
    )


def left_out_is_unchanged(*names: str) -> Callable[[Json], None]:
    """For the JSON Schema of a payload of which these optional fields (without names: all), left out, keep
    what they were: null would be a value of its own, so it must not be named as the default."""

    def change(schema: Json) -> None:
        for name, field in schema["properties"].items():
            if "default" in field and (not names or name in names):
                del field["default"]
                field["x-left-out"] = "unchanged"

    return change


RFC3339 = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
"""The shape of a date-time; without the offset it is naive, which is an error of its own."""
FIRST_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
LAST_MOMENT = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""Not the last fraction of that second: some readers round it up into the year 10000."""


class _Rfc3339:
    """A moment as RFC 3339 writes it. Pydantic's own reader also takes bare dates, Unix seconds in a string
    and a missing seconds part; msgspec does not, so the shape is checked before the value."""

    _BOUNDS: ClassVar[Any] = {"ge": FIRST_MOMENT, "le": LAST_MOMENT, "tz_constraint": "aware"}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        shape = core_schema.custom_error_schema(
            core_schema.str_schema(pattern=f"^{RFC3339}$", strict=True),
            custom_error_type="rfc3339",
            custom_error_message="not an RFC 3339 date-time",
        )
        read = core_schema.datetime_schema(strict=False, **self._BOUNDS)
        return core_schema.json_or_python_schema(
            json_schema=core_schema.chain_schema([shape, read]),
            python_schema=core_schema.datetime_schema(strict=True, **self._BOUNDS),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        return {"type": "string", "format": "date-time"}


class OneOfNow:
    """On a string: one of these words today, of more tomorrow. The JSON Schema lists them without forbidding
    others, so that a reader who validates survives a new one; a reader must have a way to deal with it."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.str_schema(strict=True, pattern="^[a-z][a-z0-9_]*$", max_length=MAX_ID_CHARS)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        return {"type": "string", "x-extensible-enum": list(self.words)}


class _NeverNull:
    """On an optional field: it may be left out (None in Python), an explicit null is an error."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        nullable: Any = handler(source)
        not_null: CoreSchema = nullable["schema"]
        return not_null


NEVER_NULL = _NeverNull()

Id = Annotated[str, Field(min_length=1, max_length=MAX_ID_CHARS)]
"""An id of the publisher's: 1 to 200 characters, compared exactly, never trimmed or folded."""
StatedReason = Annotated[str, Field(min_length=1, max_length=MAX_ID_CHARS)]
"""A reason in the publisher's words or codes, shown to people and never interpreted."""
Moment = Annotated[datetime, _Rfc3339()]
"""A date-time with an offset, 1970 to 9999. A naive one is the error `naive_time`."""

LineNumber = Annotated[int, Field(ge=1, le=MAX_LINE_NUMBER)]
Units = Annotated[int, Field(ge=1, le=MAX_QUANTITY)]
"""A quantity in the item's stocking unit, at least one."""
UnitsOrNone = Annotated[int, Field(ge=0, le=MAX_QUANTITY)]
"""A quantity in the item's stocking unit, or 0."""
SignedUnits = Annotated[int, Field(ge=-MAX_QUANTITY, le=MAX_QUANTITY)]
"""A quantity that may be negative or 0."""
Days = Annotated[int, Field(ge=0, le=MAX_DAYS)]


def _not_zero(quantity: int) -> int:
    if quantity == 0:
        raise contradiction(None, "is 0, which says nothing: leave the entry out")
    return quantity


MovedUnits = Annotated[SignedUnits, AfterValidator(_not_zero)]
"""A signed quantity that is not 0."""
Priority = Annotated[int, Field(ge=1, le=9)]
"""1 is the most urgent, 9 the least."""
Condition = Literal["sellable", "unavailable"]

OrderId = Annotated[Id, doc("The order, unique within its pool.", "SO-1001")]
Sku = Annotated[Id, doc("The stock keeping unit, unique within its pool.", "MUG-BLUE")]
Location = Annotated[
    Id,
    doc("The place that keeps the stock: a warehouse, a store, a region.", "AMS-1"),
]
OrderLineNumber = Annotated[
    LineNumber,
    doc("The number of the order's line; `order_id` and `line` name a line.", 1),
]
PurchaseLineNumber = Annotated[LineNumber, doc("The number of the purchase's line.", 1)]

Figures = Annotated[dict[str, int], Field()]
"""Named integers that a decision rested on."""
Seconds = Annotated[float, Field(ge=0)]

T = TypeVar("T")


def contradiction(field: str | None, what: str) -> PydanticCustomError:
    """The error of a payload whose fields, each well formed, make no sense together: `field` is the one to
    look at (None: the whole), and `what` continues the sentence that begins with its name."""
    return PydanticCustomError("contradiction", "{what}", {"what": what, "field": field})


def no_two_alike(key: Callable[[Any], Hashable], what: str) -> AfterValidator:
    """A check that no two entries of a list have the same key: `what` calls the key by name."""

    def check(entries: list[T]) -> list[T]:
        if len(entries) > 1 and len(set(map(key, entries))) < len(entries):
            twice = next(name for name, times in Counter(map(key, entries)).items() if times > 1)
            raise contradiction(None, f"names {what} {twice!r} twice: join the entries")
        return entries

    return AfterValidator(check)


BY_LINE = no_two_alike(attrgetter("line"), "line")
BY_LINE_AND_PLACE = no_two_alike(attrgetter("line", "location"), "line and location")
LINES = Len(1, MAX_LINES)


_QUANTITY = attrgetter("quantity")


def _in_bounds(entries: list[T]) -> list[T]:
    # Figures add up lines: what one event brings in all stays as exact as what one line brings.
    if len(entries) > 1 and sum(filter(None, map(_QUANTITY, entries))) > MAX_QUANTITY:
        raise contradiction(None, f"is {MAX_QUANTITY:,} units at most in all: correct the quantities")
    return entries


ADDED_UP = AfterValidator(_in_bounds)
"""For the lines of an event that brings units: their sum is bounded like a single quantity."""

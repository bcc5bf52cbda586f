"""What is remembered of promises: of a line's, and of the walk that dates those of a SKU.

Records of the changelog like those in `records`: fields are only ever appended, with a default.
"""

from msgspec import Struct, field

Place = tuple[int, int, int, str, int, int]
"""A place in the queue's order: priority, required date, time of acceptance, order, line, claim."""

NOTHING, SUPPLY, LEAD_TIME, ENDED = 0, 1, 2, 3
"""What a promise rests on: nothing; what is to come; the lead time. `ENDED`: nothing waited for a while, so
that what waits again has lost its supply."""


class Alone(Struct, array_like=True, gc=False):
    """What a line of an order that ships complete would be promised alone, and what that rests on.

    is_there: nothing of it is missing, what is free now would complete it.
    """

    at: int | None
    rests_on: int
    is_there: bool


class Promise(Struct, array_like=True, gc=False):
    """When the waiting units of a line should be there, microseconds since 1970.

    original: the first date that was promised. current: the last one said; null = none. rests_on: what the
    current one rests on. lead_from: since when its lead time runs, null = since it was opened. cause: the
    event that set the current date, or that of the line alone. no_supply_said: that no planned supply covers
    it has been told. alone: null = its order does not ship complete, and what is promised is the line's own.
    """

    original: int | None = None
    current: int | None = None
    rests_on: int = NOTHING
    lead_from: int | None = None
    cause: str = ""
    no_supply_said: bool = False
    alone: Alone | None = None

    @property
    def by_itself(self) -> Alone:
        """What the line alone is promised, whatever becomes of its order."""
        return self.alone or Alone(self.current, self.rests_on, is_there=False)


class Plan(Struct, array_like=True, gc=False):
    """Where the walk through a SKU's queue stands that hands out what is to come.

    reach: the last place that what is to come had reached when the last walk ended.
    expected_at: when the next unit that nobody is promised arrives, by the last walk.
    The rest is of a walk that goes on with the clock:
    reason: what a promise that changes says. cause: the event that began it. resume_at: when it goes on.
    reached: the last place that what is to come has reached so far.
    cursor: the place that it has come to. every: it looks at every waiter, not only as far as supply reaches.
    free: units taken of what is free, by location. taken: the arrival that a location has come to (when,
        origin, record, part), and units taken of it.
    begun: lines of which a claim has been passed and another has not: order, line, claims passed, date, what
        it rests on (null = not covered).
    unpegged: order lines that are served by the queue before their own supply comes.
    again, again_every: another walk is to follow, for this reason.
    expected_in_kits: likewise for each kit of it, by location, when the units for one are there; 0 = now.
    had_plenty: when the last walk began, what was free would have covered all that waited.
    """

    sku: str
    reach: Place | None = None
    expected_at: int | None = None
    reason: str = ""
    cause: str = ""
    resume_at: int | None = None
    reached: Place | None = None
    cursor: Place | None = None
    every: bool = False
    free: dict[str, int] = field(default_factory=dict)
    taken: dict[str, tuple[int, int, list[str | int], int, int]] = field(default_factory=dict)
    begun: list[tuple[str, int, int, int | None]] = field(default_factory=list)
    unpegged: list[tuple[str, int]] = field(default_factory=list)
    again: str | None = None
    again_every: bool = False
    expected_in_kits: dict[str, dict[str, int]] = field(default_factory=dict)
    had_plenty: bool = False


class Announced(Struct, array_like=True, gc=False):
    """Units of a purchase line that shipping notice `notice_id` has named; `cause` is the event that did."""

    notice_id: str
    expected_at: int
    quantity: int
    received: int
    cause: str

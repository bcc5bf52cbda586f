"""The public topics, refolded, against the journal and the dead letters."""

import math
from collections import defaultdict
from collections.abc import Iterator

import msgspec

from backorder.contract.envelope import Limits
from backorder.domain.events import Entry
from backorder.reconcile.differing import Held, sequences
from backorder.reconcile.fingerprints import Bag, Chain
from backorder.reconcile.ingest import Arrived, Remembering, refold
from backorder.reconcile.journal import NoEntry, read_entry
from backorder.reconcile.letters import Letter, NoLetter, letter_of, read_letter
from backorder.reconcile.log import Place, Record
from backorder.reconcile.report import Check
from backorder.reconcile.topics import DEAD_LETTERS, JOURNAL, Topics

Way = tuple[str, int, int]
"""From a partition of a public topic into a partition of the journal."""

_encode = msgspec.json.Encoder().encode


class Inputs:
    """What ingest had to write, and what is there. Call `refold` first, `in_journal` for every entry that
    comes from outside, `compare` at the end."""

    def __init__(
        self, topics: Topics, limits: Limits, remembering: Remembering, check: Check, not_proved: list[str]
    ) -> None:
        self._topics = topics
        self._limits = limits
        self._remembering = remembering
        self._check = check
        self._not_proved = not_proved
        self._wanted: defaultdict[Way, Chain] = defaultdict(Chain)
        self._found: defaultdict[Way, Chain] = defaultdict(Chain)
        self._letters_wanted: defaultdict[Place, Bag] = defaultdict(Bag)
        # From which offset on it is known what was a repeat; later ones only where retention has cut.
        self._settled_from: dict[Place, float] = {}
        self._processed_to: dict[Place, int] = {}

    # --- what has to be there -------------------------------------------------------------------------------

    def refold(self) -> None:
        """Reads the public topics."""
        for topic in self._topics.inputs:
            processed = self._topics.committed(topic, topic)
            for partition in range(self._topics.count(topic)):
                place = (topic, partition)
                self._processed_to[place] = processed.get(partition, 0)
                self._settled_from[place] = math.inf if self._topics.is_cut(*place) else 0
                self._refold(place)
                self._say_what_is_cut(place)

    def _refold(self, place: Place) -> None:
        for arrived in self._arrived(place):
            record = arrived.record
            if arrived.settled:
                self._settled_from[place] = min(self._settled_from[place], record.offset)
            if arrived.reason is not None:
                self._check.counts["dead letters"] += 1
                self._letters_wanted[place].add(self._letter(place, arrived).packed())
            elif arrived.entry is None:
                self._check.counts["repeats"] += 1
            elif arrived.settled:
                self._check.counts["accepted"] += 1
                way = (*place, self._topics.pool_partition(arrived.entry.pool))
                self._wanted[way].add(_content(arrived.entry))

    def _arrived(self, place: Place, tell: bool = True) -> Iterator[Arrived]:
        """What became of the records that have been processed."""
        records = self._processed(place, tell)
        return refold(place[0], records, self._limits, self._remembering, self._topics.is_cut(*place))

    def _processed(self, place: Place, tell: bool) -> Iterator[Record]:
        unread, first = 0, None
        for record in self._topics.read(*place):
            if record.offset < self._processed_to[place]:
                yield record
            else:
                unread += 1
                first = record.offset if first is None else first
        if unread and tell:
            self._check.differ(*place, f"{unread} records are not processed yet", first)

    def _letter(self, place: Place, arrived: Arrived) -> Letter:
        assert arrived.reason is not None
        return letter_of(self._topics.full_name(place[0]), place[0], arrived.record, arrived.reason)

    def _say_what_is_cut(self, place: Place) -> None:
        if not self._topics.is_cut(*place):
            return
        begin, settled = self._topics.begin(*place), self._settled_from[place]
        known = "never" if settled == math.inf else f"from offset {settled:.0f} on"
        self._not_proved.append(
            f"{place[0]}-{place[1]} begins at offset {begin}, its first records were deleted: what became of "
            f"them is not proved, and what was a repeat is known {known}"
        )

    # --- what is there --------------------------------------------------------------------------------------

    def in_journal(self, entry: Entry, partition: int) -> None:
        """An entry of this journal partition that names a place of a public topic."""
        assert entry.topic is not None
        assert entry.partition is not None
        assert entry.offset is not None
        if entry.offset >= self._settled_from.get((entry.topic, entry.partition), 0):
            self._found[entry.topic, entry.partition, partition].add(_content(entry))

    def compare(self) -> None:
        """Compares with what was found, and reads the dead letters."""
        for way in sorted(self._wanted.keys() | self._found.keys()):
            # Journal partitions that are cut were not read, see `run`.
            if not self._topics.is_cut(JOURNAL, way[2]) and self._wanted[way] != self._found[way]:
                self._explain_entries(way)
        cut = [n for n in range(self._topics.count(DEAD_LETTERS)) if self._topics.is_cut(DEAD_LETTERS, n)]
        if cut:
            self._not_proved.append(
                f"partitions {cut} of {DEAD_LETTERS} have lost their first records: that there is a dead "
                "letter for every unreadable record, and none too many, is not proved"
            )
        else:
            self._compare_letters()

    def _compare_letters(self) -> None:
        found: defaultdict[Place, Bag] = defaultdict(Bag)
        for letter, _ in self._letters(tell=True):
            found[self._origin(letter)].add(letter.packed())
        for place in sorted(self._letters_wanted.keys() | found.keys()):
            if self._letters_wanted[place] != found[place]:
                self._explain_letters(place)

    def _letters(self, tell: bool) -> Iterator[tuple[Letter, Record]]:
        """The dead letters of records that are still there."""
        for record in self._topics.read(DEAD_LETTERS):
            try:
                letter = read_letter(record)
                place = self._origin(letter)
            except NoLetter as problem:
                if tell:
                    self._differ_letter(record, f"it is no dead letter: {problem}")
                continue
            if place not in self._processed_to:
                if tell:
                    self._differ_letter(
                        record, f"it is from {letter.topic}-{letter.partition}, which is not there"
                    )
            elif letter.offset >= self._topics.begin(*place):
                yield letter, record

    def _origin(self, letter: Letter) -> Place:
        try:
            return self._topics.short_name(letter.topic), letter.partition
        except KeyError:
            raise NoLetter(f"it names {letter.topic}, which is no topic of ours") from None

    # --- naming what differs --------------------------------------------------------------------------------

    def _explain_entries(self, way: Way) -> None:
        topic, partition, journal = way
        place = (topic, partition)
        wanted = [
            Held(entry.offset, _content(entry))
            for arrived in (self._arrived(place, tell=False) if place in self._processed_to else ())
            if (entry := arrived.entry) is not None
            and arrived.settled
            and self._topics.pool_partition(entry.pool) == journal
        ]
        settled = self._settled_from.get(place, 0)
        found = [
            Held(entry.offset, _content(entry), record.offset)  # its key is judged with the journal
            for record, entry in self._entries(journal)
            if (entry.topic, entry.partition) == place and (entry.offset or 0) >= settled
        ]
        for differs, what in sequences(
            wanted, found, lambda held: f"the entry of {topic}-{partition} @ {held.identity}"
        ):
            self._check.differ(JOURNAL, journal, what, differs.offset)

    def _entries(self, journal: int) -> Iterator[tuple[Record, Entry]]:
        for record in self._topics.read(JOURNAL, journal):
            try:
                yield record, read_entry(record)
            except NoEntry:
                continue  # told with the journal

    def _explain_letters(self, place: Place) -> None:
        wanted = [
            Held(arrived.record.offset, letter, None, letter.key)
            for arrived in self._arrived(place, tell=False)
            if arrived.reason is not None
            for letter in [self._letter(place, arrived)]
        ]
        letters = [each for each in self._letters(tell=False) if self._origin(each[0]) == place]
        where = {}
        found = []
        for letter, record in sorted(letters, key=lambda each: each[0].offset):
            where[letter.offset] = record.partition
            found.append(Held(letter.offset, letter, record.offset, letter.key))
        name = f"the dead letter of {place[0]}-{place[1]} @ "
        for differs, what in sequences(wanted, found, lambda held: f"{name}{held.identity}"):
            partition = where.get(differs.content.offset, 0)
            self._check.differ(DEAD_LETTERS, partition, what, differs.offset, differs.key)

    def _differ_letter(self, record: Record, what: str) -> None:
        self._check.differ(DEAD_LETTERS, record.partition, what, record.offset, record.key)


def _content(entry: Entry) -> bytes:
    """All that an entry says, but for the version of its form."""
    return _encode(
        {
            "pool": entry.pool,
            "id": entry.id,
            "source": entry.source,
            "time": entry.time,
            "event": entry.event,
            "traceparent": entry.traceparent,
            "topic": entry.topic,
            "partition": entry.partition,
            "offset": entry.offset,
        }
    )

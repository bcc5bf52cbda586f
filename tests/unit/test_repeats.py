"""The window of event ids: what a repeat is, and for how long."""

from backorder.engine.repeats import Window, digest

DAY_MS = 86_400_000
A, B, C = (digest(name) for name in (b"a", b"b", b"c"))


def window(limit: int = 1_000_000) -> Window:
    return Window(DAY_MS, limit)


def test_an_id_is_new_once_and_a_repeat_afterwards() -> None:
    seen = window()
    assert seen.admit(A, 1000, 0)
    assert not seen.admit(A, 1000, 1)
    assert seen.admit(B, 1000, 2)


def test_an_id_is_remembered_for_less_than_a_day_of_broker_time() -> None:
    seen = window()
    seen.admit(A, 1000, 0)
    assert not seen.admit(A, 1000 + DAY_MS - 1, 1)
    assert seen.admit(A, 1000 + DAY_MS, 2)


def test_a_dead_letter_moves_the_time_and_leaves_no_id() -> None:
    seen = window()
    seen.admit(A, 1000, 0)
    seen.pass_time(1000 + DAY_MS)
    assert len(seen) == 0


def test_a_timestamp_that_goes_back_does_not_bring_an_id_back() -> None:
    seen = window()
    seen.admit(A, 1000, 0)
    seen.pass_time(1000 + DAY_MS)
    assert seen.admit(A, 1000, 1)


def test_of_more_ids_than_the_limit_the_newest_are_remembered() -> None:
    seen = window(limit=2)
    for offset, identity in enumerate((A, B, C)):
        seen.admit(identity, 1000, offset)
    assert not seen.admit(B, 1000, 3)
    assert not seen.admit(C, 1000, 4)
    assert seen.admit(A, 1000, 5)


def test_a_batch_is_one_changelog_record_under_its_first_offset_and_the_clock() -> None:
    seen = window()
    for offset, identity in enumerate((A, B, C)):
        seen.admit(identity, 1000, offset + 40)
    changes = dict(seen.changes())
    assert changes.keys() == {b"40", b"clock"}
    assert len(changes[b"40"] or b"") == 3 * 24
    assert changes[b"clock"] == b"1000"


def test_the_changelog_record_is_deleted_when_its_last_id_is_forgotten() -> None:
    seen = window(limit=2)
    for offset, identity in enumerate((A, B)):
        seen.admit(identity, 1000, offset)
    seen.commit()
    seen.admit(C, 1000, 2)
    assert b"0" not in dict(seen.changes())
    seen.commit()
    seen.admit(A, 1000, 3)
    assert dict(seen.changes())[b"0"] is None


def test_a_batch_without_new_ids_and_without_time_changes_nothing() -> None:
    seen = window()
    seen.admit(A, 1000, 0)
    seen.commit()
    seen.admit(A, 1000, 1)
    assert dict(seen.changes()) == {}


def test_a_smaller_limit_than_before_forgets_the_oldest_and_deletes_their_records() -> None:
    changelog: dict[bytes, bytes] = {}
    seen = window()
    for offset, identity in enumerate((A, B, C)):
        seen.admit(identity, 1000, offset)
        changelog |= {key: value for key, value in seen.changes() if value is not None}
        seen.commit()
    smaller = window(limit=1)
    smaller.restore(changelog.items())
    smaller.restored()
    assert not smaller.admit(C, 1000, 3)
    assert dict(smaller.changes()) == {b"0": None, b"1": None}
    smaller.commit()
    assert dict(smaller.changes()) == {}


def test_an_id_costs_no_more_than_some_120_bytes_of_memory() -> None:
    import tracemalloc

    seen = window()
    tracemalloc.start()
    try:
        for offset in range(100_000):
            seen.admit(digest(b"%d" % offset), offset // 500, offset)
            if offset % 5000 == 0:
                seen.commit()
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used / 100_000 < 130


def test_windows_that_remember_the_same_in_other_batches_have_the_same_dump() -> None:
    live, again = window(limit=2), window(limit=2)
    changelog: dict[bytes, bytes] = {}
    for offset, identity in enumerate((A, B, C)):
        live.admit(identity, 1000 + offset, offset)
        for key, value in live.changes():
            if value is None:
                del changelog[key]
            else:
                changelog[key] = value
        live.commit()
        again.admit(identity, 1000 + offset, offset)
    again.commit()
    restored = window(limit=2)
    restored.restore(changelog.items())
    restored.restored()
    assert live.dump() == again.dump() == restored.dump() != window().dump()


def test_a_dump_tells_other_ids_another_order_and_other_times_apart() -> None:
    def dump(*records: tuple[int, int]) -> bytes:
        seen = window()
        for offset, (identity, timestamp) in enumerate(records):
            seen.admit(identity, timestamp, offset)
        seen.commit()
        return seen.dump()

    dumps = [
        dump((A, 1000), (B, 1000)),
        dump((B, 1000), (A, 1000)),
        dump((A, 1000)),
        dump((A, 1000), (C, 1000)),
        dump((A, 999), (B, 1000)),
        dump((A, 1000), (B, 1001)),
    ]
    assert len(set(dumps)) == len(dumps)

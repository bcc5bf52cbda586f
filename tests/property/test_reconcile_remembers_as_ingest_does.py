"""The reconciliation's own memory of event ids and that of the services never disagree."""

from hypothesis import given
from hypothesis import strategies as st

from backorder.engine.repeats import Window, digest
from backorder.reconcile.ingest import Remembered, Remembering

records = st.lists(
    st.tuples(
        st.one_of(st.none(), st.sampled_from("abcdef")),  # None: a record that is no event
        st.integers(-20, 60),
        st.booleans(),  # a batch ends here
    ),
    max_size=60,
)


@given(records, st.integers(1, 100), st.integers(1, 6))
def test_a_repeat_here_is_a_repeat_there(
    arriving: list[tuple[str | None, int, bool]], horizon_ms: int, ids: int
) -> None:
    window, remembered = Window(horizon_ms, ids), Remembered(Remembering(horizon_ms, ids))
    now_ms = 1000
    for offset, (id, passed, batch_ends) in enumerate(arriving):
        now_ms += passed
        remembered.pass_time(now_ms)
        if id is None:
            window.pass_time(now_ms)
        else:
            assert remembered.is_new("source", id) == window.admit(digest(id.encode()), now_ms, offset)
        if batch_ends:
            window.commit()

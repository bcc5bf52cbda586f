"""The deliberately broken engines, each with the test that catches it. `make mutants` tries them all."""

from tests.mutants.mutant import Mutant

LOOP = "tests/broker/test_exactly_once_loop.py"
ERRORS = "tests/unit/test_transaction_errors.py"
LEFT_BEHIND = "tests/faults/test_what_is_left_behind.py"

MUTANTS = (
    # --- the transaction ------------------------------------------------------------------------------------
    Mutant(
        "offsets-outside",
        "the offsets are committed beside the transaction, before it",
        "engine/transactions.py",
        "lambda: self._producer.send_offsets_to_transaction(offsets, metadata, _CALL_SECONDS),",
        "lambda: [consumer.commit(offsets=offsets, asynchronous=False)] and None,",
        f"{LEFT_BEHIND}::test_a_batch_that_is_aborted_moves_neither_the_group_nor_a_committed_reader",
    ),
    Mutant(
        "offset-of-the-last",
        "the offset of the last record is committed, not that of the next",
        "engine/loop.py",
        "ends[owned] = records[done - 1].offset + 1",
        "ends[owned] = records[done - 1].offset",
        f"{LOOP}::test_a_restarted_service_goes_on_where_it_was",
    ),
    Mutant(
        "stale-membership",
        "the group membership sent with the offsets is that of the first batch for ever",
        "engine/transactions.py",
        "metadata = consumer.consumer_group_metadata()",
        'metadata = self.__dict__.setdefault("first_metadata", consumer.consumer_group_metadata())',
        f"{LOOP}::test_a_second_process_takes_partitions_over_and_gives_them_back_under_load",
    ),
    Mutant(
        "id-of-the-process",
        "each process has a transactional id of its own, so that nobody ends what a dead one left open",
        "engine/kafka.py",
        '"transactional.id": instance_id(settings, service),',
        '"transactional.id": f"{instance_id(settings, service)}-{__import__(\'uuid\').uuid4()}",',
        f"{LEFT_BEHIND}::test_what_a_dead_process_left_open_is_ended_by_the_one_that_takes_its_slot",
    ),
    Mutant(
        "commits-forgotten-changes",
        "the changelog records are left out of the transaction",
        "engine/loop.py",
        "out.produce(topic, key, value, owned.number)",
        "pass",
        f"{LOOP}::test_a_restarted_service_goes_on_where_it_was",
    ),
    # --- after an abort -------------------------------------------------------------------------------------
    Mutant(
        "no-rewind",
        "the consumer is not moved back after an abort",
        "engine/loop.py",
        "self._partitions.rewind({owned for owned, _ in batch} | ends.keys())",
        "pass",
        f"{LOOP}::test_an_aborted_batch_is_undone_read_again_and_committed_once",
    ),
    Mutant(
        "state-kept",
        "the state is not rolled back after an abort",
        "engine/loop.py",
        "owned.ready_state().rollback()",
        "pass",
        f"{LOOP}::test_an_aborted_batch_is_undone_read_again_and_committed_once",
    ),
    Mutant(
        "adopted-before-the-commit",
        "the state is adopted before the transaction is committed",
        "engine/loop.py",
        "        try:\n            self._transactions.write(out.records, offsets, self._consumer)\n",
        "        try:\n            [owned.ready_state().commit() for owned in ends]\n"
        "            self._transactions.write(out.records, offsets, self._consumer)\n",
        f"{LOOP}::test_an_aborted_batch_is_undone_read_again_and_committed_once",
    ),
    Mutant(
        "window-kept",
        "an ingest service remembers the event ids of a batch that was aborted",
        "engine/repeats.py",
        "self._ids.difference_update(self._open.ids)",
        "pass",
        "tests/unit/test_ingest.py::test_what_was_rolled_back_is_not_counted_and_may_come_again",
    ),
    Mutant(
        "fold-kept",
        "the fold of an allocation partition keeps what an aborted batch changed",
        "allocation/partition.py",
        "        self._fold.rollback()\n",
        "        self._fold.commit()\n",
        "tests/unit/test_journal_batch_aborted.py"
        "::test_an_aborted_batch_comes_again_and_gives_the_same_decisions_rows_and_changelog",
    ),
    # --- restore --------------------------------------------------------------------------------------------
    Mutant(
        "restore-to-the-stable-end",
        "the changelog is restored up to the last stable offset only",
        "engine/offsets.py",
        "isolation: IsolationLevel = IsolationLevel.READ_UNCOMMITTED",
        "isolation: IsolationLevel = IsolationLevel.READ_COMMITTED",
        f"{LOOP}::test_a_restore_waits_for_an_open_transaction_on_its_changelog_while_other_partitions_go_on",
    ),
    Mutant(
        "restore-takes-the-aborted",
        "the restore also takes what was aborted",
        "engine/kafka.py",
        '"isolation.level": "read_committed",\n        "enable.auto.commit": False,\n'
        '        "enable.auto.offset.store": False,\n        "auto.offset.reset": "earliest",',
        '"isolation.level": "read_uncommitted", "enable.auto.commit": False,\n'
        '        "enable.auto.offset.store": False,\n        "auto.offset.reset": "earliest",',
        f"{LOOP}::test_a_restore_does_not_see_an_aborted_batch_at_the_end_of_the_changelog",
    ),
    Mutant(
        "no-answer-is-an-end",
        "an answer without an offset, as it comes while a leader changes, is taken for the end",
        "engine/offsets.py",
        "if answer.offset == OFFSET_INVALID:",
        "if False:",
        "tests/unit/test_offsets.py"
        "::test_an_answer_without_an_offset_is_an_error_that_names_the_partition_and_may_be_tried_again",
    ),
    Mutant(
        "restore-waits-for-records",
        "the restore goes by the records it is given, not by where it stands, and waits for a marker",
        "engine/restore.py",
        "restore.position = max(restore.position, offset)",
        "pass",
        f"{LOOP}::test_a_restarted_service_goes_on_where_it_was",
    ),
    Mutant(
        "restore-keeps-the-first",
        "the first value of a key is restored, not the last",
        "engine/restore.py",
        "live[key] = value",
        "live.setdefault(key, value)",
        f"{LOOP}::test_a_restarted_service_goes_on_where_it_was",
    ),
    Mutant(
        "restore-keeps-the-deleted",
        "deleted keys are restored",
        "engine/restore.py",
        "live.pop(key, None)",
        "pass",
        "tests/unit/test_restore.py::test_the_state_gets_the_last_value_of_every_key_and_no_deleted_one",
    ),
    Mutant(
        "window-not-restored",
        "an ingest service has forgotten all event ids when it starts again",
        "engine/repeats.py",
        "self._chunks.append(_Chunk.unpacked(key, value))",
        "pass",
        "tests/unit/test_ingest.py::test_a_repeat_is_recognised_after_a_restart",
    ),
    # --- the mark -------------------------------------------------------------------------------------------
    Mutant(
        "mark-ignored",
        "where to resume is the committed offset alone, whatever the mark says",
        "engine/mark.py",
        "    found = msgspec.json.decode(mark, type=Mark)\n",
        "    return committed\n    found = msgspec.json.decode(mark, type=Mark)\n",
        f"{LOOP}::test_deleted_offsets_are_replaced_by_the_mark",
    ),
    Mutant(
        "contradiction-ignored",
        "a committed offset that contradicts the mark is passed over in silence",
        "engine/mark.py",
        "if committed is not None and committed != found.offset:",
        "if False:",
        f"{LOOP}::test_a_moved_offset_is_refused_with_both_places_named",
    ),
    Mutant(
        "lost-state-ignored",
        "a changelog without a mark is taken for a new one, though the group has committed",
        "engine/mark.py",
        "if committed is not None:",
        "if False:",
        f"{LOOP}::test_a_lost_changelog_is_refused",
    ),
    # --- input and partitions -------------------------------------------------------------------------------
    Mutant(
        "reads-the-aborted",
        "the input is read uncommitted",
        "engine/kafka.py",
        '"cooperative-sticky",\n        "isolation.level": "read_committed",',
        '"cooperative-sticky",\n        "isolation.level": "read_uncommitted",',
        f"{LEFT_BEHIND}::test_what_was_aborted_on_the_input_is_not_processed",
    ),
    Mutant(
        "revoked-and-still-processed",
        "records of a partition that was taken away inside the call that brought them are processed",
        "engine/partitions.py",
        "self._ready.pop(number, None)\n            owned = self._owned.pop(number, None)",
        "owned = self._owned.pop(number, None)",
        "tests/unit/test_partitions.py"
        "::test_records_of_a_partition_that_was_revoked_inside_the_consume_call_are_dropped",
    ),
    Mutant(
        "assigned-before-the-place-is-known",
        "the consumer gets a new partition at once, and is moved when its place is known",
        "engine/partitions.py",
        "consumer.incremental_assign([])",
        "consumer.incremental_assign(assigned)",
        "tests/unit/test_partitions.py"
        "::test_the_consumer_gets_a_new_partition_only_when_the_place_to_begin_at_is_known",
    ),
    Mutant(
        "goes-on-when-it-cannot-go-back",
        "a consumer that cannot be moved back after an abort goes on from where it is",
        "engine/partitions.py",
        "raise Restart(\n"
        '                    f"cannot move to {at.topic}-{at.partition} @ {at.offset}: {exception}"\n'
        "                ) from exception",
        "continue",
        "tests/unit/test_partitions.py::test_a_consumer_that_cannot_be_moved_back_ends_the_process",
    ),
    Mutant(
        "poison-leaves-outputs",
        "what a batch had produced before it failed stays when it is run again record by record",
        "engine/poison.py",
        "out.cut(length)",
        "pass",
        "tests/unit/test_poison.py::test_the_records_before_the_poison_are_processed_once_and_it_is_named",
    ),
    Mutant(
        "poison-passed-over",
        "a record that cannot be processed is passed over in silence",
        "engine/loop.py",
        "poisoned[owned], done = poison, poison.done",
        "done = len(records)",
        f"{LOOP}::test_poison_stops_its_partition_at_the_record_and_the_others_go_on",
    ),
    # --- the end of a process -------------------------------------------------------------------------------
    Mutant(
        "fenced-and-goes-on",
        "a process whose slot has been taken goes on",
        "engine/failures.py",
        "return error.fatal() or error.code() == KafkaError._FATAL or error.code() in FENCED",
        "return False",
        f"{LOOP}::test_a_process_that_takes_a_slot_ends_the_one_that_had_it",
    ),
    Mutant(
        "silence-is-consent",
        "a commit that is never answered is taken for done",
        "engine/transactions.py",
        "                    raise Restart(\n"
        "                        f\"no answer to '{what}' in {self._patience:.0f} s: {error.str()}\"\n"
        "                    ) from exception\n",
        "                    return\n",
        f"{ERRORS}::test_a_call_that_is_never_answered_ends_the_process_and_is_not_aborted",
    ),
    Mutant(
        "silence-is-refusal",
        "a commit that is never answered is taken for not done, and the batch is tried again",
        "engine/transactions.py",
        '                    raise Restart(\n                        f"no answer to',
        '                    raise Aborted(\n                        f"no answer to',
        f"{ERRORS}::test_a_call_that_is_never_answered_ends_the_process_and_is_not_aborted",
    ),
    Mutant(
        "unknown-outcome-tried-again",
        "a batch is tried again although its transaction could not be aborted",
        "engine/transactions.py",
        'raise _over(kafka_error(exception), "the transaction could not be aborted") from exception',
        "pass",
        f"{ERRORS}"
        "::test_a_commit_that_failed_for_reasons_unknown_and_cannot_be_aborted_either_has_an_unknown_outcome",
    ),
    Mutant(
        "partitions-orphaned",
        "a partition whose owner died while giving it up is looked for by nobody",
        "engine/partitions.py",
        "orphans = self._orphans.look() if self._orphans is not None else []",
        "orphans: list[int] = []",
        "tests/broker/test_orphaned_partitions.py"
        "::test_partitions_whose_owner_died_while_it_gave_them_up_find_a_new_one",
    ),
    Mutant(
        "waits-for-ever",
        "a call of the client that never comes back is waited for",
        "engine/watchdog.py",
        "self._give_up(call[1])",
        "pass",
        "tests/unit/test_watchdog.py::test_a_call_that_does_not_come_back_is_given_up_by_name",
    ),
    Mutant(
        "clock-runs-ahead",
        "the clock does not wait for the records that ingest has not read",
        "engine/ticks.py",
        "return min([newest, *(found.time for found in times.values() if found.time is not None)])",
        "return newest",
        "tests/broker/test_tick_bound.py::test_the_bound_stays_at_the_oldest_record_that_ingest_has_not_read",
    ),
)

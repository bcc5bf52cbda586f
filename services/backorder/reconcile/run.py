"""The course of a reconciliation."""

from collections.abc import Mapping

from backorder.contract.catalogue import Catalogue, load_catalogue
from backorder.contract.envelope import DEFAULT_LIMITS, Limits
from backorder.reconcile.changelog import Changelogs
from backorder.reconcile.folding import Folding
from backorder.reconcile.ingest import Remembering
from backorder.reconcile.inputs import Inputs
from backorder.reconcile.kafka_log import KafkaLog
from backorder.reconcile.log import Log
from backorder.reconcile.outputs import Decisions, Tables
from backorder.reconcile.report import Check, Report
from backorder.reconcile.topics import JOURNAL, Progress, Topics


class CannotReconcile(Exception):
    """There is nothing to reconcile; the message says what is missing."""


def reconcile(
    bootstrap: str,
    topic_prefix: str = "",
    librdkafka: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    *,
    limits: Limits = DEFAULT_LIMITS,
    remembering: Remembering | None = None,
) -> Report:
    """Reads all topics of the processor on the cluster at `bootstrap`, and judges them.

    topic_prefix: what stands before the names of topics and groups.
    librdkafka: further options for the clients, such as `security.protocol`.
    progress: is given a line of text now and then.
    limits, remembering: as the ingest services are set; the settings that decide are read from the journal.

    Raises `CannotReconcile`, `CatalogueError`, KafkaException.
    """
    catalogue = load_catalogue(prefix=topic_prefix)
    log = KafkaLog(bootstrap, librdkafka or {}, [catalogue.full_name(name) for name in catalogue.topics])
    return reconcile_log(log, catalogue, progress, limits=limits, remembering=remembering)


def reconcile_log(
    log: Log,
    catalogue: Catalogue,
    progress: Progress | None = None,
    *,
    limits: Limits = DEFAULT_LIMITS,
    remembering: Remembering | None = None,
) -> Report:
    """The same, of any log. Raises `CannotReconcile`."""
    topics = Topics(log, catalogue, progress or (lambda text: None))
    if missing := topics.missing():
        raise CannotReconcile(
            f"these topics are not there: {', '.join(missing)}; is it the right cluster and topic prefix?"
        )
    return _judge(topics, limits._replace(topic_prefix=catalogue.prefix), remembering or Remembering())


def _judge(topics: Topics, limits: Limits, remembering: Remembering) -> Report:
    ingest = Check("ingest", "public records, refolded, give the journal and the dead letters")
    decided = Check("decisions", "the journal, refolded, gives every decision, in order")
    rows = Check("tables", "the journal, refolded, gives the last row of every key")
    state = Check("changelog", "the journal, refolded, gives the state; marks are committed offsets")
    origins = Check("journal", "every journal record has an origin, once")
    holds = Check("invariants", "the invariants hold for all that was folded")
    report = Report([ingest, decided, rows, state, origins, holds])

    inputs = Inputs(topics, limits, remembering, ingest, report.not_proved)
    decisions = Decisions(topics, decided, report.not_proved)
    tables = Tables(topics, rows)
    changelogs = Changelogs(topics, state)
    folding = Folding(topics, inputs, decisions, tables, origins, holds)

    inputs.refold()
    changelogs.ingest()
    decisions.read()
    for partition in range(topics.count(JOURNAL)):
        if topics.is_cut(JOURNAL, partition):
            report.not_proved.append(_cut(topics, partition))
            continue
        processed_to = changelogs.allocation(partition)
        changelogs.compare(partition, folding.fold(partition, processed_to))
    inputs.compare()
    decisions.compare(folding.again)
    tables.compare(folding.again)
    return report


def _cut(topics: Topics, partition: int) -> str:
    return (
        f"{JOURNAL}-{partition} begins at offset {topics.begin(JOURNAL, partition)}: its first records were "
        "deleted, so nothing that follows from it can be proved"
    )

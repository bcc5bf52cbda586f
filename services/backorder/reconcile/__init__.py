"""The reconciliation: everything read again from Kafka, folded again, and compared.

    from backorder.reconcile import reconcile
    report = reconcile("localhost:9092")
    assert report.ok, report.differences

It answers whether what the services wrote is what they had to write, and shares nothing with the code that
wrote it but the contract, the pure domain, and how a decision is put into words (`allocation.publish`).

    a  ingest      each partition of a public topic, refolded, gives its journal records and its dead letters
    b  decisions   each journal partition, refolded, gives the records of the public topics, in order
       tables      ... the last row of every key of the compacted topics
       changelog   ... the state on `allocation-state`, and the marks are the committed offsets
    c  journal     every journal record comes from a public topic, once, or is one that the processor may add
    d  invariants  hold for what was folded

The first passes keep hashes only: memory grows with the state of one journal partition and the number of
rows, not with the log. Only where hashes differ is a part read once more, and held, to name what differs.
The services should be at rest: what they have not processed is a difference.
"""

from backorder.reconcile.ingest import Remembering
from backorder.reconcile.report import Check, Difference, Report
from backorder.reconcile.run import CannotReconcile, reconcile

__all__ = ["CannotReconcile", "Check", "Difference", "Remembering", "Report", "reconcile"]

"""Why a line waits or was filled, who waits, what a receipt would do: answers as data, from a fold's state.

Pure: no Kafka, no files, no clock. Whatever an answer says of the future was tried on the fold itself, by the
rules that the service follows, and undone again (`supposing`). The fold that is asked must be the caller's
own, with nothing uncommitted.
"""

from backorder.explain.explanation import Explanation, explain
from backorder.explain.plan import Plan, plan
from backorder.explain.queue import Queue, queue
from backorder.explain.supposing import Unknown

__all__ = ["Explanation", "Plan", "Queue", "Unknown", "explain", "plan", "queue"]

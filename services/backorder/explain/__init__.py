"""Why a line waits or was filled, and what a receipt would do: answers as data, from the state of a fold.

Pure: no Kafka, no files, no clock. Whatever an answer says of the future was tried on the fold itself, by the
rules that the service follows, and undone again (`supposing`). The fold that is asked must be the caller's
own, with nothing uncommitted.
"""

from backorder.explain.explanation import Explanation, explain
from backorder.explain.plan import Plan, plan
from backorder.explain.supposing import Unknown

__all__ = ["Explanation", "Plan", "Unknown", "explain", "plan"]

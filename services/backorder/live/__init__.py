"""The state of a running processor, read from Kafka as it was committed; nothing is written, nobody is asked.

state = read_state("localhost:9092", "eu")
explain(state.fold, "eu", "ANNA", 1, read_history("localhost:9092", "ANNA"))
"""

from backorder.live.state import LiveState, NotThere, read_history, read_state

__all__ = ["LiveState", "NotThere", "read_history", "read_state"]

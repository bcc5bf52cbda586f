"""Pure decisions: the state of a stock pool, and what each event does to it.

No input, no output, no clock, no Kafka; imports nothing of ours.
"""

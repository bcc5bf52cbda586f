"""A real Kafka for one machine, and child processes that never outlive their owner.

Imports nothing of ours.
"""

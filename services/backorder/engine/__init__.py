"""The exactly-once loop: a topic in, state in memory, topics out, in Kafka transactions.

It knows nothing of stock. A service brings a `Service` (its topics, and a `PartitionState` for each input
partition that it owns) and calls `backorder.engine.process.run`.
"""

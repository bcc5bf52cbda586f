"""A streaming backorder processor on Kafka: who waits for which unit, since when, and who is next."""

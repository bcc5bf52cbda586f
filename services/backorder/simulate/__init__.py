"""The whole processor without a broker: events in a file, answers in a document."""

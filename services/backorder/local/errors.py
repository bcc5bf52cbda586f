"""What goes wrong on one machine, said so that the reader knows what to do about it."""


class LocalError(Exception):
    """A local process, or the local Kafka, could not be started or did not stay up."""

"""What the services have not processed yet: the public test kit's own look at it."""

from backorder.testing.unread import TOPIC_OF, Unread

__all__ = ["TOPIC_OF", "Unread"]

"""Waiting for a condition, never for a time: the public test kit's own."""

from backorder.testing.waiting import wait_until

__all__ = ["wait_until"]

"""Puts events from a file on the public topics, as upstream platforms do."""

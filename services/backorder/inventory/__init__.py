"""The inventory ingest service."""

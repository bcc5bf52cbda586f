"""The orders ingest service."""

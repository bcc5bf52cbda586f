"""The receiving ingest service."""

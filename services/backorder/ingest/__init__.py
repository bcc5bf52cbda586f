"""What the three ingest services share: from a record of a public topic to an entry of the journal."""

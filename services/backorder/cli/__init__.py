"""The command line, `backorder ...`: one module per group of commands."""

"""Workload W1: the same small backorder job on our engine and on its peers, on one broker, in one run."""

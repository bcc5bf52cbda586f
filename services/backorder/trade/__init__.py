"""Input for the processor: a sample of trade of our own making, and the importers of real data.

Everything here ends as JSON Lines, each a CloudEvent as an upstream platform would publish it.
"""

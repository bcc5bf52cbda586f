"""A sample of trade: input for the processor, of our own making.

Everything here ends as JSON Lines, each a CloudEvent as an upstream platform would publish it.
"""

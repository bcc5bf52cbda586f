"""The whole processor at work on one machine, for people to watch: `backorder demo`."""

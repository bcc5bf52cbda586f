"""Real data as events: one module for each data set."""

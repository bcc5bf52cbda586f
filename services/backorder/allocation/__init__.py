"""The allocation service: folds the journal of stock pools into backorders, releases and public tables."""

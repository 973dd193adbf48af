"""Traced cost beside billed cost, by UTC day, vendor and model, with the difference explained by class. docs/costs.md has the formulas."""

"""Thousands stand in groups of three: 1.448."""

NUMBER_GROUPING = 3

"""Travelling: a view of the map that leaves as one file, gathered or snapped first.

A file is passed on, and no password goes with it: so no point in it is finer than the
world's cell that strangers see, whoever drew it.
"""

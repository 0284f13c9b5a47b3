"""Carried off: the reports that pass a filter, as a file of any form, row by row.

Rows come from a cursor of the database and leave as they come, so that a file of a
million takes no more memory than one of a thousand.
"""

"""Generate: a city's years of reports in minutes, to measure on and for nothing else.

They are drawn and written inside the database, all in one transaction: the mix of what
is told is the city's own, they lie along streets of the wards in force, thicker in the
inner city, storms bring bursts, and each is where its age and its luck have taken it.
They are marked `is_demo`. What a person would have written down is left out: there are
no events, no contacts, no notices and no files.
"""

from .running import Generated, InUse, Wish, generate

__all__ = ["Generated", "InUse", "Wish", "generate"]

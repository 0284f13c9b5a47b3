"""Led by: the figures of a period for the city and each unit, and what froze.

Figures count handlings: each time a case was worked on, from when it came, or came
back, until it ended. What is measured of a case is kept beside it and made anew soon
after it has changed, so that a month costs the same whatever the years before it hold.
"""

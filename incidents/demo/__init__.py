"""Demo: a city's worth of invented reports, with all that a real one leaves behind.

Only a database of our own gets them (`DEMO=1`), marked `is_demo`. They are made by what
makes real ones and kept in bulk; nobody is told of any of them.
"""

from .clearing import Cleared, clear
from .people import Account, table
from .seeding import Seeded, seed

__all__ = ["Account", "Cleared", "Seeded", "clear", "seed", "table"]

"""What can go wrong with letters to who signs in."""


class NotSent(Exception):
    """A letter could not be handed over; the worker tries again."""

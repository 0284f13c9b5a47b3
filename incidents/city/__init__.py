"""The city's folder as rows: what can go wrong, who answers for it, and by when."""

from .loading import Loaded, load_city

__all__ = ["Loaded", "load_city"]

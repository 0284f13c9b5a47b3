from .places import HERE, PlaceFactory, PlaceKindFactory, published, sheet, square

__all__ = [
    "HERE",
    "PlaceFactory",
    "PlaceKindFactory",
    "published",
    "sheet",
    "square",
]

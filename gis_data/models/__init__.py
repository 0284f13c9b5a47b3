from .asset import Asset
from .boundary import Boundary, BoundaryQuerySet
from .boundary_drawing import BoundaryDrawing
from .boundary_edge import BoundaryEdge
from .boundary_piece import BoundaryPiece
from .edition import Edition
from .place import Place, search_key, tidy
from .place_kind import PlaceKind

__all__ = [
    "Asset",
    "Boundary",
    "BoundaryDrawing",
    "BoundaryEdge",
    "BoundaryPiece",
    "BoundaryQuerySet",
    "Edition",
    "Place",
    "PlaceKind",
    "search_key",
    "tidy",
]

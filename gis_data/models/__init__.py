from .asset import Asset
from .boundary import Boundary, BoundaryQuerySet
from .boundary_drawing import BoundaryDrawing
from .boundary_edge import BoundaryEdge
from .boundary_piece import BoundaryPiece
from .edition import Edition
from .map_change import MapChange
from .map_file import MapFile
from .place import Place, search_key, tidy
from .place_kind import PlaceKind
from .place_succession import PlaceSuccession

__all__ = [
    "Asset",
    "Boundary",
    "BoundaryDrawing",
    "BoundaryEdge",
    "BoundaryPiece",
    "BoundaryQuerySet",
    "Edition",
    "MapChange",
    "MapFile",
    "Place",
    "PlaceKind",
    "PlaceSuccession",
    "search_key",
    "tidy",
]

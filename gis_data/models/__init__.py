from .asset import Asset
from .boundary import Boundary, BoundaryQuerySet
from .boundary_drawing import BoundaryDrawing
from .boundary_edge import BoundaryEdge
from .boundary_piece import BoundaryPiece
from .default_point import DefaultPoint
from .edition import Edition
from .map_change import MapChange
from .map_file import MapFile
from .outside_lookup import OutsideLookup
from .place import Place, search_key, tidy
from .place_kind import PlaceKind
from .place_succession import PlaceSuccession
from .street import Street

__all__ = [
    "Asset",
    "Boundary",
    "BoundaryDrawing",
    "BoundaryEdge",
    "BoundaryPiece",
    "BoundaryQuerySet",
    "DefaultPoint",
    "Edition",
    "MapChange",
    "MapFile",
    "OutsideLookup",
    "Place",
    "PlaceKind",
    "PlaceSuccession",
    "Street",
    "search_key",
    "tidy",
]

"""How QGIS draws a layer of reports: by the four words, in the public map's shapes."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from incidents.models import StatusGroup

#: As on the public map: what it looks like tells the status, and so does its colour.
LOOKS = {
    StatusGroup.WAITING: ("circle", "154,91,0"),
    StatusGroup.IN_PROGRESS: ("diamond", "29,79,184"),
    StatusGroup.DONE: ("square", "10,107,78"),
    StatusGroup.REFUSED: ("triangle", "86,98,108"),
}


def style_of_layer() -> str:
    """Return the style of a layer as QGIS keeps it, with labels in this language."""
    categories, symbols = [], []
    for number, (group, (shape, colour)) in enumerate(LOOKS.items()):
        label = quoteattr(str(group.label))
        categories.append(
            f'<category type="string" value="{group.value}" symbol="{number}" '
            f'label={label} render="true"/>'
        )
        options = {
            "name": shape,
            "color": f"{colour},255",
            "outline_color": "255,255,255,255",
            "outline_width": "0.4",
            "size": "3.2",
            "size_unit": "MM",
        }
        told = "".join(
            f'<Option type="QString" name="{name}" value="{value}"/>'
            for name, value in options.items()
        )
        symbols.append(
            f'<symbol type="marker" name="{number}" alpha="1" clip_to_extent="1" '
            'force_rhr="0"><layer class="SimpleMarker" enabled="1" locked="0" pass="0">'
            f'<Option type="Map">{told}</Option></layer></symbol>'
        )
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        '<qgis version="3.22.0" styleCategories="Symbology">'
        '<renderer-v2 type="categorizedSymbol" attr="status_group" '
        'forceraster="0" symbollevels="0" enableorderby="0">'
        f"<categories>{''.join(categories)}</categories>"
        f"<symbols>{''.join(symbols)}</symbols></renderer-v2></qgis>"
    )

"""A table as a workbook, written straight into its archive while rows still come.

A workbook is an archive of a few small parts and one long sheet. Libraries finish the
sheet before they send anything; here it leaves as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from .table import DECIMALS, Column, Row, Says, Table

TOGETHER = 2000
#: No sheet holds more rows, its head among them; what is beyond goes into the next.
ROWS_A_SHEET = 2**20 - 1
#: Spreadsheets count days from here.
DAY_NOUGHT = date(1899, 12, 30).toordinal()
#: What XML cannot hold, whatever it is written as.
UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
RELATED = (
    f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
#: A plain cell, a bold one for heads, and a day.
STYLES = (
    f'{HEAD}<styleSheet xmlns="{MAIN}"><fonts count="2"><font><sz val="11"/><name '
    'val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill '
    'patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf xfId="0"/>'
    '<xf fontId="1" applyFont="1" xfId="0"/><xf numFmtId="14" applyNumberFormat="1" '
    'xfId="0"/></cellXfs></styleSheet>'
)
BOLD, DAY = 1, 2


class Outlet:
    """Where an archive writes to, and what of it has not left yet is taken from."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self.pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Do nothing: what is written leaves when it is taken."""

    def close(self) -> None:
        """Do nothing: there is nothing to close."""

    def taken(self) -> bytes:
        """Return what was written since it was last asked."""
        whole = b"".join(self.pieces)
        self.pieces.clear()
        return whole


def xlsx_of(table: Table) -> Iterator[bytes]:
    """Write the table as a workbook, a piece at a time."""
    outlet, rows, sheets = Outlet(), iter(table.rows), 0
    with ZipFile(outlet, "w", ZIP_DEFLATED, compresslevel=3) as archive:
        archive.writestr("_rels/.rels", RELATED)
        archive.writestr("xl/styles.xml", STYLES)
        there: Row | None = next(rows, None)
        while there is not None or not sheets:
            sheets += 1
            sheet = ZipInfo(f"xl/worksheets/sheet{sheets}.xml", (1980, 1, 1, 0, 0, 0))
            sheet.compress_type = ZIP_DEFLATED
            with archive.open(sheet, "w", force_zip64=True) as part:
                part.write(_begun(table.columns).encode())
                of_sheet = islice(_first(there, rows), ROWS_A_SHEET)
                while piece := list(islice(of_sheet, TOGETHER)):
                    part.write(
                        "".join(_row(table.columns, each) for each in piece).encode()
                    )
                    yield outlet.taken()
                part.write(b"</sheetData></worksheet>")
            there = next(rows, None)
        archive.writestr("xl/workbook.xml", _workbook(sheets))
        archive.writestr("xl/_rels/workbook.xml.rels", _workbook_related(sheets))
        archive.writestr("[Content_Types].xml", _types(sheets))
    yield outlet.taken()


def _first(there: Row | None, rows: Iterable[Row]) -> Iterator[Row]:
    if there is not None:
        yield there
        yield from rows


def _begun(columns: tuple[Column, ...]) -> str:
    heads = [*(column.label for column in columns), "lon", "lat"]
    written = "".join(_words(head, style=BOLD) for head in heads)
    return (
        f'{HEAD}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        "</sheetView></sheetViews><sheetData>"
        f"<row>{written}</row>"
    )


def _row(columns: tuple[Column, ...], row: Row) -> str:
    *words, lon, lat = row
    cells = [
        _day(said) if column.says is Says.DAY and said else _words(said)
        for column, said in zip(columns, words, strict=True)
    ]
    cells += [
        "<c/>" if each is None else f"<c><v>{each:.{DECIMALS}f}</v></c>"
        for each in (lon, lat)
    ]
    return f"<row>{''.join(cells)}</row>"


def _words(said: str, *, style: int = 0) -> str:
    """Write words as words: a spreadsheet makes no formula of them."""
    if not said:
        return "<c/>"
    spoken = escape(UNSPEAKABLE.sub("", said))
    styled = f' s="{style}"' if style else ""
    return f'<c t="inlineStr"{styled}><is><t xml:space="preserve">{spoken}</t></is></c>'


def _day(said: str) -> str:
    number = date.fromisoformat(said).toordinal() - DAY_NOUGHT
    return f'<c s="{DAY}"><v>{number}</v></c>'


def _workbook(sheets: int) -> str:
    listed = "".join(
        f'<sheet name="{number}" sheetId="{number}" r:id="s{number}"/>'
        for number in range(1, sheets + 1)
    )
    return (
        f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        f"<sheets>{listed}</sheets></workbook>"
    )


def _workbook_related(sheets: int) -> str:
    listed = "".join(
        f'<Relationship Id="s{number}" Type="{OFFICE}/worksheet" '
        f'Target="worksheets/sheet{number}.xml"/>'
        for number in range(1, sheets + 1)
    )
    styles = f'<Relationship Id="styles" Type="{OFFICE}/styles" Target="styles.xml"/>'
    return (
        f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
        f"{listed}{styles}</Relationships>"
    )


def _types(sheets: int) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    listed = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" '
        f'ContentType="{kind}.worksheet+xml"/>'
        for number in range(1, sheets + 1)
    )
    return (
        f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>'
        f"{listed}</Types>"
    )

"""A city of two wards, and files of another system's reports in it."""

from __future__ import annotations

import csv
from io import StringIO

from django.core.management import call_command

from incidents.models import Category
from tests.factories import (
    CategoryFactory,
    DeadlineRuleFactory,
    LeafFactory,
    OrganisationFactory,
    PlaceKindFactory,
    ResponsibilityFactory,
    published,
    square,
)

HEADER = ("id", "made", "shut", "kind", "words", "street", "y", "x", "ward", "state")
COLUMNS = (
    "external_id=id,created=made,closed=shut,category=kind,description=words,"
    "address=street,lat=y,lon=x"
)
ROW = {
    "made": "2025-07-09 10:00",
    "shut": "",
    "kind": "Pothole",
    "words": "A hole",
    "street": "",
    "y": "10.79",
    "x": "106.71",
    "ward": "Ward a",
    "state": "Open",
}


def found_city(on):
    """Two wards side by side, ward a with a unit, and five working days."""
    DeadlineRuleFactory.create()
    ward = PlaceKindFactory.create(code="ward", rank=3)
    published(ward, on, a=square(106.65, 10.75), b=square(106.75, 10.75))
    unit = OrganisationFactory.create(
        code="ubnd-a", name="UBND phường A", name_en="Committee of ward A"
    )
    branch = CategoryFactory.create(code="HT-DUONG", name="Đường")
    LeafFactory.create(branch=branch, code="HT-DUONG.o-ga", name="Ổ gà")
    CategoryFactory.create(code="TT", name="Trật tự", needs_place=False)
    ResponsibilityFactory.create(
        category=branch,
        place=ward.places.get(code="a"),
        organisation=unit,
    )
    return Category.objects.get(code="HT-DUONG.o-ga")


def rows(*changes):
    """Rows of the file, the first with id 1, each as told or as it mostly is."""
    return [ROW | {"id": str(n)} | each for n, each in enumerate(changes, start=1)]


def write(path, told, *, encoding="utf-8", delimiter=",", header=HEADER):
    """Write rows as another system would, and return where."""
    text = StringIO()
    table = csv.DictWriter(text, header, delimiter=delimiter, extrasaction="ignore")
    table.writeheader()
    table.writerows(told)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def bring(path, *options, commit=True, **given):
    """Import a file and return what was said of it."""
    said = StringIO()
    keeping = ["--commit"] if commit else []
    mapped = given.pop("columns", COLUMNS)
    call_command(
        "import_reports",
        str(path),
        "--map",
        mapped,
        "--category-map",
        "Pothole=HT-DUONG.o-ga",
        *keeping,
        *options,
        stdout=said,
        stderr=given.pop("stderr", StringIO()),
    )
    return said.getvalue()


def rejects(path):
    """Return row, cause and why of what was put aside."""
    with path.with_name(f"{path.name}.rejects.csv").open(encoding="utf-8") as file:
        return [(int(e["row"]), e["cause"], e["why"]) for e in csv.DictReader(file)]

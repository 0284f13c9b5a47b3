"""A tile comes in its one form; a file comes where it is read."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from incidents.models import Report

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "accepted", ["application/vnd.mapbox-vector-tile", "image/*", "text/html", "x"]
)
@pytest.mark.parametrize("kind", ["reports", "areas/ward"])
def test_a_tile_comes_whatever_form_is_asked_for(client, kind, accepted):
    answer = client.get(f"/tiles/{kind}/1/0/0.mvt", headers={"Accept": accepted})

    assert answer.status_code == 204


def test_a_tile_that_there_is_not_is_a_problem_in_any_form(client):
    answer = client.get("/tiles/reports/1/2/0.mvt", headers={"Accept": "image/*"})

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_a_file_that_nobody_would_read_is_refused_by_its_name(client, body):
    reporter = body.pop("reporter")
    sent = body | {f"reporter.{name}": said for name, said in reporter.items()}
    sent |= {"photo": SimpleUploadedFile("a.jpg", b"x")}

    answer = client.post("/api/v1/reports", sent)

    assert answer.status_code == 422
    assert answer.json()["fields"].keys() == {"photo"}
    assert not Report.objects.exists()

"""The OpenAPI document is one, and what we answer is what it says."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from incidents import handover, resolution, work
from incidents.intake import receive
from tests.factories import (
    JULY,
    RefusalReasonFactory,
    ReportFactory,
    focal_point,
    operator,
)

pytestmark = pytest.mark.django_db

CONTRACT = {
    "/api/v1/locate": {"get"},
    "/api/v1/route": {"get"},
    "/api/v1/reports": {"get", "post"},
    "/api/v1/reports/{code}": {"get"},
    "/api/v1/categories": {"get"},
    "/api/v1/organisations": {"get"},
    "/api/v1/places": {"get"},
    "/api/v1/places/{code}": {"get"},
    "/api/v1/deadlines": {"get"},
}
NAME = "urn:openapi"
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def document(client):
    answer = client.get("/api/v1/schema", {"format": "json"})
    assert answer.status_code == 200
    return json.loads(answer.content)


@pytest.fixture
def conforms(document):
    """Hold an answer against what the document says of its call."""
    registry = Registry().with_resource(
        NAME, Resource.from_contents(document, default_specification=DRAFT202012)
    )

    def check(answer, path, method="get"):
        place = ["paths", path, method, "responses", str(answer.status_code)]
        place += ["content", "application/json", "schema"]
        pointer = "/".join(step.replace("/", "~1") for step in place)
        schema = {"$ref": f"{NAME}#/{pointer}"}
        validator = Draft202012Validator(
            schema,
            registry=registry,
            format_checker=Draft202012Validator.FORMAT_CHECKER,
        )
        errors = [
            f"{'.'.join(map(str, each.path))}: {each.message}"
            for each in validator.iter_errors(answer.json())
        ]
        assert not errors, "\n".join(errors)

    return check


def test_the_document_is_openapi_3_1_and_its_schemas_are_schemas(document):
    assert document["openapi"].startswith("3.1.")
    assert document["info"]["version"]
    for schema in document["components"]["schemas"].values():
        validator_for(schema, default=Draft202012Validator).check_schema(schema)


def test_every_reference_leads_somewhere(document):
    def references(node):
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            for inner in node.values():
                yield from references(inner)
        elif isinstance(node, list):
            for inner in node:
                yield from references(inner)

    for reference in references(document):
        node = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
        assert node


def test_every_call_of_the_contract_is_described(document):
    described = {
        path: set(calls) & METHODS for path, calls in document["paths"].items()
    }

    assert CONTRACT.items() <= described.items()


def test_every_call_has_a_name_of_its_own(document):
    names = [
        call["operationId"]
        for calls in document["paths"].values()
        for method, call in calls.items()
        if method in METHODS
    ]

    assert len(names) == len(set(names))


def test_the_filters_of_the_list_are_described(document):
    described = {
        each["name"]
        for each in document["paths"]["/api/v1/reports"]["get"]["parameters"]
    }

    asked = {"bbox", "category", "status", "ward", "organisation", "from", "to", "q"}
    asked |= {"placed"}
    assert asked | {"cursor", "page_size"} <= described


def test_what_we_answer_is_what_the_document_says(
    client, conforms, telling, post, body
):
    filed = post(body)
    again = post(body)
    code = filed.json()["code"]

    assert (filed.status_code, again.status_code) == (201, 200)
    conforms(filed, "/api/v1/reports", "post")
    conforms(again, "/api/v1/reports", "post")
    conforms(client.get(f"/api/v1/reports/{code}"), "/api/v1/reports/{code}")
    conforms(client.get("/api/v1/reports"), "/api/v1/reports")
    ReportFactory.create(point=None)
    conforms(client.get("/api/v1/reports"), "/api/v1/reports")
    conforms(client.get("/api/v1/categories"), "/api/v1/categories")
    conforms(client.get("/api/v1/organisations"), "/api/v1/organisations")
    conforms(client.get("/api/v1/deadlines"), "/api/v1/deadlines")
    here = {"lat": 10.8, "lon": 106.7}
    conforms(client.get("/api/v1/locate", here), "/api/v1/locate")
    asked = here | {"category": telling.category.code}
    conforms(client.get("/api/v1/route", asked), "/api/v1/route")
    conforms(client.get("/api/v1/places", {"kind": "ward"}), "/api/v1/places")


def test_a_case_at_its_ends_is_told_as_the_document_says(client, conforms, telling):
    report = receive(telling, channel="portal", at=JULY).report
    unit = focal_point(report.organisation)
    work.start(report, by=unit, at=JULY)
    resolution.propose_result(report, by=unit, at=JULY, outcome="planned", text="Soon")
    resolution.publish_result(report, by=operator(), at=JULY)
    telling.category.routes_itself_on = []
    refused = receive(telling, channel="portal", at=JULY).report
    reason = RefusalReasonFactory.create()
    handover.refuse(refused, by=operator(), at=JULY, reason=reason, text="No")

    for case in (report, refused):
        answer = client.get(f"/api/v1/reports/{case.code}")
        conforms(answer, "/api/v1/reports/{code}")


def test_the_docs_page_asks_nothing_of_anyone_else(client):
    page = client.get("/api/v1/docs").content.decode()

    assert "https://" not in page
    assert "http://" not in page.replace("http://testserver", "")


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("/api/v1/reports", "post", {"409", "413", "415", "422", "429"}),
        ("/api/v1/reports", "get", {"404", "422", "429"}),
        ("/api/v1/reports/{code}", "get", {"404", "429"}),
        ("/api/v1/route", "get", {"422", "429"}),
        ("/tiles/reports/{z}/{x}/{y}.mvt", "get", {"404", "422", "429"}),
    ],
)
def test_the_document_says_how_a_call_is_refused(document, path, method, statuses):
    answers = document["paths"][path][method]["responses"]

    assert statuses <= answers.keys()
    for status in statuses:
        (media_type,) = answers[status]["content"]
        assert media_type == "application/problem+json"


def test_refusals_are_what_the_document_says(client, document):
    shape = document["components"]["schemas"]["Problem"]
    refusals = [
        client.get("/api/v1/reports", {"bbox": "x"}),
        client.get("/api/v1/reports/x"),
        client.get("/api/v1/nothing"),
    ]

    for answer in refusals:
        Draft202012Validator(shape).validate(answer.json())


def test_the_tiles_are_described_with_the_filters_of_the_list(document):
    reports = document["paths"]["/tiles/reports/{z}/{x}/{y}.mvt"]["get"]
    areas = document["paths"]["/tiles/areas/{kind}/{z}/{x}/{y}.mvt"]["get"]

    named = [{each["name"] for each in call["parameters"]} for call in (reports, areas)]
    assert {"z", "x", "y", "bbox", "category", "q"} <= named[0]
    assert named[1] == {"kind", "z", "x", "y", "on"}
    for call in (reports, areas):
        tile = call["responses"]["200"]["content"]
        assert tile.keys() == {"application/vnd.mapbox-vector-tile"}

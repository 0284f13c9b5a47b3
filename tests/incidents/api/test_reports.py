"""Filing a report over HTTP: what is taken, what is refused, and how it is said."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.api.throttles import Reports
from incidents.models import (
    Attachment,
    Category,
    Contact,
    Membership,
    Organisation,
    Report,
    Responsibility,
    Status,
)
from incidents.privacy import open_contact
from tests.factories import (
    JULY,
    LeafFactory,
    MembershipFactory,
    OrganisationFactory,
    picture,
)

pytestmark = pytest.mark.django_db

URL = "/api/v1/reports"
EDGES = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT")
RECEIPT = {
    "code",
    "public_id",
    "status",
    "status_label",
    "status_group",
    "received_at",
    "organisation",
    "explanation",
    "areas",
    "due_at",
    "due_is",
    "doubts",
    "lookup_url",
}
PROBLEM = {"type", "title", "status", "detail", "code", "fields"}


def reporter():
    return open_contact(Contact.objects.get(), by="test", why="test", at=JULY)


def without(body, name):
    return {key: value for key, value in body.items() if key != name}


def test_a_report_is_answered_with_its_code_unit_and_reason(post, body, in_july):
    answer = post(body, accept_language="en")

    assert answer.status_code == 201, answer.content
    said = answer.json()
    assert said.keys() >= RECEIPT
    assert (said["status"], said["status_group"]) == ("transferred", "in_progress")
    assert said["organisation"] == {"code": "ubnd-a", "name": "Committee of ward A"}
    assert said["areas"] == [
        {"kind": "ward", "code": "a", "name": "Ward a", "share": 1.0}
    ]
    assert said["explanation"] == (
        "Committee of ward A, because this point lies in Ward a."
    )
    assert (said["due_is"], said["due_at"]) == ("firm", "2025-07-16T23:59:59+07:00")
    assert said["received_at"] == "2025-07-09T10:00:00+07:00"
    assert (said["doubts"], said["approximate"]) == ([], False)
    assert said["lookup_url"].endswith(said["code"])


def test_a_report_that_waits_is_answered_with_what_is_expected(post, body):
    Responsibility.objects.update(is_confirmed=False)

    said = post(body).json()

    assert (said["status_group"], said["due_is"]) == ("waiting", "expected")
    assert said["organisation"]["code"] == "ubnd-a"
    assert said["doubts"] == ["unconfirmed"]
    assert not Report.objects.get().transfers.exists()


def test_a_report_nobody_answers_for_is_filed_all_the_same(post, body):
    Responsibility.objects.all().delete()

    answer = post(body, accept_language="en")

    assert answer.status_code == 201
    assert answer.json()["organisation"] is None
    assert answer.json()["explanation"] == (
        "No unit is named for this here; a person decides."
    )


def test_filing_over_http_takes_no_more_statements_with_more_to_say(post, body):
    everything = body | {
        "ward": "a",
        "address": "12 Lê Lợi",
        "answers": {"depth": "1 m"},
        "stretch_to": {"lat": 10.801, "lon": 106.7},
        "asset": "NC-12",
    }
    counts = []
    for turn, sent in enumerate([body, everything]):
        with CaptureQueriesContext(connection) as ran:
            assert post(sent | {"client_id": f"{turn}"}).status_code == 201
        counted = [q["sql"] for q in ran if not q["sql"].startswith(EDGES)]
        counts.append(len(counted))

    # The twelve of `receive`, the category, and the ward that was named.
    assert counts[0] <= 13
    assert counts[1] <= 14


def test_everything_that_was_sent_is_kept(post, body):
    sent = body | {
        "kind": "suggestion",
        "ward": "b",
        "address": "12 Lê Lợi",
        "answers": {"depth": "1 m"},
        "stretch_to": {"lat": 10.801, "lon": 106.7},
        "asset": "NC-12",
        "language": "en",
        "public": False,
        "reporter": {
            "name": " Lan  Anh ",
            "phone": "090 123 45 67",
            "email": "lan@example.org",
            "type": "business",
            "hide_name": True,
        },
    }

    assert post(sent).status_code == 201

    report = Report.objects.get()
    assert (report.kind, report.reporter_type) == ("suggestion", "business")
    assert (report.place.code, report.declared_ward.code) == ("a", "b")
    assert (report.address, report.asset) == ("12 Lê Lợi", "NC-12")
    assert report.answers == {"depth": "1 m"}
    assert report.stretch_to.coords == (106.7, 10.801)
    assert (report.language, report.is_public, report.hides_name) == ("en", False, True)
    assert (reporter().name, reporter().phone) == ("Lan Anh", "+84901234567")


def test_words_are_kept_composed(post, body):
    decomposed = "Ho\u0301ng đe\u0300n"

    post(body | {"description": decomposed, "reporter": body["reporter"]})

    assert Report.objects.get().description == "H\u00f3ng đ\u00e8n"


def test_a_retry_is_answered_as_the_first_time(post, body):
    first, again = post(body), post(body)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert Report.objects.count() == 1


def test_another_body_under_the_same_client_id_is_a_conflict(post, body):
    post(body)

    answer = post(body | {"description": "Other"})

    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "sent_before"
    assert Report.objects.count() == 1


def test_without_a_client_id_each_is_a_report_of_its_own(post, body):
    for client_id in [None, "", None]:
        assert post(body | {"client_id": client_id}).status_code == 201

    assert Report.objects.count() == 3


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"category": "HT-NONE"}, "category"),
        ({"category": "HT\0"}, "category"),
        ({"category": None}, "category"),
        ({"category": ["HT"]}, "category"),
        ({"category": 7}, "category"),
        ({"kind": "complaint"}, "kind"),
        ({"lat": 106.7, "lon": 10.8}, "lat"),
        ({"lat": 0, "lon": 0}, "lat"),
        ({"lat": 21.03, "lon": 105.85}, "lat"),
        ({"lat": "nan"}, "lat"),
        ({"lat": "Infinity"}, "lat"),
        ({"lat": "ten"}, "lat"),
        ({"lat": True}, "lat"),
        ({"lat": None}, "lat"),
        ({"lon": None}, "lon"),
        ({"lon": 181}, "lon"),
        ({"lat": None, "lon": None}, "lat"),
        ({"accuracy": -1}, "accuracy"),
        ({"accuracy": "1e400"}, "accuracy"),
        ({"place_source": "moon"}, "place_source"),
        ({"place_source": "none"}, "place_source"),
        ({"place_source": "later"}, "place_source"),
        ({"place_source": "ward"}, "ward"),
        ({"ward": "zz"}, "ward"),
        ({"ward": "a\0"}, "ward"),
        ({"description": "  "}, "description"),
        ({"description": "x" * 4001}, "description"),
        ({"description": "a\0b"}, "description"),
        ({"description": None}, "description"),
        ({"answers": []}, "answers"),
        ({"answers": {"k" * 65: "1"}}, "answers"),
        ({"answers": {"a\0": "1"}}, "answers"),
        ({"answers": {str(n): "1" for n in range(41)}}, "answers"),
        ({"answers": {"depth": "a\0b"}}, "answers.depth"),
        ({"stretch_to": {"lat": 10.8}}, "stretch_to.lon"),
        ({"stretch_to": "there"}, "stretch_to.non_field_errors"),
        ({"language": "fr"}, "language"),
        ({"public": "perhaps"}, "public"),
        ({"client_id": "x" * 65}, "client_id"),
        ({"address": "x" * 301}, "address"),
        ({"reporter": None}, "reporter"),
        ({"reporter": "Lan"}, "reporter.non_field_errors"),
        ({"reporter": {"name": "Lan"}}, "reporter.phone"),
        ({"reporter": {"phone": "0901234567"}}, "reporter.name"),
        ({"reporter": {"name": " ", "phone": "0901234567"}}, "reporter.name"),
        ({"reporter": {"name": "Lan", "phone": "0909"}}, "reporter.phone"),
        ({"reporter": {"name": "Lan", "phone": "1800 1234"}}, "reporter.phone"),
        ({"reporter": {"name": "Lan", "phone": "call me"}}, "reporter.phone"),
        ({"reporter": {"name": "Lan", "email": "lan@"}}, "reporter.email"),
        (
            {"reporter": {"name": "Lan", "phone": "0901234567", "type": "robot"}},
            "reporter.type",
        ),
    ],
)
def test_what_is_invalid_is_named_field_by_field(post, body, change, field):
    answer = post(body | change)

    assert answer.status_code == 422, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem.keys() == PROBLEM
    assert list(problem["fields"]) == [field]
    assert problem["detail"] == problem["fields"][field][0]
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    "name", ["category", "description", "reporter", "place_source"]
)
def test_what_is_missing_is_named_and_the_place_source_can_be_told(post, body, name):
    answer = post(without(body, name))

    if name == "place_source":
        assert answer.status_code == 201
        assert Report.objects.get().place_source == Report.PlaceSource.TAP
    else:
        assert answer.status_code == 422
        assert list(answer.json()["fields"]) == [name]


def test_a_point_off_the_map_says_where_the_map_is(post, body):
    answer = post(body | {"lat": 0, "lon": 0}, accept_language="en")

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "outside_the_map")
    assert problem["fields"] == {"lat": [problem["detail"]]}
    assert "inside the city" in problem["detail"]


def test_a_category_that_needs_no_place_is_filed_without_one(post, body):
    bus = LeafFactory.create(needs_place=False)

    answer = post(
        without(without(body, "lat"), "lon")
        | {
            "category": bus.code,
            "place_source": "none",
        }
    )

    assert answer.status_code == 201
    assert Report.objects.get().point is None


@pytest.mark.parametrize("kind", ["question", "suggestion"])
def test_only_a_report_needs_a_place(post, body, kind):
    placeless = without(without(body, "lat"), "lon") | {
        "place_source": "none",
        "kind": kind,
    }

    assert post(placeless).status_code == 201


def test_a_ward_stands_for_a_place_that_nobody_can_point_to(post, body):
    in_ward = without(without(body, "lat"), "lon") | {
        "place_source": "ward",
        "ward": "a",
    }

    said = post(in_ward).json()

    assert said["doubts"] == ["no_point"]
    assert said["areas"] == [{"kind": "ward", "code": "a", "name": "Ward a"}]


def test_one_files_under_a_leaf_in_use_and_not_under_a_branch(post, body, telling):
    branch = telling.category.branch.code

    assert list(post(body | {"category": branch}).json()["fields"]) == ["category"]
    Category.objects.filter(pk=telling.category.pk).update(
        validity=("2000-01-01", "2001-01-01")
    )
    assert list(post(body).json()["fields"]) == ["category"]


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Give a telephone number or an e-mail address."), ("vi", "")],
)
def test_a_problem_is_told_in_the_reader_s_language(post, body, language, said):
    answer = post(body | {"reporter": {"name": "Lan"}}, accept_language=language)

    assert answer["Content-Language"] == language
    assert said in answer.json()["detail"]


def test_a_one_word_name_is_a_name_and_a_mail_alone_is_enough(post, body):
    sent = body | {"reporter": {"name": "Tý", "email": "ty@example.org"}}

    assert post(sent).status_code == 201


@pytest.mark.parametrize("sent", ["{", "\xff", "nonsense", "{'a': 1}"])
def test_a_body_that_is_not_json_is_a_bad_request(client, sent, body):
    answer = client.post(URL, sent, content_type="application/json")

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("sent", [[], "text", 7, None, [{"lat": 1}]])
def test_json_that_is_no_object_is_invalid(post, sent, body):
    answer = post(sent)

    assert answer.status_code == 422
    assert answer.json().keys() == PROBLEM


def test_a_body_in_another_tongue_is_not_taken(client, body):
    answer = client.post(URL, "<report/>", content_type="application/xml")

    assert answer.status_code == 415
    assert answer["Content-Type"] == "application/problem+json"


def test_what_a_stranger_says_of_the_channel_is_ignored(post, body):
    post(body | {"channel": "hotline"})

    assert Report.objects.get().channel == "portal"


@pytest.mark.parametrize(
    ("said", "kept"), [("zalo", "zalo"), ("moon", "hotline"), (None, "hotline")]
)
def test_an_operator_files_for_the_channel_it_came_by(client, post, body, said, kept):
    centre = OrganisationFactory.create(type=Organisation.Type.OPERATOR)
    member = MembershipFactory.create(
        organisation=centre, role=Membership.Role.OPERATOR
    )
    client.force_login(member.user)

    assert post(body | {"channel": said}).status_code == 201

    assert Report.objects.get().channel == kept


def test_an_operator_may_leave_the_place_for_later(client, post, body):
    centre = OrganisationFactory.create(type=Organisation.Type.OPERATOR)
    member = MembershipFactory.create(
        organisation=centre, role=Membership.Role.OPERATOR
    )
    client.force_login(member.user)
    later = without(without(body, "lat"), "lon") | {"place_source": "later"}

    assert post(later).status_code == 201


class TestMultipart:
    """The same names with dots, and files."""

    @pytest.fixture
    def form(self, body):
        flat = without(body, "reporter")
        named = {f"reporter.{name}": said for name, said in body["reporter"].items()}
        return flat | named

    def test_it_is_taken_as_json_is(self, client, form, body, post):
        sent = form | {"answers.depth": "1 m", "stretch_to.lat": 10.801}
        sent["stretch_to.lon"] = 106.7

        answer = client.post(URL, sent)

        assert answer.status_code == 201, answer.content
        report = Report.objects.get()
        assert report.answers == {"depth": "1 m"}
        assert report.stretch_to.coords == (106.7, 10.801)
        assert (report.is_public, report.status) == (True, Status.TRANSFERRED)
        assert reporter().email == "lan@example.org"

    def test_the_same_report_by_json_is_a_retry(self, client, form, body, post):
        client.post(URL, form)

        assert post(body).status_code == 200

    def test_files_are_kept_with_it(self, client, form):
        files = [picture("1.jpg"), picture("2.png", form="PNG")]

        answer = client.post(URL, form | {"attachments": files})

        assert answer.status_code == 201
        kept = Attachment.objects.order_by("pk").values_list("media_type", "state")
        assert list(kept) == [("image/jpeg", "waiting"), ("image/png", "waiting")]

    def test_empty_fields_are_not_given(self, client, form):
        blank = dict.fromkeys(["ward", "address", "asset", "accuracy", "language"], "")

        assert client.post(URL, form | blank).status_code == 201

    def test_a_checkbox_of_a_form_can_say_no(self, client, form):
        client.post(URL, form | {"public": "false"})

        assert not Report.objects.get().is_public

    def test_names_are_said_with_dots_when_refused(self, client, form):
        answer = client.post(URL, without(form, "reporter.email"))

        assert list(answer.json()["fields"]) == ["reporter.phone"]

    def test_nobody_at_all_is_named_as_missing(self, client, form):
        nobody = {k: v for k, v in form.items() if not k.startswith("reporter.")}

        answer = client.post(URL, nobody)

        assert answer.status_code == 422
        assert list(answer.json()["fields"]) == ["reporter"]

    def test_what_is_no_medium_is_415(self, client, form):
        page = SimpleUploadedFile("photo.jpg", b"<html>", content_type="image/jpeg")

        answer = client.post(URL, form | {"attachments": [page]})

        assert answer.status_code == 415
        assert list(answer.json()["fields"]) == ["attachments"]
        assert not Report.objects.exists()

    def test_a_file_too_large_is_413(self, client, form, settings):
        settings.ATTACHMENT_BYTES_AT_MOST = 100

        answer = client.post(URL, form | {"attachments": [picture()]})

        assert answer.status_code == 413
        assert answer.json()["code"] == "too_large"

    def test_a_file_too_many_is_413(self, client, form, settings):
        settings.ATTACHMENTS_AT_MOST = 1

        answer = client.post(URL, form | {"attachments": [picture(), picture()]})

        assert answer.status_code == 413
        assert not Attachment.objects.exists()


def test_a_text_too_large_to_read_is_413(post, body, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    answer = post(body | {"description": "x" * 2000})

    assert answer.status_code == 413
    assert answer["Content-Type"] == "application/problem+json"


def test_a_stranger_who_files_too_often_is_told_when_to_come_back(
    post, body, monkeypatch
):
    monkeypatch.setattr(Reports, "rate", "2/min", raising=False)

    answers = [post(body | {"client_id": f"{turn}"}) for turn in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert answers[-1]["Content-Type"] == "application/problem+json"


def test_a_stranger_may_make_thirty_reports_and_six_hundred_reads_a_minute(settings):
    rates = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]

    assert int(rates["reports"].split("/")[0]) >= 30
    assert int(rates["reads"].split("/")[0]) >= 600


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_what_is_filed_cannot_be_changed_from_outside(client, post, body, method):
    code = post(body).json()["code"]

    answer = getattr(client, method)(f"{URL}/{code}", json.dumps({}))

    assert answer.status_code == 405

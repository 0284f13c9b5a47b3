"""What the page of a case says and offers, to its reporter and to who has the code."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from incidents import handover, hearing, media
from incidents.history import Happening, last_event, record
from incidents.models import (
    Attachment,
    Clock,
    Event,
    Rating,
    Report,
    Result,
    Status,
)
from incidents.privacy import Reporter
from mapui.templatetags.qr import qr
from tests.factories import (
    JULY,
    AttachmentFactory,
    CaseFactory,
    OrganisationFactory,
    operator,
    picture,
)

from .proven import MINE, PROVE, prove

pytestmark = pytest.mark.django_db

TI = Reporter(name="Tí", email="ti@example.org")
DRAWN = re.compile(r'<svg[^>]*class="qr-code".*?</svg>', re.DOTALL)
DOINGS = ["don-doc", "rut", "danh-gia", "phan-anh-lai", "bo-sung", "nhan-tin"]


@pytest.fixture
def make(leaf):
    """Make a case of Lan's in a unit's hands, in some state."""
    unit = OrganisationFactory.create(name="UBND phường B")

    def _make(status=Status.IN_PROGRESS, **said):
        return CaseFactory.create(
            category=leaf, status=status, organisation=unit, **said
        )

    return _make


@pytest.fixture
def mine(client, make):
    """A case in hand and overdue, opened by its proven reporter."""
    report = make()
    prove(client)
    return report


@pytest.fixture
def resolved(client, make):
    """A case with its published result, opened by its proven reporter."""
    report = with_result(make(Status.RESOLVED))
    prove(client)
    return report


def with_result(report):
    Result.objects.create(
        report=report,
        round=1,
        organisation=report.organisation,
        outcome="fixed",
        text="Đã lấp.",
        at=JULY,
        published_at=JULY,
    )
    return report


def case_of(report):
    return reverse("mapui:case", args=[report.code])


def step(report, name):
    return reverse("mapui:say", args=[report.code, name])


def read(client, address):
    return client.get(address).content.decode()


def offered(page):
    """The steps a page offers, by the last word of their address."""
    return set(re.findall(r'href="/tra-cuu/[^/"]+/([a-z-]+)"', page))


def photo_of(report, **said):
    photo = AttachmentFactory.create(report=report, original=picture(), **said)
    media.prepare(photo.pk)
    photo.refresh_from_db()
    return photo


def test_r22_a_case_is_looked_up_by_its_code_without_signing_in(client, make):
    report = make()

    page = client.get(case_of(report))

    said = page.content.decode()
    assert page.status_code == 200
    assert "UBND phường B" in said
    assert "Đang xử lý" in said
    assert 'class="timeline"' in said
    assert report.description not in said


@pytest.mark.parametrize(
    "typed",
    [
        "http://testserver/tra-cuu/{code}",
        "https://1022.example.org/tra-cuu/{code}?utm=x",
        "/tra-cuu/{code}/",
        " {code} ",
    ],
)
def test_the_whole_address_from_a_qr_code_is_understood(client, make, typed):
    report = make()

    answer = client.post(
        reverse("mapui:lookup"), {"code": typed.format(code=report.code)}
    )

    assert answer.url == case_of(report)


@pytest.mark.parametrize("page", ["case", "receipt"])
def test_a_qr_code_of_the_case_s_address_is_drawn_within_the_page(client, make, page):
    report = make()
    other = make()

    said, elsewhere = (
        DRAWN.search(read(client, reverse(f"mapui:{page}", args=[each.code])))
        for each in (report, other)
    )

    assert said.group() == str(qr(report.get_absolute_url())).strip()
    assert said.group() != elsewhere.group()
    assert "style=" not in said.group()


@pytest.mark.parametrize(
    ("status", "names"),
    [
        (Status.RECEIVED, {"nhan-tin", "rut"}),
        (Status.INFO_REQUESTED, {"bo-sung", "rut"}),
        (Status.IN_PROGRESS, {"don-doc", "nhan-tin"}),
        (Status.RESOLVED, {"danh-gia", "phan-anh-lai"}),
        (Status.REFUSED, {"danh-gia"}),
        (Status.DUPLICATE, set()),
    ],
)
def test_a_page_offers_what_may_be_done_now_and_nothing_else(
    client, make, status, names
):
    report = make(status)
    if status == Status.RESOLVED:
        with_result(report)

    assert offered(read(client, case_of(report))) == names


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.WITHDRAWN}))
def test_what_to_do_next_is_always_said(client, make, status):
    page = client.get(case_of(make(status)))

    assert page.context["situation"].next
    assert page.context["track"]


@pytest.mark.parametrize("name", DOINGS)
def test_r25_every_step_asks_for_the_proof_first_and_comes_back(client, make, name):
    report = make()

    for answer in (client.get(step(report, name)), client.post(step(report, name))):
        assert answer.url == PROVE

    assert prove(client).url == step(report, name)
    report.refresh_from_db()
    assert report.events.count() == 1


def test_r25_the_contact_must_be_the_one_of_this_report(client, leaf):
    report = CaseFactory.create(category=leaf)
    CaseFactory.create(category=leaf, reporter=TI)
    prove(client, TI.email)

    answer = client.post(step(report, "rut"))

    assert answer.url == PROVE
    assert "liên hệ khác" in read(client, PROVE)
    report.refresh_from_db()
    assert report.status == Status.ACCEPTED


def test_r25_the_link_in_a_notice_leads_to_the_case(client, resolved):
    link = resolved.get_absolute_url()

    page = client.get(link.removeprefix("http://127.0.0.1:8000"))

    assert offered(page.content.decode()) == {"danh-gia", "phan-anh-lai"}


def test_r23_a_rating_is_three_questions_of_five_faces(client, resolved):
    page = read(client, step(resolved, "danh-gia"))

    assert page.count("<fieldset") == 3
    assert page.count('type="radio"') == 15
    for word in ("Rất hài lòng", "Bình thường", "Rất không hài lòng"):
        assert page.count(word) == 3

    sent = {"reception": "5", "handling": "2", "comment": "Chậm"}
    answer = client.post(step(resolved, "danh-gia"), sent)

    assert answer.url == case_of(resolved)
    rating = Rating.objects.get()
    assert (rating.reception, rating.handling, rating.feedback) == (5, 2, None)
    again = read(client, step(resolved, "danh-gia"))
    assert again.count("checked") == 2
    assert "Chậm" in again


def test_a_number_that_is_no_face_is_refused_however_long_it_is(client, resolved):
    answer = client.post(step(resolved, "danh-gia"), {"reception": "5" * 5000})

    assert answer.status_code == 422
    assert not Rating.objects.exists()


def test_r24_a_rating_before_the_result_is_a_conflict(client, mine):
    shown = client.get(step(mine, "danh-gia"))
    sent = client.post(step(mine, "danh-gia"), {"handling": "5"})

    assert (shown.status_code, sent.status_code) == (409, 409)
    assert not Rating.objects.exists()
    assert case_of(mine) in sent.content.decode()


def test_r26_a_refused_report_is_asked_about_reception_only(client, make):
    report = make(Status.REFUSED)
    prove(client)

    page = read(client, step(report, "danh-gia"))

    assert page.count("<fieldset") == 1
    assert client.post(step(report, "danh-gia"), {"reception": "2"}).status_code == 302
    assert Rating.objects.get().round == 0


def test_a_rating_without_a_face_says_what_is_missing(client, resolved):
    page = client.post(step(resolved, "danh-gia"), {"comment": "Không chọn"})

    assert page.status_code == 422
    assert "Hãy chọn ít nhất một mức" in page.content.decode()
    assert "Không chọn" in page.content.decode()


def test_an_overdue_case_gives_the_reason_and_the_committed_date(client, make):
    report = make(committed_on=date(2025, 7, 25))
    happened = Happening(
        code=Event.Code.COMMITTED,
        arguments={"organisation": "UBND phường B", "until": "25/07/2025"},
        text="Chờ vật tư, gọi 0909 123 456.",
    )
    desk = operator()
    record(report, [happened], at=JULY, by=desk.user, after=last_event(report))

    said = read(client, case_of(report))

    assert "Đơn vị cam kết xử lý xong chậm nhất ngày 25/07/2025." in said
    assert said.count("Chờ vật tư") == 1
    assert "0909 123 456" not in said


def test_a_reminder_is_sent_and_the_page_says_when_the_next_may_be(client, mine):
    page = read(client, step(mine, "don-doc"))
    answer = client.post(step(mine, "don-doc"))

    said = read(client, answer.url)

    assert "16/07/2025" in page
    assert "Đã gửi đôn đốc" in said
    assert re.search(r"có thể đôn đốc lại từ ngày \d\d/\d\d/\d{4}", said)
    assert "don-doc" not in offered(said)
    again = client.post(step(mine, "don-doc"))
    assert again.status_code == 409
    assert mine.events.filter(code="reminded").count() == 1


def test_before_the_deadline_nobody_is_reminded_and_the_page_says_why(client, make):
    report = make()
    Clock.objects.update(due_at=timezone.now() + timedelta(days=3))
    prove(client)

    page = client.get(step(report, "don-doc"))

    assert page.status_code == 409
    assert "Vụ việc chưa quá hạn" in page.content.decode()


def test_withdrawing_says_what_happens_and_then_it_is_gone(client, make):
    report = make(Status.TRANSFERRED)
    prove(client)
    assert "không hoàn tác được" in read(client, step(report, "rut"))

    answer = client.post(step(report, "rut"))

    assert answer.url == MINE
    assert "Đã rút phản ánh" in read(client, MINE)
    assert client.get(case_of(report)).status_code == 404
    report.refresh_from_db()
    assert report.status == Status.WITHDRAWN


def test_what_is_in_work_cannot_be_withdrawn_and_the_page_says_what_to_do(client, mine):
    shown, sent = client.get(step(mine, "rut")), client.post(step(mine, "rut"))

    assert (shown.status_code, sent.status_code) == (409, 409)
    assert "nhắn cho đơn vị" in shown.content.decode()


def test_a_result_that_is_not_done_is_reported_again_with_a_photo(client, resolved):
    sent = {"text": "Vẫn còn nguyên.", "attachments": picture()}

    answer = client.post(step(resolved, "phan-anh-lai"), sent)

    assert answer.url == case_of(resolved)
    resolved.refresh_from_db()
    assert resolved.status == Status.REOPENED
    assert resolved.attachments.filter(result=None).count() == 1
    assert "Vẫn còn nguyên." in read(client, case_of(resolved))
    again = client.post(step(resolved, "phan-anh-lai"), {"text": "Vẫn còn."})
    assert again.status_code == 409


@pytest.mark.parametrize("name", ["phan-anh-lai", "nhan-tin", "bo-sung"])
def test_a_word_is_asked_for_where_it_is_needed(client, make, name):
    statuses = {"phan-anh-lai": Status.RESOLVED, "bo-sung": Status.INFO_REQUESTED}
    report = make(statuses.get(name, Status.IN_PROGRESS))
    prove(client)

    empty = client.post(step(report, name), {"text": "  "})
    endless = client.post(step(report, name), {"text": "x" * 2001})

    assert (empty.status_code, endless.status_code) == (422, 422)
    assert 'id="say-text-error"' in empty.content.decode()
    assert "x" * 2001 in endless.content.decode()


def test_what_is_asked_for_is_shown_once_and_answered(client, leaf):
    report = CaseFactory.create(category=leaf, status=Status.RECEIVED)
    handover.ask_for_information(
        report, by=operator(), at=JULY, text="Ở trước nhà số mấy?"
    )
    prove(client)
    assert read(client, case_of(report)).count("nhà số mấy") == 1
    assert "nhà số mấy" in read(client, step(report, "bo-sung"))

    client.post(step(report, "bo-sung"), {"text": "Trước nhà số 5."})

    report.refresh_from_db()
    assert report.status == Status.RECEIVED
    assert "Trước nhà số 5." in read(client, case_of(report))


def test_a_message_is_answered_and_the_conversation_stands_in_the_timeline(
    client, mine
):
    happened = Happening(code=Event.Code.MESSAGE, text="Thợ đến sáng mai.")
    record(mine, [happened], at=JULY, by=operator().user, after=last_event(mine))

    before = read(client, case_of(mine))
    page = read(client, step(mine, "nhan-tin"))
    client.post(step(mine, "nhan-tin"), {"text": "Xin gọi tôi 0901 234 567"})

    said = read(client, case_of(mine))
    assert "Có tin nhắn gửi bạn" in before
    assert before.count("Thợ đến sáng mai.") == 1
    assert "Có tin nhắn gửi bạn" not in said
    assert "Thợ đến sáng mai." in page
    assert "Thợ đến sáng mai." in said
    assert "Xin gọi tôi 0901 234 567" in said


def test_own_words_and_photos_are_for_the_proven_reporter_alone(client, mine):
    photo = photo_of(mine)
    hearing.reply(mine, at=JULY, text="Lời riêng của tôi")
    private = reverse("mapui:case-photo", args=[mine.code, photo.public_id])
    stranger = type(client)()

    own, other = (read(each, case_of(mine)) for each in (client, stranger))

    for word in (mine.description, "Lời riêng của tôi", private):
        assert word in own.replace("&#x27;", "'")
        assert word not in other
    shown = client.get(private)
    assert shown.status_code == 200
    assert b"".join(shown.streaming_content).startswith(b"\xff\xd8")
    assert "no-store" in shown.headers["Cache-Control"]
    assert stranger.get(private).status_code == 404


def test_a_photo_of_another_case_is_shown_at_no_address_of_this_one(client, mine, leaf):
    other = photo_of(CaseFactory.create(category=leaf, reporter=TI))

    address = reverse("mapui:case-photo", args=[mine.code, other.public_id])

    assert client.get(address).status_code == 404


def test_a_result_shows_before_and_after_side_by_side(client, resolved):
    before = photo_of(resolved)
    after = photo_of(resolved, result=resolved.results.get())
    stranger = type(client)()
    Attachment.objects.filter(pk=after.pk).update(approved_at=JULY)

    own, unapproved = (read(each, case_of(resolved)) for each in (client, stranger))
    Attachment.objects.filter(pk=before.pk).update(approved_at=JULY)
    approved = read(stranger, case_of(resolved))

    assert before.public_id in own
    assert before.public_id not in unapproved
    assert f"/photos/{before.public_id}.jpg" in approved
    for page, pair in ((own, True), (unapproved, False), (approved, True)):
        assert after.public_id in page
        assert ("is-pair" in page) == pair


def test_a_refusal_is_told_once(client, leaf):
    report = CaseFactory.create(category=leaf, status=Status.RECEIVED)
    reason = CaseFactory.create(status=Status.REFUSED).refusal_reason
    handover.refuse(
        report, by=operator(), at=JULY, reason=reason, text="Xin gọi công an phường."
    )

    said = read(client, case_of(report))

    assert said.count("Xin gọi công an phường.") == 1


def test_what_was_written_as_the_proof_ran_out_is_kept(client, mine):
    client.post(reverse("mapui:forget"))
    written = {"text": "Viết dở dang"}

    asked = client.post(step(mine, "nhan-tin"), written)
    held = str(dict(client.session))
    back = prove(client)

    assert asked.url == PROVE
    assert "Viết dở dang" not in held
    assert back.url == step(mine, "nhan-tin")
    assert "Viết dở dang" in read(client, back.url)
    assert "Viết dở dang" not in read(client, back.url)


def test_an_unknown_code_or_step_is_found_nowhere(client, mine):
    assert client.get(step(mine, "khac")).status_code == 404
    unknown = reverse("mapui:say", args=["1022-250709-AAAAAA-Z", "rut"])
    assert client.get(unknown).status_code == 404


def test_a_file_that_is_no_photo_is_named_and_the_words_stay(client, resolved):
    file = SimpleUploadedFile("virus.jpg", b"MZ nothing that can be seen")
    sent = {"text": "Vẫn còn.", "attachments": file}

    page = client.post(step(resolved, "phan-anh-lai"), sent)

    assert page.status_code == 415
    assert "Vẫn còn." in page.content.decode()
    assert "virus.jpg" in page.content.decode()


def test_a_proven_case_keeps_to_its_statements(
    client, resolved, django_assert_max_num_queries
):
    photo_of(resolved)
    client.get(case_of(resolved))

    with django_assert_max_num_queries(12):
        client.get(case_of(resolved))


@pytest.mark.parametrize("name", DOINGS)
def test_every_step_keeps_to_its_statements(
    client, resolved, name, django_assert_max_num_queries
):
    client.get(step(resolved, name))

    with django_assert_max_num_queries(11):
        client.get(step(resolved, name))


def test_who_has_not_proven_anything_costs_no_session(
    client, make, django_assert_max_num_queries
):
    report = make()

    with django_assert_max_num_queries(9):
        client.get(case_of(report))
    assert not client.cookies.get("sessionid")
    assert Report.objects.count() == 1

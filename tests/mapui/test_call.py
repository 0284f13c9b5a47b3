from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.models import (
    CallDraft,
    ContactReading,
    Event,
    Following,
    Report,
    Status,
    Transfer,
)
from tests.factories import (
    HERE,
    LAN,
    ArticleFactory,
    CaseFactory,
    OrganisationFactory,
    RefusalReasonFactory,
    focal_point,
    north_of,
)

from .case_page import act, status_of

pytestmark = pytest.mark.django_db

PAGE = "/lam-viec/cuoc-goi/one-call"
LOOK, CALLER, DONE = f"{PAGE}/xem", f"{PAGE}/so", f"{PAGE}/xong"


@pytest.fixture
def told(leaf):
    """What the form of a call sends when it is filled in."""
    leaf.routes_itself_on = []
    leaf.save()
    return {
        "phone": "0901 234 567",
        "name": "Lan",
        "email": "",
        "address": "12 Hẻm 5",
        "ward": "a",
        "category": leaf.code,
        "description": "Nắp cống bị mất",
        "kind": "report",
        "language": "vi",
        "lat": "10.8",
        "lon": "106.7",
        "organisation": "",
        "reason": "",
    }


def read(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def statements(client, address, sent=None):
    def ask():
        return client.post(address, sent) if sent else client.get(address)

    ask()
    with CaptureQueriesContext(connection) as ran:
        assert ask().status_code == 200
    return len([each for each in ran if "SAVEPOINT" not in each["sql"]])


def nearby(leaf, *, metres=30, status=Status.IN_PROGRESS, **given):
    at = timezone.now() - timezone.timedelta(days=1)
    return CaseFactory.create(
        category=leaf,
        point=north_of(HERE, metres),
        status=status,
        received_at=at,
        **given,
    )


def test_a_telephone_system_opens_a_call_whose_address_tells_no_number(client, desk):
    answer = client.get("/staff/call?phone=%2B84901234567")

    assert answer.status_code == 302
    assert "901" not in answer.url
    assert 'value="0901 234 567"' in client.get(answer.url).content.decode()


def test_a_number_that_calls_again_comes_back_to_its_unfinished_call(client, desk):
    first = client.get("/staff/call?phone=0901234567").url
    client.post(f"{first}/xem", {"phone": "0901234567", "name": "Lan ở chợ"})

    again = client.get("/staff/call?phone=%2B84901234567").url

    assert again == first
    assert "Lan ở chợ" in client.get(again).content.decode()


@pytest.mark.parametrize("phone", ["", "abc", "999999999999999999999", "<b>"])
def test_whatever_rings_opens_a_call(client, desk, phone):
    answer = client.get(f"/staff/call?phone={phone}", follow=True)

    assert answer.status_code == 200
    assert "<b>" not in answer.content.decode().split("<main")[1].split("kept")[0]


def test_nobody_but_an_operator_takes_calls(client, unit, told):
    for address in ("/staff/call", PAGE, DONE):
        assert client.get(address).url == "/lam-viec"
    for address in (PAGE, LOOK, CALLER):
        assert client.post(address, told).url == "/lam-viec"
    assert not Report.objects.exists()
    assert not CallDraft.objects.exists()


def test_earlier_cases_of_the_number_stand_beside_and_stay_sealed(client, desk, told):
    case = CaseFactory.create(category__name="Ngập nước")

    said = read(client.post(CALLER, told))

    assert f"/lam-viec/phan-anh/{case.public_id}" in said
    assert LAN.email not in said
    assert ContactReading.objects.get().reader == desk.user.get_username()


def test_what_is_typed_is_kept_and_comes_back(client, desk, told):
    client.post(LOOK, told | {"private": "1"})

    page = client.get(PAGE).content.decode()

    assert "Nắp cống bị mất" in page
    assert 'value="12 Hẻm 5"' in page
    assert re.search(r'name="private"\s+value="1"\s+checked', page)
    assert b"0901" not in bytes(CallDraft.objects.get().sealed)
    queue = client.get("/lam-viec/tong-dai").content.decode()
    assert PAGE in queue
    assert "0901 234 567" in queue


def test_a_form_nobody_touched_is_no_draft(client, desk):
    client.post(LOOK, {"kind": "report", "language": "vi", "phone": " "})

    assert not CallDraft.objects.exists()


def test_the_unit_and_why_stand_beside_as_soon_as_place_and_category_do(
    client, desk, told
):
    said = read(client.post(LOOK, told))

    assert "Dự kiến chuyển" in said
    assert "UBND phường A" in said


def test_a_call_off_the_map_is_told_so_before_it_is_filed(client, desk, told):
    said = client.post(LOOK, told | {"lat": "0", "lon": "0", "ward": ""})

    assert said.status_code == 200
    refused = client.post(PAGE, told | {"lat": "0", "lon": "0", "do": "transfer"})
    assert refused.status_code == 422
    assert 'href="#call-ward"' in refused.content.decode()


def test_what_is_alike_nearby_is_shown_with_distance_and_state(
    client, desk, told, leaf
):
    near = nearby(leaf, description="Miệng cống hở")
    far = nearby(leaf, metres=400)
    waiting = nearby(leaf, metres=60, status=Status.RECEIVED)

    said = read(client.post(LOOK, told))

    assert "30 m" in said
    assert f'value="{near.public_id}"' in said
    assert far.public_id not in said
    assert waiting.public_id in said
    assert f'value="{waiting.public_id}"' not in said


def test_a_call_is_filed_and_transferred_and_the_code_can_be_read_aloud(
    client, desk, told
):
    client.post(LOOK, told)

    done = client.post(PAGE, told | {"do": "transfer"}, follow=True)

    report = Report.objects.get()
    assert done.redirect_chain == [(DONE, 302)]
    assert (report.channel, report.status) == ("hotline", Status.TRANSFERRED)
    assert report.place_source == "address"
    assert report.contact.phone_index
    said = read(done)
    assert "".join(done.context["spoken"]) == report.code.replace("-", "")
    assert "UBND phường A" in said
    assert not CallDraft.objects.exists()
    assert client.get(PAGE).url == DONE


def test_what_goes_by_itself_is_said_to(client, desk, told, leaf):
    leaf.routes_itself_on = ["hotline"]
    leaf.save()

    done = client.post(PAGE, told | {"do": "transfer"}, follow=True)

    assert Transfer.objects.get().by is None
    assert "tự chuyển" in read(done)


def test_a_call_is_kept_at_the_desk(client, desk, told):
    client.post(PAGE, told | {"do": "keep"})

    assert Report.objects.get().status == Status.RECEIVED


def test_another_unit_needs_its_name_and_a_reason(client, desk, told):
    other = OrganisationFactory.create(name="Công ty Thoát nước")
    sent = told | {"do": "transfer", "organisation": "cong ty nao do"}
    assert "call-organisation" in client.post(PAGE, sent).content.decode()
    sent |= {"organisation": other.name}
    refused = client.post(PAGE, sent)
    assert refused.status_code == 422
    assert 'href="#call-reason"' in refused.content.decode()
    assert not Report.objects.exists()

    client.post(PAGE, sent | {"reason": "Cống cấp 1"})

    assert Report.objects.get().organisation == other


def test_what_lacks_is_named_at_its_field_and_nothing_typed_is_lost(client, desk, told):
    sent = told | {"do": "transfer", "name": "", "phone": "", "category": ""}

    refused = client.post(PAGE, sent)

    said = refused.content.decode()
    assert refused.status_code == 422
    for field in ("name", "phone", "category"):
        assert f'href="#call-{field}"' in said
    assert "Nắp cống bị mất" in said
    assert "Nắp cống bị mất" in client.get(PAGE).content.decode()
    assert not Report.objects.exists()


def test_a_caller_is_added_to_an_open_case_instead(client, desk, told, leaf):
    case = nearby(leaf)

    done = client.post(PAGE, told | {"join": case.public_id}, follow=True)

    assert done.redirect_chain == [(DONE, 302)]
    following = Following.objects.get()
    assert following.report == case
    assert following.contact.phone_index
    assert case.code not in read(done)
    assert not Report.objects.exclude(pk=case.pk).exists()


def test_nobody_is_added_without_a_name_or_to_what_is_not_public(
    client, desk, told, leaf
):
    case, hidden = nearby(leaf), nearby(leaf, is_public=False)

    unnamed = client.post(PAGE, told | {"join": case.public_id, "name": ""})
    private = client.post(PAGE, told | {"join": hidden.public_id})
    unknown = client.post(PAGE, told | {"join": "nothing"})

    assert unnamed.status_code == private.status_code == unknown.status_code == 422
    assert not Following.objects.exists()


def test_a_dropped_call_leaves_nothing(client, desk, told):
    client.post(LOOK, told)

    answer = client.post(PAGE, told | {"do": "discard"})

    assert answer.url == "/lam-viec/tong-dai"
    assert not CallDraft.objects.exists()
    assert not Report.objects.exists()


def test_a_call_sent_twice_is_one(client, desk, told):
    for _ in range(2):
        assert client.post(PAGE, told | {"do": "transfer"}).url == DONE

    assert Report.objects.count() == Transfer.objects.count() == 1


def test_who_is_signed_out_finds_the_draft_after_signing_in(client, desk, told):
    client.post(LOOK, told)
    client.logout()
    assert client.post(LOOK, told | {"name": "Mai"}).status_code == 302

    client.force_login(desk.user)

    assert "Nắp cống bị mất" in client.get(PAGE).content.decode()


def test_a_call_with_an_endless_name_is_not_there(client, desk):
    assert client.get(f"/lam-viec/cuoc-goi/{'a' * 65}").status_code == 404


def test_the_pages_of_a_call_take_a_fixed_number_of_statements(
    client, desk, told, leaf
):
    client.post(LOOK, told)
    nearby(leaf)
    few = [statements(client, PAGE), statements(client, LOOK, told)]
    few.append(statements(client, CALLER, told))
    for metres in (40, 50, 60, 70):
        nearby(leaf, metres=metres)

    many = [statements(client, PAGE), statements(client, LOOK, told)]
    many.append(statements(client, CALLER, told))

    assert many == few
    assert few[0] <= 19
    assert few[1] <= 14
    assert few[2] <= 6


def test_the_queue_transfers_and_claims_a_row_and_comes_back(client, desk, leaf):
    case = CaseFactory.create(status=Status.RECEIVED, category=leaf)
    decision = case.decisions.get()
    decision.pk, decision._state.adding = None, True  # What is decided only grows.
    decision.organisation = OrganisationFactory.create()
    decision.save()
    queue = client.get("/lam-viec/tong-dai").content.decode()
    assert f"/lam-viec/phan-anh/{case.public_id}/accept_and_transfer" in queue

    claimed = act(client, case, "claim", back="reception")
    case.refresh_from_db()
    moved = act(
        client,
        case,
        "accept_and_transfer",
        back="reception",
        organisation=decision.organisation.code,
    )

    assert claimed.url == moved.url == "/lam-viec/tong-dai?tab=reception"
    assert status_of(case) == Status.TRANSFERRED


def test_a_row_that_another_holds_is_left_alone(client, desk, leaf):
    case = CaseFactory.create(
        status=Status.RECEIVED,
        claimed_by=focal_point(OrganisationFactory.create()).user,
        claimed_at=timezone.now(),
    )

    queue = client.get("/lam-viec/tong-dai").content.decode()

    assert f"{case.public_id}/claim" not in queue
    assert str(case.claimed_by) in queue


def test_refusing_for_want_of_information_asks_first(client, desk):
    case = CaseFactory.create(status=Status.RECEIVED)
    reason = RefusalReasonFactory.create(code="THIEU_THONG_TIN")
    said = {"refusal_reason": reason.code, "refusal_text": "Thiếu địa điểm"}

    refused = act(client, case, "refuse", **said)

    assert refused.status_code == 422
    assert "bổ sung" in refused.context["failure"].summary[0].message
    assert status_of(case) == Status.RECEIVED


def test_what_answers_a_question_is_shown_while_it_is_typed(client, desk, told):
    article = ArticleFactory.create(question="Nắp cống bị mất gọi ai?")

    page = read(client.post(LOOK, told | {"description": "nap cong bi mat"}))

    assert article.question in page
    assert article.source in page
    assert 'data-key="F4"' in page
    assert article.question not in read(client.post(LOOK, told | {"answer": "Rồi."}))


def test_an_article_is_taken_as_the_answer_to_be_read_over(client, desk, told):
    article = ArticleFactory.create()

    answer = client.post(PAGE, told | {"use": article.code}, follow=True)

    page = read(answer)
    assert f">{article.answer}</textarea>" in page
    assert f'name="article" value="{article.code}"' in page
    assert not Report.objects.exists()


def test_a_question_is_answered_in_the_call_and_the_case_ends_with_its_code(
    client, desk, told
):
    article = ArticleFactory.create()
    asked = {"answer": "Gọi số này.", "article": article.code, "kind": "question"}
    nowhere = {"lat": "", "lon": "", "ward": "", "address": ""}

    answer = client.post(PAGE, told | asked | nowhere | {"do": "answer"}, follow=True)

    report = Report.objects.get()
    assert (report.status, report.kind) == (Status.ANSWERED, "question")
    event = report.events.get(code=Event.Code.ANSWERED)
    assert (event.note.text, event.arguments["article"]) == (
        "Gọi số này.",
        article.code,
    )
    assert event.arguments["article_version"] == "1"
    page = read(answer)
    assert "Gọi số này." in page
    assert "".join(report.code.split("-")[2]) in page.replace("</span><span>", "")
    assert not CallDraft.objects.exists()


def test_an_answer_that_says_nothing_ends_nothing(client, desk, told):
    answer = client.post(PAGE, told | {"answer": " ", "do": "answer"})

    assert answer.status_code == 422
    assert 'href="#call-answer"' in read(answer)
    assert not Report.objects.exists()
    assert CallDraft.objects.exists()


@pytest.mark.parametrize(
    ("do", "status"),
    [("thanks", Status.THANKED), ("emergency", Status.EMERGENCY)],
)
def test_thanks_and_emergencies_end_in_the_call(client, desk, told, do, status):
    nowhere = {"lat": "", "lon": "", "ward": ""}

    answer = client.post(PAGE, told | nowhere | {"do": do}, follow=True)

    assert answer.status_code == 200
    report = Report.objects.get()
    assert report.status == status
    assert not report.clocks.filter(stopped_at=None).exists()


def test_a_call_that_is_ended_twice_is_one_case(client, desk, told):
    for _turn in range(2):
        client.post(PAGE, told | {"do": "answer", "answer": "Đã rõ."})

    assert Report.objects.get().events.filter(code="answered").count() == 1


def test_the_time_of_a_call_runs_from_the_ring_and_survives_whatever_is_loaded_again(
    client, desk, told
):
    page = client.get("/staff/call").url
    rang = client.session["ringing"]["at"][:19]
    session = client.session
    begun = timezone.now() - timezone.timedelta(minutes=4, seconds=30)
    session["ringing"] = {"call": page.rsplit("/", 1)[1], "at": begun.isoformat()}
    session.save()

    assert rang
    assert "<b data-time>4:3" in read(client.get(page))
    client.post(f"{page}/xem", told)
    client.post(f"{page}/xem", told | {"name": "Lan ở chợ"})
    client.get("/staff/call")

    assert CallDraft.objects.get().started_at == begun
    assert "<b data-time>4:3" in read(client.get(page))


def test_a_call_that_takes_too_long_is_told_on_the_desk_s_list(client, desk, told):
    client.post(LOOK, told)
    late = timezone.now() - timezone.timedelta(minutes=5)
    assert "quá thời gian" not in read(client.get("/lam-viec/tong-dai"))

    CallDraft.objects.update(started_at=late)

    page = read(client.get("/lam-viec/tong-dai"))
    assert "quá thời gian" in page
    assert "<b data-time>5:0" in page


def test_the_caller_is_told_of_the_recording_in_the_city_s_words(client, desk):
    assert "Cuộc gọi được ghi âm" in read(client.get(PAGE))


def test_a_caller_who_cannot_tell_where_it_is_is_sent_a_link(client, desk, told):
    nowhere = {"lat": "", "lon": "", "ward": "", "address": ""}

    answer = client.post(PAGE, told | nowhere | {"do": "location"}, follow=True)

    report = Report.objects.get()
    assert (report.status, report.place_source) == (Status.RECEIVED, "later")
    assert report.location_links.get().used_at is None
    assert "đường dẫn" in read(answer)
    case = read(client.get(f"/lam-viec/phan-anh/{report.public_id}"))
    assert "ask_location" in case

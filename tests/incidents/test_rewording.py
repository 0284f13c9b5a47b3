"""An administrator may write a notice anew; what is broken or unsafe is not kept."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail

from incidents.delivery_report import read_faring, read_waiting
from incidents.errors import Missing, NotAllowed
from incidents.models import CallBack, Membership, Notice, NoticeText, Outlet
from incidents.notifications import city_texts, send, trying
from incidents.notifications.gateway import Outcome
from incidents.notifications.wording import fill
from incidents.rewording import reword, show, take_back
from tests.factories import (
    JULY,
    OrganisationFactory,
    RefusalReasonFactory,
    operator,
    somebody,
)
from tests.fakes.gateway import settings_for
from tests.incidents.test_sending import LANDLINE, MOBILE, owed

pytestmark = pytest.mark.django_db
NAME = "transferred"


@pytest.fixture
def keeper():
    """An administrator of the portal."""
    seat = OrganisationFactory.create(type="operator")
    return somebody(Membership.Role.ADMINISTRATOR, seat)


def changed(**parts):
    """The city's words for a transfer, with parts in Vietnamese written anew."""
    texts = deepcopy(city_texts()[NAME])
    texts["vi"] |= parts
    return texts


def kept(keeper, **parts):
    return reword(NAME, changed(**parts), by=keeper, at=JULY, why="Rõ hơn")


def test_from_then_on_the_new_words_are_sent(telling, keeper, settings):
    kept(keeper, subject="Đã chuyển {what}", body="Kính gửi bạn. {link}")
    notice = owed(telling)
    Notice.objects.filter(pk=notice.pk).update(channel="email")

    _send_by_mail(telling)

    assert mail.outbox[-1].subject.startswith("Đã chuyển " + telling.category.label)
    assert "Kính gửi bạn. http" in mail.outbox[-1].body


def _send_by_mail(telling):
    from dataclasses import replace

    from incidents.intake import receive

    both = replace(MOBILE, email="lan@example.org")
    again = replace(telling, reporter=both, client_id="again")
    report = receive(again, channel="portal", at=JULY).report
    send(report.contact.notices.get(channel="email").pk, at=JULY)


def test_the_city_s_own_words_can_be_had_back_and_all_stays_on_record(telling, keeper):
    kept(keeper, subject="Đã chuyển {what}")

    take_back(NAME, by=keeper, at=JULY, why="Nhầm")

    _send_by_mail(telling)
    assert "đang được xử lý" in mail.outbox[-1].subject
    assert list(NoticeText.objects.values_list("why", flat=True)) == ["Rõ hơn", "Nhầm"]


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"body": "{link} {code.__class__}"}, "body_vi"),
        ({"body": "{link} {code[0]}"}, "body_vi"),
        ({"body": "{link} {code!r}"}, "body_vi"),
        ({"body": "{link} {}"}, "body_vi"),
        ({"body": "{link} {secret}"}, "body_vi"),
        ({"body": "Không có đường dẫn"}, "body_vi"),
        ({"subject": "{text}"}, "subject_vi"),
        ({"subject": "Đã chuyển {code}"}, "subject_vi"),
        ({"subject": "Hai\ndòng"}, "subject_vi"),
        ({"subject": " "}, "subject_vi"),
        ({"sms": "Phản ánh {code} {link}"}, "sms_vi"),
        ({"sms": "1022: {code} {text} {link}"}, "sms_vi"),
        ({"sms": "1022: {code}"}, "sms_vi"),
        ({"sms": "1022: " + "dai " * 25 + "{organisation} {code} {link}"}, "sms_vi"),
        ({"body": "{link} " + "x" * 4000}, "body_vi"),
    ],
)
def test_words_that_are_broken_or_reach_too_far_are_not_kept(keeper, parts, field):
    with pytest.raises(Missing) as refused:
        kept(keeper, **parts)

    assert refused.value.field == field
    assert not NoticeText.objects.exists()


def test_both_languages_must_be_there(keeper):
    texts = changed()
    del texts["en"]

    with pytest.raises(Missing) as refused:
        reword(NAME, texts, by=keeper, at=JULY, why="Rõ hơn")

    assert refused.value.field == "subject_en"


def test_a_text_message_is_measured_with_the_longest_unit_there_is(keeper):
    brief = "1022: {organisation} {code} {link}" + "x" * 30
    kept(keeper, sms=brief)
    OrganisationFactory.create(name="Trung tâm " + "ấ" * 60)

    with pytest.raises(Missing):
        kept(keeper, sms=brief)


def test_only_administrators_of_the_city_write_and_they_say_why(keeper):
    with pytest.raises(NotAllowed):
        kept(operator())
    with pytest.raises(NotAllowed):
        take_back(NAME, by=operator(), at=JULY, why="Nhầm")
    with pytest.raises(Missing):
        take_back(NAME, by=keeper, at=JULY, why=" ")


@pytest.mark.parametrize(
    "text", ["{code.__class__}", "{code[0]}", "{code!r:>9}", "{0}", "{__init__}"]
)
def test_nothing_but_a_field_is_ever_filled_in(text):
    assert "str" not in fill(text, {"code": "{link}", "link": "x"})
    assert fill("{code}", {"code": "{link}", "link": "x"}) == "{link}"


@pytest.mark.parametrize("name", sorted(city_texts()))
def test_every_notice_can_be_looked_at_with_an_example(name):
    OrganisationFactory.create(name="UBND phường A")
    RefusalReasonFactory.create(sms="ngoai pham vi")

    shown = show(name, city_texts()[name], at=JULY)

    assert [each.language for each in shown] == settings.CITY.languages
    for each in shown:
        assert "{" not in each.subject + each.body + each.sms
        assert 0 < each.taken <= each.room


def test_how_notices_fare_is_counted_by_channel(telling, monkeypatch, settings):
    settings.SMS = settings_for("http://127.0.0.1:1/")
    down = Outcome(failure="http.503")
    monkeypatch.setattr(trying, "hand_over", lambda _message: down)
    notice = owed(telling)
    send(notice.pk, at=JULY)

    email, sms, call = read_faring(at=JULY + timedelta(hours=1))

    assert (sms.counts, sms.owed, sms.oldest) == ({"owed": 1}, 1, JULY)
    assert sms.is_failing
    assert (email.counts, email.is_failing, call.owed) == ({}, False, 0)
    assert Outlet.objects.get().failure == "http.503"
    assert not read_faring(at=JULY + timedelta(days=8))[1].counts


def test_how_many_wait_to_be_called_is_counted(telling, settings):
    settings.SMS = settings_for("http://127.0.0.1:1/")
    send(owed(telling, LANDLINE).pk, at=JULY)

    waiting = read_waiting()

    assert (waiting.count, waiting.oldest) == (1, JULY)
    assert CallBack.objects.exists()

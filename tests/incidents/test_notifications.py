from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from incidents import handover, letters, notifications
from incidents.intake import receive
from incidents.models import (
    CallBack,
    Contact,
    ContactReading,
    Event,
    Notice,
    RefusalReason,
)
from incidents.notifications import TOLD, compose, send
from incidents.privacy import Reporter
from incidents.tasks import send_notice
from tests.factories import (
    JULY,
    CaseFactory,
    OrganisationFactory,
    RefusalReasonFactory,
    operator,
)

pytestmark = pytest.mark.django_db

TEXTS = notifications.city_texts()


@pytest.fixture
def waiting(telling):
    telling.category.routes_itself_on = []
    telling.category.save()
    return telling


def send_all():
    for notice in Notice.objects.filter(sent_at__isnull=True):
        send(notice.pk, at=JULY)
    return mail.outbox


@pytest.mark.parametrize(
    ("language", "subject", "unit"),
    [
        ("vi", "đã được ghi nhận, đang được xử lý", "UBND phường A"),
        ("en", "acknowledged and being handled", "Committee of ward A"),
    ],
)
def test_the_acknowledgement_is_written_in_the_reporter_s_language(
    telling, settings, language, subject, unit
):
    filing = receive(replace(telling, language=language), channel="portal", at=JULY)

    (sent,) = send_all()

    assert sent.to == ["lan@example.org"]
    assert sent.subject.startswith(settings.CITY.service_name[language])
    assert subject in sent.subject
    assert filing.report.code not in sent.subject
    assert f"“{telling.category.label}”" in sent.subject
    assert "09/07/2025" in sent.subject
    assert filing.report.code in sent.body
    assert unit in sent.body
    assert "16/07/2025" in sent.body
    assert filing.report.get_absolute_url() in sent.body


def test_a_receipt_names_the_expected_unit_where_there_is_one(waiting):
    receive(waiting, channel="portal", at=JULY)

    (sent,) = send_all()

    assert "Dự kiến chuyển UBND phường A" in sent.body


def test_a_receipt_without_an_expected_unit_names_none(waiting):
    waiting.category.branch = None
    waiting.category.code = "HT-OTHER"
    waiting.category.save()
    receive(waiting, channel="portal", at=JULY)

    (sent,) = send_all()

    assert "Tổng đài viên sẽ phân loại" in sent.body
    assert "UBND" not in sent.body


def test_a_refusal_says_why(waiting):
    report = receive(waiting, channel="portal", at=JULY).report
    reason = RefusalReasonFactory.create(name="Ngoài phạm vi tiếp nhận")
    handover.refuse(report, by=operator(), at=JULY, reason=reason, text="Xin gọi …")

    sent = send_all()[-1]

    assert "Ngoài phạm vi tiếp nhận" in sent.body


def test_a_notice_repeats_nobody_s_words(waiting):
    report = receive(waiting, channel="portal", at=JULY).report
    handover.ask_for_information(
        report, by=operator(), at=JULY, text="Gọi 0909 111 222 để nói rõ"
    )

    for sent in send_all():
        for told in ["0909", "Mất nắp cống", "901234567", "Lan"]:
            assert told not in sent.body + sent.subject


@pytest.mark.parametrize("code", sorted(TOLD))
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_city_has_words_for_all_that_is_told(code, language):
    case = CaseFactory.create(
        status="transferred",
        refusal_reason=RefusalReasonFactory.create(),
        language=language,
    )
    event = Event.objects.create(
        report=case, sequence=2, at=JULY, code=code, prev_hash=b"", hash=b"2"
    )
    contact = Contact.objects.get(report=case)
    notice = Notice(event=event, contact=contact, channel="email", asked_at=JULY)

    subject, body = compose(notice)

    assert case.code in subject + body
    assert "\n" not in subject
    assert "{" not in subject + body


def test_every_text_of_the_city_has_both_languages_and_no_unknown_gap():
    known = [
        "code",
        "received",
        "organisation",
        "predecessor",
        "due",
        "link",
        "place_link",
        "reason",
        "service",
        "text",
        "until",
        "what",
        "end",
        "answer",
    ]
    blank = dict.fromkeys(known, "x")

    for event, languages in TEXTS.items():
        assert {"vi", "en"} <= languages.keys(), event
        for text in languages.values():
            text["subject"].format_map(blank)
            text["body"].format_map(blank)
            text["sms"].format_map(blank)


def test_a_retried_job_sends_once_and_the_reading_is_on_record(telling):
    receive(telling, channel="portal", at=JULY)
    notice = Notice.objects.get()

    for _ in range(2):
        send_notice(notice_id=notice.pk)

    assert len(mail.outbox) == 1
    notice.refresh_from_db()
    assert notice.sent_at is not None
    reading = Contact.objects.get().readings.get()
    assert (reading.reader, reading.reason) == ("worker", "notice")


def test_a_notice_that_could_not_be_sent_is_still_owed(telling, monkeypatch, caplog):
    receive(telling, channel="portal", at=JULY)
    notice = Notice.objects.get()

    def fail(message):
        raise SMTPServerDisconnected(f"{message.to[0]}: connection lost")

    monkeypatch.setattr(letters.EmailMultiAlternatives, "send", fail)

    send(notice.pk, at=JULY)

    notice.refresh_from_db()
    assert notice.sent_at is None
    assert (notice.state, notice.attempts) == ("owed", 1)
    assert notice.next_try_at == JULY + timedelta(seconds=30)
    assert notice.failure == "mail.SMTPServerDisconnected"
    assert "example.org" not in caplog.text
    assert notice.contact.readings.get().reader == "worker"


def test_a_mailbox_that_is_not_there_is_not_tried_again(telling, monkeypatch):
    receive(telling, channel="portal", at=JULY)
    notice = Notice.objects.get()

    def fail(message):
        raise SMTPRecipientsRefused({message.to[0]: (550, b"no such mailbox")})

    monkeypatch.setattr(letters.EmailMultiAlternatives, "send", fail)

    send(notice.pk, at=JULY)

    notice.refresh_from_db()
    assert (notice.state, notice.failure) == ("failed", "mail.550")
    # She left a telephone as well.
    assert notice.call_back.reason == "undeliverable"


def test_who_gave_a_phone_only_is_called_where_nobody_sends_texts(telling):
    by_phone = replace(telling, reporter=Reporter(name="Lan", phone="+84901234567"))

    receive(by_phone, channel="portal", at=JULY)
    for _turn in range(2):
        send(Notice.objects.get().pk, at=JULY)

    notice = Notice.objects.get()
    assert (notice.channel, notice.state) == ("call", "accepted")
    assert CallBack.objects.get().reason == "no_message"
    assert not mail.outbox
    assert not ContactReading.objects.exists()


def test_a_notice_is_owed_once_an_event_and_channel(telling):
    receive(telling, channel="portal", at=JULY)
    owed = Notice.objects.get()
    owed.pk = None

    with (
        pytest.raises(IntegrityError, match="notice_is_owed_once"),
        transaction.atomic(),
    ):
        owed.save(force_insert=True)


def test_a_notice_names_the_unit_its_event_is_about(telling):
    report = receive(telling, channel="portal", at=JULY).report
    other = OrganisationFactory.create(name="Trung tâm")
    handover.transfer(
        report, to=other, by=operator(), at=JULY + timedelta(hours=1), reason="Theirs"
    )

    first, second = send_all()

    assert "UBND phường A" in first.body
    assert "Trung tâm" in second.body


def test_what_is_not_told_owes_nothing(waiting):
    report = receive(waiting, channel="portal", at=JULY).report
    owed = Notice.objects.count()

    handover.accept(report, by=operator(), at=JULY)

    assert Notice.objects.count() == owed
    assert not RefusalReason.objects.exists()


def test_a_notice_is_also_a_page_with_a_button_to_the_case(telling):
    report = receive(replace(telling, language="en"), channel="portal", at=JULY).report

    (sent,) = send_all()

    page, kind = sent.alternatives[0]
    assert kind == "text/html"
    assert '<html lang="en">' in page
    assert f'<a href="{report.get_absolute_url()}">Follow your report</a>' in page
    assert "Committee of ward A" in page
    assert "Lan" not in page
    for outside in ["<script", "<img", "@import", "<link", "style="]:
        assert outside not in page

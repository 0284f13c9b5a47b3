"""A contact is proven by six digits sent to it, and told to nobody else."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from incidents import letters, proof, tasks
from incidents.errors import AskedTooOften, Missing, SpentCode, WrongCode
from incidents.models import OneTimeCode, Status
from incidents.notifications import trying
from incidents.notifications.gateway import Outcome
from incidents.notifications.segment import SEPTETS, plain, septets
from incidents.notifications.wording import fill
from incidents.privacy import Reporter, blind
from incidents.proof import LIVES, TRIES, ask, awaited, prove, read_way, send
from tests.factories import JULY, LAN, CaseFactory
from tests.fakes.gateway import settings_for

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
CITIES = Path(__file__).parents[2] / "cities"


@pytest.fixture
def case():
    """A report that Lan filed with a telephone number and an e-mail address."""
    return CaseFactory.create()


def ask_for(contact=LAN.email, *, language="vi", at=JULY):
    return ask(read_way(contact), language=language, at=at)


def digits_of(message):
    (found,) = set(re.findall(r"\b\d{6}\b", message.body))
    return found


def not_these(digits):
    return f"{(int(digits) + 1) % 1_000_000:06}"


@pytest.mark.parametrize(
    ("language", "words"), [("vi", "Mã xác nhận"), ("en", "one-time code")]
)
def test_six_digits_go_to_who_filed_in_the_language_of_the_page(
    case, mailoutbox, language, words
):
    code = ask_for(language=language)

    send(code.pk, at=JULY)

    (sent,) = mailoutbox
    assert sent.to == [LAN.email]
    assert words in sent.body
    assert digits_of(sent) not in sent.subject
    assert case.code not in sent.body + sent.subject


def test_the_digits_prove_the_contact_however_they_are_typed(case, mailoutbox):
    code = ask_for(LAN.email.upper())
    send(code.pk, at=JULY)
    digits = digits_of(mailoutbox[0])

    index = prove(code.pk, f" {digits[:3]} {digits[3:]} ", at=JULY + MINUTE)

    assert index == blind(LAN.email)
    assert proof.is_reporter(case, index)
    assert list(proof.reports_of(index)) == [case]


def test_an_unknown_address_is_asked_alike_and_sent_nothing(case, mailoutbox):
    known, unknown = ask_for(), ask_for("nobody@example.org")

    for code in (known, unknown):
        send(code.pk, at=JULY)

    assert [message.to for message in mailoutbox] == [[LAN.email]]
    jobs = ProcrastinateJob.objects.filter(task_name="incidents.send_one_time_code")
    assert [job.args for job in jobs.order_by("id")] == [
        {"code_id": known.pk},
        {"code_id": unknown.pk},
    ]
    assert awaited(unknown.pk, at=JULY).tries_left == TRIES


def test_the_same_statements_are_made_whether_an_address_is_known(
    case, django_assert_num_queries
):
    ask_for("warm@example.org")

    for contact in (LAN.email, "nobody@example.org"):
        way = read_way(contact)
        with django_assert_num_queries(7):
            ask(way, language="vi", at=JULY)


def test_a_wrong_code_says_how_many_tries_remain_and_the_last_spends_it(
    case, mailoutbox
):
    code = ask_for()
    send(code.pk, at=JULY)
    digits = digits_of(mailoutbox[0])
    wrong = not_these(digits)

    for left in range(TRIES - 1, 0, -1):
        with pytest.raises(WrongCode) as refused:
            prove(code.pk, wrong, at=JULY)
        assert f"{left} lần" in str(refused.value)
        assert awaited(code.pk, at=JULY).tries_left == left
    with pytest.raises(SpentCode):
        prove(code.pk, wrong, at=JULY)

    with pytest.raises(SpentCode):
        prove(code.pk, digits, at=JULY)


@pytest.mark.parametrize("typed", ["", "12345", "abcdef"])
def test_what_is_no_code_at_all_costs_no_try(case, typed):
    code = ask_for()

    with pytest.raises(Missing):
        prove(code.pk, typed, at=JULY)

    assert awaited(code.pk, at=JULY).tries_left == TRIES


def test_a_code_works_for_ten_minutes(case, mailoutbox):
    code = ask_for()
    send(code.pk, at=JULY)

    with pytest.raises(SpentCode):
        prove(code.pk, digits_of(mailoutbox[0]), at=JULY + LIVES)

    assert timedelta(minutes=10) == LIVES
    assert awaited(code.pk, at=JULY + LIVES) is None


def test_a_code_works_once(case, mailoutbox):
    code = ask_for()
    send(code.pk, at=JULY)
    digits = digits_of(mailoutbox[0])
    prove(code.pk, digits, at=JULY)

    with pytest.raises(SpentCode):
        prove(code.pk, digits, at=JULY)


def test_a_code_proves_only_the_contact_it_was_sent_to(mailoutbox):
    CaseFactory.create()
    mine = ask_for()
    send(mine.pk, at=JULY)
    other = ask_for("other@example.org")

    with pytest.raises(WrongCode):
        prove(other.pk, digits_of(mailoutbox[0]), at=JULY)


def test_a_number_that_is_no_code_is_spent():
    with pytest.raises(SpentCode):
        prove(0, "123456", at=JULY)


@pytest.mark.parametrize("contact", [LAN.email, "nobody@example.org"])
def test_a_contact_is_sent_three_codes_an_hour_known_or_not(case, contact):
    for turn in range(3):
        ask_for(contact, at=JULY + turn * MINUTE)

    with pytest.raises(AskedTooOften) as refused:
        ask_for(contact, at=JULY + 5 * MINUTE)

    assert refused.value.again_at == JULY + timedelta(hours=1)
    ask_for(contact, at=refused.value.again_at)


def test_a_contact_is_sent_ten_codes_a_day(case):
    for turn in range(10):
        ask_for(at=JULY + turn * timedelta(minutes=30))

    with pytest.raises(AskedTooOften) as refused:
        ask_for(at=JULY + timedelta(hours=6))

    assert refused.value.again_at == JULY + timedelta(days=1)


@pytest.mark.parametrize("typed", ["", "  ", "lan@", "@example", "hello", "12"])
def test_what_is_no_contact_is_refused_with_what_to_do(typed):
    with pytest.raises(Missing) as refused:
        read_way(typed)

    assert refused.value.field == "contact"
    assert str(refused.value)


def test_a_telephone_number_is_read_and_has_no_address():
    way = read_way("090 123 4567")

    assert (way.index, way.email, way.phone) == (blind(LAN.phone), "", LAN.phone)


def test_the_reports_of_a_contact_leave_out_withdrawn_ones_and_those_of_others():
    mine = CaseFactory.create()
    CaseFactory.create(status=Status.WITHDRAWN)
    CaseFactory.create(reporter=Reporter(name="Tí", email="ti@example.org"))

    assert list(proof.reports_of(blind(LAN.email))) == [mine]
    assert list(proof.reports_of(blind(LAN.phone))) == [mine]
    assert not proof.is_reporter(mine, "")


def test_neither_digits_nor_address_stand_in_the_clear(case, mailoutbox):
    code = ask_for()
    send(code.pk, at=JULY)
    digits = digits_of(mailoutbox[0])

    (row,) = OneTimeCode.objects.values()

    held = " ".join(str(value) for name, value in row.items() if name != "id")
    assert LAN.email not in held
    assert digits not in held


def test_once_sent_the_digits_are_forgotten_and_once_used_the_address(case, mailoutbox):
    code = ask_for()
    send(code.pk, at=JULY)
    assert awaited(code.pk, at=JULY).way.email == LAN.email

    prove(code.pk, digits_of(mailoutbox[0]), at=JULY)

    assert bytes(OneTimeCode.objects.get().sealed) == b""


def test_what_is_a_day_old_is_swept(case):
    old = ask_for(at=JULY)
    young = ask_for(at=JULY + timedelta(hours=20))

    proof.sweep(at=JULY + timedelta(hours=25))

    assert not OneTimeCode.objects.filter(pk=old.pk).exists()
    assert OneTimeCode.objects.filter(pk=young.pk).exists()


def test_a_retried_job_sends_once_and_a_late_one_nothing(case, mailoutbox):
    code, late = ask_for(), ask_for()

    for _ in range(2):
        send(code.pk, at=JULY)
    send(late.pk, at=JULY + LIVES)

    assert len(mailoutbox) == 1


def test_a_failed_sending_names_no_address_and_is_tried_again(
    case, monkeypatch, mailoutbox, caplog
):
    code = ask_for()

    def fail(message):
        raise OSError(message.to[0])

    with monkeypatch.context() as patched:
        patched.setattr(letters.EmailMultiAlternatives, "send", fail)
        send(code.pk, at=JULY)

    code.refresh_from_db()
    assert (code.state, code.failure) == ("owed", "mail.OSError")
    assert LAN.email not in caplog.text
    send(code.pk, at=code.next_try_at)
    assert len(mailoutbox) == 1


def test_the_log_tells_neither_address_nor_digits(case, mailoutbox, caplog):
    caplog.set_level("DEBUG")

    code = ask_for()
    send(code.pk, at=JULY)
    with pytest.raises(WrongCode):
        prove(code.pk, not_these(digits_of(mailoutbox[0])), at=JULY)

    said = "".join(
        record.getMessage()
        for record in caplog.records
        if not record.name.startswith("django.db")
    )
    for secret in (LAN.email, LAN.phone, digits_of(mailoutbox[0])):
        assert secret not in said


def test_the_letter_is_a_page_too_with_the_digits_first(case, mailoutbox):
    code = ask_for(language="en")

    send(code.pk, at=JULY)

    ((page, kind),) = mailoutbox[0].alternatives
    assert kind == "text/html"
    assert '<html lang="en">' in page
    assert digits_of(mailoutbox[0]) in re.search(r"<h1>(.*?)</h1>", page).group(1)


def test_the_worker_knows_the_task_by_its_name(case, mailoutbox, monkeypatch):
    code = ask_for()
    monkeypatch.setattr(tasks.timezone, "now", lambda: JULY)

    tasks.send_one_time_code(code_id=code.pk)

    assert len(mailoutbox) == 1


def test_the_worker_sweeps_codes_though_nobody_asks_for_another(case):
    ask_for()

    tasks.sweep_one_time_codes(timestamp=0)

    assert not OneTimeCode.objects.exists()


@pytest.fixture
def texts(settings, monkeypatch):
    """A gateway for text messages, and what it was handed."""
    settings.SMS = settings_for("http://127.0.0.1:1/")
    handed = []

    def hand_over(message):
        handed.append(message)
        return Outcome(accepted=True, id="p-1")

    monkeypatch.setattr(trying, "hand_over", hand_over)
    return handed


@pytest.mark.parametrize(
    ("language", "words"), [("vi", "Ma xac nhan"), ("en", "Your code")]
)
def test_who_gave_a_telephone_is_sent_the_digits_by_one_text(
    case, texts, mailoutbox, language, words
):
    code = ask_for("090 123 4567", language=language)

    for _turn in range(2):
        send(code.pk, at=JULY)

    (sent,) = texts
    assert (sent.to, sent.key) == (LAN.phone, str(code.key))
    assert words in sent.text
    assert septets(sent.text) <= SEPTETS
    assert mailoutbox == []
    (digits,) = re.findall(r"\b\d{6}\b", sent.text)
    assert prove(code.pk, digits, at=JULY) == blind(LAN.phone)


def test_a_telephone_nobody_filed_with_is_sent_nothing(case, texts):
    code = ask_for("0999 888 777")

    send(code.pk, at=JULY)

    assert texts == []
    assert awaited(code.pk, at=JULY).way.phone == "+84999888777"


def test_a_telephone_is_sent_no_more_codes_than_an_address(case, texts):
    for turn in range(3):
        ask_for(LAN.phone, at=JULY + turn * MINUTE)

    with pytest.raises(AskedTooOften):
        ask_for("090 123 4567", at=JULY + 5 * MINUTE)


@pytest.mark.parametrize(
    ("contact", "can"), [(LAN.email, True), (LAN.phone, True), ("028 3829 1234", False)]
)
def test_a_code_goes_where_it_can_be_read(texts, contact, can):
    assert read_way(contact).can_be_sent_to is can


def test_without_a_gateway_no_code_goes_to_a_telephone():
    assert not read_way(LAN.phone).can_be_sent_to


@pytest.mark.parametrize("city", sorted(CITIES.glob("*/letters.toml")), ids=str)
def test_the_text_of_a_code_fits_one_segment_in_each_city(city):
    told = tomllib.loads(city.read_text("utf8"))["one_time_code"]
    named = tomllib.loads((city.parent / "city.toml").read_text("utf8"))["service_name"]

    for language, text in told.items():
        said = {"digits": "123456", "minutes": "10", "service": plain(named[language])}
        written = fill(text["sms"], said)
        assert plain(written) == written
        assert septets(written) <= SEPTETS
        assert "123456" in written


def test_every_letter_of_the_city_has_both_languages_and_no_unknown_gap():
    told = {"digits": "123456", "minutes": "10", "service": "x"}

    for name, languages in proof._texts().items():
        assert {"vi", "en"} <= languages.keys(), name
        for text in languages.values():
            assert "{digits}" in text["body"]
            assert "\n" not in text["subject"].format_map(told)
            text["body"].format_map(told)

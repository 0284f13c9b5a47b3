from __future__ import annotations

import re
from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.contrib.auth import SESSION_KEY
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts import letters, tasks
from accounts.entry import LIMITS, Kind
from accounts.errors import NotSent
from accounts.invitations import invite, invite_again
from accounts.models import INVITATION_HOLDS, User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
FORGOTTEN = reverse("accounts:forgotten")
NEW = {"new_password1": "mot-cau-dai-9", "new_password2": "mot-cau-dai-9"}
LINK = re.compile(r"https?://\S+/accounts/\S+")


def lan(**others):
    return UserFactory.create(email="lan@example.org", first_name="Lan", **others)


def work_off():
    """Do what the worker would do by now, and return the letters it sent."""
    mail.outbox.clear()
    for job in ProcrastinateJob.objects.filter(task_name__startswith="accounts."):
        getattr(tasks, job.task_name.removeprefix("accounts."))(**job.args)
    return mail.outbox


def link_in(letter):
    address = LINK.search(letter.body).group()
    return "/" + address.split("/", 3)[3]


def opened(client, link):
    """Open a link as a browser does: what is secret leaves the address at once."""
    return client.get(link, follow=True)


def invited(**others):
    said = {"email": "minh@example.org", "name": "Minh", "language": "vi"}
    return invite(**said | {"at": timezone.now()} | others)


def test_who_forgot_the_password_chooses_another_by_a_letter(client):
    user = lan()
    asked = client.post(FORGOTTEN, {"email": " LAN@example.org "})
    (letter,) = work_off()

    page = opened(client, link_in(letter))
    done = client.post(page.redirect_chain[-1][0], NEW)

    user.refresh_from_db()
    assert asked.url == reverse("accounts:forgotten_sent")
    assert letter.to == ["lan@example.org"]
    assert user.check_password("mot-cau-dai-9")
    assert done.url == reverse("accounts:login")
    assert 'value="lan@example.org"' in client.get(done.url).content.decode()


def test_who_chose_a_new_password_need_not_wait_for_a_stranger_s_tries(client):
    user = lan()
    login = reverse("accounts:login")
    for _ in range(LIMITS[Kind.SIGN_IN].by_name):
        client.post(login, {"username": user.email, "password": "guess"})
    client.post(FORGOTTEN, {"email": user.email})
    (letter,) = work_off()
    page = opened(client, link_in(letter))

    client.post(page.redirect_chain[-1][0], NEW)
    came_in = client.post(
        login, {"username": user.email, "password": NEW["new_password1"]}
    )

    assert came_in.url == reverse("mapui:workbench")


def test_whether_an_e_mail_is_known_cannot_be_told_from_the_answer(client):
    lan()
    UserFactory.create(email="gone@example.org", is_active=False)

    answers = [
        client.post(FORGOTTEN, {"email": email})
        for email in ("lan@example.org", "nobody@example.org", "gone@example.org")
    ]

    assert {(each.status_code, each.url) for each in answers} == {
        (302, reverse("accounts:forgotten_sent"))
    }
    assert [letter.to for letter in work_off()] == [["lan@example.org"]]


def test_the_job_carries_an_account_s_id_and_nothing_else(client):
    user = lan()

    client.post(FORGOTTEN, {"email": user.email})

    (job,) = ProcrastinateJob.objects.filter(task_name="accounts.send_reset")
    assert job.args == {"user_id": user.pk}


def test_so_many_letters_go_to_one_account_and_no_more(client):
    lan()
    most = LIMITS[Kind.RESET].by_name

    for _ in range(most + 2):
        answer = client.post(FORGOTTEN, {"email": "lan@example.org"})

    assert answer.url == reverse("accounts:forgotten_sent")
    assert len(work_off()) == most


def test_who_asks_for_many_letters_from_one_address_waits(client):
    for turn in range(LIMITS[Kind.RESET].by_address):
        client.post(FORGOTTEN, {"email": f"{turn}@example.org"})

    page = client.post(FORGOTTEN, {"email": "lan@example.org"})

    assert page.status_code == 429
    assert page["Retry-After"]


@pytest.mark.parametrize("typed", ["", "lan", "lan@"])
def test_what_is_no_e_mail_is_sent_back_with_a_word(client, typed):
    page = client.post(FORGOTTEN, {"email": typed})

    assert page.status_code == 422
    assert 'role="alert"' in page.content.decode()


def test_a_link_is_used_once(client):
    lan()
    client.post(FORGOTTEN, {"email": "lan@example.org"})
    (letter,) = work_off()
    page = opened(client, link_in(letter))
    client.post(page.redirect_chain[-1][0], NEW)

    again = opened(type(client)(), link_in(letter))

    assert again.status_code == 410
    assert reverse("accounts:forgotten") in again.content.decode()


def test_a_link_for_an_account_that_was_switched_off_is_dead(client):
    user = lan()
    client.post(FORGOTTEN, {"email": user.email})
    (letter,) = work_off()
    User.objects.update(is_active=False)

    assert opened(client, link_in(letter)).status_code == 410


@pytest.mark.parametrize(
    ("language", "subject"),
    [("vi", "đặt mật khẩu mới"), ("en", "choose a new password")],
)
def test_letters_are_in_the_language_of_who_reads_them(client, language, subject):
    lan(language=language)
    client.post(FORGOTTEN, {"email": "lan@example.org"})

    (letter,) = work_off()

    assert subject in letter.subject
    assert "\n" not in letter.subject
    assert ("Kính gửi" in letter.body) == (language == "vi")
    assert "&" not in letter.body


def test_a_letter_is_also_a_page_whose_button_leads_where_the_text_does(client):
    lan()
    client.post(FORGOTTEN, {"email": "lan@example.org"})

    (letter,) = work_off()

    page, kind = letter.alternatives[0]
    address = LINK.search(letter.body).group()
    assert kind == "text/html"
    assert '<html lang="vi">' in page
    assert f'<a href="{address}">Chọn mật khẩu</a>' in page
    assert page.count(address) == 1
    assert "Kính gửi" in page


def test_an_invitation_leads_to_a_password_and_in(client):
    user = invited()
    (letter,) = work_off()

    page = opened(client, link_in(letter))
    client.post(page.redirect_chain[-1][0], NEW)
    client.post(
        reverse("accounts:login"),
        {"username": user.email, "password": NEW["new_password1"]},
    )

    assert letter.to == ["minh@example.org"]
    assert "Chào mừng Minh" in " ".join(page.content.decode().split())
    assert client.session[SESSION_KEY] == str(user.pk)


def test_a_password_that_is_too_simple_is_refused_with_the_reason(client):
    user = invited()
    (letter,) = work_off()
    page = opened(client, link_in(letter))

    simple = {"new_password1": "12345", "new_password2": "12345"}
    again = client.post(page.redirect_chain[-1][0], simple)

    user.refresh_from_db()
    assert user.is_invited
    assert 'role="alert"' in again.content.decode()


def test_an_invitation_that_came_too_late_says_so_and_what_to_do(client):
    user = invited()
    (letter,) = work_off()
    User.objects.update(invited_at=user.invited_at - INVITATION_HOLDS)
    user.refresh_from_db()
    late = reverse(
        "accounts:invitation",
        args=[
            link_in(letter).split("/")[3],
            letters.invitations.tokens.make_token(user),
        ],
    )

    page = opened(client, late)

    assert page.status_code == 410
    assert "quá hạn" in page.content.decode()
    assert "gửi lại thư mời" in page.content.decode()


def test_only_the_latest_invitation_works(client):
    user = invited()
    (first,) = work_off()
    ProcrastinateJob.objects.all().delete()
    invite_again(user, at=timezone.now() + timedelta(seconds=1))
    (second,) = work_off()

    assert opened(client, link_in(first)).status_code == 410
    assert opened(client, link_in(second)).status_code == 200


def test_an_invitation_is_no_way_to_another_account(client):
    lan()
    invited()
    (letter,) = work_off()
    parts = link_in(letter).split("/")
    other = letters.urlsafe_base64_encode(
        str(User.objects.get(first_name="Lan").pk).encode()
    )

    page = opened(client, "/".join([*parts[:3], other, parts[4]]))

    assert page.status_code == 410


def test_who_was_invited_and_not_accepted_gets_no_other_letter(client):
    invited()
    ProcrastinateJob.objects.all().delete()

    client.post(FORGOTTEN, {"email": "minh@example.org"})

    assert work_off() == []


def test_a_letter_that_is_too_late_or_for_nobody_is_not_sent():
    user = invited()

    letters.send_invitation(user.pk, at=timezone.now() + INVITATION_HOLDS)
    letters.send_invitation(user.pk + 1, at=timezone.now())
    letters.send_reset(user.pk + 1)

    assert mail.outbox == []


def test_two_who_are_called_alike_have_names_of_their_own():
    one = invited(email="minh@example.org")
    other = invited(email="minh@example.com")

    assert one.username == "minh"
    assert other.username.startswith("minh-")


def test_an_e_mail_leads_to_one_account():
    lan()

    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory.create(email="Lan@Example.org")


def test_a_refused_letter_is_tried_again_and_tells_no_address(monkeypatch):
    user = invited()
    refused = SMTPRecipientsRefused({user.email: (550, b"minh@example.org unknown")})

    def refuse(*args, **kwargs):
        raise refused

    monkeypatch.setattr(letters, "send_mail", refuse)

    with pytest.raises(NotSent) as told:
        tasks.send_invitation(user.pk)

    assert "minh" not in str(told.value)
    assert told.value.__cause__ is None


def test_people_say_what_they_are_called_and_which_language_they_read(client):
    user = lan()
    client.force_login(user)
    address = reverse("accounts:profile")

    answer = client.post(address, {"name": "  Trần   Thị Lan ", "language": "en"})

    user.refresh_from_db()
    assert (user.label, user.language) == ("Trần Thị Lan", "en")
    assert answer.cookies["django_language"].value == "en"
    assert "Your account" in client.get(address).content.decode()


@pytest.mark.parametrize(
    "said", [{}, {"name": "", "language": "vi"}, {"name": "A", "language": "xx"}]
)
def test_a_profile_that_lacks_something_is_sent_back(client, said):
    user = lan()
    client.force_login(user)

    page = client.post(reverse("accounts:profile"), said)

    user.refresh_from_db()
    assert page.status_code == 422
    assert user.label == "Lan"


def test_a_stranger_has_no_profile(client):
    assert client.get(reverse("accounts:profile")).status_code == 302

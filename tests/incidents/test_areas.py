"""A ward is followed by who said yes, daily at most, once, and sealed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail

from incidents import areas
from incidents.errors import FollowsTooMany, NoSuchFollowing
from incidents.models import AreaFollowing, AreaLetter, Report
from tests.factories import CaseFactory, LeafFactory

pytestmark = pytest.mark.django_db
WHO = "lan@example.org"
#: At nine and at eighteen by the city's clock.
MORNING = datetime(2025, 7, 15, 2, tzinfo=UTC)
EVENING = datetime(2025, 7, 15, 11, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def ward(wards):
    return wards["a"]


def asked(ward, category=None, *, email=WHO, language="vi", at=MORNING):
    return areas.follow_area(ward, category, email=email, language=language, at=at)


def following(ward, category=None, *, at=MORNING, **told):
    return areas.say_yes(asked(ward, category, at=at, **told).token, at=at)


def evening(at=EVENING):
    """Let the worker do what it does that evening; return how many letters it owes."""
    owed = areas.owe_news(at=at)
    for letter in AreaLetter.objects.unsettled().order_by("pk"):
        areas.send(letter.pk, at=at)
    return owed


def news():
    """The letters that went out and ask nothing."""
    return [each for each in mail.outbox if "?" not in each.subject]


def accepted(ward, title="Nắp cống vỡ", **about):
    told = {"accepted_at": MORNING + HOUR, "status": "in_progress"}
    return CaseFactory.create(
        place=ward, current_place=ward, public_title=title, **(told | about)
    )


def resolved(ward, title="Đèn đã sáng", **about):
    told = {
        "accepted_at": MORNING - 2 * DAY,
        "resolved_at": MORNING + 2 * HOUR,
        "status": "resolved",
    }
    return accepted(ward, title, **(told | about))


def test_the_first_letter_only_asks_and_without_a_yes_there_is_no_other(ward):
    held = asked(ward)
    accepted(ward)

    owed = evening()

    (letter,) = mail.outbox
    assert owed == 0
    assert letter.to == [WHO]
    assert held.get_absolute_url() in letter.body
    assert "Nắp cống vỡ" not in letter.body


def test_a_letter_tells_what_came_and_what_got_its_result_as_strangers_see_it(ward):
    held = following(ward)
    shown = [accepted(ward), resolved(ward)]
    accepted(ward, "Việc kín", is_public=False)
    accepted(ward, "Việc cũ", accepted_at=MORNING - 2 * DAY)
    resolved(ward, "Làm lại", status="reopened")

    assert evening() == 1

    (letter,) = news()
    page = letter.alternatives[0].content
    assert letter.subject.endswith("1 phản ánh mới, 1 đã có kết quả")
    for case in shown:
        for said in (letter.body, page):
            assert case.public_title in said
            assert case.get_public_url() in said
            assert held.get_absolute_url() in said
            for kept in (case.code, case.description, f"{case.point.x:.4f}"):
                assert kept not in said
    for unseen in ("Việc kín", "Việc cũ", "Làm lại"):
        assert unseen not in page


def test_what_has_no_approved_title_is_called_by_its_category(ward):
    following(ward, language="en")
    case = accepted(ward, "", category=LeafFactory.create(name_en="Cover missing"))

    evening()

    (letter,) = news()
    assert "1 new, 0 done" in letter.subject
    assert "- Cover missing\n" in letter.body
    assert case.description not in letter.body


def test_ten_titles_are_named_at_most_and_all_are_counted(ward):
    following(ward)
    for turn in range(12):
        accepted(ward, f"Mới {turn:02}")
        resolved(ward, f"Xong {turn:02}")

    evening()

    (letter,) = news()
    assert "12 phản ánh mới, 12 đã có kết quả" in letter.subject
    assert letter.body.count("- Mới") == 5
    assert letter.body.count("- Xong") == 5
    assert "/?ward=a" in letter.body


def test_one_letter_a_day_and_nothing_is_told_twice_or_left_out(ward):
    following(ward)
    accepted(ward, "Thứ ba")

    rounds = [evening(), evening(EVENING + HOUR)]
    accepted(ward, "Tối thứ ba", accepted_at=EVENING + 2 * HOUR)
    rounds += [evening(EVENING + 2.5 * HOUR), evening(EVENING + DAY)]

    assert rounds == [1, 0, 0, 1]
    first, second = news()
    assert "Thứ ba" in first.body
    assert "Tối thứ ba" not in first.body
    assert "- Tối thứ ba\n" in second.body
    assert "- Thứ ba\n" not in second.body


def test_what_comes_to_light_late_is_told_the_next_evening_once(ward, wards):
    held = following(ward)
    hidden = accepted(ward, "Công khai sau", is_public=False)
    elsewhere = accepted(wards["b"], "Về phường sau")
    accepted(ward, "Thứ ba")

    assert evening() == 1
    accepted(ward, "Ghi muộn", accepted_at=EVENING - HOUR)
    resolved(ward, "Xong muộn", resolved_at=EVENING - HOUR)
    Report.objects.filter(pk=hidden.pk).update(is_public=True)
    Report.objects.filter(pk=elsewhere.pk).update(current_place=ward)
    rounds = [evening(EVENING + turn * DAY) for turn in (1, 2, 3)]

    assert rounds == [1, 0, 0]
    _first, late = news()
    for title in ("Ghi muộn", "Xong muộn", "Công khai sau", "Về phường sau"):
        assert late.body.count(f"- {title}\n") == 1
    assert "- Thứ ba\n" not in late.body
    assert held.letters.filter(kind="news").count() == 2


def test_what_happened_over_a_week_ago_is_not_told_after_its_evening(ward):
    following(ward)
    evening()
    areas.owe_news(at=EVENING + 8 * DAY)

    accepted(ward)

    assert evening(EVENING + 9 * DAY) == 0


def test_what_waited_while_no_letters_went_is_told_however_long_it_was(ward):
    following(ward)
    accepted(ward)

    assert evening(EVENING + 12 * DAY) == 1


def test_a_second_result_is_news_again(ward):
    following(ward)
    case = resolved(ward)
    evening()
    Report.objects.filter(pk=case.pk).update(resolved_at=EVENING + HOUR)

    rounds = [evening(EVENING + turn * DAY) for turn in (1, 2)]

    assert rounds == [1, 0]
    assert "- Đèn đã sáng\n" in news()[-1].body


def test_where_nothing_happened_no_letter_comes(ward, wards):
    following(ward)
    accepted(wards["b"])

    assert evening() == 0
    assert news() == []


def test_what_was_before_the_yes_is_not_told(ward):
    held = asked(ward)
    accepted(ward)
    areas.say_yes(held.token, at=MORNING + 2 * HOUR)

    assert evening() == 0


def test_a_branch_narrows_what_is_told(ward):
    leaf, other = LeafFactory.create(), LeafFactory.create()
    following(ward, leaf.branch)
    accepted(ward, "Của nhánh", category=leaf)
    accepted(ward, "Nhánh khác", category=other)

    evening()

    (letter,) = news()
    assert "Của nhánh" in letter.body
    assert "Nhánh khác" not in letter.body
    assert f"category={leaf.branch.code}" in letter.body


@pytest.mark.parametrize("hour", [8, 12, 17, 21, 23])
def test_nothing_goes_out_but_in_the_evening(ward, hour):
    following(ward)
    accepted(ward, accepted_at=MORNING + timedelta(seconds=1))

    assert areas.owe_news(at=EVENING + (hour - 18) * HOUR) == 0
    assert areas.owe_news(at=EVENING) == 1


def test_many_followers_are_owed_theirs_in_as_many_statements_as_one(
    ward, django_assert_max_num_queries
):
    def statements(followers, *, at):
        for turn in range(followers):
            following(ward, email=f"n{turn}-{at.day}@example.org", at=at - HOUR)
        accepted(ward, accepted_at=at - timedelta(minutes=30))
        with django_assert_max_num_queries(12) as done:
            assert areas.owe_news(at=at) >= followers
        AreaFollowing.objects.all().delete()
        return len(done)

    assert statements(1, at=EVENING) == statements(30, at=EVENING + DAY)


def test_stopping_erases_the_address_and_drops_what_is_owed(ward):
    held = following(ward)
    accepted(ward)
    areas.owe_news(at=EVENING)

    areas.stop(held.token, at=EVENING)
    evening(EVENING + DAY)

    held.refresh_from_db()
    assert (bytes(held.sealed), held.email_index) == (b"", "")
    assert mail.outbox == []
    assert areas.say_yes(held.token, at=EVENING).ended_at == EVENING
    with pytest.raises(NoSuchFollowing):
        areas.stop("x" * 22, at=EVENING)


def test_what_is_taken_back_before_its_letter_goes_is_not_in_it(ward):
    following(ward)
    case = accepted(ward)
    areas.owe_news(at=EVENING)
    Report.objects.filter(pk=case.pk).update(is_public=False)

    evening()

    assert news() == []
    assert AreaLetter.objects.get(kind="news").state == "dropped"


def test_a_letter_that_is_late_is_not_followed_by_another_on_its_day(ward):
    following(ward)
    accepted(ward)
    areas.owe_news(at=EVENING)
    accepted(ward, "Hôm sau", accepted_at=EVENING + HOUR)
    for letter in AreaLetter.objects.unsettled():
        areas.send(letter.pk, at=EVENING + DAY - 3 * HOUR)

    rounds = [evening(EVENING + DAY), evening(EVENING + 2 * DAY)]

    assert rounds == [0, 1]
    assert "Hôm sau" in news()[-1].body


def test_what_a_killed_worker_began_is_taken_up_and_marked(ward):
    following(ward)
    accepted(ward)
    areas.owe_news(at=EVENING)
    letter = AreaLetter.objects.get(kind="news")
    letter.state, letter.attempts = "sending", 1
    letter.tried_at = letter.next_try_at = EVENING
    letter.save()

    later = EVENING + timedelta(minutes=30)
    areas.send(letter.pk, at=later)

    letter.refresh_from_db()
    assert (letter.state, letter.may_be_doubled) == ("accepted", True)
    assert areas.owe_news(at=later) == 0


def test_letter_and_job_stand_and_fall_with_what_owes_them(ward, monkeypatch):
    held = following(ward)
    accepted(ward)
    monkeypatch.setattr(areas, "_defer", lambda letters: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        areas.owe_news(at=EVENING)
    monkeypatch.undo()

    held.refresh_from_db()
    assert held.told_until == MORNING
    assert areas.owe_news(at=EVENING) == 1


def test_an_address_is_asked_once_a_day_and_for_three_areas_at_a_time(ward):
    *three, fourth = [LeafFactory.create().branch for _ in range(4)]
    tokens = {asked(ward, each).token for each in three}
    tokens |= {asked(ward, each, email=WHO.upper()).token for each in three}

    with pytest.raises(FollowsTooMany):
        asked(ward, fourth, email=WHO.upper())

    assert len(tokens) == AreaLetter.objects.count() == 3
    asked(ward, three[0], at=MORNING + DAY)
    assert AreaLetter.objects.count() == 4
    areas.say_yes(tokens.pop(), at=MORNING + DAY)
    assert asked(ward, fourth, at=MORNING + DAY)


def test_an_address_follows_ten_areas(ward):
    for _turn in range(areas.AT_MOST):
        last = following(ward, LeafFactory.create().branch)

    with pytest.raises(FollowsTooMany):
        asked(ward)
    areas.stop(last.token, at=MORNING)

    assert asked(ward)


def test_what_is_followed_already_is_left_as_it_is(ward):
    held = following(ward)

    again = asked(ward, at=EVENING)

    assert (again, AreaLetter.objects.count()) == (held, 1)


def test_the_address_is_sealed_and_who_never_answers_is_forgotten(ward):
    held = asked(ward)
    assert b"lan" not in bytes(held.sealed)

    areas.sweep(at=MORNING + DAY)
    assert AreaFollowing.objects.exists()
    areas.sweep(at=MORNING + 3 * DAY)

    assert not AreaFollowing.objects.exists()


def test_what_ended_is_known_for_a_month_and_letters_go_after_one(ward):
    ended, kept = following(ward), following(ward, LeafFactory.create().branch)
    areas.stop(ended.token, at=MORNING)

    areas.sweep(at=MORNING + 29 * DAY)
    assert AreaFollowing.objects.count() == AreaLetter.objects.count() == 2
    areas.sweep(at=MORNING + 31 * DAY)

    assert AreaFollowing.objects.get() == kept
    assert not AreaLetter.objects.exists()


def test_with_its_ward_a_following_ends_and_the_address_goes(ward):
    held = following(ward)
    ward.boundaries.all().delete()

    areas.sweep(at=MORNING + DAY)

    held.refresh_from_db()
    assert (held.ended_at, held.email_index) == (MORNING + DAY, "")


def test_an_address_that_the_mail_server_does_not_know_is_forgotten(ward):
    held = following(ward)
    letter = held.letters.get()
    letter.state = "failed"

    areas.LETTERS.ended(letter, EVENING)

    held.refresh_from_db()
    assert (held.ended_at, held.email_index) == (EVENING, "")

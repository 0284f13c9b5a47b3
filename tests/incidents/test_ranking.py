"""The ranking of units: recomputed from its own file, objected to, and then fixed."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from incidents.errors import Missing, NotAllowed, NotNow
from incidents.leading.closing import close_due
from incidents.leading.objecting import answer, object_to
from incidents.leading.ranking import (
    Rule,
    draft,
    publish_at,
    publish_due,
    ranked,
    score_of,
)
from incidents.models import (
    ClosedFigures,
    ClosedPeriod,
    Membership,
    Organisation,
    PublishedRanking,
    RankingObjection,
    Report,
)
from tests.factories import OrganisationFactory, focal_point, somebody

from .leading import DAY, HOUR, UNTIL, a_month, local

pytestmark = pytest.mark.django_db

RULE = Rule(on_time=60, came_back=20, proof=20, at_least=2)
NOTHING = dict.fromkeys(
    ("handled", "dated", "on_time", "results", "reopened"), 0
) | dict.fromkeys(("shown", "unproven", "left", "refused"), 0)
#: Friday noon it closes; three working days later ends Wednesday.
CLOSED, PUBLISHED = UNTIL + timedelta(minutes=4), local("2025-07-31T00:04")


@pytest.fixture
def month(telling, settings):
    month = a_month(telling)
    close_due(at=CLOSED)
    return month


@pytest.fixture
def closed(month):
    return ClosedPeriod.objects.get(code="2025-07")


@pytest.fixture
def city(db):
    seat = OrganisationFactory.create(type=Organisation.Type.CITY)
    return somebody(Membership.Role.CITY_LEADER, seat)


def row_of(found, code):
    return next(each for each in found.rows if each.unit.code == code)


def test_a_score_weighs_shares_and_leaves_out_what_there_is_none_of():
    counts = NOTHING | {"dated": 10, "on_time": 8, "results": 10, "reopened": 1}

    assert score_of(counts, RULE) == round(100 * (60 * 0.8 + 20 * 0.9) / 80, 1)
    assert score_of(counts | {"shown": 4, "unproven": 1}, RULE) == 81.0
    assert score_of(NOTHING, RULE) is None


def test_units_are_ranked_among_their_like_and_few_cases_not_at_all():
    ward, same, other, small = (
        OrganisationFactory.create(code=code) for code in "abcd"
    )
    office = OrganisationFactory.create(code="e", type=Organisation.Type.DEPARTMENT)
    good = NOTHING | {"handled": 9, "dated": 9, "on_time": 9}
    bad = good | {"on_time": 3}

    rows = ranked(
        [
            (other, bad, 0),
            (ward, good, 0),
            (small, good | {"handled": 1}, 0),
            (same, good, 0),
            (office, bad, 0),
        ],
        RULE,
    )

    ranks = [(each.unit.code, each.rank) for each in rows]
    assert ranks == [("e", 1), ("a", 1), ("b", 1), ("c", 3), ("d", None)]


def test_units_see_it_three_working_days_before_everybody(closed):
    assert publish_at(closed) == local("2025-07-30T23:59:59")

    assert publish_due(at=PUBLISHED - timedelta(minutes=5)) == []
    assert Client().get("/xep-hang/2025-07").status_code == 404
    # Older periods closed at the same moment, so all come out at once.
    assert "2025-07" in {each.period.code for each in publish_due(at=PUBLISHED)}
    assert publish_due(at=PUBLISHED + DAY) == []
    assert Client().get("/xep-hang/2025-07").status_code == 200
    assert Client().get("/xep-hang")["Location"] == "/xep-hang/2025-07"


def test_what_is_published_recomputes_from_its_own_file(month, closed, settings):
    publish_due(at=PUBLISHED)

    answer = Client().get("/xep-hang/2025-07.csv")
    rows = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))

    assert {row["code"] for row in rows} == {"ubnd-a", "other-unit"}
    alike: dict[str, list] = {}
    for row in rows:
        shares = [
            (row["weight_on_time"], int(row["on_time"]), int(row["dated"])),
            (
                row["weight_came_back"],
                int(row["results"]) - int(row["reopened"]),
                int(row["results"]),
            ),
            (
                row["weight_proof"],
                int(row["shown"]) - int(row["unproven"]),
                int(row["shown"]),
            ),
        ]
        told = [(int(weight), part / whole) for weight, part, whole in shares if whole]
        total = sum(weight for weight, _ in told)
        score = 100 * sum(weight * share for weight, share in told) / total
        assert float(row["score"]) == pytest.approx(score, abs=0.051)
        if int(row["handled"]) >= int(row["at_least"]):
            alike.setdefault(row["type"], []).append(float(row["score"]))
    for row in rows:
        scores = sorted(alike.get(row["type"], []), reverse=True)
        is_ranked = int(row["handled"]) >= int(row["at_least"])
        rank = scores.index(float(row["score"])) + 1 if is_ranked else ""
        assert row["rank"] == str(rank)


def test_a_case_that_is_hidden_from_strangers_counts_in_no_public_figure(telling):
    month = a_month(telling)
    Report.objects.filter(pk=month.cases["late_end"].pk).update(is_public=False)
    close_due(at=CLOSED)

    found = row_of(draft(ClosedPeriod.objects.get(code="2025-07")), "ubnd-a")

    assert found.counts["handled"] == handled_by("ubnd-a") - 1


def handled_by(code):
    kept = ClosedFigures.objects.get(
        period__code="2025-07", by="organisation", unit__code=code
    )
    return kept.figures["counts"]["handled"]


def test_an_upheld_objection_takes_the_case_out_and_another_does_not(
    month, closed, city
):
    unit, late = month.unit, month.cases["late_end"]
    ward = Organisation.objects.get(code="ubnd-a")
    before = row_of(draft(closed), "ubnd-a").counts
    for case in (late, month.cases["again"]):
        object_to(case, closed=closed, unit=ward, by=unit, at=CLOSED, reason="Bão")

    first, second = RankingObjection.objects.order_by("pk")
    answer(first, by=city, at=CLOSED + HOUR, upheld=True, text="Đúng")
    answer(second, by=city, at=CLOSED + HOUR, upheld=False, text="Vẫn tính")

    after = row_of(draft(closed), "ubnd-a")
    less = {key: before[key] - after.counts[key] for key in before}
    assert {key for key, n in less.items() if n} == {
        "handled",
        "dated",
        "results",
        "shown",
        "unproven",
    }
    assert after.taken_out == 1
    publish_due(at=PUBLISHED)
    told = PublishedRanking.objects.get(period=closed)
    assert (told.objections, told.upheld, told.unanswered) == (2, 1, 0)


def test_who_may_object_and_until_when(month, closed, city):
    ward = Organisation.objects.get(code="ubnd-a")
    asked = {"closed": closed, "unit": ward, "at": CLOSED, "reason": "Bão"}
    late, stranger = month.cases["late_end"], focal_point(OrganisationFactory.create())

    with pytest.raises(NotAllowed):
        object_to(late, by=stranger, **asked)
    with pytest.raises(NotAllowed):
        object_to(month.cases["placeless"], by=month.unit, **asked)
    with pytest.raises(Missing):
        object_to(late, by=month.unit, **asked | {"reason": " "})
    made = object_to(late, by=month.unit, **asked)
    with pytest.raises(NotNow):
        object_to(late, by=month.unit, **asked)
    with pytest.raises(NotAllowed):
        answer(made, by=month.unit, at=CLOSED, upheld=True, text="Đúng")
    with pytest.raises(Missing):
        answer(made, by=city, at=CLOSED, upheld=True, text="")
    publish_due(at=PUBLISHED)
    with pytest.raises(NotNow):
        answer(made, by=city, at=PUBLISHED, upheld=True, text="Đúng")
    with pytest.raises(NotNow):
        object_to(month.cases["again"], by=month.unit, **asked)


def test_nobody_rewrites_what_was_published(closed):
    publish_due(at=PUBLISHED)
    told = PublishedRanking.objects.all()

    for rewrite in (lambda: told.update(rows=[]), lambda: told._raw_delete(told.db)):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            rewrite()


def test_a_unit_objects_and_the_city_answers_on_the_page(month, closed, city):
    unit, leader = Client(), Client()
    unit.force_login(month.unit.user)
    leader.force_login(city.user)
    page, late = "/lam-viec/xep-hang", month.cases["late_end"]
    assert late.public_id in unit.get(page).content.decode()

    said = {"unit": "ubnd-a", "case": late.public_id, "reason": "Bão số 3"}
    assert unit.post(page, said).status_code == 302
    made = RankingObjection.objects.get()
    assert "Bão số 3" in leader.get(page).content.decode()
    given = {"objection": made.pk, "upheld": "yes", "answer": "Đúng là bão"}
    leader.post(page, given)

    shown = unit.get(page).content.decode()
    assert "Đúng là bão" in shown
    assert "được bỏ ra" in shown
    again = unit.post(page, said, follow=True).content.decode()
    assert "Đơn vị đã phản đối vụ này rồi." in again
    assert RankingObjection.objects.count() == 1


@pytest.mark.parametrize("code", ["2025-06x", "1999-01", "2025-13", "x"])
def test_a_ranking_there_is_not_is_not_found(db, code):
    assert Client().get(f"/xep-hang/{code}").status_code == 404
    assert Client().get(f"/xep-hang/{code}.csv").status_code == 404


def test_nobody_keeps_a_page_that_names_who_is_signed_in(month, closed):
    publish_due(at=PUBLISHED)
    client = Client()
    client.force_login(month.unit.user)

    page, file = (client.get(f"/xep-hang/2025-07{form}") for form in ("", ".csv"))

    assert month.unit.user.username in page.content.decode()
    assert "public" not in page.headers.get("Cache-Control", "")
    assert "public" in file["Cache-Control"]
    assert month.unit.user.username not in file.content.decode()

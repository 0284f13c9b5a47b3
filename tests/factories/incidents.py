from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import factory
from django.contrib.gis.geos import Point
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.text import slugify
from PIL import Image

from gis_data.addresses.spelling import fold
from incidents.articles import Said, keep_from_file
from incidents.history import Happening, record
from incidents.intake import Telling
from incidents.models import (
    Article,
    Attachment,
    Category,
    Clock,
    Contract,
    DeadlineRule,
    DecisionRecord,
    Event,
    Membership,
    Organisation,
    Question,
    RefusalReason,
    Report,
    Responsibility,
    Result,
    ReturnReason,
    Status,
)
from incidents.models.lookup_code import new_code
from incidents.models.status import BEFORE_ACCEPTANCE, IN_HAND
from incidents.permissions import Actor, actor_of
from incidents.privacy import Reporter, keep_contact, snap

from .people import UserFactory
from .places import HERE

ALWAYS = DateRange(date(2000, 1, 1), None)
#: A Wednesday morning on which the wards are in force.
JULY = datetime(2025, 7, 9, 3, tzinfo=UTC)
LAN = Reporter(name="Lan", phone="+84901234567", email="lan@example.org")


class CategoryFactory(factory.django.DjangoModelFactory):
    code = factory.Sequence(lambda n: f"HT-BRANCH{n}")
    name = factory.LazyAttribute(lambda category: category.code)
    validity = ALWAYS

    class Meta:
        model = Category


class LeafFactory(CategoryFactory):
    """A category one can file under, which routes itself where that is sure."""

    branch = factory.SubFactory(CategoryFactory)
    code = factory.LazyAttribute(lambda leaf: f"{leaf.branch.code}.leaf")
    routes_itself_on = ["portal", "app", "hotline"]


class QuestionFactory(factory.django.DjangoModelFactory):
    """What a category asks of its reporter: yes or no, unless told otherwise."""

    category = factory.SubFactory(LeafFactory)
    code = factory.Sequence(lambda n: f"question-{n}")
    kind = Question.Kind.YES_NO
    text = "Có rào chắn chưa?"

    class Meta:
        model = Question


class OrganisationFactory(factory.django.DjangoModelFactory):
    code = factory.Sequence(lambda n: f"organisation-{n}")
    name = factory.LazyAttribute(lambda organisation: organisation.code)
    type = Organisation.Type.WARD
    validity = ALWAYS

    class Meta:
        model = Organisation


class ContractFactory(factory.django.DjangoModelFactory):
    scope = "Drains"
    validity = ALWAYS

    class Meta:
        model = Contract


class ResponsibilityFactory(factory.django.DjangoModelFactory):
    category = factory.SubFactory(CategoryFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    precedence = 10
    validity = ALWAYS
    legal_basis = "Decision 1, article 2"

    class Meta:
        model = Responsibility


class DeadlineRuleFactory(factory.django.DjangoModelFactory):
    amount = 5
    unit = DeadlineRule.Unit.WORKING_DAYS
    starts_on = date(2000, 1, 1)
    legal_basis = "Regulation, article 19"

    class Meta:
        model = DeadlineRule
        django_get_or_create = ("starts_on",)


class RefusalReasonFactory(factory.django.DjangoModelFactory):
    code = factory.Sequence(lambda n: f"REASON_{n}")
    name = "Ngoài phạm vi"
    name_en = "Outside the scope"
    guidance = "Liên hệ nơi khác."

    class Meta:
        model = RefusalReason


class ArticleFactory(factory.Factory):
    """An article that is in use, as the city's folder brings it."""

    question = factory.Sequence(lambda n: f"Câu hỏi {n}?")
    answer = "Gọi tổng đài."
    source = "Quy chế, điều 1"
    language = "vi"

    class Meta:
        model = Said

    @classmethod
    def _create(cls, model_class: type[Said], *args: Any, **said: Any) -> Article:
        code = slugify(fold(said["question"]))
        keep_from_file([(code, model_class(**said))], at=JULY)
        return Article.objects.get(code=code)


class ReturnReasonFactory(factory.django.DjangoModelFactory):
    code = factory.Sequence(lambda n: f"RETURN_{n}")
    name = "Không thuộc thẩm quyền"
    name_en = "Not our competence"

    class Meta:
        model = ReturnReason


class MembershipFactory(factory.django.DjangoModelFactory):
    user = factory.SubFactory(UserFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    role = Membership.Role.FOCAL_POINT
    validity = ALWAYS

    class Meta:
        model = Membership


class ReportFactory(factory.django.DjangoModelFactory):
    """A report as it stands in some state, with nothing of how it came there."""

    code = factory.LazyFunction(lambda: new_code(JULY.date()))
    public_id = factory.Sequence(lambda n: f"public-{n}")
    channel = "portal"
    body_digest = b""
    category = factory.SubFactory(CategoryFactory)
    description = "A hole, says Lan, 0901 234 567"
    is_public = True
    status = Status.ACCEPTED
    received_at = updated_at = JULY
    accepted_at = factory.LazyAttribute(
        lambda report: None if report.status in BEFORE_ACCEPTANCE else JULY
    )
    resolved_at = factory.LazyAttribute(
        lambda report: JULY if report.status == Status.RESOLVED else None
    )
    paused_until = factory.LazyAttribute(
        lambda report: date(2025, 8, 1) if report.status == Status.PAUSED else None
    )
    refusal_reason = factory.Maybe(
        factory.LazyAttribute(lambda report: report.status == Status.REFUSED),
        factory.SubFactory(RefusalReasonFactory),
    )
    refusal_text = factory.LazyAttribute(
        lambda report: "Not here." if report.status == Status.REFUSED else ""
    )
    master = factory.Maybe(
        factory.LazyAttribute(lambda report: report.status == Status.DUPLICATE),
        factory.SubFactory("tests.factories.ReportFactory"),
    )
    organisation = factory.Maybe(
        factory.LazyAttribute(lambda report: report.status in {*IN_HAND, "resolved"}),
        factory.SubFactory(OrganisationFactory),
    )
    current_place = factory.LazyAttribute(lambda report: getattr(report, "place", None))
    point = HERE
    public_point = factory.LazyAttribute(
        lambda report: snap(report.point)[0] if report.point else None
    )
    world_cell = factory.LazyAttribute(
        lambda report: snap(report.point)[1] if report.point else None
    )
    place_source = factory.LazyAttribute(
        lambda report: (
            Report.PlaceSource.TAP if report.point else Report.PlaceSource.NONE
        )
    )

    class Meta:
        model = Report


class CaseFactory(ReportFactory):
    """A report with what intake leaves behind: decision, clocks, event, contact."""

    master = factory.Maybe(
        factory.LazyAttribute(lambda report: report.status == Status.DUPLICATE),
        factory.SubFactory("tests.factories.CaseFactory"),
    )

    class Meta:
        skip_postgeneration_save = True

    @factory.post_generation
    def reporter(self, create: bool, extracted: Reporter | None, **_: Any) -> None:
        report = self
        keep_contact(report, extracted or LAN, language=report.language)
        DecisionRecord.objects.create(
            report=report,
            at=JULY,
            engine=1,
            inputs={},
            boundaries=[],
            responsibilities=[],
            areas=[],
            organisation=report.organisation,
            reason="settled" if report.organisation else "unruled",
            arguments=explained(report.organisation),
            doubts=[],
            is_approximate=False,
        )
        happened = [Happening(code=Event.Code.RECEIVED)]
        record(report, happened, at=JULY)
        common = {
            "report": report,
            "rule": DeadlineRuleFactory.create(),
            "started_at": JULY,
            "due_at": JULY + timedelta(days=7),
            "calendar_version": "test",
        }
        firm = report.organisation is not None
        Clock.objects.create(party=Clock.Party.CITIZEN, is_firm=firm, **common)
        if firm:
            unit = report.organisation
            Clock.objects.create(
                party="unit", is_firm=True, organisation=unit, **common
            )
        if report.status == Status.AWAITING:
            Result.objects.create(
                report=report,
                round=1,
                organisation=report.organisation,
                outcome=Result.Outcome.FIXED,
                text="Done",
                at=JULY,
            )


class TellingFactory(factory.Factory):
    category = factory.SubFactory(LeafFactory)
    point = HERE
    place_source = Report.PlaceSource.GPS
    description = "Mất nắp cống"
    reporter = LAN

    class Meta:
        model = Telling


class AttachmentFactory(factory.django.DjangoModelFactory):
    report = factory.SubFactory(ReportFactory)
    kind = Attachment.Kind.PHOTO
    media_type = "image/jpeg"
    original = factory.LazyFunction(lambda: picture())
    bytes = 1000
    checksum = "0" * 64
    received_at = JULY

    class Meta:
        model = Attachment


def picture(
    name: str = "photo.jpg",
    *,
    form: str = "JPEG",
    size: tuple[int, int] = (64, 48),
    **options: Any,
) -> SimpleUploadedFile:
    """A photo as a phone sends it."""
    written = BytesIO()
    Image.new("RGB", size, "teal").save(written, form, **options)
    return SimpleUploadedFile(name, written.getvalue())


def explained(unit: Organisation | None) -> dict[str, str]:
    """What a decision's sentence is filled with."""
    name = unit.name if unit else ""
    return {"organisations": name, "area": "Ward a", "basis": "area"}


def somebody(role: str, organisation: Organisation | None = None) -> Actor:
    """A person with that role, and what they may reach in July."""
    held = {"organisation": organisation} if organisation else {}
    membership = MembershipFactory.create(role=role, **held)
    actor = actor_of(membership.user, on=JULY.date())
    assert actor is not None
    return actor


def operator() -> Actor:
    """An operator of the portal."""
    centre = OrganisationFactory.create(type=Organisation.Type.OPERATOR)
    return somebody(Membership.Role.OPERATOR, centre)


def focal_point(organisation: Organisation) -> Actor:
    """The one in a unit who works on its cases."""
    return somebody(Membership.Role.FOCAL_POINT, organisation)


def north_of(point: Point, metres: float) -> Point:
    return Point(point.x, point.y + metres / 110_600, srid=4326)

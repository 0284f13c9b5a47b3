"""Every address of the site that is read: who reads it, and what that may cost.

The statements are counted in test_statements; the whole pages are looked at by the
browser, in both languages and every light, in tests/journeys. What is in neither list
below fails the first test there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.tokens import default_token_generator
from django.contrib.gis.geos import MultiPolygon, Point
from django.test import Client
from django.urls import resolve
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.invitations import invite, tokens
from accounts.models import User
from gis_data.drawing import begin_drawing, redraw
from gis_data.geometry import metres_a_degree
from gis_data.models import Boundary, Edition, Place
from incidents.areas import follow_area
from incidents.crews import make_link
from incidents.leading.closing import RANKED
from incidents.leading.measuring import measure
from incidents.leading.periods import Period
from incidents.leading.ranking import TOLD
from incidents.models import (
    AskedFollower,
    CallBack,
    Category,
    ClosedFigures,
    ClosedPeriod,
    Contact,
    Directive,
    Following,
    Incident,
    LocationLink,
    Membership,
    MovedDate,
    Notice,
    Organisation,
    PublishedRanking,
    Recount,
    ReplyTemplate,
    Report,
    Result,
    Status,
    WallLink,
)
from incidents.models.secret_link import digest_of
from incidents.permissions import actor_of
from incidents.roots import make
from incidents.walls import make_wall
from tests.factories import (
    HERE,
    ArticleFactory,
    AssetFactory,
    CaseFactory,
    MembershipFactory,
    OrganisationFactory,
    PlaceKindFactory,
    RefusalReasonFactory,
    UserFactory,
    focal_point,
    operator,
    somebody,
    square,
)
from tests.factories.workshop import RehearsalFactory, reported_file
from tests.incidents.api.mvt import tile_of

STRANGER, REPORTER = "a stranger", "a reporter"
DESK, UNIT, MANAGER = "an operator", "a focal point", "a manager"
KEEPER, LEAD = "who keeps the map", "a shift lead"
LEADER = "who leads the unit"
PAGE, PART, DATA = "page", "part", "data"


@dataclass(frozen=True)
class Asked:
    """An address, what it costs, who asks, and what the answer is."""

    address: str
    statements: int
    by: str = STRANGER
    kind: str = PAGE
    rows: int = 0  #: How many it may read, whatever it shows, where that is bounded.

    def __str__(self):
        return f"{self.kind} {self.address} for {self.by}"


ASKED = [
    Asked("/", 7),
    Asked("/?q=cống", 7),
    Asked("/?status=done&ward=a", 9),
    Asked("/", 2, kind=PART),
    Asked("/?page=3", 2, kind=PART),
    Asked("/su-viec/{public}", 3),
    Asked("/su-viec/{public}", 3, kind=PART),
    Asked("/su-viec/{public}/theo-doi", 1),
    Asked("/su-co", 1),
    Asked("/xep-hang/2025-07", 2),
    Asked("/xep-hang/2025-07.csv", 1, kind=DATA),
    Asked("/su-co/vung.json", 1, kind=DATA),
    Asked("/su-co/{incident}", 2),
    Asked("/theo-doi/{token}", 2),
    Asked("/theo-doi/phuong/{ward}", 2),
    Asked("/theo-doi/thu/{area}", 1),
    Asked("/vi-tri/{location}", 2),
    Asked("/hoi/{asked}", 2),
    Asked("/ban-do/style.json", 0, kind=DATA),
    Asked("/ban-do/pin.json", 0, kind=DATA),
    Asked("/ban-do/phuong.json", 1, kind=DATA),
    Asked("/ban-do/tim?q=a", 1, kind=DATA),
    Asked("/nhung/ban-do", 3),
    Asked("/ban-do/mang-di", 1),
    Asked("/ban-do/mang-di?status=done&category={category}", 3),
    Asked("/ban-do/tep/phan-anh.csv", 7, kind=DATA, rows=100_010),
    Asked("/ban-do/tep/phan-anh.xlsx?status=done", 7, kind=DATA, rows=100_010),
    Asked("/ban-do/tep/wards.pdf", 3, kind=DATA),
    Asked("/ban-do/tep/wards.png", 3, kind=DATA),
    Asked("/ban-do/tep/heat.pdf", 5, kind=DATA, rows=8_100),
    Asked("/ban-do/tep/lapse.png", 5, kind=DATA, rows=20_100),
    Asked("/ban-do/tep/clusters.pdf", 5, kind=DATA, rows=8_100),
    Asked("/ban-do/tep/heat.html", 5, kind=DATA, rows=8_100),
    Asked("/ban-do/tep/clusters.html", 5, kind=DATA, rows=8_100),
    Asked("/ban-do/tep/lapse.html", 5, kind=DATA, rows=20_100),
    Asked("/ban-do/tep/wards.html", 3, kind=DATA),
    Asked("/ban-do/tep/wards.html?category={category}", 5, kind=DATA),
    Asked("/gui-phan-anh", 3),
    Asked("/gui-phan-anh?category={category}", 3),
    Asked("/gui-phan-anh/gan-day?category={category}&{here}", 3, kind=PART),
    Asked("/gui-phan-anh/se-thay?category={category}&{here}", 4, kind=PART),
    Asked("/gui-phan-anh/{code}", 5),
    Asked("/tra-cuu", 0),
    Asked("/tra-cuu/{code}", 6),
    Asked("/tra-cuu/{done}", 9),
    Asked("/tra-cuu/{done}", 11, by=REPORTER),
    Asked("/tra-cuu/{code}/don-doc", 7, by=REPORTER),
    Asked("/tra-cuu/{done}/danh-gia", 10, by=REPORTER),
    Asked("/tra-cuu/{done}/phan-anh-lai", 10, by=REPORTER),
    Asked("/man-hinh/{city_wall}", 11),
    Asked("/man-hinh/{wall}", 9),
    Asked("/viec/{crew}", 4),
    Asked("/viec/{crew}/toi.json", 1, kind=DATA),
    Asked("/phan-anh-cua-toi", 2, by=REPORTER),
    Asked("/phan-anh-cua-toi/xac-nhan", 0),
    Asked("/phan-anh-cua-toi/ma", 1),
    Asked("/accounts/login", 0),
    Asked("/accounts/forgotten", 0),
    Asked("/accounts/forgotten/sent", 0),
    Asked("/accounts/profile", 2, DESK),
    Asked("/accounts/password", 2, DESK),
    Asked("/accounts/again?next=/lam-viec", 4, DESK),
    Asked("/accounts/factors", 4, DESK),
    Asked("/accounts/reset/{who}/{reset}", 5),
    Asked("/accounts/invitation/{invited}/{invitation}", 5),
    Asked("/lam-viec", 3, DESK),
    Asked("/lam-viec", 3, MANAGER),
    Asked("/lam-viec/tong-dai", 5, DESK),
    Asked("/lam-viec/tong-dai?tab=transfer", 5, DESK),
    Asked("/lam-viec/tong-dai?tab=approval", 5, DESK),
    Asked("/lam-viec/tong-dai?tab=information", 5, DESK),
    Asked("/lam-viec/tong-dai?tab=all", 5, DESK),
    Asked("/lam-viec/tong-dai/sau/{waiting}", 4, DESK, rows=510),
    Asked("/lam-viec/su-co", 6, DESK),
    Asked("/lam-viec/su-co", 4, UNIT),
    Asked("/lam-viec/su-co/gom", 7, DESK),
    Asked("/lam-viec/su-co/gom?category={category}&{here}", 8, DESK, rows=510),
    Asked("/lam-viec/su-co/thong-bao", 9, UNIT),
    Asked("/lam-viec/su-co/{incident}", 8, DESK),
    Asked("/lam-viec/su-co/{incident}", 6, UNIT),
    Asked("/lam-viec/cuoc-goi/mot", 9, DESK),
    Asked("/lam-viec/truc-ca", 10, LEAD),
    Asked("/lam-viec/so-ca", 5, DESK),
    Asked("/lam-viec/giai-dap", 4, DESK),
    Asked("/lam-viec/giai-dap?q=mất nắp cống", 4, DESK),
    Asked("/lam-viec/giai-dap/{article}", 5, DESK),
    Asked("/lam-viec/giai-dap/{article}", 6, LEAD),
    Asked("/lam-viec/giai-dap/them", 4, LEAD),
    Asked("/lam-viec/phan-anh/{waiting}", 20, DESK),
    Asked("/lam-viec/phan-anh/{public}", 17, DESK),
    Asked("/lam-viec/phan-anh/{reported}", 18, DESK),
    Asked("/lam-viec/phan-anh/{public}", 17, UNIT),
    Asked("/lam-viec/phan-anh/{public}/ket-qua", 8, UNIT),
    Asked("/lam-viec/phan-anh/{public}/to-doi", 6, UNIT),
    Asked("/lam-viec/hop-gui", 3, UNIT),
    Asked("/lam-viec/hop-gui.json", 3, UNIT, kind=DATA),
    Asked("/lam-viec/sw.js", 0, kind=DATA),
    Asked("/lam-viec/goi-lai", 6, DESK),
    Asked("/lam-viec/tin-bao", 8, KEEPER),
    Asked("/lam-viec/tin-bao/resolved", 6, KEEPER),
    Asked("/lam-viec/goi-lai/{call_back}", 9, DESK),
    Asked("/lam-viec/don-vi", 6, UNIT),
    Asked("/lam-viec/don-vi?show=late", 6, UNIT),
    Asked("/lam-viec/don-vi?show=week", 6, UNIT),
    Asked("/lam-viec/don-vi?show=again", 6, UNIT),
    Asked("/lam-viec/don-vi?show=new", 6, UNIT),
    Asked("/lam-viec/don-vi?show=results", 6, UNIT),
    Asked("/lam-viec/don-vi?show=replied", 6, UNIT),
    Asked("/lam-viec/don-vi?show=reminded&mine=1", 6, UNIT),
    Asked("/lam-viec/don-vi/lo-trinh?of=all", 6, UNIT, rows=80),
    Asked("/lam-viec/don-vi/giap-ranh", 5, UNIT, rows=210),
    Asked("/lam-viec/don-vi/giap-ranh/vi-tri.json", 5, UNIT, kind=DATA, rows=210),
    Asked("/lam-viec/don-vi/giap-ranh/{border}", 5, UNIT),
    Asked("/lam-viec/don-vi/vi-tri.json", 6, UNIT, kind=DATA, rows=510),
    Asked("/lam-viec/don-vi/ban-do-nhiet", 6, UNIT),
    Asked("/staff/heatmap", 6, UNIT),
    Asked("/lam-viec/don-vi/diem-nong", 16, UNIT, rows=2_000),
    Asked("/lam-viec/don-vi/diem-nong?o=1", 16, UNIT, rows=2_000),
    Asked("/lam-viec/uu-tien", 5, UNIT),
    Asked("/staff/maps/heat.html?of=work&show=late", 8, UNIT, DATA, rows=8_100),
    Asked("/staff/maps/wards.html", 6, DESK, DATA),
    Asked("/staff/maps/wards.pdf", 6, DESK, DATA),
    Asked("/staff/maps/wards.png", 6, DESK, DATA),
    Asked("/staff/maps/hot-spots.html?days=365", 12, UNIT, DATA, rows=2_000),
    Asked("/staff/maps/hot-spots.pdf?days=30", 12, UNIT, DATA, rows=2_000),
    Asked("/lam-viec/phan-xu", 5, DESK),
    Asked("/lam-viec/chuyen", 4, MANAGER),
    Asked("/lam-viec/chuyen.csv", 4, KEEPER, kind=DATA),
    Asked("/lam-viec/xuong/goi-y", 4, KEEPER),
    Asked("/lam-viec/goi-y", 4, KEEPER),
    Asked("/lam-viec/don-vi/sau-ket-qua", 5, LEAD),
    Asked("/staff/case-files/{public}/internal.pdf", 12, DESK, kind=DATA),
    Asked("/staff/case-files/{public}/reporter.pdf", 12, DESK, kind=DATA),
    Asked("/staff/case-files/{public}/record.json", 9, DESK, kind=DATA),
    Asked("/lam-viec/so-lieu", 5, DESK),
    Asked("/lam-viec/so-lieu?by=then&sort=-late", 5, DESK),
    Asked("/lam-viec/so-lieu", 5, UNIT),
    Asked("/lam-viec/so-lieu.csv", 5, UNIT, kind=DATA),
    Asked("/lam-viec/dieu-hanh", 13, DESK),
    Asked("/lam-viec/dieu-hanh?by=category", 12, DESK),
    Asked("/lam-viec/dieu-hanh", 13, UNIT),
    Asked("/lam-viec/dieu-hanh/man-hinh-lon", 5, LEADER),
    Asked("/lam-viec/dieu-hanh/vu?of=in_hand", 5, DESK),
    Asked("/lam-viec/dieu-hanh/vu?of=in_hand", 6, UNIT),
    Asked("/lam-viec/dieu-hanh.csv?by=unit", 12, DESK, kind=DATA),
    Asked("/lam-viec/dieu-hanh/vu.csv?of=in_hand", 10, DESK, kind=DATA, rows=100_010),
    Asked("/staff/tiles/cases/{near}.mvt?of=in_hand", 4, DESK, kind=DATA),
    Asked("/staff/tiles/cases/{far}.mvt?of=in_hand", 5, UNIT, kind=DATA),
    Asked("/lam-viec/ban-tin-tuan", 12, DESK),
    Asked("/lam-viec/ban-tin-tuan", 11, UNIT),
    Asked("/lam-viec/ban-tin-tuan", 12, LEADER),
    Asked("/lam-viec/ban-tin-tuan.pdf", 12, DESK, kind=DATA),
    Asked("/lam-viec/xep-hang", 9, DESK),
    Asked("/lam-viec/xep-hang", 15, UNIT, rows=1_010),
    Asked("/lam-viec/tuan-nay", 3, UNIT),
    Asked("/lam-viec/tuan-nay", 4, LEADER),
    Asked("/lam-viec/lien-he", 4, DESK),
    Asked("/lam-viec/phan-anh.csv", 10, UNIT, kind=DATA, rows=100_010),
    Asked("/lam-viec/xuat-du-lieu", 6, DESK),
    Asked("/lam-viec/nhat-ky", 4, KEEPER, rows=60),
    Asked("/lam-viec/truc-ban", 9, UNIT),
    Asked("/lam-viec/truc-ban", 9, MANAGER),
    Asked("/lam-viec/mau-tra-loi", 6, UNIT),
    Asked("/lam-viec/mau-tra-loi/them", 5, UNIT),
    Asked("/lam-viec/mau-tra-loi/{reply}", 5, UNIT),
    Asked("/lam-viec/nguoi", 4, MANAGER),
    Asked("/lam-viec/nguoi/moi", 6, MANAGER),
    Asked("/lam-viec/nguoi/{person}", 14, MANAGER),
    Asked("/lam-viec/nguoi/{person}/vai-tro", 7, MANAGER),
    Asked("/lam-viec/nguoi/{person}/ban-giao", 13, MANAGER),
    Asked("/lam-viec/vai-tro/{role}/doi", 4, MANAGER),
    Asked("/lam-viec/vai-tro/{role}/ket-thuc", 10, MANAGER),
    Asked("/lam-viec/vai-tro/{role}/thay", 6, MANAGER),
    Asked("/lam-viec/chi-dao", 4, UNIT),
    Asked("/lam-viec/chi-dao?of=given", 4, UNIT),
    Asked("/lam-viec/lich", 5, KEEPER),
    Asked("/lam-viec/lich/{recount}", 5, KEEPER),
    Asked("/lam-viec/xuong", 13, KEEPER),
    Asked("/lam-viec/xuong/tep", 3, KEEPER),
    Asked("/lam-viec/xuong/tep/{file}", 6, KEEPER),
    Asked("/lam-viec/xuong/tep/{file}/ban-do.json", 4, KEEPER, kind=DATA),
    Asked("/lam-viec/xuong/dia-gioi/{draft}", 10, KEEPER),
    Asked("/lam-viec/xuong/dia-gioi/{draft}/ban-do.json", 9, KEEPER, kind=DATA),
    Asked("/lam-viec/xuong/dia-gioi/{draft}/hieu-luc", 9, KEEPER),
    Asked("/lam-viec/xuong/dia-gioi/{published}/hoan-tac", 6, KEEPER),
    Asked("/lam-viec/xuong/dia-gioi/{draft}/bo", 4, KEEPER),
    Asked("/lam-viec/xuong/trach-nhiem", 7, KEEPER),
    Asked("/lam-viec/xuong/trach-nhiem.csv", 4, KEEPER, kind=DATA),
    Asked("/lam-viec/xuong/chay-thu", 4, KEEPER),
    Asked("/lam-viec/xuong/chay-thu?draft={draft}", 5, KEEPER),
    Asked("/lam-viec/xuong/chay-thu/{rehearsal}", 4, KEEPER),
    Asked("/lam-viec/xuong/chay-thu/{rehearsal}/moved.csv", 4, KEEPER, kind=DATA),
    Asked("/lam-viec/xuong/ve", 4, KEEPER),
    Asked("/lam-viec/xuong/ve/{draft}", 7, KEEPER),
    Asked("/lam-viec/xuong/ve/{draft}?place=drawn", 7, KEEPER),
    Asked("/lam-viec/xuong/ve/{draft}/quanh?place=drawn", 6, KEEPER, kind=DATA),
    Asked("/lam-viec/xuong/ve-tai-san", 5, KEEPER),
    Asked("/lam-viec/xuong/ve-tai-san?code=drawn", 6, KEEPER),
    Asked(
        "/lam-viec/xuong/ve-tai-san/quanh?bbox=106.6,10.7,106.8,10.9",
        4,
        KEEPER,
        kind=DATA,
    ),
    Asked("/api/v1/reports", 1, kind=DATA),
    Asked("/api/v1/reports?page_size=100", 1, kind=DATA),
    Asked("/api/v1/reports?bbox=106.6,10.7,106.8,10.9", 1, kind=DATA),
    Asked("/api/v1/reports/{code}", 5, kind=DATA),
    Asked("/api/v1/route?{here}&category={category}", 3, kind=DATA),
    Asked("/api/v1/locate?{here}", 2, kind=DATA),
    Asked("/api/v1/places?kind=ward", 2, kind=DATA),
    Asked("/api/v1/places/a", 1, kind=DATA),
    Asked("/api/v1/categories", 1, kind=DATA),
    Asked("/api/v1/organisations", 1, kind=DATA),
    Asked("/api/v1/deadlines?category={category}", 2, kind=DATA),
    Asked("/api/v1/roots", 1, kind=DATA),
    Asked("/api/v1/roots/2025-07-09", 1, kind=DATA),
    Asked("/tiles/reports/{near}.mvt", 1, kind=DATA),
    Asked("/tiles/reports/{far}.mvt", 1, kind=DATA),
    Asked("/tiles/areas/ward/{far}.mvt", 1, kind=DATA),
    Asked("/healthz", 0, kind=DATA),
]
POSTED = "is posted to"
#: What has no budget, and why.
NOT_ASKED = {
    "lam-viec/ban-tin-tuan/thu": POSTED,
    "lam-viec/dieu-hanh/man-hinh-lon/<int:number>/thu-hoi": POSTED,
    "admin/": "Django's own; its lists have theirs in tests/incidents/test_admin.py",
    "readyz": "asks whether the database is there and whole",
    "api/v1/schema": "is told from the code alone",
    "api/v1/docs": "is told from the code alone",
    "photos/<str:public_id>.jpg": "one photo by its id",
    "staff/files/(?P<public_id>[\\w-]+)/(?P<form>original|shown|thumbnail)": (
        "one file by its id"
    ),
    "s/<str:code>": "leads on to the case",
    "xep-hang": "leads on to the latest ranking",
    "staff/call": "leads on to the page of the call",
    "tra-cuu/<str:code>/anh/<str:public_id>": "one file by its id",
    "gui-phan-anh/tep": POSTED,
    "gui-phan-anh/tep/<str:public_id>": POSTED,
    "phan-anh-cua-toi/thoat": POSTED,
    "accounts/logout": POSTED,
    "accounts/by": "leads back to the sign-in page",
    "accounts/by/<slug:provider_id>": "leads to another door",
    "accounts/by/<slug:provider_id>/back": "comes from another door",
    "accounts/factors/again": "asks for the password first; one person's own",
    "accounts/factors/app": "asks for the password first; one person's own",
    "accounts/factors/app/off": "asks for the password first; one person's own",
    "accounts/factors/code": "one person's own, between password and work",
    "accounts/factors/codes": "one person's own, shown once",
    "accounts/factors/codes/new": "asks for the password first; one person's own",
    "accounts/factors/keys": "leads to the page of all factors",
    "accounts/factors/keys/<int:pk>/off": "asks for the password first",
    "accounts/factors/keys/again": "one person's own",
    "accounts/factors/keys/login": POSTED,
    "accounts/factors/keys/new": "asks for the password first; one person's own",
    "i18n/setlang/": POSTED,
    "lam-viec/don-vi/phieu-giao-viec": "one spot's jobs; leads back where it is gone",
    "staff/work-order.pdf": "one spot's jobs, on paper",
    "lam-viec/tong-dai/chuyen": POSTED,
    "lam-viec/truc-ca/<slug:action>": POSTED,
    "lam-viec/so-ca/them": POSTED,
    "lam-viec/so-ca/<int:number>/da-doc": POSTED,
    "lam-viec/goi-lai-cuoc-goi/<int:number>": POSTED,
    "gui-phan-anh/goi-y": POSTED,
    "lam-viec/phan-anh/<str:public_id>/goi-y": "a suggestion, or nothing at all",
    "lam-viec/don-vi/sau-ket-qua/<int:number>": POSTED,
    "lam-viec/tim": POSTED,
    "lam-viec/su-co/<str:public_id>/<slug:action>": POSTED,
    "lam-viec/dia-chi": POSTED,
    "lam-viec/dia-chi/<int:number>": "what an outside service said, as data",
    "lam-viec/cuoc-goi/<slug:client_id>/xem": POSTED,
    "lam-viec/cuoc-goi/<slug:client_id>/so": POSTED,
    "lam-viec/cuoc-goi/<slug:client_id>/xong": "a filed call; as its case",
    "staff/round.gpx": POSTED,
    "lam-viec/goi-lai/<int:number>/<slug:action>": POSTED,
    "api/v1/deliveries": POSTED,
    "viec/<str:token>/anh/<str:file_id>": "one file by its id",
    "lam-viec/phan-anh/<str:public_id>/to-doi/anh/<str:file_id>": "one file by its id",
    "lam-viec/phan-anh/<str:public_id>/to-doi/<int:number>/<slug:action>": POSTED,
    "lam-viec/don-vi/tiep-nhan": POSTED,
    "lam-viec/don-vi/phan-cong": POSTED,
    "lam-viec/mau-tra-loi/<int:number>/ngung": POSTED,
    "lam-viec/truc-ban/<int:number>/bo": POSTED,
    "lam-viec/nguoi/<int:number>/moi-lai": POSTED,
    "lam-viec/nguoi/<int:number>/xac-thuc": POSTED,
    "lam-viec/lien-he/<int:number>": POSTED,
    "lam-viec/xuat-du-lieu/<int:number>": POSTED,
    "lam-viec/xuat-du-lieu/<int:number>/tep": POSTED,
    "lam-viec/nhat-ky.csv": POSTED,
    "lam-viec/tep/<str:public_id>": POSTED,
    "lam-viec/xuong/tep/<int:number>/giu": POSTED,
    "lam-viec/xuong/tep/<int:number>/bo": POSTED,
    "lam-viec/xuong/chay-thu/<int:number>/lai": POSTED,
    "lam-viec/phan-anh/<str:public_id>/lien-he": POSTED,
    "lam-viec/phan-anh/<str:public_id>/<slug:action>": POSTED,
}
#: Where a pattern wants numbers, any will do to find it.
ANY = defaultdict(
    lambda: "a",
    near="14/1/1",
    far="10/1/1",
    call_back="1",
    **dict.fromkeys(
        (
            "reply",
            "person",
            "role",
            "draft",
            "published",
            "rehearsal",
            "file",
            "recount",
        ),
        "1",
    ),
)


@dataclass(frozen=True)
class Inhabited:
    """A city somebody works in: what addresses are about, who asks, and the cases."""

    about: Mapping[str, object]
    clients: Mapping[str, Client]
    cases: list[Report]

    def address(self, asked: Asked) -> str:
        return asked.address.format(**self.about)


def inhabit(*, leaf: Category, unit: Organisation, ward: Place) -> Inhabited:
    """Let people work in the city, on a case in every state it can be in."""
    now = timezone.now()
    RefusalReasonFactory.create()
    told = {"category": leaf, "organisation": unit, "place": ward, "received_at": now}
    whole = {status: CaseFactory.create(status=status, **told) for status in Status}
    at_work, done = whole[Status.IN_PROGRESS], whole[Status.RESOLVED]
    Result.objects.create(
        report=done,
        round=1,
        organisation=unit,
        outcome=Result.Outcome.FIXED,
        text="Đã thay nắp cống mới.",
        no_photo_because="Làm ban đêm",
        at=now,
        published_at=now,
    )
    Report.objects.filter(pk=done.pk).update(resolved_at=now)
    followed = Following.objects.create(report=at_work, client_id="one", at=now)
    reply = ReplyTemplate.objects.create(
        organisation=unit, purpose="result", name="Đã sửa", text="Đã sửa xong."
    )
    forgetful = UserFactory.create(email="quen@example.org")
    invited = invite(email="moi@example.org", name="Mới", language="vi", at=now)
    about = {
        "who": _uid(forgetful),
        "reset": default_token_generator.make_token(forgetful),
        "invited": _uid(invited),
        "invitation": tokens.make_token(invited),
        "public": at_work.public_id,
        "waiting": whole[Status.RECEIVED].public_id,
        "reported": whole[Status.AWAITING].public_id,
        "border": _by_the_line(leaf, ward).public_id,
        "token": followed.token,
        "ward": ward.code,
        "area": follow_area(
            ward, leaf.branch, email="lan@example.org", language="vi", at=now
        ).token,
        "asked": AskedFollower.objects.create(
            following=followed, round=1, asked_at=now
        ).token,
        "code": at_work.code,
        "done": done.code,
        "category": leaf.code,
        "reply": reply.pk,
        "location": LocationLink.objects.create(
            report=whole[Status.RECEIVED],
            event=whole[Status.RECEIVED].events.get(sequence=1),
            expires_at=now + timedelta(hours=24),
        ).token,
        "article": ArticleFactory.create(question="Mất nắp cống gọi ai?").code,
        "here": f"lat={HERE.y}&lon={HERE.x}",
        "near": _tile(14),
        "far": _tile(10),
    }
    water = PlaceKindFactory.create(code="drawn-water", rank=None)
    draft = begin_drawing(water, on=now.date())
    redraw(draft, code="drawn", name="Drawn", shape=square(106.6, 10.7), version=1)
    about["incident"] = _incident(at_work, unit).head.public_id
    about["draft"] = draft.pk
    about["published"] = Edition.objects.published().latest("pk").pk
    about["rehearsal"] = RehearsalFactory.create(edition=draft).pk
    about["file"] = reported_file(
        by=forgetful, kind=ward.kind, on=now.date(), a=square(106.6, 10.7)
    ).pk
    AssetFactory.create(code="drawn")
    about["call_back"] = _to_be_called(at_work).pk
    about["recount"] = _moved_by_a_holiday(at_work, at=now).pk
    leads = {"role": "leader", "user__email": "leader@unit.example"}
    leader = MembershipFactory.create(organisation=unit, **leads).user
    Directive.objects.create(
        report=at_work,
        organisation=unit,
        kind="direct",
        due_at=now + timedelta(days=2),
        given=at_work.events.latest("sequence"),
        by=leader,
        at=now,
    )
    make(on=date(2025, 7, 9), at=now)
    clients = _clients(unit, at_work)
    clients[LEADER] = Client(raise_request_exception=False)
    clients[LEADER].force_login(leader)
    colleague = Membership.objects.get(organisation=unit, role="focal_point")
    about |= {"person": colleague.user_id, "role": colleague.pk}
    officer = actor_of(colleague.user, on=now.date())
    _link, about["crew"] = make_link(
        at_work,
        crew="Tổ thoát nước 3",
        job="Thay nắp cống trước số 12.",
        hours=24,
        photos=[],
        by=officer,
        at=now,
    )
    about |= _walls(unit, leader, at=now)
    measure(at=timezone.now())
    PublishedRanking.objects.create(
        period=_closed(unit), published_at=now, rule=RULE, rows=[_row(unit)], **NO_WORD
    )
    return Inhabited(about, clients, list(whole.values()))


RULE = {"on_time": 60, "came_back": 20, "proof": 20, "at_least": 30}
NO_WORD = {"objections": 0, "upheld": 0, "unanswered": 0}


def _closed(unit: Organisation) -> ClosedPeriod:
    """A period that is over, and what units are ranked by in it."""
    period = Period(year=2025, month=7)
    closed = ClosedPeriod.objects.create(
        code=period.code,
        since=period.since,
        until=period.until,
        closed_at=period.until,
        calendar_version="test",
    )
    counts = {"counts": {"handled": 1}, "times": {}}
    ClosedFigures.objects.create(period=closed, by=RANKED, unit=unit, figures=counts)
    return closed


def _row(unit: Organisation) -> dict[str, object]:
    return {
        "code": unit.code,
        "name": unit.name,
        "name_en": "",
        "type": unit.type,
        "counts": dict.fromkeys(TOLD, 31),
        "score": 100.0,
        "rank": 1,
        "taken_out": 0,
    }


def _walls(unit: Organisation, leader: User, *, at: datetime) -> dict[str, str]:
    """A screen that shows the unit, and one that shows the city."""
    asked = {"name": "Phòng giao ban", "days": 7, "language": "vi", "at": at}
    by = actor_of(leader, on=at.date())
    link, of_unit = make_wall(unit=unit, by=by, **asked)
    of_city = "a-screen-of-the-whole-city-00000"
    WallLink.objects.create(
        name="Sảnh",
        language="vi",
        token_digest=digest_of(of_city),
        made_by=leader,
        made_at=link.made_at,
        expires_at=link.expires_at,
    )
    return {"wall": of_unit, "city_wall": of_city}


def _clients(unit: Organisation, case: Report) -> dict[str, Client]:
    who = (STRANGER, REPORTER, DESK, UNIT, MANAGER, KEEPER, LEAD)
    clients = {each: Client(raise_request_exception=False) for each in who}
    desk, focal = operator().user, focal_point(unit).user
    clients[DESK].force_login(desk)
    clients[UNIT].force_login(focal)
    role = Membership.Role.ADMINISTRATOR
    manager = MembershipFactory.create(organisation=unit, role=role).user
    clients[MANAGER].force_login(manager)
    seat = OrganisationFactory.create(type="operator")
    keeper = MembershipFactory.create(organisation=seat, role=role).user
    clients[KEEPER].force_login(keeper)
    clients[LEAD].force_login(somebody(Membership.Role.SHIFT_LEAD, seat).user)
    session = clients[REPORTER].session
    index = Contact.objects.get(report=case).phone_index
    until = timezone.now() + timedelta(minutes=20)
    session["proven"] = {"index": index, "until": until.isoformat()}
    session.save()
    return clients


def _to_be_called(case: Report) -> CallBack:
    """Somebody whom no message reached about a case."""
    event, now = case.events.latest("sequence"), case.received_at
    call_back = CallBack.objects.create(
        contact=case.contact, reason="no_message", asked_at=now, call_from=now
    )
    Notice.objects.create(
        event=event,
        contact=case.contact,
        channel="call",
        state="accepted",
        asked_at=now,
        next_try_at=now,
        sent_at=now,
        call_back=call_back,
    )
    return call_back


def _moved_by_a_holiday(case: Report, *, at: datetime) -> Recount:
    """A change of the calendar that has moved the dates of a case."""
    changes = [{"on": f"{at:%Y-%m-%d}", "was": "", "now": "off"}]
    made = Recount.objects.create(
        changes=changes, asked_at=at, finished_at=at, counted=2, moved=2
    )
    MovedDate.objects.bulk_create(
        MovedDate(
            recount=made,
            clock=clock,
            was_due_at=clock.due_at,
            due_at=clock.due_at + timedelta(days=1),
            was_version="before",
            version="after",
        )
        for clock in case.clocks.all()
    )
    return made


def _incident(case: Report, unit: Organisation) -> Incident:
    """Something that many meet round a case, with that case in it."""
    now = timezone.now()
    told = {"category": case.category, "place": case.place, "received_at": now}
    head = CaseFactory.create(status=Status.IN_PROGRESS, organisation=unit, **told)
    incident = Incident.objects.create(
        head=head,
        kind=Incident.Kind.PLANNED,
        title="Cúp nước đến 17:00",
        area=MultiPolygon(square(106.65, 10.749)[0], srid=4326),
        starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=5),
        opened_at=now,
        opened_by=UserFactory.create(),
        approved_at=now,
    )
    Report.objects.filter(pk=case.pk).update(incident=incident)
    return incident


def _by_the_line(leaf: Category, ward: Place) -> Report:
    """A case that nobody has yet, five metres inside a line that two wards share."""
    drawn = ward.boundaries.defer(None).latest("pk")
    west, _south, east, _north = drawn.shape.extent
    step = 5 / metres_a_degree(HERE.y)[0]
    others = Boundary.objects.filter(place__kind=ward.kind).exclude(place=ward)
    beyond = Point(west - step, HERE.y, srid=4326)
    is_west = others.filter(shape__contains=beyond).exists()
    point = Point(west + step if is_west else east - step, HERE.y, srid=4326)
    return CaseFactory.create(category=leaf, place=ward, point=point)


def _uid(user: User) -> str:
    return urlsafe_base64_encode(force_bytes(user.pk))


def _tile(z: int) -> str:
    x, y = tile_of(HERE.x, HERE.y, z)
    return f"{z}/{x}/{y}"


def plain(pattern: str) -> str:
    """Write a pattern as both the configuration and a resolved address have it."""
    return pattern.replace("^", "").replace("$", "")


def pattern_of(asked: Asked) -> str:
    """Return which pattern of the configuration an address is of."""
    address = asked.address.format_map(ANY).partition("?")[0]
    return plain(resolve(address).route)

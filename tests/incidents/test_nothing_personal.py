"""Nothing a reporter typed, and nothing that leads to them, is in what strangers read.

Every address of the site is either open, and read here, or closed to strangers. A new
one fails the first test until it is put in one of the two lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from urllib.parse import quote

import pytest
from django.core.management import call_command
from django.urls import get_resolver
from django.utils import timezone

from incidents import (
    announcing,
    contacting,
    handover,
    media,
    publishing,
    resolution,
    work,
)
from incidents.areas import follow_area
from incidents.following import follow
from incidents.intake import receive
from incidents.leading import closing, objecting, ranking
from incidents.located import ask_location
from incidents.media import look_into
from incidents.models import (
    AreaFollowing,
    AskedFollower,
    Attachment,
    ClosedPeriod,
    Event,
    Following,
    Incident,
    LocationLink,
    Report,
    Status,
    WallLink,
)
from incidents.models.secret_link import digest_of
from incidents.privacy import Reporter
from incidents.roots import make_due
from tests.factories import (
    JULY,
    RefusalReasonFactory,
    ReturnReasonFactory,
    UserFactory,
    focal_point,
    north_of,
    operator,
    picture,
)

from .api.mvt import tile_of

pytestmark = pytest.mark.django_db

NAME = "Huỳnh Thị Bíchthảoxx"
PEOPLE = [
    Reporter(name=NAME, phone="+84901234567", email="bichthaoxx@rieng.example"),
    Reporter(name="Lê Văn Tèoqqq", phone="+84987654321", email=""),
    Reporter(name="Maryzzz Smithzzz", email="maryzzz@home.example"),
]
#: Whatever the reporter gave: not even who has the code reads it on the way.
OF_PEOPLE = [
    "Bíchthảoxx",
    "bichthaoxx",
    "Tèoqqq",
    "Maryzzz",
    "Smithzzz",
    "rieng.example",
    "home.example",
    "901234567",
    "901 234 567",
    "987654321",
    "987 654 321",
    "0911 222 333",
    "TELLTALE",
    "nguoitheodoi",
    "ban.example",
]
TYPED = ["mô-tả-kín", "trả-lời-kín", "địa-chỉ-kín", "tài-sản-kín", "bổ-sung-kín"]
STAFF_ONLY = ["lý-do-mở-kín", "gửi-lại-kín", "chưa-duyệt-kín", "phản-đối-kín"]
#: What staff wrote to the reporter: for who has the code, and nobody else.
TO_THE_REPORTER = ["tiến-độ-riêng", "từ-chối-riêng", "hỏi-thêm-riêng", "kết-quả-riêng"]
TITLE = "Nắp cống mất trước chợ"
#: What opens the screen of the whole city.
WALL = "a-screen-of-the-whole-city-00000"

#: Open to strangers: the pattern, and how it is asked.
OPEN = {
    "healthz": ["healthz"],
    "readyz": ["readyz"],
    "api/v1/schema": ["api/v1/schema", "api/v1/schema?format=json"],
    "api/v1/docs": ["api/v1/docs", "api/v1/docs?script="],
    "api/v1/^reports$": [
        "api/v1/reports",
        "api/v1/reports?page_size=2",
        "api/v1/reports?status=done",
        "api/v1/reports?status=refused",
        "api/v1/reports?bbox=106,10,107,11",
        "api/v1/reports?ward=a&organisation=ubnd-a",
    ],
    "api/v1/^reports/(?P<code>[^/]+)$": ["api/v1/reports/{public_id}"],
    "api/v1/route": ["api/v1/route?lat={lat}&lon={lon}&category={category}"],
    "api/v1/categories": ["api/v1/categories"],
    "api/v1/organisations": ["api/v1/organisations"],
    "api/v1/deadlines": ["api/v1/deadlines", "api/v1/deadlines?category={category}"],
    "api/v1/roots": ["api/v1/roots", "api/v1/roots?before=2030-01-01"],
    "api/v1/roots/<str:on>": ["api/v1/roots/2025-07-09"],
    "api/v1/locate": ["api/v1/locate?lat={lat}&lon={lon}"],
    "api/v1/places": ["api/v1/places?kind=ward&geometry=true"],
    "api/v1/places/<str:code>": ["api/v1/places/a"],
    "tiles/reports/<int:z>/<int:x>/<int:y>.mvt": ["{tiles}"],
    "tiles/areas/<slug:kind>/<int:z>/<int:x>/<int:y>.mvt": [
        "tiles/areas/ward/0/0/0.mvt"
    ],
    "photos/<str:public_id>.jpg": ["photos/{photo}.jpg"],
    "accounts/login": ["accounts/login", "accounts/login?next=/lam-viec"],
    "accounts/by": ["accounts/by"],
    "accounts/factors/keys/login": ["accounts/factors/keys/login"],
    "accounts/forgotten": ["accounts/forgotten"],
    "accounts/forgotten/sent": ["accounts/forgotten/sent"],
    "accounts/reset/<uidb64>/<token>": ["accounts/reset/MQ/never-was"],
    "accounts/invitation/<uidb64>/<token>": ["accounts/invitation/MQ/never-was"],
    "": ["", "?q=kín", "?status=done", "?ward=a&category={category}"],
    "su-viec/<str:public_id>": ["su-viec/{public_id}"],
    "su-viec/<str:public_id>/theo-doi": ["su-viec/{public_id}/theo-doi"],
    "su-co": ["su-co"],
    "su-co/vung.json": ["su-co/vung.json"],
    "xep-hang": ["xep-hang"],
    "xep-hang/<str:code>": ["xep-hang/2025-07"],
    "xep-hang/<str:code>.csv": ["xep-hang/2025-07.csv"],
    "su-co/<str:public_id>": ["su-co/{incident}", "su-co/{public_id}"],
    "theo-doi/phuong/<str:code>": [
        "theo-doi/phuong/a",
        "theo-doi/phuong/a?category={category}",
        "theo-doi/phuong/nowhere",
    ],
    "theo-doi/thu/<str:token>": ["theo-doi/thu/{area}", "theo-doi/thu/{public_id}"],
    "theo-doi/<str:token>": ["theo-doi/{token}", "theo-doi/{public_id}"],
    "vi-tri/<str:token>": ["vi-tri/never-was", "vi-tri/{location}"],
    "hoi/<str:token>": ["hoi/{asked}", "hoi/{public_id}"],
    "ban-do/style.json": ["ban-do/style.json"],
    "ban-do/pin.json": ["ban-do/pin.json"],
    "ban-do/phuong.json": ["ban-do/phuong.json"],
    "nhung/ban-do": ["nhung/ban-do", "nhung/ban-do?q=kín"],
    "ban-do/mang-di": ["ban-do/mang-di", "ban-do/mang-di?q=kín"],
    "ban-do/tep/phan-anh.<slug:ending>": [
        f"ban-do/tep/phan-anh.{form}" for form in ("csv", "geojson", "gpkg")
    ],
    "ban-do/tep/<slug:kind>.pdf": ["ban-do/tep/wards.pdf"],
    "ban-do/tep/<slug:kind>.png": ["ban-do/tep/wards.png"],
    "ban-do/tep/<slug:kind>.html": [
        f"ban-do/tep/{kind}.html" for kind in ("heat", "clusters", "lapse", "wards")
    ],
    "ban-do/tim": ["ban-do/tim?q=a", "ban-do/tim"],
    "gui-phan-anh": [
        "gui-phan-anh",
        "gui-phan-anh?category={category}&lat={lat}&lon={lon}",
    ],
    "gui-phan-anh/tep": ["gui-phan-anh/tep"],
    "gui-phan-anh/gan-day": [
        "gui-phan-anh/gan-day?category={category}&lat={lat}&lon={lon}"
    ],
    "gui-phan-anh/se-thay": [
        "gui-phan-anh/se-thay?category={category}&lat={lat}&lon={lon}",
        "gui-phan-anh/se-thay?category={category}&ward=a",
    ],
    "gui-phan-anh/<str:code>": ["gui-phan-anh/{public_id}"],
    "tra-cuu": ["tra-cuu"],
    "tra-cuu/<str:code>": ["tra-cuu/{public_id}"],
    "s/<str:code>": ["s/{public_id}"],
    "phan-anh-cua-toi/xac-nhan": ["phan-anh-cua-toi/xac-nhan"],
    "lam-viec/sw.js": ["lam-viec/sw.js"],
    "man-hinh/<str:token>": [f"man-hinh/{WALL}", "man-hinh/never-was"],
    "viec/<str:token>": ["viec/{public_id}"],
    "viec/<str:token>/toi.json": ["viec/{public_id}/toi.json"],
    "viec/<str:token>/anh/<str:file_id>": ["viec/{public_id}/anh/{hidden}"],
}
#: For who signs in, or changes something; a stranger gets nothing from them.
CLOSED = {
    "^staff/files/(?P<public_id>[\\w-]+)/(?P<form>original|shown|thumbnail)$": [
        "staff/files/{photo}/original",
        "staff/files/{photo}/shown",
        "staff/files/{hidden}/thumbnail",
    ],
    "accounts/logout": ["accounts/logout"],
    "accounts/password": ["accounts/password"],
    "accounts/profile": ["accounts/profile"],
    "accounts/again": ["accounts/again"],
    "accounts/by/<slug:provider_id>": ["accounts/by/city"],
    "accounts/by/<slug:provider_id>/back": ["accounts/by/city/back"],
    "accounts/factors": ["accounts/factors"],
    "accounts/factors/again": ["accounts/factors/again"],
    "accounts/factors/app": ["accounts/factors/app"],
    "accounts/factors/app/off": ["accounts/factors/app/off"],
    "accounts/factors/code": ["accounts/factors/code"],
    "accounts/factors/codes": ["accounts/factors/codes"],
    "accounts/factors/codes/new": ["accounts/factors/codes/new"],
    "accounts/factors/keys": ["accounts/factors/keys"],
    "accounts/factors/keys/<int:pk>/off": ["accounts/factors/keys/1/off"],
    "accounts/factors/keys/again": ["accounts/factors/keys/again"],
    "accounts/factors/keys/new": ["accounts/factors/keys/new"],
    "i18n/setlang/": ["i18n/setlang/"],
    "phan-anh-cua-toi": ["phan-anh-cua-toi"],
    "phan-anh-cua-toi/ma": ["phan-anh-cua-toi/ma"],
    "phan-anh-cua-toi/thoat": ["phan-anh-cua-toi/thoat"],
    "tra-cuu/<str:code>/<slug:action>": [
        f"tra-cuu/{{code}}/{action}" for action in ("don-doc", "rut", "danh-gia")
    ],
    "tra-cuu/<str:code>/anh/<str:public_id>": [
        "tra-cuu/{code}/anh/{photo}",
        "tra-cuu/{code}/anh/{hidden}",
    ],
    "admin/": ["admin/", "admin/incidents/report/", "admin/incidents/contact/"],
    "gui-phan-anh/goi-y": ["gui-phan-anh/goi-y"],
    "gui-phan-anh/tep/<str:public_id>": ["gui-phan-anh/tep/{photo}"],
    "lam-viec": ["lam-viec"],
    "lam-viec/tong-dai": ["lam-viec/tong-dai"],
    "lam-viec/tong-dai/sau/<str:public_id>": ["lam-viec/tong-dai/sau/{public_id}"],
    "staff/call": ["staff/call", "staff/call?phone=0901234567"],
    "lam-viec/dia-chi": ["lam-viec/dia-chi"],
    "lam-viec/dia-chi/<int:number>": ["lam-viec/dia-chi/1"],
    "lam-viec/cuoc-goi/<slug:client_id>": ["lam-viec/cuoc-goi/one"],
    "lam-viec/cuoc-goi/<slug:client_id>/xem": ["lam-viec/cuoc-goi/one/xem"],
    "lam-viec/cuoc-goi/<slug:client_id>/so": ["lam-viec/cuoc-goi/one/so"],
    "lam-viec/cuoc-goi/<slug:client_id>/xong": ["lam-viec/cuoc-goi/one/xong"],
    "lam-viec/tong-dai/chuyen": ["lam-viec/tong-dai/chuyen"],
    "lam-viec/truc-ca": ["lam-viec/truc-ca"],
    "lam-viec/truc-ca/<slug:action>": ["lam-viec/truc-ca/giao"],
    "lam-viec/so-ca": ["lam-viec/so-ca"],
    "lam-viec/so-ca/them": ["lam-viec/so-ca/them"],
    "lam-viec/so-ca/<int:number>/da-doc": ["lam-viec/so-ca/1/da-doc"],
    "lam-viec/goi-lai-cuoc-goi/<int:number>": ["lam-viec/goi-lai-cuoc-goi/1"],
    "lam-viec/giai-dap": ["lam-viec/giai-dap", "lam-viec/giai-dap?q=a"],
    "lam-viec/giai-dap/them": ["lam-viec/giai-dap/them"],
    "lam-viec/giai-dap/<slug:code>": ["lam-viec/giai-dap/a"],
    "lam-viec/tim": ["lam-viec/tim?q={code}"],
    "lam-viec/su-co": ["lam-viec/su-co"],
    "lam-viec/su-co/gom": [
        "lam-viec/su-co/gom?category={category}&lat={lat}&lon={lon}"
    ],
    "lam-viec/su-co/thong-bao": ["lam-viec/su-co/thong-bao"],
    "lam-viec/su-co/<str:public_id>": ["lam-viec/su-co/{incident}"],
    "lam-viec/su-co/<str:public_id>/<slug:action>": ["lam-viec/su-co/{incident}/them"],
    "lam-viec/hop-gui": ["lam-viec/hop-gui"],
    "lam-viec/hop-gui.json": ["lam-viec/hop-gui.json"],
    "lam-viec/goi-lai": ["lam-viec/goi-lai"],
    "lam-viec/tin-bao": ["lam-viec/tin-bao"],
    "lam-viec/tin-bao/<slug:name>": ["lam-viec/tin-bao/resolved"],
    "lam-viec/goi-lai/<int:number>": ["lam-viec/goi-lai/1"],
    "lam-viec/goi-lai/<int:number>/<slug:action>": ["lam-viec/goi-lai/1/so"],
    "api/v1/deliveries": ["api/v1/deliveries"],
    "lam-viec/don-vi": ["lam-viec/don-vi"],
    "lam-viec/goi-y": ["lam-viec/goi-y"],
    "lam-viec/don-vi/sau-ket-qua": ["lam-viec/don-vi/sau-ket-qua"],
    "lam-viec/don-vi/sau-ket-qua/<int:number>": ["lam-viec/don-vi/sau-ket-qua/1"],
    "staff/case-files/<str:public_id>/<slug:variant>.pdf": [
        "staff/case-files/{public_id}/internal.pdf",
        "staff/case-files/{public_id}/reporter.pdf",
    ],
    "staff/case-files/<str:public_id>/record.json": [
        "staff/case-files/{public_id}/record.json"
    ],
    "lam-viec/phan-anh/<str:public_id>/goi-y": ["lam-viec/phan-anh/{public_id}/goi-y"],
    "lam-viec/ban-tin-tuan": ["lam-viec/ban-tin-tuan"],
    "lam-viec/ban-tin-tuan.pdf": ["lam-viec/ban-tin-tuan.pdf"],
    "lam-viec/ban-tin-tuan/thu": ["lam-viec/ban-tin-tuan/thu"],
    "lam-viec/dieu-hanh": ["lam-viec/dieu-hanh"],
    "lam-viec/dieu-hanh.csv": ["lam-viec/dieu-hanh.csv"],
    "lam-viec/dieu-hanh/man-hinh-lon": ["lam-viec/dieu-hanh/man-hinh-lon"],
    "lam-viec/dieu-hanh/man-hinh-lon/<int:number>/thu-hoi": [
        "lam-viec/dieu-hanh/man-hinh-lon/1/thu-hoi"
    ],
    "lam-viec/dieu-hanh/vu": ["lam-viec/dieu-hanh/vu"],
    "lam-viec/dieu-hanh/vu.csv": ["lam-viec/dieu-hanh/vu.csv"],
    "staff/tiles/cases/<int:z>/<int:x>/<int:y>.mvt": [
        "staff/tiles/cases/0/0/0.mvt?of=in_hand"
    ],
    "lam-viec/so-lieu": ["lam-viec/so-lieu"],
    "lam-viec/xep-hang": ["lam-viec/xep-hang"],
    "lam-viec/tuan-nay": ["lam-viec/tuan-nay"],
    "lam-viec/so-lieu.csv": ["lam-viec/so-lieu.csv"],
    "lam-viec/don-vi/tiep-nhan": ["lam-viec/don-vi/tiep-nhan"],
    "lam-viec/don-vi/phan-cong": ["lam-viec/don-vi/phan-cong"],
    "lam-viec/don-vi/vi-tri.json": ["lam-viec/don-vi/vi-tri.json"],
    "lam-viec/don-vi/lo-trinh": ["lam-viec/don-vi/lo-trinh?of=all"],
    "staff/round.gpx": ["staff/round.gpx"],
    "lam-viec/don-vi/giap-ranh": ["lam-viec/don-vi/giap-ranh"],
    "lam-viec/don-vi/giap-ranh/vi-tri.json": ["lam-viec/don-vi/giap-ranh/vi-tri.json"],
    "lam-viec/don-vi/giap-ranh/<str:public_id>": ["lam-viec/don-vi/giap-ranh/some"],
    "lam-viec/mau-tra-loi": ["lam-viec/mau-tra-loi"],
    "lam-viec/mau-tra-loi/them": ["lam-viec/mau-tra-loi/them"],
    "lam-viec/mau-tra-loi/<int:number>": ["lam-viec/mau-tra-loi/1"],
    "lam-viec/mau-tra-loi/<int:number>/ngung": ["lam-viec/mau-tra-loi/1/ngung"],
    "lam-viec/don-vi/ban-do-nhiet": ["lam-viec/don-vi/ban-do-nhiet"],
    "lam-viec/don-vi/diem-nong": ["lam-viec/don-vi/diem-nong?o=1"],
    "lam-viec/don-vi/phieu-giao-viec": ["lam-viec/don-vi/phieu-giao-viec?o=1"],
    "staff/work-order.pdf": ["staff/work-order.pdf?o=1"],
    "lam-viec/uu-tien": ["lam-viec/uu-tien"],
    "staff/heatmap": ["staff/heatmap"],
    "staff/maps/<slug:kind>.html": [
        f"staff/maps/{kind}.html" for kind in ("heat", "clusters", "hot-spots")
    ],
    "staff/maps/<slug:kind>.pdf": ["staff/maps/wards.pdf", "staff/maps/hot-spots.pdf"],
    "staff/maps/<slug:kind>.png": ["staff/maps/wards.png"],
    "lam-viec/xuong": ["lam-viec/xuong"],
    "lam-viec/xuong/tep": ["lam-viec/xuong/tep"],
    "lam-viec/xuong/tep/<int:number>": ["lam-viec/xuong/tep/1"],
    "lam-viec/xuong/tep/<int:number>/ban-do.json": ["lam-viec/xuong/tep/1/ban-do.json"],
    "lam-viec/xuong/tep/<int:number>/giu": ["lam-viec/xuong/tep/1/giu"],
    "lam-viec/xuong/tep/<int:number>/bo": ["lam-viec/xuong/tep/1/bo"],
    "lam-viec/xuong/dia-gioi/<int:number>": ["lam-viec/xuong/dia-gioi/1"],
    "lam-viec/xuong/dia-gioi/<int:number>/ban-do.json": [
        "lam-viec/xuong/dia-gioi/1/ban-do.json"
    ],
    "lam-viec/xuong/dia-gioi/<int:number>/hieu-luc": [
        "lam-viec/xuong/dia-gioi/1/hieu-luc"
    ],
    "lam-viec/xuong/dia-gioi/<int:number>/hoan-tac": [
        "lam-viec/xuong/dia-gioi/1/hoan-tac"
    ],
    "lam-viec/xuong/dia-gioi/<int:number>/bo": ["lam-viec/xuong/dia-gioi/1/bo"],
    "lam-viec/xuong/trach-nhiem": ["lam-viec/xuong/trach-nhiem"],
    "lam-viec/xuong/trach-nhiem.csv": ["lam-viec/xuong/trach-nhiem.csv"],
    "lam-viec/xuong/chay-thu": ["lam-viec/xuong/chay-thu"],
    "lam-viec/xuong/chay-thu/<int:number>": ["lam-viec/xuong/chay-thu/1"],
    "lam-viec/xuong/chay-thu/<int:number>/lai": ["lam-viec/xuong/chay-thu/1/lai"],
    "lam-viec/xuong/chay-thu/<int:number>/<slug:part>.csv": [
        "lam-viec/xuong/chay-thu/1/moved.csv"
    ],
    "lam-viec/xuong/ve": ["lam-viec/xuong/ve"],
    "lam-viec/xuong/ve/<int:number>": ["lam-viec/xuong/ve/1"],
    "lam-viec/xuong/ve/<int:number>/quanh": ["lam-viec/xuong/ve/1/quanh"],
    "lam-viec/xuong/ve-tai-san": ["lam-viec/xuong/ve-tai-san"],
    "lam-viec/xuong/ve-tai-san/quanh": [
        "lam-viec/xuong/ve-tai-san/quanh?bbox=106.6,10.7,106.8,10.9"
    ],
    "lam-viec/lien-he": ["lam-viec/lien-he"],
    "lam-viec/lien-he/<int:number>": ["lam-viec/lien-he/1"],
    "lam-viec/phan-anh.<slug:ending>": [
        f"lam-viec/phan-anh.{form}" for form in ("csv", "xlsx", "geojson", "gpkg")
    ],
    "lam-viec/xuat-du-lieu": ["lam-viec/xuat-du-lieu"],
    "lam-viec/xuat-du-lieu/<int:number>": ["lam-viec/xuat-du-lieu/1"],
    "lam-viec/xuat-du-lieu/<int:number>/tep": ["lam-viec/xuat-du-lieu/1/tep"],
    "lam-viec/nhat-ky": ["lam-viec/nhat-ky"],
    "lam-viec/nhat-ky.csv": ["lam-viec/nhat-ky.csv"],
    "lam-viec/truc-ban": ["lam-viec/truc-ban"],
    "lam-viec/truc-ban/<int:number>/bo": ["lam-viec/truc-ban/1/bo"],
    "lam-viec/chi-dao": ["lam-viec/chi-dao", "lam-viec/chi-dao?of=given"],
    "lam-viec/lich": ["lam-viec/lich"],
    "lam-viec/lich/<int:number>": ["lam-viec/lich/1"],
    "lam-viec/nguoi": ["lam-viec/nguoi", "lam-viec/nguoi?show=left"],
    "lam-viec/nguoi/moi": ["lam-viec/nguoi/moi"],
    "lam-viec/nguoi/<int:number>": ["lam-viec/nguoi/1"],
    "lam-viec/nguoi/<int:number>/moi-lai": ["lam-viec/nguoi/1/moi-lai"],
    "lam-viec/nguoi/<int:number>/xac-thuc": ["lam-viec/nguoi/1/xac-thuc"],
    "lam-viec/nguoi/<int:number>/vai-tro": ["lam-viec/nguoi/1/vai-tro"],
    "lam-viec/nguoi/<int:number>/ban-giao": ["lam-viec/nguoi/1/ban-giao"],
    "lam-viec/vai-tro/<int:number>/doi": ["lam-viec/vai-tro/1/doi"],
    "lam-viec/vai-tro/<int:number>/ket-thuc": ["lam-viec/vai-tro/1/ket-thuc"],
    "lam-viec/vai-tro/<int:number>/thay": ["lam-viec/vai-tro/1/thay"],
    "lam-viec/phan-xu": ["lam-viec/phan-xu"],
    "lam-viec/chuyen": ["lam-viec/chuyen"],
    "lam-viec/chuyen.csv": ["lam-viec/chuyen.csv"],
    "lam-viec/xuong/goi-y": ["lam-viec/xuong/goi-y"],
    "lam-viec/tep/<str:public_id>": ["lam-viec/tep/{photo}"],
    "lam-viec/phan-anh/<str:public_id>": ["lam-viec/phan-anh/{public_id}"],
    "lam-viec/phan-anh/<str:public_id>/lien-he": [
        "lam-viec/phan-anh/{public_id}/lien-he"
    ],
    "lam-viec/phan-anh/<str:public_id>/ket-qua": [
        "lam-viec/phan-anh/{public_id}/ket-qua"
    ],
    "lam-viec/phan-anh/<str:public_id>/to-doi": [
        "lam-viec/phan-anh/{public_id}/to-doi"
    ],
    "lam-viec/phan-anh/<str:public_id>/to-doi/anh/<str:file_id>": [
        "lam-viec/phan-anh/{public_id}/to-doi/anh/{photo}"
    ],
    "lam-viec/phan-anh/<str:public_id>/to-doi/<int:number>/<slug:action>": [
        "lam-viec/phan-anh/{public_id}/to-doi/1/xac-nhan"
    ],
    "lam-viec/phan-anh/<str:public_id>/<slug:action>": [
        "lam-viec/phan-anh/{public_id}/accept"
    ],
}
#: Asked with a public id, which is no lookup code, or a dead link: these know nothing.
NOT_FOUND = {
    "viec/<str:token>",
    "viec/<str:token>/toi.json",
    "viec/<str:token>/anh/<str:file_id>",
    "api/v1/^reports/(?P<code>[^/]+)$",
    "gui-phan-anh/<str:code>",
    "tra-cuu/<str:code>",
    "s/<str:code>",
    "accounts/reset/<uidb64>/<token>",
    "accounts/invitation/<uidb64>/<token>",
}
#: These lead who comes by an address alone back to where staff sign in.
LEAD_BACK = {"accounts/by", "accounts/factors/keys/login"}
#: Where staff work, and where who is nobody there is led.
OF_STAFF = ("/lam-viec", "/staff", "/admin", "/accounts/password", "/accounts/profile")
SIGN_IN = ("/accounts/login", "/admin/login")
#: For who has the code: no contact and no word of the reporter's here either.
BY_CODE = ["api/v1/reports/{code}", "tra-cuu/{code}", "gui-phan-anh/{code}"]


def patterns(resolver=None, before="") -> Iterator[str]:
    """Every address of the site as the URL configuration writes it."""
    for each in (resolver or get_resolver()).url_patterns:
        written = before + str(each.pattern)
        if written.startswith("admin/"):
            yield "admin/"
        elif hasattr(each, "url_patterns"):
            yield from patterns(each, written)
        else:
            yield written


@pytest.fixture
def seeded(telling, wards):
    """Cases in many states, each full of words that must not come out."""
    said = {
        "description": "mô-tả-kín gọi 0911 222 333",
        "answers": {"chi-tiết": "trả-lời-kín"},
        "address": "12 địa-chỉ-kín",
        "asset": "tài-sản-kín",
    }
    uploads = look_into([picture(comment=b"TELLTALE"), picture("2.jpg", size=(9, 9))])
    told = [
        replace(
            telling,
            point=north_of(telling.point, metres=300 * turn),
            reporter=PEOPLE[turn % len(PEOPLE)],
            uploads=uploads if turn == 0 else (),
            hides_name=turn == 1,
            public=turn != 5,
            **said,
        )
        for turn in range(7)
    ]
    reports = [receive(each, channel="portal", at=JULY).report for each in told]
    desk, unit = operator(), focal_point(reports[0].organisation)
    _resolve(reports[0], unit, desk)
    work.start(reports[1], by=unit, at=JULY)
    contacting.open_reporter(reports[2], by=desk, at=JULY, why="lý-do-mở-kín")
    resolution.withdraw(reports[3], at=JULY)
    work.start(reports[4], by=unit, at=JULY)
    work.write_to_reporter(reports[4], by=unit, at=JULY, text="tiến-độ-riêng")
    work.assign(reports[4], to=unit.user, by=unit, at=JULY)
    resolution.propose_result(
        reports[4], by=unit, at=JULY, outcome="planned", text="chưa-duyệt-kín"
    )
    reason = ReturnReasonFactory.create()
    handover.send_back(
        reports[6], by=unit, at=JULY, reason=reason, text="tiến-độ-riêng"
    )
    reason = RefusalReasonFactory.create()
    handover.refuse(reports[6], by=desk, at=JULY, reason=reason, text="từ-chối-riêng")
    _ask_back(replace(told[0], uploads=()), desk)
    follower = Reporter(name="", email="nguoitheodoi@ban.example")
    follow(reports[1], client_id="one", at=JULY, language="vi", reporter=follower)
    AskedFollower.objects.create(
        following=Following.objects.get(), round=1, asked_at=JULY
    )
    follow_area(wards["a"], None, email=follower.email, language="vi", at=JULY)
    make_due(at=JULY + timedelta(days=1))
    announcing.group(
        Report.objects.filter(pk=reports[1].pk),
        words=announcing.Words(title="Ngập cả khu phố"),
        category=reports[1].category,
        to=reports[1].organisation,
        by=desk,
        at=JULY,
    )
    _rank(reports[0], unit)
    WallLink.objects.create(
        name="lý-do-mở-kín",
        language="vi",
        token_digest=digest_of(WALL),
        made_by=unit.user,
        made_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=1),
    )
    return list(Report.objects.filter(headed=None).order_by("pk"))


def _rank(report, unit):
    """Close the period and publish how units did, one case of theirs objected to."""
    closing.close_due(at=JULY + timedelta(days=30))
    objecting.object_to(
        report,
        closed=ClosedPeriod.objects.get(code="2025-07"),
        unit=report.organisation,
        by=unit,
        at=JULY,
        reason="phản-đối-kín",
    )
    ranking.publish_due(at=JULY + timedelta(days=60))


def _resolve(report, unit, desk):
    """Bring a case to its published result, with a title and photos on the way."""
    work.start(report, by=unit, at=JULY)
    work.note_progress(report, by=unit, at=JULY, text="tiến-độ-riêng 0901 234 567")
    said = {"outcome": "fixed", "text": "kết-quả-riêng, gọi bichthaoxx@rieng.example"}
    unseen = said | {"no_photo_because": "chưa-duyệt-kín"}
    resolution.propose_result(report, by=unit, at=JULY, **unseen)
    resolution.send_result_back(report, by=desk, at=JULY, text="gửi-lại-kín")
    photos = look_into([picture("done.jpg", comment=b"TELLTALE")])
    resolution.propose_result(report, by=unit, at=JULY, uploads=photos, **said)
    for photo in Attachment.objects.order_by("pk"):
        media.prepare(photo.pk)
    resolution.publish_result(report, by=desk, at=JULY)
    publishing.approve_title(report, by=desk, at=JULY, title=TITLE)
    mine = report.attachments.filter(result=None).earliest("pk")
    publishing.approve_photo(mine, by=desk, at=JULY)


def _ask_back(telling, desk):
    """File one that waits, and let the reporter add what was asked for."""
    telling.category.routes_itself_on = []
    report = receive(telling, channel="portal", at=JULY).report
    handover.ask_for_information(report, by=desk, at=JULY, text="hỏi-thêm-riêng")
    later = JULY + timedelta(hours=1)
    handover.give_information(report, at=later, text="bổ-sung-kín")
    accepted = handover.accept(report, by=desk, at=later)
    ask_location(accepted, by=desk, at=timezone.now())


def addresses(listed, reports):
    """Fill each address with every report it can be about."""
    photos = Attachment.objects.order_by("pk")
    first = reports[0].public_point
    about = {
        "lat": reports[0].point.y,
        "lon": reports[0].point.x,
        "category": reports[0].category.code,
        "photo": photos.filter(approved_at__isnull=False).first().public_id,
        "hidden": photos.filter(approved_at__isnull=True).first().public_id,
        "token": Following.objects.get().token,
        "location": LocationLink.objects.get().token,
        "incident": Incident.objects.get().head.public_id,
        "asked": AskedFollower.objects.get().token,
        "area": AreaFollowing.objects.get().token,
    }
    for address in chain.from_iterable(listed.values()):
        if address == "{tiles}":
            for z in range(21):
                x, y = tile_of(first.x, first.y, z)
                yield f"/tiles/reports/{z}/{x}/{y}.mvt"
            continue
        each_of = "{public_id}" in address or "{code}" in address
        for report in reports if each_of else reports[:1]:
            ids = {"public_id": report.public_id, "code": report.code}
            yield "/" + address.format(**about, **ids)


def read(client, address, **headers):
    """Return all that an answer says, headers too."""
    answer = client.get(address, headers=headers)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    heads = "\n".join(f"{name}: {said}" for name, said in answer.headers.items())
    return answer.status_code, heads + "\n" + content.decode("utf8", "replace")


def assert_silent(said, words, address):
    for word in words:
        for written in (word, quote(word), word.lower(), word.upper()):
            assert written not in said, f"{address} tells “{word}”"


def secrets_of(reports):
    """All that a stranger must not read anywhere."""
    codes = [report.code for report in reports]
    tokens = Following.objects.values_list("token", flat=True)
    tokens = [*tokens, *LocationLink.objects.values_list("token", flat=True)]
    tokens = [*tokens, *AreaFollowing.objects.values_list("token", flat=True)]
    asked = AskedFollower.objects.values_list("token", flat=True)
    return [*OF_PEOPLE, *TYPED, *STAFF_ONLY, *TO_THE_REPORTER, *codes, *tokens, *asked]


def test_every_address_of_the_site_is_open_or_closed():
    every = set(patterns())

    assert every == OPEN.keys() | CLOSED.keys()
    assert not OPEN.keys() & CLOSED.keys()


def test_the_seeds_are_there_to_be_found(seeded):
    states = {report.status for report in seeded}

    assert {"resolved", "in_progress", "withdrawn", "awaiting", "refused"} <= states
    assert Report.objects.public().count() >= 5
    assert all("mô-tả-kín" in report.description for report in seeded)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_strangers_read_nothing_of_anybody(client, seeded, language):
    for address in addresses(OPEN, seeded):
        for htmx in ({}, {"hx-request": "true"}):
            _, said = read(client, address, **{"accept-language": language}, **htmx)
            # What was asked for is repeated in fields and links, and is no news.
            own = [word for word in secrets_of(seeded) if word not in address]
            assert_silent(said, own, address)


def test_every_open_address_answers_at_least_once(client, seeded):
    leads_on = {"xep-hang"}  # To the latest ranking, asked for itself.
    for pattern in OPEN.keys() - {"readyz", *leads_on, *NOT_FOUND, *LEAD_BACK}:
        answers = [
            read(client, address)[0]
            for address in addresses({pattern: OPEN[pattern]}, seeded)
        ]
        assert 200 in answers, f"{pattern}: {answers}"


@pytest.mark.parametrize("pattern", sorted(LEAD_BACK))
def test_what_leads_back_leads_to_where_staff_sign_in(client, pattern):
    for address in OPEN[pattern]:
        answer = client.get(f"/{address}")

        assert (answer.status_code, answer["Location"]) == (302, "/accounts/login")


def test_what_is_closed_gives_a_stranger_nothing(client, seeded):
    for address in addresses(CLOSED, seeded):
        status, said = read(client, address)

        assert status in {302, 403, 404, 405}, address
        own = [word for word in secrets_of(seeded) if word not in address]
        assert_silent(said, own, address)


def test_what_is_closed_gives_who_has_no_role_nothing_either(client, seeded):
    client.force_login(UserFactory.create())

    for address in addresses(CLOSED, seeded):
        _, said = read(client, address)

        own = [word for word in secrets_of(seeded) if word not in address]
        assert_silent(said, own, address)


def test_who_has_a_wall_s_link_reads_and_does_nothing_else(client, seeded):
    wall = client.get(f"/man-hinh/{WALL}")
    assert (wall.status_code, dict(client.cookies)) == (200, {})

    happened = Event.objects.count()
    told = {"authorization": f"Bearer {WALL}", "referer": f"/man-hinh/{WALL}"}
    for address in addresses(CLOSED, seeded):
        mark = "&" if "?" in address else "?"
        shown = f"{address}{mark}token={WALL}"
        status, said = read(client, shown, **told)
        assert status in {302, 403, 404, 405}, address
        assert_silent(said, [w for w in secrets_of(seeded) if w not in shown], address)
        if address.startswith(OF_STAFF):
            posted = client.post(address, {"token": WALL}, headers=told)
            assert posted.status_code in {302, 400, 403, 404, 405}, address
            if posted.status_code == 302:
                assert posted["Location"].startswith(SIGN_IN), address

    assert "_auth_user_id" not in client.session
    assert Event.objects.count() == happened


def test_who_has_the_code_reads_no_contact_and_no_word_of_the_reporter(client, seeded):
    for address in addresses({"": BY_CODE}, seeded):
        _, said = read(client, address)
        assert_silent(said, [*OF_PEOPLE, *TYPED, *STAFF_ONLY], address)


def test_who_has_the_code_does_read_what_was_written_to_them(client, seeded):
    _, said = read(client, f"/api/v1/reports/{seeded[0].code}")

    assert "tiến-độ-riêng" in said
    assert "kết-quả-riêng" in said


def test_nothing_of_it_can_be_searched_for(client, seeded):
    public_ids = [report.public_id for report in seeded]

    for word in [*secrets_of(seeded), *public_ids]:
        found = client.get("/api/v1/reports", {"q": word}).json()
        page = client.get("/", {"q": word}, headers={"hx-request": "true"})
        tile = client.get("/tiles/reports/0/0/0.mvt", {"q": word})

        assert (found["features"], found["count_is"]) == ([], "exact"), word
        assert (tile.status_code, tile.content) == (204, b"")
        shown = page.content.decode()
        assert not [each for each in public_ids if each in shown and each != word]


def test_an_approved_title_is_what_can_be_read_and_found(client, seeded):
    (found,) = client.get("/api/v1/reports", {"q": "nắp cống"}).json()["features"]

    assert (found["id"], found["properties"]["title"]) == (seeded[0].public_id, TITLE)


def test_what_is_withdrawn_or_not_public_is_in_no_list_and_on_no_page(client, seeded):
    hidden = [
        report
        for report in seeded
        if not report.is_public or report.status == Status.WITHDRAWN
    ]
    assert len(hidden) == 2

    _, listed = read(client, "/api/v1/reports?page_size=500")
    for report in hidden:
        assert report.public_id not in listed
        assert client.get(f"/su-viec/{report.public_id}").status_code == 404


def test_the_true_point_is_nowhere(client, seeded):
    features = client.get("/api/v1/reports?page_size=500").json()["features"]
    told = {tuple(each["geometry"]["coordinates"]) for each in features}

    assert told == {report.public_point.coords for report in Report.objects.public()}
    for report in seeded:
        assert report.point.coords not in told
        page = client.get(f"/su-viec/{report.public_id}").content.decode()
        assert f"{report.point.y:.6f}" not in page


def test_an_attachment_is_seen_only_once_it_was_approved(client, seeded):
    for photo in Attachment.objects.all():
        status, _ = read(client, f"/photos/{photo.public_id}.jpg")
        assert status == (200 if photo.approved_at else 404)
    assert Attachment.objects.filter(approved_at__isnull=True).exists()


def test_the_log_tells_nothing_either(client, seeded, caplog):
    caplog.set_level("DEBUG")

    client.get(f"/api/v1/reports/{seeded[0].code}")
    call_command("check")

    assert_silent(caplog.text, OF_PEOPLE, "the log")

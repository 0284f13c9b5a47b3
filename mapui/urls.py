"""Where the pages are."""

from django.urls import path

from .views import (
    case,
    city_map,
    desk,
    filing,
    following,
    lookup,
    public,
    unit,
    workbench,
)

app_name = "mapui"
urlpatterns = [
    path("", public.home, name="home"),
    path("su-viec/<str:public_id>", public.report, name="report"),
    path("su-viec/<str:public_id>/theo-doi", following.follow_case, name="follow"),
    path("theo-doi/<str:token>", following.followed, name="followed"),
    path("ban-do/style.json", city_map.style, name="style"),
    path("ban-do/pin.json", city_map.pin_style, name="pin-style"),
    path("ban-do/phuong.json", city_map.ward_names, name="ward-names"),
    path("gui-phan-anh", filing.filing, name="filing"),
    path("gui-phan-anh/<str:code>", filing.receipt, name="receipt"),
    path("tra-cuu", lookup.lookup, name="lookup"),
    path("tra-cuu/<str:code>", lookup.case, name="case"),
    path("lam-viec", workbench.workbench, name="workbench"),
    path("lam-viec/tong-dai", desk.queue, name="queue"),
    path("lam-viec/tong-dai/sau/<str:public_id>", desk.following, name="following"),
    path("lam-viec/tim", desk.find, name="find"),
    path("lam-viec/don-vi", unit.unit, name="unit"),
    path("lam-viec/don-vi/tiep-nhan", unit.take, name="take"),
    path("lam-viec/tep/<str:public_id>", case.show_photo, name="show-photo"),
    path("lam-viec/phan-anh/<str:public_id>", case.case, name="staff-case"),
    path("lam-viec/phan-anh/<str:public_id>/lien-he", case.contact, name="contact"),
    path("lam-viec/phan-anh/<str:public_id>/<slug:action>", case.act, name="act"),
]

"""Where the pages are."""

from django.urls import path

from .views import casework, city_map, filing, lookup, public, workbench

app_name = "mapui"
urlpatterns = [
    path("", public.home, name="home"),
    path("su-viec/<str:public_id>", public.report, name="report"),
    path("ban-do/style.json", city_map.style, name="style"),
    path("ban-do/pin.json", city_map.pin_style, name="pin-style"),
    path("ban-do/phuong.json", city_map.ward_names, name="ward-names"),
    path("gui-phan-anh", filing.filing, name="filing"),
    path("gui-phan-anh/<str:code>", filing.receipt, name="receipt"),
    path("tra-cuu", lookup.lookup, name="lookup"),
    path("tra-cuu/<str:code>", lookup.case, name="case"),
    path("lam-viec", workbench.workbench, name="workbench"),
    path("lam-viec/tong-dai", workbench.queue, name="queue"),
    path("lam-viec/don-vi", workbench.unit, name="unit"),
    path("lam-viec/phan-anh/<str:public_id>", casework.case, name="staff-case"),
    path(
        "lam-viec/phan-anh/<str:public_id>/lien-he", casework.contact, name="contact"
    ),
    path("lam-viec/phan-anh/<str:public_id>/<slug:action>", casework.act, name="act"),
    path("lam-viec/anh/<str:public_id>", casework.approve_photo, name="approve-photo"),
]

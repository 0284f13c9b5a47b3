from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config.health import healthz, readyz
from incidents.api.media import photo, staff_file
from incidents.api.tiles import ReportTile

handler400 = "config.api.bad_request"
handler404 = "config.api.not_found"
urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("api/v1/schema", SpectacularAPIView.as_view(), name="schema"),
    path(
        "api/v1/docs",
        SpectacularSwaggerSplitView.as_view(
            url_name="schema", template_name="mapui/api_docs.html"
        ),
        name="docs",
    ),
    path("api/v1/", include("incidents.api.urls")),
    path("api/v1/", include("gis_data.api.urls")),
    path("tiles/reports/<int:z>/<int:x>/<int:y>.mvt", ReportTile.as_view()),
    path("", include("gis_data.api.tiles")),
    path("photos/<str:public_id>.jpg", photo, name="photo"),
    re_path(
        r"^staff/files/(?P<public_id>[\w-]+)/(?P<form>original|shown|thumbnail)$",
        staff_file,
        name="staff-file",
    ),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("accounts.factor_urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("", include("mapui.urls")),
]

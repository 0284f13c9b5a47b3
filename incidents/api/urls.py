from django.urls import path
from rest_framework.routers import SimpleRouter

from .catalogue import CategoryList, DeadlineView, OrganisationList
from .deliveries import delivered
from .reports import ReportViewSet
from .roots import RootList, RootView
from .route import RouteView

router = SimpleRouter(trailing_slash=False)
router.register("reports", ReportViewSet)
urlpatterns = [
    *router.urls,
    path("deliveries", delivered, name="deliveries"),
    path("route", RouteView.as_view()),
    path("categories", CategoryList.as_view()),
    path("organisations", OrganisationList.as_view()),
    path("deadlines", DeadlineView.as_view()),
    path("roots", RootList.as_view(), name="roots"),
    path("roots/<str:on>", RootView.as_view()),
]

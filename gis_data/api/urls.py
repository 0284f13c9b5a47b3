from django.urls import path

from .locate import LocateView
from .places import PlaceByCode, PlaceList

urlpatterns = [
    path("locate", LocateView.as_view()),
    path("places", PlaceList.as_view()),
    path("places/<str:code>", PlaceByCode.as_view()),
]

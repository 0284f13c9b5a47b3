from django.urls import path

from .locate import LocateView
from .places import PlaceList

urlpatterns = [
    path("locate", LocateView.as_view()),
    path("places", PlaceList.as_view()),
]

from django.apps import AppConfig


class MapUiConfig(AppConfig):
    """What is shown: pages and maps."""

    name = "mapui"

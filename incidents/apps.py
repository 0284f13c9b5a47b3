from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    """What is wrong and who answers for it."""

    name = "incidents"

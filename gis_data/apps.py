from django.apps import AppConfig


class GisDataConfig(AppConfig):
    """Where things are: places, their boundaries and their days."""

    name = "gis_data"

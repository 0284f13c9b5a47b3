from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Who signs in."""

    name = "accounts"
    verbose_name = _("Who signs in")

    def ready(self) -> None:
        from .second_factor import listen

        listen()

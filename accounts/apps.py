from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Who signs in."""

    name = "accounts"
    verbose_name = _("Who signs in")

    def ready(self) -> None:
        # The process that reads files from outside signs nobody in.
        if apps.is_installed("allauth.mfa"):
            from .second_factor import listen

            listen()

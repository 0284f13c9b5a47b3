"""Who may sign in; what they may do is said by their memberships."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .models import User

admin.site.site_header = settings.CITY.service_name[settings.LANGUAGE_CODE]
admin.site.site_title = admin.site.site_header


@admin.register(User)
class PeopleAdmin(UserAdmin):  # type: ignore[type-arg]
    """Accounts. One that is no longer used is switched off: histories name it."""

    list_display = ("username", "email", "first_name", "is_active", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", "language")
    fieldsets = (
        *(UserAdmin.fieldsets or ()),
        (_("Letters"), {"fields": ("language", "invited_at")}),
    )
    readonly_fields = ("invited_at",)

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

"""Who may sign in; what they may do is said by their memberships."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from .models import User
from .second_factor import SITE, came_by_it, rule_of_city

admin.site.site_header = settings.CITY.service_name[settings.LANGUAGE_CODE]
admin.site.site_title = admin.site.site_header


def _may_enter(request: HttpRequest) -> bool:
    """Let in who runs the site; by a second factor once it is asked for."""
    user = request.user
    if not (isinstance(user, User) and user.is_active and user.is_staff):
        return False
    due = rule_of_city().due(user, [SITE], held_since=localdate(user.date_joined))
    return due is None or localdate() < due or came_by_it(request)


admin.site.has_permission = _may_enter  # type: ignore[method-assign]
#: One door for all: the site's own page, which asks for the second factor too.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


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

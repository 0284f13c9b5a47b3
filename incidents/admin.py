"""What an administrator may set by hand, and look at; who reported is not among it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from gis_data.admin import ReadOnly

from .models import (
    CalendarDay,
    Category,
    Channel,
    Contract,
    DeadlineRule,
    DecisionRecord,
    Event,
    Membership,
    Organisation,
    OrganisationSuccession,
    Question,
    RefusalReason,
    Report,
    Responsibility,
    ReturnReason,
    RoleChange,
    Transfer,
)
from .recounting import drop_day, keep_day, keep_rule


def _who(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


class Kept(admin.ModelAdmin):  # type: ignore[type-arg]
    """What may be changed but never deleted: it ends with its last day."""

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False


@admin.register(Question)
class QuestionAdmin(Kept):
    """What a category asks of its reporter; what is no longer asked is switched off."""

    list_display = ("text", "category", "kind", "position", "is_active")
    list_filter = ("is_active", "kind")
    list_select_related = ("category",)
    search_fields = ("text", "text_en", "code", "category__code")
    autocomplete_fields = ("category",)


class CategoryForm(forms.ModelForm):  # type: ignore[type-arg]
    """A category, with its channels to tick."""

    routes_itself_on = forms.MultipleChoiceField(
        choices=Channel.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=Category._meta.get_field("routes_itself_on").help_text,
    )

    class Meta:
        model = Category
        fields = "__all__"  # noqa: DJ007


@admin.register(Category)
class CategoryAdmin(Kept):
    """What reports are about; a new one needs no release."""

    form = CategoryForm
    list_display = (
        "code",
        "name",
        "urgency",
        "needs_place",
        "is_public",
        "routes_itself_on",
        "validity",
    )
    list_filter = ("urgency", "needs_place", "is_public")
    search_fields = ("code", "name", "name_en")
    autocomplete_fields = ("branch",)
    ordering = ("code",)


@admin.register(Organisation)
class OrganisationAdmin(Kept):
    """Who answers for things."""

    list_display = (
        "code",
        "name",
        "type",
        "parent",
        "publishes_itself",
        "leader_approves",
        "validity",
    )
    list_filter = ("type", "publishes_itself", "leader_approves")
    list_select_related = ("parent",)
    search_fields = ("code", "name", "name_en")
    autocomplete_fields = ("parent", "place")
    ordering = ("code",)


@admin.register(OrganisationSuccession)
class OrganisationSuccessionAdmin(Kept):
    """Who carries on whose work."""

    list_display = ("predecessor", "successor", "on", "legal_basis")
    list_select_related = ("predecessor", "successor")
    search_fields = ("predecessor__name", "successor__name")
    autocomplete_fields = ("predecessor", "successor")


@admin.register(Contract)
class ContractAdmin(Kept):
    """Who works for whom, for how long."""

    list_display = ("owner", "contractor", "scope", "validity", "is_confirmed")
    list_filter = ("is_confirmed",)
    list_select_related = ("owner", "contractor")
    search_fields = ("owner__name", "contractor__name", "scope")
    autocomplete_fields = ("owner", "contractor")


@admin.register(Responsibility)
class ResponsibilityAdmin(Kept):
    """Who answers for what, where, and by which law."""

    list_display = (
        "category",
        "place",
        "territory",
        "organisation",
        "role",
        "precedence",
        "validity",
        "is_confirmed",
    )
    list_filter = ("role", "is_confirmed", "category__branch")
    list_select_related = ("category", "place", "territory", "organisation")
    search_fields = (
        "category__code",
        "organisation__name",
        "place__name",
        "legal_basis",
    )
    autocomplete_fields = ("category", "place", "territory", "organisation")


@admin.register(CalendarDay)
class CalendarDayAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Days the city decides about, over the holidays of the country.

    What changes here is followed by every clock that runs; the page of the calendar
    shows what a change would move before it is kept.
    """

    list_display = ("on", "kind", "name", "is_confirmed", "legal_basis")
    list_filter = ("kind", "is_confirmed")
    search_fields = ("name", "legal_basis")
    date_hierarchy = "on"
    ordering = ("-on",)

    def save_model(
        self, request: HttpRequest, obj: CalendarDay, form: Any, change: bool
    ) -> None:
        keep_day(obj, by=_who(request), at=timezone.now())

    def delete_model(self, request: HttpRequest, obj: CalendarDay) -> None:
        drop_day(obj, by=_who(request), at=timezone.now())

    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[CalendarDay]
    ) -> None:
        for day in queryset:
            self.delete_model(request, day)


@admin.register(DeadlineRule)
class DeadlineRuleAdmin(Kept):
    """How long a unit has, by which law."""

    list_display = (
        "__str__",
        "category",
        "urgency",
        "step",
        "is_target",
        "starts_on",
        "legal_basis",
    )
    list_filter = ("is_target", "urgency")
    list_select_related = ("category",)
    search_fields = ("category__code", "legal_basis")
    autocomplete_fields = ("category",)

    def save_model(
        self, request: HttpRequest, obj: DeadlineRule, form: Any, change: bool
    ) -> None:
        keep_rule(obj, by=_who(request), at=timezone.now())


@admin.register(RefusalReason)
class RefusalReasonAdmin(Kept):
    """Why a report may be refused; what is no longer used is switched off."""

    list_display = ("code", "name", "sms", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code", "name", "name_en")


@admin.register(ReturnReason)
class ReturnReasonAdmin(Kept):
    """Why a unit may return a case; what is no longer used is switched off."""

    list_display = ("code", "name", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code", "name", "name_en")


@admin.register(Membership)
class MembershipAdmin(Kept):
    """Who does what for which organisation.

    The first administrator is given here; afterwards people see to people, where every
    change is written down, as it is here.
    """

    list_display = ("user", "role", "organisation", "place", "deputy_for", "validity")
    list_filter = ("role",)
    list_select_related = ("user", "organisation", "place", "deputy_for")
    search_fields = ("user__username", "user__first_name", "organisation__name")
    autocomplete_fields = ("user", "organisation", "place", "deputy_for")

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Membership, form: forms.Form, change: bool
    ) -> None:
        by = _who(request)
        if by is None:
            raise PermissionDenied
        super().save_model(request, obj, form, change)
        RoleChange.objects.create(
            user=obj.user,
            code=RoleChange.Code.GRANTED,
            by=by,
            at=timezone.now(),
            organisation=obj.organisation,
            role=obj.role,
        )


@admin.register(RoleChange)
class RoleChangeAdmin(ReadOnly):
    """Who gave, changed and ended which role, and who handed work over."""

    list_display = ("at", "code", "user", "role", "organisation", "by")
    list_filter = ("code",)
    list_select_related = ("user", "organisation", "by")
    search_fields = ("user__username", "by__username", "organisation__name")
    ordering = ("-at",)


@admin.register(Report)
class ReportAdmin(ReadOnly):
    """Where cases stand. Steps are taken at the desk, where they leave a history."""

    list_display = ("public_id", "category", "status", "organisation", "received_at")
    list_filter = ("status", "channel", "is_public", "is_demo")
    list_select_related = ("category", "organisation")
    search_fields = ("public_id", "organisation__name", "category__code")
    date_hierarchy = "received_at"
    ordering = ("-received_at",)
    show_full_result_count = False
    fields = (
        "public_id",
        "channel",
        "kind",
        "category",
        "public_title",
        "is_public",
        "status",
        "received_at",
        "accepted_at",
        "resolved_at",
        "updated_at",
        "organisation",
        "place",
        "place_source",
        "refusal_reason",
        "version",
        "is_demo",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        """Leave out what is for the shift lead and auditors alone."""
        return super().get_queryset(request).filter(is_quarantined=False)


class OfCase(ReadOnly):
    """What stands in the record of a case, found by the case's public id."""

    search_fields = ("report__public_id",)
    show_full_result_count = False
    ordering = ("-at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave out the record of what is for the shift lead and auditors alone."""
        return super().get_queryset(request).filter(report__is_quarantined=False)


@admin.register(DecisionRecord)
class DecisionRecordAdmin(OfCase):
    """What routing concluded, and from what."""

    list_display = ("at", "case", "reason", "organisation", "doubts", "is_approximate")
    list_filter = ("reason", "is_approximate", "engine")
    list_select_related = ("report", "organisation")
    exclude = ("report", "inputs")

    def case(self, record: DecisionRecord) -> str:
        return record.report.public_id


@admin.register(Event)
class EventAdmin(OfCase):
    """What happened; what people wrote with it is not here."""

    list_display = ("at", "case", "sequence", "code", "by", "visibility")
    list_filter = ("code", "visibility")
    list_select_related = ("report", "by")
    exclude = ("report",)

    def case(self, event: Event) -> str:
        return event.report.public_id


@admin.register(Transfer)
class TransferAdmin(OfCase):
    """Into whose hands cases were put, by whom and why."""

    list_display = ("at", "case", "sender", "organisation", "by")
    list_select_related = ("report", "sender", "organisation", "by")
    exclude = ("report", "decision")

    def case(self, transfer: Transfer) -> str:
        return transfer.report.public_id

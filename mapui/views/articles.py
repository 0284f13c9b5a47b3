"""What callers are answered: looked up by operators, kept by who leads the shift."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from incidents.articles import Said, answers_to, keep_article, may_keep
from incidents.errors import IncidentError
from incidents.models import Article, ArticleVersion, Category
from incidents.permissions import Actor
from mapui.forms import Summed

from .asking import LONG, DayField, Words
from .case import read_number
from .doors import for_staff
from .listing import listed

ON_A_PAGE = 50
#: So many earlier versions stand below an article.
VERSIONS = 10


class ArticleForm(Summed):
    """A question, its answer, and by what authority it is answered so."""

    question = Words(label=gettext_lazy("The question, as callers ask it"))
    words = Words(
        label=gettext_lazy("Other words for it"),
        help_text=gettext_lazy("What else callers say; they find the article too."),
    )
    answer = Words(
        label=gettext_lazy("Answer"),
        help_text=gettext_lazy("It is read out: short sentences, no abbreviations."),
        rows=6,
        most=LONG,
    )
    source = Words(
        label=gettext_lazy("Source"),
        help_text=gettext_lazy("The law and its article, or whose page says so."),
    )
    source_url = Words(label=gettext_lazy("Address of the source"), most=500)
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=settings.LANGUAGES,
        widget=forms.Select(attrs={"class": "control control-short"}),
    )
    category = forms.ModelChoiceField(
        Category.objects.order_by("code"),
        label=gettext_lazy("Category"),
        to_field_name="code",
        required=False,
        empty_label=gettext_lazy("None"),
        widget=forms.Select(attrs={"class": "control"}),
    )
    starts_on = DayField(label=gettext_lazy("Holds from"))
    ends_on = DayField(label=gettext_lazy("Holds until"))
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=Article.State.choices,
        widget=forms.Select(attrs={"class": "control control-short"}),
    )


def for_who_reads(actor: Actor) -> None:
    """Let in who takes calls or sees to what they are answered; others find nothing."""
    if not (actor.is_desk or may_keep(actor)):
        raise Http404


@for_staff
@require_safe
def articles(request: HttpRequest, actor: Actor) -> HttpResponse:
    """List the articles; where something is asked, those that answer it."""
    for_who_reads(actor)
    asked = request.GET.get("q", "").strip()[:200]
    today = localdate()
    found: QuerySet[Article]
    if asked:
        language = get_language() or settings.LANGUAGE_CODE
        found = answers_to(asked, language=language, on=today)
    else:
        found = Article.objects.order_by("question", "pk")
    shown = found.defer("terms", "answer_terms", "question_terms", "asked_as")
    context = {
        "asked": asked,
        "page": listed(shown, page=request.GET.get("page"), on_a_page=ON_A_PAGE),
        "may_keep": may_keep(actor),
        "today": today,
    }
    return render(request, "mapui/staff/articles.html", context)


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def article(request: HttpRequest, actor: Actor, code: str = "") -> HttpResponse:
    """Show an article with its history; add one, or change it, where one may."""
    for_who_reads(actor)
    held = get_object_or_404(Article, code=code) if code else None
    keeps = may_keep(actor)
    if not keeps and (held is None or request.method == "POST"):
        raise Http404
    form = ArticleForm(request.POST or None, initial=_begun(held), auto_id="article-%s")
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                kept = keep_article(
                    Said(**form.cleaned_data),
                    by=actor,
                    at=timezone.now(),
                    changing=held,
                    version=read_number(request, "version") if held else None,
                )
            except IncidentError as error:
                status = HTTPStatus(error.status)
                there = error.field if error.field in form.fields else None
                form.add_error(there, str(error))
            else:
                messages.success(request, _("Kept. Operators find it from now on."))
                return redirect("mapui:article", code=kept.code)
    context = {
        "form": form,
        "held": held,
        "may_keep": keeps,
        "versions": _versions(held),
    }
    return render(request, "mapui/staff/article.html", context, status=status)


def _begun(held: Article | None) -> dict[str, Any]:
    """Return what the form of an article begins with."""
    if held is None:
        return {"state": Article.State.PUBLISHED, "language": settings.LANGUAGE_CODE}
    names = ("question", "words", "answer", "source", "source_url", "language", "state")
    said = {name: getattr(held, name) for name in names}
    first, after = held.validity.lower, held.validity.upper
    last = after - timedelta(days=1) if after else None
    code = held.category.code if held.category else ""
    return said | {"category": code, "starts_on": first, "ends_on": last}


def _versions(held: Article | None) -> list[ArticleVersion]:
    if held is None:
        return []
    kept = held.versions.select_related("by").order_by("-number")
    return list(kept[:VERSIONS])

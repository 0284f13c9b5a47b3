"""Who signs in and out, and how they choose, change and find again a password."""

from __future__ import annotations

from http import HTTPStatus
from math import ceil
from typing import Any

from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import (
    AuthenticationForm,
    PasswordChangeForm,
    SetPasswordForm,
)
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from . import invitations
from .entry import (
    Kind,
    Waiting,
    address_of,
    count,
    forget,
    named,
    waiting,
    with_email,
)
from .forms import ChosenPassword, Forgotten, NewPassword, Profile, SignIn
from .letters import ask_for_reset
from .models import User, plain

#: Whom the sign-in page offers to let in, after a password was chosen by a link.
CAME_AS = "came_as"


class SignInView(views.LoginView):
    """Let staff in; citizens need no account."""

    form_class = SignIn
    template_name = "accounts/login.html"
    redirect_authenticated_user = True

    def get_initial(self) -> dict[str, Any]:
        return {"username": self.request.session.get(CAME_AS, "")}

    def get_context_data(self, **options: Any) -> dict[str, Any]:
        """Offer the other doors there are."""
        doors = {"providers": settings.OIDC}
        return super().get_context_data(**options) | doors

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Let them in; who has a second factor shows it first."""
        user, way = form.get_user(), self.get_success_url()
        answer: HttpResponse = perform_login(self.request, user, redirect_url=way)
        return answer

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Say what is wrong; to who tried too often, how long to wait."""
        now, typed = timezone.now(), form.data.get("username", "")
        held = waiting(
            Kind.SIGN_IN, name=named(typed), address=address_of(self.request), at=now
        )
        if held is None:
            return super().form_invalid(form)
        return _ask_to_wait(self.request, self.template_name, form, held)


class SignOutView(views.LogoutView):
    """Let staff out."""


class PasswordView(views.PasswordChangeView):
    """Change one's own password; here one stays signed in, everywhere else not."""

    form_class = NewPassword
    template_name = "accounts/password.html"
    success_url = reverse_lazy("accounts:profile")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        said = _("Your password is changed. Other devices are signed out.")
        messages.success(self.request, said)
        return super().form_valid(form)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Let people set what they are called, and in which language letters come."""
    user = request.user
    form = Profile(request.POST if request.method == "POST" else None, instance=user)
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
        return render(request, "accounts/profile.html", {"form": form}, status=status)
    language = form.save().language
    messages.success(request, _("Your details are saved."))
    answer = redirect("accounts:profile")
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Promise a letter, in the same words whether the e-mail is known or not."""
    template = "accounts/forgotten.html"
    form = Forgotten(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
        return render(request, template, {"form": form}, status=status)
    email, at = plain(form.cleaned_data["email"]), timezone.now()
    with transaction.atomic():
        held = count(Kind.RESET, name=email, address=address_of(request), at=at)
        user = with_email(email) if held is None else None
        if user is not None and user.is_active:
            ask_for_reset(user)
    if held is not None and held.is_of_address:
        return _ask_to_wait(request, template, form, held)
    return redirect("accounts:forgotten_sent")


@never_cache
@require_safe
def forgotten_sent(request: HttpRequest) -> HttpResponse:
    """Tell what to do while the letter is on its way."""
    hours = settings.PASSWORD_RESET_TIMEOUT // 3600
    return render(request, "accounts/forgotten_sent.html", {"hours": hours})


class ByLink(views.PasswordResetConfirmView):
    """Choose a password by a link that a letter brought; a dead link says so."""

    form_class = ChosenPassword
    template_name = "accounts/reset.html"
    success_url = reverse_lazy("accounts:login")
    user: User | None

    def get_user(self, uidb64: str) -> User | None:
        found = super().get_user(uidb64)
        is_open = isinstance(found, User) and found.is_active
        return found if is_open else None

    def form_valid(self, form: SetPasswordForm[User]) -> HttpResponse:
        messages.success(self.request, _("Your password is set. Sign in with it now."))
        # Who proved to be the owner need not wait for what a stranger tried.
        forget(form.user.get_username(), at=timezone.now())
        self.request.session[CAME_AS] = form.user.email or form.user.get_username()
        return super().form_valid(form)

    def render_to_response(
        self, context: dict[str, Any], **options: Any
    ) -> HttpResponse:
        if not context["validlink"]:
            options["status"] = HTTPStatus.GONE
        return super().render_to_response(context, **options)


class InvitationView(ByLink):
    """Welcome somebody, and let them choose their first password."""

    template_name = "accounts/invitation.html"
    token_generator = invitations.tokens

    def get_context_data(self, **options: Any) -> dict[str, Any]:
        """Tell a link that came too late from one that was used or replaced."""
        token = self.kwargs["token"]
        is_late = self.user is not None and invitations.tokens.is_of(self.user, token)
        said = {"invited": self.user, "is_late": is_late}
        return super().get_context_data(**options) | said


@never_cache
@require_safe
def cancelled(request: HttpRequest) -> HttpResponse:
    """Lead back who turned round at another door."""
    return redirect("accounts:login")


@never_cache
@login_required
@require_safe
def to_factors(request: HttpRequest) -> HttpResponse:
    """Lead to the one page where all factors stand."""
    return redirect("mfa_index")


def _ask_to_wait(
    request: HttpRequest, template: str, form: object, held: Waiting
) -> HttpResponse:
    """Say how many minutes to wait, to people and to programs."""
    seconds = max((held.until - timezone.now()).total_seconds(), 1)
    said = {"form": form, "held": held, "minutes": ceil(seconds / 60)}
    status = HTTPStatus.TOO_MANY_REQUESTS
    answer = render(request, template, said, status=status)
    answer["Retry-After"] = str(ceil(seconds))
    return answer

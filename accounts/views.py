"""Who signs in and out, and how they change their password."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from .forms import NewPassword, SignIn


class SignInView(views.LoginView):
    """Let staff in; citizens need no account."""

    form_class = SignIn
    template_name = "accounts/login.html"
    redirect_authenticated_user = True


class SignOutView(views.LogoutView):
    """Let staff out."""


class PasswordView(views.PasswordChangeView):
    """Change one's own password."""

    form_class = NewPassword
    template_name = "accounts/password.html"
    success_url = reverse_lazy("mapui:workbench")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        messages.success(self.request, _("Your password is changed."))
        return super().form_valid(form)

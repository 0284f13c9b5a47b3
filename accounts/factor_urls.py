"""Where people see to their second factor, and where other doors lead in.

The names are django-allauth's, which leads by them; the addresses are ours.
"""

from allauth.account.views import reauthenticate
from allauth.mfa.base import views as base
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.urls import path
from django.views.decorators.cache import never_cache

from . import views

urlpatterns = [
    path("login", views.SignInView.as_view(), name="account_login"),
    path("logout", views.SignOutView.as_view(), name="account_logout"),
    path("again", never_cache(reauthenticate), name="account_reauthenticate"),
    path("factors", never_cache(base.index), name="mfa_index"),
    path("factors/code", base.authenticate, name="mfa_authenticate"),
    path("factors/again", never_cache(base.reauthenticate), name="mfa_reauthenticate"),
    path("factors/app", never_cache(totp.activate_totp), name="mfa_activate_totp"),
    path(
        "factors/app/off",
        never_cache(totp.deactivate_totp),
        name="mfa_deactivate_totp",
    ),
    path("factors/codes", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "factors/codes/new",
        never_cache(codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path("factors/keys", views.to_factors, name="mfa_list_webauthn"),
    path(
        "factors/keys/new", never_cache(webauthn.add_webauthn), name="mfa_add_webauthn"
    ),
    path(
        "factors/keys/again",
        never_cache(webauthn.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "factors/keys/<int:pk>/off",
        never_cache(webauthn.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
    path(
        "factors/keys/login",
        never_cache(webauthn.login_webauthn),
        name="mfa_login_webauthn",
    ),
    path("by/<slug:provider_id>", oidc.login, name="openid_connect_login"),
    path("by/<slug:provider_id>/back", oidc.callback, name="openid_connect_callback"),
    path("by", views.cancelled, name="socialaccount_login_cancelled"),
]

"""A passkey: added on a phone, and from then on the whole way in."""

from __future__ import annotations

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from tests.factories import PASSWORD

from .conftest import PHONE, keep_shot, serious


def virtual_phone(page):
    """Let the browser have a device that proves who holds it, as phones do."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    cdp.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def test_somebody_adds_a_passkey_and_signs_in_by_it_alone(visit, staff):
    user = staff("focal_point", "ubnd-26743")
    page = visit(viewport=PHONE)
    virtual_phone(page)
    page.goto("/accounts/login?next=/accounts/factors")
    page.fill("[name=username]", user.username)
    page.fill("[name=password]", PASSWORD)
    page.click("button.btn-large")

    page.click("a[href$='/factors/keys/new']")
    page.fill("[name=password]", PASSWORD)
    page.click("button.btn-large")
    page.fill("[name=name]", "Điện thoại của Lan")
    keep_shot(page, "passkey-new-390")
    assert serious(page) == []
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/factors/codes")
    assert page.locator(".codes li").count() == 10
    keep_shot(page, "recovery-codes-390")
    page.click("a[href$='/accounts/factors'].btn")
    assert "Điện thoại của Lan" in page.inner_text("main")
    keep_shot(page, "factors-390")
    assert serious(page) == []

    page.context.clear_cookies()
    page.goto("/accounts/login")
    keep_shot(page, "login-390")
    assert serious(page) == []
    page.click("#passkey_login")
    page.wait_for_url("**/lam-viec/don-vi")

    signed_in = [s.get_decoded().get(SESSION_KEY) for s in Session.objects.all()]
    assert str(user.pk) in signed_in
    assert page.complaints == []
    assert page.strangers == []

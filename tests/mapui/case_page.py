"""The page of a case, as the tests of its steps press its buttons."""

from __future__ import annotations

from incidents.models import Report


def page(case):
    return f"/lam-viec/phan-anh/{case.public_id}"


def act(client, case, action, **said):
    """Press the button of a step on the page as it was drawn from `case`."""
    seen = {"version": case.version, "seen": 1}
    return client.post(f"{page(case)}/{action}", seen | said)


def status_of(case):
    return Report.objects.get(pk=case.pk).status

"""Accounts to try every role with, and the officers whose names stand in histories."""

from __future__ import annotations

import os
import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import QuerySet

from accounts.models import User
from incidents.models import Membership, Organisation
from incidents.permissions import SEATS

from .words import Role

#: A domain that nobody can have (RFC 2606): it marks an account as ours to remove.
DOMAIN = "demo.invalid"
SIGNS = string.ascii_lowercase.replace("l", "") + "23456789"
FILE = "demo-accounts.txt"
UNKNOWN = "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a person needs to sign in as somebody."""

    username: str
    password: str
    role: str
    organisation: str


def keep_accounts(roles: Iterable[Role], *, on: date) -> list[Account]:
    """Make the accounts that are missing; the others keep the passwords they have.

    A role whose organisation is not loaded is left out.
    """
    units = Organisation.objects.in_being(on=on).in_bulk(field_name="code")
    known = read_passwords()
    held = {user.username: user for user in demo_users()}
    accounts = []
    for role in roles:
        unit = units.get(role.organisation)
        if unit is None:
            continue
        password = known.get(role.username, UNKNOWN)
        if role.username not in held:
            password = "-".join(
                "".join(secrets.choice(SIGNS) for _ in range(4)) for _ in range(4)
            )
            _keep(role, password, unit)
        label = Membership.Role(role.role).label
        accounts.append(
            Account(
                username=role.username,
                password=password,
                role=str(label),
                organisation=unit.label,
            )
        )
    return accounts


def keep_officers(units: Iterable[Organisation], *, on: date) -> dict[int, User]:
    """Return somebody of each unit; where nobody signs in, one who cannot."""
    units = list(units)
    held = {user.username: user for user in demo_users()}
    missing = [unit for unit in units if _officer(unit) not in held]
    made = User.objects.bulk_create(
        User(
            username=_officer(unit),
            email=f"{_officer(unit)}@{DOMAIN}",
            first_name=f"{unit.name[:140]} (mẫu)",
            password=make_password(None),
        )
        for unit in missing
    )
    Membership.objects.bulk_create(
        Membership(
            user=user,
            organisation=unit,
            role=Membership.Role.FOCAL_POINT,
            validity=DateRange(None, None),
        )
        for user, unit in zip(made, missing, strict=True)
    )
    held |= {user.username: user for user in made}
    officers = {unit.pk: held[_officer(unit)] for unit in units}
    focal = Membership.objects.in_force(on=on).filter(
        role=Membership.Role.FOCAL_POINT, user__in=list(held.values())
    )
    signing_in = (
        m for m in focal.select_related("user") if m.user.has_usable_password()
    )
    return officers | {each.organisation_id: each.user for each in signing_in}


def desk_user() -> User | None:
    """Return the operator of the demo, whose name stands in its histories."""
    operates = Membership.Role.OPERATOR
    return demo_users().filter(memberships__role=operates).order_by("pk").first()


def demo_users() -> QuerySet[User]:
    """Return every account that was made here."""
    return User.objects.filter(email__endswith=f"@{DOMAIN}")


def file() -> Path:
    """Where the passwords are kept, for the owner of the site alone."""
    return settings.VAR_DIR / FILE


def read_passwords() -> dict[str, str]:
    """Read the passwords that an earlier run kept."""
    if not file().exists():
        return {}
    rows = (line.split("\t") for line in file().read_text("utf-8").splitlines())
    return {row[0].strip(): row[1].strip() for row in rows if len(row) > 1}


def write_passwords(accounts: Iterable[Account]) -> None:
    """Keep the passwords in a file for its owner alone, whole or not at all."""
    file().parent.mkdir(parents=True, exist_ok=True)
    draft = file().with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as written:
        written.write(table(accounts, between="\t") + "\n")
    draft.replace(file())


def table(accounts: Iterable[Account], *, between: str = "  ") -> str:
    """Lay accounts out in columns, for a person to read."""
    rows = [(a.username, a.password, a.role, a.organisation) for a in accounts]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        between.join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def _keep(role: Role, password: str, unit: Organisation) -> None:
    # Who administers the portal runs the site; the others see to their own people.
    is_admin = role.role == Membership.Role.ADMINISTRATOR and unit.type in SEATS
    user = User.objects.create(
        username=role.username,
        email=f"{role.username}@{DOMAIN}",
        first_name=role.name,
        password=make_password(password),
        is_staff=is_admin,
        is_superuser=is_admin,
    )
    Membership.objects.create(
        user=user,
        organisation=unit,
        role=role.role,
        validity=DateRange(None, None),
    )


def _officer(unit: Organisation) -> str:
    return f"can-bo-{unit.code}"

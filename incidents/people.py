"""People: who works for an organisation, seen to by those who answer for it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import chain
from unicodedata import combining, normalize

from django.conf import settings
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Exists, Func, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.db.utils import IntegrityError
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from accounts import invitations, second_factor
from accounts.entry import with_email
from accounts.models import User

from .errors import AccountShut, Missing, NotAllowed, OwnRole
from .models import Membership, Organisation, RoleChange
from .permissions import Actor
from .roles import allow, hold, log

Code = RoleChange.Code
#: So long a letter of invitation is given to arrive before another is sent.
LETTER_TAKES = timedelta(minutes=2)


def memberships_under(actor: Actor) -> QuerySet[Membership]:
    """Return every role, past ones too, in the organisations somebody manages."""
    held = Membership.objects.filter(organisation__in=list(actor.gives))
    return held.exclude(validity__isempty=True).select_related(
        "user", "organisation", "deputy_for", "place"
    )


def called(said: str) -> Q:
    """Keep the roles of people who are called so, with or without diacritics.

    Every word must be somewhere in the name, the name to sign in with or the e-mail.
    """
    kept = Q()
    for word in _plain(said).split():
        kept &= Q(plain__contains=word)
    return kept


def with_plain_names(held: QuerySet[Membership]) -> QuerySet[Membership]:
    """Bring along what `called` looks into."""
    names = ("user__first_name", "user__last_name", "user__username", "user__email")
    words = chain.from_iterable((name, Value(" ")) for name in names)
    whole = Concat(*words, output_field=TextField())
    return held.annotate(plain=Plain(whole))


def people_under(actor: Actor) -> QuerySet[User]:
    """Return who works, or worked, in the organisations somebody manages."""
    held = Membership.objects.filter(
        organisation__in=list(actor.gives), user=OuterRef("pk")
    )
    return User.objects.filter(Exists(held))


def organisations_under(actor: Actor) -> QuerySet[Organisation]:
    """Return the organisations whose people somebody manages."""
    return Organisation.objects.filter(pk__in=list(actor.gives)).order_by("name")


def changes_of(user: User, *, seen_by: Actor) -> QuerySet[RoleChange]:
    """Return what was done to a person's roles, as far as it is this manager's."""
    ours = Q(organisation__in=list(seen_by.gives)) | Q(organisation=None)
    changes = RoleChange.objects.filter(ours, user=user)
    return changes.select_related("by", "organisation").order_by("-at", "-pk")


class Plain(Func):
    """Words in small letters and without diacritics, as they are typed in haste."""

    template = (
        "lower(regexp_replace(normalize(translate(%(expressions)s, 'đĐ', 'dD'), NFD), "
        "'[\\u0300-\\u036f]', '', 'g'))"
    )


@transaction.atomic
def invite(
    *,
    email: str,
    name: str,
    organisation: Organisation | None,
    role: str,
    by: Actor,
    at: datetime,
    language: str = settings.LANGUAGE_CODE,
) -> User:
    """Give somebody a role and, where they have no account, one with a letter.

    Who has an account keeps its name and password; who left comes back by a letter.
    """
    if organisation is None:
        raise Missing(_("Choose the organisation."), field="organisation")
    allow(by, role, organisation)
    if not email.strip():
        raise Missing(_("Give the e-mail that the invitation goes to."), field="email")
    user = with_email(email)
    if user is None:
        user = _invite_anew(email, name, language, at=at)
        log(user, Code.INVITED, by=by, at=at, organisation=organisation)
    elif user.is_active and user.is_invited and _had_time(user, at=at):
        invitations.invite_again(user, at=at)
        log(user, Code.INVITED_AGAIN, by=by, at=at, organisation=organisation)
    return grant(user, organisation=organisation, role=role, by=by, at=at).user


@transaction.atomic
def grant(
    user: User, *, organisation: Organisation, role: str, by: Actor, at: datetime
) -> Membership:
    """Give somebody who has an account a role from that day on."""
    allow(by, role, organisation)
    if user.pk == by.user.pk:
        raise OwnRole
    if not user.is_active:
        _open_again(user, by=by, at=at)
    on = localdate(at)
    held = hold(user, organisation, role, DateRange(on, None))
    log(user, Code.GRANTED, by=by, at=at, organisation=organisation, role=role)
    return held


@transaction.atomic
def invite_again(user: User, *, by: Actor, at: datetime) -> None:
    """Send the letter of invitation once more; the link before it no longer works."""
    held = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    _manage_some_role_of(held, by=by, on=localdate(at))
    if not held.is_invited:
        raise NotAllowed(_("This person has chosen a password already."))
    if not _had_time(held, at=at):
        said = _("The letter has only just been sent. Give it a few minutes.")
        raise NotAllowed(said)
    invitations.invite_again(held, at=at)
    log(held, Code.INVITED_AGAIN, by=by, at=at)


@transaction.atomic
def reset_factors(user: User, *, by: Actor, at: datetime) -> int:
    """Take off the second factor of who lost it; they come in by the password again.

    Nobody does so for themselves here, or for whom they do not manage.
    """
    held = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if held.pk == by.user.pk:
        raise OwnRole
    _manage_every_role_of(held, by=by, on=localdate(at))
    if held.is_staff or held.is_superuser:
        raise NotAllowed(_("Who runs the site is seen to by those who run it."))
    count = second_factor.reset(held, at=at)
    if not count:
        raise NotAllowed(_("This person has no second factor."))
    log(held, Code.FACTORS_RESET, by=by, at=at)
    return count


def _plain(said: str) -> str:
    spread = normalize("NFD", said.replace("đ", "d").replace("Đ", "D"))
    return "".join(sign for sign in spread if not combining(sign)).lower()


def _invite_anew(email: str, name: str, language: str, *, at: datetime) -> User:
    """Make the account; where a colleague did so at the same moment, take theirs."""
    if not name.strip():
        raise Missing(_("Write what this person is called."), field="name")
    try:
        return invitations.invite(email=email, name=name, language=language, at=at)
    except IntegrityError:
        user = with_email(email)
        if user is None:
            raise
        return user


def _had_time(user: User, *, at: datetime) -> bool:
    """Tell whether the latest letter of invitation can be expected to be there."""
    return user.invited_at is None or at - user.invited_at >= LETTER_TAKES


def _manage_some_role_of(user: User, *, by: Actor, on: date) -> None:
    """Refuse who decides about none of the roles that a person holds or will hold."""
    held = Membership.objects.filter(
        user=user, validity__overlap=DateRange(on, None)
    ).values_list("role", "organisation")
    if not any(by.may_give(role, organisation) for role, organisation in held):
        raise NotAllowed


def _manage_every_role_of(user: User, *, by: Actor, on: date) -> None:
    """Refuse who does not decide about each role that a person holds or will hold.

    What lets somebody into more than one's own house is not one's own to take off.
    """
    held = Membership.objects.filter(
        user=user, validity__overlap=DateRange(on, None)
    ).values_list("role", "organisation")
    roles = list(held)
    if not roles or not all(by.may_give(*each) for each in roles):
        raise NotAllowed(_("You do not manage every role of this person."))


def _open_again(user: User, *, by: Actor, at: datetime) -> None:
    """Let somebody back who left; whom the site's keepers shut out stays out."""
    latest = RoleChange.objects.filter(
        user=user, code__in=[Code.SWITCHED_OFF, Code.SWITCHED_ON]
    ).order_by("-pk")
    change = latest.first()
    left = change is not None and change.code == Code.SWITCHED_OFF
    if not left or user.is_staff or user.is_superuser:
        raise AccountShut
    invitations.invite_back(user, at=at)
    log(user, Code.SWITCHED_ON, by=by, at=at)

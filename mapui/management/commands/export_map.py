from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.http import Http404, QueryDict
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import override
from rest_framework.exceptions import ValidationError

from accounts.models import User
from incidents.permissions import Actor, actor_of
from incidents.travelling.drawing import Kind
from mapui.views.asked_words import mistake_in
from mapui.views.travelling_doors import Form, view_of

NOT_THEIRS = "Hot spots are of somebody's units: name an account that has some by --as."


class Command(BaseCommand):
    help = "Write a map as one file, HTML, PDF or PNG: for mail, for archives."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="Where to, such as heat.html.")
        parser.add_argument(
            "--kind", choices=[str(kind) for kind in Kind], default=str(Kind.HEAT)
        )
        parser.add_argument(
            "--form",
            choices=[str(form) for form in Form],
            help="What to write; without it, what the file's name ends with.",
        )
        parser.add_argument(
            "--query",
            default="",
            help="The filters of the public list, as in an address: "
            "status=done&ward=…; for hot spots days=90&ward=….",
        )
        parser.add_argument(
            "--as",
            dest="reader",
            metavar="NAME",
            help="Draw what this account may see; without it, what strangers may.",
        )
        parser.add_argument(
            "--language",
            choices=settings.CITY.languages,
            default=settings.LANGUAGE_CODE,
        )

    def handle(
        self,
        *,
        file: Path,
        kind: str,
        form: str | None,
        query: str,
        reader: str | None,
        language: str,
        **options: Any,
    ) -> None:
        now = timezone.now()
        with override(language):
            try:
                view = view_of(
                    QueryDict(query),
                    Kind(kind),
                    reader=_reader(reader) if reader else None,
                    at=now,
                )
            except ValidationError as error:
                raise CommandError(mistake_in(error.detail)) from error
            except Http404 as error:
                raise CommandError(NOT_THEIRS) from error
            made = view.made(_form(form, file))
        try:
            file.write_bytes(made)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        self.stdout.write(f"{file}: {len(made) / 1000:,.0f} kB")


def _form(said: str | None, file: Path) -> Form:
    """Return what was asked for: in words, or by how the file's name ends."""
    try:
        return Form(said or file.suffix.lower().lstrip("."))
    except ValueError:
        return Form.HTML


def _reader(name: str) -> Actor:
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no account {name}.")
    actor = actor_of(user, on=localdate())
    if actor is None or not actor.is_staff:
        raise CommandError(f"{name} has no role today, and sees no case.")
    return actor

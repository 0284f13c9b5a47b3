"""The rules of the house that no linter knows."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path
from subprocess import check_output

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

ROOT = settings.BASE_DIR
APPS = ("accounts", "gis_data", "incidents", "mapui")
CODE = (*APPS, "config")
LINES_AT_MOST = 400
#: Names that migrations get when nobody gives them one.
UNNAMED = re.compile(
    r"^\d{4}_(auto_|alter_|add_|remove_|rename_|delete_|create_)|_more$"
)
#: What belongs to one city, and so to its folder; prose and tests may name it.
OF_A_CITY = ["1022", "Hồ Chí Minh", "Ho Chi Minh", "HCMC", "+84", "Asia/Ho"]
#: Where somebody's own machine would show.
OF_A_MACHINE = ["/" + "work/", "/" + "home/", "/" + "Users/", "/" + "root/"]
TEXT = {
    ".cfg",
    ".css",
    ".csv",
    ".html",
    ".json",
    ".md",
    ".mjs",
    ".po",
    ".py",
    ".sh",
    ".toml",
    ".ts",
    ".txt",
    ".yaml",
    ".yml",
    "",
}


def tracked(*folders):
    """Every file of the project, or of some folders of it, that is kept."""
    listed = check_output(  # noqa: S603
        ["git", "ls-files", "-z", "--cached", "--", *folders],  # noqa: S607
        cwd=ROOT,
        text=True,
    )
    paths = [ROOT / name for name in listed.split("\0") if name]
    return [path for path in paths if path.is_file()]


def words_of(path):
    return path.read_text("utf8") if path.suffix in TEXT else ""


def modules(*folders):
    return [path for path in tracked(*folders) if path.suffix == ".py"]


def test_no_module_is_longer_than_one_can_read():
    long = {
        str(path.relative_to(ROOT)): count
        for path in modules(*CODE)
        if "migrations" not in path.parts
        and (count := len(path.read_text("utf8").splitlines())) > LINES_AT_MOST
    }

    assert long == {}


def test_every_module_says_what_it_is_for():
    silent = [
        str(path.relative_to(ROOT))
        for path in modules("incidents", "gis_data", "config")
        if not {"migrations", "models", "commands"} & set(path.parts)
        and path.name not in {"__init__.py", "apps.py", "urls.py", "wsgi.py"}
        and not path.read_text("utf8").startswith('"""')
    ]

    assert silent == []


@pytest.mark.django_db
def test_no_migration_is_missing():
    said = StringIO()

    call_command("makemigrations", check=True, dry_run=True, stdout=said)

    assert "No changes" in said.getvalue()


@pytest.mark.parametrize("app", APPS)
def test_every_migration_is_named_for_its_effect_and_follows_one(app):
    folder = Path(apps.get_app_config(app).path) / "migrations"
    named = sorted(path.stem for path in folder.glob("[0-9]*.py"))

    assert [name for name in named if UNNAMED.search(name)] == []
    assert [int(name[:4]) for name in named] == list(range(1, len(named) + 1))
    if named:
        assert (folder / "max_migration.txt").read_text().strip() == named[-1]


@pytest.mark.parametrize("word", OF_A_CITY)
def test_the_code_knows_no_city(word):
    said = [
        str(path.relative_to(ROOT))
        for path in tracked(*CODE)
        if "static" not in path.parts and word in words_of(path)
    ]

    assert said == []


@pytest.mark.parametrize("word", OF_A_MACHINE)
def test_no_file_names_a_place_on_somebody_s_machine(word):
    said = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if "static" not in path.parts
        and path.name != "package-lock.json"
        and word in words_of(path)
    ]

    assert said == []


def test_every_message_has_its_words_in_the_language_of_the_city():
    catalogue = ROOT / "locale" / "vi" / "LC_MESSAGES" / "django.po"
    untold = re.findall(
        r'^msgid "(?!")(.*)"\nmsgstr ""\n(?!")', catalogue.read_text("utf8"), re.M
    )

    assert untold == []

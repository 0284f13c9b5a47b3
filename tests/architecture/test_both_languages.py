"""Nothing a person reads is in one language only: not in pages, scripts, or a city."""

from __future__ import annotations

import csv
import re
import shutil
import tomllib
from io import StringIO
from subprocess import check_output

import pytest
from django.conf import settings
from django.contrib import admin
from django.core.management import call_command
from django.utils.translation import override

ROOT = settings.BASE_DIR
APPS = ("accounts", "config", "gis_data", "incidents", "mapui")
CITIES = sorted(each for each in (ROOT / "cities").iterdir() if each.is_dir())
#: What a template says to Django, and what it says to nobody.
TOLD = re.compile(
    r"{%\s*(?:comment|blocktranslate|block main_class|block page)\b"
    r".*?{%\s*end\w+\s*%}"
    r"|{%.*?%}|{{.*?}}|{#.*?#}|<!--.*?-->|<(?:script|style).*?</(?:script|style)>|&\w+;",
    re.S,
)
TAG = re.compile(r"<[^>]*>", re.S)
#: An attribute that a block gives to a tag of the page it extends.
ATTRIBUTE = re.compile(r'\b[\w-]+="[^"]*"')
#: Attributes whose words somebody reads or hears.
READ = re.compile(
    r"\b(?:aria-label|aria-description|title|placeholder|alt|content|label|value)"
    r'="([^"]*)"'
)
WORD = re.compile(r"[^\W\d_]{2,}")
#: Names that are the same in every language, and what only a machine reads.
SAME = {"English", "Tiếng", "Việt", "Enter", "Ctrl", "Shift", "Alt", "Esc", "MB", "km"}
MACHINE_S = re.compile(
    r"^(?:width=device-width.*|light dark|same-origin|[a-z0-9_.,:/#-]*|noindex.*)$"
)
#: How an element of ours would put words of its own before somebody.
SPOKEN = re.compile(
    r"(?:textContent|innerText|placeholder|title|alt|ariaLabel|innerHTML)\s*=\s*"
    r"[\"'`]([^\"'`]*)|"
    r"setAttribute\(\s*[\"'](?:aria-label|title|placeholder|alt)[\"'],\s*[\"'`]([^\"'`]*)"
)


def templates():
    return sorted(
        path
        for app in APPS
        for path in (ROOT / app).rglob("templates/**/*.html")
        if "admin" not in path.parts
    )


def raw_words(text):
    """Words of a template that nobody marked for translation."""
    plain = TOLD.sub(" ", text)
    heard = [said for said in READ.findall(plain) if not MACHINE_S.match(said.strip())]
    shown = ATTRIBUTE.sub(" ", TAG.sub(" ", plain))
    words = WORD.findall(" ".join([shown, *heard]))
    return [word for word in words if word not in SAME]


def test_every_message_of_the_code_has_its_words(tmp_path):
    for app in APPS:
        kept = shutil.ignore_patterns("static", "migrations", "__pycache__", "styles")
        shutil.copytree(ROOT / app, tmp_path / app, ignore=kept)
    shutil.copytree(ROOT / "locale", tmp_path / "locale")
    catalogue = tmp_path / "locale/vi/LC_MESSAGES/django.po"

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        patch.setattr(settings, "LOCALE_PATHS", [str(tmp_path / "locale")])
        call_command("makemessages", locale=["vi"], no_location=True, verbosity=0)

    for lacking in ("--untranslated", "--only-fuzzy"):
        left = ["msgattrib", "--no-obsolete", lacking, str(catalogue)]
        said = check_output(left, text=True)  # noqa: S603
        assert re.findall(r'^msgid "(?!"\n\n)(.+)"', said, re.M) == [], lacking


@pytest.mark.parametrize("path", templates(), ids=lambda path: path.name)
def test_a_template_has_no_words_of_its_own(path):
    assert raw_words(path.read_text("utf8")) == []


def test_words_of_its_own_would_be_found():
    said = '<p title="Xin chào">{% translate "Hello" %} <b>World</b> {{ name }}</p>'

    assert raw_words(said) == ["World", "Xin", "chào"]


def test_an_element_takes_its_words_from_its_page():
    spoken = {
        path.name: said
        for path in sorted((ROOT / "mapui/elements").glob("*.ts"))
        for found in SPOKEN.findall(path.read_text("utf8"))
        for said in found
        if WORD.search(re.sub(r"\$\{[^}]*\}|<[^>]*>", "", said))
    }

    assert spoken == {}


def languages(city):
    return tomllib.loads((city / "city.toml").read_text("utf8"))["languages"]


@pytest.mark.parametrize("city", CITIES, ids=lambda city: city.name)
def test_a_city_writes_to_people_in_each_of_its_languages_and_in_no_other(city):
    for name in ("notices.toml", "letters.toml"):
        told = tomllib.loads((city / name).read_text("utf8"))

        assert {tuple(sorted(said)) for said in told.values()} == {
            tuple(sorted(languages(city)))
        }


@pytest.mark.parametrize(
    "city",
    [city for city in CITIES if languages(city)[0] != "en"],
    ids=lambda city: city.name,
)
def test_what_a_city_calls_in_its_language_it_calls_in_english_too(city):
    lacking = [
        f"{path.name}: {row[name]}"
        for path in sorted(city.glob("*.csv"))
        for row in csv.DictReader(StringIO(path.read_text("utf8")))
        for name in row
        if name and f"{name}_en" in row and row[name] and not row[f"{name}_en"]
    ]
    for path in sorted(city.glob("*.toml")):
        told = tomllib.loads(path.read_text("utf8"))
        lacking += [f"{path.name}: {where}" for where in _one_sided(told)]

    assert lacking == []


def _one_sided(told, where=""):
    """Where something is said in the city's own language alone."""
    if isinstance(told, list):
        for turn, each in enumerate(told):
            yield from _one_sided(each, f"{where}[{turn}]")
    if not isinstance(told, dict):
        return
    if "vi" in told and not told.get("en"):
        yield where
    for name, inner in told.items():
        if f"{name}_en" in told and inner and not told[f"{name}_en"]:
            yield f"{where}.{name}"
        yield from _one_sided(inner, f"{where}.{name}")


def test_an_administrator_reads_of_people_and_things_in_the_language_of_the_city():
    ours = [model for model in admin.site._registry if model._meta.app_label in APPS]

    with override("en"):
        english = {model: _names(model) for model in ours}
    with override("vi"):
        same = [model.__name__ for model in ours if english[model] & _names(model)]

    assert len(ours) > 15
    assert same == []


def _names(model):
    names = model._meta
    return {str(names.verbose_name_plural), str(names.app_config.verbose_name)}

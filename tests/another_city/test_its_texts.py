"""What its people are told: every event has its words, and they fit where they go."""

from __future__ import annotations

import tomllib

from django.conf import settings
from django.core.management import call_command

from tests.incidents.test_city import (
    FOLLOWED,
    TOLD,
    test_a_text_message_fits_one_segment,
    test_who_follows_a_case_is_told_of_its_end_and_never_its_code,
)
from tests.incidents.test_text_messages import (
    longest,
    test_at_its_longest_every_text_of_the_city_is_one_segment,
    test_two_units_have_two_names_also_where_there_is_little_room,
)

__all__ = [
    "longest",
    "test_a_text_message_fits_one_segment",
    "test_at_its_longest_every_text_of_the_city_is_one_segment",
    "test_two_units_have_two_names_also_where_there_is_little_room",
    "test_who_follows_a_case_is_told_of_its_end_and_never_its_code",
]


def test_every_event_the_reporter_hears_of_has_its_words():
    texts = tomllib.loads((settings.CITY_DIR / "notices.toml").read_text())

    assert set(TOLD) | set(FOLLOWED.values()) <= set(texts)
    for languages in texts.values():
        assert set(languages) == {"en"}
        assert set(languages["en"]) == {"subject", "body", "sms"}


def test_the_demo_of_its_folder_can_be_shown(merrow, settings, tmp_path):
    settings.DEMO, settings.VAR_DIR = True, tmp_path

    call_command("seed_demo", reports=60, commit=True)

    assert (tmp_path / "demo-accounts.txt").is_file()


def test_no_migration_is_missing_because_the_city_speaks_otherwise(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)

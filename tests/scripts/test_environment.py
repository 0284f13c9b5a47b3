from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from script.local import environment
from script.local.environment import kept_secrets, site_environment


@pytest.fixture(autouse=True)
def var(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "VAR", tmp_path)
    return tmp_path


def test_secrets_are_made_once_for_the_owner_only(var):
    first = kept_secrets(var / "env")
    second = kept_secrets(var / "env")

    assert first == second
    assert (var / "env").stat().st_mode & 0o777 == 0o600
    assert list(var.iterdir()) == [var / "env"]
    sealed = Fernet(first["CONTACT_KEYS"]).encrypt(b"0901")
    assert Fernet(second["CONTACT_KEYS"]).decrypt(sealed) == b"0901"


def test_no_two_checkouts_share_a_secret(var):
    here, there = kept_secrets(var / "env"), kept_secrets(var / "other")

    assert not set(here.values()) & set(there.values())


def test_what_the_caller_set_is_not_overruled():
    given = {"SECRET_KEY": "mine", "DEMO": "0", "SITE_URL": "http://map.example"}

    told = site_environment(given, database_url="postgresql:///x", demo=True)

    assert {name: told[name] for name in given} == given


def test_demo_accounts_are_only_for_the_private_database():
    ours = site_environment({}, database_url="postgresql:///x", demo=True)
    another = site_environment(
        {"DEMO": "1"}, database_url="postgresql:///x", demo=False
    )

    assert (ours["DEMO"], another["DEMO"]) == ("1", "0")


def test_the_site_knows_the_port_it_is_served_at():
    told = site_environment({"PORT": "8080"}, database_url="postgresql:///x", demo=True)

    assert told["SITE_URL"] == "http://127.0.0.1:8080"

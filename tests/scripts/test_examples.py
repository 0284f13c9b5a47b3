from __future__ import annotations

import re

from script.local.environment import ROOT

READS = r'env\.(?:text|number|flag|words|path|database)\(\s*"([A-Z_]+)"'
CONFIG = ("config/settings.py", "config/sms.py")


def test_every_setting_of_the_environment_is_in_the_example():
    read = {name for each in CONFIG for name in re.findall(READS, _text(each))}

    shown = re.findall(r"^#? ?([A-Z_]+)=", _text(".env.example"), re.M)

    assert read
    assert read <= set(shown)


def test_every_setting_reaches_the_containers():
    site = _text("docker-compose.yml").partition("services:")[0]

    assert "\n  env_file: .env\n" in site
    assert 'DEBUG: "0"' in site


def test_containers_have_no_demo_and_no_secret_of_their_own():
    compose = _text("docker-compose.yml")

    assert 'DEMO: "0"' in compose
    for secret in ("SECRET_KEY", "CONTACT_KEYS", "BLIND_INDEX_KEY"):
        assert f"{secret}: ${{{secret}:?" in compose


def _text(name: str) -> str:
    return (ROOT / name).read_text()

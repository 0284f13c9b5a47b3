from __future__ import annotations

import re

from script.local.environment import ROOT

READS = r'env\.(?:text|number|flag|words|path|database)\(\s*"([A-Z_]+)"'


def test_every_setting_of_the_environment_is_in_the_example():
    read = set(re.findall(READS, (ROOT / "config/settings.py").read_text()))

    shown = re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M)

    assert read
    assert read <= set(shown)


def test_every_setting_reaches_the_containers():
    read = set(re.findall(READS, (ROOT / "config/settings.py").read_text()))
    given = (ROOT / "docker-compose.yml").read_text() + (
        ROOT / "Dockerfile"
    ).read_text()

    missing = {name for name in read if name not in given}

    assert missing <= {"DEBUG", "VAR_DIR"}


def test_containers_have_no_demo_and_no_secret_of_their_own():
    compose = (ROOT / "docker-compose.yml").read_text()

    assert 'DEMO: "0"' in compose
    for secret in ("SECRET_KEY", "CONTACT_KEYS", "BLIND_INDEX_KEY"):
        assert f"{secret}: ${{{secret}:?" in compose

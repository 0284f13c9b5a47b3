"""Where things are in this checkout, and what a process of the site is told."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("VAR_DIR") or ROOT / "var")
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


class CannotGoOn(Exception):
    """A person has to do something first; the message says what."""


def kept_secrets(file: Path) -> dict[str, str]:
    """Read this checkout's secrets; the first time, make them for its owner only."""
    if not file.exists():
        made = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "CONTACT_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "BLIND_INDEX_KEY": secrets.token_urlsafe(32),
        }
        file.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: a half-written key would seal contacts for nobody.
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w") as out:
            out.writelines(f"{name}={value}\n" for name, value in made.items())
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    lines = file.read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line and line[0] != "#")
    return {name.strip(): value.strip() for name, value in pairs}


def site_environment(
    given: Mapping[str, str], *, database_url: str, demo: bool
) -> dict[str, str]:
    """Complete what the caller gave; what he chose himself is not overruled.

    But for one thing: a database that is not the private one of this checkout is no
    place for demo accounts, whatever he says.
    """
    port = given.get("PORT") or "8000"
    told = {
        **kept_secrets(VAR / "env"),
        "DEMO": "1",
        "SITE_URL": f"http://127.0.0.1:{port}",
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        **{name: value for name, value in given.items() if value},
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PORT": port,
        "VAR_DIR": str(VAR),
        "VIRTUAL_ENV": str(VENV),
        "PATH": f"{VENV / 'bin'}:{given.get('PATH') or os.defpath}",
        "PYTHONUNBUFFERED": "1",
        "LANG": "C.UTF-8",
    }
    return told if demo else {**told, "DEMO": "0"}

"""Settings from the environment: typed, and loud when one is missing or wrong."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

#: A statement is read once a connection but planned for what it asks each time: a plan
#: for any tile or box would fit none, and could not use indexes of public rows alone.
#: Compiling one (JIT) takes seconds where it runs for milliseconds.
TUNED: dict[str, object] = {
    "server_side_binding": True,
    "prepare_threshold": 5,
    "options": "-c plan_cache_mode=force_custom_plan -c jit=off",
}
TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def text(name: str, default: str | None = None) -> str:
    """Return the variable, or say which one is missing."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set {name} in the environment.")
    return value


def number(name: str, default: int) -> int:
    value = os.environ.get(name, "") or str(default)
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not a number: {value!r}.") from error


def flag(name: str, *, default: bool = False) -> bool:
    value = os.environ.get(name, "1" if default else "0").lower()
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} is neither 0 nor 1: {value!r}.")
    return value in TRUE


def words(name: str, default: str = "") -> list[str]:
    """Return a list given with commas."""
    return [word for each in text(name, default).split(",") if (word := each.strip())]


def path(name: str, default: Path) -> Path:
    return Path(os.environ.get(name) or default)


def database(name: str) -> dict[str, object]:
    """Read postgresql://user:password@host:port/name?host=/socket/folder."""
    parts = urlsplit(text(name))
    if parts.scheme not in {"postgres", "postgresql", "postgis"}:
        raise ImproperlyConfigured(f"{name} is not the address of a PostgreSQL.")
    options: dict[str, object] = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or parts.hostname or "",
        "PORT": str(parts.port or options.pop("port", "")),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": TUNED | options,
    }


def provider(name: str) -> dict[str, object]:
    """Read one OpenID Connect provider: OIDC_<NAME>_URL, _CLIENT_ID, _SECRET, _LABEL.

    `_ORIGINS` names further sites its sign-in page lives on.
    """
    prefix = f"OIDC_{name.upper().replace('-', '_')}"
    return {
        "provider_id": name,
        "name": text(f"{prefix}_LABEL", name),
        "client_id": text(f"{prefix}_CLIENT_ID"),
        "secret": text(f"{prefix}_SECRET"),
        "settings": {
            "server_url": text(f"{prefix}_URL"),
            "origins": words(f"{prefix}_ORIGINS"),
            "oauth_pkce_enabled": True,
        },
    }


def origins(providers: list[dict[str, object]]) -> list[str]:
    """Return the sites that a sign-in by these providers leads over."""
    found: list[str] = []
    for each in providers:
        said = each["settings"]
        if isinstance(said, dict):
            parts = urlsplit(str(said["server_url"]))
            found += [f"{parts.scheme}://{parts.netloc}", *said["origins"]]
    return found

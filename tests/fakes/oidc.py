"""A small OpenID Connect provider: it says of whoever comes what it is told to say."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import time
from urllib.parse import parse_qs, urlsplit

CLIENT, SECRET, CODE = "the-map", "a secret of both", "one-code"


class Provider(ThreadingHTTPServer):
    """What it tells of who signs in there, and what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Doors)
        self.claims: dict[str, object] = {"sub": "1"}
        self.asked: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def settings(self) -> dict[str, object]:
        """What the site needs to know of it."""
        return {
            "provider_id": "city",
            "name": "Cổng thành phố",
            "client_id": CLIENT,
            "secret": SECRET,
            "settings": {"server_url": self.url, "oauth_pkce_enabled": True},
        }


class _Doors(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        if self.path.startswith("/.well-known/"):
            url = self.server.url
            self._say(
                {
                    "issuer": url,
                    "authorization_endpoint": f"{url}/authorize",
                    "token_endpoint": f"{url}/token",
                    "userinfo_endpoint": f"{url}/userinfo",
                    "jwks_uri": f"{url}/keys",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                }
            )
        elif self.path == "/userinfo":
            known = self.headers["Authorization"] == "Bearer of-one-code"
            self._say(self.server.claims if known else {}, 200 if known else 401)
        else:
            self._say({}, 404)

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        said = {k: v[0] for k, v in parse_qs(self.rfile.read(size).decode()).items()}
        self.server.asked.append(said)
        if said.get("code") != CODE or said.get("client_secret") != SECRET:
            self._say({"error": "invalid_grant"}, 400)
            return
        told = {"iss": self.server.url, "aud": CLIENT, "exp": int(time()) + 60}
        token = _unsigned(told | {"iat": int(time())} | self.server.claims)
        self._say(
            {"access_token": "of-one-code", "token_type": "bearer", "id_token": token}
        )

    def _say(self, told: dict[str, object], status: int = 200) -> None:
        written = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)

    def log_message(self, *args: object) -> None:
        pass


def _unsigned(claims: dict[str, object]) -> str:
    """Write a token as the provider itself hands it over: its seal is not looked at."""
    parts = ({"alg": "HS256", "typ": "JWT"}, claims, "sealed")
    written = [json.dumps(each).encode() for each in parts]
    return ".".join(base64.urlsafe_b64encode(w).decode().rstrip("=") for w in written)


@contextmanager
def provider():
    """Run one while it is needed."""
    server = Provider()
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def asked_for(address: str) -> dict[str, str]:
    """Read what a redirect to the provider asks of it."""
    return {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}

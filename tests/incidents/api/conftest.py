from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from tests.factories import JULY


@pytest.fixture
def body(telling):
    """What a phone sends about a hole in ward a."""
    return {
        "kind": "report",
        "category": telling.category.code,
        "lat": 10.8,
        "lon": 106.7,
        "accuracy": 5,
        "place_source": "gps",
        "description": "Mất nắp cống",
        "reporter": {"name": "Lan", "email": "lan@example.org"},
        "client_id": "phone-1",
    }


@pytest.fixture
def post(client):
    """Send a body as JSON."""

    def send(body, **headers):
        sent = json.dumps(body)
        return client.post(
            "/api/v1/reports", sent, content_type="application/json", headers=headers
        )

    return send


@pytest.fixture
def in_july(monkeypatch):
    """Let the clock at the edge stand still in July."""
    monkeypatch.setattr(timezone, "now", lambda: JULY)
    assert timezone.now() < datetime.now(UTC)

"""Is the process alive; is everything it needs there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.timezone import localdate
from procrastinate.contrib.django.models import ProcrastinateWorker

from gis_data.models import Boundary

#: A worker that was silent for so long is taken for dead.
SILENT = timedelta(seconds=60)


def healthz(request: HttpRequest) -> JsonResponse:
    """Tell that the process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Tell whether database, migrations, boundaries and worker are ready."""
    ready = {name: _holds(check) for name, check in CHECKS.items()}
    body = {"status": "ok" if all(ready.values()) else "not ready", **ready}
    return JsonResponse(body, status=200 if all(ready.values()) else 503)


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except DatabaseError:
        return False


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _migrations() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _boundaries() -> bool:
    return Boundary.objects.known().in_force(on=localdate()).exists()


def _worker() -> bool:
    heard = timezone.now() - SILENT
    return ProcrastinateWorker.objects.filter(last_heartbeat__gte=heard).exists()


CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "migrations": _migrations,
    "boundaries": _boundaries,
    "worker": _worker,
}

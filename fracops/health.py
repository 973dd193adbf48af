"""/healthz: whether this process can do its work, for supervisors and load balancers."""

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache


@login_not_required
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when database, broker and schema are as they should be, else 503 naming what is not, without any address or secret."""
    checks = {"database": _database(), "broker": _broker()}
    checks["schema"] = checks["database"] and migrated()
    return JsonResponse(
        {name: "ok" if well else "failing" for name, well in checks.items()},
        status=200 if all(checks.values()) else 503,
    )


def _database() -> bool:
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:
        return False
    return True


def _broker() -> bool:
    try:
        cache.set("healthz", "ok", 5)
        return bool(cache.get("healthz") == "ok")
    except Exception:
        return False


def migrated() -> bool:
    """Whether every migration ran; once they have, that stays so for as long as this process runs its code."""
    global _is_migrated
    _is_migrated = _is_migrated or _nothing_to_migrate()
    return _is_migrated


_is_migrated = False


def _nothing_to_migrate() -> bool:
    try:
        executor = MigrationExecutor(connections["default"])
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Exception:
        return False

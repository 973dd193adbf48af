"""A pytest plugin, loaded before Django: the tests' own embedded PostgreSQL and Valkey, or those that DATABASE_URL names."""

import atexit
import os
from contextlib import ExitStack
from pathlib import Path

_until_the_end = ExitStack()
atexit.register(_until_the_end.close)
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
os.environ["FRACOPS_HOME"] = str(Path(__file__).resolve().parent.parent / "var" / "test")

if not os.environ.get("DATABASE_URL"):
    import psycopg

    from fracops.embedded import servers
    from fracops.roles import OWNER

    # Data that nobody will miss needs no fsync. Workers of pytest-xdist inherit the addresses.
    _running = _until_the_end.enter_context(servers(Path(os.environ["FRACOPS_HOME"]), durable=False))
    os.environ.update(_running.environment)
    with psycopg.connect(_running.url("postgres")) as _admin:
        # So that tables can be emptied without their triggers, see tests/conftest.py.
        _admin.execute(f"GRANT SET ON PARAMETER session_replication_role TO {OWNER}")

if _worker:
    # Each worker has its own Valkey database, as it has its own PostgreSQL one.
    os.environ["REDIS_URL"] = os.environ["REDIS_URL"].rsplit("/", 1)[0] + f"/{int(_worker.removeprefix('gw')) + 1}"

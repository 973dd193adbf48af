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
    from fracops.embedded import servers

    # Data that nobody will miss needs no fsync. Workers of pytest-xdist inherit the addresses.
    os.environ.update(
        _until_the_end.enter_context(servers(Path(os.environ["FRACOPS_HOME"]), durable=False)).environment
    )

if _worker:
    # Each worker has its own Valkey database, as it has its own PostgreSQL one.
    os.environ["REDIS_URL"] = os.environ["REDIS_URL"].rsplit("/", 1)[0] + f"/{int(_worker.removeprefix('gw')) + 1}"

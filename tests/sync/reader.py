"""A worker in a process of its own, to be killed: reads one source over HTTP until it is done, or dies at the place it was told.

Where the place belongs to a later step, that step follows: the points are counted, or the source is forgotten.

At the NUMBERth time it comes to PLACE it is killed as the kernel would:
``python -m tests.sync.reader CLIENT SOURCE PLACE NUMBER DATABASE HOST``.
"""

import os
import signal
import sys
from datetime import timedelta
from typing import Any


def main() -> None:
    import django

    django.setup()
    from django.conf import settings

    client_id, source_id, place, number, database, allowed = sys.argv[1:]
    settings.DATABASES["default"]["NAME"] = database
    settings.OUTBOUND_ALLOWED = [allowed]

    from clients.models import Client
    from clients.tenancy import scope
    from monitoring import connections, counting, ingest, ledger, rollups
    from monitoring.connecting import http
    from monitoring.models import Source
    from monitoring.sync import claims, pages, run, vanished

    places: dict[str, tuple[Any, str]] = {
        "claimed": (run, "connected"),
        "asked": (http.Http, "ask"),
        "storing": (ingest, "store"),
        "stored": (pages.Tally, "refused"),
        "progress": (claims.Claim, "keep"),
        "finishing": (run.Reading, "finish"),
        "deleting": (vanished, "remove"),
        "dropping": (ingest, "drop_spans"),
        "counting": (counting, "count"),
        "forgetting": (ledger, "forget_source"),
    }
    if place in places:
        _dies_at(*places[place], int(number))
    more = True
    while more:
        outcome = run.run(int(client_id), int(source_id), slice_=timedelta(minutes=3))
        more = outcome is not None and outcome.more
    if place in ("counting", "counted"):
        with scope(int(client_id)):
            client = Client.objects.get(pk=int(client_id))
        rollups.roll_up(client)
    if place in ("forgetting", "forgotten"):
        with scope(int(client_id)):
            connections.retire(Source.objects.get(pk=int(source_id)))
        connections.forget(int(client_id), int(source_id))


def _dies_at(owner: Any, name: str, number: int) -> None:
    """Let the process be killed when a function is entered for the `number`th time."""
    inner, left = getattr(owner, name), number

    def entered(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return inner(*arguments, **named)

    setattr(owner, name, entered)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fracops.settings")
    main()

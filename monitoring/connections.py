"""A source's life from the desk: tried out, connected, changed, paused, asked for now, and taken away."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from clients.models import Client, System
from clients.secrets import seal
from clients.tenancy import scope

from . import ingest, ledger, seams
from .connecting.errors import SourceError
from .connecting.kind import Findings, Settings
from .connecting.opening import server_of
from .kept_keys import Kept
from .models import Source, Sync, Texts
from .sources import kinds
from .sync import failing, windows
from .sync.opening import connected, connector_of, ready


def try_out(kind: str, settings: Settings) -> Findings:
    """What a kind of source finds with these settings, before anything is stored. Raises SourceError with words to act on."""
    with ready(kinds()[kind], settings, waited_for=True) as connector:
        return connector.check()


def check(source: Source) -> Findings:
    """What a connected source finds now. Raises SourceError."""
    with connected(source, waited_for=True) as connector:
        return connector.check()


def connect(
    client: Client,
    kind: str,
    settings: Settings,
    *,
    name: str,
    system_name: str,
    texts: Texts = Texts.MEASURED,
    backfill: timedelta | None = None,
) -> Source:
    """Connect a source and make it due at once. Needs the client's scope; the name must be new for its kind."""
    now, of = timezone.now(), kinds()[kind].kind
    system, _ = System.objects.get_or_create(client=client, name=system_name)
    source = Source(
        client=client,
        system=system,
        kind=kind,
        name=name,
        texts=texts,
        settings=settings.plain(),
        next_run_at=now,
        wanted_from=windows.floor(now - (backfill or of.backfill), max(of.grain, timedelta(hours=1))),
    )
    source.credentials = seal(source.public_id, settings.secrets())
    source.save()
    return source


def changed_settings(source: Source, given: Mapping[str, Any], opened_secrets: Mapping[str, str]) -> Settings:
    """A source's settings with what a form gave; a secret left empty stays what it was. Raises pydantic's ValidationError."""
    model: type[Settings] = kinds()[source.kind].Settings
    filled = {k: v for k, v in given.items() if v != "" or k not in opened_secrets}
    return model.model_validate({**source.settings, **opened_secrets, **filled})


def twins(client: Client, kind: str, settings: Settings) -> list[Source]:
    """The client's connected sources that read the same, as far as settings tell: a key of another account may show other data.

    One query, whatever is connected.
    """
    found = []
    for source in Source.objects.kept().filter(client=client, kind=kind).order_by("name"):
        try:
            known = connector_of(source)[1]
        except SourceError:
            continue
        if known.points_at() == settings.points_at():
            found.append(source)
    return found


def kept_keys_of(source: Source) -> Kept:
    """A source's secrets, for the server it reads from; none where they cannot be opened, so that they are entered again."""
    try:
        connector, settings = connector_of(source)
    except SourceError:
        return Kept()
    return Kept.of(settings.secrets(), server_of(connector, settings))


def turns(source: Source, settings: Settings) -> bool:
    """Whether other settings point a source that was read already at other data, as far as settings tell."""
    if not (source.done or source.window_start):
        return False
    try:
        return connector_of(source)[1].points_at() != settings.points_at()
    except SourceError:
        return bool(source.settings != settings.plain())


def change(source: Source, settings: Settings, *, anew: bool = False) -> None:
    """Give a source other settings. Whoever reads it now loses it, its troubles are forgotten, and it is due at once.

    With `anew` it is other data: its history is read from the beginning, and what was brought before stays beside it.
    """
    _interrupt(source)
    forgotten: dict[str, Any] = {
        "done": (),
        "window_start": None,
        "window_end": None,
        "cursor": "",
        "refreshed_at": None,
        "reread_at": None,
        "last_sync_at": None,
        "turned_at": timezone.now(),
    }
    Source.objects.filter(pk=source.pk).update(
        settings=settings.plain(),
        credentials=seal(source.public_id, settings.secrets()),
        **(forgotten if anew else {}),
    )
    resume(source)


def pause(source: Source) -> None:
    """Pull a source no more until somebody resumes it; what is being stored right now is not."""
    _interrupt(source)
    Source.objects.filter(pk=source.pk).update(next_run_at=None)


def resume(source: Source) -> None:
    """Make a source due at once, with its troubles forgotten."""
    Source.objects.filter(pk=source.pk).update(
        next_run_at=timezone.now(), paused_itself=False, failures=0, error="", error_at=None
    )


def read_again(source: Source, since: datetime) -> None:
    """Have everything since a moment read once more, also what lies before the first sync reached."""
    kept = windows.without(source.done, since)
    _interrupt(source)
    Source.objects.filter(pk=source.pk).update(
        done=kept,
        wanted_from=min(source.wanted_from or since, since),
        window_start=None,
        window_end=None,
        cursor="",
    )


def retire(source: Source) -> None:
    """Take a source away and keep what it brought: its credentials are gone, its name is free again."""
    now = timezone.now()
    _interrupt(source)
    failing.recovered(source, now)
    Source.objects.filter(pk=source.pk).update(
        removed_at=now,
        next_run_at=None,
        credentials="",
        token_digest=None,
        token_hint="",
        error="",
        error_at=None,
        name=f"{source.name[:120]} (removed {now:%Y-%m-%d %H:%M} {source.public_id})",
    )


def forget(client_id: int, source_id: int) -> None:
    """Delete a retired source with all it brought. Days whose spans retention dropped keep their points: nothing is left to recount.

    A step a table, each in a transaction of its own, so that it can be stopped anywhere and asked again.
    """
    with scope(client_id), connection.cursor() as cursor:
        if source := Source.objects.filter(pk=source_id).select_related("handed_to").first():
            seams.leave(source)
        ingest.forget_source(cursor, client_id, source_id)
    ledger.forget_source(client_id, source_id)
    with scope(client_id), connection.cursor() as cursor:
        # Whoever was storing for it when it was retired waits for this lock, or was done before: what they left goes with it.
        Source.objects.select_for_update().filter(pk=source_id).first()
        ingest.forget_source(cursor, client_id, source_id)
        ledger.forget_rows(cursor, client_id, source_id)
        Source.objects.filter(pk=source_id).delete()


def _interrupt(source: Source) -> None:
    """Take a source from whoever reads it: that worker's next page finds its claim gone and stores nothing."""
    Source.objects.filter(pk=source.pk).update(claim="", claimed_until=None)
    Sync.objects.filter(source_id=source.pk, ended_at=None).update(
        ended_at=timezone.now(), message="Stopped by a change of the source."
    )

"""Ways in: who a token belongs to, and the source that a file's rows are booked to."""

import secrets
from dataclasses import dataclass

from django.utils import timezone

from clients.models import Client, System
from clients.tenancy import by_token, scope, token_digest

from .models import PushKind, Source, Texts

TOKEN_PREFIX = "fo_"  # noqa: S105 - what every token begins with, so that a leaked one can be searched for


@dataclass(frozen=True)
class SourceRef:
    """What ingest needs to know of a source."""

    id: int
    client_id: int
    public_id: str
    kind: str


def authenticate(token: str) -> SourceRef | None:
    """The source a token was issued for, or None. Needs no scope: the database shows only the row with that token's digest."""
    if not token.startswith(TOKEN_PREFIX):
        return None
    with by_token(token) as digest:
        row = Source.objects.filter(token_digest=digest).values_list("id", "client_id", "public_id", "kind").first()
    return SourceRef(*row) if row else None


def issue_token(source: Source) -> str:
    """Give a source a new token and return it, the only time it can be seen; the old one stops working at once."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    source.token_digest, source.token_hint = token_digest(token), token[-4:]
    source.save(update_fields=["token_digest", "token_hint"])
    return token


def withdraw_token(source: Source) -> None:
    """Take a source's token away: nothing more comes in by it until the source is given a new one."""
    source.token_digest, source.token_hint = None, ""
    source.save(update_fields=["token_digest", "token_hint"])


def push_source(client: Client, name: str, system_name: str, *, texts: Texts = Texts.KEPT) -> Source:
    """The client's OTLP source of that name, made if missing; needs the client's scope."""
    return _source(client, PushKind.OTLP, name, system_name, texts=texts)


def note_failure(source: SourceRef, error: str) -> None:
    """Show on the client's pages that a source is in trouble and why, until something arrives from it again."""
    with scope(source.client_id):
        Source.objects.failed(source.id, timezone.now(), error)


def file_source(client: Client, system_name: str) -> SourceRef:
    """The source that a system's imported files are booked to, made if missing; needs the client's scope."""
    source = _source(client, PushKind.FILE, f"Files for {system_name}", system_name)
    return SourceRef(source.pk, client.pk, source.public_id, source.kind)


def _source(client: Client, kind: PushKind, name: str, system_name: str, *, texts: Texts = Texts.KEPT) -> Source:
    system, _ = System.objects.get_or_create(client=client, name=system_name)
    source, _ = Source.objects.get_or_create(
        client=client, kind=kind, name=name, defaults={"system": system, "texts": texts}
    )
    return source

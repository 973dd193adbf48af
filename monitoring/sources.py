"""Ways in: who a token belongs to, and the source that a file's rows are booked to."""

import secrets
from dataclasses import dataclass

from clients.models import Client, System
from clients.tenancy import by_token, token_digest

from .models import Source, SourceKind

TOKEN_PREFIX = "fo_"  # noqa: S105 - what every token begins with, so that a leaked one can be searched for


@dataclass(frozen=True)
class SourceRef:
    """What ingest needs to know of a source; `system_name` is where data goes that names no system."""

    id: int
    client_id: int
    public_id: str
    kind: str
    system_name: str


def authenticate(token: str) -> SourceRef | None:
    """The source a token was issued for, or None. Needs no scope: the database shows only the row with that token's digest."""
    if not token.startswith(TOKEN_PREFIX):
        return None
    with by_token(token) as digest:
        row = Source.objects.filter(token_digest=digest).values_list("id", "client_id", "public_id", "kind").first()
    return SourceRef(*row, system_name="") if row else None


def issue_token(source: Source) -> str:
    """Give a source a new token and return it, the only time it can be seen; the old one stops working at once."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    source.token_digest, source.token_hint = token_digest(token), token[-4:]
    source.save(update_fields=["token_digest", "token_hint"])
    return token


def push_source(client: Client, name: str, system_name: str) -> Source:
    """The client's OTLP source of that name, made if missing; needs the client's scope."""
    return _source(client, SourceKind.OTLP, name, system_name)


def file_source(client: Client, system_name: str) -> SourceRef:
    """The source that a system's imported files are booked to, made if missing; needs the client's scope."""
    source = _source(client, SourceKind.FILE, f"Files for {system_name}", system_name)
    return SourceRef(source.pk, client.pk, source.public_id, source.kind, system_name)


def _source(client: Client, kind: SourceKind, name: str, system_name: str) -> Source:
    system, _ = System.objects.get_or_create(client=client, name=system_name)
    source, _ = Source.objects.get_or_create(client=client, kind=kind, name=name, defaults={"system": system})
    return source

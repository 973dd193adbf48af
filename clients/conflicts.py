"""Whether a client collides with another of the practice: the same niche, or one names the other as its competitor."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from .models import Client, ConflictException, Practice
from .tenancy import practice as whole_practice

_LEGAL_FORMS = frozenset(
    re.findall(
        r"\w+",
        "ab ag aps as asa bv bvba co company corp corporation cv eg ehf ev gbr gmbh group holding holdings inc incorporated kft kg"
        " kgaa kk limited llc llp lp ltd ltda mbh nv oe ohg oy oyj plc pte pty sa sab sarl sas sasu sca se sl slu sp spa srl sro ug"
        " ulc zoo",
    )
)
"""What companies put behind their names, without dots."""


@dataclass(frozen=True)
class Profile:
    """What of a client is compared."""

    name: str
    niche: Sequence[str]
    competitors: Sequence[str]


@dataclass(frozen=True)
class Collision:
    """One thing over which two clients collide. `key` is the same from either side, `words` are a sentence for an owner."""

    key: str
    words: str


@dataclass(frozen=True)
class Conflict:
    """Another client, and all over which a profile collides with it that no exception covers."""

    other: Client
    collisions: tuple[Collision, ...]


def plain_tag(text: str) -> str:
    """A tag as it is compared: without case, accents, spaces and signs."""
    return "".join(_words(text)) or text.casefold().strip()


def plain_name(text: str) -> str:
    """A company's name as it is compared: as a tag is, and without its legal form at the end or “The” before it."""
    words = _words(text)
    while len(words) > 1 and words[-1] in _LEGAL_FORMS | {"and"}:
        words.pop()
    if len(words) > 1 and words[0] == "the":
        words.pop(0)
    return "".join(words) or text.casefold().strip()


def _words(text: str) -> list[str]:
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    # “S.A.” and “L’Oréal” are one word each; “&” and “+” are “and”.
    joined = re.sub(r"[.'’`]", "", re.sub(r"[&+]", " and ", bare))
    return re.findall(r"[^\W_]+", joined)


def collisions(ours: Profile, theirs: Profile) -> list[Collision]:
    """All over which two profiles collide, in words that name both."""
    named = {plain_tag(tag) for tag in theirs.niche}
    found = [
        Collision(f"niche:{plain_tag(tag)}", f"{ours.name} and {theirs.name} are both in the niche “{tag}”.")
        for tag in ours.niche
        if plain_tag(tag) in named
    ]
    for one, other in ((ours, theirs), (theirs, ours)):
        if plain_name(other.name) in {plain_name(name) for name in one.competitors}:
            found.append(
                Collision(f"competitor:{plain_name(other.name)}", f"{one.name} names {other.name} as its competitor.")
            )
    return list({collision.key: collision for collision in found}.values())


def conflicts(practice_id: int, ours: Profile, client_id: int | None = None) -> list[Conflict]:
    """With which other clients of the practice a profile collides, but for what an exception covers; `client_id` is whose it is.

    It reads across the practice's clients, whoever asks: what it finds is for owners, anybody else may learn only whether it is
    empty. It holds the practice until the transaction ends, so that of two who write at once the second is checked against the first.
    """
    with whole_practice(practice_id):
        Practice.objects.select_for_update(no_key=True).get(pk=practice_id)
        others = Client.objects.filter(practice_id=practice_id).exclude(pk=client_id or 0).order_by("name")
        covered: dict[int, set[str]] = {}
        if client_id:
            for row in ConflictException.objects.filter(Q(client_id=client_id) | Q(other_id=client_id)):
                other_id = row.other_id if row.client_id == client_id else row.client_id
                covered.setdefault(other_id, set()).update(row.collisions)
        found = [
            Conflict(
                other,
                tuple(
                    collision
                    for collision in collisions(ours, profile_of(other))
                    if collision.key not in covered.get(other.pk, ())
                ),
            )
            for other in others
        ]
    return [conflict for conflict in found if conflict.collisions]


def profile_of(client: Client) -> Profile:
    """What of a client's row is compared."""
    return Profile(client.name, client.niche, client.competitors)


def record(client: Client, found: Iterable[Conflict], reason: str, by: str) -> None:
    """Keep that a client is looked after although it collides: a row for each other client."""
    with whole_practice(client.practice_id):
        for conflict in found:
            ConflictException.objects.create(
                practice_id=client.practice_id,
                client=client,
                other=conflict.other,
                collisions=[collision.key for collision in conflict.collisions],
                reason=reason,
                recorded_by=by,
            )


def exceptions_of(client: Client) -> list[tuple[Client, ConflictException]]:
    """The exceptions that name a client, newest first, each with the other client; for owners only."""
    rows = ConflictException.objects.filter(Q(client=client) | Q(other=client)).select_related("client", "other")
    return [(row.other if row.client_id == client.pk else row.client, row) for row in rows]

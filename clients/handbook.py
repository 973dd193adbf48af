"""What happens to the handbook's pages: written, versioned, superseded, approved; and what a new page begins with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher

from django.db import transaction

from .inbox import tell
from .models import Client, HandbookPage, PageKind, PageVersion

TEMPLATES: dict[str, str] = {
    PageKind.CONTEXT: "## Now\n\nWhat runs, for whom, and what we are in the middle of.\n\n## Open questions\n\n- \n\n## Last thoughts\n\n"
    "What the next person should know before touching anything.\n",
    PageKind.RUNBOOK: "## How to monitor it\n\nWhere to look, and what is normal.\n\n## What each alert means\n\n"
    "| Alert | Means | Do |\n| --- | --- | --- |\n| | | |\n\n## How to roll back\n\n1. \n\n## Whom to call\n\n"
    "| Who | For what | How |\n| --- | --- | --- |\n| | | |\n",
    PageKind.DECISION: "## Why it came up\n\n## What was decided\n\n## What else was looked at\n\n## What follows\n",
    PageKind.RIGHTS: "| What | We decide | We recommend | You sign |\n| --- | --- | --- | --- |\n| Prompt wording | ✓ | | |\n"
    "| Changing the model | | ✓ | |\n| New data in prompts | | | ✓ |\n",
    PageKind.POLICY: "## What it covers\n\n## What is allowed\n\n## What is not\n\n## Who to ask\n",
}


class SupersededError(ValueError):
    """A decision that cannot be superseded any more, said in words."""


def write(page: HandbookPage, text: str, *, by: str, now: datetime, note: str = "") -> PageVersion | None:
    """Add a version, unless it says what the newest says; a decision gets no second one.

    Needs the client's scope, and the page's row held by whoever writes.
    """
    newest = page.versions.first()
    if newest and (page.keeps or newest.text == text):
        return None
    return PageVersion.objects.create(
        client_id=page.client_id,
        page=page,
        number=newest.number + 1 if newest else 1,
        text=text,
        note=note,
        written_by=by,
        written_at=now,
    )


def approve(page: HandbookPage, number: int, *, by: str, now: datetime) -> bool:
    """Note that the client approved a version of a policy. False where another version was written since it was read."""
    with transaction.atomic():
        held = HandbookPage.objects.select_for_update().get(pk=page.pk)
        newest = held.versions.first()
        if held.kind != PageKind.POLICY or newest is None or newest.number != number:
            return False
        held.approved_version, held.approved_by, held.approved_at = number, by, now
        held.save(update_fields=["approved_version", "approved_by", "approved_at"])
        title = f"The policy “{held.title}” is approved, by {by}."
        tell(held.client_id, f"policy:{held.pk}:{number}", title, "handbook-page", held.public_id, now=now)
    return True


def supersede(old: HandbookPage, new: HandbookPage) -> None:
    """Let a decision stand in the place of an older one. Raises SupersededError where another does already."""
    with transaction.atomic():
        held = HandbookPage.objects.select_for_update().get(pk=old.pk)
        if held.superseded_by_id:
            raise SupersededError(f"“{held.title}” was superseded already, by “{held.superseded_by}”.")
        held.superseded_by = new
        held.save(update_fields=["superseded_by"])


@dataclass(frozen=True)
class Block:
    """Lines of two versions that are the same ("same"), only in the older ("gone") or only in the newer ("new")."""

    kind: str
    lines: tuple[str, ...]


def difference(before: str, after: str) -> list[Block]:
    """What two texts differ by, line by line."""
    old, new = before.splitlines(), after.splitlines()
    blocks: list[Block] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        if tag == "equal":
            blocks.append(Block("same", tuple(old[a:b])))
        else:
            blocks += [
                Block(kind, lines) for kind, lines in (("gone", tuple(old[a:b])), ("new", tuple(new[c:d]))) if lines
            ]
    return blocks


def missing_runbooks(client: Client, pages: Sequence[HandbookPage]) -> list[str]:
    """The systems nobody has written a runbook of, by name. One query."""
    written = {page.system_id for page in pages if page.kind == PageKind.RUNBOOK}
    return [system.name for system in client.systems.all() if system.pk not in written]

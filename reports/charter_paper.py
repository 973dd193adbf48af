"""A charter on one page of paper: scope, targets, and who agreed to it or the line to sign on. The same bytes for the same charter."""

from base64 import b64encode
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from clients.charters import digest
from clients.contrast import readable
from clients.models import Charter, CharterStatus, Client
from clients.writing import NEUTRAL
from monitoring.charter_words import CharterWords

from .pdf import rendered
from .template import TEMPLATES, template

SIZES = (100, 92, 84, 76, 68, 60)
"""Percent of the usual type size, largest first: the first at which all of it is on one page is taken."""


def document(client: Client, charter: Charter, words: CharterWords, size: int = SIZES[0]) -> str:
    """The page as HTML. Of an agreed charter whose words would be others today, the text that was agreed to is printed instead."""
    text = charter.agreed_text or words.text
    said_now = text == words.text
    return template(
        "pdf/charter.html",
        {
            "client": client,
            "firm": client.practice,
            "colour": readable(client.practice.colour),
            "logo": _logo(bytes(client.practice.logo)),
            "charter": charter,
            "words": words,
            "verbatim": "" if said_now else text,
            "draft": charter.status is CharterStatus.DRAFT,
            "agreed": _moment(charter.agreed_at, client) if charter.agreed_at else "",
            "way": charter.get_agreed_way_display(),
            "closed": _moment(charter.closed_at, client) if charter.closed_at else "",
            "hash": digest(text),
            "css": (TEMPLATES / "reports/pdf/paper.css").read_text(),
            "size": size / 100,
        },
    )


def pdf(client: Client, charter: Charter, words: CharterWords) -> bytes:
    """The page as PDF, in the largest type in which it is one page."""
    made: Any = None
    for size in SIZES:
        made = rendered(document(client, charter, words, size))
        if len(made.pages) == 1:
            break
    return bytes(made.write_pdf(pdf_identifier=digest(words.text).encode(), pdf_tags=True))


def _logo(image: bytes) -> str:
    """The practice's logo, a PNG or a JPEG, as a data address; "" where it has none."""
    kind = "png" if image.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{b64encode(image).decode()}" if image else ""


def _moment(moment: datetime, client: Client) -> str:
    local = moment.astimezone(ZoneInfo(client.zone))
    return f"{NEUTRAL.day(local.date(), year=True)}, {NEUTRAL.clock(local)} {local.tzname()}"

"""Feeds of retirement dates: read from an address somebody typed, through the guarded way out, and put into the calendar.

A feed is JSON (a list of objects, or an object with one under ``models``) or CSV with a head. Each row has ``model``, ``date`` (or
``retires_on``) as 2026-11-05, and maybe ``replacement`` and ``link``.
"""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import orjson
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils import timezone

from . import outbound
from .feed_fetching import UnreadableFeedError, fetch, held
from .models import Retirement, RetirementFeed
from .tenancy import practice
from .writing import number_text

EVERY = timedelta(hours=24)
CLAIM = timedelta(minutes=15)
"""How long a reading may take before another worker tries again."""
MOST_ROWS = 2_000
_LINK = URLValidator(["https", "http"])


@dataclass(frozen=True)
class Announced:
    """One row of a feed."""

    model: str
    retires_on: date
    replacement: str
    link: str


def read_feed(practice_id: int, feed_id: int, client: Callable[..., httpx.Client] = outbound.client) -> str:
    """Read one feed and put what it says into the calendar; returns what became of it in a word.

    Runs as often as it likes: claimed by compare-and-swap, unchanged answers are not read, and a row is there once. Nothing is
    kept of a feed that was removed, or got another address, while it was read.
    """
    now = timezone.now()
    with practice(practice_id):
        claimed = RetirementFeed.objects.filter(pk=feed_id, next_at__lte=now).update(next_at=now + CLAIM)
        feed = RetirementFeed.objects.filter(pk=feed_id).first()
    if not claimed or feed is None:
        return "not due"
    problem, fetched, found = "", None, None
    try:
        if fetched := fetch(feed.url, feed.etag, feed.modified, "application/json, text/csv", client):
            found = parsed(fetched.content)
    except UnreadableFeedError as fault:
        problem = str(fault)[:500]
    with practice(practice_id):
        if not held(feed):
            return "gone"
        told: dict[str, Any] = {"next_at": now + EVERY, "error": problem}
        if not problem:
            told["read_at"] = now
        if fetched and found:
            store(feed, found)
            told |= {"etag": fetched.etag, "modified": fetched.modified}
        RetirementFeed.objects.filter(pk=feed.pk).update(**told)
    return "failed" if problem else "read" if found else "unchanged"


def parsed(content: bytes) -> list[Announced]:
    """The rows of a feed. Raises UnreadableFeedError naming the row that cannot be read, or a feed without any."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise UnreadableFeedError("It is not written in UTF-8.") from fault
    rows = _json(text) if text.lstrip()[:1] in ("[", "{") else _csv(text)
    if not rows:
        raise UnreadableFeedError("It names no model. The dates read before stay in the calendar.")
    if len(rows) > MOST_ROWS:
        raise UnreadableFeedError(f"It has {number_text(len(rows))} rows; {number_text(MOST_ROWS)} are the most.")
    found = {one.model.lower(): one for number, row in enumerate(rows, 1) for one in [_row(number, row)]}
    return list(found.values())


def _json(text: str) -> list[Any]:
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError as fault:
        raise UnreadableFeedError(f"It is no JSON: {fault}.") from fault
    rows = told.get("models") if isinstance(told, dict) else told
    if not isinstance(rows, list):
        raise UnreadableFeedError("It has no list of models: write one, or an object with one under “models”.")
    return rows


def _csv(text: str) -> list[Any]:
    try:
        return list(csv.DictReader(io.StringIO(text), strict=True))
    except csv.Error as fault:
        raise UnreadableFeedError(f"It is neither JSON nor CSV: {fault}.") from fault


def _row(number: int, row: Any) -> Announced:
    if not isinstance(row, Mapping):
        raise UnreadableFeedError(f"Row {number} is no object with a model and a date.")
    said = {str(name).strip().lower(): value for name, value in row.items() if isinstance(value, str)}
    model = said.get("model", "").strip()
    if not model or len(model) > 120 or not model.isprintable():
        raise UnreadableFeedError(f"Row {number} names no model of at most 120 characters.")
    typed = (said.get("date") or said.get("retires_on") or "").strip()
    try:
        day = date.fromisoformat(typed)
    except ValueError as fault:
        raise UnreadableFeedError(
            f"Row {number} ({model}) has “{typed[:20]}” as its date: write it like 2026-11-05."
        ) from fault
    if not 2015 <= day.year <= 2100:
        raise UnreadableFeedError(f"Row {number} ({model}) has a date of the year {day.year}.")
    return Announced(model, day, _plain(said.get("replacement", "")), _link(said.get("link", "")))


def _plain(text: str) -> str:
    return "".join(c for c in text.strip() if c.isprintable())[:120]


def _link(text: str) -> str:
    """An address, or nothing where it is none: a feed's link is no reason to refuse its dates."""
    link = text.strip()
    try:
        _LINK(link)
    except ValidationError:
        return ""
    return link if len(link) <= 500 and link.isprintable() else ""


def store(feed: RetirementFeed, found: list[Announced]) -> None:
    """Put a feed's rows into the calendar: what is new is added, what changed is changed, what it names no more is withdrawn."""
    with transaction.atomic():
        known = {row.model.lower(): row for row in feed.retirements.select_for_update()}
        named = {one.model.lower() for one in found}
        feed.retirements.filter(pk__in=[row.pk for name, row in known.items() if name not in named]).delete()
        for one in found:
            said = {
                "model": one.model,
                "retires_on": one.retires_on,
                "replacement": one.replacement,
                "link": one.link,
            }
            row = known.get(one.model.lower())
            if row is None:
                Retirement.objects.create(practice_id=feed.practice_id, feed=feed, **said)
            elif any(getattr(row, name) != value for name, value in said.items()):
                Retirement.objects.filter(pk=row.pk).update(edition=row.edition + 1, **said)


def due_feeds(now: datetime) -> list[tuple[int, int]]:
    """Practice and id of each feed that is due. Needs the scheduler's scope."""
    due = RetirementFeed.objects.filter(next_at__lte=now).order_by("next_at")
    return list(due.values_list("practice_id", "id"))

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
from .models import Retirement, RetirementFeed
from .tenancy import practice
from .writing import number_text

EVERY = timedelta(hours=24)
CLAIM = timedelta(minutes=15)
"""How long a reading may take before another worker tries again."""
LIMITS = outbound.Limits(bytes=2 * 1024 * 1024, seconds=30.0)
MOST_ROWS = 2_000
_LINK = URLValidator(["https", "http"])


class UnreadableFeedError(ValueError):
    """A feed that cannot be taken; the message says where and why, and nothing of the calendar changes."""


@dataclass(frozen=True)
class Announced:
    """One row of a feed."""

    model: str
    retires_on: date
    replacement: str
    link: str


def read_feed(practice_id: int, feed_id: int, client: Callable[..., httpx.Client] = outbound.client) -> str:
    """Read one feed and put what it says into the calendar; returns what became of it in a word.

    Runs as often as it likes: claimed by compare-and-swap, unchanged answers are not read, and a row is there once.
    """
    now = timezone.now()
    with practice(practice_id):
        claimed = RetirementFeed.objects.filter(pk=feed_id, next_at__lte=now).update(next_at=now + CLAIM)
        feed = RetirementFeed.objects.filter(pk=feed_id).first()
    if not claimed or feed is None:
        return "not due"
    try:
        answer = _asked(feed, client)
        found = None if answer.status_code == httpx.codes.NOT_MODIFIED else parsed(answer.content)
    except (httpx.HTTPError, UnreadableFeedError) as fault:
        with practice(practice_id):
            RetirementFeed.objects.filter(pk=feed_id).update(next_at=now + EVERY, error=str(fault)[:500])
        return "failed"
    with practice(practice_id):
        told: dict[str, Any] = {"next_at": now + EVERY, "read_at": now, "error": ""}
        if found is not None:
            store(feed, found)
            told |= {
                "etag": answer.headers.get("etag", "")[:200],
                "modified": answer.headers.get("last-modified", "")[:80],
            }
        # Its address may have been changed meanwhile: what was read belongs to the old one.
        RetirementFeed.objects.filter(pk=feed_id, url=feed.url).update(**told)
    return "unchanged" if found is None else "read"


def _asked(feed: RetirementFeed, client: Callable[..., httpx.Client]) -> httpx.Response:
    conditions = {"If-None-Match": feed.etag, "If-Modified-Since": feed.modified}
    headers = {"Accept": "application/json, text/csv", **{name: value for name, value in conditions.items() if value}}
    with client(LIMITS) as web:
        answer = web.get(feed.url, headers=headers)
    if answer.status_code not in (httpx.codes.OK, httpx.codes.NOT_MODIFIED):
        raise UnreadableFeedError(f"Its server answered {answer.status_code}: check the address.")
    return answer


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
    try:
        _LINK(text.strip())
    except ValidationError:
        return ""
    return text.strip() if len(text.strip()) <= 500 else ""


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

"""The feeds a practice subscribes to: the list, adding one, and changing, reading or leaving it."""

from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from clients.feed_fetching import remove
from clients.feed_forms import PublicFeedForm
from clients.marks import Mark, calm, good, off, watch
from clients.models import Feed, Practice
from clients.permissions import practice_or_404
from clients.tasks import read_feed

MOST = 100
"""Feeds of a practice; each is read four times a day."""


class FeedForm(PublicFeedForm[Feed]):
    """A feed's name and address. Another address is another feed: it is read anew."""

    most = MOST
    also = ("due_at", "etag", "last_modified", "read_at", "problem", "failures")

    class Meta:
        model = Feed
        fields: ClassVar = ["name", "url", "active"]
        help_texts: ClassVar = {"url": "Of the Atom or RSS feed itself: https://…"}
        widgets: ClassVar = {"url": forms.URLInput(attrs={"autocomplete": "off"})}

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now, self.was = now, self.instance.url
        if not self.instance.pk:
            del self.fields["active"]

    def clean(self) -> dict[str, Any]:
        """The form, with what is known of an address forgotten where it is another one."""
        cleaned = super().clean() or {}
        row = self.instance
        if cleaned.get("url") and cleaned["url"] != self.was:
            row.etag = row.last_modified = row.problem = ""
            row.read_at, row.failures, row.due_at = None, 0, self.now
        return cleaned


@require_http_methods(["GET", "HEAD", "POST"])
def feeds(request: HttpRequest, practice: str) -> HttpResponse:
    """The feeds, those that cannot be read first, and a form for one more."""
    firm = practice_or_404(request, practice, "keep_register")
    now = timezone.now()
    row = Feed(practice=firm, due_at=now)
    typed = request.POST if request.method == "POST" else None
    form = FeedForm(typed, instance=row, now=now)
    if typed is not None and form.is_valid() and form.store():
        _read_soon(row)
        messages.success(request, f"Subscribed to “{row.name}”. Its newest entries will be among the news in a moment.")
        return redirect("feeds", firm.slug)
    found = sorted(Feed.objects.filter(practice=firm), key=lambda feed: (not (feed.active and feed.problem), feed.name))
    context = {
        "practice": firm,
        "form": form,
        "lines": [(feed, mark(feed)) for feed in found],
        "sentence": sentence(firm, found),
    }
    return render(request, "clients/feeds.html", context, status=422 if form.errors else 200)


def mark(feed: Feed) -> Mark:
    """How a feed stands."""
    if not feed.active:
        return calm("Stopped")
    if feed.failures:
        return off("Not read")
    if feed.problem:
        return watch("Read in part")
    return good("Read") if feed.read_at else calm("Not read yet")


def sentence(firm: Practice, found: list[Feed]) -> str:
    """What is wrong with the feeds, else how many are read."""
    failing = [feed.name for feed in found if feed.active and feed.failures]
    if failing:
        return f"{failing[0]} cannot be read." if len(failing) == 1 else f"{len(failing)} feeds cannot be read."
    running = sum(feed.active for feed in found)
    if running:
        return f"{firm.name} reads {running} feed{'' if running == 1 else 's'}."
    return "No feed is read." if found else "News of models, vendors and laws can come here by itself."


@require_http_methods(["GET", "HEAD", "POST"])
def feed(request: HttpRequest, practice: str, public_id: str) -> HttpResponse:
    """Change a feed's name or address, or stop reading it."""
    firm = practice_or_404(request, practice, "keep_register")
    row = _feed(firm, public_id)
    name, shown = row.name, mark(row)
    standing = {"read_at": row.read_at, "problem": row.problem, "active": row.active}
    form = FeedForm(request.POST if request.method == "POST" else None, instance=row, now=timezone.now())
    if request.method == "POST" and form.is_valid() and form.store():
        if row.url != form.was:
            _read_soon(row)
        messages.success(request, f"“{row.name}” is saved.")
        return redirect("feeds", firm.slug)
    context = {"practice": firm, "feed": row, "name": name, "mark": shown, "standing": standing, "form": form}
    return render(request, "clients/feed.html", context, status=422 if form.errors else 200)


@require_POST
def act(request: HttpRequest, practice: str, public_id: str) -> HttpResponse:
    """Read a feed now, or unsubscribe from it."""
    firm = practice_or_404(request, practice, "keep_register")
    row = _feed(firm, public_id)
    if request.POST.get("do") == "unsubscribe":
        remove(row)
        messages.success(
            request, f"Unsubscribed from “{row.name}”. What was made of its entries stays in the register."
        )
    elif row.active:
        Feed.objects.filter(pk=row.pk).update(due_at=timezone.now())
        _read_soon(row)
        messages.success(request, f"“{row.name}” is being read. Look again in a moment.")
    else:
        messages.error(request, f"“{row.name}” is stopped: have it read again first.")
    return redirect("feeds", firm.slug)


def _feed(firm: Practice, public_id: str) -> Feed:
    return get_object_or_404(Feed.objects.select_related("practice"), practice=firm, public_id=public_id)


def _read_soon(row: Feed) -> None:
    """Have it read once what was written here can be seen by the worker."""
    transaction.on_commit(partial(read_feed.delay, practice_id=row.practice_id, feed_id=row.pk))

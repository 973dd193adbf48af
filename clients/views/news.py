"""What feeds brought, to be triaged: made an item of the register, or dismissed."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from clients import news
from clients.models import EntryState, Feed, FeedEntry, Practice
from clients.paging import AskedForm, stretch, turns
from clients.permissions import acting_person, practice_or_404

A_PAGE = 30


class FilterForm(AskedForm):
    """Which entries; all of it in the address. What cannot be understood counts as not asked."""

    state = forms.ChoiceField(
        required=False,
        label="State",
        choices=[("", "To triage"), *(c for c in EntryState.choices if c[0] != EntryState.NEW), ("all", "All")],
    )
    feed = forms.ChoiceField(required=False, label="Feed")
    words = forms.CharField(required=False, max_length=120, label="Words in the title")

    def __init__(self, feeds: Sequence[Feed], data: Any) -> None:
        super().__init__(data)
        self.fields["feed"].choices = [("", "All"), *((f.public_id, f.name) for f in feeds)]  # type: ignore[attr-defined]


@require_safe
def listed(request: HttpRequest, practice: str) -> HttpResponse:
    """Thirty entries a page, the newest first."""
    firm = practice_or_404(request, practice, "keep_register")
    feeds = list(Feed.objects.filter(practice=firm))
    form = FilterForm(feeds, request.GET)
    asked = form.asked()
    page = form.cleaned_data.get("page") or 1
    rows = list(_found(firm, asked)[stretch(page, A_PAGE)])
    context = {
        "practice": firm,
        "form": form,
        "asked": asked,
        "feeds": feeds,
        "ailing": [feed for feed in feeds if feed.active and feed.problem],
        "waiting": news.waiting(firm).count(),
        "rows": rows[:A_PAGE],
        **turns(rows, page, A_PAGE, asked),
    }
    return render(request, "clients/news.html", context)


def _found(firm: Practice, asked: dict[str, Any]) -> QuerySet[FeedEntry]:
    found = FeedEntry.objects.filter(practice=firm).select_related("feed", "item")
    state = asked.get("state", EntryState.NEW)
    if state != "all":
        found = found.filter(state=state)
    if feed := asked.get("feed"):
        found = found.filter(feed__public_id=feed)
    if words := asked.get("words"):
        found = found.filter(title__icontains=words)
    return found


@require_POST
def act(request: HttpRequest, practice: str, public_id: str, deed: str) -> HttpResponse:
    """Dismiss an entry, or bring it back."""
    firm = practice_or_404(request, practice, "keep_register")
    entry = get_object_or_404(FeedEntry, practice=firm, public_id=public_id)
    by = acting_person(request).label
    match deed:
        case "dismiss" if news.dismiss(entry, by=by, now=timezone.now()):
            undo = reverse("news-act", args=[firm.slug, entry.public_id, "back"])
            messages.success(request, f"“{entry.title}” is dismissed.", extra_tags=undo)
        case "back" if news.bring_back(entry):
            messages.success(request, f"“{entry.title}” is back, to be triaged.")
        case "dismiss" | "back":
            messages.error(request, f"Somebody else decided on “{entry.title}” just now. This is how it stands.")
        case _:
            raise Http404
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        return redirect(back)
    return redirect("news", firm.slug)

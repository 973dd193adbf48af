"""The practice's calendar of models that retire: typed dates, feeds of them, and which clients call what is announced."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from clients.editing import EditForm
from clients.feed_fetching import remove
from clients.feed_forms import PublicFeedForm
from clients.local import today_at
from clients.models import Client, Practice, Retirement, RetirementFeed, RetirementNotice
from clients.permissions import acting_person, allowed, practice_or_404
from clients.tasks import read_retirement_feed_after_commit
from monitoring.retirements import STAGES, matches
from monitoring.tasks import watch_retirements_after_commit

MOST_FEEDS = 10
MOST_TYPED = 500
SHOWN = 200
"""Dates on the page; those that passed longest ago go first."""
PASSED = timedelta(days=30)
"""How long a date that passed stays on the page where no client calls the model any more."""


class RetirementForm(EditForm[Retirement]):
    """One announced date, typed with where it was announced."""

    class Meta:
        model = Retirement
        fields: ClassVar = ["model", "retires_on", "replacement", "link"]
        labels: ClassVar = {
            "model": "Model",
            "retires_on": "Retires on",
            "replacement": "In its place",
            "link": "Announced at",
        }
        help_texts: ClassVar = {
            "model": "As calls name it, like gpt-4o-2024-08-06. Without the date it is about all its snapshots.",
            "replacement": "What its maker recommends.",
        }
        widgets: ClassVar = {"retires_on": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["link"].required = True

    def clean_retires_on(self) -> date:
        """A day that can be meant."""
        day: date = self.cleaned_data["retires_on"]
        if not 2015 <= day.year <= 2100:
            raise ValidationError(f"{day.year} is no year in which a model retires: check it.")
        return day

    def clean_model(self) -> str:
        """The name; a model has one typed date."""
        name: str = self.cleaned_data["model"].strip()
        typed = Retirement.objects.filter(practice_id=self.instance.practice_id, feed=None)
        others = typed.exclude(pk=self.instance.pk)
        if others.filter(model__iexact=name).exists():
            raise ValidationError(f"{name} is in the calendar already: change its date there.")
        if self.instance._state.adding and others.count() >= MOST_TYPED:
            raise ValidationError(f"The calendar holds {MOST_TYPED} typed dates: remove some that passed.")
        return name


class FeedForm(PublicFeedForm[RetirementFeed]):
    """An address that dates are read from."""

    most = MOST_FEEDS

    class Meta:
        model = RetirementFeed
        fields: ClassVar = ["name", "url"]
        labels: ClassVar = {"name": "Name", "url": "Address"}
        help_texts: ClassVar = {
            "url": "JSON or CSV with model, date, and maybe replacement and link. It is read once a day.",
        }


@dataclass(frozen=True)
class Line:
    """One date, with how far off it is and which clients call the model."""

    row: Retirement
    days: int
    clients: Sequence[Client]

    @property
    def near(self) -> bool:
        return bool(self.clients) and self.days <= STAGES[0]


@require_http_methods(["GET", "HEAD", "POST"])
def retirements(request: HttpRequest, practice: str) -> HttpResponse:
    """The calendar, the next date first, and the form that adds one."""
    posted = request.method == "POST"
    firm = practice_or_404(request, practice, "edit_retirements" if posted else "see_retirements")
    form = RetirementForm(request.POST if posted else None, instance=Retirement(practice=firm))
    if posted and form.is_valid() and form.store():
        watch_retirements_after_commit(firm.pk)
        messages.success(request, f"{form.instance.model} is in the calendar. Clients that call it are told.")
        return redirect("retirements", firm.slug)
    lines = _lines(request, firm)
    context = {
        "practice": firm,
        "form": form,
        "lines": lines,
        "said": sentence(lines),
        "feeds": list(RetirementFeed.objects.filter(practice=firm)),
        "may_edit": allowed(request, firm, "edit_retirements"),
    }
    return render(request, "pages/retirements.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def retirement(request: HttpRequest, practice: str, public_id: str) -> HttpResponse:
    """Change a typed date, or withdraw it."""
    firm = practice_or_404(request, practice, "edit_retirements")
    row = get_object_or_404(Retirement, practice=firm, feed=None, public_id=public_id)
    name = row.model
    data = request.POST if request.method == "POST" else None
    if data is not None and data.get("do") == "remove":
        row.delete()
        watch_retirements_after_commit(firm.pk)
        messages.success(request, f"The date of {name} is withdrawn, and its notices are closed.")
        return redirect("retirements", firm.slug)
    form = RetirementForm(data, instance=row)
    if data is not None and form.is_valid() and form.store():
        watch_retirements_after_commit(firm.pk)
        messages.success(request, "Saved. Notices follow.")
        return redirect("retirements", firm.slug)
    context = {"practice": firm, "form": form, "name": name}
    return render(request, "pages/retirement.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def new_feed(request: HttpRequest, practice: str) -> HttpResponse:
    """Have dates read from an address."""
    firm = practice_or_404(request, practice, "edit_retirements")
    data = request.POST if request.method == "POST" else None
    form = FeedForm(data, instance=RetirementFeed(practice=firm, next_at=timezone.now()))
    if data is not None and form.is_valid() and form.store():
        read_retirement_feed_after_commit(firm.pk, form.instance.pk)
        messages.success(request, f"“{form.instance.name}” is being read. What it says is in the calendar in a minute.")
        return redirect("retirements", firm.slug)
    context = {"practice": firm, "form": form}
    return render(request, "pages/retirement_feed.html", context, status=422 if form.errors else 200)


@require_POST
def feed_act(request: HttpRequest, practice: str, public_id: str) -> HttpResponse:
    """Read a feed now, or remove it with the dates that came from it."""
    firm = practice_or_404(request, practice, "edit_retirements")
    feed = get_object_or_404(RetirementFeed, practice=firm, public_id=public_id)
    if request.POST.get("do") == "remove":
        remove(feed)
        watch_retirements_after_commit(firm.pk)
        messages.success(request, f"“{feed.name}” is removed, with the dates that came from it.")
    else:
        RetirementFeed.objects.filter(pk=feed.pk).update(next_at=timezone.now())
        read_retirement_feed_after_commit(firm.pk, feed.pk)
        messages.success(request, f"“{feed.name}” is being read.")
    return redirect("retirements", firm.slug)


def sentence(lines: Sequence[Line]) -> str:
    """What comes first of what clients call."""
    near = next((line for line in lines if line.near), None)
    if near is None:
        return "No model that your clients call retires within 90 days."
    who = near.clients[0].name if len(near.clients) == 1 else f"{len(near.clients)} clients"
    calls = "calls" if len(near.clients) == 1 else "call"
    if near.days < 0:
        return (
            f"{near.row.model} was to retire {-near.days} day{'s' * (near.days != -1)} ago, and {who} still {calls} it."
        )
    when = "today" if near.days == 0 else f"in {near.days} day{'s' * (near.days != 1)}"
    return f"{near.row.model} retires {when}, and {who} {calls} it."


def _lines(request: HttpRequest, firm: Practice) -> list[Line]:
    """The dates, the next first, each with those of the person's clients that call the model."""
    today = today_at(acting_person(request))
    rows = Retirement.objects.filter(practice=firm).select_related("feed")
    open_notices = RetirementNotice.objects.filter(client__practice=firm, over_at=None).select_related("client")
    called = [(notice.model, notice.client) for notice in open_notices]
    made = []
    for row in rows:
        who = {client.pk: client for model, client in called if matches(row.model, model)}
        if who or row.retires_on >= today - PASSED:
            clients = sorted(who.values(), key=lambda client: client.name)
            made.append(Line(row, (row.retires_on - today).days, clients))
    return made[:SHOWN]

"""Team support: what a client's people ask, are trained in and tell us, and what is done about it."""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from clients.editing import EditForm
from clients.local import today_at
from clients.marks import Mark, good, watch
from clients.models import Client, SupportEntry, SupportKind
from clients.paging import AskedForm, stretch, turns
from clients.permissions import acting_person, allowed, client_or_404

from .fields import day_input

A_PAGE = 50
_DONE = {SupportKind.QUESTION: "Answered", SupportKind.TRAINING: "Held", SupportKind.FEEDBACK: "Dealt with"}


class AskForm(EditForm[SupportEntry]):
    """What a client's own person asks or tells."""

    class Meta:
        model = SupportEntry
        fields: ClassVar = ["kind", "text"]
        labels: ClassVar = {"kind": "It is a", "text": "What it is about"}
        widgets: ClassVar = {"kind": forms.RadioSelect, "text": forms.Textarea(attrs={"rows": 5})}


class EntryForm(EditForm[SupportEntry]):
    """The whole of an entry, for those who answer."""

    class Meta:
        model = SupportEntry
        fields: ClassVar = ["kind", "came_on", "by", "text", "done", "done_on", "people"]
        labels: ClassVar = {
            "came_on": "Came on",
            "text": "What it is about",
            "done_on": "Done on",
            "people": "People trained",
        }
        help_texts: ClassVar = {
            "by": "A person or a team.",
            "text": "The client reads it.",
            "done": "The answer, or what was changed because of it. The client reads it, and the month’s report tells it.",
            "done_on": "Left empty, it stays open.",
            "people": "Of a training: how many took part.",
        }
        widgets: ClassVar = {
            "kind": forms.RadioSelect,
            "came_on": day_input(),
            "done_on": day_input(),
            "text": forms.Textarea(attrs={"rows": 4}),
            "done": forms.Textarea(attrs={"rows": 4}),
        }

    def clean(self) -> dict[str, Any]:
        """The form, with days that have come and in their order, and an answer where it is done."""
        cleaned = super().clean() or {}
        today, came, done_on = today_at(self.instance.client), cleaned.get("came_on"), cleaned.get("done_on")
        if came and came > today:
            self.add_error("came_on", "That day has not come yet.")
        if done_on and done_on > today:
            self.add_error("done_on", "That day has not come yet: leave it empty until it is done.")
        elif came and done_on and done_on < came:
            self.add_error("done_on", "It was done before it came: write the later day here.")
        if done_on and not cleaned.get("done"):
            self.add_error("done", "Say what was done, so that the client and the report can tell.")
        if cleaned.get("people") and cleaned.get("kind") != SupportKind.TRAINING:
            self.add_error("people", ValidationError("Only a training has people who took part: leave it empty."))
        return cleaned


class FilterForm(AskedForm):
    """Which entries; all of it in the address. What cannot be understood counts as not asked."""

    kind = forms.ChoiceField(required=False, label="Kind", choices=[("", "All"), *SupportKind.choices])
    state = forms.ChoiceField(required=False, label="State", choices=[("", "All"), ("open", "Open"), ("done", "Done")])
    since = forms.DateField(required=False, label="From", widget=day_input())
    until = forms.DateField(required=False, label="Until", widget=day_input())
    words = forms.CharField(required=False, max_length=120, label="Words")


@require_safe
def support(request: HttpRequest, slug: str) -> HttpResponse:
    """Fifty entries a page, the open ones first."""
    client = client_or_404(request, slug, "ask_support")
    form = FilterForm(request.GET)
    asked = form.asked()
    page = form.cleaned_data.get("page") or 1
    rows = list(_found(client, asked)[stretch(page, A_PAGE)])
    context = {
        "client": client,
        "form": form,
        "asked": asked,
        "sentence": sentence(client, today_at(client)),
        "lines": [(row, mark(row)) for row in rows[:A_PAGE]],
        "answers": allowed(request, client, "answer_support"),
        **turns(rows, page, A_PAGE, asked),
    }
    return render(request, "clients/support.html", context)


def mark(row: SupportEntry) -> Mark:
    """Whether something was done."""
    return watch("Open") if row.done_on is None else good(_DONE[SupportKind(row.kind)])


def sentence(client: Client, today: date) -> str:
    """What is open and for how long, else how much was done."""
    rows = SupportEntry.objects.filter(client=client)
    open_days = list(rows.open().order_by("came_on").values_list("came_on", flat=True))
    if open_days:
        days, many = (today - open_days[0]).days, len(open_days)
        since = "today" if days < 1 else "yesterday" if days == 1 else f"{days} days ago"
        return f"{many} thing{'' if many == 1 else 's'} {'is' if many == 1 else 'are'} open; the oldest came {since}."
    if rows.exists():
        return f"Nothing that the people of {client.name} asked or said is open."
    return f"What the people of {client.name} ask, are trained in and tell us."


def _found(client: Client, asked: dict[str, Any]) -> QuerySet[SupportEntry]:
    found = SupportEntry.objects.filter(client=client).order_by(F("done_on").desc(nulls_first=True), "-came_on", "-id")
    for name, condition in (("kind", "kind"), ("since", "came_on__gte"), ("until", "came_on__lte")):
        if name in asked:
            found = found.filter(**{condition: asked[name]})
    if state := asked.get("state"):
        found = found.filter(done_on__isnull=state == "open")
    if words := asked.get("words"):
        found = found.filter(Q(text__icontains=words) | Q(done__icontains=words) | Q(by__icontains=words))
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask or tell something; those who answer can write all of it down at once."""
    client = client_or_404(request, slug, "ask_support")
    answers = allowed(request, client, "answer_support")
    person = acting_person(request).label
    row = SupportEntry(
        client=client, kind=SupportKind.QUESTION, came_on=today_at(client), by=person[:120], recorded_by=person
    )
    form_class = EntryForm if answers else AskForm
    opened = {"by": ""} if answers else {}
    form = form_class(request.POST if request.method == "POST" else None, instance=row, initial=opened)
    if request.method == "POST" and form.is_valid() and form.store():
        messages.success(request, "Written down." if answers else "Sent. Whoever looks after it answers here.")
        return redirect("support-entry", client.slug, row.public_id)
    context = {"client": client, "row": None, "answers": answers, "form": form}
    return render(request, "clients/support_form.html", context, status=422 if form.errors else 200)


@require_safe
def entry(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """One entry, with what was done about it."""
    client = client_or_404(request, slug, "ask_support")
    row = _entry(client, public_id)
    context = {"client": client, "row": row, "mark": mark(row), "answers": allowed(request, client, "answer_support")}
    return render(request, "clients/support_entry.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Answer an entry, mend it, or take it out."""
    client = client_or_404(request, slug, "answer_support")
    row = _entry(client, public_id)
    if request.method == "POST" and request.POST.get("do") == "remove":
        row.delete()
        messages.success(request, "It is taken out. The owner’s list of changes keeps what it said.")
        return redirect("support", client.slug)
    today = {"done_on": row.done_on or (today_at(client) if row.kind != SupportKind.TRAINING else None)}
    form = EntryForm(request.POST if request.method == "POST" else None, instance=row, initial=today)
    if request.method == "POST" and form.is_valid() and form.store():
        messages.success(request, "Saved.")
        return redirect("support-entry", client.slug, row.public_id)
    context = {"client": client, "row": row, "answers": True, "form": form}
    return render(request, "clients/support_form.html", context, status=422 if form.errors else 200)


def _entry(client: Client, public_id: str) -> SupportEntry:
    found = get_object_or_404(SupportEntry, client=client, public_id=public_id)
    found.client = client
    return found

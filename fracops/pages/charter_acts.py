"""What is done with a charter: sent for agreement, agreed to, told a figure, closed; and on which day a system went live."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from clients import charters
from clients.charters import Answer
from clients.days import DayField
from clients.local import today_at
from clients.models import AgreedWay, Charter, CharterLink, CharterStatus, Client, System, Target, TargetResult
from clients.permissions import acting_person, client_or_404
from clients.tasks import send_charter_link
from monitoring.catalogue import Metric, Unit
from monitoring.charter_words import charter_words
from monitoring.outcomes import known_metric
from monitoring.wording import day_text

from .charter_form import TYPED, TypedNumber
from .charter_parts import Quarter, quarter_of
from .charter_rows import rows_of, standing

SAID = {
    Answer.CHANGED: "It was changed while you read it. Read it again, then agree to it.",
    Answer.ALREADY: "This version is agreed already, or a later one is written.",
}


class SendForm(forms.Form):
    """To whom a charter is sent."""

    name = forms.CharField(label="Name", max_length=120, help_text="Who agrees for the client; the record keeps it.")
    email = forms.EmailField(label="Address", widget=forms.EmailInput(attrs={"autocomplete": "off"}))

    def clean_name(self) -> str:
        """A name on one line."""
        return " ".join(str(self.cleaned_data["name"]).split())


class CloseForm(forms.Form):
    """A charter's end."""

    note = forms.CharField(
        label="What is to be said about it",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What worked, what did not, and why. Before the quarter is over: why it ends early.",
    )


class SayForm(forms.Form):
    """Where a target stands, as somebody said."""

    value = TypedNumber(label="It stands at")
    day = DayField(label="On which day")
    said_by = forms.CharField(label="Who said so", max_length=160, help_text="A name, and where they have it from.")

    def __init__(self, which: Metric, charter: Charter, today: date, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.which, self.charter, self.today = which, charter, today
        self.fields["value"].help_text = f"In {TYPED[which.unit][0]}."

    def clean_value(self) -> Decimal:
        """The figure in the metric's unit."""
        typed: Decimal = self.cleaned_data["value"]
        if self.which.unit is Unit.FRACTION and not 0 <= typed <= 100:
            raise forms.ValidationError(f"A percentage lies between 0 and 100; you wrote {typed}.")
        if typed < 0 and self.which.unit is not Unit.NUMBER:
            raise forms.ValidationError(f"{self.which.name} cannot be below zero; you wrote {typed}.")
        return typed / TYPED[self.which.unit][1]

    def clean_day(self) -> date:
        """A day of the quarter that has come."""
        day: date = self.cleaned_data["day"]
        if day > self.today:
            raise forms.ValidationError("That day is still to come.")
        if not self.charter.quarter_start <= day <= self.charter.quarter_end:
            raise forms.ValidationError(f"That day is not in {self.charter.label}.")
        return day


class LiveForm(forms.Form):
    """On which day a system went live."""

    live_on = DayField(required=False, error_messages={"invalid": "That is no day: write it like 2026-10-01."})


@require_POST
def agree(request: HttpRequest, slug: str, quarter: str) -> HttpResponse:
    """Agree to the version that was on the page, signed in."""
    client = client_or_404(request, slug, "approve")
    asked = quarter_of(client, quarter)
    here = asked.version(request.POST.get("version", ""))
    person = acting_person(request)
    if not _ready(here):
        messages.error(request, "It has no scope or no targets yet, so there is nothing to agree to.")
    else:
        text = charter_words(client, here).text
        seen = request.POST.get("hash", "")
        by = f"{person.label}, {person.email}"
        answer = charters.agree(here, text, seen, by=by, way=AgreedWay.PORTAL, now=timezone.now())
        if answer is Answer.AGREED:
            messages.success(request, f"You agreed to the charter for {here.label}.")
        else:
            messages.error(request, SAID[answer])
    return redirect("charter-quarter", client.slug, asked.key)


@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest, slug: str, quarter: str) -> HttpResponse:
    """Send a draft to somebody who agrees with the link in the mail."""
    client = client_or_404(request, slug, "edit_charter")
    asked = quarter_of(client, quarter)
    here = _draft(asked)
    known = charters.recipients(client)
    first = {"name": known[0].label, "email": known[0].email} if known else {}
    form = SendForm(request.POST if request.method == "POST" else None, initial=first)
    if request.method == "POST" and form.is_valid():
        if _ready(here):
            link = charters.send(here, **form.cleaned_data, by=acting_person(request), now=timezone.now())
            transaction.on_commit(lambda: send_charter_link.delay(client_id=client.pk, link_id=link.pk))
            messages.success(request, f"The charter for {here.label} goes to {link.email} within a minute.")
            return redirect("charter-quarter", client.slug, asked.key)
        form.add_error(None, "It has no scope or no targets yet: write them in the workshop first.")
    context = {
        "client": client,
        "key": asked.key,
        "charter": here,
        "form": form,
        "known": known,
        "days": charters.VALID.days,
        "text": charter_words(client, here).text,
    }
    return render(request, "pages/charter_send.html", context, status=422 if form.errors else 200)


@require_POST
def withdraw_link(request: HttpRequest, slug: str, quarter: str, public_id: str) -> HttpResponse:
    """Take a link back: from now on it opens nothing."""
    client = client_or_404(request, slug, "edit_charter")
    asked = quarter_of(client, quarter)
    link = get_object_or_404(CharterLink, public_id=public_id, charter__in=asked.versions)
    if charters.withdraw(link, timezone.now()):
        messages.success(request, f"The link sent to {link.email} works no more.")
    else:
        messages.error(request, "That link was used or withdrawn already.")
    return redirect("charter-quarter", client.slug, asked.key)


@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, slug: str, quarter: str) -> HttpResponse:
    """Close an agreed charter with its targets' results, as they are computed now."""
    client = client_or_404(request, slug, "edit_charter")
    asked = quarter_of(client, quarter)
    here = asked.newest
    if here is None or here.status is not CharterStatus.AGREED:
        messages.error(request, "Only a charter that is agreed, without a draft after it, can be closed.")
        return redirect("charter-quarter", client.slug, asked.key)
    early = today_at(client) <= here.quarter_end
    form = CloseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        note = form.cleaned_data["note"]
        if early and not note.strip():
            ends = day_text(here.quarter_end, year=True)
            form.add_error("note", f"The quarter ends on {ends}. Say why the charter is closed before.")
        elif charters.close(
            here, _results(client, here), by=acting_person(request).label, note=note, now=timezone.now()
        ):
            messages.success(request, f"The charter for {here.label} is closed.")
            return redirect("charter-quarter", client.slug, asked.key)
        else:
            form.add_error(None, "Somebody closed it while you were writing.")
    context = {
        "client": client,
        "key": asked.key,
        "charter": here,
        "rows": rows_of(request, client, here),
        "form": form,
        "early": early,
    }
    return render(request, "pages/charter_close.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def say(request: HttpRequest, slug: str, quarter: str, public_id: str) -> HttpResponse:
    """Write down where a target stands that nothing measures. Where there is data, that alone counts."""
    client = client_or_404(request, slug, "edit_charter")
    asked = quarter_of(client, quarter)
    here = asked.current
    target = next((t for t in here.targets.all() if t.public_id == public_id), None) if here else None
    if here is None or target is None or here.closed_at:
        raise Http404
    which = known_metric(client, target.metric)
    measured = _measured(client, here, target)
    today = today_at(client)
    form = SayForm(which, here, today, request.POST if request.method == "POST" else None, initial={"day": today})
    if request.method == "POST" and form.is_valid():
        if measured:
            form.add_error(None, f"{which.name} is measured, so where it stands is computed and not typed.")
        else:
            charters.say(target, **form.cleaned_data, by=acting_person(request), now=timezone.now())
            messages.success(request, f"Written down for “{target.name}”.")
            return redirect("charter-quarter", client.slug, asked.key)
    context = {
        "client": client,
        "key": asked.key,
        "charter": here,
        "target": target,
        "which": which,
        "form": form,
        "measured": measured,
    }
    return render(request, "pages/charter_say.html", context, status=422 if form.errors else 200)


@require_POST
def went_live(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Note on which day a system went live: baselines are proposed from its first days."""
    client = client_or_404(request, slug, "edit_charter")
    system = get_object_or_404(System, client=client, public_id=public_id)
    back = quarter_of(client, request.POST.get("quarter") or None).key
    form = LiveForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["live_on"])))
    elif (day := form.cleaned_data["live_on"]) and day > today_at(client):
        messages.error(
            request, f"{day_text(day, year=True)} is still to come: write the day once {system.name} is live."
        )
    else:
        system.live_on = day
        system.save(update_fields=["live_on"])
        since = f"went live on {day_text(day, year=True)}" if day else "has no day on which it went live"
        messages.success(request, f"{system.name} {since}.")
    return redirect("charter-write", client.slug, back)


def _draft(asked: Quarter) -> Charter:
    newest = asked.newest
    if newest is None or newest.status is not CharterStatus.DRAFT:
        raise Http404("There is no draft of this quarter’s charter: it is agreed, or not written yet.")
    return newest


def _ready(here: Charter) -> bool:
    return bool(here.scope.strip() and here.targets.all())


def _measured(client: Client, here: Charter, target: Target) -> bool:
    """Whether there is data by which a target stands."""
    return any(p.reading.n for p in standing(client, here, timezone.now()) if p.target.pk == target.pk)


def _results(client: Client, here: Charter) -> list[TargetResult]:
    """What came of each target, as it is computed now."""
    now = timezone.now()
    return [
        TargetResult(
            client_id=client.pk,
            target=p.target,
            value=p.reading.value,
            n=p.reading.n,
            first_day=p.reading.period.start,
            last_day=p.reading.period.last,
            status=p.status.value,
            why=p.why[:500],
            provenance=p.reading.provenance.value,
            recorded_at=now,
        )
        for p in standing(client, here, now)
    ]

"""The page on which one source takes over from another: both side by side first, then from which day on, and back."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from clients.days import DayField
from clients.local import day_at, today_at
from clients.models import Client
from clients.permissions import client_or_404

from . import doubles, overlap_words, seams, tasks
from .models import Source
from .overlaps import MOST_DAYS, overlap
from .readings import Period
from .wording import day_text, span_text


class TakeOverForm(forms.Form):
    """From which source another takes over, and on which local day."""

    old = forms.ChoiceField(label="It takes over from")
    day = DayField(
        label="From which day on",
        help_text="Whole days in the client’s time zone.",
    )

    def __init__(self, choices: list[Source], today: date, data: Any, first: dict[str, Any]) -> None:
        super().__init__(data, initial=first)
        self.sources = {source.public_id: source for source in choices}
        self.today = today
        self.fields["old"].choices = [(key, str(source)) for key, source in self.sources.items()]  # type: ignore[attr-defined]

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day > self.today + timedelta(days=1):
            raise forms.ValidationError("That is too far ahead: choose tomorrow at the latest.")
        return day


@require_http_methods(["GET", "POST"])
def take_over(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Compare (GET), then have the source count from a day on (POST ``do=move``), or as before (``do=undo``)."""
    client = client_or_404(request, slug, "manage_sources")
    new = get_object_or_404(Source.objects.kept(), client=client, public_id=public_id)
    if not new.brings_calls:
        raise Http404
    new.client = client
    if request.method == "POST" and request.POST.get("do") == "undo":
        seams.undo(new)
        tasks.roll_up_after_commit(client.pk)
        tasks.watch_doubles_after_commit(client.pk)
        messages.success(request, f"{new.name} and what it took over from count side by side again.")
        return redirect("source-take-over", client.slug, new.public_id)
    today = today_at(client)
    choices = _choices(client, new)
    first = _first(new, choices, today)
    form = TakeOverForm(choices, today, _asked(request, new, first), first)
    if form.is_valid() and request.method == "POST":
        old, day = form.sources[form.cleaned_data["old"]], form.cleaned_data["day"]
        try:
            seams.move(old, new, seams.midnight(client, day))
        except seams.SeamError as error:
            form.add_error(None, str(error))
        else:
            tasks.roll_up_after_commit(client.pk)
            messages.success(request, f"{new.name} counts from {day_text(day)} on, {old.name} before.")
            return redirect("source", client.slug, new.public_id)
    context = {"client": client, "source": new, "form": form, "choices": choices, **_seam(client, new)}
    # What cannot be joined is compared all the same: the table is what helps to choose another day.
    if choices and "old" in (cleaned := getattr(form, "cleaned_data", {})) and "day" in cleaned:
        context |= _compared(client, form.sources[cleaned["old"]], new, cleaned["day"], today)
    return render(request, "monitoring/take_over.html", context, status=422 if request.method == "POST" else 200)


def _choices(client: Client, new: Source) -> list[Source]:
    """What a source can take over from: what brings the same calls, what still sends, and what was taken away but is still counted."""
    doubled = {signal.cause for signal in doubles.open_signals(client)}
    others = Source.objects.filter(client=client, handed_to=None).exclude(pk=new.pk)
    return sorted(
        (s for s in others if s.brings_calls),
        key=lambda s: (doubles.cause_of(s, new) not in doubled, s.removed_at is not None, s.name),
    )


def _first(new: Source, choices: list[Source], today: date) -> dict[str, Any]:
    """What the form begins with: the first of the choices, from today on or from the day since which the source counts."""
    since = day_at(new.client, new.counts_from) if new.counts_from else today
    return {"old": choices[0].public_id, "day": since.isoformat()} if choices else {}


def _asked(request: HttpRequest, new: Source, first: dict[str, Any]) -> Any:
    """What was asked for. A source that took over from none is compared with the first of the choices unasked."""
    if request.method == "POST":
        return request.POST
    if "old" in request.GET:
        return request.GET
    return first if first and new.counts_from is None else None


def _seam(client: Client, new: Source) -> dict[str, Any]:
    if new.counts_from is None:
        return {"seam": ""}
    old = [seams.plain_name(s) for s in Source.objects.filter(client=client, handed_to=new).order_by("name")]
    since = day_at(client, new.counts_from)
    return {"seam": f"{seams.sentence(seams.Seam(new.name, tuple(old), since))}."}


def _compared(client: Client, old: Source, new: Source, day: date, today: date) -> dict[str, Any]:
    """The overlap around a day, as far as it is over."""
    start = min(day, today) - timedelta(days=MOST_DAYS // 2)
    period = Period(start, min(start + timedelta(days=MOST_DAYS), today), client.zone)
    found = overlap(old, new, period)
    return {
        "old": old,
        "day": day,
        "day_said": day_text(day),
        "span": span_text(period.start, period.last),
        "people_differ": old.pseudonymises != new.pseudonymises,
        "conclusion": overlap_words.conclusion(found),
        "heads": overlap_words.HEADS,
        "lines": overlap_words.lines(found),
        "scores": overlap_words.score_lines(found),
    }

"""The practice's playbook: its patterns with what they brought, and for a client those that fit its situation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clients import playbook
from clients.editing import EditForm
from clients.local import today_at
from clients.models import (
    Charter,
    Client,
    Direction,
    Opportunity,
    Pattern,
    Practice,
    Stage,
    System,
    SystemKind,
    Verdict,
)
from clients.permissions import client_or_404, practice_or_404
from monitoring.catalogue import CATALOGUE, metric
from monitoring.targets import Status, progress

from .charter_form import TypedNumber
from .lifting import AGAINST, factor, metric_choices, moved_text, range_text, typed

_LIFTS = ("lift_low", "lift_high")
_TROUBLE = (Status.OFF_TRACK, Status.WATCH)


class PatternForm(EditForm[Pattern]):
    """A pattern. Its metric is one of the catalogue's, for a client's own would tell of that client."""

    taken = ("title", "There is a pattern of that title already: change that one.")
    metric = forms.ChoiceField(label="Metric it lifts")
    lift_low = TypedNumber(label="Typically at least")
    lift_high = TypedNumber(label="Typically at most")
    kinds = forms.TypedMultipleChoiceField(
        label="Kinds of systems",
        choices=SystemKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None means every kind.",
    )

    class Meta:
        model = Pattern
        fields: ClassVar = [
            "title",
            "symptom",
            "action",
            "metric",
            "way",
            "lift_low",
            "lift_high",
            "hours",
            "kinds",
            "retired",
        ]
        labels: ClassVar = {"way": "Which way", "retired": "Not suggested any more"}
        help_texts: ClassVar = {
            "symptom": "What is seen where it helps. Architecture, never a client’s data or name.",
            "action": "What is done.",
        }
        widgets: ClassVar = {"symptom": forms.Textarea(attrs={"rows": 3}), "action": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, data: Any, *, instance: Pattern) -> None:
        super().__init__(data, instance=instance)
        self.fields["metric"].choices = metric_choices(CATALOGUE.values(), "Choose a metric")  # type: ignore[attr-defined]
        if which := CATALOGUE.get(instance.metric):
            for name in _LIFTS:
                self.initial[name] = typed(getattr(instance, name), factor(which))

    def clean(self) -> dict[str, Any]:
        """The form with its lift in the metric's own unit."""
        cleaned = super().clean() or {}
        low, high, which = cleaned.get("lift_low"), cleaned.get("lift_high"), CATALOGUE.get(cleaned.get("metric") or "")
        for name, value in (("lift_low", low), ("lift_high", high)):
            if value is None and name not in self.errors:
                self.add_error(name, "Write it as a number.")
            elif value is not None and value < 0:
                self.add_error(name, "Write how far as a number without a sign; the way is said beside it.")
        if low is not None and high is not None and high < low:
            self.add_error("lift_high", "The high end lies below the low end: write them the other way round.")
        if which and cleaned.get("way") and (told := AGAINST.get((which.better, Direction(cleaned["way"])))):
            self.add_error("way", told.format(which.name))
        if which and low is not None and high is not None and not self.errors:
            cleaned["lift_low"], cleaned["lift_high"] = low / factor(which), high / factor(which)
        return cleaned


@dataclass(frozen=True)
class PatternLine:
    """A pattern in words, with its results where they may be told."""

    row: Pattern
    lift: str
    kinds: str
    came: str
    """What it brought over several clients; "" where that may not be told."""
    why: str = ""
    """Why it fits the client at hand."""


def line(pattern: Pattern, results: Mapping[int, playbook.Results], why: str = "") -> PatternLine:
    """One pattern in words."""
    which = metric(pattern.metric)
    came = ""
    if one := results.get(pattern.pk):
        moved = one.mean if pattern.way == Direction.UP else -one.mean
        came = (
            f"At {one.clients} clients it {moved_text(which, moved)} on average;"
            f" about {one.share}% of results reached what was expected."
        )
    lift = f"{which.name} {range_text(which, pattern.way, pattern.lift_low, pattern.lift_high)}"
    return PatternLine(pattern, lift, playbook.kinds_text(pattern), came, why)


@require_safe
def patterns(request: HttpRequest, practice: str) -> HttpResponse:
    """All patterns of the practice."""
    firm = practice_or_404(request, practice, "see_playbook")
    rows = list(firm.patterns.all())
    lines = _lines(firm, rows)
    context = {
        "practice": firm,
        "lines": [one for one in lines if not one.row.retired],
        "retired": [one for one in lines if one.row.retired],
        "fewest": playbook.FEWEST,
    }
    return render(request, "pages/playbook.html", context)


def _lines(firm: Practice, rows: Sequence[Pattern]) -> list[PatternLine]:
    # What the request's own scope lets through is what its person can read.
    readable = frozenset(Client.objects.filter(practice=firm).values_list("pk", flat=True))
    told = playbook.results(firm, rows, readable)
    return [line(row, told) for row in rows]


@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, practice: str, public_id: str = "") -> HttpResponse:
    """Write a pattern, or change one."""
    firm = practice_or_404(request, practice, "edit_playbook")
    row = get_object_or_404(Pattern, practice=firm, public_id=public_id) if public_id else Pattern(practice=firm)
    title = row.title
    form = PatternForm(request.POST if request.method == "POST" else None, instance=row)
    if form.is_bound and form.is_valid() and form.store():
        messages.success(request, f"“{row.title}” is in the playbook.")
        return redirect("playbook", firm.slug)
    context = {"practice": firm, "form": form, "title": title, "is_new": not public_id}
    return render(request, "pages/pattern.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def suggested(request: HttpRequest, slug: str) -> HttpResponse:
    """The patterns that fit a client, and what its systems are, which they are matched by. A POST says the latter."""
    client = client_or_404(request, slug, "edit_roadmap")
    systems = list(System.objects.filter(client=client))
    if request.method == "POST":
        for system in systems:
            kind = request.POST.get(f"kind-{system.public_id}", system.kind)
            if kind != system.kind and kind in ("", *SystemKind.values):
                system.kind = kind
                system.save(update_fields=["kind"])
        messages.success(request, "Saved: patterns are matched by it.")
        return redirect("playbook-client", client.slug)
    why = situation(client)
    rows = [
        row
        for row in client.practice.patterns.filter(retired=False)
        if playbook.fits(row, {s.kind for s in systems}, why)
    ]
    readable = frozenset(Client.objects.filter(practice=client.practice).values_list("pk", flat=True))
    told = playbook.results(client.practice, rows, readable)
    taken = set(Opportunity.objects.filter(client=client, pattern__in=rows).values_list("pattern_id", flat=True))
    context = {
        "client": client,
        "lines": [(line(row, told, why[row.metric]), row.pk in taken) for row in rows],
        "systems": systems,
        "kinds": [("", "Nobody said"), *SystemKind.choices],
        "any": bool(why),
    }
    return render(request, "pages/playbook_client.html", context)


def situation(client: Client) -> dict[str, str]:
    """The metrics that matter at a client, each with why: what the charter promises, trouble first, and what the roadmap is after."""
    now = timezone.now()
    open_ones = Opportunity.objects.filter(client=client, stage__in=[Stage.IDEA, Stage.PILOT]).exclude(metric="")
    found = {
        row.metric: f"“{row.title}” on the roadmap is after it." for row in open_ones.exclude(verdict=Verdict.RED)[:100]
    }
    if charter := Charter.objects.current(client, today_at(client)):
        standing = sorted(progress(client, charter, now), key=lambda one: one.status in _TROUBLE)
        for one in standing:
            found[one.metric.key] = f"The target “{one.target.name}”: {one.status.word.lower()}. {one.why}"
    return found

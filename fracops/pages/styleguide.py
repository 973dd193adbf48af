"""The living style guide: every component as the pages use it, and the tokens they are made of. Only where DEBUG is on."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clients.burning import burn_bar
from clients.contrast import TEXT, contrast
from clients.plans import Burn
from monitoring.catalogue import CATALOGUE
from monitoring.flags import Flag
from monitoring.provenance import Provenance
from monitoring.readings import DayValue, Period, Reading, Series, compare
from monitoring.summary import Summary
from monitoring.targets import Status

from .frames import Frame
from .marks import Mark, of_status
from .overview import TargetView
from .periods import Option
from .strips import strip_of
from .tables import Cell, Row, Table

TOKENS = settings.BASE_DIR / "static" / "css" / "tokens.css"
SURFACES = ("bg", "rail", "hover")
READ = ("ink", "ink-2", "ink-3", "accent", "good", "watch", "off", "none")
"""Tokens that text is written in: WCAG 2.2 wants 4.5 to 1 of them, on each surface."""
SEEN = ("control", "focus", "c1", "c2", "c3", "c4", "c5", "compare")
"""Edges, lines and dots: 3 to 1 on the page."""
USES = (
    ("Page sentence", "say", "Replies slowed by half a second on 30 October."),
    ("Body", "body", "The provider moved the model; the prompt was set back the same day."),
    ("Small print", "meta", "12 of 14 days, as of 6 November 15:30"),
)


@dataclass(frozen=True)
class Colour:
    """A token in one theme, with the least contrast it has where it is used; 0 where it is a surface or decoration."""

    name: str
    hex: str
    contrast: float
    enough: float

    @property
    def holds(self) -> bool:
        return self.contrast >= self.enough


class Example(forms.Form):
    """A form that was sent with two things wrong."""

    name = forms.CharField(help_text="As the client calls it.")
    goal = forms.CharField(help_text="In percent.")
    due = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    way = forms.ChoiceField(
        label="Kind", choices=[("reach", "Reach a level"), ("stay", "Stay above")], widget=forms.RadioSelect
    )
    shown = forms.BooleanField(label="The client sees it", required=False)

    def clean_goal(self) -> str:
        typed: str = self.cleaned_data["goal"]
        if not typed.isdecimal():
            raise ValidationError(f"“{typed}” is no number: write digits, like 92.")
        return typed

    def clean(self) -> None:
        raise ValidationError("Nothing was saved yet: look for ■ below, each says what to write instead.")


@login_not_required
@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """The page. Raises Http404 unless DEBUG is on."""
    if not settings.DEBUG:
        raise Http404
    messages.success(request, "The charter for Q4 2026 is saved.")
    messages.error(request, "The mail could not be sent: the server refused the address.")
    form = Example({"name": "Support answers", "goal": "a lot", "way": "reach"})
    context = {
        "themes": [(name, colours(tokens)) for name, tokens in themes(TOKENS.read_text()).items()],
        "uses": USES,
        "spaces": [4, 8, 12, 16, 24, 32, 48, 64],
        "provenances": list(Provenance),
        "marks": [*map(of_status, Status), Mark("watch", "watch", "Stalled")],
        "table": _TABLE,
        "form": form,
        "options": [Option("7 days", "?period=7d", False), Option("28 days", "?period=28d", True)],
        "target": _target(),
        "frame": _FRAME,
        "flags": _FLAGS,
        "bars": [burn_bar(_burn(projected)) for projected in (2000, 2800)],
    }
    return render(request, "pages/styleguide.html", context)


def themes(sheet: str) -> dict[str, dict[str, str]]:
    """The tokens of tokens.css that are plain colours, by theme: ``{"Light": {"ink": "#14191A", …}, "Dark": …}``."""
    light, dark = sheet.split("@media", 1)
    found = {
        name: dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6});", part))
        for name, part in (("Light", light), ("Dark", dark))
    }
    return {"Light": found["Light"], "Dark": found["Light"] | found["Dark"]}


def colours(tokens: Mapping[str, str]) -> list[Colour]:
    """Each token with its least contrast on the surfaces on which it stands."""
    made = []
    for name, value in tokens.items():
        over = SURFACES if name in READ else ("bg",) if name in SEEN else ()
        least = min((contrast(value, tokens[surface]) for surface in over), default=0.0)
        made.append(Colour(name, value, round(least, 1), TEXT if name in READ else 3.0 if over else 0.0))
    return made


def _burn(projected: int) -> Burn:
    return Burn(worked=1200, available=2400, days_over=12, days=21, projected=projected)


def _target() -> TargetView:
    """A target whose chart has a way, a goal, a baseline and flags."""
    metric, start = CATALOGUE["error_rate"], date(2026, 10, 1)
    values = [Decimal(30 - day // 4 + day % 3) / 1000 for day in range(40)]
    period = Period(start, start + timedelta(days=len(values)), "UTC")
    reading = Reading.of(metric, Summary(4000, values[-1] * 4000, 0.0), period)
    days = [DayValue(start + timedelta(days=i), value, 400) for i, value in enumerate(values)]
    chart = strip_of(
        "Failed calls",
        Series(metric, period, days, [], reading, compare(reading, reading)),
        start,
        date(2026, 12, 31),
        goal=Decimal("0.015"),
        baseline=Decimal("0.03"),
        value=values[-1],
        flagged=_FLAGS,
    )
    return TargetView(
        "Failed calls", "2.1%", "#target", "", of_status(Status.ON_TRACK), "It is ahead of its way.", "n 4,000", chart
    )


def _row(name: str, note: str, value: str, provenance: Provenance, mark: Mark | None) -> Row:
    return Row(
        name,
        [Cell("Accuracy", value, "#table", None, provenance=provenance.mark), Cell("Change", "–0.8", "", mark)],
        note,
    )


_FLAGS: Sequence[Flag] = (
    Flag("A", date(2026, 10, 12), "12 October: gpt-4o took the place of gpt-4"),
    Flag("B", date(2026, 11, 2), "2 November: The desk’s interface was down"),
)
_FRAME = Frame(
    id="example",
    finding="Accuracy fell from 91% to 88%",
    measure="Percent of judged answers, each day with the six before it",
    label="Accuracy fell from 91% to 88%",
    source=("n 412", "27 of 28 days with data", "as of 6 November 15:30"),
    evidence="#frame",
    drawn=False,
    why="Nothing was measured in these days.",
    flags=_FLAGS,
)
_TABLE = Table(
    "By model",
    "Model",
    ("Accuracy", "Change"),
    (
        _row("gpt-4o", "312 answers", "86.1%", Provenance.MEASURED, Mark("off", "off", "Worse")),
        _row("gpt-4o-mini", "100 answers", "92.0%", Provenance.ASSUMED, None),
    ),
)

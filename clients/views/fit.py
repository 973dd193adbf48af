"""The fit check: asked before a discovery, answered by whoever talked with the client, and kept as it was answered."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from clients.fitting import ANSWERS, QUESTIONS, UNKNOWN, judge
from clients.local import today_at
from clients.marks import Mark
from clients.models import Client, FitCheck, FitOutcome
from clients.permissions import acting_person, allowed, client_or_404

MARKS = {
    FitOutcome.FITS: Mark("good", "good", FitOutcome.FITS.label),
    FitOutcome.RESERVED: Mark("watch", "watch", FitOutcome.RESERVED.label),
    FitOutcome.NOT: Mark("off", "off", FitOutcome.NOT.label),
}
LISTED = 20
"""How many checks of a client its engagement's page lists."""


class FitForm(forms.Form):
    """Each question with its answer and a note, opened with what was answered last."""

    def __init__(self, data: Any = None, *, last: FitCheck | None = None) -> None:
        super().__init__(data)
        known: Mapping[str, Any] = {one["key"]: one for one in last.answers} if last else {}
        for question in QUESTIONS:
            before = known.get(question.key, {})
            self.fields[question.key] = forms.ChoiceField(
                label=question.text,
                help_text=question.hint,
                choices=ANSWERS,
                widget=forms.RadioSelect,
                initial=before.get("answer", UNKNOWN),
            )
            self.fields[f"{question.key}_note"] = forms.CharField(
                label="Note", required=False, max_length=300, initial=before.get("note", "")
            )

    @property
    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Each question's answer with its note."""
        return [(self[question.key], self[f"{question.key}_note"]) for question in QUESTIONS]

    def keep(self, client: Client, by: str) -> FitCheck:
        """Write the check down, with what it comes to."""
        typed = self.cleaned_data
        judgement = judge({question.key: typed[question.key] for question in QUESTIONS})
        return FitCheck.objects.create(
            client=client,
            answered_on=today_at(client),
            answered_by=by,
            answers=[
                {"key": q.key, "question": q.text, "answer": typed[q.key], "note": typed[f"{q.key}_note"]}
                for q in QUESTIONS
            ],
            outcome=judgement.outcome,
            reasons=list(judgement.reasons),
        )


def checks_of(client: Client) -> list[tuple[FitCheck, Mark]]:
    """A client's fit checks, the newest first, each with its mark."""
    return [(one, MARKS[FitOutcome(one.outcome)]) for one in FitCheck.objects.filter(client=client)[:LISTED]]


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask, and keep what was answered."""
    client = client_or_404(request, slug, "check_fit")
    last = FitCheck.objects.filter(client=client).first()
    form = FitForm(request.POST if request.method == "POST" else None, last=last)
    if form.is_bound and form.is_valid():
        made = form.keep(client, acting_person(request).label)
        messages.success(
            request, f"{client.name}: {made.get_outcome_display().lower()}. The answers are kept as they are."
        )
        return redirect("fit", client.slug, made.public_id)
    context = {"client": client, "form": form, "last": last}
    return render(request, "clients/fit_form.html", context, status=422 if form.is_bound else 200)


@require_safe
def fit(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """A check as it was answered, with what it came to and why."""
    client = client_or_404(request, slug, "check_fit")
    one = get_object_or_404(FitCheck, client=client, public_id=public_id)
    newest = FitCheck.objects.filter(client=client).first()
    context = {
        "client": client,
        "check": one,
        "mark": MARKS[FitOutcome(one.outcome)],
        "said": sentence(client, one),
        "answers": told(one),
        "is_newest": newest == one,
        "may_begin": allowed(request, client, "edit_engagement"),
    }
    return render(request, "clients/fit.html", context)


def sentence(client: Client, one: FitCheck) -> str:
    """What the check came to."""
    words = {
        FitOutcome.FITS: f"{client.name} fits.",
        FitOutcome.RESERVED: f"{client.name} fits with reservations.",
        FitOutcome.NOT: f"{client.name} does not fit.",
    }
    return words[FitOutcome(one.outcome)]


def told(one: FitCheck) -> Sequence[Mapping[str, str]]:
    """The questions as they were asked, with their answers in words."""
    words = dict(ANSWERS)
    return [answer | {"said": words.get(answer["answer"], "")} for answer in one.answers]

"""The pages of outcomes: all of a client's with their last figures, one with all that was said of it, and what each means."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clients.models import Client, User
from clients.permissions import allowed, client_or_404
from clients.writing import moment_text

from . import outcome_words as words
from .doors import SourceRef
from .models import OutcomeDefinition, OutcomeValue, Source
from .outcome_forms import DefinitionForm, FigureForm
from .outcome_store import from_person
from .outcomes import metric_of
from .readings import Series, complete_days
from .series import all_series
from .wording import reading_text

DAYS = 28
"""Complete days over which the list reads its outcomes."""
SAID = 40
"""Rows of what was said that an outcome's page shows."""


@require_safe
def outcomes(request: HttpRequest, slug: str) -> HttpResponse:
    """Every outcome of a client, over the last complete days, with the newest figure and who said it."""
    client = client_or_404(request, slug)
    definitions = list(OutcomeDefinition.objects.filter(client=client))
    period = complete_days(DAYS, client.zone, timezone.now())
    series = all_series(client, [metric_of(d) for d in definitions], period) if definitions else {}
    newest = _newest(client)
    money = allowed(request, client, "see_money")
    context = {
        "client": client,
        "rows": [_row(client, d, series[metric_of(d).key], newest.get(d.pk), money=money) for d in definitions],
        "said": words.headline(series.values(), DAYS),
        "days": DAYS,
        "money": money,
        "may_define": allowed(request, client, "define_outcomes"),
        "may_enter": allowed(request, client, "enter_outcomes"),
        "endpoint": request.build_absolute_uri(reverse("push-outcomes")),
    }
    return render(request, "monitoring/outcomes.html", context)


def _newest(client: Client) -> dict[int, OutcomeValue]:
    """Of each definition the standing figure of the newest days."""
    rows = (
        OutcomeValue.objects.counting()
        .filter(client=client, numerator__isnull=False)
        .order_by("definition_id", "-last_day", "-pk")
        .distinct("definition_id")
    )
    return {row.definition_id: row for row in rows.select_related("source", "said_by")}


def _row(
    client: Client, definition: OutcomeDefinition, series: Series, newest: OutcomeValue | None, *, money: bool
) -> words.OutcomeRow:
    now = series.now
    evidence = f"{reverse('says-who', args=[client.slug, series.metric.key])}?period={DAYS}d"
    figure = words.figure_text(definition, newest)[0] if newest else ""
    return words.OutcomeRow(
        definition.key,
        definition.name,
        reading_text(now),
        words.cases(now) if now.n else now.reason,
        now.provenance.mark,
        evidence if now.value is not None else "",
        ", ".join(now.sources) or (words.who_said(newest) if newest else "nobody yet"),
        f"{figure} for {words.days_text(newest)}" if newest else "nothing yet",
        words.worth_text(definition, client.currency) if money else "",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def outcome(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """What was said of one outcome, newest days first, with what it replaced; a POST says a figure, corrects one or takes it back."""
    posting = request.method == "POST"
    client = client_or_404(request, slug, "enter_outcomes" if posting else "view")
    definition = get_object_or_404(OutcomeDefinition, client=client, key=key)
    may_enter = allowed(request, client, "enter_outcomes") and not definition.counted
    correcting = None if posting else _asked(request, client, definition)
    form = FigureForm(definition, request.POST if posting else None, correcting=correcting)
    if posting and form.is_valid():
        withdrawn = request.POST.get("do") == "withdraw"
        of = _source_or_404(client, form.cleaned_data["source"])
        figure = form.record(withdrawn=withdrawn)
        refused = from_person(client, _person(request), figure, of=of)
        if not refused:
            what = "taken back; what was said before stays listed" if withdrawn else "kept"
            messages.success(request, f"The figure for {definition.name} is {what}.")
            return redirect("outcome", client.slug, definition.key)
        form.add_error(None, refused[:1].upper() + refused[1:] + ".")
    money = allowed(request, client, "see_money")
    rows = _said(client, definition)
    context = {
        "client": client,
        "outcome": definition,
        "kind": definition.get_kind_display(),
        "metric": metric_of(definition),
        "worth": words.worth_text(definition, client.currency) if money else "",
        "rows": rows,
        "said": words.outcome_headline(definition, rows),
        "most": SAID,
        "form": form,
        "correcting": words.days_text(correcting) if correcting else "",
        "may_enter": may_enter,
        "may_define": allowed(request, client, "define_outcomes"),
        "evidence": f"{reverse('says-who', args=[client.slug, metric_of(definition).key])}?period={DAYS}d",
    }
    return render(request, "monitoring/outcome.html", context, status=422 if posting else 200)


def _said(client: Client, definition: OutcomeDefinition) -> list[words.SaidRow]:
    rows = list(
        OutcomeValue.objects.filter(client=client, definition=definition)
        .select_related("source", "said_by")
        .order_by("-last_day", "-first_day", "-pk")[:SAID]
    )
    listed = OutcomeValue.objects.filter(client=client, pk__in=[row.pk for row in rows])
    standing, counting = (set(known.values_list("pk", flat=True)) for known in (listed.standing(), listed.counting()))
    zone = ZoneInfo(client.zone)
    return [
        words.said_row(
            definition,
            row,
            moment_text(row.known_at.astimezone(zone), year=True),
            standing=row.pk in standing,
            counting=row.pk in counting,
        )
        for row in rows
    ]


def _asked(request: HttpRequest, client: Client, definition: OutcomeDefinition) -> OutcomeValue | None:
    """The standing figure that ``?ref=`` and ``?source=`` name, to be corrected."""
    if not (ref := request.GET.get("ref")):
        return None
    source = _source_or_404(client, request.GET.get("source", ""))
    found = OutcomeValue.objects.standing().given_by(source.id if source else None)
    value = found.filter(client=client, definition=definition, ref=ref).select_related("source").first()
    if value is None:
        raise Http404
    return value


def _source_or_404(client: Client, public_id: str) -> SourceRef | None:
    if not public_id:
        return None
    source = get_object_or_404(Source, client=client, public_id=public_id)
    return SourceRef(source.pk, client.pk, source.public_id, source.kind)


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - nobody else has the permission
    return request.user


@require_http_methods(["GET", "HEAD", "POST"])
def define(request: HttpRequest, slug: str) -> HttpResponse:
    """Define an outcome."""
    client = client_or_404(request, slug, "define_outcomes")
    return _definition_page(request, client, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Say better what an outcome means; its key and kind stay."""
    client = client_or_404(request, slug, "define_outcomes")
    return _definition_page(request, client, get_object_or_404(OutcomeDefinition, client=client, key=key))


def _definition_page(request: HttpRequest, client: Client, known: OutcomeDefinition | None) -> HttpResponse:
    posting = request.method == "POST"
    form = DefinitionForm(client, request.POST if posting else None, instance=known)
    if posting and form.is_valid():
        saved = form.save()
        messages.success(request, f"{saved.name} is saved.")
        return redirect("outcome", client.slug, saved.key)
    context: dict[str, Any] = {"client": client, "form": form, "outcome": known}
    return render(request, "monitoring/outcome_define.html", context, status=422 if posting else 200)

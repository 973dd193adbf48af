"""Pages of the pulse and the ROI report: read them, see how they were delivered, settle what is uncertain."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_GET, require_POST

from clients.local import day_in
from clients.models import Client
from clients.permissions import allowed, client_or_404
from monitoring.readings import Period

from . import gather, periods
from .composed import Composed
from .delivery import label_of, portal_url
from .models import Delivery, DeliveryState, Kind, Report, State
from .render import render as rendered
from .tasks import compose

EMAIL_POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "sandbox": [""],
    "frame-ancestors": ["'self'"],
}
"""A mail has inline styles by nature; its preview stands in a sandboxed frame of its own, with no scripts and nothing fetched."""
LISTED = 26


@require_GET
def reports(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """The reports of one kind: those frozen or planned, newest first, and the latest complete period to look at."""
    client = client_or_404(request, slug, "see_reports")
    now = timezone.now()
    latest = periods.latest_pulse(now, client.zone) if kind == Kind.PULSE else periods.latest_month(now, client.zone)
    rows = (
        Report.objects.filter(client=client, kind=kind)
        .select_related("client")
        .prefetch_related("deliveries__recipient")
    )
    today = day_in(now, client.zone)
    listed = [
        (report, label_of(report), report.period_end <= today or report.state == State.COMPOSED)
        for report in rows[:LISTED]
    ]
    return render(
        request,
        "reports/list.html",
        {
            "client": client,
            "kind": kind,
            "title": "Pulse" if kind == Kind.PULSE else "ROI reports",
            "rows": listed,
            "latest": latest,
            "latest_label": periods.label(kind, latest),
            "may_settle": allowed(request, client, "settle_delivery"),
        },
    )


@require_GET
def report(request: HttpRequest, slug: str, kind: str, label: str) -> HttpResponse:
    """One report as a page: as it was frozen, or as it would read now."""
    client, period, kept = _read(request, slug, kind, label)
    composed = _composed(client, kind, period, kept)
    return render(
        request,
        f"reports/{kind}_page.html",
        {
            "client": client,
            "kind": kind,
            "report": composed,
            "period": period,
            "label": label,
            "kept": kept,
            "frozen": kept is not None and kept.state == State.COMPOSED,
            "deliveries": list(kept.deliveries.select_related("recipient")) if kept else [],
            "may_settle": allowed(request, client, "settle_delivery"),
        },
    )


@require_GET
@csp_override(EMAIL_POLICY)
def mail(request: HttpRequest, slug: str, kind: str, label: str) -> HttpResponse:
    """The mail's HTML by itself, for a sandboxed frame."""
    client, period, kept = _read(request, slug, kind, label)
    shown = kept or Report(client=client, kind=kind, period_start=period.start, period_end=period.end)
    return HttpResponse(rendered(_composed(client, kind, period, kept), "html", portal_url=portal_url(shown)))


@require_GET
def pdf(request: HttpRequest, slug: str, kind: str, label: str) -> HttpResponse:
    """The frozen PDF, byte for byte as it was made."""
    client, _, kept = _read(request, slug, kind, label)
    if kept is None or kept.state != State.COMPOSED:
        raise Http404("There is no PDF of this period yet. “Freeze this report” on its page makes one.")
    response = HttpResponse(bytes(kept.edition.pdf), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{client.slug}-{kind}-{label}.pdf"'
    response["ETag"] = f'"{kept.edition.content_hash}"'
    return response


@require_POST
def freeze(request: HttpRequest, slug: str, kind: str, label: str) -> HttpResponse:
    """Have a worker freeze a complete period now, or a new revision of it where its numbers changed since.

    It mails nothing, but for a pulse that failed and whose Friday is not over.
    """
    client = client_or_404(request, slug, "settle_delivery")
    period = _named(client, kind, label)
    _require_over(kind, period)
    created = False
    newest = _revisions(client, kind, period).order_by("-revision").first()
    if newest is None or newest.state == State.COMPOSED:
        newest, created = Report.objects.get_or_create(
            client=client,
            kind=kind,
            period_start=period.start,
            period_end=period.end,
            revision=newest.revision + 1 if newest else 1,
            defaults={"due_at": timezone.now()},
        )
    again = Report.objects.filter(pk=newest.pk)
    if (
        created
        or again.filter(state=State.FAILED).update(state=State.PLANNED, error="")
        or again.filter(state__in=[State.MISSED, State.SKIPPED]).update(state=State.PLANNED, error="", mailed=False)
    ):
        transaction.on_commit(lambda: compose.delay(client_id=client.pk, report_id=newest.pk))
        messages.success(
            request, "The report is being made, in a few seconds. If nothing changed, the last one stands."
        )
    else:
        messages.info(request, "This report is planned and makes itself when it is due.")
    return redirect(kind, slug, label)


@require_POST
def settle(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """A person says what became of an uncertain mail, having looked its message id up; it is never sent again."""
    client = client_or_404(request, slug, "settle_delivery")
    delivery = get_object_or_404(Delivery.objects.select_related("report__client"), client=client, public_id=public_id)
    outcomes = {"arrived": DeliveryState.SENT, "lost": DeliveryState.FAILED}
    becomes = outcomes.get(request.POST.get("outcome", ""))
    if becomes is None:
        messages.error(request, "Say whether the mail arrived or not: choose one of the two buttons.")
    elif Delivery.objects.settle(delivery.pk, DeliveryState.UNCERTAIN, becomes, settled_by=str(request.user)):
        messages.success(
            request,
            f"Noted: the mail to {delivery.recipient} {'arrived' if becomes == DeliveryState.SENT else 'did not arrive'}.",
        )
    else:
        messages.info(request, "Somebody settled this mail before you.")
    return redirect(delivery.report.kind, slug, label_of(delivery.report))


def _read(request: HttpRequest, slug: str, kind: str, label: str) -> tuple[Client, Period, Report | None]:
    """A period to read and what is kept of it. One that is not over can be read where its report went out early."""
    client = client_or_404(request, slug, "see_reports")
    period = _named(client, kind, label)
    kept = _kept(client, kind, period)
    if kept is None or kept.state != State.COMPOSED:
        _require_over(kind, period)
    return client, period, kept


def _named(client: Client, kind: str, label: str) -> Period:
    try:
        return periods.parse(kind, label, client.zone)
    except periods.PeriodError as fault:
        raise Http404(str(fault)) from fault


def _require_over(kind: str, period: Period) -> None:
    try:
        periods.require_complete(kind, period, timezone.now())
    except periods.PeriodError as fault:
        raise Http404(str(fault)) from fault


def _revisions(client: Client, kind: str, period: Period) -> QuerySet[Report]:
    return Report.objects.filter(client=client, kind=kind, period_start=period.start, period_end=period.end)


def _kept(client: Client, kind: str, period: Period) -> Report | None:
    """The newest revision that is frozen, or the newest that was planned; its PDF is read only where it is sent."""
    rows = _revisions(client, kind, period).select_related("client__practice", "client__lead", "edition")
    return rows.defer("edition__pdf").annotate(frozen=Q(state=State.COMPOSED)).order_by("-frozen", "-revision").first()


def _composed(client: Client, kind: str, period: Period, kept: Report | None) -> Composed:
    if kept is not None and kept.state == State.COMPOSED:
        return Composed.from_json(kept.edition.content)
    return gather.compose(client, kind, period, now=timezone.now())

"""The charter's pages for those who read it: a quarter as it stands, older versions, what changed between them, and the PDF."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clients.charters import digest, is_open
from clients.handbook import difference
from clients.local import day_at, today_at
from clients.models import Charter, CharterLink, CharterStatus, Client, quarter_key, quarter_start
from clients.permissions import allowed, client_or_404
from monitoring.charter_words import charter_words
from monitoring.targets import Status
from monitoring.wording import day_text, span_text
from reports.charter_paper import pdf as printed

from .charter_parts import quarter_of
from .charter_rows import Row, rows_of


@require_safe
def charter(request: HttpRequest, slug: str, quarter: str | None = None) -> HttpResponse:
    """A quarter's charter, the current one's unless told: the version in force, or ``?version=`` another."""
    client = client_or_404(request, slug)
    asked = quarter_of(client, quarter)
    here = asked.version(request.GET.get("version")) if asked.versions else asked.blank
    rows = rows_of(request, client, here) if here.pk else []
    may_agree = allowed(request, client, "approve")
    context = {
        "client": client,
        "key": asked.key,
        "charter": here,
        "rows": rows,
        "say": _say(here, rows, client),
        "span": span_text(here.quarter_start, here.quarter_end),
        "agreed": _agreed(here, client),
        "closed": day_text(day_at(client, here.closed_at), year=True) if here.closed_at else "",
        "versions": asked.versions,
        "is_newest": here == asked.newest or not asked.versions,
        "newest": asked.newest,
        "in_force": asked.current,
        "quarters": _quarters(client, asked.start),
        "may_read": allowed(request, client, "read_charter"),
        "may_edit": allowed(request, client, "edit_charter"),
        "may_agree": may_agree,
        "ready": bool(rows and here.scope.strip()),
        "hash": digest(charter_words(client, here).text) if here.pk and may_agree and not here.agreed_at else "",
        "links": _links(here, client) if here.pk and allowed(request, client, "edit_charter") else [],
        "may_close": here.status is CharterStatus.AGREED and here == asked.newest,
    }
    return render(request, "pages/charter.html", context)


@require_safe
def changes(request: HttpRequest, slug: str, quarter: str) -> HttpResponse:
    """What ``?version=``, or the newest version, says otherwise than the one before it."""
    client = client_or_404(request, slug, "read_charter")
    asked = quarter_of(client, quarter)
    after = asked.version(request.GET.get("version", str(asked.newest.version) if asked.newest else ""))
    if after.version < 2:
        raise Http404
    before = asked.version(str(after.version - 1))
    blocks = difference(said_in(client, before), said_in(client, after))
    context = {"client": client, "key": asked.key, "before": before, "after": after, "blocks": blocks}
    return render(request, "pages/charter_changes.html", context)


@require_safe
def pdf(request: HttpRequest, slug: str, quarter: str) -> HttpResponse:
    """A version on one page of paper."""
    client = client_or_404(request, slug, "read_charter")
    asked = quarter_of(client, quarter)
    here = asked.version(request.GET.get("version"))
    answer = HttpResponse(printed(client, here, charter_words(client, here)), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="charter-{client.slug}-{asked.key}-v{here.version}.pdf"'
    return answer


def said_in(client: Client, version: Charter) -> str:
    """What a version says, word for word: of an agreed one what was agreed to."""
    return version.agreed_text or charter_words(client, version).text


def _say(here: Charter, rows: Sequence[Row], client: Client) -> str:
    """The page's sentence: what is promised, and whether it is agreed."""
    hidden = here.pk and len(here.targets.all()) > len(rows)
    if not rows:
        return f"{here.label} has no targets {'that you can see' if hidden else 'yet'}."
    count = f"{len(rows)} target{'' if len(rows) == 1 else 's'}{' that you can see' if hidden else ''}"
    if here.closed_at:
        met = sum(1 for row in rows if row.mark and row.mark.word == Status.MET.word)
        return f"{here.label} is closed: {met} of {count} met."
    if here.agreed_at:
        who = here.agreed_by.partition(",")[0]
        return f"{here.label}: {count}, agreed with {who} on {_day(client, here.agreed_at)}."
    later = f"version {here.version} is" if here.version > 1 else "the charter is"
    return f"{here.label}: {count}; {later} a draft that nobody agreed to yet."


def _agreed(here: Charter, client: Client) -> str:
    """``Theo Brandt, theo@…, signed in, on 3 October 2026``."""
    if here.agreed_at is None:
        return ""
    return f"{here.agreed_by}, {here.get_agreed_way_display()}, on {_day(client, here.agreed_at)}"


def _day(client: Client, moment: datetime) -> str:
    return day_text(day_at(client, moment), year=True)


@dataclass(frozen=True)
class SentLink:
    """A link that was mailed, and what became of it."""

    public_id: str
    to: str
    sent: str
    word: str
    live: bool


def _links(here: Charter, client: Client) -> list[SentLink]:
    """The links of a version, newest first."""
    now = timezone.now()

    def word(link: CharterLink) -> str:
        if link.used_at:
            return f"used on {_day(client, link.used_at)}"
        if link.withdrawn_at:
            return "withdrawn"
        if not is_open(link, now):
            return "run out"
        return link.get_sending_display().lower() + (f": {link.error}" if link.error else "")

    return [
        SentLink(
            link.public_id, f"{link.name}, {link.email}", _day(client, link.created_at), word(link), is_open(link, now)
        )
        for link in CharterLink.objects.filter(charter=here)[:10]
    ]


@dataclass(frozen=True)
class OtherQuarter:
    """A quarter to go to."""

    key: str
    label: str
    current: bool
    written: bool


def _quarters(client: Client, start: date) -> list[OtherQuarter]:
    """Those with a charter, this one, and the next after today, newest first. One query."""
    today = quarter_start(today_at(client))
    coming = quarter_start(today + timedelta(days=93))
    written = set(Charter.objects.filter(client=client).values_list("quarter_start", flat=True))
    return [
        OtherQuarter(quarter_key(day), Charter(quarter_start=day).label, day == start, day in written)
        for day in sorted({*written, today, coming, start}, reverse=True)[:12]
    ]

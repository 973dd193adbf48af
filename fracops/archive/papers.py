"""What of an archive is for reading: Markdown of what was written down, and PDFs of charters and of reports as they were sent."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from django.utils.text import slugify

from clients.models import Charter, Client, HandbookPage, Opportunity, PageVersion, with_targets
from clients.writing import NEUTRAL
from monitoring.charter_words import charter_words
from reports import charter_paper
from reports.delivery import label_of
from reports.models import Edition


def read_me(client: Client, left_out: tuple[str, ...], *, day: date) -> str:
    """What the zip is, for who opens it first."""
    return (
        f"# Everything of {client.name}\n\nExported by {client.practice.name} on {NEUTRAL.day(day, year=True)}.\n\n"
        "- `markdown/`: the handbook with every version, charters with the text that was agreed to, the roadmap\n"
        "- `csv/`: the same figures and lists that the pages show, for a spreadsheet\n"
        "- `pdf/`: charters, and every report as it was sent\n"
        "- `json/`: all of it for another FracOps, which reads it with `manage.py client import`\n"
        "- `manifest.json`: every file with its SHA-256\n\n## What is not in it\n\n"
        + "".join(f"- {line}\n" for line in left_out)
    )


def handbook(client: Client) -> Iterator[tuple[str, str]]:
    """Each page as it reads now, and each of its versions. Needs the client's scope."""
    pages = HandbookPage.objects.filter(client=client).select_related("system").order_by("pk")
    for number, page in enumerate(pages, 1):
        name = f"{number:03}-{_short(page.title)}"
        newest = True
        for version in PageVersion.objects.filter(client=client, page=page).order_by("-number").iterator(chunk_size=50):
            if newest:
                yield f"markdown/handbook/{page.kind}/{name}.md", f"{_head(page)}{version.text}\n"
                newest = False
            told = f"*Version {version.number}, {version.written_by}, {NEUTRAL.day(version.written_at, year=True)}*"
            why = f"*{version.note}*\n\n" if version.note else ""
            yield (
                f"markdown/handbook/{page.kind}/versions/{name}-v{version.number}.md",
                f"{told}\n\n{why}{version.text}\n",
            )


def _head(page: HandbookPage) -> str:
    lines = [f"# {page.title}", ""]
    if page.decided_on:
        lines += [f"Decided on {NEUTRAL.day(page.decided_on, year=True)}.", ""]
    if page.accountable:
        lines += [f"Answers for it: {page.accountable}.", ""]
    if page.approved_version and page.approved_at:
        approved = f"Version {page.approved_version} was approved by {page.approved_by} on {NEUTRAL.day(page.approved_at, year=True)}."
        lines += [approved, ""]
    return "\n".join(lines) + "\n"


def data_notes(client: Client) -> str:
    """How its data is to be handled; "" where nobody wrote it."""
    return f"# How the data of {client.name} is handled\n\n{client.data_notes}\n" if client.data_notes else ""


def charters(client: Client) -> list[int]:
    """The ids of a client's versions of charters, oldest first. Needs the client's scope."""
    found = Charter.objects.filter(client=client).order_by("quarter_start", "version")
    return list(found.values_list("pk", flat=True))


def charter(client: Client, charter_id: int) -> tuple[str, str, bytes]:
    """A version's name, its text word for word, and its page of paper. Needs the client's scope."""
    found = Charter.objects.get(pk=charter_id)
    with_targets([found])
    words = charter_words(client, found)
    name = f"{found.key}-v{found.version}"
    agreed = (
        f"\nAgreed by {found.agreed_by} on {NEUTRAL.day(found.agreed_at, year=True)}. SHA-256 of the text: {found.agreed_hash}\n"
        if found.agreed_at
        else "\nA draft that nobody agreed to yet.\n"
    )
    return name, (found.agreed_text or words.text) + agreed, charter_paper.pdf(client, found, words)


def roadmap(client: Client, *, for_client: bool) -> str:
    """Every opportunity with what it costs, what is expected of it and what was decided. Needs the client's scope."""
    shown = Opportunity.objects.of(client, staff=not for_client).order_by("stage", "title", "pk")
    parts = [f"# Roadmap of {client.name}\n"]
    for one in shown.iterator(chunk_size=200):
        facts = [
            ("Stage", one.get_stage_display()),
            ("Decided", one.get_verdict_display() + (f", {one.verdict_why}" if one.verdict_why else "")),
            ("Problem", one.said if for_client else one.problem),
            ("Evidence", "" if for_client else " ".join(filter(None, (one.evidence, one.evidence_link)))),
            (
                "Costs",
                f"{_plain(one.hours)} hours" + (f" and {_plain(one.money)} {client.currency}" if one.money else ""),
            ),
            ("Expected", _lift(one)),
            ("Owner", one.owner),
            ("What came of it", one.result_note),
        ]
        parts.append(f"\n## {one.title}\n\n" + "".join(f"- {label}: {said}\n" for label, said in facts if said))
    return "".join(parts)


def _lift(one: Opportunity) -> str:
    if not one.metric or one.lift_low is None:
        return ""
    upto = f" to {_plain(one.lift_high)}" if one.lift_high is not None else ""
    return f"{one.metric} {one.way} by {_plain(one.lift_low)}{upto}, {one.confidence}% likely"


def editions(client: Client) -> list[int]:
    """The ids of the reports that are frozen, oldest first. Needs the client's scope."""
    found = Edition.objects.filter(client=client).order_by("report__period_start", "report_id")
    return list(found.values_list("pk", flat=True))


def edition(report_id: int) -> tuple[str, bytes]:
    """A report's name and its PDF as it was sent. Needs the client's scope."""
    found = Edition.objects.select_related("report__client").defer("content").get(pk=report_id)
    report = found.report
    return f"{report.kind}-{label_of(report).lower()}-r{report.revision}", bytes(found.pdf)


def _short(title: str) -> str:
    return re.sub(r"[^a-z0-9-]", "", slugify(title))[:50].strip("-") or "page"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"

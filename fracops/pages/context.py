"""What the shell around every page shows: the practice, the client at hand, the switcher and the navigation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from clients.models import Client, Notification, Practice, Timer, monogram
from clients.permissions import allowed, listed, works
from clients.writing import clock_text
from monitoring.prompts import any_of

WALKING = "first_steps"
"""Where a session keeps the short name of the practice whose first steps its person is taking, so that pages lead back there."""


@dataclass(frozen=True)
class Entry:
    """One link of the navigation. `key` is what follows "g" on the keyboard, `icon` the drawing in the phone's bottom bar."""

    label: str
    url: str
    current: bool
    key: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Group:
    """Entries under one of the house's words; the first group has none."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Shell:
    """All that base.html draws around a page."""

    practice: str
    client: Client | None
    clients: tuple[Client, ...]
    groups: tuple[Group, ...]
    tabs: tuple[Entry, ...]
    initials: str
    logs: bool = False
    """Whether the person logs work here, so that the quick add stands on the page."""
    timer: Timer | None = None
    """The person's running timer."""
    timer_since: str = ""
    unread: int = 0
    """How much of their inbox the person has not read."""
    back: str = ""
    """The list of first steps, while the person is taking them and is elsewhere in their practice."""


@dataclass(frozen=True)
class _Page:
    name: str
    label: str
    permission: str
    key: str = ""
    also: tuple[str, ...] = ()
    """Names of the pages below it, on which it stays marked."""
    tab: str = ""
    """Its label in the phone's bottom bar, where it has a place there."""
    icon: str = ""
    where: Callable[[Client], bool] | None = None
    """For which clients it is worth an entry; all unless told."""


_GROUPS: tuple[tuple[str, tuple[_Page, ...]], ...] = (
    ("", (_Page("client", "Overview", "view", "o", ("says-who", "since"), "Overview", "overview"),)),
    (
        "Promised",
        (
            _Page(
                "charter",
                "Charter",
                "view",
                "c",
                (
                    "charter-quarter",
                    "charter-write",
                    "charter-changes",
                    "charter-send",
                    "charter-close",
                    "charter-say",
                ),
                "Charter",
                "charter",
            ),
            _Page(
                "roadmap",
                "Roadmap",
                "see_roadmap",
                "d",
                (
                    "roadmap-list",
                    "opportunity",
                    "opportunity-new",
                    "opportunity-edit",
                    "opportunity-judge",
                    "opportunity-promote",
                    "opportunity-result",
                    "playbook-client",
                ),
            ),
            _Page(
                "engagement",
                "Engagement",
                "see_hours",
                "e",
                (
                    "fit",
                    "fit-new",
                    "engagement-begin",
                    "engagement-edit",
                    "engagement-terms",
                    "engagement-notice",
                    "deliverable",
                    "discovery",
                    "discovery-begin",
                    "discovery-edit",
                    "discovery-decide",
                    "phase-new",
                    "phase-edit",
                ),
            ),
            _Page("hours-client", "Hours", "see_hours", "h", ("hours-new", "hours-entry")),
            _Page("assumptions", "Assumptions", "see_money", "a", ("assume", "tool-cost", "tool-cost-new")),
        ),
    ),
    (
        "Watched",
        (
            _Page("outcomes", "Outcomes", "view", "u", ("outcome", "outcome-define", "outcome-edit")),
            _Page("events", "What happened", "see_events", "w", ("event-new", "event", "event-review")),
            _Page("signals", "Signals", "view", "g"),
            _Page(
                "sources",
                "Sources",
                "view",
                "s",
                ("source-connect", "source", "source-edit", "source-keeping", "source-remove"),
            ),
            _Page("prompts", "Prompts", "view", "v", where=any_of),
            _Page("costs", "Cost", "see_money", "m"),
            _Page("client-risks", "Risk", "see_risks", "x", ("client-risk", "client-risk-edit")),
            _Page("queries", "Queries", "read_texts", "q", ("query",)),
        ),
    ),
    (
        "Said",
        (
            _Page("pulses", "Pulse", "see_reports", "p", ("pulse",), "Pulse", "reports"),
            _Page("rois", "ROI reports", "see_reports", "r", ("roi",)),
        ),
    ),
    (
        "Kept",
        (
            _Page(
                "handbook",
                "Handbook",
                "read_handbook",
                "b",
                ("handbook-page", "handbook-new", "handbook-edit", "handbook-compare"),
            ),
            _Page("vendors", "Vendors", "see_vendors", "n", ("vendor", "vendor-new", "vendor-edit")),
            _Page("support", "Team support", "ask_support", "t", ("support-new", "support-entry", "support-edit")),
            _Page("exports", "Export", "export_client"),
            _Page("client-settings", "Settings", "edit_record", "k", ("calendar", "recipients")),
        ),
    ),
)


_OF_PRACTICE = (
    _Page("risks", "Risk register", "keep_register", also=("risk", "risk-new", "risk-edit")),
    _Page("news", "News", "keep_register", also=("feeds", "feed")),
    _Page("absences", "Leave", "see_practice", also=("absence", "absence-new")),
    _Page("people", "People", "manage_people", also=("person", "person-hand-over", "person-deactivate")),
    _Page("invitations", "Invitations", "invite", also=("invite",)),
    _Page("practice-rates", "Exchange rates", "see_rates", also=("practice-rate",)),
    _Page("playbook", "Playbook", "see_playbook", also=("pattern-new", "pattern")),
    _Page("retirements", "Model calendar", "see_retirements", also=("retirement", "retirement-feed-new")),
    _Page("areas", "Areas of work", "edit_areas"),
    _Page("practice-settings", "Settings", "edit_practice"),
    _Page("practice-changes", "Changes", "see_changes"),
)


def places() -> list[tuple[str, str, str]]:
    """The pages that each client has: the name of the address, the label, and the permission that it takes."""
    return [(page.name, page.label, page.permission) for _, pages in _GROUPS for page in pages]


def shell(request: HttpRequest) -> Mapping[str, Any]:
    """The context processor. Nothing is read until a template asks, so error and login pages stay free of queries."""
    return {"shell": SimpleLazyObject(lambda: shell_of(request))}


def shell_of(request: HttpRequest) -> Shell:
    """The shell of this request's page: at most five queries, whatever the number of clients."""
    if not request.user.is_authenticated:
        return Shell("FracOps", None, (), (), (), "")
    match = request.resolver_match
    clients = tuple(listed(request))
    slug = match.kwargs.get("slug") if match else None
    client = next((c for c in clients if c.slug == slug), None)
    here = match.view_name if match else ""
    practice = _practice(client, clients, match.kwargs.get("practice") if match else None)
    logs = allowed(request, client, "log_hours") if client else works(request)
    timer = Timer.objects.filter(person_id=request.user.pk).first() if logs else None
    groups = _groups(request, client, here) if client else _practice_groups(request, practice, here)
    return Shell(
        practice=practice.name if practice else "FracOps",
        client=client,
        clients=clients,
        groups=groups,
        tabs=_tabs(request, client, here) if client else (),
        initials=monogram(getattr(request.user, "label", "")),
        logs=logs,
        timer=timer,
        unread=Notification.objects.filter(person_id=request.user.pk, read_at=None).count(),
        back=_back(request, practice, here),
        timer_since=clock_text(timer.started_at.astimezone(ZoneInfo(request.user.zone))) if timer else "",
    )


def _practice(client: Client | None, clients: Sequence[Client], slug: str | None) -> Practice | None:
    """The practice of the client at hand, or that of the address, or the person's only one: it may have no client yet."""
    if client:
        return client.practice
    return next((c.practice for c in clients if slug in (None, c.practice.slug)), None) or Practice.objects.first()


def _back(request: HttpRequest, practice: Practice | None, here: str) -> str:
    walking = practice is not None and request.session.get(WALKING) == practice.slug and here != "first-steps"
    return reverse("first-steps", args=[practice.slug]) if practice and walking else ""


def _practice_groups(request: HttpRequest, practice: Practice | None, here: str) -> tuple[Group, ...]:
    own = (
        (
            Entry("Friday board", reverse("friday"), here == "friday", "f"),
            Entry("Hours", reverse("hours"), here in ("hours", "hours-add"), "h"),
        )
        if works(request)
        else ()
    )
    first = Group(
        "",
        (
            Entry(
                "Portfolio" if works(request) else "Clients", reverse("clients"), here in ("clients", "view-save"), "p"
            ),
            *own,
        ),
    )
    if practice is None:
        return (first,)
    pages = (page for page in _OF_PRACTICE if allowed(request, practice, page.permission))
    entries = tuple(
        Entry(p.label, reverse(p.name, args=[practice.slug]), here == p.name or here in p.also) for p in pages
    )
    return (first, Group("Practice", entries)) if entries else (first,)


def _groups(request: HttpRequest, client: Client, here: str) -> tuple[Group, ...]:
    groups = (
        Group(title, tuple(filter(None, (_entry(request, client, page, here) for page in pages))))
        for title, pages in _GROUPS
    )
    return tuple(group for group in groups if group.entries)


def _tabs(request: HttpRequest, client: Client, here: str) -> tuple[Entry, ...]:
    pages = (page for _, pages in _GROUPS for page in pages if page.tab)
    return tuple(filter(None, (_entry(request, client, page, here, page.tab) for page in pages)))


def _entry(request: HttpRequest, client: Client, page: _Page, here: str, label: str = "") -> Entry | None:
    """A page's entry, or None where it does not exist or is not the person's to see."""
    if not allowed(request, client, page.permission) or (page.where and not page.where(client)):
        return None
    try:
        url = reverse(page.name, args=[client.slug])
    except NoReverseMatch:
        return None
    return Entry(label or page.label, url, here == page.name or here in page.also, page.key, page.icon)

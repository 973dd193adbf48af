"""What the demo practice watches for its clients, and two feeds that nobody reads, with entries. All of it is invented."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from clients.models import (
    Client,
    Concern,
    ConcernStatus,
    EntryState,
    Feed,
    FeedEntry,
    Practice,
    RiskItem,
    RiskKind,
    RiskNote,
    RiskStatus,
    Severity,
    User,
)

HALDEN, LINDENHOF, QUARRY = "halden-outfitters", "lindenhof-versicherung", "quarry-pine"


@dataclass(frozen=True)
class Watched:
    """An item: due in so many days, if at all; `concerns` are a client, its standing, note and evidence."""

    title: str
    kind: RiskKind
    severity: Severity
    due_in: int | None
    owner: str
    words: str
    concerns: tuple[tuple[str, ConcernStatus, str, str], ...] = ()
    notes: tuple[str, ...] = ()
    link: str = ""
    status: RiskStatus = RiskStatus.OPEN


MARA, OTIS, INES = "mara@northlight.example", "otis@northlight.example", "owner@northlight.example"
ITEMS = (
    Watched(
        "GPT-4o (May 2024) is switched off in spring",
        RiskKind.DEPRECATION,
        Severity.HIGH,
        45,
        MARA,
        "OpenAI switches off the model version that some of your answers come from. A newer one is being tried against your own "
        "questions before anything changes.",
        (
            (
                HALDEN,
                ConcernStatus.AFFECTED,
                "The support chatbot runs on it. The newer version is tried on 300 kept chats first.",
                "",
            ),
            (QUARRY, ConcernStatus.UNCHECKED, "", ""),
        ),
        ("The newer version costs a third less for input. Refusals were worded differently in a first look.",),
        "https://vendor.example/deprecations",
    ),
    Watched(
        "A customer’s mail can steer the summariser",
        RiskKind.INJECTION,
        Severity.CRITICAL,
        -3,
        OTIS,
        "Text inside a document could give the summariser instructions. Documents are now marked as quoted text, and we test it weekly.",
        (
            (
                LINDENHOF,
                ConcernStatus.HANDLED,
                "Claims are passed as quoted text since last week; 40 planted instructions were all ignored.",
                "Red-team run 12, in the runbook",
            ),
            (
                QUARRY,
                ConcernStatus.AFFECTED,
                "Briefs still go in unmarked. The change is ready and waits for a release window.",
                "",
            ),
        ),
        ("Found with a planted sentence in white text of a PDF.",),
    ),
    Watched(
        "EU guidance on automated decisions in insurance",
        RiskKind.PRIVACY_LAW,
        Severity.MEDIUM,
        70,
        OTIS,
        "New guidance asks that people can have a claim decided by a person. Today a person signs every decision; we check that the "
        "record shows it.",
        ((LINDENHOF, ConcernStatus.UNCHECKED, "Legal reads it until the middle of next month.", ""),),
        link="https://authority.example/guidance/automated-decisions",
    ),
    Watched(
        "Anthropic keeps API data for 7 days instead of 30",
        RiskKind.VENDOR_POLICY,
        Severity.LOW,
        None,
        MARA,
        "A vendor keeps what is sent to it for a shorter time than before. Nothing has to be done.",
        ((HALDEN, ConcernStatus.ACCEPTED, "Good for us: the policy page can say 7 days.", ""),),
        link="https://vendor.example/policies/retention",
        status=RiskStatus.WATCHED,
    ),
    Watched(
        "Answers to some first names are shorter",
        RiskKind.BIAS,
        Severity.MEDIUM,
        20,
        INES,
        "",
        ((HALDEN, ConcernStatus.UNCHECKED, "", ""),),
        ("Seen in 2 of 60 pairs; could be chance. Needs 400 pairs to know.",),
    ),
    Watched(
        "A small open model for short summaries",
        RiskKind.MODEL,
        Severity.MEDIUM,
        30,
        OTIS,
        "A small model that runs on your own machines may write short summaries as well as the large one. We try it on last month’s.",
        (
            (
                LINDENHOF,
                ConcernStatus.AFFECTED,
                "200 old claims are being summarised by both; two adjusters judge blind.",
                "",
            ),
        ),
    ),
    Watched(
        "Cached prompts at half the price",
        RiskKind.FEATURE,
        Severity.HIGH,
        None,
        MARA,
        "The part of a prompt that never changes can be kept by the vendor and costs half as much then.",
        ((HALDEN, ConcernStatus.HANDLED, "On since last month; the cost page shows it.", "Cost page, cached input"),),
        status=RiskStatus.CLOSED,
    ),
)
FEEDS = (
    (
        "Model deprecations",
        "https://vendor.example/deprecations.atom",
        (
            ("Embedding model v2 will be retired", "Requests to it fail from the end of the next quarter on.", 2),
            ("Snapshot names now carry the region", "Old names keep working for a year.", 9),
        ),
    ),
    (
        "Data-protection authority",
        "https://authority.example/news.rss",
        (
            (
                "Fine for chat logs kept without a reason",
                "A shop kept its chats for five years; a written reason was missing.",
                1,
            ),
            (
                "Questions and answers on AI in claims handling",
                "Twelve questions that insurers asked, with answers.",
                6,
            ),
            ("The annual report is out", "Numbers of complaints by sector.", 13),
        ),
    ),
)
"""Name, address, and entries: title, summary, and how many days ago."""


def ensure(firm: Practice, people: dict[str, User], clients: dict[str, Client], today: date) -> None:
    """Write the register and the feeds, once. Needs the practice's scope."""
    if RiskItem.objects.filter(practice=firm).exists():
        return
    now = datetime.combine(today, time(8), UTC)
    for watched in ITEMS:
        item = RiskItem.objects.create(
            practice=firm,
            title=watched.title,
            kind=watched.kind,
            severity=watched.severity,
            status=watched.status,
            due=None if watched.due_in is None else today + timedelta(days=watched.due_in),
            owner=people[watched.owner],
            words=watched.words,
            link=watched.link,
        )
        for slug, status, note, evidence in watched.concerns:
            Concern.objects.create(
                practice=firm, client=clients[slug], item=item, status=status, note=note, evidence=evidence
            )
        for text in watched.notes:
            RiskNote.objects.create(
                practice=firm, item=item, text=text, written_by=people[watched.owner].label, written_at=now
            )
    for name, url, entries in FEEDS:
        feed = Feed.objects.create(practice=firm, name=name, url=url, active=False, due_at=now, read_at=now)
        for number, (title, summary, days) in enumerate(entries):
            FeedEntry.objects.create(
                practice=firm,
                feed=feed,
                key=f"demo-{number}",
                title=title,
                summary=summary,
                published_at=now - timedelta(days=days),
                arrived_at=now - timedelta(days=days),
                state=EntryState.OLDER if days > 10 else EntryState.NEW,
            )

"""What waits for a person, over all clients: one line and one action each, the most urgent first. docs/portfolio.md states the order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import IntEnum

from django.urls import reverse

from clients.models import Client, Stage, User
from clients.quickadd import words_of
from clients.retainer import ending_words
from clients.roadmap import stalled
from clients.writing import NBSP, day_text
from monitoring.models import Signal
from reports.delivery import label_of
from reports.models import DeliveryState, Report

from .many import Facts, at_client
from .marks import Mark

MOST = 7
NOTICE = timedelta(days=30)
"""So long before the last day for a vendor's notice it waits for somebody."""
_BAD, _DUE = Mark("off", "off", "Act"), Mark("watch", "watch", "Due")


class Kind(IntEnum):
    """Most urgent first: what may already have gone wrong, then what runs, then what is due."""

    SEND = 1
    SIGNAL = 2
    HOURS = 3
    END = 4
    VENDOR = 5
    RISK = 6
    CHARTER = 7
    POLICY = 8
    PILOT = 9
    REVIEW = 10


@dataclass(frozen=True)
class Need:
    """One line: whose, what, since or until when, and the one thing to do about it. Of a kind a client has one line."""

    client: Client
    kind: Kind
    text: str
    day: date
    when: str
    act: str
    place: tuple[str, Sequence[str]]
    """The name of the address that it leads to, and what that needs besides the client."""
    behalf: str = ""
    """For whom, where the reader stands in for somebody who is away."""

    @property
    def url(self) -> str:
        return reverse(self.place[0], args=[self.client.slug, *self.place[1]])

    @property
    def mark(self) -> Mark:
        return _BAD if self.kind <= Kind.HOURS else _DUE


def needs_of(facts: Iterable[Facts], reader: User | None = None) -> list[Need]:
    """Everything that waits, by kind, then the longest waiting, then the client's name; for a reader with whom they stand in for."""
    found = []
    for one in facts:
        words = one.away.behalf(reader) if one.away and reader else ""
        found += [replace(need, behalf=words) for need in _of_client(one)]
    return sorted(found, key=lambda need: (need.kind, need.day, need.client.name))


def _of_client(one: Facts) -> Iterator[Need]:
    for part in (_send, _signal, _hours, _end, _vendor, _risk, _charter, _policy, _pilot, _review):
        if need := part(one):
            yield need


def _need(
    one: Facts, kind: Kind, text: str, day: date, act: str, place: str, *arguments: str, others: int = 0, when: str = ""
) -> Need:
    more = f" {others} more like it." if others > 0 else ""
    return Need(
        one.client, kind, text + more, day, when or f"since {day_text(day)}".replace(" ", NBSP), act, (place, arguments)
    )


def _send(one: Facts) -> Need | None:
    uncertain = [d for d in one.deliveries if d.state == DeliveryState.UNCERTAIN]
    if uncertain:
        report = uncertain[0].report
        text = f"Nobody knows whether {_named(report)} reached {_people(len(uncertain))}."
        return _need(one, Kind.SEND, text, _day(uncertain[0].not_before, one), "Settle it", *_place(report))
    if one.reports:
        report = one.reports[0]
        text = f"{_named(report)[:1].upper()}{_named(report)[1:]} was not sent: {report.error or 'it failed.'}"
        others = len(one.reports) - 1
        return _need(one, Kind.SEND, text, _day(report.due_at, one), "See why", *_place(report), others=others)
    if one.deliveries:
        report = one.deliveries[0].report
        text = f"{_named(report)[:1].upper()}{_named(report)[1:]} did not reach {_people(len(one.deliveries))}."
        return _need(one, Kind.SEND, text, _day(one.deliveries[0].not_before, one), "See why", *_place(report))
    return None


def _signal(one: Facts) -> Need | None:
    acts = [signal for signal in one.signals if signal.severity == Signal.Severity.ACT]
    if not acts:
        return None
    act = "Open signal" if len(acts) == 1 else "Open signals"
    day = _day(acts[0].opened_at, one)
    return _need(one, Kind.SIGNAL, _sentence(acts[0].title), day, act, "signals", others=len(acts) - 1)


def _hours(one: Facts) -> Need | None:
    burn = one.burn
    if burn is None or not burn.available or burn.worked <= burn.available:
        return None
    text = f"{words_of(burn.worked)} worked of {words_of(burn.available)} agreed for {one.today:%B}."
    left = f"{burn.days - burn.days_over} working days left".replace(" ", NBSP)
    return _need(one, Kind.HOURS, text, one.today, "Open hours", "hours-client", when=left)


def _end(one: Facts) -> Need | None:
    engagement = one.engagement
    if engagement is None or engagement.ends_on is None or engagement.ends_on < one.today:
        return None
    when = _in_days((engagement.ends_on - one.today).days)
    text = f"{ending_words(engagement)}."
    return _need(one, Kind.END, text, engagement.ends_on, "Plan the handover", "engagement", when=when)


def _vendor(one: Facts) -> Need | None:
    dated = [(day, notice) for notice in one.contracts if (day := notice.decide_by)]
    soon = sorted(
        ((day, notice) for day, notice in dated if one.today <= day <= one.today + NOTICE), key=lambda found: found[0]
    )
    if not soon:
        return None
    day, notice = soon[0]
    when = _in_days((day - one.today).days)
    return _need(one, Kind.VENDOR, notice.told, day, "Decide", "vendor", notice.vendor.public_id,
                 others=len(soon) - 1, when=when)  # fmt: skip


def _risk(one: Facts) -> Need | None:
    if not one.concerns:
        return None
    concern = one.concerns[0]
    day = concern.item.due or one.today
    text = f"“{concern.item.title}” was to be settled; here it stands at “{concern.get_status_display().lower()}”."
    others = len(one.concerns) - 1
    return _need(one, Kind.RISK, text, day, "Settle it", "client-risk", concern.public_id, others=others)


def _charter(one: Facts) -> Need | None:
    if not one.drafts:
        return None
    draft = one.drafts[0]
    link = one.sent.get(draft.pk)
    begun = draft.quarter_start <= one.today
    what = f"amendment of {draft.label}’s charter" if draft.version > 1 else f"charter of {draft.label}"
    quarter = f"{'since' if begun else 'from'} {day_text(draft.quarter_start)}".replace(" ", NBSP)
    if link:
        day = _day(link.created_at, one)
        if fault := one.lapsed.get(draft.pk):
            text = f"{link.name}’s link to the {what} {fault}: send it again."
            return _need(one, Kind.CHARTER, text, day, "Send it again", "charter-send", draft.key)
        text = f"The {what} waits for {link.name} to agree."
        return _need(one, Kind.CHARTER, text, day, "Open charter", "charter-quarter", draft.key)
    text = f"The {what} is a draft that nobody was sent."
    return _need(one, Kind.CHARTER, text, draft.quarter_start, "Finish it", "charter-write", draft.key,
                 when=quarter)  # fmt: skip


def _policy(one: Facts) -> Need | None:
    if not one.policies:
        return None
    page = one.policies[0]
    return _need(one, Kind.POLICY, f"The policy “{page.title}” is due to be read again.", page.review_on or one.today,
                 "Review policy", "handbook-page", page.public_id, others=len(one.policies) - 1)  # fmt: skip


def _pilot(one: Facts) -> Need | None:
    days = one.client.practice.pilot_quiet_days
    pilots = [(chance, why) for chance in one.chances if (why := stalled(chance, one.today, days))]
    if not pilots:
        return None
    chance, why = pilots[0]
    day = chance.review_on if chance.is_late(one.today) and chance.review_on else chance.touched_on
    text = f"The pilot “{chance.title}” has stalled. {why}"
    return _need(one, Kind.PILOT, text, day, "Open pilot", "opportunity", chance.public_id, others=len(pilots) - 1)


def _review(one: Facts) -> Need | None:
    late = [c for c in one.chances if c.stage != Stage.PILOT and c.is_late(one.today) and c.review_on]
    if not late:
        return None
    chance = late[0]
    day = chance.review_on or one.today
    text = f"“{chance.title}” was to be looked at again."
    return _need(one, Kind.REVIEW, text, day, "Review it", "opportunity", chance.public_id, others=len(late) - 1)


def _place(report: Report) -> tuple[str, str]:
    return report.kind, label_of(report)


def _named(report: Report) -> str:
    kind = "the pulse" if report.kind == "pulse" else "the ROI report"
    return (
        f"{kind} of {day_text(report.period.last)}" if report.kind == "pulse" else f"{kind} of {report.period_start:%B}"
    )


def _people(n: int) -> str:
    return f"{n} {'person' if n == 1 else 'people'}"


def _day(moment: datetime, one: Facts) -> date:
    return at_client(moment, one.client).date()


def _in_days(days: int) -> str:
    return f"in {days} day{'' if days == 1 else 's'}".replace(" ", NBSP) if days else "today"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "…")) else f"{text}."


def said(needs: Sequence[Need], clients: int) -> str:
    """The page's sentence: how much waits, and at whom first; else that nothing does."""
    if not clients:
        return "There are no clients yet that you look after."
    whole = f"{clients} client{'' if clients == 1 else 's'}"
    if not needs:
        return f"Nothing waits for you: {whole} in your care."
    at = len({need.client.pk for need in needs})
    where = f" at {needs[0].client.name}" if at == 1 else f" at {at} of {whole}, {needs[0].client.name} first"
    return f"{len(needs)} thing{' needs' if len(needs) == 1 else 's need'} you{where}."

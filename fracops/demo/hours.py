"""The demo's engagements and work log: plans, a notice, deliverables, and the hours of the people who look after the three clients.

All of it is invented, and the same for the same day; what is there already is left as it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from clients import plans
from clients.models import Area, Client, Deliverable, Engagement, Terms, User, WorkEntry
from clients.months import month_start, next_month


@dataclass(frozen=True)
class RetainerStory:
    """What was agreed with a client: plans as months before today's, amount, unit, fee and the words of the change."""

    terms: tuple[tuple[int, int, str, int, str], ...]
    carry: str = "none"
    carry_hours: int | None = None
    carry_months: int | None = None
    minimum_months: int | None = None
    mandate: str = ""
    on_call: str = ""
    notice_by: str = ""
    """Who gave notice eight days ago, if anybody."""
    deliverables: tuple[tuple[str, int, str], ...] = ()
    """Of this month, then the ones before: what, within how many hours, what came of it."""
    done: tuple[tuple[str, str, str], ...] = field(default=())
    """What is done in a week: area, note, words for the client (or "")."""


RETAINERS = {
    "halden-outfitters": RetainerStory(
        terms=((8, 8, "hours_week", 5600, ""), (2, 10, "hours_week", 6500, "The returns flow came into scope")),
        carry="up_to",
        carry_hours=8,
        minimum_months=3,
        mandate="Decides on prompts, evals and guardrails; advises on vendors and on what the support team is asked to do.",
        on_call="Weekdays from 9 to 18 in Chicago, for the support assistant only",
        deliverables=(
            ("Refusals of the support assistant below 3%, with an eval that proves it", 30, ""),
            ("Golden set grown to 150 answers, every October failure in it", 24, "Done with 158; two wordings changed"),
            ("Returns flow live behind the assistant", 34, "Live on the 22nd, first week without an incident"),
        ),
        done=(
            (
                "performance monitoring",
                "Read Monday’s transcripts, 40 of them",
                "Read 40 conversations and marked what went wrong",
            ),
            (
                "prompt optimization",
                "Tightened refusal wording, ran the golden set",
                "Refusals are worded more plainly now",
            ),
            ("integration maintenance", "Order look-up timed out, raised its limit", ""),
            ("team support", "Call with the support leads", "Went through the week’s hard cases with your leads"),
            ("reporting", "Pulse and charter numbers", ""),
        ),
    ),
    "lindenhof-versicherung": RetainerStory(
        terms=((7, 4, "days_month", 8200, ""),),
        carry="expires",
        carry_months=2,
        mandate="Advises; releases are decided by the claims department.",
        deliverables=(
            ("Claims agent asks for the missing document by itself", 32, ""),
            ("Look-ups that fail fall back to the archive", 28, "Failed look-ups halved"),
        ),
        done=(
            (
                "performance monitoring",
                "Watched the claims agent’s hand-overs",
                "Looked at why claims are handed to a person",
            ),
            ("system updates", "New policy forms in the index", "The new policy forms are known to the agent"),
            ("workflow expansion", "Sketched the missing-document step", ""),
            ("reporting", "Numbers for the works council", ""),
        ),
    ),
    "quarry-pine": RetainerStory(
        terms=((6, 6, "hours_week", 5400, ""),),
        minimum_months=3,
        mandate="Decides on models within the agreed cost of a call; partners sign what leaves the firm.",
        notice_by="Ruth Okafor, Quarry & Pine",
        deliverables=(
            ("Handover: runbooks of both systems, rehearsed", 20, ""),
            ("Summaries on the smaller model, quality held", 26, "Cost of a call halved, groundedness unchanged"),
        ),
        done=(
            (
                "prompt optimization",
                "Shorter summary prompt, compared on 60 matters",
                "Summaries cost less and say the same",
            ),
            (
                "integration maintenance",
                "Clause finder’s index rebuilt",
                "Rebuilt the clause index after the March filings",
            ),
            ("team support", "Workshop with the paralegals", "Showed the paralegals how to check a summary"),
        ),
    ),
}


def tell(client: Client, today: date) -> None:
    """Write a client's engagement, deliverables and work log, where it has none yet. Call it in the client's scope."""
    story = RETAINERS[client.slug]
    if Engagement.objects.filter(client=client).exists():
        return
    month = month_start(today)
    began = next_month(month, -story.terms[0][0])
    notice_on = today - timedelta(days=8) if story.notice_by else None
    engagement = Engagement.objects.create(
        client=client,
        started_on=began,
        minimum_months=story.minimum_months,
        on_call=bool(story.on_call),
        on_call_words=story.on_call,
        mandate=story.mandate,
        notice_on=notice_on,
        notice_by=story.notice_by,
        ends_on=plans.last_day(began, notice_on, 30, story.minimum_months) if notice_on else None,
    )
    for back, amount, unit, fee, why in story.terms:
        Terms.objects.create(
            client=client,
            engagement=engagement,
            month=next_month(month, -back),
            amount=amount,
            unit=unit,
            monthly_fee=Decimal(fee),
            carry_over=story.carry,
            carry_hours=story.carry_hours,
            carry_months=story.carry_months,
            why=why,
        )
    for back, (text, hours, result) in enumerate(story.deliverables):
        of = next_month(month, -back)
        done = next_month(of) - timedelta(days=4) if result else None
        Deliverable.objects.create(client=client, month=of, text=text, hours=hours, result=result, done_on=done)
    if client.lead:
        areas = {area.name: area for area in Area.objects.of(client.practice)}
        WorkEntry.objects.bulk_create(_work(client, client.lead, story, areas, began, today))


def _work(
    client: Client, person: User, story: RetainerStory, areas: dict[str, Area], first: date, today: date
) -> Iterator[WorkEntry]:
    """About what the plan grants, in pieces on working days, the last of them yesterday."""
    random = Random(client.slug)
    weekly = story.terms[-1][1] * (60 if story.terms[-1][2] == "hours_week" else 8 * 60 / 4.35)
    day = first
    while day < today:
        for area, note, said in _of_day(day, story.done, random):
            minutes = max(15, round(weekly / len(story.done) * random.uniform(0.75, 1.3) / 15) * 15)
            yield WorkEntry(
                practice=client.practice,
                client=client,
                person=person,
                day=day,
                minutes=minutes,
                area=areas[area],
                note=note,
                visible=bool(said),
                visible_note=said,
                attendees="Theo Brandt, Maya Lund" if note.startswith("Call") else "",
            )
        day += timedelta(days=1)


def _of_day(day: date, done: Sequence[tuple[str, str, str]], random: Random) -> Iterator[tuple[str, str, str]]:
    """A week's work, spread over its working days."""
    for place, piece in enumerate(done):
        if day.isoweekday() == 1 + place % 5 and random.random() < 0.94:
            yield piece

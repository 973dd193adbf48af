"""What people wrote down of the demo clients, and when the models that they call are said to retire.

There are the outage, the changes around the drift and the saving, and a review that is open.

All of it is invented. What came with the calls themselves is nowhere written here: the timeline reads it from their points.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from clients.models import Client, Event, Practice, Retirement, System, SystemReview

from .plots import DRIFT_DAYS_AGO, SAVING_DAYS_AGO, outage_day


@dataclass(frozen=True)
class Told:
    """One event, some days before today at a time on the client's clock; `lasts` is in minutes, 0 where it has no end."""

    type: str
    title: str
    days: int
    at: time
    note: str = ""
    system: str = ""
    lasts: int = 0
    count: int | None = None
    counted: str = ""
    visible: bool = True
    reviews: tuple[tuple[str, str, int, str], ...] = ()
    """System, reviewer, due so many days before today (negative is to come), and what was found; "" while it is open."""


def _told(today: date) -> dict[str, tuple[Told, ...]]:
    outage = (today - outage_day(today)).days
    return {
        "halden-outfitters": (
            Told(
                "api_version", "Shop API moved to version 4", DRIFT_DAYS_AGO + 9, time(7, 30),
                "Order look-ups kept their answers; the old version ends in spring.", "Support assistant",
            ),
            Told(
                "refresh", "Help pages read anew", DRIFT_DAYS_AGO - 6, time(6, 0),
                "Checked whether stale pages explained the wrong answers: they did not.", "Support assistant", 0, 412, "pages",
            ),
            Told(
                "product_line", "Winter camping joins the shop", 11, time(9, 0),
                "Sixty new articles, and sizes that the assistant has never been asked about.",
                reviews=(("Support assistant", "Mara Quillan", -4, ""),),
            ),
        ),
        "lindenhof-versicherung": (
            Told(
                "incident", "Claims database not reachable", outage, time(8, 10),
                "Look-ups failed from 8:10, nothing came from 11:10. The database’s certificate had run out.", "Claims agent",
                430, 61, "claims handed to people",
            ),
            Told(
                "configuration", "Watch on the certificate’s last days", outage - 2, time(14, 0),
                "It warns 30 days ahead.", "Claims agent",
            ),
            Told(
                "people", "Four new handlers in motor claims", 40, time(8, 0), "They override more often while they learn.",
                reviews=(("Claims agent", "Mara Quillan", 26, "Overrides rose for nine days, then fell back. Nothing to change."),),
            ),
        ),
        "quarry-pine": (
            Told(
                "release", "Summaries on the smaller model", SAVING_DAYS_AGO, time(7, 0),
                "A hundred and twenty summaries were compared on both models before.", "Matter summaries", 0, 120, "summaries compared",
            ),
            Told(
                "reindex", "Clause library indexed anew", 17, time(22, 0), "", "Clause finder", 95, 18_400, "clauses",
            ),
            Told(
                "limits", "Higher limit of requests", 24, time(10, 0), "The provider raised it; evening batches no longer wait.",
                visible=False,
            ),
        ),
    }  # fmt: skip


def tell(client: Client, today: date) -> None:
    """Write down what is missing. Needs the client's scope, and its systems."""
    systems = {system.name: system for system in System.objects.filter(client=client)}
    zone = ZoneInfo(client.zone)
    for one in _told(today)[client.slug]:
        if Event.objects.filter(client=client, title=one.title).exists():
            continue
        began = datetime.combine(today - timedelta(days=one.days), one.at, zone)
        event = Event.objects.create(
            client=client,
            type=one.type,
            title=one.title,
            note=one.note,
            system=systems.get(one.system),
            began_at=began,
            ended_at=began + timedelta(minutes=one.lasts) if one.lasts else None,
            count=one.count,
            counted=one.counted,
            visible=one.visible,
            author=client.lead,
        )
        for system, reviewer, days, found in one.reviews:
            due = today - timedelta(days=days)
            SystemReview.objects.create(
                client=client,
                event=event,
                system=systems[system],
                reviewer=reviewer,
                due=due,
                done_on=due - timedelta(days=1) if found else None,
                found=found,
            )


def calendar(firm: Practice, today: date) -> None:
    """The practice's model calendar: the model that explains the retailer's drift is to go in sixty days, another much later.

    Needs the practice's scope. What is there already stays as it is.
    """
    for model, days, replacement in (
        ("gpt-4o-2024-11-20", 60, "gpt-4.1-2025-04-14"),
        ("claude-sonnet-4-5", 300, ""),
    ):
        Retirement.objects.get_or_create(
            practice=firm,
            feed=None,
            model=model,
            defaults={
                "retires_on": today + timedelta(days=days),
                "replacement": replacement,
                "link": "https://models.example/retirements",
            },
        )

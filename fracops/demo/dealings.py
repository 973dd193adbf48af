"""The demo clients' vendors, and what their people asked, learned and said. All of it is invented."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from clients.models import Client, CommitmentPer, SupportEntry, SupportKind, Training, Vendor, VendorTalk

ASK, TRAIN, SAY = SupportKind.QUESTION, SupportKind.TRAINING, SupportKind.FEEDBACK


@dataclass(frozen=True)
class Bought:
    """A vendor: it renews in so many days, with so many days of notice; `talks` are days ago, with whom and what was said."""

    name: str
    buys: str
    renews_in: int
    notice_days: int | None
    commitment: int | None
    per: CommitmentPer
    retention: str
    training: Training
    region: str
    talks: tuple[tuple[int, str, str], ...] = ()
    renews_itself: bool = True


VENDORS = {
    "halden-outfitters": (
        Bought(
            "OpenAI",
            "GPT-4o and GPT-4o mini by API",
            82,
            60,
            1_500,
            CommitmentPer.YEAR,
            "30 days",
            Training.NO,
            "US",
            (
                (
                    9,
                    "Lee Sato, account manager",
                    "Asked for the enterprise price from 5,000 dollars a year on. An offer comes next week.",
                ),
                (51, "Support", "The double line on the September bill was theirs; it is credited in November."),
            ),
        ),
        Bought(
            "Zendesk",
            "Suite, 24 seats",
            210,
            30,
            2_760,
            CommitmentPer.MONTH,
            "as long as the account",
            Training.OPTED_OUT,
            "US",
        ),
    ),
    "lindenhof-versicherung": (
        Bought(
            "Azure OpenAI",
            "GPT-4o in the German region",
            41,
            90,
            30_000,
            CommitmentPer.YEAR,
            "none",
            Training.NO,
            "EU (Frankfurt)",
            (
                (
                    20,
                    "Einkauf, Frau Roth",
                    "The notice date was missed: the contract runs another year. We ask for a lower tier instead.",
                ),
            ),
        ),
        Bought(
            "Guidewire", "Connector for claims", 150, 30, 1_450, CommitmentPer.MONTH, "not stored", Training.NO, "EU"
        ),
    ),
    "quarry-pine": (
        Bought("Anthropic", "Claude by API", 130, None, None, CommitmentPer.YEAR, "7 days", Training.NO, "US"),
        Bought(
            "iManage",
            "Document store",
            25,
            None,
            1_900,
            CommitmentPer.MONTH,
            "as long as the account",
            Training.UNKNOWN,
            "US",
            (),
            False,
        ),
    ),
}
SUPPORT = {
    "halden-outfitters": (
        (ASK, 4, "Support desk", "May we paste a customer’s address into the assistant?", "", None, 0),
        (
            SAY,
            12,
            "Maya Lund",
            "Refusals sound like a lawyer wrote them.",
            "The wording was softened and tried on 60 old chats.",
            6,
            0,
        ),
        (
            TRAIN,
            33,
            "Store teams",
            "Five new people join the desk.",
            "An hour with ten real chats, good and bad.",
            30,
            5,
        ),
        (
            ASK,
            40,
            "Maya Lund",
            "Why does it answer in English to French mails?",
            "Mails without a greeting were read as English; fixed.",
            38,
            0,
        ),
        (
            SAY,
            47,
            "Returns team",
            "The link to the returns form is broken in answers.",
            "The address had changed; the snippet is updated.",
            46,
            0,
        ),
    ),
    "lindenhof-versicherung": (
        (ASK, 8, "Schadenservice", "Can the summary name the policy’s exclusions first?", "", None, 0),
        (
            TRAIN,
            36,
            "Adjusters in Berlin",
            "How to read a summary’s sources.",
            "Two sessions of 45 minutes, recorded.",
            35,
            14,
        ),
        (
            SAY,
            42,
            "Jana Weber",
            "Summaries of long claims leave out the last letter.",
            "Long claims are split by letter now.",
            37,
            0,
        ),
    ),
    "quarry-pine": (
        (
            SAY,
            15,
            "Paralegals",
            "Citations without a page number are useless.",
            "Page numbers are asked for and checked.",
            11,
            0,
        ),
        (
            ASK,
            39,
            "Dana Pine",
            "Which matters were drafted with it last month?",
            "A list by matter goes out with each month’s report.",
            37,
            0,
        ),
    ),
}
"""Kind, days ago, from whom, what, what was done, how many days ago that was, and people trained."""


def keep(client: Client, today: date) -> None:
    """Write a client's vendors and team support, once. Needs the client's scope."""
    if Vendor.objects.filter(client=client).exists():
        return
    lead = client.lead.label if client.lead else "Northlight"
    for bought in VENDORS[client.slug]:
        vendor = Vendor.objects.create(
            client=client,
            name=bought.name,
            buys=bought.buys,
            renews_on=today + timedelta(days=bought.renews_in),
            renews_itself=bought.renews_itself,
            notice_days=bought.notice_days,
            commitment=None if bought.commitment is None else Decimal(bought.commitment),
            commitment_per=bought.per,
            currency=client.currency,
            retention=bought.retention,
            training=bought.training,
            region=bought.region,
            dpa_link="https://vendor.example/dpa" if bought.training == Training.NO else "",
        )
        for days, whom, text in bought.talks:
            day = today - timedelta(days=days)
            VendorTalk.objects.create(
                client=client,
                vendor=vendor,
                day=day,
                people=whom,
                text=text,
                written_by=lead,
                written_at=datetime.combine(day, time(16), ZoneInfo(client.zone)),
            )
    for kind, days, by, text, done, done_days, people in SUPPORT[client.slug]:
        SupportEntry.objects.create(
            client=client,
            kind=kind,
            came_on=today - timedelta(days=days),
            by=by,
            text=text,
            done=done,
            done_on=None if done_days is None else today - timedelta(days=done_days),
            people=people or None,
            recorded_by=lead,
        )

"""What is kept of the demo's three clients: who they are, when they are closed, and what their money rests on. All of it is invented."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from clients.models import (
    HOURLY_LOSS,
    LABOUR_RATE,
    TICKET_VALUE,
    Assumption,
    Client,
    Closure,
    ClosureKind,
    Known,
    ToolCost,
    User,
)


@dataclass(frozen=True)
class Said:
    """One assumption: its key, its value, who said so and how long ago."""

    key: str
    value: Decimal
    unit: str
    known: Known
    by: str
    days_ago: int
    note: str = ""


@dataclass(frozen=True)
class Record:
    """What is typed into a client's settings, calendar and assumptions; `tools` are names with what they cost a month."""

    headcount: int
    niche: tuple[str, ...]
    competitors: tuple[str, ...]
    country: str
    region: str
    contacts: str
    data_notes: str
    ai_budget: int
    said: tuple[Said, ...]
    tools: tuple[tuple[str, int], ...]


RECORDS = {
    "halden-outfitters": Record(
        headcount=240,
        niche=("outdoor retail", "e-commerce"),
        competitors=("Northface Traders Inc.", "Summit & Trail"),
        country="US",
        region="IL",
        contacts="Maya Lund, support desk: +1 312 555 0142\nTheo Brandt, budget and contracts: theo.brandt@halden.example",
        data_notes="Chats may hold **names and order numbers**, never card numbers.\n\n- Texts are kept for 30 days.\n"
        "- Nothing leaves the US.\n- Ask Maya Lund before a new system reads chats.",
        ai_budget=120,
        said=(
            Said(TICKET_VALUE, Decimal(36), "USD a ticket", Known.ASSUMED, "Mara Quillan", 150, "Industry figure"),
            Said(TICKET_VALUE, Decimal(40), "USD a ticket", Known.REPORTED, "Theo Brandt", 64, "Quarter-goal session"),
            Said(LABOUR_RATE, Decimal("31.50"), "USD an hour", Known.REPORTED, "Theo Brandt", 64, "Payroll, loaded"),
            Said(HOURLY_LOSS, Decimal(850), "USD an hour", Known.ASSUMED, "Mara Quillan", 40),
        ),
        tools=(("Zendesk Suite, 24 seats", 2760), ("Langfuse Pro", 199)),
    ),
    "lindenhof-versicherung": Record(
        headcount=1100,
        niche=("insurance", "household and liability"),
        competitors=("Rheinfels Versicherung AG",),
        country="DE",
        region="BE",
        contacts="Jana Weber, Schadenservice: +49 30 555 01 20\nDatenschutz: datenschutz@lindenhof.example",
        data_notes="Claims hold **health data** (Art. 9 GDPR).\n\n- Only shapes and scores are read, no texts.\n"
        "- Everything stays in the EU.",
        ai_budget=150,
        said=(
            Said(LABOUR_RATE, Decimal(44), "EUR an hour", Known.REPORTED, "Jana Weber", 90, "Mail of the controlling"),
            Said("A claim settled by hand", Decimal("18.20"), "EUR a claim", Known.REPORTED, "Jana Weber", 90),
        ),
        tools=(("Guidewire connector", 1450),),
    ),
    "quarry-pine": Record(
        headcount=85,
        niche=("law firm", "real estate law"),
        competitors=("Harrow Lane LLP",),
        country="US",
        region="NY",
        contacts="Dana Pine, managing partner: dana@quarrypine.example",
        data_notes="Client files are **privileged**: texts are not kept.",
        ai_budget=450,
        said=(Said(LABOUR_RATE, Decimal(95), "USD an hour", Known.REPORTED, "Dana Pine", 120, "Paralegal, billed"),),
        tools=(("iManage", 1900),),
    ),
}


def keep(client: Client, slug: str, backup: User, today: date) -> None:
    """Write a client's record, once. Needs the client's scope."""
    record = RECORDS[slug]
    if client.country:
        return
    client.headcount, client.contacts, client.data_notes = record.headcount, record.contacts, record.data_notes
    client.niche, client.competitors = list(record.niche), list(record.competitors)
    client.country, client.region, client.backup = record.country, record.region, backup
    client.ai_budget = Decimal(record.ai_budget)
    client.save()
    for said in record.said:
        day = today - timedelta(days=said.days_ago)
        Assumption.objects.create(
            client=client,
            key=said.key,
            value=said.value,
            unit=said.unit,
            known=said.known,
            said_by=said.by,
            said_on=day,
            valid_from=day,
            note=said.note,
        )
    first = (today - timedelta(days=150)).replace(day=1)
    for name, amount in record.tools:
        ToolCost.objects.create(
            client=client,
            name=name,
            amount=Decimal(amount),
            currency=client.currency,
            from_month=first,
            said_by=record.said[0].by,
        )
    for kind, begins, ends, why in _spans(record.country, today):
        Closure.objects.create(client=client, kind=kind, first=begins, last=ends, why=why)


def _spans(country: str, today: date) -> list[tuple[ClosureKind, date, date, str]]:
    new_year = date(today.year + 1, 1, 1)
    if country != "US":
        return [(ClosureKind.BLACKOUT, date(today.year, 12, 21), new_year + timedelta(days=2), "Year-end close")]
    year = today.year if today <= after_thanksgiving(today.year) else today.year + 1
    friday = after_thanksgiving(year)
    return [(ClosureKind.CLOSED, friday, friday, "The day after Thanksgiving")]


def after_thanksgiving(year: int) -> date:
    """The Friday after the fourth Thursday of a November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)

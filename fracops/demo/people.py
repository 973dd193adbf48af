"""The demo's people beyond their logins: what they cost, who is away and invited, and what a dollar was worth."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from clients.hour_costs import change
from clients.invitations import invite
from clients.models import (
    Absence,
    Client,
    ExchangeRate,
    HourRate,
    Invitation,
    Look,
    Practice,
    Role,
    Sending,
    Staff,
    User,
    quarter_start,
)
from clients.months import next_month
from clients.tenancy import practice

RATES = {"mara@northlight.example": (Decimal(78), Decimal(36)), "otis@northlight.example": (Decimal(64), Decimal(20))}
"""Per person: what an hour costs, in the practice's currency, and hours a week."""
BEFORE = Decimal(58)
"""What an hour of Otis' cost before."""
EURO = tuple(map(Decimal, ("0.8655", "0.8587", "0.8520", "0.8591", "0.8562", "0.8603")))
"""What a dollar was worth in euros, the last whole month first; invented, of the right size."""
INVITED = (
    ("cfo@lindenhof.example", Role.EXECUTIVE, "lindenhof-versicherung", Sending.WAITING, ""),
    (
        "ops@quarrypine.example",
        Role.CONTRIBUTOR,
        "quarry-pine",
        Sending.UNCERTAIN,
        "The connection broke before the mail server answered: timed out",
    ),
)
"""Address, role, client, how its sending stands and why."""


def ensure(firm_id: int, people: dict[str, User], today: date, now: datetime) -> None:
    """Add whatever of it is missing."""
    owner = people["owner@northlight.example"]
    with practice(firm_id):
        firm = Practice.objects.get(pk=firm_id)
        for email, (cost, hours) in RATES.items():
            Staff.objects.get_or_create(
                practice=firm, user=people[email], defaults={"hourly_rate": cost, "weekly_hours": hours}
            )
        # Otis cost less until this quarter: margins of months before keep that.
        otis = people["otis@northlight.example"]
        if not HourRate.objects.filter(practice=firm).exists():
            change(firm, otis, BEFORE, RATES[otis.email][0], quarter_start(today))
        # Quarry & Pine's lead: whoever stands in for him sees for whom they act.
        if not Absence.objects.filter(practice=firm, person=otis).exists():
            Absence.objects.create(practice=firm, person=otis, first=today, last=today + timedelta(days=5))
        # They looked at their clients the day before yesterday, so that each page tells what is new.
        for email in (owner.email, *RATES):
            for client in Client.objects.filter(practice=firm):
                looked = {"practice": firm, "at": now - timedelta(days=2)}
                Look.objects.get_or_create(person=people[email], client=client, defaults=looked)
        month = today.replace(day=1)
        for rate in EURO:
            month = next_month(month, -1)
            ExchangeRate.objects.get_or_create(
                practice=firm,
                month=month,
                base="USD",
                quote="EUR",
                defaults={"rate": rate, "source": "Invented for the demo, mean of the month", "entered_by": owner},
            )
        for email, role, slug, sending, why in INVITED:
            if not Invitation.objects.filter(practice=firm, email=email).exists():
                made = invite(firm, owner, email, role, Client.objects.filter(slug=slug), now)
                Invitation.objects.filter(pk=made.pk).update(sending=sending, error=why)

"""The practice's own pages at 200 clients, 20 people and two years of hours, charters, reports, roadmaps and handbooks."""

import random
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

CLIENTS, PEOPLE, DAYS = 200, 20, 730
EMAIL, PASSWORD = "wide@bench.example", "a long enough passphrase"
PAGES = (
    ("Portfolio, 200 clients", "/?all"),
    ("Friday board, 200 clients", "/friday/"),
    ("Search, 200 clients, 2,800 texts", "/search/?part=list&q=policy7"),
)
_WORDS = ("Refund", "Claims", "Returns", "Policy", "Index", "Prompts", "Routing", "Cache", "Latency", "Grounding")


def load() -> None:
    """Everything, once; a practice that is there is left as it is."""
    from django.utils import timezone

    from clients.models import Area, Client, Membership, Practice, User
    from clients.tenancy import practice as whole_practice

    if Practice.objects.using("owner").filter(slug="wide").exists():
        return
    now, chance = timezone.now(), random.Random(200)
    firm = Practice.objects.using("owner").create(
        slug="wide", name="Wide", sender_name="Wide", sender_email="wide@bench.example"
    )
    people = [User.objects.create_user(EMAIL, PASSWORD, name="Owner")]
    people += [User.objects.create_user(f"p{n}@bench.example", PASSWORD, name=f"Person {n}") for n in range(PEOPLE - 1)]
    with whole_practice(firm.pk):
        Membership.objects.create(practice=firm, user=people[0], role="owner")
        areas = list(Area.objects.of(firm))
        for number in range(CLIENTS):
            Client.objects.create(
                practice=firm,
                slug=f"wide-{number}",
                name=f"{_WORDS[number % len(_WORDS)]} {number}",
                zone="America/Chicago" if number % 2 else "Europe/Berlin",
                country="US" if number % 2 else "DE",
                lead=people[number % PEOPLE],
                ai_budget=Decimal(4_000),
                sector="Insurance",
            )
    with whole_practice(firm.pk):
        for client in Client.objects.filter(practice=firm).select_related("practice"):
            _client(client, people, areas, now, chance)
    print(f"loaded {CLIENTS} clients with two years each", file=sys.stderr)


def _client(client: Any, people: Any, areas: Any, now: datetime, chance: random.Random) -> None:
    from clients import handbook
    from clients.models import Engagement, HandbookPage, Opportunity, Terms, WorkEntry
    from fracops import glances
    from monitoring.doors import push_source
    from monitoring.models import Source
    from monitoring.signals import raise_signal

    today = now.date()
    began = today - timedelta(days=DAYS)
    engagement = Engagement.objects.create(client=client, started_on=began)
    Terms.objects.create(
        client=client, engagement=engagement, month=began.replace(day=1), amount=Decimal(6), monthly_fee=Decimal(6000)
    )
    WorkEntry.objects.bulk_create(
        WorkEntry(
            practice_id=client.practice_id,
            client=client,
            person=chance.choice(people),
            area=chance.choice(areas),
            day=began + timedelta(days=day),
            minutes=chance.choice((30, 45, 60, 120)),
            note="Tightened refusal wording",
        )
        for day in range(0, DAYS, 2)
    )
    for name in ("Traces", "Scores", "Desk"):
        push_source(client, name, "Bot")
    Source.objects.filter(client=client).update(last_arrival_at=now - timedelta(hours=chance.randrange(60)))
    for number in range(chance.randrange(4)):
        raise_signal(client.pk, f"cause-{number}", f"{chance.choice(_WORDS)} stopped", now=now)
    Opportunity.objects.bulk_create(
        Opportunity(
            practice_id=client.practice_id,
            client=client,
            title=f"{chance.choice(_WORDS)} {number}",
            problem="As it stands",
            stage=("idea", "pilot", "production")[number % 3],
            owner="Mara",
            review_on=today + timedelta(days=chance.randrange(-20, 200)),
            stage_since=began,
            touched_on=today - timedelta(days=chance.randrange(60)),
        )
        for number in range(12)
    )
    kinds = ["context", "rights", "policy", "policy", *["decision"] * 10]
    for number, kind in enumerate(kinds):
        page = HandbookPage.objects.create(
            client=client,
            kind=kind,
            title=f"{chance.choice(_WORDS)} {number}",
            review_on=today + timedelta(days=chance.randrange(-5, 300)) if kind == "policy" else None,
        )
        for _ in range(3):
            text = " ".join(f"{chance.choice(_WORDS)}{int(2_000 * chance.random() ** 2)}" for _ in range(400))
            handbook.write(page, text, by="Mara", now=now)
    _said(client, began, today, now)
    glance = glances.read(client, now)
    glance.moved = "Accuracy fell from 84.1% to 71.4%, and that target is off track. A typical reply took 1.2 s."
    states = [chance.choice(("on_track", "on_track", "watch", "off_track")) for _ in range(3)]
    glance.targets = [{"name": f"Target {i}", "status": state, "why": ""} for i, state in enumerate(states)]
    glance.spent, glance.spent_known = Decimal(2_200), "measured"
    glance.heading = Decimal(chance.randrange(3_000, 5_000))
    glance.save()


def _said(client: Any, began: date, today: date, now: datetime) -> None:
    """Charters of nine quarters, and a pulse a week to two people."""
    from clients.models import Charter, Target, quarter_start
    from reports.models import Delivery, DeliveryState, Recipient, Report, State

    quarter = quarter_start(began)
    while quarter <= today:
        charter = Charter.objects.create(client=client, quarter_start=quarter, scope="Keep answers right.")
        Target.objects.bulk_create(
            Target(
                client=client,
                charter=charter,
                position=i,
                name=f"Target {i}",
                metric="accuracy",
                goal=Decimal("0.9"),
                due=charter.quarter_end,
            )
            for i in range(3)
        )
        Charter.objects.filter(pk=charter.pk).update(agreed_at=now, agreed_by="Theo", agreed_hash="x" * 64)
        quarter = quarter_start(quarter + timedelta(days=93))
    people = [Recipient.objects.create(client=client, email=f"{n}@{client.slug}.example") for n in ("ceo", "cto")]
    friday = began + timedelta(days=(4 - began.weekday()) % 7)
    pulses = Report.objects.bulk_create(
        Report(
            client=client,
            kind="pulse",
            period_start=friday + timedelta(days=7 * week - 7),
            period_end=friday + timedelta(days=7 * week),
            due_at=now - timedelta(days=DAYS - 7 * week),
            mailed=True,
            state=State.COMPOSED,
        )
        for week in range(DAYS // 7)
    )
    Delivery.objects.bulk_create(
        Delivery(client=client, report=pulse, recipient=person, not_before=pulse.due_at, state=DeliveryState.SENT)
        for pulse in pulses
        for person in people
    )

"""Rows for tests, made in the scopes real code makes them in."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from clients.models import (
    Area,
    Client,
    Discovery,
    Engagement,
    Event,
    Membership,
    Opportunity,
    Pattern,
    Phase,
    Practice,
    System,
    SystemReview,
    Terms,
    User,
    WorkEntry,
)
from clients.tenancy import practice as whole_practice
from clients.tenancy import scope
from monitoring import ingest, rollups
from monitoring.doors import SourceRef, authenticate, issue_token, push_source
from monitoring.records import ScoreKind, ScoreRecord, SpanKind, SpanRecord

PASSWORD = "correct horse battery staple"


def practice(slug: str) -> Practice:
    return Practice.objects.using("owner").create(
        slug=slug, name=slug.title(), sender_name=slug.title(), sender_email=f"pulse@{slug}.example"
    )


def client(firm: Practice, slug: str, **fields: Any) -> Client:
    with whole_practice(firm.pk):
        made = Client.objects.create(practice_id=firm.pk, slug=slug, **{"name": slug.title(), "zone": "UTC"} | fields)
    made.practice = firm
    return made


def user(email: str) -> User:
    return User.objects.create_user(email, PASSWORD, name=email.split("@")[0].title())


def member(of: Client | Practice, role: str, email: str = "") -> User:
    """Somebody with a role at a client, or in a whole practice."""
    firm_id = of.practice_id if isinstance(of, Client) else of.pk
    person = user(email or f"{role}-{of.slug}@people.example")
    with whole_practice(firm_id):
        Membership.objects.create(
            practice_id=firm_id, client=of if isinstance(of, Client) else None, user=person, role=role
        )
    return person


def engagement(of: Client, started_on: date = date(2026, 9, 1), **terms: Any) -> Engagement:
    """A retainer of eight hours a week for 6,500 a month, unless told otherwise."""
    usual = {"amount": Decimal(8), "unit": "hours_week", "monthly_fee": Decimal(6500)}
    with scope(of.pk):
        made = Engagement.objects.create(client=of, started_on=started_on)
        Terms.objects.create(client=of, engagement=made, month=started_on.replace(day=1), **usual | terms)
    return made


def area(of: Client, name: str = "prompt optimization") -> Area:
    """One of the practice's areas of work."""
    with whole_practice(of.practice_id):
        return next(one for one in Area.objects.of(of.practice) if one.name == name)


def entry(of: Client, person: User, day: date = date(2026, 11, 5), minutes: int = 90, **fields: Any) -> WorkEntry:
    """An hour and a half of prompt work on the Thursday before NOW."""
    usual: dict[str, Any] = {"area": area(of), "note": "Tightened refusal wording"}
    with scope(of.pk):
        return WorkEntry.objects.create(
            practice_id=of.practice_id, client=of, person=person, day=day, minutes=minutes, **usual | fields
        )


def opportunity(of: Client, **fields: Any) -> Opportunity:
    """An idea that the client sees, of ten hours and no metric, unless told otherwise."""
    usual: dict[str, Any] = {
        "title": "Answer order status",
        "problem": "People ask where their order is",
        "hours": Decimal(10),
        "visible": True,
        "stage_since": date(2026, 11, 2),
        "touched_on": date(2026, 11, 2),
    }
    with scope(of.pk):
        return Opportunity.objects.create(practice_id=of.practice_id, client=of, **usual | fields)


def phase(of: Client, **fields: Any) -> Phase:
    """A phase of a discovery of its own: accuracy of 80%, killed where three attempts are below 60%."""
    usual: dict[str, Any] = {
        "name": "Retrieval baseline",
        "work": "Four sources, one index",
        "starts_on": date(2026, 10, 1),
        "ends_on": date(2026, 10, 31),
        "goal_metric": "accuracy",
        "goal_value": Decimal("0.8"),
        "kill_metric": "accuracy",
        "kill_value": Decimal("0.6"),
        "fallback": "Managed retrieval",
    }
    with scope(of.pk):
        found = Discovery.objects.create(client=of, question="Can it be found?", began_on=date(2026, 9, 14))
        return Phase.objects.create(client=of, discovery=found, **usual | fields)


def event(of: Client, began_at: datetime = datetime(2026, 11, 3, 9, tzinfo=UTC), **fields: Any) -> Event:
    """New prices on the Tuesday before NOW, which the client sees, unless told otherwise."""
    usual: dict[str, Any] = {"type": "pricing", "title": "New prices", "visible": True}
    with scope(of.pk):
        return Event.objects.create(client=of, began_at=began_at, **usual | fields)


def review(of: Client, **fields: Any) -> SystemReview:
    """A review of the client's bot that new prices ask for, due a week after them."""
    usual: dict[str, Any] = {"reviewer": "Mara", "due": date(2026, 11, 10)}
    with scope(of.pk):
        bot, _ = System.objects.get_or_create(client=of, name="Bot")
        return SystemReview.objects.create(client=of, event=event(of), system=bot, **usual | fields)


def pattern(firm: Practice, **fields: Any) -> Pattern:
    """Accuracy rises by two to four points, in any system."""
    usual: dict[str, Any] = {
        "title": "Ground answers",
        "symptom": "Answers invent facts",
        "action": "Answer only from documents",
        "metric": "accuracy",
        "lift_low": Decimal("0.02"),
        "lift_high": Decimal("0.04"),
    }
    with whole_practice(firm.pk):
        return Pattern.objects.create(practice_id=firm.pk, **usual | fields)


def token(of: Client, name: str = "App", system: str = "Bot") -> str:
    with scope(of.pk):
        return issue_token(push_source(of, name, system))


def source(of: Client, name: str = "App", system: str = "Bot") -> SourceRef:
    found = authenticate(token(of, name, system))
    assert found is not None
    return found


def span(number: int, at: datetime, **fields: Any) -> SpanRecord:
    """A model call of 400 ms; `number` makes its ids."""
    usual: dict[str, Any] = {
        "trace_id": f"{number:032x}",
        "span_id": f"{number:016x}",
        "started_at": at,
        "ended_at": at + timedelta(milliseconds=400),
        "kind": SpanKind.LLM,
        "name": "chat",
        "model": "gpt-4",
        "input_tokens": 100,
        "output_tokens": 50,
        "cost": Decimal("0.0025"),
    }
    return SpanRecord(**usual | fields)


def verdict(of: SpanRecord, right: bool, name: str = "accuracy") -> ScoreRecord:
    """A yes or no on a call."""
    return ScoreRecord(
        f"{of.span_id}:{name}",
        name,
        ScoreKind.BOOLEAN,
        of.started_at,
        of.trace_id,
        of.span_id,
        Decimal(int(right)),
        system=of.system,
        model=of.model,
    )


def calls(
    of: Client, spans: Iterable[SpanRecord], scores: Iterable[ScoreRecord] = (), *, by: SourceRef | None = None
) -> SourceRef:
    """Store calls through ingest and bring the points up to date."""
    by = by or source(of)
    ingest.store(by, list(spans), list(scores))
    rollups.roll_up(of)
    return by

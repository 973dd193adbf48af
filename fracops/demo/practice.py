"""The demo practice's people, clients, charters and sources: everything that is typed in rather than sent."""

import secrets
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from django.utils import timezone

from clients.models import Area, Client, Membership, Practice, Role, System, User
from clients.tenancy import practice, scope
from monitoring.doors import issue_token, push_source
from monitoring.models import OutcomeDefinition, PushKind, Source
from reports.models import Recipient

from . import beginnings, charters, dealings, events, handbook, hours, record, roadmap, watching
from . import people as beyond
from .story import CLIENTS, DAYS, ClientStory

PRACTICE = "Northlight AI Operations"
SOURCE = "OpenTelemetry"
DESK = "Claims desk"
"""The source that sends business figures."""


@dataclass(frozen=True)
class Login:
    """A demo login as ``var/demo.json`` lists it."""

    email: str
    password: str
    role: str
    clients: list[str]


PEOPLE = (
    ("owner@northlight.example", "Ines Moreau", Role.OWNER, None),
    ("mara@northlight.example", "Mara Quillan", Role.PROGRAM_MANAGER, (0, 1)),
    ("otis@northlight.example", "Otis Threlby", Role.PROGRAM_MANAGER, (2,)),
    ("executive@halden.example", "Theo Brandt", Role.EXECUTIVE, (0,)),
    ("contributor@halden.example", "Maya Lund", Role.CONTRIBUTOR, (0,)),
)
"""Email, name, role, and the clients by their place in CLIENTS; None is the whole practice."""


def ensure(today: date, known: dict[str, tuple[str, str]]) -> tuple[list[Login], dict[str, tuple[str, str]]]:
    """Make whatever of the demo practice is missing; returns its logins, and each one's password with its hash.

    `known` is what an earlier run returned: a password whose hash is still the person's own needs no slow check.
    """
    firm, _ = Practice.objects.using("owner").get_or_create(
        slug="northlight",
        defaults={
            "name": PRACTICE,
            "sender_name": PRACTICE,
            "sender_email": "pulse@northlight.example",
            "hourly_rate": 65,
        },
    )
    logins, people, hashes = [], {}, {}
    for email, name, role, places in PEOPLE:
        password, encoded = known.get(email) or (secrets.token_urlsafe(9), "")
        person = User.objects.filter(email=email).first() or User.objects.create_user(email, password, name=name)
        if encoded != person.password and not person.check_password(password):
            person.set_password(password)
            person.save(update_fields=["password"])
        people[email], hashes[email] = person, (password, person.password)
        logins.append(
            Login(email, password, role.value, [c.slug for i, c in enumerate(CLIENTS) if places is None or i in places])
        )
    with practice(firm.pk):
        for place, story in enumerate(CLIENTS):
            lead = next(
                people[email]
                for email, _, role, places in PEOPLE
                if role is Role.PROGRAM_MANAGER and places and place in places
            )
            Client.objects.get_or_create(
                slug=story.slug,
                defaults={
                    "practice_id": firm.pk,
                    "name": story.name,
                    "sector": story.sector,
                    "zone": story.zone,
                    "colour": story.colour,
                    "currency": story.currency,
                    "lead": lead,
                },
            )
    with practice(firm.pk):
        Area.objects.of(firm)
        clients = {c.slug: c for c in Client.objects.select_related("practice", "lead")}
        for email, _, role, places in PEOPLE:
            for client in [None] if places is None else [clients[CLIENTS[i].slug] for i in places]:
                Membership.objects.get_or_create(
                    practice_id=firm.pk, client=client, user=people[email], defaults={"role": role}
                )
        watching.ensure(firm, people, clients, today)
    beyond.ensure(firm.pk, people, today, timezone.now())
    for story in CLIENTS:
        with scope(clients[story.slug]):
            _promises(clients[story.slug], story, today)
            handbook.ensure(clients[story.slug], today)
            hours.tell(clients[story.slug], today)
            events.tell(clients[story.slug], today)
            record.keep(clients[story.slug], story.slug, people["owner@northlight.example"], today)
            dealings.keep(clients[story.slug], today)
            beginnings.talk(clients[story.slug], today)
    with practice(firm.pk):
        roadmap.patterns(firm)
        events.calendar(firm, today)
        for story in CLIENTS:
            roadmap.plan(clients[story.slug], today)
    return logins, hashes


def _promises(client: Client, story: ClientStory, today: date) -> None:
    for outcome in story.outcomes:
        said = asdict(outcome)
        OutcomeDefinition.objects.get_or_create(client=client, key=said.pop("key"), defaults=said)
    live_on = today - timedelta(days=DAYS - 3)
    systems = {
        name: System.objects.get_or_create(client=client, name=name, defaults={"live_on": live_on})[0]
        for name in story.systems
    }
    charters.ensure(client, story, systems, today)
    for email in story.recipients:
        Recipient.objects.get_or_create(client=client, email=email)


def token_for(story: ClientStory, known: str = "", name: str = SOURCE) -> tuple[Client, str]:
    """The client and a token of one of its demo sources: the known one while it still works, else a new one."""
    from clients.tenancy import token_digest

    client = Client.objects.using("owner").get(slug=story.slug)
    with scope(client.pk):
        source = Source.objects.filter(client_id=client.pk, kind=PushKind.OTLP, name=name).first() or push_source(
            client, name, story.systems[0]
        )
        if known and source.token_digest == token_digest(known):
            return client, known
        return client, issue_token(source)

"""Who works at a practice and for its clients: roles given, changed and taken, one change of a practice's people at a time.

Every call here belongs inside `changing(practice)`. The last owner always stays.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from django.db.models import Q, QuerySet
from django.dispatch import Signal
from django.utils import timezone

from . import charters
from .inbox import tell
from .local import today_at
from .models import Absence, Client, Invitation, Membership, Practice, Role, User
from .tenancy import practice

LOOKED_AFTER_BY = ("lead", "backup")
"""The columns of a client that name a person who looks after it."""
access_ended = Signal()
"""Sent with `person` and `clients` inside the change with which somebody lost what they were to them: floors above end what they hold."""
OF_PRACTICE = frozenset({Role.OWNER, Role.PROGRAM_MANAGER})
OF_CLIENT = frozenset({Role.EXECUTIVE, Role.CONTRIBUTOR})


class RefusedError(Exception):
    """What cannot be done, in a sentence for people: why not, and what to do instead."""


@contextmanager
def changing(firm: Practice) -> Iterator[None]:
    """Open the whole practice for a change of its people; a second change waits until the first is done."""
    with practice(firm):
        Practice.objects.select_for_update().get(pk=firm.pk)
        yield


def role_word(firm: Practice, role: str) -> str:
    """A role as the practice calls it: “Program manager”, or its own word for that."""
    word = firm.manager_word if role == Role.PROGRAM_MANAGER else Role(role).label
    return word[:1].upper() + word[1:]


def managers(firm: Practice) -> QuerySet[User]:
    """The practice's own people: its owners and whoever manages any of its clients; for a manager, of those they manage too."""
    of_firm = Membership.objects.filter(practice=firm, role__in=[Role.OWNER, Role.PROGRAM_MANAGER])
    return User.objects.filter(is_active=True, pk__in=of_firm.values("user_id")).order_by("name", "email")


def held_by(firm: Practice, person: User) -> QuerySet[Membership]:
    """What the person is to the practice and its clients."""
    return Membership.objects.filter(practice=firm, user=person).select_related("client")


def role_at(firm: Practice, rows: Iterable[Membership]) -> Role | None:
    """Owner or manager for those who work for the practice; None for a client's own people."""
    roles = {Role(row.role) for row in rows if row.practice_id == firm.pk}
    return next((role for role in (Role.OWNER, Role.PROGRAM_MANAGER) if role in roles), None)


def looked_after(firm: Practice, person: User) -> QuerySet[Client]:
    """The clients that are assigned to the person or name them, by name."""
    named = Q(*((column, person) for column in LOOKED_AFTER_BY), _connector=Q.OR)
    assigned = Membership.objects.filter(practice=firm, user=person, role=Role.PROGRAM_MANAGER, client__isnull=False)
    return Client.objects.filter(named | Q(pk__in=assigned.values("client_id")), practice=firm).order_by("name")


def assign(firm: Practice, person: User, client: Client, role: Role) -> None:
    """Give the person a role at a client. Who works for the practice looks after it; a client's own people are one or the other."""
    staff = role_at(firm, held_by(firm, person))
    fits = role is Role.PROGRAM_MANAGER if staff else role in OF_CLIENT
    if not fits:
        raise RefusedError(f"{person.label} cannot be {Role(role).label.lower()} of {client.name}.")
    row, new = Membership.objects.get_or_create(practice=firm, client=client, user=person, defaults={"role": role})
    if not new and row.role != role:
        row.role = role
        row.save(update_fields=["role"])


def take_away(firm: Practice, person: User, client: Client) -> None:
    """Take a client from the person, the invitations to it that they sent, and what was sent to them; a backup is one no more.

    Its lead is changed first.
    """
    if client.lead_id == person.pk:
        raise RefusedError(
            f"{person.label} leads {client.name}. Make somebody else its lead first, or hand all of their clients over."
        )
    staff = role_at(firm, held_by(firm, person))
    if client.backup_id == person.pk:
        _put(client, backup=None)
    Membership.objects.filter(practice=firm, client=client, user=person).delete()
    _withdraw(Invitation.objects.filter(practice=firm, invited_by=person, clients=client))
    if staff is not Role.OWNER:
        _end_access(person, [client])
    if staff is not None:
        _stay_on(firm, person)


def make_lead(firm: Practice, person: User, client: Client) -> None:
    """Have the person lead a client; it is assigned to them with that."""
    assign(firm, person, client, Role.PROGRAM_MANAGER)
    _put(client, lead=person)


def change_role(firm: Practice, person: User, role: Role) -> None:
    """Make one of the practice's own people an owner, or a manager of the clients assigned to them or led by them."""
    now = role_at(firm, held_by(firm, person))
    if now is None or role not in OF_PRACTICE:
        raise RefusedError(f"{person.label} does not work for {firm.name}: invite them as {Role(role).label.lower()}.")
    if role is not Role.OWNER and now is Role.OWNER:
        _another_owner_than(firm, person)
        _withdraw(Invitation.objects.filter(practice=firm, invited_by=person, role__in=OF_PRACTICE))
    Membership.objects.update_or_create(practice=firm, client=None, user=person, defaults={"role": role})
    kept = list(looked_after(firm, person))
    for client in kept:
        assign(firm, person, client, Role.PROGRAM_MANAGER)
    if now is Role.OWNER and role is not Role.OWNER:
        _end_access(person, list(Client.objects.filter(practice=firm).exclude(pk__in=[client.pk for client in kept])))


def hand_over(firm: Practice, giver: User, taker: User) -> list[Client]:
    """Give all clients of one person to another in one step, lead and assignment. Returns them."""
    if giver == taker or role_at(firm, held_by(firm, taker)) is None:
        raise RefusedError(f"{taker.label} cannot take them over: choose somebody else who works for {firm.name}.")
    clients = list(looked_after(firm, giver))
    for client in clients:
        assign(firm, taker, client, Role.PROGRAM_MANAGER)
        if theirs := [column for column in LOOKED_AFTER_BY if getattr(client, f"{column}_id") == giver.pk]:
            _put(client, **dict.fromkeys(theirs, taker))
        now = timezone.now()
        title = f"{client.name} is yours now: {giver.label} handed it over."
        tell(client.pk, f"handed-over:{now.isoformat()}", title, "client", now=now, people=[taker.pk])
    owns = role_at(firm, held_by(firm, giver)) is Role.OWNER
    held_by(firm, giver).filter(role=Role.PROGRAM_MANAGER, client__isnull=False).delete()
    _stay_on(firm, giver)
    if not owns:
        _end_access(giver, clients)
    return clients


def leave(firm: Practice, person: User, taker: User | None = None) -> list[Client]:
    """End all that the person is to the practice and its clients, the leave that is not over, the open invitations to and from
    them, and what was sent to them.

    Returns the clients that `taker` has now, or nobody. Names in histories stay, and so does the login, for other practices.
    """
    if role_at(firm, held_by(firm, person)) is Role.OWNER:
        _another_owner_than(firm, person)
    clients = list(looked_after(firm, person)) if taker is None else hand_over(firm, person, taker)
    for column in LOOKED_AFTER_BY:
        for client in Client.objects.filter(practice=firm, **{column: person}):
            _put(client, **{column: None})
    Membership.objects.filter(practice=firm, user=person).delete()
    Absence.objects.filter(practice=firm, person=person, last__gte=today_at(person)).delete()
    _withdraw(Invitation.objects.filter(Q(invited_by=person) | Q(email__iexact=person.email), practice=firm))
    _end_access(person, list(Client.objects.filter(practice=firm)))
    return clients


def _put(client: Client, **people: User | None) -> None:
    """Say who looks after a client, by column. Who leads it backs nobody up there."""
    for column, person in people.items():
        setattr(client, column, person)
    if client.lead_id is not None and client.lead_id == client.backup_id:
        client.backup = None
    client.save(update_fields=LOOKED_AFTER_BY)


def _end_access(person: User, of: Sequence[Client]) -> None:
    charters.withdraw_sent_to(person.email, of, timezone.now())
    access_ended.send(sender=User, person=person, clients=of)


def _stay_on(firm: Practice, person: User) -> None:
    """Who looks after no client any more still works for the practice, until they are deactivated."""
    if role_at(firm, held_by(firm, person)) is None:
        Membership.objects.create(practice=firm, user=person, role=Role.PROGRAM_MANAGER)


def _another_owner_than(firm: Practice, person: User) -> None:
    others = Membership.objects.filter(practice=firm, client=None, role=Role.OWNER).exclude(user=person)
    if not others.exists():
        raise RefusedError(f"{person.label} is the last owner of {firm.name}. Make somebody else an owner first.")


def _withdraw(invitations: QuerySet[Invitation]) -> None:
    open_ones = list(invitations.filter(accepted_at=None, withdrawn_at=None).values_list("pk", flat=True))
    Invitation.objects.filter(pk__in=open_ones).update(withdrawn_at=timezone.now())

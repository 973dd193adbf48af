"""Invitations: asked for, sent again, withdrawn, and accepted once by the person whose address they were sent to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from .models import Client, Invitation, InvitedTo, Membership, Practice, Role, Sending, User
from .ratelimit import seconds_to_wait
from .tenancy import by_token, practice

VALID = timedelta(days=7)
"""How long a link works after its mail was sent."""
MOST_OPEN = 200
"""Invitations of a practice that wait for an answer at once."""
AN_HOUR = 40
"""Mails with an invitation that a practice has sent in an hour, those sent again included."""


class Standing(Enum):
    """Whether an invitation can be accepted, and why not."""

    OPEN = "open"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Found:
    """What a link stands for: ids only, read before any scope is open."""

    practice_id: int
    invitation_id: int


def standing(invitation: Invitation, now: datetime) -> Standing:
    """Where an invitation stands. One whose mail was not sent yet is open."""
    if invitation.accepted_at:
        return Standing.ACCEPTED
    if invitation.withdrawn_at:
        return Standing.WITHDRAWN
    if invitation.expires_at and invitation.expires_at <= now:
        return Standing.EXPIRED
    return Standing.OPEN


def invite(firm: Practice, by: User, email: str, role: Role, clients: Iterable[Client], now: datetime) -> Invitation:
    """Note down that somebody shall be asked; a worker writes to them. Needs the whole practice's scope."""
    made = Invitation.objects.create(practice=firm, email=email.strip(), role=role, invited_by=by, not_before=now)
    InvitedTo.objects.bulk_create(InvitedTo(practice=firm, invitation=made, client=client) for client in clients)
    return made


def refused(firm: Practice, now: datetime, *, anew: bool) -> str:
    """Why no invitation can be sent now, and what to do; "" where one can, which then is counted. Needs the whole practice's scope.

    `anew` says that it is for somebody new, and no mail sent again.
    """
    waiting = Invitation.objects.open().filter(practice=firm).exclude(expires_at__lte=now)
    if anew and waiting.count() >= MOST_OPEN:
        return (
            f"{MOST_OPEN} invitations wait for an answer, which is the most: withdraw those that nobody needs any more."
        )
    if seconds := seconds_to_wait("invitation", firm.public_id, f"{AN_HOUR}/hour"):
        minutes = -(-seconds // 60)
        return (
            f"{AN_HOUR} invitations were sent within an hour, which is the most: send the next one in {minutes} "
            f"minute{'' if minutes == 1 else 's'}."
        )
    return ""


def resend(invitation: Invitation, now: datetime) -> bool:
    """Have it sent again with a new link; the old link dies at once. False for one that is over, or is being sent already."""
    settled = Invitation.objects.open().filter(
        pk=invitation.pk, sending__in=(Sending.SENT, Sending.FAILED, Sending.UNCERTAIN)
    )
    return bool(
        settled.update(
            sending=Sending.WAITING, token_digest=None, expires_at=None, attempts=0, not_before=now, error=""
        )
    )


def withdraw(invitation: Invitation, now: datetime) -> bool:
    """Take it back; its link says so from now on. False for one that is over."""
    return bool(Invitation.objects.open().filter(pk=invitation.pk).update(withdrawn_at=now))


def find(token: str) -> Found | None:
    """What a link's token stands for."""
    with by_token(token) as digest:
        row = Invitation.objects.filter(token_digest=digest).values_list("practice_id", "pk").first()
    return Found(*row) if row else None


def accept(found: Found, person: User, now: datetime) -> bool:
    """Give the person what they were asked to be, once. False where the invitation cannot be accepted any more.

    What they already are stays; only an owner's invitation makes a manager an owner. The caller has made sure that the address is theirs.
    """
    with practice(found.practice_id):
        ours = Invitation.objects.open().filter(pk=found.invitation_id, email__iexact=person.email, expires_at__gt=now)
        if not ours.update(accepted_at=now, accepted_by=person):
            return False
        invitation = Invitation.objects.get(pk=found.invitation_id)
        _grant(invitation, person)
    return True


def _grant(invitation: Invitation, person: User) -> None:
    firm_id, role = invitation.practice_id, Role(invitation.role)
    clients = list(invitation.clients.all())
    for client in clients:
        at_client = Role.PROGRAM_MANAGER if role is Role.OWNER else role
        Membership.objects.get_or_create(practice_id=firm_id, client=client, user=person, defaults={"role": at_client})
    if role is Role.OWNER:
        Membership.objects.update_or_create(
            practice_id=firm_id, client=None, user=person, defaults={"role": Role.OWNER}
        )
    elif role is Role.PROGRAM_MANAGER and not clients:
        Membership.objects.get_or_create(practice_id=firm_id, client=None, user=person, defaults={"role": role})

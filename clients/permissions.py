"""Who may do what with a client: the ground floor's table of permissions, and the two calls that views of all floors make."""

from collections.abc import Mapping
from functools import cache

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils.module_loading import import_string

from .models import Client, Membership, Practice, Role, User

MANAGERS = frozenset({Role.OWNER, Role.PROGRAM_MANAGER})
PERMISSIONS: dict[str, frozenset[Role]] = {
    "view": frozenset(Role),
    "see_money": MANAGERS | {Role.EXECUTIVE},
    "edit_charter": MANAGERS,
    # Word for word, with what targets cost.
    "read_charter": MANAGERS | {Role.EXECUTIVE},
    "read_handbook": MANAGERS | {Role.EXECUTIVE},
    "edit_handbook": MANAGERS,
    "approve": frozenset({Role.EXECUTIVE}),
    "edit_record": MANAGERS,
    "edit_assumptions": MANAGERS,
    "see_conflicts": frozenset({Role.OWNER}),
    "add_client": frozenset({Role.OWNER}),
    "see_practice": MANAGERS,
    "edit_practice": frozenset({Role.OWNER}),
    "see_changes": frozenset({Role.OWNER}),
    # The engagement: its balance is the executive's to see too; what its hours earn, the owner's alone.
    "see_hours": MANAGERS | {Role.EXECUTIVE},
    "edit_engagement": frozenset({Role.OWNER}),
    "edit_deliverables": MANAGERS,
    "see_margin": frozenset({Role.OWNER}),
    # The work log: managers log and mend their own entries, an owner everybody's.
    "log_hours": MANAGERS,
    "correct_hours": frozenset({Role.OWNER}),
    "edit_areas": frozenset({Role.OWNER}),
    # The roadmap: the client's people read what they are shown of it, contributors without money.
    "see_roadmap": frozenset(Role),
    "edit_roadmap": MANAGERS,
    # Discovery: its fee and outcome are the owner's (edit_engagement), its plan the managers'.
    "see_discovery": MANAGERS | {Role.EXECUTIVE},
    "edit_discovery": MANAGERS,
    # Whether somebody fits is the practice's own judgement.
    "check_fit": MANAGERS,
    # The playbook: patterns are every manager's; what they brought is told only over clients enough.
    "see_playbook": MANAGERS,
    "edit_playbook": MANAGERS,
    # What happened: the client's people read what they are shown; contributors write down their side of it, and mend only that.
    "see_events": frozenset(Role),
    "log_events": MANAGERS | {Role.CONTRIBUTOR},
    "edit_events": MANAGERS,
    # When models retire: the practice's own calendar.
    "see_retirements": MANAGERS,
    "edit_retirements": MANAGERS,
    "manage_people": frozenset({Role.OWNER}),
    "invite": MANAGERS,
    # The register is the practice's own; of it a client's executives see what concerns them, in words for them.
    "keep_register": MANAGERS,
    "see_risks": MANAGERS | {Role.EXECUTIVE},
    "edit_risks": MANAGERS,
    "see_vendors": MANAGERS | {Role.EXECUTIVE},
    "edit_vendors": MANAGERS,
    # Whoever works with a client's AI may ask; what was done about it is ours to say.
    "ask_support": frozenset(Role),
    "answer_support": MANAGERS,
    # The export of all a client owns; executives take their own where the practice lets them (clients.exports).
    "export_client": MANAGERS,
    "export_own": frozenset({Role.EXECUTIVE}),
    "see_rates": MANAGERS,
    "edit_rates": frozenset({Role.OWNER}),
}


@cache
def table() -> Mapping[str, frozenset[Role]]:
    """The tables of all floors in one, as the roof joins them."""
    joined: Mapping[str, frozenset[Role]] = import_string(settings.PERMISSIONS)
    return joined


def roles(request: HttpRequest, client: Client) -> frozenset[Role]:
    """The roles the logged-in person has for this client."""
    known = _known(request)
    # A practice-wide manager sees only the clients assigned to them; only an owner's reach needs no assignment.
    owner = [r for r in known.get((client.practice_id, None), []) if r is Role.OWNER]
    return frozenset([*known.get((client.practice_id, client.pk), []), *owner])


def roles_in(request: HttpRequest, practice: Practice) -> frozenset[Role]:
    """The roles the logged-in person has in this practice: its owner's, or that of managers of any of its clients."""
    held = (role for (practice_id, _), own in _known(request).items() if practice_id == practice.pk for role in own)
    return frozenset(held) & MANAGERS


def works(request: HttpRequest) -> bool:
    """Whether the logged-in person works for a practice, rather than for one of its clients."""
    return any(role in MANAGERS for held in _known(request).values() for role in held)


def listed(request: HttpRequest) -> list[Client]:
    """The clients that the logged-in person sees, by name, with their practice; read once a request.

    Clients of a practice share it, and who asks one for its lead reads those of all.
    """
    known: list[Client] | None = getattr(request, "_fracops_clients", None)
    if known is None:
        known, practices = list(Client.objects.listed()), {own.practice_id: own.practice for own in _own(request)}
        for client in known:
            client.practice = practices[client.practice_id]
        request._fracops_clients = known  # type: ignore[attr-defined]
    return known


def acting_person(request: HttpRequest) -> User:
    """The logged-in person. Raises PermissionDenied (403) for nobody, which the middleware let through to no page that asks."""
    if not isinstance(request.user, User):
        raise PermissionDenied("Sign in first.")
    return request.user


def _own(request: HttpRequest) -> list[Membership]:
    """The person's memberships with their practices, read once a request."""
    own: list[Membership] | None = getattr(request, "_fracops_memberships", None)
    if own is None:
        own = list(Membership.objects.filter(user_id=request.user.pk or 0).select_related("practice"))
        request._fracops_memberships = own  # type: ignore[attr-defined]
    return own


def _known(request: HttpRequest) -> dict[tuple[int, int | None], list[Role]]:
    """The person's roles by practice and client, worked out once a request."""
    known: dict[tuple[int, int | None], list[Role]] | None = getattr(request, "_fracops_roles", None)
    if known is None:
        known = {}
        for own in _own(request):
            known.setdefault((own.practice_id, own.client_id), []).append(Role(own.role))
        request._fracops_roles = known  # type: ignore[attr-defined]
    return known


def allowed(request: HttpRequest, of: Client | Practice, permission: str) -> bool:
    """Whether the logged-in person has `permission` for this client, or in this practice."""
    held = roles(request, of) if isinstance(of, Client) else roles_in(request, of)
    return bool(table()[permission] & held)


def client_or_404(request: HttpRequest, slug: str, permission: str = "view") -> Client:
    """The client of that slug, with its practice and lead.

    Raises Http404 for a client the person cannot see, whether or not there is one, and PermissionDenied (403) for one they can
    see without having `permission`.
    """
    client = Client.objects.select_related("practice", "lead").filter(slug=slug).first()
    if client is None:
        raise Http404
    if not allowed(request, client, permission):
        raise PermissionDenied(f"Your role for {client.name} does not include this.")
    return client


def practice_or_404(request: HttpRequest, slug: str, permission: str = "see_practice") -> Practice:
    """The practice of that slug. Raises Http404 for who does not work there, PermissionDenied (403) for who lacks `permission`."""
    practice = Practice.objects.filter(slug=slug).first()
    if practice is None or not roles_in(request, practice):
        raise Http404
    if not allowed(request, practice, permission):
        raise PermissionDenied(f"Your role at {practice.name} does not include this.")
    return practice

"""Who may do what with a client's data: the first floor's table."""

from clients.models import Role
from clients.permissions import MANAGERS

PERMISSIONS: dict[str, frozenset[Role]] = {
    "manage_sources": MANAGERS,
    "define_outcomes": MANAGERS,
    "enter_outcomes": MANAGERS | {Role.CONTRIBUTOR},
    "read_texts": MANAGERS,
    "see_readings": frozenset({Role.OWNER}),
}

"""Who may do what with a client's reports: the top floor's table."""

from clients.models import Role
from clients.permissions import MANAGERS

PERMISSIONS: dict[str, frozenset[Role]] = {
    "see_reports": MANAGERS | {Role.EXECUTIVE},
    "settle_delivery": MANAGERS,
    "manage_recipients": MANAGERS,
}

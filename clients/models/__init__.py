"""The ground floor's nouns: what was promised, to whom, and by whom."""

from .change import Change
from .charter import Charter, CharterManager, Target, quarter_start
from .client import Client, ClientQuerySet, System
from .closure import Closure, ClosureKind
from .conflict import ConflictException
from .fields import PublicIdField, currency_code, hex_colour, known_zone, monogram, public_id
from .membership import Membership, Role
from .money import HOURLY_LOSS, LABOUR_RATE, TICKET_VALUE, Assumption, Known, ToolCost
from .practice import Practice
from .users import User, UserManager

__all__ = [
    "HOURLY_LOSS",
    "LABOUR_RATE",
    "TICKET_VALUE",
    "Assumption",
    "Change",
    "Charter",
    "CharterManager",
    "Client",
    "ClientQuerySet",
    "Closure",
    "ClosureKind",
    "ConflictException",
    "Known",
    "Membership",
    "Practice",
    "PublicIdField",
    "Role",
    "System",
    "Target",
    "ToolCost",
    "User",
    "UserManager",
    "currency_code",
    "hex_colour",
    "known_zone",
    "monogram",
    "public_id",
    "quarter_start",
]

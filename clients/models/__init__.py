"""The ground floor's nouns: what was promised, to whom, and by whom."""

from .change import Change
from .charter import Charter, CharterManager, Target, quarter_start
from .client import Client, ClientQuerySet, System
from .exchange import ExchangeRate
from .fields import PublicIdField, currency_code, hex_colour, known_zone, monogram, public_id
from .invitation import Invitation, InvitationQuerySet, InvitedTo, Sending
from .membership import Membership, Role
from .practice import Practice
from .staff import Staff
from .users import User, UserManager

__all__ = [
    "Change",
    "Charter",
    "CharterManager",
    "Client",
    "ClientQuerySet",
    "ExchangeRate",
    "Invitation",
    "InvitationQuerySet",
    "InvitedTo",
    "Membership",
    "Practice",
    "PublicIdField",
    "Role",
    "Sending",
    "Staff",
    "System",
    "Target",
    "User",
    "UserManager",
    "currency_code",
    "hex_colour",
    "known_zone",
    "monogram",
    "public_id",
    "quarter_start",
]

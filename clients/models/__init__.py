"""The ground floor's nouns: what was promised, to whom, and by whom."""

from .change import Change
from .charter import Charter, CharterManager, Target, quarter_start
from .client import Client, ClientQuerySet, System
from .fields import PublicIdField, currency_code, hex_colour, known_zone, monogram, public_id
from .handbook import HandbookPage, HandbookPageQuerySet, PageKind, PageVersion
from .membership import Membership, Role
from .practice import Practice
from .users import User, UserManager

__all__ = [
    "Change",
    "Charter",
    "CharterManager",
    "Client",
    "ClientQuerySet",
    "HandbookPage",
    "HandbookPageQuerySet",
    "Membership",
    "PageKind",
    "PageVersion",
    "Practice",
    "PublicIdField",
    "Role",
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

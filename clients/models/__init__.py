"""The ground floor's nouns: what was promised, to whom, and by whom."""

from .change import Change
from .charter import Charter, CharterManager, Target, quarter_start
from .client import Client, ClientQuerySet, System
from .engagement import CarryOver, Deliverable, Engagement, EngagementQuerySet, PlanUnit, Terms
from .fields import PublicIdField, currency_code, hex_colour, known_zone, monogram, public_id
from .handbook import HandbookPage, HandbookPageQuerySet, PageKind, PageVersion
from .membership import Membership, Role
from .practice import Practice
from .users import User, UserManager
from .work import DAY_MINUTES, SEVEN, Area, Timer, WorkEntry

__all__ = [
    "DAY_MINUTES",
    "SEVEN",
    "Area",
    "CarryOver",
    "Change",
    "Charter",
    "CharterManager",
    "Client",
    "ClientQuerySet",
    "Deliverable",
    "Engagement",
    "EngagementQuerySet",
    "HandbookPage",
    "HandbookPageQuerySet",
    "Membership",
    "PageKind",
    "PageVersion",
    "PlanUnit",
    "Practice",
    "PublicIdField",
    "Role",
    "System",
    "Target",
    "Terms",
    "Timer",
    "User",
    "UserManager",
    "WorkEntry",
    "currency_code",
    "hex_colour",
    "known_zone",
    "monogram",
    "public_id",
    "quarter_start",
]

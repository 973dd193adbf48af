"""The ground floor's nouns: what was promised, to whom, and by whom."""

from .change import Change
from .charter import (
    Charter,
    CharterManager,
    CharterStatus,
    Target,
    TargetKind,
    TargetReading,
    TargetResult,
    Way,
    in_force,
    latest_readings,
    quarter_key,
    quarter_start,
    with_targets,
)
from .charter_link import CharterLink
from .client import Client, ClientQuerySet, System
from .closure import Closure, ClosureKind
from .conflict import ConflictException
from .engagement import CarryOver, Deliverable, Engagement, EngagementQuerySet, PlanUnit, Terms
from .exchange import ExchangeRate
from .fields import PublicIdField, currency_code, hex_colour, known_zone, monogram, public_id
from .handbook import HandbookPage, HandbookPageQuerySet, PageKind, PageVersion
from .invitation import Invitation, InvitationQuerySet, InvitedTo
from .mailed import Mailed, MailedQuerySet, Sending
from .membership import Membership, Role
from .money import HOURLY_LOSS, LABOUR_RATE, TICKET_VALUE, Assumption, Known, ToolCost
from .practice import Practice
from .staff import Staff
from .users import User, UserManager
from .work import DAY_MINUTES, SEVEN, Area, Timer, WorkEntry

__all__ = [
    "DAY_MINUTES",
    "HOURLY_LOSS",
    "LABOUR_RATE",
    "SEVEN",
    "TICKET_VALUE",
    "Area",
    "Assumption",
    "CarryOver",
    "Change",
    "Charter",
    "CharterLink",
    "CharterManager",
    "CharterStatus",
    "Client",
    "ClientQuerySet",
    "Closure",
    "ClosureKind",
    "ConflictException",
    "Deliverable",
    "Engagement",
    "EngagementQuerySet",
    "ExchangeRate",
    "HandbookPage",
    "HandbookPageQuerySet",
    "Invitation",
    "InvitationQuerySet",
    "InvitedTo",
    "Known",
    "Mailed",
    "MailedQuerySet",
    "Membership",
    "PageKind",
    "PageVersion",
    "PlanUnit",
    "Practice",
    "PublicIdField",
    "Role",
    "Sending",
    "Staff",
    "System",
    "Target",
    "TargetKind",
    "TargetReading",
    "TargetResult",
    "Terms",
    "Timer",
    "ToolCost",
    "User",
    "UserManager",
    "Way",
    "WorkEntry",
    "currency_code",
    "hex_colour",
    "in_force",
    "known_zone",
    "latest_readings",
    "monogram",
    "public_id",
    "quarter_key",
    "quarter_start",
    "with_targets",
]

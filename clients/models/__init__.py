"""The ground floor's nouns: what was promised, to whom, and by whom."""

from .change import Change
from .charter import Charter, CharterManager, Target, quarter_start
from .client import Client, ClientQuerySet, System, SystemKind
from .closure import Closure, ClosureKind
from .conflict import ConflictException
from .discovery import (
    CHECKLIST,
    Access,
    Attempt,
    Comparison,
    Discovery,
    DiscoveryOutcome,
    Phase,
    PhaseState,
)
from .engagement import CarryOver, Deliverable, Engagement, EngagementQuerySet, PlanUnit, Terms
from .exchange import ExchangeRate
from .fields import PublicIdField, currency_code, hex_colour, known_zone, monogram, public_id
from .handbook import HandbookPage, HandbookPageQuerySet, PageKind, PageVersion
from .invitation import Invitation, InvitationQuerySet, InvitedTo, Sending
from .membership import Membership, Role
from .money import HOURLY_LOSS, LABOUR_RATE, TICKET_VALUE, Assumption, Known, ToolCost
from .playbook import Pattern, Way
from .practice import Practice
from .roadmap import Opportunity, OpportunityQuerySet, Risk, Stage, Verdict
from .staff import Staff
from .users import User, UserManager
from .work import DAY_MINUTES, SEVEN, Area, Timer, WorkEntry

__all__ = [
    "CHECKLIST",
    "DAY_MINUTES",
    "HOURLY_LOSS",
    "LABOUR_RATE",
    "SEVEN",
    "TICKET_VALUE",
    "Access",
    "Area",
    "Assumption",
    "Attempt",
    "CarryOver",
    "Change",
    "Charter",
    "CharterManager",
    "Client",
    "ClientQuerySet",
    "Closure",
    "ClosureKind",
    "Comparison",
    "ConflictException",
    "Deliverable",
    "Discovery",
    "DiscoveryOutcome",
    "Engagement",
    "EngagementQuerySet",
    "ExchangeRate",
    "HandbookPage",
    "HandbookPageQuerySet",
    "Invitation",
    "InvitationQuerySet",
    "InvitedTo",
    "Known",
    "Membership",
    "Opportunity",
    "OpportunityQuerySet",
    "PageKind",
    "PageVersion",
    "Pattern",
    "Phase",
    "PhaseState",
    "PlanUnit",
    "Practice",
    "PublicIdField",
    "Risk",
    "Role",
    "Sending",
    "Staff",
    "Stage",
    "System",
    "SystemKind",
    "Target",
    "Terms",
    "Timer",
    "ToolCost",
    "User",
    "UserManager",
    "Verdict",
    "Way",
    "WorkEntry",
    "currency_code",
    "hex_colour",
    "known_zone",
    "monogram",
    "public_id",
    "quarter_start",
]

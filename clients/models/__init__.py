"""The ground floor's nouns: what was promised, to whom, and by whom."""

from .change import Change
from .charter import Charter, CharterManager, Target, quarter_start
from .client import Client, ClientQuerySet, System
from .closure import Closure, ClosureKind
from .conflict import ConflictException
from .engagement import CarryOver, Deliverable, Engagement, EngagementQuerySet, PlanUnit, Terms
from .exchange import ExchangeRate
from .feed import EntryState, Feed, FeedEntry
from .fields import PublicIdField, currency_code, hex_colour, known_zone, monogram, public_id
from .handbook import HandbookPage, HandbookPageQuerySet, PageKind, PageVersion
from .invitation import Invitation, InvitationQuerySet, InvitedTo, Sending
from .membership import Membership, Role
from .money import HOURLY_LOSS, LABOUR_RATE, TICKET_VALUE, Assumption, Known, ToolCost
from .practice import Practice
from .risk import PENDING, SCOUTING, Concern, ConcernStatus, RiskItem, RiskKind, RiskNote, RiskStatus, Severity
from .staff import Staff
from .support import SupportEntry, SupportKind
from .users import User, UserManager
from .vendor import CommitmentPer, Training, Vendor, VendorTalk
from .work import DAY_MINUTES, SEVEN, Area, Timer, WorkEntry

__all__ = [
    "DAY_MINUTES",
    "HOURLY_LOSS",
    "LABOUR_RATE",
    "PENDING",
    "SCOUTING",
    "SEVEN",
    "TICKET_VALUE",
    "Area",
    "Assumption",
    "CarryOver",
    "Change",
    "Charter",
    "CharterManager",
    "Client",
    "ClientQuerySet",
    "Closure",
    "ClosureKind",
    "CommitmentPer",
    "Concern",
    "ConcernStatus",
    "ConflictException",
    "Deliverable",
    "Engagement",
    "EngagementQuerySet",
    "EntryState",
    "ExchangeRate",
    "Feed",
    "FeedEntry",
    "HandbookPage",
    "HandbookPageQuerySet",
    "Invitation",
    "InvitationQuerySet",
    "InvitedTo",
    "Known",
    "Membership",
    "PageKind",
    "PageVersion",
    "PlanUnit",
    "Practice",
    "PublicIdField",
    "RiskItem",
    "RiskKind",
    "RiskNote",
    "RiskStatus",
    "Role",
    "Sending",
    "Severity",
    "Staff",
    "SupportEntry",
    "SupportKind",
    "System",
    "Target",
    "Terms",
    "Timer",
    "ToolCost",
    "Training",
    "User",
    "UserManager",
    "Vendor",
    "VendorTalk",
    "WorkEntry",
    "currency_code",
    "hex_colour",
    "known_zone",
    "monogram",
    "public_id",
    "quarter_start",
]

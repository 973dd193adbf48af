"""The ground floor's nouns: what was promised, to whom, and by whom."""

from .absence import Absence, AbsenceQuerySet
from .change import Change
from .charter import (
    AgreedWay,
    Charter,
    CharterManager,
    CharterStatus,
    Target,
    TargetKind,
    TargetReading,
    TargetResult,
    in_force,
    latest_readings,
    quarter_key,
    quarter_start,
    with_targets,
)
from .charter_link import CharterLink
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
from .event import TYPES, Event, EventKind, EventQuerySet, EventType, SystemReview
from .exchange import ExchangeRate
from .export import Export, ExportState
from .feed import EntryState, Feed, FeedEntry
from .fields import PublicIdField, currency_code, hex_colour, known_zone, monogram, public_id
from .fit import FitCheck, FitOutcome
from .glance import Glance
from .handbook import HandbookPage, HandbookPageQuerySet, PageKind, PageVersion, PageWords
from .invitation import Invitation, InvitationQuerySet, InvitedTo
from .look import Look
from .mailed import Mailed, MailedQuerySet, Sending
from .membership import Membership, Role
from .money import HOURLY_LOSS, LABOUR_RATE, TICKET_VALUE, Assumption, Known, ToolCost
from .notification import Notification, NotificationQuerySet
from .playbook import Direction, Pattern
from .practice import Practice
from .retirement import Retirement, RetirementFeed, RetirementNotice
from .risk import PENDING, SCOUTING, Concern, ConcernStatus, RiskItem, RiskKind, RiskNote, RiskStatus, Severity
from .roadmap import Opportunity, OpportunityQuerySet, Risk, Stage, Verdict
from .saved_view import SavedView
from .staff import HourRate, Staff
from .support import SupportEntry, SupportKind
from .users import User, UserManager
from .vendor import CommitmentPer, Training, Vendor, VendorTalk
from .work import DAY_MINUTES, SEVEN, Area, Timer, WorkEntry

__all__ = [
    "CHECKLIST",
    "DAY_MINUTES",
    "HOURLY_LOSS",
    "LABOUR_RATE",
    "PENDING",
    "SCOUTING",
    "SEVEN",
    "TICKET_VALUE",
    "TYPES",
    "Absence",
    "AbsenceQuerySet",
    "Access",
    "AgreedWay",
    "Area",
    "Assumption",
    "Attempt",
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
    "CommitmentPer",
    "Comparison",
    "Concern",
    "ConcernStatus",
    "ConflictException",
    "Deliverable",
    "Direction",
    "Discovery",
    "DiscoveryOutcome",
    "Engagement",
    "EngagementQuerySet",
    "EntryState",
    "Event",
    "EventKind",
    "EventQuerySet",
    "EventType",
    "ExchangeRate",
    "Export",
    "ExportState",
    "Feed",
    "FeedEntry",
    "FitCheck",
    "FitOutcome",
    "Glance",
    "HandbookPage",
    "HandbookPageQuerySet",
    "HourRate",
    "Invitation",
    "InvitationQuerySet",
    "InvitedTo",
    "Known",
    "Look",
    "Mailed",
    "MailedQuerySet",
    "Membership",
    "Notification",
    "NotificationQuerySet",
    "Opportunity",
    "OpportunityQuerySet",
    "PageKind",
    "PageVersion",
    "PageWords",
    "Pattern",
    "Phase",
    "PhaseState",
    "PlanUnit",
    "Practice",
    "PublicIdField",
    "Retirement",
    "RetirementFeed",
    "RetirementNotice",
    "Risk",
    "RiskItem",
    "RiskKind",
    "RiskNote",
    "RiskStatus",
    "Role",
    "SavedView",
    "Sending",
    "Severity",
    "Staff",
    "Stage",
    "SupportEntry",
    "SupportKind",
    "System",
    "SystemKind",
    "SystemReview",
    "Target",
    "TargetKind",
    "TargetReading",
    "TargetResult",
    "Terms",
    "Timer",
    "ToolCost",
    "Training",
    "User",
    "UserManager",
    "Vendor",
    "VendorTalk",
    "Verdict",
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

"""Which tables an archive holds, parents before children, and why each of the others stays behind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import Q

from clients import models as ground
from clients.models import Area, Client, Concern, Opportunity, RiskItem, System, WorkEntry
from monitoring import models as first
from monitoring.models.points import Grain
from reports import models as top

DAYS = Q(grain__in=[Grain.DAY, Grain.WEEK])
SETTLED_REPORTS = Q(state__in=[top.State.COMPOSED, top.State.MISSED, top.State.SKIPPED])
SETTLED_MAILS = Q(state__in=[top.DeliveryState.SENT, top.DeliveryState.FAILED, top.DeliveryState.UNCERTAIN])
NOT_SHOWN = Q(pk__in=[])
"""Rows that the client's own people have no page for."""
PLUMBING = frozenset({"id", "client", "practice", "public_id", "edition"})
"""Columns that every installation fills by itself."""
ROW_NUMBERS = "system_id"
"""The column of points that names a system without a foreign key; 0 is all of them."""


def _everything(client: Client) -> Q:
    return Q()


@dataclass(frozen=True)
class Table:
    """One table of an archive: ``json/<name>.jsonl``, and ``csv/<name>.csv`` where people read it in a spreadsheet."""

    name: str
    model: type[models.Model]
    without: frozenset[str] = frozenset()
    """Fields that are not written: secrets, and what only means something where it came from."""
    later: tuple[str, ...] = ()
    """Fields that are read back once every row is there: they point at rows below, or close a row to changes."""
    rows: Callable[[Client], Q] = _everything
    """Which of the rows that the client's scope shows are written."""
    shown: Q = field(default_factory=Q)
    """Which of them the client's own people see."""
    said: Mapping[str, str] = field(default_factory=dict)
    """For the client's own people: the property that stands in a field's place."""
    hidden: frozenset[str] = frozenset()
    """Fields that the client's own people are not shown."""
    order: tuple[str, ...] = ("pk",)
    csv: bool = False
    csv_rows: Q = field(default_factory=Q)
    bulk: bool = False
    """Whether there may be very many rows, of which none is pointed at."""

    @property
    def fields(self) -> tuple[models.Field[Any, Any], ...]:
        """What is written of a row, in the model's order."""
        return tuple(f for f in self.model._meta.concrete_fields if f.name not in PLUMBING | self.without)


def _areas(client: Client) -> Q:
    return Q(pk__in=WorkEntry.objects.filter(client=client).order_by().values("area_id"))


def _items(client: Client) -> Q:
    return Q(pk__in=Concern.objects.filter(client=client).values("item_id")) & ~Q(words="")


_SETTLING = (
    "agreed_at",
    "agreed_by",
    "agreed_way",
    "agreed_text",
    "agreed_hash",
    "closed_at",
    "closed_by",
    "closing_note",
)
_SOURCE_KEEPS = frozenset(
    {
        *(
            "token_digest",
            "token_hint",
            "credentials",
            "claim",
            "claimed_until",
            "next_run_at",
            "paused_itself",
            "failures",
        ),
        *(
            "error",
            "error_at",
            "wanted_from",
            "done",
            "window_start",
            "window_end",
            "cursor",
            "refreshed_at",
            "reread_at",
        ),
        *("last_sync_at", "turned_at"),
    }
)

TABLES: tuple[Table, ...] = (
    Table("systems", System, csv=True),
    Table("areas", Area, without=frozenset({"position", "retired"}), rows=_areas, order=("name",)),
    Table("engagements", ground.Engagement, csv=True),
    Table("terms", ground.Terms, csv=True),
    Table("deliverables", ground.Deliverable, csv=True),
    Table("fit-checks", ground.FitCheck, shown=NOT_SHOWN, csv=True),
    Table("discoveries", ground.Discovery, hidden=frozenset({"despite"}), csv=True),
    Table("accesses", ground.Access),
    Table("phases", ground.Phase),
    Table("attempts", ground.Attempt),
    Table("charters", ground.Charter, later=_SETTLING),
    Table("targets", ground.Target, csv=True),
    Table("target-readings", ground.TargetReading, csv=True),
    Table("target-results", ground.TargetResult, csv=True),
    Table(
        "opportunities",
        Opportunity,
        without=frozenset({"pattern"}),
        shown=Q(visible=True),
        said={"problem": "said"},
        hidden=frozenset({"evidence", "evidence_link", "risk", "risk_note", "visible_note"}),
        csv=True,
    ),
    Table(
        "hours",
        WorkEntry,
        without=frozenset({"act"}),
        shown=Q(visible=True),
        said={"note": "said"},
        hidden=frozenset({"person", "attendees", "system", "prompt", "visible_note"}),
        csv=True,
    ),
    Table("handbook", ground.HandbookPage, later=("superseded_by",)),
    Table("page-versions", ground.PageVersion),
    Table("assumptions", ground.Assumption, csv=True),
    Table("tool-costs", ground.ToolCost, csv=True),
    Table("closures", ground.Closure, csv=True),
    Table("vendors", ground.Vendor, csv=True),
    Table("vendor-talks", ground.VendorTalk, csv=True),
    Table("support", ground.SupportEntry, csv=True),
    Table("risk-items", RiskItem, without=frozenset({"owner"}), rows=_items, csv=True),
    Table("concerns", Concern, csv=True),
    Table("events", ground.Event, shown=Q(visible=True), hidden=frozenset({"author"}), csv=True),
    Table("system-reviews", ground.SystemReview, shown=NOT_SHOWN, csv=True),
    Table(
        "sources", first.Source, without=_SOURCE_KEEPS, later=("handed_to",), hidden=frozenset({"settings"}), csv=True
    ),
    Table("outcome-definitions", first.OutcomeDefinition, csv=True),
    Table("outcomes", first.OutcomeValue, csv=True, bulk=True),
    Table("usage", first.Usage, csv=True, bulk=True),
    Table("bills", first.Bill, csv=True, bulk=True),
    Table("tickets", first.Ticket, bulk=True),
    Table("prompt-versions", first.PromptVersion, csv=True, bulk=True),
    Table("points", first.Point, rows=lambda client: DAYS, csv=True, csv_rows=Q(grain=Grain.DAY), bulk=True),
    Table("past-points", first.PastPoint, bulk=True),
    Table("seen", first.Seen, bulk=True),
    Table("dimension-values", first.DimensionValue, bulk=True),
    Table(
        "recipients",
        top.Recipient,
        without=frozenset({"unsubscribe_token", "unsubscribe_digest"}),
        shown=NOT_SHOWN,
        csv=True,
    ),
    Table("reports", top.Report, without=frozenset({"error"}), rows=lambda client: SETTLED_REPORTS, csv=True),
    Table("editions", top.Edition),
    Table(
        "deliveries",
        top.Delivery,
        without=frozenset({"claimed_at"}),
        rows=lambda client: SETTLED_MAILS,
        shown=NOT_SHOWN,
        csv=True,
    ),
)

STAYS: Mapping[type[models.Model], str] = {
    Client: "it is client.json, without who looks after it here",
    ground.Change: "the audit trail is the practice's own record of who did what",
    ground.CharterLink: "links to agree by are secrets; what was agreed is in the charters",
    ground.Glance: "what the portfolio shows of a client is read anew every ten minutes",
    ground.Notification: "what a person was told stands in their own inbox",
    ground.RetirementNotice: "which retirements of models were told is told anew, by the calendar of who imports it",
    ground.PageWords: "what a page is found by is told anew from its text",
    ground.Export: "an export of exports would say nothing",
    first.Span: "single calls stay with the provider or the application they came from; what was counted from them is in",
    first.Score: "single scores stay with the calls they judge; what was counted from them is in",
    first.TextReading: "who read stored texts is the practice's record, and no text goes along",
    first.Sync: "how each reading of a source went means nothing elsewhere",
    first.Signal: "signals are raised anew from what is there",
    first.TicketDay: "days that wait to be counted again are counted where the source is read",
    first.Touched: "what waits to be rolled up is rolled up where the calls are",
}
"""The tables of a client that stay behind."""

LEFT_OUT: tuple[str, ...] = (
    "Secrets: credentials and tokens of sources, links to agree by, links to unsubscribe.",
    "People’s passwords and roles; people are named by address only, and access is given anew.",
    "Every other client, and what the practice keeps for itself: rates, margins, playbook, notes on risks, audit trail.",
    "Single calls and scores and what was asked and answered in them: what was counted from them, by day, is here.",
    "Points finer than a day, which are kept for weeks only.",
    "Reports and mails that are not sent yet.",
)
"""What the manifest says is not in an archive."""
LEFT_OUT_FOR_CLIENT = (
    "The practice’s settings of the client and of its sources: contacts, competitors, notes on data, addresses it reads.",
    "Hours, opportunities and their notes that the practice has not shown to the client; who gets reports, and each mail.",
)

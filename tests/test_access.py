"""Every address, tried as everybody: anonymous, a member of another client, a member who lacks the permission, one who has it.

A pattern without a row here fails, so nobody can add a page and forget who may see it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connections as database_connections
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from clients import charters, handbook
from clients.invitations import invite
from clients.models import (
    Absence,
    AgreedWay,
    Charter,
    CharterLink,
    Client,
    Closure,
    Concern,
    Discovery,
    Engagement,
    Event,
    ExchangeRate,
    Feed,
    FeedEntry,
    FitCheck,
    HandbookPage,
    Invitation,
    Opportunity,
    Pattern,
    Phase,
    Retirement,
    RetirementFeed,
    RiskItem,
    Role,
    SupportEntry,
    System,
    SystemReview,
    Target,
    ToolCost,
    User,
    Vendor,
    WorkEntry,
)
from clients.tenancy import practice as whole_practice
from clients.tenancy import scope
from fracops.permissions import PERMISSIONS
from monitoring import connections, ingest
from monitoring.charter_words import charter_words
from monitoring.models import OutcomeDefinition, Source
from monitoring.sources import kinds
from reports import delivery
from reports.models import Delivery, DeliveryState, Recipient, Report
from tests import factories
from tests.conftest import NOW, assert_runtime_role
from tests.monitoring.outcome_making import define

PULSE, MONTH = "2026-W45", "2026-10"


@dataclass(frozen=True)
class Row:
    """One address: how it is asked for, which permission it needs ("" for none, None for pages that need no login) and what it answers."""

    name: str
    permission: str | None
    method: str = "get"
    arguments: Callable[[Client], list[str]] = lambda client: [client.slug]
    data: dict[str, str] = field(default_factory=dict)
    allowed: int = 200


def label(period: str) -> Callable[[Client], list[str]]:
    return lambda client: [client.slug, period]


def source_id(client: Client) -> list[str]:
    return [client.slug, Source.objects.using("owner").filter(client=client).earliest("pk").public_id]


def pulled_id(client: Client) -> list[str]:
    return [client.slug, Source.objects.using("owner").get(client=client, kind="phoenix").public_id]


def outcome_key(client: Client) -> list[str]:
    return [client.slug, OutcomeDefinition.objects.using("owner").get(client=client).key]


def span_ids(client: Client) -> list[str]:
    return [*source_id(client), f"{1:032x}", f"{1:016x}"]


def delivery_id(client: Client) -> list[str]:
    return [client.slug, Delivery.objects.using("owner").get(client=client).public_id]


def engagement_id(client: Client) -> list[str]:
    return [client.slug, Engagement.objects.using("owner").get(client=client).public_id]


def fit_id(client: Client) -> list[str]:
    return [client.slug, FitCheck.objects.using("owner").get(client=client).public_id]


def entry_id(client: Client) -> list[str]:
    return [client.slug, WorkEntry.objects.using("owner").get(client=client).public_id]


def system_id(client: Client) -> list[str]:
    return [client.slug, System.objects.using("owner").filter(client=client).earliest("pk").public_id]


def link_id(client: Client) -> list[str]:
    link = CharterLink.objects.using("owner").get(client=client)
    return [client.slug, "2026-q4", link.public_id]


def target_id(client: Client) -> list[str]:
    found = Target.objects.using("owner").get(client=client, charter__quarter_start="2026-10-01", charter__version=1)
    return [client.slug, "2026-q4", found.public_id]


def opportunity_id(client: Client) -> list[str]:
    return [client.slug, Opportunity.objects.using("owner").get(client=client).public_id]


def event_id(client: Client) -> list[str]:
    return [client.slug, Event.objects.using("owner").get(client=client).public_id]


def review_id(client: Client) -> list[str]:
    return [client.slug, SystemReview.objects.using("owner").get(client=client).public_id]


def discovery_id(client: Client) -> list[str]:
    return [client.slug, Discovery.objects.using("owner").get(client=client).public_id]


def phase_id(client: Client) -> list[str]:
    return [client.slug, Phase.objects.using("owner").get(client=client).public_id]


def recipient_id(client: Client) -> list[str]:
    return [client.slug, Recipient.objects.using("owner").get(client=client).public_id]


def closure_id(client: Client) -> list[str]:
    made = Closure.objects.using("owner").filter(client=client).first() or Closure.objects.using("owner").create(
        client=client, kind="closed", first=NOW.date(), last=NOW.date(), why="Retreat"
    )
    return [client.slug, made.public_id]


def tool_id(client: Client) -> list[str]:
    """One that whoever asked before may have taken out."""
    made, _ = ToolCost.objects.using("owner").get_or_create(
        client=client,
        defaults={"name": "Tool", "amount": 9, "currency": "USD", "from_month": date(2026, 10, 1), "said_by": "Theo"},
    )
    return [client.slug, made.public_id]


def unsubscribe_token(client: Client) -> list[str]:
    return [Recipient.objects.using("owner").get(client=client).unsubscribe_token]


def nothing(client: Client) -> list[str]:
    return []


def policy_id(client: Client) -> list[str]:
    return [client.slug, HandbookPage.objects.using("owner").get(client=client, kind="policy").public_id]


def of_practice(client: Client) -> list[str]:
    return [client.practice.slug]


def a_person(client: Client) -> list[str]:
    """Of the practice, whoever asks: a manager of no client."""
    found = User.objects.filter(email="at-large@people.example").first()
    person = found or factories.member(client.practice, "program_manager", "at-large@people.example")
    return [client.practice.slug, person.public_id]


def a_leave(client: Client) -> list[str]:
    """Of somebody else than who asks."""
    person = User.objects.get(public_id=a_person(client)[1])
    rows = Absence.objects.using("owner")
    made, _ = rows.get_or_create(
        practice=client.practice, person=person, first="2026-11-09", defaults={"last": "2026-11-13"}
    )
    return [client.practice.slug, made.public_id]


def an_invitation(client: Client) -> list[str]:
    """To the client's people."""
    by = a_person(client)[1]
    with whole_practice(client.practice_id):
        made = Invitation.objects.first() or invite(
            client.practice, User.objects.get(public_id=by), "new@acme.example", Role.EXECUTIVE, [client], NOW
        )
    return [client.practice.slug, made.public_id]


def a_rate(client: Client) -> list[str]:
    by = User.objects.get(public_id=a_person(client)[1])
    month = {"practice": client.practice, "month": "2026-10-01", "base": "USD", "quote": "EUR"}
    rates = ExchangeRate.objects.using("owner")
    made, _ = rates.get_or_create(**month, defaults={"rate": 1, "source": "ECB", "entered_by": by})
    return [client.practice.slug, made.public_id]


def an_item(client: Client) -> list[str]:
    """Of the register; it concerns the client, in words for it."""
    items = RiskItem.objects.using("owner")
    made, _ = items.get_or_create(practice=client.practice, kind="security", title="Leak", words="A leak was found.")
    return [client.practice.slug, made.public_id]


def a_concern(client: Client) -> list[str]:
    item = RiskItem.objects.using("owner").get(public_id=an_item(client)[1])
    with scope(client):
        made, _ = Concern.objects.get_or_create(practice_id=client.practice_id, client=client, item_id=item.pk)
    return [client.slug, made.public_id]


def a_feed(client: Client) -> list[str]:
    """It is stopped, so that nothing is asked of anybody."""
    feeds = Feed.objects.using("owner")
    made, _ = feeds.get_or_create(
        practice=client.practice, url="https://news.example/feed", name="News", active=False, defaults={"due_at": NOW}
    )
    return [client.practice.slug, made.public_id]


def an_entry(client: Client) -> list[str]:
    """Somebody dismisses it again and again."""
    feed = Feed.objects.using("owner").get(public_id=a_feed(client)[1])
    rows = FeedEntry.objects.using("owner")
    made, _ = rows.get_or_create(
        practice=client.practice, feed=feed, key="a", title="A new law", defaults={"arrived_at": NOW}
    )
    return [client.practice.slug, made.public_id, "dismiss"]


def a_vendor(client: Client) -> list[str]:
    with scope(client):
        made, _ = Vendor.objects.get_or_create(client=client, name="OpenAI", currency="USD")
    return [client.slug, made.public_id]


def a_question(client: Client) -> list[str]:
    with scope(client):
        made, _ = SupportEntry.objects.get_or_create(
            client=client, kind="question", came_on=NOW.date(), by="Maya", text="Why?", recorded_by="Maya"
        )
    return [client.slug, made.public_id]


def a_link(client: Client) -> list[str]:
    """An invitation's own, as only its mail holds it."""
    return ["token-of-a-mail"]


def a_pattern(client: Client) -> list[str]:
    found = Pattern.objects.using("owner").first() or factories.pattern(client.practice)
    return [client.practice.slug, found.public_id]


def a_retirement(client: Client) -> list[str]:
    rows = Retirement.objects.using("owner")
    made, _ = rows.get_or_create(practice=client.practice, model="gpt-4", defaults={"retires_on": date(2027, 1, 5)})
    return [client.practice.slug, made.public_id]


def a_model_feed(client: Client) -> list[str]:
    """One for each who asks: it is removed."""
    rows = RetirementFeed.objects.using("owner")
    url = {"url": "https://models.example/dates.json"}
    made, _ = rows.get_or_create(practice=client.practice, **url, defaults={"name": "Dates", "next_at": NOW})
    return [client.practice.slug, made.public_id]


OF_PRACTICE = (
    of_practice,
    a_person,
    a_leave,
    an_invitation,
    a_rate,
    a_pattern,
    an_item,
    a_feed,
    an_entry,
    a_retirement,
    a_model_feed,
)
ROWS = [
    Row("clients", "", arguments=nothing, allowed=302),  # with a single client it goes straight there
    Row("client", "view"),
    Row("client-figures", "view"),
    Row("since", "edit_record"),
    Row("client-colour", "view"),
    Row("says-who", "view", arguments=lambda c: [c.slug, "accuracy"]),
    Row("says-who", "see_money", arguments=lambda c: [c.slug, "cost"]),
    Row("costs", "see_money"),
    Row("client-spend", "see_money"),
    Row("charter", "view"),
    Row("charter-quarter", "view", arguments=label("2026-q4")),
    Row("charter-write", "edit_charter", arguments=label("2026-q4")),
    Row("charter-write", "edit_charter", "post", label("2026-q4"), allowed=422),
    Row("charter-live", "edit_charter", "post", system_id, {"live_on": "2026-10-01"}, allowed=302),
    *(Row(f"charter-{page}", "read_charter", arguments=label("2026-q4")) for page in ("changes", "pdf")),
    Row("charter-agree", "approve", "post", label("2026-q4"), {"version": "2"}, allowed=302),
    Row("charter-send", "edit_charter", arguments=label("2026-q4")),
    Row("charter-send", "edit_charter", "post", label("2026-q4"), allowed=422),
    Row("charter-link-withdraw", "edit_charter", "post", link_id, allowed=302),
    Row("charter-close", "edit_charter", arguments=label("2026-q3")),
    Row("charter-close", "edit_charter", "post", label("2026-q3"), {"note": "x" * 1001}, allowed=422),
    Row("charter-say", "edit_charter", arguments=target_id),
    Row("charter-say", "edit_charter", "post", target_id, allowed=422),
    Row("roadmap", "see_roadmap"),
    Row("roadmap-list", "see_roadmap"),
    Row("playbook-client", "edit_roadmap"),
    Row("playbook-client", "edit_roadmap", "post", allowed=302),
    Row("opportunity-new", "edit_roadmap"),
    Row("opportunity-new", "edit_roadmap", "post", allowed=422),
    Row("opportunity", "see_roadmap", arguments=opportunity_id),
    Row("opportunity-move", "edit_roadmap", "post", opportunity_id, allowed=302),
    *(Row(f"opportunity-{act}", "edit_roadmap", arguments=opportunity_id) for act in ("edit", "judge")),
    *(Row(f"opportunity-{act}", "edit_roadmap", "post", opportunity_id, allowed=422) for act in ("edit", "judge")),
    # It names no metric and never shipped: both lead back to its page, which says so.
    *(
        Row(f"opportunity-{a}", "edit_roadmap", m, opportunity_id, allowed=302)
        for a in ("promote", "result")
        for m in ("get", "post")
    ),
    Row("engagement", "see_hours"),
    Row("fit-new", "check_fit"),
    Row("fit-new", "check_fit", "post", allowed=422),
    Row("fit", "check_fit", arguments=fit_id),
    Row("engagement-begin", "edit_engagement"),
    Row("engagement-begin", "edit_engagement", "post", allowed=422),
    *(Row(f"engagement-{page}", "edit_engagement", arguments=engagement_id) for page in ("edit", "terms", "notice")),
    *(
        Row(f"engagement-{p}", "edit_engagement", "post", engagement_id, allowed=422)
        for p in ("edit", "terms", "notice")
    ),
    Row("engagement-withdraw", "edit_engagement", "post", engagement_id, allowed=302),
    Row("discovery", "see_discovery", arguments=discovery_id),
    Row("discovery-begin", "edit_engagement"),
    Row("discovery-begin", "edit_engagement", "post", allowed=422),
    *(Row(f"discovery-{act}", "edit_engagement", arguments=discovery_id) for act in ("edit", "decide")),
    *(Row(f"discovery-{act}", "edit_engagement", "post", discovery_id, allowed=422) for act in ("edit", "decide")),
    Row("discovery-access", "edit_discovery", "post", discovery_id, {"what": "Logs"}, allowed=302),
    Row("phase-new", "edit_discovery", arguments=discovery_id),
    Row("phase-new", "edit_discovery", "post", discovery_id, allowed=422),
    Row("phase-edit", "edit_discovery", arguments=phase_id),
    Row("phase-edit", "edit_discovery", "post", phase_id, allowed=422),
    Row("phase-act", "edit_discovery", "post", phase_id, {"do": "read"}, allowed=302),
    Row("deliverable", "edit_deliverables", arguments=label("2026-11")),
    Row("deliverable", "edit_deliverables", "post", label("2026-11"), allowed=422),
    Row("hours-client", "see_hours"),
    Row("hours-csv", "see_hours"),
    Row("hours-new", "log_hours"),
    Row("hours-new", "log_hours", "post", allowed=422),
    Row("hours-entry", "correct_hours", arguments=entry_id),
    Row("hours-entry", "correct_hours", "post", entry_id, allowed=422),
    # The person's own: for who works for no practice they are not there.
    Row("hours", "", arguments=nothing, allowed=404),
    Row("hours-add", "", arguments=nothing, allowed=404),
    *(Row(f"hours-{act}", "", "post", nothing, allowed=404) for act in ("add", "stop", "zone")),
    Row("inbox", "", arguments=nothing),
    Row("inbox-read", "", "post", nothing, allowed=302),
    Row("inbox-follow", "", "post", lambda c: ["nothing"], allowed=404),
    Row("search", "", arguments=nothing),
    Row("writing", "", arguments=nothing),
    Row("writing", "", "post", nothing, allowed=302),
    Row("friday", "", arguments=nothing, allowed=404),
    Row("view-save", "", "post", nothing, allowed=404),
    Row("view-remove", "", "post", lambda c: ["nothing"], allowed=404),
    Row("hours-undo", "", "post", lambda c: ["nothing"], allowed=404),
    Row("events", "see_events"),
    Row("event-new", "log_events"),
    Row("event-new", "log_events", "post", allowed=422),
    # A contributor mends what they wrote themselves, which this is not: tests/clients/test_events.py tries it.
    Row("event", "edit_events", arguments=event_id),
    Row("event", "edit_events", "post", event_id, allowed=422),
    Row("event-end", "edit_events", "post", event_id, allowed=302),
    Row("event-review", "edit_events", arguments=review_id),
    Row("event-review", "edit_events", "post", review_id, allowed=422),
    Row("sources", "view"),
    Row("sources", "manage_sources", "post", data={"name": "New", "system": "Bot", "texts": "kept"}),
    Row("source-connect", "manage_sources"),
    Row("source", "view", arguments=pulled_id),
    Row("source-progress", "view", arguments=pulled_id),
    Row("source-edit", "manage_sources", arguments=pulled_id),
    Row("source-edit", "manage_sources", "post", pulled_id, {"set-project": ""}, allowed=422),
    Row("source-act", "manage_sources", "post", pulled_id, {"do": "pause"}, allowed=302),
    Row("source-keeping", "manage_sources", arguments=source_id),
    Row("source-keeping", "manage_sources", "post", source_id, {"name": ""}, allowed=422),
    Row("source-remove", "manage_sources", arguments=pulled_id),
    Row("source-remove", "manage_sources", "post", pulled_id, {"data": "keep"}, allowed=302),
    Row("source-take-over", "manage_sources", arguments=pulled_id),
    Row("source-take-over", "manage_sources", "post", pulled_id, {"do": "move"}, allowed=422),
    Row("source-take-over", "manage_sources", "post", pulled_id, {"do": "undo"}, allowed=302),
    Row("signals", "view"),
    Row("outcomes", "view"),
    Row("outcome-define", "define_outcomes"),
    Row("outcome-define", "define_outcomes", "post", allowed=422),
    Row("outcome", "view", arguments=outcome_key),
    Row("outcome", "enter_outcomes", "post", outcome_key, allowed=422),
    Row(
        "outcome",
        "enter_outcomes",
        "post",
        outcome_key,
        {"first_day": "2026-11-03", "numerator": "4", "denominator": "6"},
        allowed=302,
    ),
    Row("outcome-edit", "define_outcomes", arguments=outcome_key),
    Row("outcome-edit", "define_outcomes", "post", outcome_key, allowed=422),
    Row("source-token", "manage_sources", arguments=source_id),
    Row("source-token", "manage_sources", "post", source_id),
    Row("source-withdraw", "manage_sources", "post", source_id, allowed=302),
    Row("source-seen", "manage_sources", "post", source_id, allowed=302),
    Row("prompts", "view"),
    Row("handbook", "read_handbook"),
    Row("handbook-new", "edit_handbook", arguments=lambda c: [c.slug, "context"]),
    Row("handbook-new", "edit_handbook", "post", lambda c: [c.slug, "decision"], allowed=422),
    Row("handbook-page", "read_handbook", arguments=policy_id),
    Row("handbook-compare", "read_handbook", arguments=policy_id),
    Row("handbook-edit", "edit_handbook", arguments=policy_id),
    Row("handbook-edit", "edit_handbook", "post", policy_id, {"text": ""}, allowed=422),
    Row("handbook-approve", "approve", "post", policy_id, {"version": "2"}, allowed=302),
    Row("queries", "read_texts"),
    Row("query", "read_texts", arguments=span_ids),
    Row("pulses", "see_reports"),
    Row("pulse", "see_reports", arguments=label(PULSE)),
    Row("pulse-mail", "see_reports", arguments=label(PULSE)),
    Row("pulse-pdf", "see_reports", arguments=label(PULSE)),
    Row("pulse-freeze", "settle_delivery", "post", label(PULSE), allowed=302),
    Row("rois", "see_reports"),
    Row("roi", "see_reports", arguments=label(MONTH)),
    Row("roi-pdf", "see_reports", arguments=label(MONTH)),
    Row("roi-freeze", "settle_delivery", "post", label(MONTH), allowed=302),
    Row("settle", "settle_delivery", "post", delivery_id, {"outcome": "arrived"}, allowed=302),
    # Executives too where the practice lets them: tests/fracops/test_exports.py
    Row("exports", "export_client"),
    Row("exports", "export_client", "post", allowed=302),
    Row("export-download", "export_client", arguments=lambda c: [c.slug, "none"], allowed=404),
    Row("client-settings", "edit_record"),
    Row("client-settings", "edit_record", "post", allowed=422),
    Row("calendar", "edit_record"),
    Row("calendar", "edit_record", "post", data={"why": ""}, allowed=422),
    Row("closure-remove", "edit_record", "post", closure_id, allowed=302),
    Row("recipients", "manage_recipients"),
    Row("recipients", "manage_recipients", "post", allowed=422),
    Row("recipient-remove", "manage_recipients", "post", recipient_id, allowed=302),
    Row("assumptions", "see_money"),
    Row("assume", "edit_assumptions"),
    Row("assume", "edit_assumptions", "post", allowed=422),
    Row("tool-cost-new", "edit_assumptions"),
    Row("tool-cost-new", "edit_assumptions", "post", allowed=422),
    Row("tool-cost", "edit_assumptions", arguments=tool_id),
    Row("tool-cost", "edit_assumptions", "post", tool_id, allowed=422),
    Row("tool-cost-remove", "edit_assumptions", "post", tool_id, allowed=302),
    Row("client-risks", "see_risks"),
    Row("client-risk", "see_risks", arguments=a_concern),
    Row("client-risk-edit", "edit_risks", arguments=a_concern),
    Row("client-risk-edit", "edit_risks", "post", a_concern, allowed=422),
    Row("vendors", "see_vendors"),
    Row("vendor-new", "edit_vendors"),
    Row("vendor-new", "edit_vendors", "post", allowed=422),
    Row("vendor", "see_vendors", arguments=a_vendor),
    Row("vendor", "edit_vendors", "post", a_vendor, allowed=422),
    Row("vendor-edit", "edit_vendors", arguments=a_vendor),
    Row("vendor-edit", "edit_vendors", "post", a_vendor, allowed=422),
    Row("support", "ask_support"),
    Row("support-new", "ask_support"),
    Row("support-new", "ask_support", "post", allowed=422),
    Row("support-entry", "ask_support", arguments=a_question),
    Row("support-edit", "answer_support", arguments=a_question),
    Row("support-edit", "answer_support", "post", a_question, allowed=422),
    Row("unsubscribe", None, arguments=unsubscribe_token),
    Row("unsubscribe", None, "post", unsubscribe_token),
    Row("healthz", None, arguments=nothing),
    Row("styleguide", None, arguments=nothing, allowed=404),
    Row("otlp-traces", None, "post", nothing, allowed=401),  # by token, never by login: tests/monitoring tries it
    *(Row(f"push-{rows}", None, "post", nothing, allowed=401) for rows in ("calls", "scores", "outcomes")),
    Row("first-steps", "edit_practice", arguments=of_practice),
    Row("first-steps", "edit_practice", "post", of_practice, {"do": "show"}, 302),
    Row("practice-settings", "edit_practice", arguments=of_practice),
    Row("practice-settings", "edit_practice", "post", of_practice, allowed=422),
    Row("practice-logo", "see_practice", arguments=of_practice, allowed=404),
    Row("practice-changes", "see_changes", arguments=of_practice),
    Row("playbook", "see_playbook", arguments=of_practice),
    Row("pattern-new", "edit_playbook", arguments=of_practice),
    Row("pattern-new", "edit_playbook", "post", of_practice, allowed=422),
    Row("pattern", "edit_playbook", arguments=a_pattern),
    Row("pattern", "edit_playbook", "post", a_pattern, allowed=422),
    Row("retirements", "see_retirements", arguments=of_practice),
    Row("retirements", "edit_retirements", "post", of_practice, allowed=422),
    Row("retirement", "edit_retirements", arguments=a_retirement),
    Row("retirement", "edit_retirements", "post", a_retirement, allowed=422),
    Row("retirement-feed-new", "edit_retirements", arguments=of_practice),
    Row("retirement-feed-new", "edit_retirements", "post", of_practice, allowed=422),
    Row("retirement-feed-act", "edit_retirements", "post", a_model_feed, {"do": "remove"}, allowed=302),
    Row("areas", "edit_areas", arguments=of_practice),
    Row("areas", "edit_areas", "post", of_practice, allowed=422),
    Row("client-new", "add_client", arguments=of_practice),
    Row("client-new", "add_client", "post", of_practice, allowed=422),
    Row("absences", "see_practice", arguments=of_practice),
    Row("absence-new", "see_practice", arguments=of_practice),
    Row("absence-new", "see_practice", "post", of_practice, {"first": "never"}, allowed=422),
    Row("absence", "see_practice", arguments=a_leave),
    Row("absence", "manage_people", "post", a_leave, {"first": "never"}, allowed=422),
    Row("absence-remove", "manage_people", "post", a_leave, allowed=302),
    Row("people", "manage_people", arguments=of_practice),
    Row("person", "manage_people", arguments=a_person),
    Row("person", "manage_people", "post", a_person, {"hourly_rate": "-1"}, allowed=422),
    Row("person-act", "manage_people", "post", a_person, {"do": "role", "role": "owner"}, allowed=302),
    Row("person-hand-over", "manage_people", arguments=a_person),
    Row("person-hand-over", "manage_people", "post", a_person, allowed=422),
    Row("person-deactivate", "manage_people", arguments=a_person),
    Row("person-deactivate", "manage_people", "post", a_person, {"taker": "nobody"}, allowed=422),
    Row("invitations", "invite", arguments=of_practice),
    Row("invite", "invite", arguments=of_practice),
    Row("invite", "invite", "post", of_practice, allowed=422),
    Row("invitation-act", "invite", "post", an_invitation, {"do": "withdraw"}, allowed=302),
    Row("risks", "keep_register", arguments=of_practice),
    Row("risk-new", "keep_register", arguments=of_practice),
    Row("risk-new", "keep_register", "post", of_practice, allowed=422),
    Row("risk", "keep_register", arguments=an_item),
    Row("risk-edit", "keep_register", arguments=an_item),
    Row("risk-edit", "keep_register", "post", an_item, allowed=422),
    Row("risk-note", "keep_register", "post", an_item, allowed=422),
    Row("risk-concern", "keep_register", "post", an_item, allowed=302),
    Row("news", "keep_register", arguments=of_practice),
    Row("news-act", "keep_register", "post", an_entry, allowed=302),
    Row("feeds", "keep_register", arguments=of_practice),
    Row("feeds", "keep_register", "post", of_practice, allowed=422),
    Row("feed", "keep_register", arguments=a_feed),
    Row("feed", "keep_register", "post", a_feed, allowed=422),
    Row("feed-act", "keep_register", "post", a_feed, {"do": "read"}, allowed=302),
    Row("practice-rates", "see_rates", arguments=of_practice),
    Row("practice-rates", "edit_rates", "post", of_practice, allowed=422),
    Row("practice-rate", "edit_rates", arguments=a_rate),
    Row("practice-rate", "edit_rates", "post", a_rate, allowed=422),
    Row("join", None, arguments=a_link, allowed=404),
    Row("charter-link", None, arguments=a_link, allowed=404),
    Row("account_login", None, arguments=nothing, allowed=302),
    Row("account_logout", None, arguments=nothing),
    Row("account_signup", None, arguments=nothing),
    Row("account_inactive", None, arguments=nothing),
    Row("account_reset_password", None, arguments=nothing),
    Row("account_reset_password_done", None, arguments=nothing),
    Row("account_reset_password_from_key", None, arguments=lambda c: ["1", "x-y"]),
    Row("account_reset_password_from_key_done", None, arguments=nothing),
    Row("account_change_password", "", arguments=nothing),
    Row("account_set_password", "", arguments=nothing, allowed=302),
    Row("account_reauthenticate", "", arguments=nothing),
]


def names(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern.url_patterns)
        else:
            yield pattern.name or str(pattern.pattern)


def test_every_pattern_has_a_row() -> None:
    assert set(names(get_resolver().url_patterns)) - {row.name for row in ROWS} == set()


@pytest.fixture
def world(client_row: Client, other_client: Client, time_machine: Any) -> Client:
    """A client with a source, a frozen report of each kind, and a delivery that nobody knows the end of."""
    time_machine.move_to(NOW, tick=False)
    for one in (client_row, other_client):
        factories.source(one)
        define(one)
        factories.engagement(one)
        factories.opportunity(one)
        factories.phase(one)
        factories.entry(one, factories.user(f"somebody@{one.slug}.example"))
        factories.review(one)
        phoenix = kinds()["phoenix"].Settings(base_url="https://127.0.0.1:1", api_key="planted")
        with scope(one):
            connections.connect(one, "phoenix", phoenix, name="Phoenix", system_name="Bot")
    with scope(client_row):
        policy = HandbookPage.objects.create(client=client_row, kind="policy", title="Data handling")
        for text in ("None leaves.", "Nothing leaves."):
            handbook.write(policy, text, by="Mara", now=NOW)
        FitCheck.objects.create(client=client_row, answered_on=NOW.date(), answered_by="Mara", outcome="fits")
        write_charters(client_row)
        recipient = Recipient.objects.create(client=client_row, email="ceo@acme.example")
        ToolCost.objects.create(
            client=client_row,
            name="Desk",
            amount=9,
            currency="USD",
            from_month=NOW.date().replace(day=1),
            said_by="Theo",
        )
        for kind, first, after in (("pulse", "2026-10-30", "2026-11-06"), ("roi", "2026-10-01", "2026-11-01")):
            report = Report.objects.create(
                client=client_row, kind=kind, period_start=first, period_end=after, due_at=NOW
            )
            delivery.compose(client_row, report.pk, NOW)
        Delivery.objects.create(
            client=client_row, report=report, recipient=recipient, not_before=NOW, state=DeliveryState.UNCERTAIN
        )
    ingest.store(factories.source(client_row), [factories.span(1, NOW)], [])
    return client_row


def write_charters(client: Client) -> None:
    """One of last quarter that is agreed, one of this quarter that is, and a draft of its next version that was sent."""
    for quarter, version in ((date(2026, 7, 1), 1), (date(2026, 10, 1), 1), (date(2026, 10, 1), 2)):
        made = Charter.objects.create(client=client, quarter_start=quarter, version=version, scope="Cost.", edition=1)
        Target.objects.create(
            client=client, charter=made, name="Right", metric="accuracy", goal=Decimal("0.9"), due=made.quarter_end
        )
        if version == 1:
            text = charter_words(client, made).text
            charters.agree(made, text, charters.digest(text), by="Theo", way=AgreedWay.PORTAL, now=NOW)
    charters.send(made, "Theo", "theo@acme.example", factories.user("sender@acme.example"), NOW)


def entered(email: str = "") -> Browser:
    """A browser, with somebody logged in where an address is given."""
    browser = Browser()
    if email:
        assert browser.login(email=email, password=factories.PASSWORD)
    return browser


def asked(browser: Browser, row: Row, address: str) -> Any:
    cache.clear()  # no limit on how often somebody asks
    return browser.post(address, row.data) if row.method == "post" else browser.get(address)


def address_of(row: Row, client: Client) -> str:
    return reverse(row.name, args=row.arguments(client))


def ask(row: Row, client: Client, email: str = "") -> Any:
    return asked(entered(email), row, address_of(row, client))


def identity(row: Row) -> str:
    return f"{row.method} {row.name} {row.permission}"


def stored() -> dict[str, tuple[int, int]]:
    """Of every table how many rows it has, and its newest transaction: what a request that is refused leaves as it was."""
    told = {}
    with database_connections["owner"].cursor() as cursor:
        for model in apps.get_models():
            table = model._meta.db_table
            cursor.execute(f'SELECT count(*), coalesce(max(xmin::text::bigint), 0) FROM "{table}"')
            told[table] = cursor.fetchone()
    return told


GUARDED = [r for r in ROWS if r.permission is not None]
OF_A_CLIENT = [r for r in ROWS if r.permission and r.arguments not in OF_PRACTICE]
OF_A_PRACTICE = [r for r in ROWS if r.arguments in OF_PRACTICE]


def reads(rows: list[Row]) -> list[Row]:
    """Those that can be tried one after the other in the same world, for they change nothing in it."""
    return [row for row in rows if row.method == "get"]


def writes(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.method != "get"]


def test_nobody_gets_in_without_a_login(world: Client, subtests: pytest.Subtests) -> None:
    addresses = [(row, address_of(row, world)) for row in GUARDED]
    before = stored()
    for row, address in addresses:
        with subtests.test(identity(row)):
            answer = asked(Browser(), row, address)
            assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, reverse("account_login"))
    assert stored() == before


@pytest.mark.parametrize("role", ["program_manager", "executive"])
def test_another_clients_people_find_nothing_there(
    world: Client, other_client: Client, role: str, subtests: pytest.Subtests
) -> None:
    assert_runtime_role()
    stranger = entered(factories.member(other_client, role).email)
    addresses = [(row, address_of(row, world)) for row in OF_A_CLIENT]
    before = stored()
    for row, address in addresses:
        with subtests.test(identity(row)):
            answer = asked(stranger, row, address)
            assert answer.status_code == 404
            assert world.name.encode() not in answer.content
    assert stored() == before


def tried_as_each_role(row: Row, world: Client, browsers: dict[str, Browser]) -> None:
    """As the table of permissions says."""
    for role, browser in browsers.items():
        expected = row.allowed if role in PERMISSIONS[row.permission or "view"] else 403
        assert asked(browser, row, address_of(row, world)).status_code == expected, role


def of_the_client(world: Client) -> dict[str, Browser]:
    roles = ("program_manager", "executive", "contributor")
    return {role: entered(factories.member(world, role).email) for role in roles}


def of_the_practice(world: Client) -> dict[str, Browser]:
    people = (factories.member(world.practice, "owner"), factories.member(world, "program_manager"))
    return {role: entered(person.email) for role, person in zip(("owner", "program_manager"), people, strict=True)}


def strangers_to_the_practice(world: Client) -> list[Browser]:
    elsewhere = factories.member(factories.practice("southgate"), "owner")
    clients_people = [factories.member(world, role) for role in ("executive", "contributor")]
    return [entered(person.email) for person in (elsewhere, *clients_people)]


def test_each_role_reads_what_the_table_of_permissions_says(world: Client, subtests: pytest.Subtests) -> None:
    browsers = of_the_client(world)
    for row in reads(OF_A_CLIENT):
        with subtests.test(identity(row)):
            tried_as_each_role(row, world, browsers)


@pytest.mark.parametrize("row", writes(OF_A_CLIENT), ids=identity)
def test_each_role_does_what_the_table_of_permissions_says(world: Client, row: Row) -> None:
    tried_as_each_role(row, world, of_the_client(world))


def test_a_practices_pages_are_its_own_peoples(world: Client, subtests: pytest.Subtests) -> None:
    browsers, strangers = of_the_practice(world), strangers_to_the_practice(world)
    for row in reads(OF_A_PRACTICE):
        with subtests.test(identity(row)):
            tried_as_each_role(row, world, browsers)
            assert [asked(one, row, address_of(row, world)).status_code for one in strangers] == [404, 404, 404]


@pytest.mark.parametrize("row", writes(OF_A_PRACTICE), ids=identity)
def test_what_is_done_to_a_practice_is_done_by_its_own_people(world: Client, row: Row) -> None:
    tried_as_each_role(row, world, of_the_practice(world))
    strangers = strangers_to_the_practice(world)
    assert [asked(one, row, address_of(row, world)).status_code for one in strangers] == [404, 404, 404]


@pytest.mark.parametrize("row", [r for r in ROWS if not r.permission], ids=identity)
def test_the_other_pages_answer(world: Client, row: Row) -> None:
    email = "" if row.permission is None and row.name != "account_login" else factories.member(world, "executive").email
    if row.name in ("account_logout",):
        email = factories.member(world, "executive").email
    assert ask(row, world, email).status_code == row.allowed


def test_an_owner_reaches_every_client_of_the_practice_and_a_manager_only_theirs(
    world: Client, other_client: Client
) -> None:
    page = Row("client", "view")
    owner, manager = factories.member(world.practice, "owner").email, factories.member(world, "program_manager").email
    assert [ask(page, one, owner).status_code for one in (world, other_client)] == [200, 200]
    assert [ask(page, one, manager).status_code for one in (world, other_client)] == [200, 404]


def test_someone_who_lost_their_role_is_shut_out_at_once(world: Client) -> None:
    manager = factories.member(world, "program_manager")
    browser = Browser()
    browser.login(email=manager.email, password=factories.PASSWORD)
    assert browser.get(reverse("client", args=[world.slug])).status_code == 200
    manager.memberships.using("owner").all().delete()
    assert browser.get(reverse("client", args=[world.slug])).status_code == 404


def test_pages_of_one_client_are_not_cached_for_another_person(world: Client) -> None:
    manager = factories.member(world, "program_manager")
    answer = ask(Row("client", "view"), world, manager.email)
    assert "Cookie" in answer.headers["Vary"]


def other(slug: str, client: Client) -> list[str]:
    return [slug]


@pytest.mark.parametrize("slug", ["nobody", "acme-2"])
def test_a_client_that_is_not_there_looks_like_one_that_is_not_yours(
    world: Client, other_client: Client, slug: str
) -> None:
    stranger = factories.member(other_client, "executive").email
    missing, foreign = (
        ask(Row("client", "view", arguments=partial(other, s)), world, stranger) for s in (slug, world.slug)
    )
    assert (missing.status_code, foreign.status_code) == (404, 404)

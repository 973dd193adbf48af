"""Reads what a report is made of, through monitoring's series, and composes it; `outcome_months` and `support_log` read for it too."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from clients.models import Charter, Client, System
from clients.writing import neutrally
from monitoring.catalogue import Metric, metric
from monitoring.freshness import Freshness, freshness, origin
from monitoring.happenings import happenings
from monitoring.judging import WATCHED
from monitoring.provenance import Provenance
from monitoring.readings import Period, Reading
from monitoring.reconciliation.gather import price_tables
from monitoring.reconciliation.spend import spend
from monitoring.seams import seams, within
from monitoring.series import Slice, all_series, breakdowns, scored_metrics
from monitoring.settling import unsettled
from monitoring.targets import Progress, goal_text, progress

from .composed import ClientCard, Composed, PracticeCard
from .evidence import Arrival, Evidence, Standing
from .moves import Move, focus_series, real_moves
from .outcome_months import outcome_months
from .periods import PULSE, month_so_far
from .pulse import compose_pulse
from .roi import compose_roi
from .support_log import support_log

BY_PART = ("error_rate", "latency_p50", "latency_p95", "cost", "cost_per_call", "calls", "answer_tokens")
"""What is read per model and per system, besides the scores."""


@neutrally()
def compose(
    client: Client, kind: str, period: Period, *, now: datetime, revision: int = 0, label: str = ""
) -> Composed:
    """The report of a client over a complete period, as its data stands at `now`. Needs an open scope.

    `revision` is the number it will be frozen under; 0 when it will not. `label` is that of the week a pulse is of, where it goes
    out before the week is over and tells other days.
    """
    evidence = replace(gather(client, period, now=now, revision=revision), label=label)
    if kind == PULSE:
        return compose_pulse(evidence)  # of traced cost alone: a week's bills are not final when its pulse goes out
    return compose_roi(with_bills(client, evidence), outcome_months(client, evidence), support_log(client, period))


def with_bills(client: Client, evidence: Evidence) -> Evidence:
    """The evidence with what vendors billed for the period and the one before, where their bills count."""
    period, now = evidence.period, evidence.now
    billed = spend(client, period.start, period.end, now)
    if billed is None:
        return evidence
    past = spend(client, period.before.start, period.before.end, now)
    tables = tuple(sorted({*evidence.price_tables, *billed.tables}))
    return replace(evidence, spend=billed, spend_before=past, price_tables=tables)


@neutrally()
def gather(client: Client, period: Period, *, now: datetime, revision: int = 0) -> Evidence:
    """Everything a report needs. The number of queries does not depend on how much data there is."""
    scores = scored_metrics(client, period)
    metrics = [*scores, *(metric(key) for key in WATCHED)]
    by_part = [*scores, *(metric(key) for key in BY_PART)]
    charter = Charter.objects.current(client, period.last)
    fresh = freshness(client, now)
    seen, open_days = origin(fresh), unsettled(fresh, client.zone)
    parts = breakdowns(client, {"model": by_part, "system": by_part}, period, seen=seen)
    series = all_series(client, metrics, period, seen=seen)
    read = Evidence(
        client=client_card(client),
        practice=practice_card(client),
        period=period,
        revision=revision,
        now=now,
        series=series,
        models=parts["model"],
        systems=parts["system"],
        standings=[_standing(p) for p in progress(client, charter, period.instants[1], seen=seen)] if charter else (),
        arrivals=_arrivals(fresh, period),
        seams=within(seams(client), period),
        month=_month(client, period),
        charter=_charter_title(charter) if charter else "",
        open_from=open_days.first if open_days else None,
        price_tables=_price_tables(client, series["cost"].now, period),
        happened=happenings(client, period.before.instants[0], period.instants[1], staff=False),
    )
    moves = real_moves(read)
    return _with_focus(read, client, moves[0]) if moves and moves[0].scope.name else read


def client_card(client: Client) -> ClientCard:
    """The client as a report shows it."""
    return ClientCard(client.name, client.slug, client.colour, client.zone, client.currency)


def practice_card(client: Client) -> PracticeCard:
    """The sender, and the lead a reply reaches."""
    practice, lead = client.practice, client.lead
    return PracticeCard(
        practice.name,
        practice.sender_name or practice.name,
        practice.sender_email,
        lead.label if lead else "",
        lead.email if lead else "",
        practice.footer.strip(),
        practice.colour,
    )


def _arrivals(fresh: Sequence[Freshness], period: Period) -> list[Arrival]:
    """The sources behind the period: those connected by its end, and those that brought something since, as an import does.

    What went wrong only after the period says nothing about it.
    """
    end = period.instants[1]
    known = [f for f in fresh if f.created_at < end or f.last_arrival_at]
    arrivals = []
    for f in known:
        error, error_at = (f.error, f.error_at) if f.error_at and f.error_at < end else ("", None)
        arrivals.append(
            Arrival(f.name, f.kind, f.last_arrival_at, error, error_at, stuck_at=f.stuck_at, final_to=f.final_to)
        )
    return arrivals


def _price_tables(client: Client, cost: Reading, period: Period) -> tuple[str, ...]:
    return price_tables(client, *period.instants) if cost.provenance is Provenance.ASSUMED else ()


def _month(client: Client, period: Period) -> dict[str, Reading]:
    cost = metric("cost")
    return {cost.key: all_series(client, [cost], month_so_far(period))[cost.key].now}


def _with_focus(read: Evidence, client: Client, move: Move) -> Evidence:
    slices: list[Slice]
    if move.scope.kind == "model":
        slices = [Slice(model=name) for name in move.scope.members]
    else:
        slices = [
            Slice(system_id=pk)
            for pk in System.objects.filter(client=client, name=move.scope.name).values_list("pk", flat=True)
        ]
    wanted: list[Metric] = [move.metric]
    parts = [all_series(client, wanted, read.period, within)[move.metric.key] for within in slices]
    return replace(read, focus=focus_series(parts, move))


def _standing(at: Progress) -> Standing:
    target = at.target
    return Standing(
        name=target.name,
        reading=at.reading,
        goal=Decimal(target.goal),
        baseline=target.baseline,
        status=at.status.value,
        word=at.status.word,
        glyph=at.status.glyph,
        why=at.why,
        share=at.share,
        due=target.due,
        owner=target.owner,
        baseline_n=target.baseline_n,
        baseline_source=target.baseline_source,
        series=at.series,
        goal_text=goal_text(target, at.metric) if target.holds else "",
        kept=at.kept.words if at.kept else "",
    )


QUARTERS = ("first", "second", "third", "fourth")


def _charter_title(charter: Charter) -> str:
    """``Charter, fourth quarter``, after the middle of its time."""
    middle = charter.quarter_start + (charter.quarter_end - charter.quarter_start) / 2
    return f"Charter, {QUARTERS[(middle.month - 1) // 3]} quarter"

"""The demo's three clients and what happens to them: a drift, an outage, a saving. All of it is invented, the models' parts too.

`CLIENTS` is the cast, `batches` the six months of OTLP requests of one of them. The same seed, day and end give the same bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from fracops.demo import spans
from fracops.demo.figures import INSURERS, OutcomeStory
from fracops.demo.plots import PLOTS

DAYS = 183
"""How long before today the story begins."""
BATCH = 500
"""Spans in a request, at most by one trace more."""


@dataclass(frozen=True)
class TargetStory:
    """One target of a charter. `baseline` and `goal` are in the metric's own unit (rates as fractions, times in milliseconds)."""

    name: str
    metric: str
    baseline: Decimal
    goal: Decimal
    system: str = ""
    model: str = ""
    kind: str = "reach"
    change: Decimal | None = None
    """Of a target to get better by something: by how much."""


@dataclass(frozen=True)
class ClientStory:
    """One client of the demo practice. `colour` is a CSS hex colour."""

    slug: str
    name: str
    sector: str
    zone: str
    colour: str
    currency: str
    systems: tuple[str, ...]
    targets: tuple[TargetStory, ...]
    recipients: tuple[str, ...]
    outcomes: tuple[OutcomeStory, ...] = ()


CLIENTS = (
    ClientStory(
        slug="halden-outfitters",
        name="Halden Outfitters",
        sector="Outdoor retail",
        zone="America/Chicago",
        colour="#2f6f5e",
        currency="USD",
        systems=("Support assistant",),
        targets=(
            TargetStory(
                "Support answers that are right", "accuracy", Decimal("0.90"), Decimal("0.94"), "Support assistant"
            ),
            TargetStory("Invented facts", "hallucination_rate", Decimal("0.05"), Decimal("0.03"), "Support assistant"),
            TargetStory(
                "Slowest replies",
                "latency_p95",
                Decimal(3200),
                Decimal(2800),
                "Support assistant",
                kind="change",
                change=Decimal(400),
            ),
        ),
        recipients=("maya.lund@halden.example", "theo.brandt@halden.example"),
    ),
    ClientStory(
        slug="lindenhof-versicherung",
        name="Lindenhof Versicherung",
        sector="Insurance",
        zone="Europe/Berlin",
        colour="#3b5b92",
        currency="EUR",
        systems=("Claims agent",),
        targets=(
            TargetStory(
                "Claims settled without a person", "resolution_rate", Decimal("0.62"), Decimal("0.70"), "Claims agent"
            ),
            TargetStory(
                "Failed look-ups", "tool_error_rate", Decimal("0.03"), Decimal("0.02"), "Claims agent", kind="below"
            ),
            TargetStory("Claims paid within a day", "outcome.claims_same_day", Decimal("0.42"), Decimal("0.50")),
        ),
        recipients=("j.weber@lindenhof.example",),
        outcomes=INSURERS,
    ),
    ClientStory(
        slug="quarry-pine",
        name="Quarry & Pine",
        sector="Law",
        zone="America/New_York",
        colour="#8a4b2d",
        currency="USD",
        systems=("Matter summaries", "Clause finder"),
        targets=(
            TargetStory("Cost of a call", "cost_per_call", Decimal("0.23"), Decimal("0.11")),
            TargetStory(
                "Summaries a source supports", "groundedness", Decimal("0.93"), Decimal("0.95"), "Matter summaries"
            ),
            TargetStory("Slowest replies", "latency_p95", Decimal(8000), Decimal(6000)),
        ),
        recipients=("r.okafor@quarrypine.example", "d.pine@quarrypine.example"),
    ),
)


def batches(
    client: ClientStory, today: date, seed: int = 1, until: datetime | None = None
) -> Iterator[ExportTraceServiceRequest]:
    """The client's calls from six months before `today` to the end of yesterday, oldest first, in requests of about 500 spans.

    `today` is a day in the client's zone. With an aware `until` the story goes on into today, and nothing of it lies after it.
    """
    last = today if until is not None else today - timedelta(days=1)
    day = today - timedelta(days=DAYS)
    pending: list[spans.Trace] = []
    held = 0
    while day <= last:
        for trace in PLOTS[client.slug](client.slug, client.zone, day, today, seed):
            if until is not None and trace.ends_at > until:
                continue
            pending.append(trace)
            held += len(trace.spans)
            if held >= BATCH:
                yield spans.request(pending)
                pending, held = [], 0
        day += timedelta(days=1)
    if pending:
        yield spans.request(pending)

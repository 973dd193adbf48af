"""The month's outcomes for the ROI report: stored figures of the rates that the charter has a baseline for. Asks the database."""

from dataclasses import dataclass
from decimal import Decimal

from clients.models import TICKET_VALUE, Assumption, Client
from monitoring.catalogue import OUTCOME_PREFIX, Aggregation, Better
from monitoring.models import OutcomeDefinition
from monitoring.outcome_series import outcome_series
from monitoring.provenance import Provenance
from monitoring.readings import Period

from .evidence import Evidence, Standing
from .outcomes import OutcomeMonth


def outcome_months(client: Client, evidence: Evidence) -> list[OutcomeMonth]:
    """Each target's outcome over the period against its baseline, in the charter's order, where its worth is known and has figures.

    A baseline whose cases nobody stated is taken to rest on as many as the month has.
    """
    standings = {s.reading.metric.key: s for s in evidence.standings if _tellable(s)}
    if not standings:
        return []
    keys = [key.removeprefix(OUTCOME_PREFIX) for key in standings]
    definitions = {d.key: d for d in OutcomeDefinition.objects.filter(client=client, key__in=keys)}
    read = outcome_series(client, [s.reading.metric for s in standings.values()], evidence.period)
    ticket = _ticket(client, evidence.period) if any(_of_tickets(d) for d in definitions.values()) else None
    months = []
    for key, standing in standings.items():
        definition, now = definitions[key.removeprefix(OUTCOME_PREFIX)], read[key].now
        worth = _worth(definition, ticket)
        if worth is None or standing.baseline is None or not now.n:
            continue
        cases = standing.baseline_n or now.n
        months.append(
            OutcomeMonth(
                key=key,
                name=definition.name,
                done=int(now.summary.total),
                cases=now.n,
                baseline_done=Decimal(standing.baseline) * cases,
                baseline_cases=cases,
                each=worth.each,
                saved_as=definition.saves,
                worth_of=definition.worth_of,
                period=evidence.period,
                provenance=now.provenance,
                sources=now.sources,
                as_of=now.as_of,
                worth_provenance=worth.provenance,
                worth_said_by=worth.said_by,
                better=now.metric.better,
            )
        )
    return months


@dataclass(frozen=True)
class _Worth:
    """What one more is worth in the client's currency, how that is known and by whom."""

    each: Decimal
    said_by: str
    provenance: Provenance = Provenance.REPORTED


def _worth(definition: OutcomeDefinition, ticket: _Worth | None) -> _Worth | None:
    """What the outcome itself says, else a ticket's worth where one more saves tickets."""
    if definition.pays and definition.worth is not None:
        return _Worth(definition.worth, definition.worth_said_by)
    return ticket if _of_tickets(definition) else None


def _of_tickets(definition: OutcomeDefinition) -> bool:
    """Whether one more saves tickets, and nobody said in the outcome what one is worth."""
    return definition.worth is None and bool(definition.worth_of) and "ticket" in definition.saves.casefold()


def _ticket(client: Client, period: Period) -> _Worth | None:
    """What a ticket is worth by the assumption that held on the period's last day, where that is in the client's currency."""
    held = Assumption.objects.holding(client, period.last).get(TICKET_VALUE)
    if held is None or not held.unit.startswith(client.currency):
        return None
    return _Worth(held.value, held.said_by, Provenance(held.known))


def _tellable(standing: Standing) -> bool:
    m = standing.reading.metric
    return (
        m.is_outcome
        and m.aggregation is Aggregation.RATE
        and m.better is not Better.NEITHER
        and standing.baseline is not None
    )

"""The month's outcomes for the ROI report: stored figures of the rates that the charter has a baseline for. Asks the database."""

from decimal import Decimal

from clients.models import Client
from monitoring.catalogue import OUTCOME_PREFIX, Aggregation, Better
from monitoring.models import OutcomeDefinition
from monitoring.outcome_series import outcome_series

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
    months = []
    for key, standing in standings.items():
        definition, now = definitions[key.removeprefix(OUTCOME_PREFIX)], read[key].now
        if not definition.pays or definition.worth is None or standing.baseline is None or not now.n:
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
                each=definition.worth,
                saved_as=definition.saves,
                worth_of=definition.worth_of,
                period=evidence.period,
                provenance=now.provenance,
                sources=now.sources,
                as_of=now.as_of,
                worth_said_by=definition.worth_said_by,
                better=now.metric.better,
            )
        )
    return months


def _tellable(standing: Standing) -> bool:
    m = standing.reading.metric
    return (
        m.is_outcome
        and m.aggregation is Aggregation.RATE
        and m.better is not Better.NEITHER
        and standing.baseline is not None
    )

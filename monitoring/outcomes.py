"""A client's own metrics: each outcome's definition as a metric ``outcome.<key>``, beside those of the catalogue. Needs an open scope."""

from collections.abc import Iterable

from clients.models import Client

from .catalogue import OUTCOME_PREFIX, Aggregation, Area, Better, Metric, Unit, metric
from .models import OutcomeDefinition, OutcomeKind

_READ = {
    OutcomeKind.COUNT: (Aggregation.COUNT, Unit.CASES, Area.VOLUME),
    OutcomeKind.RATE: (Aggregation.RATE, Unit.FRACTION, Area.QUALITY),
    OutcomeKind.SUM: (Aggregation.SUM, Unit.NUMBER, Area.VOLUME),
    OutcomeKind.HOURS: (Aggregation.SUM, Unit.HOURS, Area.VOLUME),
    OutcomeKind.MEDIAN: (Aggregation.QUANTILE, Unit.HOURS, Area.QUALITY),
}


def metric_of(definition: OutcomeDefinition) -> Metric:
    """The metric a definition is read as. A rate is a fraction of its cases; what adds up counts its figures as cases."""
    kind = OutcomeKind(definition.kind)
    aggregation, unit, area = _READ[kind]
    formula, of = {
        OutcomeKind.COUNT: (definition.unit, definition.unit),
        OutcomeKind.RATE: (f"{definition.unit} ÷ {definition.of}", definition.of),
        OutcomeKind.SUM: (f"sum of {definition.unit}", definition.of or "figures"),
        OutcomeKind.HOURS: (f"sum of {definition.unit}", definition.of or "figures"),
        OutcomeKind.MEDIAN: (
            f"the time below which half of the {definition.of} lie, from a histogram with a relative error under 1%",
            definition.of,
        ),
    }[kind]
    return Metric(
        key=OUTCOME_PREFIX + definition.key,
        name=definition.name,
        measure=OUTCOME_PREFIX + definition.key,
        aggregation=aggregation,
        unit=unit,
        better=Better(definition.better),
        area=area,
        formula=formula,
        of=of,
        quantile=0.5 if kind is OutcomeKind.MEDIAN else None,
    )


def outcome_metrics(client: Client) -> list[Metric]:
    """Every outcome the client has defined, by name."""
    return [metric_of(d) for d in OutcomeDefinition.objects.filter(client=client)]


def metrics_by_key(client: Client, keys: Iterable[str]) -> dict[str, Metric]:
    """The metrics of these keys, of the catalogue and of the client's own; one query where an outcome is among them.

    Raises KeyError for a key that is none.
    """
    wanted = set(keys)
    own = {key.removeprefix(OUTCOME_PREFIX) for key in wanted if key.startswith(OUTCOME_PREFIX)}
    found = {}
    if own:
        found = {m.key: m for m in map(metric_of, OutcomeDefinition.objects.filter(client=client, key__in=sorted(own)))}
    return {key: found[key] if key.startswith(OUTCOME_PREFIX) else metric(key) for key in wanted}


def known_metric(client: Client, key: str) -> Metric:
    """The metric of one key. Raises KeyError when there is none."""
    return metrics_by_key(client, [key])[key]

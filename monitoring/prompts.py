"""Prompts and their versions: what the tools they are kept in say of them, and how each did lately, from points alone."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db.models import Exists, Max, Min, OuterRef, Q, Sum

from clients.local import day_in
from clients.models import Client
from clients.writing import day_text, number_text

from .catalogue import CATALOGUE, OF_PROMPT, SCORE_PREFIX, Aggregation, Metric, metric
from .models import DimensionValue, Grain, Point, PromptVersion
from .readings import Period, value_of
from .summary import Summary
from .wording import text_of

DAYS = 28
"""Local days looked at, today among them."""
COUNTED = ("error_rate", "refusal_rate", "format_valid", "other_language_rate", "cost_per_call")
"""The metrics of calls that are shown, where any version has cases of them."""
JUDGED = 2
"""How many metrics of scores are shown beside them: those with most cases."""
_NUMBERED = re.compile(r"\D{0,3}(\d+(?:\.\d+)*)")


@dataclass(frozen=True)
class Version:
    """A version of a prompt: what its tool says of it, and what was counted of its calls in the period."""

    prompt: str
    version: str
    labels: tuple[str, ...] = ()
    """Those it carries now, such as ``production``."""
    created_at: datetime | None = None
    """When it was made, by its tool."""
    first: date | None = None
    """Its first local day with calls in the period; none where it had no calls."""
    last: date | None = None
    measured: dict[str, Summary] = field(default_factory=dict)
    """What was counted, by measure."""

    @property
    def calls(self) -> int:
        return self.measured["error"].n if "error" in self.measured else 0

    @property
    def title(self) -> str:
        """How to name it in a sentence."""
        if not self.version:
            return f"{self.prompt} without a version"
        named = f"version {self.version}" if self.version[0].isdigit() else self.version
        return f"{named} of {self.prompt}" if self.prompt else named

    def text(self, of: Metric) -> str:
        """A metric of its calls as people read it; a dash where nothing is known."""
        value = value_of(of, self.measured.get(of.measure, Summary()))
        return "–" if value is None else text_of(value, of.unit)

    def cases(self, of: Metric) -> int:
        """How many cases that is of."""
        return self.measured[of.measure].n if of.measure in self.measured else 0


@dataclass(frozen=True)
class Prompts:
    """All of a client's versions, those of the busiest prompt first and the newest of each first, with the metrics there are of them."""

    versions: tuple[Version, ...]
    metrics: tuple[Metric, ...]
    period: Period

    @cached_property
    def by_name(self) -> list[tuple[str, list[Version]]]:
        """Each prompt with its versions."""
        named: dict[str, list[Version]] = defaultdict(list)
        for version in self.versions:
            named[version.prompt].append(version)
        return list(named.items())

    @property
    def sentence(self) -> str:
        """What a reader should know first: the version that began to be called last, or that none did."""
        came = [v for v in self.versions if v.first and v.first > self.period.start]
        if came:
            newest = max(came, key=lambda v: (v.first or date.min, v.calls))
            calls = f"{number_text(newest.calls)} call{'s' * (newest.calls != 1)}"
            said = f"{newest.title} has been called since {day_text(newest.first or date.min)}: {calls} so far."
            return said[:1].upper() + said[1:] if said.startswith("version ") else said
        used = [v for v in self.versions if v.calls]
        if not used:
            return f"No version of a prompt was called in the last {DAYS} days."
        if len(used) == 1:
            return f"Only {used[0].title} was called in the last {DAYS} days."
        return f"None of the {len(used)} versions called in the last {DAYS} days is new."


def any_of(client: Client) -> bool:
    """Whether anything is known of prompts' versions. One query, in the client's scope."""
    counted = DimensionValue.objects.filter(client_id=OuterRef("pk"), dimension="prompt_version").exclude(value="")
    stored = PromptVersion.objects.filter(client_id=OuterRef("pk"))
    return Client.objects.filter(Exists(counted) | Exists(stored), pk=client.pk).exists()


def prompts(client: Client, now: datetime, *, money: bool) -> Prompts:
    """A client's prompts over the last DAYS local days; `money` says whether costs may be told. Two queries, in the client's scope."""
    today = day_in(now, client.zone)
    period = Period(today - timedelta(days=DAYS - 1), today + timedelta(days=1), client.zone)
    known = {
        name: Version(*name, labels=tuple(sorted(labels)), created_at=created_at)
        for name, (labels, created_at) in _stored(client).items()
    }
    measured: dict[tuple[str, str], dict[str, Summary]] = defaultdict(dict)
    days: dict[tuple[str, str], tuple[date, date]] = {}
    for value, measure, cases, total, first, last in _counted(client, period):
        prompt, _, version = value.rpartition(OF_PROMPT)
        measured[prompt, version][measure] = Summary(cases, total or Decimal(0))
        if measure == "error":
            zone = ZoneInfo(client.zone)
            days[prompt, version] = (first.astimezone(zone).date(), last.astimezone(zone).date())
    versions = []
    for name in known.keys() | measured.keys():
        of = known.get(name, Version(*name))
        first_day, last_day = days.get(name, (None, None))
        versions.append(
            Version(of.prompt, of.version, of.labels, of.created_at, first_day, last_day, measured.get(name, {}))
        )
    return Prompts(tuple(_in_order(versions)), _metrics(versions, money), period)


def _stored(client: Client) -> dict[tuple[str, str], tuple[set[str], datetime]]:
    found: dict[tuple[str, str], tuple[set[str], datetime]] = {}
    for name, version, created_at, labels in PromptVersion.objects.filter(client=client).values_list(
        "name", "version", "created_at", "labels"
    ):
        before, made = found.get((name, version), (set(), created_at))
        found[name, version] = (before | set(labels), min(made, created_at))
    return found


def _counted(client: Client, period: Period) -> Sequence[tuple[str, str, int, Decimal | None, datetime, datetime]]:
    """Version with its prompt, measure, cases, sum, first and last day of each, from the days' points."""
    start, end = period.instants
    wanted = ["error", *(CATALOGUE[key].measure for key in COUNTED)]
    return list(
        Point.objects.filter(
            Q(measure__in=wanted) | Q(measure__startswith=SCORE_PREFIX),
            client=client,
            grain=Grain.DAY,
            at__gte=start,
            at__lt=end,
            item="",
        )
        # A star is all versions together, of days that keep both.
        .exclude(prompt_version__in=("", "*"))
        .values("prompt_version", "measure")
        .annotate(cases=Sum("n"), sum=Sum("total"), first=Min("at"), newest=Max("at"))
        .order_by()
        .values_list("prompt_version", "measure", "cases", "sum", "first", "newest")
    )


def _metrics(versions: Sequence[Version], money: bool) -> tuple[Metric, ...]:
    counted = [CATALOGUE[key] for key in COUNTED if money or key != "cost_per_call"]
    cases: dict[str, int] = defaultdict(int)
    for version in versions:
        for measure, summary in version.measured.items():
            cases[measure] += summary.n
    scored = [metric(measure) for measure in cases if measure.startswith(SCORE_PREFIX)]
    rated = sorted((m for m in scored if m.aggregation is Aggregation.RATE), key=lambda m: (-cases[m.measure], m.key))
    return (*(m for m in counted if cases[m.measure]), *rated[:JUDGED])


def _in_order(versions: Sequence[Version]) -> list[Version]:
    """Those of the busiest prompt first; of each the newest: by number where all are numbered, else by their first day."""
    named: dict[str, list[Version]] = defaultdict(list)
    for version in sorted(versions, key=lambda v: v.version):
        named[version.prompt].append(version)
    busiest = sorted(named, key=lambda name: (-sum(v.calls for v in named[name]), name))
    ordered: list[Version] = []
    for name in busiest:
        numbers = {v.version: match for v in named[name] if (match := _NUMBERED.fullmatch(v.version))}
        if len(numbers) == len(named[name]):
            newest = sorted(named[name], key=lambda v: [int(n) for n in numbers[v.version][1].split(".")], reverse=True)
        else:
            newest = sorted(named[name], key=lambda v: (v.first or date.min, str(v.created_at or "")), reverse=True)
        ordered += newest
    return ordered

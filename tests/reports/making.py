"""Builds evidence for tests of the composing side: seven or more days of calls with the numbers a test asks for."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from monitoring.catalogue import Aggregation, metric
from monitoring.readings import Breakdown, DayValue, Period, Reading, Series, compare, value_of
from monitoring.summary import Histogram, Summary
from reports.composed import ClientCard, PracticeCard
from reports.evidence import Arrival, Evidence, Standing

ZONE = "America/New_York"
WEEK = Period(date(2026, 10, 30), date(2026, 11, 6), ZONE)
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1), ZONE)
NOW = datetime(2026, 11, 6, 14, 0, tzinfo=UTC)
ACME = ClientCard("Acme", "acme", "#6E3FA8", ZONE, "USD")
PRACTICE = PracticeCard(
    "Quarterturn", "Quarterturn", "pulse@quarterturn.example", "Mara Quillan", "mara@quarterturn.example"
)


def yes(n: int, of: int) -> Summary:
    """A rate: `n` yes of `of`."""
    return Summary(of, Decimal(n), float(n))


def many(n: int, value: str | int | Decimal, spread: float = 0.1) -> Summary:
    """`n` values around one, with a histogram."""
    each = Decimal(value)
    low, high = float(each) * (1 - spread), float(each) * (1 + spread)
    half = n // 2
    total = each * n
    return Summary(
        n, total, half * low * low + (n - half) * high * high, Histogram.of([low] * half + [high] * (n - half))
    )


def reading(key: str, summary: Summary, period: Period, distinct: int | None = None) -> Reading:
    return Reading.of(
        metric(key), summary, period, distinct=distinct, as_of=NOW - timedelta(hours=2), sources=("Langfuse",)
    )


def series(key: str, now: Summary, before: Summary, period: Period = WEEK, *, quiet_days: int = 0) -> Series:
    """A series whose total is `now` (and `before`), spread evenly over the days but the last `quiet_days`."""
    a, b = reading(key, now, period), reading(key, before, period.before)
    days, past = _days(key, now, period, quiet_days), _days(key, before, period.before, 0)
    return Series(metric(key), period, days, past, a, compare(a, b, (days, past)))


def _days(key: str, whole: Summary, period: Period, quiet: int) -> list[DayValue]:
    m, busy = metric(key), period.days - quiet
    out = []
    for i, day in enumerate(period.dates()):
        n = whole.n // busy + (1 if i < whole.n % busy else 0) if i < busy else 0
        share = Summary(n, whole.total * n / whole.n if whole.n else Decimal(0), 0.0, whole.histogram)
        if m.aggregation is Aggregation.COUNT:
            out.append(DayValue(day, Decimal(n) if n else None, n))
        else:
            out.append(DayValue(day, value_of(m, share) if n else None, n))
    return out


def breakdown(name: str, now: dict[str, Summary], before: dict[str, Summary], period: Period = WEEK) -> Breakdown:
    keys = now.keys() | before.keys()
    return Breakdown(
        name,
        {k: reading(k, now.get(k, Summary()), period) for k in keys},
        {k: reading(k, before.get(k, Summary()), period.before) for k in keys},
    )


def standing(
    name: str = "Right answers",
    key: str = "accuracy",
    now: Summary | None = None,
    *,
    goal: str = "0.9",
    baseline: str | None = "0.8",
    status: str = "on_track",
    share: str | None = "0.4",
) -> Standing:
    word, glyph = {
        "on_track": ("On track", "●"),
        "met": ("Met", "●"),
        "watch": ("Watch", "▲"),
        "off_track": ("Off track", "■"),
        "too_early": ("Too early", "◐"),
        "no_baseline": ("No baseline", "○"),
        "no_data": ("No data", "–"),
    }[status]
    return Standing(
        name,
        reading(key, now or yes(840, 1000), WEEK),
        Decimal(goal),
        None if baseline is None else Decimal(baseline),
        status,
        word,
        glyph,
        share=None if share is None else Decimal(share),
        due=date(2026, 12, 31),
        owner="Ana",
    )


def evidence(parts: list[Series], **more: object) -> Evidence:
    period = parts[0].period if parts else WEEK
    given: dict[str, object] = {
        "arrivals": (Arrival("Langfuse", "langfuse", datetime.combine(period.end, datetime.min.time(), UTC)),),
    } | more
    return Evidence(ACME, PRACTICE, period, 1, NOW, {s.metric.key: s for s in parts}, **given)  # type: ignore[arg-type]


def drift_week(period: Period = WEEK, **more: object) -> Evidence:
    """GPT-4's snapshot was swapped: its accuracy fell from 84.1% to 51.1% while GPT-3.5's rose from 53.0% to 78.2%."""
    whole = [
        series("calls", yes(4, 2000), yes(5, 2000), period),
        series("error_rate", yes(4, 2000), yes(5, 2000), period),
        series("accuracy", yes(1293, 2000), yes(1371, 2000), period),
        series("cost", many(2000, "0.0041"), many(2000, "0.0073"), period),
        series("cost_per_call", many(2000, "0.0041"), many(2000, "0.0073"), period),
        series("latency_p95", many(2000, 3100), many(2000, 2600), period),
        series("answer_tokens", many(2000, 60), many(2000, 140), period),
    ]

    def model(name: str, now: dict[str, Summary], before: dict[str, Summary]) -> Breakdown:
        return breakdown(name, now, before, period)

    models = [
        model(
            "openaichat/gpt-4-0314",
            {},
            {
                "accuracy": yes(841, 1000),
                "calls": yes(0, 1000),
                "answer_tokens": many(1000, 215),
                "cost": many(1000, "0.013"),
            },
        ),
        model(
            "openaichat/gpt-4-0613",
            {
                "accuracy": yes(511, 1000),
                "calls": yes(0, 1000),
                "answer_tokens": many(1000, "2.9"),
                "cost": many(1000, "0.0007"),
            },
            {},
        ),
        model(
            "openaichat/gpt-3.5-turbo-0301",
            {},
            {"accuracy": yes(530, 1000), "calls": yes(0, 1000), "cost": many(1000, "0.001")},
        ),
        model(
            "openaichat/gpt-3.5-turbo-0613",
            {"accuracy": yes(782, 1000), "calls": yes(0, 1000), "cost": many(1000, "0.007")},
            {},
        ),
    ]
    return evidence(whole, models=models, **more)

"""A month of an invented client's spans, usage and bills at three vendors, with every class of difference planted at a known amount.

What is planted is worked out call by call from list prices, apart from the code under test: only the rates are the same.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from monitoring import pricing
from monitoring.reconciliation.classes import Class
from monitoring.reconciliation.rows import Billed, Books, Traced, Used

DAYS = 30
START = date(2026, 10, 15)
NOW = datetime(2026, 11, 14, 12, tzinfo=UTC)
FINAL_AFTER = {"openai": timedelta(days=3), "anthropic": timedelta(days=2), "focus": timedelta(days=5)}
ZERO = Decimal(0)
MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class Plot:
    """What is odd about one model. Shares are of calls, of input or of output, per cent."""

    vendor: str
    model: str
    line: str
    """How its bill names it, with the sort of tokens to be put in."""
    cached: int = 0
    tells_cached: bool = True
    thinking: int = 0
    batch: int = 0
    priority: int = 0
    silent: int = 0
    """Of the calls, by a key that sends no traces."""
    untraced: int = 0
    level: Decimal = Decimal(1)
    """The bill's prices ÷ list prices."""
    stated: Decimal | None = None
    """What the tracer states ÷ list price; None where it states nothing and FracOps estimates."""
    shift: tuple[int, int] = (0, 0)
    """Of the bill of that day, the per cent that are booked the day after."""
    odd: int = 0
    """Per cent more on the bill of every ninth day, for no reason."""


PLOTS = (
    Plot("openai", "gpt-4.1-2025-04-14", "gpt-4.1-2025-04-14, {}", cached=45, tells_cached=False, batch=30, silent=12),
    Plot("openai", "o3-2025-04-16", "o3-2025-04-16 {}", thinking=60, priority=20, shift=(11, 30)),
    Plot("openai", "gpt-4o-mini-2024-07-18", "gpt-4o-mini-2024-07-18, {}", silent=55, level=Decimal("0.9")),
    Plot("anthropic", "claude-haiku-4-5-20251001", "Claude Haiku 4.5 Usage - {} Tokens", cached=70, untraced=15),
    Plot(
        "anthropic", "claude-opus-4-1-20250805", "Claude Opus 4.1 Usage - {} Tokens", batch=50, stated=Decimal("2.83")
    ),
    Plot("google", "gemini-2.5-flash", "Gemini 2.5 Flash Text {}", thinking=35, level=Decimal("1.07"), silent=8),
    Plot("google", "gemini-2.5-pro", "Gemini 2.5 Pro Text {}", cached=30, stated=Decimal("0.8")),
)
SERVICES = {"openai": "", "anthropic": "tokens", "google": "Vertex AI"}
KINDS = {"openai": "openai", "anthropic": "anthropic", "google": "focus"}
COUNTERS = {"openai": "openai", "anthropic": "anthropic", "google": "litellm"}
LATE_SHARE = 40
"""Per cent of a day's bill that are missing while it is not final."""


@dataclass
class Month:
    """The books, what was planted in them, and what the bills are in all."""

    books: Books
    planted: dict[Class, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    unexplained: Decimal = ZERO
    billed: Decimal = ZERO


def month(seed: int, plots: tuple[Plot, ...] = PLOTS, *, extras: bool = True) -> Month:
    """A month of these models; with `extras` OpenAI and Anthropic also bill web searches."""
    random = Random(seed)
    traced: list[Traced] = []
    used: list[Used] = []
    billed: list[Billed] = []
    made = Month(Books(NOW))
    for plot in plots:
        carried = ZERO
        for number in range(DAYS):
            day = START + timedelta(days=number)
            carried = _day(random, plot, number, day, carried, made, traced, used, billed)
    if extras:
        for number in range(DAYS):
            for vendor, service in (("openai", ""), ("anthropic", "web_search")):
                amount = Decimal(random.randint(100, 900)) / 1000
                day = START + timedelta(days=number)
                billed.append(Billed(day, 1, vendor, vendor, amount, service=service, line="web search"))
                made.planted[Class.OTHER] += amount
    random.shuffle(billed)
    made.books = Books(NOW, traced, used, billed, FINAL_AFTER)
    made.billed = sum((b.amount for b in billed), ZERO)
    return made


def _day(
    random: Random,
    plot: Plot,
    number: int,
    day: date,
    carried: Decimal,
    made: Month,
    traced: list[Traced],
    used: list[Used],
    billed: list[Billed],
) -> Decimal:
    closes = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) + FINAL_AFTER[KINDS[plot.vendor]]
    final = closes <= NOW
    bill: dict[str, Decimal] = defaultdict(lambda: ZERO)
    # Most tokens are those of usual calls by the key that sends traces.
    groups = [
        ("", "key_app", 100 - plot.batch - plot.priority),
        ("batch", "key_app", plot.batch),
        ("priority", "key_app", plot.priority),
    ]
    if plot.silent:
        groups.append(("", "key_batch_job", 100 * plot.silent // (100 - plot.silent)))
    scale = random.randint(700, 1300)
    for tier, key, share in groups:
        if not share:
            continue
        calls = scale * share // 100
        sizes = [random.randint(500, 4000) for _ in range(8)]
        whole_input = sum(calls // 8 * size for size in sizes)
        read = whole_input * plot.cached // 100
        plain, output = whole_input - read, calls * random.randint(150, 500)
        thought = output * plot.thinking // 100
        usual, served = _rates(plot, day, ""), _rates(plot, day, tier)
        true = {
            "Input": served.plain * plain / MILLION,
            "Cached Input": served.read * read / MILLION,
            "Output": served.output * (output + thought) / MILLION,
        }
        at_list = sum(true.values(), ZERO)
        used.append(_use(plot, day, key, tier, calls, plain, read, output + thought))
        for sort, amount in true.items():
            bill[sort] += amount * plot.level
        made.planted[Class.PRICE] += at_list * (plot.level - 1)
        if key == "key_batch_job":
            made.planted[Class.KEY] += at_list
            continue
        standard = (usual.plain * plain + usual.read * read + usual.output * (output + thought)) / MILLION
        made.planted[Class.TIER] += (at_list - standard) * (100 - plot.untraced) / 100
        made.planted[Class.MISSING] += at_list * plot.untraced / 100
        kept = 100 - plot.untraced
        shown_read = read if plot.tells_cached else 0
        shown_plain = plain + read - shown_read
        at_traced = (usual.plain * shown_plain + usual.read * shown_read + usual.output * output) / MILLION * kept / 100
        cost = at_traced * (plot.stated or 1)
        made.planted[Class.PRICE] += at_traced - cost
        made.planted[Class.CACHED] += (usual.read - usual.plain) * (read - shown_read) / MILLION * kept / 100
        made.planted[Class.THINKING] += usual.output * thought / MILLION * kept / 100
        traced.append(
            Traced(
                day,
                {"google": "gcp.gemini"}.get(plot.vendor, plot.vendor),
                plot.model,
                calls=calls * kept // 100,
                counted=calls * kept // 100,
                cost=cost,
                estimated=ZERO if plot.stated else cost,
                table="" if plot.stated else pricing.table_version(),
                plain=shown_plain * kept // 100,
                read=shown_read * kept // 100,
                output=output * kept // 100,
            )
        )
    if plot.odd and number % 9 == 4:
        more = sum(bill.values(), ZERO) * plot.odd / 100
        bill["Output"] += more
        made.unexplained += more
    bill["Output"] += carried
    carried = ZERO
    if plot.shift[1] and number == plot.shift[0]:
        carried = sum(bill.values(), ZERO) * plot.shift[1] / 100
        bill["Output"] -= carried
    if not final:
        for sort in bill:
            missing = bill[sort] * LATE_SHARE / 100
            bill[sort] -= missing
            made.planted[Class.LATE] -= missing
    for sort, amount in bill.items():
        model = (
            plot.model if plot.vendor == "anthropic" else "gemini-" + plot.model[7:] if plot.vendor == "google" else ""
        )
        billed.append(
            Billed(day, 1, KINDS[plot.vendor], plot.vendor, amount.quantize(Decimal("1e-8")), "USD", SERVICES[plot.vendor], model,
                   plot.line.format(sort if plot.vendor != "openai" else sort.lower()))
        )  # fmt: skip
    return carried


def _rates(plot: Plot, day: date, tier: str) -> pricing.Rates:
    found = pricing.rates(plot.vendor, plot.model, pricing.noon(day), tier=tier, backwards=True)
    assert found is not None
    return found


def _use(plot: Plot, day: date, key: str, tier: str, calls: int, plain: int, read: int, output: int) -> Used:
    kind = COUNTERS[plot.vendor]
    vendor = kind
    requests = 0 if plot.vendor == "anthropic" else calls
    return Used(
        day, 2 if kind == "litellm" else 1, kind, vendor, plot.model, key, "", tier, requests, plain, read, 0, output
    )

"""A bill is explained: every class at the amount that was planted, exactly added up, and nothing explained that has no reason."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring import pricing
from monitoring.reconciliation.classes import Class
from monitoring.reconciliation.keys import untracked
from monitoring.reconciliation.reckon import Cell, reconcile, total
from monitoring.reconciliation.rows import Billed, Books, Traced, Used
from monitoring.reconciliation.sentences import class_sentence, finding, rest_sentence
from tests.monitoring.synthetic_bill import FINAL_AFTER, NOW, PLOTS, START, Month, Plot, month

ZERO = Decimal(0)
DAY = START + timedelta(days=3)
MILLION = 1_000_000


def adds_up(cell: Cell) -> bool:
    return cell.gap == sum(cell.classes.values(), ZERO) + cell.rest


# A month with everything in it


@pytest.mark.parametrize("seed", range(12))
def test_each_class_of_a_synthetic_month_is_found_at_what_was_planted(seed: int) -> None:
    made = month(seed)
    whole = total(reconcile(made.books).cells)
    assert whole.billed == made.billed
    assert set(made.planted) == set(Class), "the month plants every class"
    for which, planted in made.planted.items():
        assert abs(whole.classes[which] - planted) <= abs(planted) / 100, which
    assert whole.rest_share is not None
    assert whole.rest_share < Decimal("0.005")


@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.model)
def test_each_model_is_explained_by_its_own_classes_and_no_other(plot: Plot) -> None:
    made = month(7, (plot,), extras=False)
    whole = total(reconcile(made.books).cells)
    planted = {which: amount for which, amount in made.planted.items() if amount}
    assert {which for which, amount in whole.classes.items() if abs(amount) > Decimal("0.001")} == set(planted)
    for which, amount in planted.items():
        assert abs(whole.classes[which] - amount) <= abs(amount) / 100, which


def test_what_has_no_reason_stays_unexplained() -> None:
    odd = month(3, (replace(PLOTS[0], odd=6), replace(PLOTS[3], odd=4)), extras=False)
    whole = total(reconcile(odd.books).cells)
    assert odd.unexplained > 0
    assert abs(whole.rest - odd.unexplained) <= odd.unexplained / 100
    assert "for no reason that the data shows" in rest_sentence(whole)


@pytest.mark.parametrize("seed", range(4))
def test_counts_and_bills_that_are_a_little_off_leave_little_unexplained(seed: int) -> None:
    made = blurred(month(seed), seed)
    whole = total(reconcile(made.books).cells)
    assert whole.rest_share is not None
    assert whole.rest_share < Decimal("0.005")
    for which, planted in made.planted.items():
        assert abs(whole.classes[which] - planted) <= max(abs(planted) / 20, made.billed / 500), which


def blurred(made: Month, seed: int) -> Month:
    """The same month with lines billed in whole cents and spans of every seventh day lost or added at midnight, 0.4% of them."""
    random = Random(seed)
    books = made.books

    def moved(t: Traced) -> Traced:
        factor = Decimal(1000 + random.randint(-4, 4)) / 1000
        tokens = {name: int(getattr(t, name) * factor) for name in ("plain", "read", "output")}
        return replace(t, cost=t.cost * factor, estimated=t.estimated * factor, **tokens)  # type: ignore[arg-type]

    billed = [replace(b, amount=b.amount.quantize(Decimal("0.01"))) for b in books.billed]
    traced = [moved(t) if (t.day - START).days % 7 == 0 else t for t in books.traced]
    return replace(
        made, books=replace(books, billed=billed, traced=traced), billed=sum((b.amount for b in billed), ZERO)
    )


# Always


amounts = st.decimals(-1000, 1000, allow_nan=False, places=10)
counts = st.integers(0, 3_000_000)
days = st.integers(0, 4).map(lambda n: START + timedelta(days=n))
models = st.sampled_from(["gpt-4.1", "gpt-4.1-2025-04-14", "o3", "no-such-model", ""])


@st.composite
def spans(draw: st.DrawFn) -> Traced:
    cost, calls = abs(draw(amounts)), draw(st.integers(0, 500))
    return Traced(
        draw(days), draw(st.sampled_from(["openai", ""])), draw(models), draw(st.sampled_from(["", "batch"])),
        draw(st.sampled_from([0, 200_001])), calls, calls, 0, cost, draw(st.sampled_from([ZERO, cost])),
        draw(st.sampled_from([ZERO, cost])), draw(counts), draw(counts), draw(counts), draw(counts),
    )  # fmt: skip


@st.composite
def uses(draw: st.DrawFn) -> Used:
    return Used(
        draw(days), draw(st.integers(1, 2)), draw(st.sampled_from(["openai", "litellm"])), "openai", draw(models),
        draw(st.sampled_from(["", "a", "b"])), "", draw(st.sampled_from(["", "batch", "priority", "scale"])),
        draw(st.integers(0, 500)), draw(counts), draw(counts), draw(counts), draw(counts),
    )  # fmt: skip


@st.composite
def bills(draw: st.DrawFn) -> Billed:
    return Billed(
        draw(days), draw(st.integers(1, 2)), draw(st.sampled_from(["openai", "openai", "litellm"])), "openai", draw(amounts),
        draw(st.sampled_from(["USD", "USD", "USD", "EUR"])), "", "",
        draw(st.sampled_from(["gpt-4.1, input", "gpt-4.1-2025-04-14, output", "o3 output", "web search", ""])),
    )  # fmt: skip


@settings(max_examples=300)
@given(st.lists(spans(), max_size=8), st.lists(uses(), max_size=8), st.lists(bills(), max_size=8))
def test_classes_and_rest_always_add_up_to_the_gap_exactly(
    traced: list[Traced], used: list[Used], billed: list[Billed]
) -> None:
    now = NOW - timedelta(days=27)
    found = reconcile(Books(now, traced, used, billed, FINAL_AFTER))
    for cell in found.cells:
        assert (cell.billed is None) == bool(cell.why_not)
        if cell.billed is None:
            assert not cell.classes
            continue
        assert adds_up(cell)
        for amount in (*cell.classes.values(), cell.rest):
            assert amount == amount.quantize(Decimal("1e-10"))
            assert str(amount) == "0" or amount, "no zero with a sign or a tail"
    whole = total(found.cells)
    if whole.billed is not None:
        assert whole.gap == whole.explained + whole.rest
    assert sum((c.traced for c in found.cells), ZERO) == sum((t.cost for t in traced), ZERO)
    vendors = {v: total(c for c in found.cells if c.vendor == v) for v in found.vendors}
    said = [finding(vendors, whole), rest_sentence(whole)]
    said += [class_sentence(which, amount, whole) for which, amount in whole.classes.items()]
    assert all(sentence.endswith(".") and "−$0.00 " not in sentence for sentence in said)


@given(st.permutations(range(6)))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    made = month(5, PLOTS[:2]).books
    parts = [made.billed[i::6] for i in order]
    mixed = replace(made, billed=[b for part in parts for b in part])
    assert total(reconcile(mixed).cells) == total(reconcile(made).cells)


# What is compared with what


def call(**fields: object) -> Traced:
    usual: dict[str, object] = {
        "calls": 10, "counted": 10, "cost": Decimal("2"), "plain": MILLION, "output": 0,
    }  # fmt: skip
    return Traced(DAY, "openai", "gpt-4.1", **usual | fields)  # type: ignore[arg-type]


def use(**fields: object) -> Used:
    usual: dict[str, object] = {"api_key": "key_a", "requests": 10, "plain": MILLION}
    return Used(DAY, 1, "openai", "openai", "gpt-4.1-2025-04-14", **usual | fields)  # type: ignore[arg-type]


def bill(amount: str, **fields: object) -> Billed:
    usual: dict[str, object] = {"line": "gpt-4.1-2025-04-14, input", "day": DAY, "source": 1, "kind": "openai"}
    return Billed(vendor="openai", amount=Decimal(amount), **usual | fields)  # type: ignore[arg-type]


def books(traced: list[Traced], used: list[Used], billed: list[Billed], **fields: object) -> Books:
    return Books(NOW, traced, used, billed, FINAL_AFTER, **fields)


def only(of: Books) -> Cell:
    (cell,) = reconcile(of).cells
    return cell


def test_a_bill_that_agrees_has_no_gap_and_no_class() -> None:
    cell = only(books([call()], [use()], [bill("2")]))
    assert (cell.gap, cell.rest) == (ZERO, ZERO)
    assert not cell.classes


def test_a_bill_in_another_currency_is_shown_and_not_compared() -> None:
    found = reconcile(books([call()], [use()], [bill("1.8", currency="EUR"), bill("0.1", line="gpt-4.1, output")]))
    (cell,) = found.cells
    assert (cell.billed, cell.gap) == (None, None)
    assert not cell.classes
    assert cell.why_not == "billed in EUR, which is not compared with US dollars"
    assert found.bills["openai", DAY].foreign == (("EUR", Decimal("1.8")),)


def test_a_day_without_a_bill_is_not_compared_and_says_whether_one_may_come() -> None:
    assert only(books([call()], [use()], [])).why_not == "no bill for this day"
    recent = date(2026, 11, 13)
    assert only(books([replace(call(), day=recent)], [], [])).why_not == "not billed yet"


def test_a_day_that_is_not_final_is_late_and_not_unexplained() -> None:
    late = date(2026, 11, 12)
    parts = [replace(call(), day=late)], [replace(use(), day=late)], [bill("0.5", day=late)]
    cell = only(books(*parts))
    assert cell.classes == {Class.LATE: Decimal("-1.5")}
    assert cell.rest == 0
    later = only(replace(books(*parts), now=NOW + timedelta(days=5)))
    assert later.rest == Decimal("-1.5")
    assert not later.classes


def test_what_traces_hold_before_the_provider_counted_it_is_late_too() -> None:
    late = date(2026, 11, 12)
    cell = only(
        books([replace(call(), day=late)], [replace(use(), day=late, plain=MILLION // 4)], [bill("0.5", day=late)])
    )
    assert cell.classes == {Class.LATE: Decimal("-1.5")}


def test_usage_booked_a_day_late_is_late_on_both_days_and_sums_to_nothing() -> None:
    following = DAY + timedelta(days=1)
    found = reconcile(
        books(
            [call(), replace(call(), day=following)],
            [use(), replace(use(), day=following)],
            [bill("1.6"), bill("2.4", day=following)],
        )
    )
    assert [cell.classes for cell in found.cells] == [{Class.LATE: Decimal("-0.4")}, {Class.LATE: Decimal("0.4")}]
    assert not total(found.cells).classes


def test_a_key_that_sends_no_traces_is_named() -> None:
    cell = only(books([call()], [use(), use(api_key="key_b", plain=MILLION // 2)], [bill("3")]))
    assert cell.classes == {Class.KEY: Decimal(1)}
    assert class_sentence(Class.KEY, Decimal("12.4"), cell) == "$12.40 are calls by a key that sends no traces: key_b."


def test_a_key_that_sends_a_part_of_its_traces_is_not_called_untracked() -> None:
    cell = only(books([call(plain=MILLION // 5, cost=Decimal("0.4"), counted=2)], [use()], [bill("2")]))
    assert cell.classes == {Class.MISSING: Decimal("1.6")}
    assert not untracked([use()], [call(plain=MILLION // 5)])


def test_cached_tokens_that_a_tracer_leaves_out_are_cached_tokens_and_not_missing_calls() -> None:
    cached = use(plain=400_000, read=600_000)
    whole = only(books([call()], [cached], [bill("1.1")]))
    assert whole.classes == {Class.CACHED: Decimal("-0.9")}
    left_out = only(books([call(plain=400_000, cost=Decimal("0.8"))], [cached], [bill("1.1")]))
    assert left_out.classes == {Class.CACHED: Decimal("0.3")}


def test_a_tier_the_trace_tells_is_no_difference() -> None:
    batch = pricing.rates("openai", "gpt-4.1", pricing.noon(DAY), tier="batch", backwards=True)
    assert batch is not None
    half = batch.input_cost(MILLION)
    assert half == 1
    told = only(books([call(tier="batch", cost=half)], [use(tier="batch")], [bill("1")]))
    assert told.rest == 0
    assert not told.classes
    untold = only(books([call()], [use(tier="batch")], [bill("1")]))
    assert untold.classes == {Class.TIER: Decimal(-1)}
    assert "calls served as batch" in class_sentence(Class.TIER, Decimal(-1), untold)


def test_anthropics_priority_tier_is_on_no_bill() -> None:
    spent = pricing.rates("anthropic", "claude-haiku-4-5", pricing.noon(DAY))
    assert spent is not None
    cost = spent.input_cost(MILLION)
    cell = only(
        books(
            [Traced(DAY, "anthropic", "claude-haiku-4-5", calls=1, counted=1, cost=cost, plain=MILLION)],
            [Used(DAY, 1, "anthropic", "anthropic", "claude-haiku-4-5-20251001", tier="priority", plain=MILLION)],
            [Billed(DAY, 1, "anthropic", "anthropic", ZERO, service="tokens", model="claude-haiku-4-5-20251001")],
        )
    )
    assert cell.rest == 0
    assert cell.classes == {Class.TIER: -cost}


def test_long_calls_are_priced_by_their_size_on_both_sides() -> None:
    long = pricing.rates("anthropic", "claude-sonnet-4-5", pricing.noon(DAY), call_input=200_001)
    assert long is not None
    cost = long.input_cost(MILLION)
    cell = only(
        books(
            [Traced(DAY, "anthropic", "claude-sonnet-4-5", "", 200_001, 4, 4, 0, cost, cost, plain=MILLION)],
            [Used(DAY, 1, "anthropic", "anthropic", "claude-sonnet-4-5-20250929", plain=MILLION)],
            [Billed(DAY, 1, "anthropic", "anthropic", cost, service="tokens", model="claude-sonnet-4-5-20250929")],
        )
    )
    assert cell.rest == 0
    assert not cell.classes


def test_calls_that_nobody_priced_are_priced_in_the_class_of_the_price_table() -> None:
    cell = only(books([call(cost=ZERO, unpriced=10)], [use()], [bill("2")]))
    assert cell.classes == {Class.PRICE: Decimal(2)}


def test_without_a_count_of_usage_only_prices_are_compared_and_the_page_says_what_would_help() -> None:
    cell = only(books([call(cost=Decimal("5.66"))], [], [bill("2.5")]))
    assert (cell.classes, cell.rest, cell.counted) == ({Class.PRICE: Decimal("-3.66")}, Decimal("0.5"), False)
    assert "count of usage would explain more" in rest_sentence(cell)


def test_a_model_no_price_list_has_is_named_in_the_rest() -> None:
    cell = only(
        books(
            [Traced(DAY, "openai", "house-1", calls=1, counted=1, cost=Decimal(1), plain=10)],
            [Used(DAY, 1, "openai", "openai", "house-1", plain=10)],
            [Billed(DAY, 1, "openai", "openai", Decimal(3), model="house-1", line="house-1, input")],
        )
    )
    assert cell.rest == 2
    assert not cell.classes
    assert "No price list has house-1" in rest_sentence(cell)


def test_a_bill_that_names_no_model_is_compared_with_all_of_the_vendors_models() -> None:
    cell = only(books([call(), replace(call(), model="o3")], [use(), replace(use(), model="o3")], [bill("4", line="")]))
    assert (cell.model, cell.traced, cell.billed, cell.rest) == ("", Decimal(4), Decimal(4), ZERO)


# One bill for each vendor and day


def reckoned(kind: str, amount: str, source: int = 9) -> Billed:
    service = {"litellm": "openai", "openrouter": "OpenAI"}.get(kind, "")
    model = {"openrouter": "openai/gpt-4.1"}.get(kind, "gpt-4.1")
    return Billed(DAY, source, kind, kind, Decimal(amount), service=service, model=model)


@pytest.mark.parametrize("kind", ["litellm", "langfuse", "openrouter"])
def test_a_reckoning_is_never_added_to_the_invoice_of_the_same_calls(kind: str) -> None:
    found = reconcile(books([call()], [use()], [reckoned(kind, "5.66"), bill("2")]))
    assert total(found.cells).billed == 2
    choice = found.bills["openai", DAY]
    assert (choice.kind, choice.others) == ("openai", ((kind, "USD", Decimal("5.66")),))


def test_where_there_is_no_invoice_the_strongest_reckoning_counts_alone() -> None:
    found = reconcile(
        books([call()], [], [reckoned("langfuse", "7"), reckoned("litellm", "6"), reckoned("openrouter", "5")])
    )
    assert (found.bills["openai", DAY].kind, total(found.cells).billed) == ("openrouter", Decimal(5))
    found = reconcile(books([call()], [], [reckoned("langfuse", "7"), reckoned("litellm", "6")]))
    assert (found.bills["openai", DAY].kind, total(found.cells).billed) == ("litellm", Decimal(6))


def test_openrouter_is_a_vendor_of_its_own_where_traces_say_so() -> None:
    routed = replace(call(), provider="openrouter", model="openai/gpt-4.1")
    found = reconcile(books([routed, call()], [use()], [reckoned("openrouter", "2.1"), bill("2")]))
    assert {c.vendor: c.billed for c in found.cells} == {"openai": Decimal(2), "openrouter": Decimal("2.1")}


def test_one_account_connected_twice_is_billed_once_and_two_accounts_both() -> None:
    same = reconcile(
        books([call()], [use(), replace(use(), source=2)], [bill("2", project="p"), bill("2", project="p", source=2)])
    )
    assert (total(same.cells).billed, total(same.cells).rest) == (Decimal(2), ZERO)
    two = reconcile(books([call()], [use()], [bill("2", project="p"), bill("1", project="q", source=2)]))
    assert total(two.cells).billed == 3


def test_a_proxys_usage_belongs_to_the_vendor_that_its_own_bill_names() -> None:
    proxied = Used(DAY, 9, "litellm", "litellm", "gpt-4.1", "key_a", requests=10, plain=MILLION)
    azure = replace(reckoned("litellm", "2"), service="azure")
    (cell,) = reconcile(books([replace(call(), provider="azure.ai.openai")], [proxied], [azure])).cells
    assert (cell.vendor, cell.counted, cell.rest) == ("azure", True, ZERO)


def test_the_finding_names_vendors_amounts_and_what_is_left() -> None:
    found = reconcile(books([call()], [use()], [bill("2.5")]))
    sums = {"openai": total(found.cells)}
    assert finding(sums, total(found.cells)) == (
        "OpenAI billed $2.50 for what traces put at $2.00; all but $0.50 of the difference (20.0% of the bill) is explained."
    )
    nothing = reconcile(books([call()], [], []))
    assert "no vendor has a bill" in finding({"openai": total(nothing.cells)}, total(nothing.cells))

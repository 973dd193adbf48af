"""Cloud bills: one amount for each day, service, model, line and project, exact, from files as three clouds write them."""

import csv
import gzip
import io
import logging
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from monitoring.connecting.errors import Fault, SourceError
from monitoring.records import BillRecord
from monitoring.sources.focus import table as reader
from monitoring.sources.focus.names import model_of, vendor_of
from tests.sources.damage import read_or_refused
from tests.sources.fakes.base import MIDDLE, START, WHOLE
from tests.sources.fakes.focus import HOST, Fake, charge, table


@pytest.fixture
def fake() -> Fake:
    return Fake()


def records(fake: Fake, **changed: Any) -> list[Any]:
    with fake.connected(**changed) as connector:
        return [record for page in connector.fetch(WHOLE) for record in page.records]


def test_a_row_of_google_is_a_bill(fake: Fake) -> None:
    fake.rows = [charge(START + timedelta(hours=23))]
    assert fake.records() == [
        BillRecord(
            date(2026, 11, 2),
            "google",
            Decimal("1.10"),
            "USD",
            "Vertex AI",
            "gemini-2.5-flash",
            "Gemini 2.5 Flash Text Input",
            "support-bot-81",
        )
    ]


def test_a_row_of_azure_is_a_bill(fake: Fake) -> None:
    row = charge(START) | {
        "ProviderName": "Microsoft",
        "BillingCurrency": "EUR",
        "ServiceName": "Azure OpenAI Service",
        "SkuMeter": "",
        "x_SkuMeterName": "gpt 4o 0806 Inp glbl Tokens",
        "x_SkuMeterSubcategory": "Azure OpenAI",
        "ChargePeriodStart": "2026-11-02T00:00Z",
        "SubAccountId": "/subscriptions/64e355d7-997c-491d-b0c1-8414dccfcf42",
        "SubAccountName": "Production",
    }
    fake.rows = [row]
    line = "gpt 4o 0806 Inp glbl Tokens"
    assert fake.records() == [
        BillRecord(
            date(2026, 11, 2), "azure", Decimal("1.10"), "EUR", "Azure OpenAI Service", "gpt-4o", line, "Production"
        )
    ]


def test_a_row_of_aws_is_a_bill_though_its_category_and_its_service_are_a_resellers(fake: Fake) -> None:
    row = charge(START) | {
        "ProviderName": "AWS",
        "ServiceName": "Claude 3.5 Sonnet (Amazon Bedrock Edition)",
        "ServiceCategory": "Other",
        "SkuMeter": "",
        "x_UsageType": "USE1-MP:USE1_InputTokenCount-Units",
        "ChargePeriodStart": "2026-11-02 22:00:00",
        "SubAccountName": "NULL",
    }
    fake.rows = [row]
    service, line = "Claude 3.5 Sonnet (Amazon Bedrock Edition)", "USE1-MP:USE1_InputTokenCount-Units"
    assert fake.records() == [
        BillRecord(
            date(2026, 11, 2), "aws", Decimal("1.10"), "USD", service, "claude-3.5-sonnet", line, "support-bot-81"
        )
    ]


def test_the_day_is_the_utc_day_of_the_charges_start(fake: Fake) -> None:
    fake.rows = [charge(START, ChargePeriodStart="2026-11-02T23:30:00-05:00")]
    assert [record.day for record in fake.records()] == [date(2026, 11, 3)]


def test_rows_of_one_line_are_one_amount(fake: Fake) -> None:
    credit = charge(START, BilledCost="-0.30", ChargeCategory="Credit")
    fake.rows = [charge(START + timedelta(hours=hour), BilledCost="0.1") for hour in range(24)] + [credit]
    assert [record.amount for record in fake.records()] == [Decimal("2.10")]


@settings(deadline=None)
@given(st.lists(st.decimals(-(10**20), 10**20, places=25, allow_nan=False), min_size=1, max_size=20))
def test_sums_keep_every_digit(amounts: list[Decimal]) -> None:
    fake = Fake()
    fake.rows = [charge(START, BilledCost=f"{amount:f}") for amount in amounts]
    units = sum(int(f"{amount:f}".replace(".", "")) for amount in amounts)
    [record] = fake.records()
    sign, digits, exponent = record.amount.as_tuple()
    assert isinstance(exponent, int)
    whole = int("".join(map(str, digits))) * 10 ** (25 + exponent)
    assert (-whole if sign else whole) == units


def test_the_effective_cost_is_taken_where_it_is_chosen(fake: Fake) -> None:
    fake.rows = [charge(START)]
    assert [r.amount for r in records(fake, cost="effective")] == [Decimal("1.05")]


def test_other_services_are_left_out_unless_all_are_chosen(fake: Fake) -> None:
    fake.rows = [
        charge(START),
        charge(START, ServiceName="Compute Engine", ServiceCategory="Compute", SkuMeter="N1 Core"),
    ]
    assert [r.service for r in fake.records()] == ["Vertex AI"]
    assert [(r.service, r.model) for r in records(fake, services="all")] == [
        ("Vertex AI", "gemini-2.5-flash"),
        ("Compute Engine", ""),
    ]


def test_a_service_that_nobody_has_heard_of_is_ai_by_its_category(fake: Fake) -> None:
    fake.rows = [charge(START, ServiceName="Thinking Machine", SkuMeter="thought")]
    assert [(r.service, r.model) for r in fake.records()] == [("Thinking Machine", "")]


def test_another_currency_is_another_bill(fake: Fake) -> None:
    fake.rows = [charge(START), charge(START, BillingCurrency="EUR")]
    assert [(r.currency, r.amount) for r in fake.records()] == [("USD", Decimal("1.10")), ("EUR", Decimal("1.10"))]


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("Gemini 2.5 Flash Lite Text Output - Predictions", "gemini-2.5-flash-lite"),
        ("Gemini 2.5 Pro Thinking Text Output - Predictions", "gemini-2.5-pro"),
        ("Gemini 3 Pro Text Input", "gemini-3-pro"),
        ("gpt 4o 0806 Inp glbl Tokens", "gpt-4o"),
        ("gpt-4o-mini-0718-Outp-glbl Tokens", "gpt-4o-mini"),
        ("gpt 4.1 nano Inp regnl Tokens", "gpt-4.1-nano"),
        ("GPT 5 Mini inp Glbl Tokens", "gpt-5-mini"),
        ("GPT-35-turbo-16k-Prompt Tokens", "gpt-35-turbo"),
        ("o3-mini 0131 Inp glbl Tokens", "o3-mini"),
        ("text-embedding-3-large-glbl Tokens", "text-embedding-3-large"),
        ("USE1-Claude4.5Sonnet-input-tokens", "claude-4.5-sonnet"),
        ("Claude Sonnet 4.5 (Amazon Bedrock Edition)", "claude-sonnet-4.5"),
        ("Claude 3 Haiku (Amazon Bedrock Edition)", "claude-3-haiku"),
        ("USE1-NovaLite-input-tokens", "nova-lite"),
        ("USE1-Llama3-1-70B-output-tokens", "llama-3.1-70b"),
        ("USE1-MistralLarge-input-tokens", "mistral-large"),
        ("Requests", ""),
        ("Standard instance in Nova Scotia", ""),
        ("", ""),
    ],
)
def test_a_model_is_recognised_by_what_clouds_call_it(text: str, model: str) -> None:
    assert model_of([text]) == model


@settings(deadline=None)
@given(st.lists(st.text(max_size=60), max_size=4), st.text(max_size=20))
def test_any_name_is_a_model_or_none(words: list[str], provider: str) -> None:
    assert model_of(words) == model_of(words).lower().strip()
    assert vendor_of(provider) == vendor_of(provider).lower()


@pytest.mark.parametrize(("provider", "vendor"), [("Amazon Web Services", "aws"), ("Oracle", "oracle"), ("", "")])
def test_a_vendor_has_a_short_name(provider: str, vendor: str) -> None:
    assert vendor_of(provider) == vendor


def test_from_focus_1_3_on_a_provider_has_a_column_of_another_name(fake: Fake) -> None:
    fake.rows = [charge(START, ProviderName="", ServiceProviderName="Microsoft")]
    assert fake.records()[0].vendor == "azure"


def test_a_packed_file_is_the_same(fake: Fake) -> None:
    fake.plant()
    plain = fake.records()
    fake.packed = True
    assert fake.records() == plain


def test_empty_lines_are_no_rows(fake: Fake) -> None:
    fake.interrupt = lambda request: httpx.Response(200, content=FULL + b"\r\n\r\n")
    assert len(fake.records()) == 2


def test_a_row_with_too_few_or_too_many_cells_costs_itself_only(fake: Fake) -> None:
    header, one, two = csv.reader(io.StringIO(FULL.decode("utf-8-sig"), newline=""))
    written = io.StringIO(newline="")
    csv.writer(written).writerows([header, one[:-1], one, [*one, "more"], two])
    fake.interrupt = lambda request: httpx.Response(200, content=written.getvalue().encode())
    pages = fake.pages()
    assert len([r for page in pages for r in page.records]) == 2
    reasons = [r.reason for page in pages for r in page.rejected]
    assert [reason.partition(" has ")[0] for reason in reasons] == ["line 2", "line 4"]


def test_several_files_are_one_bill(fake: Fake) -> None:
    fake.rows = [charge(START)]
    both = f"{HOST}/exports/bill.csv\n{HOST}/exports/bill.csv"
    assert [r.amount for r in records(fake, addresses=both)] == [Decimal("2.20")]


def test_a_row_that_cannot_be_read_is_refused_with_the_reason_and_once(fake: Fake) -> None:
    fake.rows = [
        charge(START, BilledCost="much"),
        charge(START, ChargePeriodStart="today"),
        charge(START, BillingCurrency="dollars"),
        charge(START),
        charge(MIDDLE),
    ]
    pages = fake.pages()
    reasons = [rejection.reason.partition(":")[0] for page in pages for rejection in page.rejected]
    assert reasons == ["cost", "chargeperiodstart", "billingcurrency"]
    assert [len(page.records) for page in pages] == [1, 1]
    assert fake.pages(cursor=str(pages[0].next_cursor))[0].rejected == ()


FULL = table([charge(START), charge(MIDDLE)])


@pytest.mark.parametrize(
    ("content", "fault", "says"),
    [
        (b"<html>Sign in</html>", Fault.CLIENT, "a web page answers"),
        (b'{"rows": []}', Fault.CLIENT, "no FOCUS export"),
        (b"", Fault.CLIENT, "no FOCUS export"),
        (b"PAR1\x15\x04", Fault.LATER, "in the middle of a row"),
        (FULL.replace(b"EffectiveCost", b"Whatever"), None, ""),
        (FULL.replace(b"BilledCost", b"Whatever"), Fault.CLIENT, "no column “BilledCost”"),
        (FULL[:-20], Fault.LATER, "in the middle of a row"),
        (FULL[: FULL.index(b'""team') + 4], Fault.LATER, "in the middle of a row"),
        (gzip.compress(FULL)[:-20], Fault.LATER, "in the middle of a row"),
        (b"\x1f\x8bnot gzip", Fault.CLIENT, "looks like gzip"),
        (FULL + b'"a"b,', Fault.CLIENT, "is no CSV"),
    ],
)
def test_what_is_no_whole_export_is_refused_in_words(
    fake: Fake, content: bytes, fault: Fault | None, says: str
) -> None:
    fake.interrupt = lambda request: httpx.Response(200, content=content)
    if fault is None:
        assert len(fake.records()) == 2
        return
    with pytest.raises(SourceError) as caught:
        fake.pages()
    assert caught.value.fault is fault
    assert says in caught.value.message


def test_a_file_that_unpacks_to_more_than_fits_is_refused(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "UNPACKED", 2**20)
    fake.interrupt = lambda request: httpx.Response(200, content=gzip.compress(FULL + b"\r\n" * 2**20))
    with pytest.raises(SourceError, match="larger than 1 MiB") as caught:
        fake.pages()
    assert caught.value.fault is Fault.CLIENT


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(0, len(FULL)), st.integers(0, 40))
def test_a_file_that_is_damaged_anywhere_is_taken_or_refused(junk: bytes, at: int, gone: int) -> None:
    fake = Fake()
    content = FULL[:at] + junk + FULL[at + gone :]
    fake.interrupt = lambda request: httpx.Response(200, content=content)
    read_or_refused(fake)


def test_a_signature_in_an_address_is_in_no_record_log_or_error(fake: Fake, caplog: pytest.LogCaptureFixture) -> None:
    fake.signed = True
    fake.plant()
    with caplog.at_level(logging.INFO):
        found = repr(fake.records())
        fake.interrupt = lambda request: fake.refusal(403)
        with pytest.raises(SourceError, match="has expired or was not copied whole") as caught:
            fake.pages()
    assert caught.value.fault is Fault.CLIENT
    assert fake.key not in found + caplog.text + repr(caught.value)
    with fake.connected() as connector:
        assert fake.key not in repr(connector.settings)


@pytest.mark.parametrize("status", [402, 404, 410, 422, 500])
def test_a_signature_is_in_no_reason_that_is_given(fake: Fake, status: int) -> None:
    """Whatever the status, and however many addresses there are: any part of one opens the file."""
    both = f"{HOST}/exports/bill.csv?sig=SECRETA-0123\n{HOST}/exports/bill.csv?sig=SECRETB-0123"
    said = {"error": {"message": f"no {HOST}/exports/bill.csv?sig=SECRETA-0123 (SECRETB-0123)"}}
    fake.interrupt = lambda request: httpx.Response(status, json=said)
    with pytest.raises(SourceError) as caught:
        records(fake, addresses=both)
    assert "SECRET" not in f"{caught.value!r} {caught.value} {caught.value.detail}"


@pytest.mark.parametrize("status", [400, 403])
def test_an_address_that_has_expired_is_for_a_person_to_mend(fake: Fake, status: int) -> None:
    """Google answers 400 to an expired signature, the others 403."""
    fake.interrupt = lambda request: fake.refusal(status)
    with pytest.raises(SourceError, match="Create a new one") as caught:
        fake.pages()
    assert (caught.value.fault, caught.value.detail) == (Fault.CLIENT, "")


@pytest.mark.parametrize(
    "addresses", ["", "bills.example/a.csv", "http://bills.example/a.csv", f"{HOST}/a.csv https://other.example/b.csv", "https://[::"]
)  # fmt: skip
def test_addresses_are_whole_safe_and_of_one_server(fake: Fake, addresses: str) -> None:
    with pytest.raises(ValueError, match="addresses"), fake.connected(addresses=addresses):
        pass


def test_a_check_names_the_account_and_each_service_with_its_days(fake: Fake) -> None:
    fake.plant()
    with fake.connected() as connector:
        found = connector.check()
    assert found.account == "billing account 010101-F0FFF0-61C528"
    [seen] = found.sees
    assert (seen.name, seen.count, seen.unit) == ("Vertex AI", 7, "rows")
    assert (seen.first, seen.last) == (START, datetime(2026, 11, 4, tzinfo=UTC))


def test_a_file_that_bills_nothing_of_ai_is_said_to_be_none(fake: Fake) -> None:
    fake.rows = [charge(START, ServiceName="Compute Engine", ServiceCategory="Compute")]
    with fake.connected() as connector, pytest.raises(SourceError, match="bills nothing of AI"):
        connector.check()
    fake.rows = []
    with fake.connected() as connector, pytest.raises(SourceError, match="no rows"):
        connector.check()


def as_parquet(rows: list[dict[str, str]]) -> bytes:
    """The same rows as a warehouse writes them: decimals, moments, floats, and a map nobody reads."""
    typed = pyarrow.table(
        {
            **{name: [row.get(name) for row in rows] for name in ("BillingCurrency", "ServiceName", "ServiceCategory")},
            **{name: [row.get(name) for row in rows] for name in ("ProviderName", "SkuMeter", "SubAccountName")},
            "BilledCost": pyarrow.array([Decimal(row["BilledCost"]) for row in rows], pyarrow.decimal128(20, 10)),
            "EffectiveCost": [float(row["EffectiveCost"]) for row in rows],
            "ChargePeriodStart": pyarrow.array(
                [datetime.fromisoformat(row["ChargePeriodStart"]) for row in rows], pyarrow.timestamp("us", tz="UTC")
            ),
            "Tags": pyarrow.array([[("team", "bots")] for _ in rows], pyarrow.map_(pyarrow.string(), pyarrow.string())),
        }
    )
    written = io.BytesIO()
    parquet.write_table(typed, written)
    return written.getvalue()


def test_parquet_says_the_same_as_csv(fake: Fake) -> None:
    fake.plant()
    whole = fake.records()
    content = as_parquet(fake.rows)
    fake.interrupt = lambda request: httpx.Response(200, content=content)
    assert [(b.day, b.vendor, b.amount, b.service, b.model) for b in fake.records()] == [
        (b.day, b.vendor, b.amount, b.service, b.model) for b in whole
    ]
    assert sum(b.amount for b in records(fake, cost="effective")) == Decimal("1.05") * 6


def test_half_a_parquet_file_is_one_that_is_being_written(fake: Fake) -> None:
    fake.plant()
    content = as_parquet(fake.rows)
    fake.interrupt = lambda request: httpx.Response(200, content=content[:-40])
    with pytest.raises(SourceError, match="in the middle of a row"):
        fake.pages()


def test_a_parquet_file_without_the_cost_is_no_export(fake: Fake) -> None:
    written = io.BytesIO()
    parquet.write_table(pyarrow.table({"ServiceName": ["Vertex AI"]}), written)
    fake.interrupt = lambda request: httpx.Response(200, content=written.getvalue())
    with pytest.raises(SourceError, match="has no column"):
        fake.pages()

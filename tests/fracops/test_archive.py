"""All that a client owns as one zip: whole, nobody else's, without secrets, and the same again after it was imported elsewhere."""

import csv
import io
import json
import stat
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from clients import charters, handbook
from clients.models import (
    AgreedWay,
    Assumption,
    Charter,
    Client,
    Concern,
    Event,
    EventType,
    FitCheck,
    HandbookPage,
    Practice,
    RiskItem,
    SupportEntry,
    System,
    SystemReview,
    Target,
    TargetReading,
    ToolCost,
    User,
    Vendor,
    VendorTalk,
)
from clients.tenancy import scope
from fracops.archive import exporting, zips
from fracops.archive.importing import bring, client_of
from fracops.archive.tables import STAYS, TABLES
from fracops.archive.zips import ArchiveError, Reader
from monitoring import connections
from monitoring.charter_words import charter_words
from monitoring.models import Bill, OutcomeValue, Source
from monitoring.sources import kinds
from reports import delivery
from reports.models import Delivery, DeliveryState, Recipient, Report
from tests import factories
from tests.conftest import NOW, rows
from tests.monitoring.outcome_making import define

pytestmark = pytest.mark.usefixtures("runtime_role")
SECRET = "planted-key-of-a-provider"


def fill(client: Client, person: User, word: str) -> None:
    """Something in every corner that an archive looks into; `word` is in all that is typed."""
    span = factories.span(
        1, datetime(2026, 10, 29, 12, tzinfo=UTC), model=f"model-{word}", system="Bot", session_id="s1", user_id="u1"
    )
    source = factories.calls(client, [span], [factories.verdict(span, True)])
    factories.engagement(client, why=word)
    shown = factories.opportunity(client, title=f"Shown {word}", visible_note="In short", risk_note=f"Risky {word}")
    factories.opportunity(client, title=f"Hidden {word}", visible=False)
    factories.phase(client, name=word)
    factories.entry(client, person, note=f"=Work {word}", visible=True, opportunity=shown)
    factories.entry(client, person, note=f"Secretly {word}")
    define(client)
    settings = kinds()["phoenix"].Settings(base_url="https://127.0.0.1:1", api_key=SECRET)
    items = RiskItem.objects.using("owner")
    known = items.create(practice=client.practice, kind="security", title=f"Leak {word}", words="Told.")
    silent = items.create(practice=client.practice, kind="security", title=f"Untold {word}")
    with scope(client):
        connections.connect(client, "phoenix", settings, name=f"Phoenix {word}", system_name="Bot")
        for item in (known, silent):
            Concern.objects.create(practice_id=client.practice_id, client=client, item_id=item.pk, note=word)
        old, new = (
            HandbookPage.objects.create(client=client, kind="decision", title=f"{n} {word}", decided_on=NOW.date())
            for n in ("Old", "New")
        )
        HandbookPage.objects.filter(pk=old.pk).update(superseded_by=new)
        for page in (old, new):
            handbook.write(page, f"# Why {word}", by="Mara", now=NOW)
        policy = HandbookPage.objects.create(client=client, kind="policy", title=f"Policy {word}")
        for text in ("First", f"Second {word}"):
            handbook.write(policy, text, by="Mara", now=NOW)
        for version in (1, 2):
            made = Charter.objects.create(client=client, quarter_start=date(2026, 10, 1), version=version, scope=word)
            target = Target.objects.create(
                client=client,
                charter=made,
                name=word,
                metric="accuracy",
                goal=Decimal("0.9"),
                due=date(2026, 12, 31),
                system=System.objects.first(),
            )
            if version == 1:
                TargetReading.objects.create(
                    client=client,
                    target=target,
                    value=1,
                    day=NOW.date(),
                    said_by=word,
                    entered_by=person,
                    entered_at=NOW,
                )
                text = charter_words(client, made).text
                charters.agree(made, text, charters.digest(text), by="Theo", way=AgreedWay.PORTAL, now=NOW)
        Assumption.objects.create(
            client=client,
            key="ticket_value",
            value=4,
            unit="USD",
            known="reported",
            said_by=word,
            said_on=NOW.date(),
            valid_from=NOW.date(),
        )
        ToolCost.objects.create(
            client=client, name=word, amount=9, currency="USD", from_month=date(2026, 10, 1), said_by="Theo"
        )
        FitCheck.objects.create(
            client=client,
            answered_on=NOW.date(),
            answered_by="Mara",
            answers=[{"key": "defined", "question": "Is the problem defined?", "answer": "no", "note": word}],
            outcome="reserved",
            reasons=["The problem is not defined."],
        )
        vendor = Vendor.objects.create(client=client, name=f"Vendor {word}", currency="USD")
        VendorTalk.objects.create(
            client=client, vendor=vendor, day=NOW.date(), text=word, written_by="Mara", written_at=NOW
        )
        event = Event.objects.create(
            client=client, type=EventType.PRICING, title=f"Price {word}", began_at=datetime(2026, 10, 20, tzinfo=UTC)
        )
        system = System.objects.earliest("pk")
        SystemReview.objects.create(client=client, event=event, system=system, reviewer=word, due=date(2026, 11, 1))
        SupportEntry.objects.create(
            client=client, kind="question", came_on=NOW.date(), by="Maya", text=word, recorded_by="Maya"
        )
        Bill.objects.create(
            client=client,
            source_id=source.id,
            day=date(2026, 10, 29),
            vendor="openai",
            service="",
            model="gpt-4",
            line="",
            project=word,
            currency="USD",
            amount=Decimal("1.25"),
        )
        OutcomeValue.objects.create(
            client=client,
            definition_id=rows("SELECT id FROM monitoring_outcomedefinition WHERE client_id = %s", [client.pk])[0][0],
            ref="day:2026-10-29",
            first_day=date(2026, 10, 29),
            last_day=date(2026, 10, 29),
            numerator=4,
            denominator=6,
            said_by=person,
            known_at=NOW,
        )
        recipient = Recipient.objects.create(client=client, email=f"ceo@{word}.example")
        report = Report.objects.create(
            client=client, kind="pulse", period_start="2026-10-30", period_end="2026-11-06", due_at=NOW
        )
        delivery.compose(client, report.pk, NOW)
        Delivery.objects.create(
            client=client, report=report, recipient=recipient, not_before=NOW, state=DeliveryState.SENT, sent_at=NOW
        )


@pytest.fixture
def full(client_row: Client, other_client: Client, time_machine: Any) -> Client:
    """A client with something everywhere, beside another one that has as much."""
    time_machine.move_to(NOW, tick=False)
    person = factories.member(client_row, "program_manager", "mara@northlight.example")
    fill(client_row, person, "acmeword")
    fill(other_client, factories.user("olga@people.example"), "zenithword")
    return client_row


@pytest.fixture
def elsewhere(practice: Practice) -> Practice:
    return factories.practice("southgate")


def zipped(client: Client, path: Path, **more: Any) -> Path:
    exporting.export(client.pk, path, by="a test", now=NOW, **more)
    return path


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def imported(path: Path, into: Practice, slug: str = "acme-two") -> Client:
    with Reader(path) as archive:
        client = client_of(archive, into, slug)
        bring(archive, client, into)
    return client


def altered(path: Path, change: Callable[[dict[str, bytes]], None], *, with_manifest: bool = False) -> Path:
    """The same zip with something changed; with its manifest made to fit where the promise is about what follows."""
    held = contents(path)
    change(held)
    target = path.with_name("altered.zip")
    with target.open("wb") as file:
        if with_manifest:
            manifest = json.loads(held.pop("manifest.json"))
            writer = zips.Writer(file)
            for name, content in held.items():
                with writer.file(name) as entry:
                    entry.write(content)
            writer.close({k: v for k, v in manifest.items() if k not in ("files", "format", "version")})
        else:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
                for name, content in held.items():
                    made.writestr(name, content)
    return target


def test_every_table_of_a_client_goes_along_or_stays_with_a_reason() -> None:
    of_client = {m for m in apps.get_models() if getattr(m, "tenancy", "") == "client"}
    listed = {table.model for table in TABLES}
    assert listed & STAYS.keys() == set()
    assert of_client - listed - STAYS.keys() == set(), (
        "say in fracops/archive/tables.py whether a client takes it along"
    )
    assert all(len(reason) > 20 for reason in STAYS.values())


def test_it_holds_what_was_written_said_counted_and_sent(full: Client, tmp_path: Path) -> None:
    held = contents(zipped(full, tmp_path / "acme.zip"))
    assert b"Second acmeword" in held["markdown/handbook/policy/003-policy-acmeword.md"]
    assert b"First" in held["markdown/handbook/policy/versions/003-policy-acmeword-v1.md"]
    assert b"Agreed by Theo" in held["markdown/charters/2026-q4-v1.md"]
    assert b"Shown acmeword" in held["markdown/roadmap.md"]
    assert held["pdf/charters/2026-q4-v1.pdf"][:5] == b"%PDF-"
    assert held["pdf/reports/pulse-2026-w45-r1.pdf"][:5] == b"%PDF-"
    points = list(csv.DictReader(io.StringIO(held["csv/points.csv"].decode())))
    assert {p["grain"] for p in points} == {"1440"}
    assert {p["system"] if "system" in p else p["system_id"] for p in points} == {"", "Bot"}
    bill = next(csv.DictReader(io.StringIO(held["csv/bills.csv"].decode())))
    assert (bill["source"], bill["amount"]) == ("App", "1.2500000000")
    notes = {row["note"] for row in csv.DictReader(io.StringIO(held["csv/hours.csv"].decode()))}
    assert notes == {"'=Work acmeword", "Secretly acmeword"}


def test_the_manifest_lists_every_file_and_says_what_is_left_out(full: Client, tmp_path: Path) -> None:
    held = contents(zipped(full, tmp_path / "acme.zip"))
    manifest = json.loads(held["manifest.json"])
    assert {one["path"] for one in manifest["files"]} == held.keys() - {"manifest.json"}
    assert (manifest["format"], manifest["version"], manifest["made_by"]) == ("fracops-client", 1, "a test")
    assert datetime.fromisoformat(manifest["made_at"]) == NOW
    assert next(one["rows"] for one in manifest["files"] if one["path"] == "json/hours.jsonl") == 2
    assert any("Secrets" in line for line in manifest["left_out"])


def test_nothing_of_another_client_and_no_secret_is_in_it(full: Client, other_client: Client, tmp_path: Path) -> None:
    held = contents(zipped(full, tmp_path / "acme.zip"))
    tokens = rows("SELECT unsubscribe_token FROM reports_recipient UNION ALL SELECT credentials FROM monitoring_source")
    digests = rows("SELECT token_digest FROM monitoring_source WHERE token_digest IS NOT NULL")
    passwords = rows("SELECT password FROM clients_user")
    for name, content in held.items():
        for foreign in (b"zenithword", b"Zenith", b"olga@people.example", SECRET.encode()):
            assert foreign not in content, name
        for (secret,) in (*tokens, *digests, *passwords):
            assert not secret or secret.encode() not in content, name
    assert any(b"acmeword" in content for content in held.values())
    assert not any(b"Untold" in content for content in held.values())


def test_what_the_client_gets_has_nothing_that_was_not_shown_to_it(full: Client, tmp_path: Path) -> None:
    held = contents(zipped(full, tmp_path / "own.zip", for_client=True))
    text = b"".join(content for name, content in held.items() if not name.endswith(".pdf"))
    assert b"Shown acmeword" in text
    assert b"In short" in text
    assert b"mara@northlight.example" not in held["csv/hours.csv"] + held["json/hours.jsonl"]
    for inside in (
        b"Secretly acmeword",
        b"Risky acmeword",
        b"People ask where their order is",
        b"ceo@acmeword.example",
    ):
        assert inside not in text
    assert b"Hidden acmeword" not in text


def test_of_itself_the_client_gets_what_its_pages_show_and_no_settings(full: Client, tmp_path: Path) -> None:
    own = {"sector": "Sectorword", "zone": "Europe/Vienna", "currency": "CHF", "colour": "#123456"}
    inside = {"contacts": "Contactword", "data_notes": "Noteword", "niche": ["Nicheword"], "competitors": ["Rivalword"]}
    Client.objects.using("owner").filter(pk=full.pk).update(**own, **inside, headcount=987654, region="9")
    with scope(full):
        assert any("127.0.0.1" in str(source.settings) for source in Source.objects.all())
    held = contents(zipped(full, tmp_path / "own.zip", for_client=True))
    browser = Browser()
    browser.force_login(factories.member(full, "executive", "exec@people.example"))
    shown = "".join(browser.get(f"/c/{full.slug}/{page}").content.decode() for page in ("", "roadmap/", "engagement/"))
    for name, value in json.loads(held["client.json"]).items():
        assert value in shown, name
    for word in (b"Contactword", b"Noteword", b"Nicheword", b"Rivalword", b"987654", b"127.0.0.1"):
        assert [name for name, content in held.items() if word in content] == []
    whole = contents(zipped(full, tmp_path / "whole.zip"))
    assert b"Noteword" in whole["markdown/data-handling.md"]
    assert b"127.0.0.1" in whole["csv/sources.csv"]


def test_what_the_client_sees_is_not_enough_to_import(full: Client, elsewhere: Practice, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="Import an export of everything"):
        imported(zipped(full, tmp_path / "own.zip", for_client=True), elsewhere)


def test_it_comes_back_equal_in_another_practice(full: Client, elsewhere: Practice, tmp_path: Path) -> None:
    one = zipped(full, tmp_path / "one.zip")
    again = imported(one, elsewhere)
    two = zipped(again, tmp_path / "two.zip")
    before, after = contents(one), contents(two)
    assert before.keys() == after.keys()
    slug = json.loads(after["client.json"]) | {"slug": "acme"}
    assert slug == json.loads(before["client.json"])
    equal = [n for n in before if n.startswith(("json/", "csv/", "markdown/", "people.json", "pdf/reports/"))]
    for name in equal:
        # A draft of a charter names the practice that would agree to it.
        now = after[name].replace(b"Southgate", b"Northlight") if "charters/" in name else after[name]
        assert before[name] == now, name
    counted = {name: len(content.splitlines()) for name, content in before.items() if name.startswith("json/")}
    empty = {name for name, lines in counted.items() if not lines}
    assert empty <= {
        f"json/{n}.jsonl"
        for n in (
            "deliverables",
            "accesses",
            "attempts",
            "target-results",
            "closures",
            "usage",
            "tickets",
            "prompt-versions",
            "past-points",
        )
    }


def test_an_imported_client_leaves_the_others_as_they_were(full: Client, elsewhere: Practice, tmp_path: Path) -> None:
    path = zipped(full, tmp_path / "one.zip")
    tables = [t.model._meta.db_table for t in TABLES if "client_id" in {f.attname for f in t.model._meta.fields}]
    count = {t: rows(f"SELECT client_id, count(*) FROM {t} GROUP BY 1 ORDER BY 1") for t in tables}
    again = imported(path, elsewhere)
    for table in tables:
        now = rows(f"SELECT client_id, count(*) FROM {table} WHERE client_id <> %s GROUP BY 1 ORDER BY 1", [again.pk])
        assert now == count[table], table
    assert rows("SELECT count(*) FROM clients_membership WHERE client_id = %s", [again.pk]) == [(0,)]
    with scope(again):
        assert {(s.credentials, s.token_digest, s.next_run_at) for s in Source.objects.all()} == {("", None, None)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda held: held.update({"csv/hours.csv": held["csv/hours.csv"] + b"x"}), "longer than the manifest says"),
        (lambda held: held.update({"csv/hours.csv": held["csv/hours.csv"][:-2] + b"xx"}), "not as it was exported"),
        (lambda held: held.pop("json/hours.jsonl"), "added or taken away"),
        (lambda held: held.update({"json/more.jsonl": b"{}"}), "added or taken away"),
        (lambda held: held.update({"../outside": b"x"}), "no export writes"),
        (lambda held: held.update({"/etc/x": b"x"}), "no export writes"),
        (lambda held: held.pop("manifest.json"), "not an export of a client"),
        (lambda held: held.update({"manifest.json": b"{}"}), "not that of an export"),
        (lambda held: held.update({"manifest.json": b"["}), "damaged at the zip"),
        (
            lambda held: held.update(
                {"manifest.json": held["manifest.json"].replace(b'"version": 1', b'"version": 9')}
            ),
            "version 9",
        ),
        (lambda held: held.update({"csv/hours.csv": b"0" * 50_000_000}), "longer than the manifest says"),
    ],
)
def test_an_altered_file_is_refused_in_words(
    full: Client, elsewhere: Practice, tmp_path: Path, change: Callable[[dict[str, bytes]], None], words: str
) -> None:
    broken = altered(zipped(full, tmp_path / "one.zip"), change)
    with pytest.raises(CommandError, match=words):
        call_command("client", "import", str(broken), "--practice", "southgate", "--as", "acme-two")
    assert not Client.objects.using("owner").filter(slug="acme-two").exists()


def test_a_damaged_file_is_refused_in_words(full: Client, elsewhere: Practice, tmp_path: Path) -> None:
    whole = zipped(full, tmp_path / "one.zip").read_bytes()
    for broken in (whole[: len(whole) // 2], b"no zip at all", whole[:2000] + b"\0" * 500 + whole[2500:]):
        (tmp_path / "broken.zip").write_bytes(broken)
        with pytest.raises(CommandError, match="Nothing was imported"):
            call_command("client", "import", str(tmp_path / "broken.zip"), "--practice", "southgate", "--as", "two")


@pytest.mark.parametrize(
    ("name", "was", "becomes", "words"),
    [
        ("json/targets.jsonl", b'"charter":1', b'"charter":77', r"targets.jsonl, line 1: it points at row 77 of 2"),
        ("json/hours.jsonl", b"mara@northlight.example", b"nobody@x.example", "who is not in people.json"),
        ("json/hours.jsonl", b'"minutes":90', b'"minutes":9000', r"hours.jsonl, line 1"),
        ("json/hours.jsonl", b'"minutes"', b'"client_id":1,"minutes"', "no such row has"),
        ("json/systems.jsonl", b'"name"', b"name", "damaged"),
    ],
)
def test_rows_that_cannot_be_are_told_by_their_line_and_nothing_is_left(
    full: Client, elsewhere: Practice, tmp_path: Path, name: str, was: bytes, becomes: bytes, words: str
) -> None:
    def change(held: dict[str, bytes]) -> None:
        assert was in held[name]
        held[name] = held[name].replace(was, becomes)

    broken = altered(zipped(full, tmp_path / "one.zip"), change, with_manifest=True)
    with pytest.raises(ArchiveError, match=words):
        imported(broken, elsewhere)
    assert rows("SELECT count(*) FROM clients_client WHERE slug = 'acme-two'") == [(0,)]
    assert rows("SELECT count(*) FROM clients_area WHERE practice_id = %s", [elsewhere.pk]) == [(0,)]


def test_a_killed_export_leaves_nothing_half(full: Client, tmp_path: Path) -> None:
    def dies(done: int, steps: int, words: str) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        zipped(full, tmp_path / "acme.zip", progress=dies)
    assert list(tmp_path.iterdir()) == []


def test_only_its_owner_reads_the_file(full: Client, tmp_path: Path) -> None:
    path = zipped(full, tmp_path / "folder" / "acme.zip")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    path, lines = tmp_path / "long.zip", 200_000
    tracemalloc.start()
    try:
        with path.open("wb") as file:
            writer = zips.Writer(file)
            with writer.file("json/points.jsonl") as entry:
                for number in range(lines):
                    entry.line({"n": number, "text": "x" * 100})
            writer.close({})
        with Reader(path) as archive:
            assert sum(1 for _ in archive.lines("json/points.jsonl")) == lines
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Unpacked it is more than 20 MB.
    assert most < 4_000_000


def test_more_files_than_an_import_takes_are_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "MOST_FILES", 3)
    with open(tmp_path / "a.zip", "wb") as target, zips.Writer(target) as writer:
        for number in range(2):
            with writer.file(f"markdown/{number}.md") as entry:
                entry.write(b"x")
        with pytest.raises(ArchiveError, match="no import takes"), writer.file("markdown/3.md"):
            pass
        writer.close({})
    assert len(Reader(tmp_path / "a.zip").manifest["files"]) == 2


def test_from_the_shell_and_back(full: Client, elsewhere: Practice, tmp_path: Path, capsys: Any) -> None:
    path = str(tmp_path / "acme.zip")
    call_command("client", "export", "acme", "--to", path)
    assert "Acme is in" in capsys.readouterr().out
    for options, words in (
        (["--practice", "nobody"], "no practice called nobody"),
        (["--practice", "southgate"], "There is a client called acme already"),
    ):
        with pytest.raises(CommandError, match=words):
            call_command("client", "import", path, *options)
    call_command("client", "import", path, "--practice", "southgate", "--as", "acme-two")
    assert "read nothing" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no client called nobody"):
        call_command("client", "export", "nobody", "--to", path)

"""Exports on their page: who may take one, how it is written once, and how long its file is kept."""

import io
import os
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from clients import exports
from clients.models import Client, Export, ExportState, Practice, User
from clients.models.export import ABANDONED_AFTER
from clients.tenancy import scope
from fracops import tasks
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("runtime_role")
PAGE = "/c/acme/exports/"


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> Iterator[Path]:
    with override_settings(HOME=tmp_path):
        yield tmp_path


def signed_in(person: User) -> Browser:
    browser = Browser()
    browser.force_login(person)
    return browser


def waiting(client: Client, by: User, **fields: Any) -> Export:
    with scope(client):
        return Export.objects.create(client=client, asked_by=by, asked_at=NOW, **fields)


def now_of(export: Export) -> Export:
    return Export.objects.using("owner").select_related("client").get(pk=export.pk)


def write(export: Export) -> bool:
    done: bool = tasks.write_export(client_id=export.client_id, export_id=export.pk)
    return done


def test_a_manager_asks_for_it_and_downloads_it(client_row: Client, manager: User, home: Path) -> None:
    browser = signed_in(manager)
    assert "can be taken along in one file" in browser.get(PAGE).content.decode()
    assert browser.post(PAGE, {"what": "all"}).status_code == 302
    made = Export.objects.using("owner").get()
    page = browser.get(PAGE).content.decode()
    assert (made.state, "is ready until" in page) == (ExportState.READY, True)
    answer = browser.get(f"{PAGE}{made.public_id}.zip")
    assert answer.headers["Content-Type"] == "application/zip"
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert len(content) == made.size
    assert "client.json" in zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert now_of(made).fetched_by == manager.label
    assert [p.name for p in (home / "exports" / client_row.public_id).iterdir()] == [f"{made.public_id}.zip"]


def test_executives_take_what_they_see_where_the_practice_lets_them(
    client_row: Client, manager: User, practice: Practice
) -> None:
    executive = signed_in(factories.member(client_row, "executive"))
    whole = waiting(client_row, manager)
    assert write(whole)
    for answer in (executive.get(PAGE), executive.post(PAGE), executive.get(f"{PAGE}{whole.public_id}.zip")):
        assert answer.status_code == 403
    Practice.objects.using("owner").filter(pk=practice.pk).update(executives_export=True)
    assert executive.post(PAGE, {"what": "all"}).status_code == 302
    own = Export.objects.using("owner").exclude(pk=whole.pk).get()
    assert (own.for_client, own.state) == (True, ExportState.READY)
    taken = executive.get(f"{PAGE}{own.public_id}.zip")
    taken.close()
    assert taken.status_code == 200
    assert executive.get(f"{PAGE}{whole.public_id}.zip").status_code == 404
    assert "everything</td>" not in executive.get(PAGE).content.decode()
    assert signed_in(factories.member(client_row, "contributor")).get(PAGE).status_code == 403


def test_another_clients_export_is_not_there(client_row: Client, other_client: Client, manager: User) -> None:
    foreign = waiting(other_client, factories.user("olga@people.example"))
    assert write(foreign)
    assert signed_in(manager).get(f"{PAGE}{foreign.public_id}.zip").status_code == 404


def test_two_who_ask_at_once_get_one(client_row: Client, manager: User) -> None:
    with scope(client_row):
        one, two = (exports.ask(client_row, manager, NOW, for_client=False) for _ in range(2))
    assert one.pk == two.pk


def test_a_second_worker_leaves_it_to_the_first(client_row: Client, manager: User) -> None:
    export = waiting(client_row, manager)
    with scope(client_row):
        assert exports.claim(client_row.pk, export.pk, "first", NOW)
        assert not exports.claim(client_row.pk, export.pk, "second", NOW)
        # The same task, delivered again after its worker died, goes on.
        assert exports.claim(client_row.pk, export.pk, "first", NOW)
        assert exports.claim(client_row.pk, export.pk, "third", NOW + ABANDONED_AFTER + timedelta(seconds=1))
        assert not exports.settle(export.pk, "first", ExportState.READY)


def test_what_a_worker_left_is_handed_on(client_row: Client, manager: User, time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)
    export = waiting(client_row, manager, state=ExportState.WORKING, claim="gone", claimed_at=NOW)
    assert tasks.write_exports() == 0
    time_machine.shift(ABANDONED_AFTER + timedelta(minutes=1))
    assert tasks.write_exports() == 1
    assert now_of(export).state == ExportState.READY
    assert tasks.write_exports() == 0


def test_after_a_week_the_file_is_gone(client_row: Client, manager: User, time_machine: Any, home: Path) -> None:
    time_machine.move_to(NOW, tick=False)
    export = waiting(client_row, manager)
    assert write(export)
    browser = signed_in(manager)
    time_machine.shift(exports.KEPT + timedelta(minutes=1))
    assert browser.get(f"{PAGE}{export.public_id}.zip").status_code == 404
    half = home / "exports" / client_row.public_id / "killed.zip.1234.part"
    half.write_bytes(b"half")
    assert tasks.write_exports() == 1
    assert now_of(export).state == ExportState.GONE
    assert not exports.file_of(now_of(export)).exists()
    assert "is deleted" in browser.get(PAGE).content.decode()


def test_one_that_fails_says_so_and_leaves_no_file(
    client_row: Client, manager: User, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda file: (_ for _ in ()).throw(OSError(28, "No space left")))
    export = waiting(client_row, manager)
    assert not write(export)
    assert now_of(export).state == ExportState.FAILED
    assert list((home / "exports" / client_row.public_id).iterdir()) == []
    assert "could not be written" in signed_in(manager).get(PAGE).content.decode()


def test_how_far_it_is_stands_on_the_page(client_row: Client, manager: User) -> None:
    waiting(client_row, manager, state=ExportState.WORKING, claim="x", claimed_at=NOW, done=9, steps=40, doing="hours")
    page = signed_in(manager).get(PAGE).content.decode()
    assert "Step 10 of 40: hours" in page
    assert 'value="22"' in page


def test_the_page_asks_as_much_of_many_as_of_few(client_row: Client, manager: User) -> None:
    browser = signed_in(manager)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(PAGE).status_code == 200
        return len(asked)

    waiting(client_row, manager, state=ExportState.GONE)
    queries()
    few = queries()
    for _ in range(30):
        waiting(client_row, manager, state=ExportState.GONE)
    assert queries() <= few <= 20

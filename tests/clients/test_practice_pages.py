"""The practice's settings and its audit trail, as an owner uses them."""

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from PIL import Image

from clients import acting
from clients.models import Charter, Client, Practice, quarter_start
from clients.tenancy import scope
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("runtime_role")
SETTINGS, CHANGES = "/p/northlight/settings/", "/p/northlight/changes/"
TYPED: dict[str, Any] = {
    "name": "Northlight Ltd",
    "sender_name": "Northlight",
    "sender_email": "pulse@northlight.example",
    "footer": "12 Quay Street, Bristol",
    "colour": "#0F5C78",
    "currency": "GBP",
    "hourly_rate": "65.50",
    "hours_a_day": "7.5",
    "pilot_quiet_days": "30",
    "working_days": ["1", "2", "3", "4"],
    "manager_word": "engineer",
    "edition": "0",
}


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 20)) -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", size, "#0F5C78").save(content, kind)
    return SimpleUploadedFile("logo", content.getvalue())


@pytest.fixture
def owner(client_row: Client) -> Browser:
    browser = Browser()
    browser.force_login(factories.member(client_row.practice, "owner", "ada@northlight.example"))
    return browser


def saved() -> Practice:
    return Practice.objects.using("owner").get(slug="northlight")


def test_an_owner_settles_the_brand_the_money_and_the_week(owner: Browser) -> None:
    assert owner.post(SETTINGS, TYPED | {"logo_file": picture()}).status_code == 302
    firm = saved()
    assert (firm.name, firm.currency, firm.working_days) == ("Northlight Ltd", "GBP", [1, 2, 3, 4])
    assert firm.hours_a_day == Decimal("7.5")
    drawn = owner.get("/p/northlight/logo")
    assert (drawn.headers["Content-Type"], drawn.content[:4]) == ("image/png", b"\x89PNG")
    assert owner.post(SETTINGS, TYPED | {"edition": "1", "without_logo": "on"}).status_code == 302
    assert owner.get("/p/northlight/logo").status_code == 404


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"colour": "#red;}"}, "six hex digits"),
        ({"currency": "pounds"}, "at most 3 characters"),
        ({"currency": "ZZZ"}, "“ZZZ” is no currency in use"),
        ({"hours_a_day": "0"}, "greater than or equal to 1"),
        ({"hourly_rate": "-1"}, "greater than or equal to 0"),
        ({"working_days": []}, "This field is required"),
        ({"working_days": ["9"]}, "not one of the available choices"),
        ({"sender_email": "nobody"}, "valid email"),
        ({"logo_file": SimpleUploadedFile("logo.png", b"<svg onload=alert(1)>")}, "no PNG or JPEG"),
        ({"logo_file": SimpleUploadedFile("logo.png", picture().read()[:50])}, "no PNG or JPEG"),
        ({"logo_file": picture("GIF")}, "no PNG or JPEG"),
        ({"logo_file": picture(size=(2_001, 1))}, "2,000 pixels"),
        ({"logo_file": SimpleUploadedFile("logo.png", b"x" * 200_001)}, "200 kB"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_nothing_typed_is_lost(
    owner: Browser, typed: dict[str, Any], words: str
) -> None:
    answer = owner.post(SETTINGS, TYPED | typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "12 Quay Street, Bristol" in answer.content.decode()
    assert saved().footer == ""


def test_of_two_who_write_at_once_the_second_learns_of_the_first(owner: Browser) -> None:
    assert owner.post(SETTINGS, TYPED | {"footer": "First"}).status_code == 302
    told = owner.post(SETTINGS, TYPED | {"footer": "Second"})
    page = told.content.decode()
    assert (told.status_code, saved().footer) == (422, "First")
    assert "Somebody saved this while you were writing. It says now Footer: “First”." in page
    assert 'value="Second"' in page
    assert 'name="edition" value="1"' in page
    assert owner.post(SETTINGS, TYPED | {"footer": "Second", "edition": "1"}).status_code == 302
    assert saved().footer == "Second"


def test_changes_are_told_in_words_by_who_made_them(owner: Browser, client_row: Client) -> None:
    owner.post(SETTINGS, TYPED)
    with acting.acting(acting.Actor(9, "Priya", "GET / from 203.0.113.4")), scope(client_row):
        Charter.objects.create(client=client_row, quarter_start=quarter_start(NOW.date()), scope="<script>")
    page = owner.get(CHANGES).content.decode()
    for part in ("footer: nothing → 12 Quay Street, Bristol", "working days: 1, 2, 3, 4, 5 → 1, 2, 3, 4", "Ada"):
        assert part in page
    assert "Charter of Acme added" in page
    assert "<script>" not in page
    only = owner.get(CHANGES, {"actor": "priya"}).content.decode()
    assert "Charter of Acme added" in only
    assert "footer" not in only


def test_filters_that_cannot_be_understood_count_as_not_asked(owner: Browser, client_row: Client) -> None:
    for asked in ({"client": "zenith"}, {"page": "-1"}, {"page": "x"}, {"subject": "pg_authid"}):
        assert owner.get(CHANGES, asked).status_code == 200
    assert "No change fits" in owner.get(CHANGES, {"page": "900"}).content.decode()


def test_another_practices_changes_are_not_shown(owner: Browser) -> None:
    stranger = factories.client(factories.practice("southgate"), "rival")
    with scope(stranger):
        Charter.objects.create(client=stranger, quarter_start=quarter_start(NOW.date()))
    page = owner.get(CHANGES).content.decode()
    assert "Rival" not in page
    assert "Southgate" not in page


def test_a_page_asks_as_much_of_many_changes_as_of_few(owner: Browser, client_row: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert owner.get(CHANGES).status_code == 200
        return len(asked)

    queries()
    few = queries()
    with scope(client_row):
        page = Charter.objects.create(client=client_row, quarter_start=quarter_start(NOW.date()))
        for number in range(80):
            Charter.objects.filter(pk=page.pk).update(scope=str(number))
    assert queries() <= few <= 21
    assert "Older" in owner.get(CHANGES).content.decode()

"""The work log as its people use it: one line, a timer, the weekly grid, an entry; what is doubted is asked, what is wrong is kept."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import Error, connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Area, Change, Client, System, Timer, User, WorkEntry
from clients.tenancy import practice as whole_practice
from clients.tenancy import scope
from tests import factories
from tests.conftest import NOW, rows

pytestmark = pytest.mark.usefixtures("runtime_role")
FRIDAY = date(2026, 11, 6)
ADD, WEEK = "/hours/add/", "/hours/"


@pytest.fixture(autouse=True)
def friday(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def browser(manager: User) -> Browser:
    signed_in = Browser()
    signed_in.force_login(manager)
    return signed_in


def as_role(of: Any, role: str) -> Browser:
    signed_in = Browser()
    signed_in.force_login(factories.member(of, role))
    return signed_in


def entries() -> list[WorkEntry]:
    return list(WorkEntry.objects.using("owner").select_related("client", "area", "person").order_by("pk"))


def said(browser: Browser, answer: Any) -> str:
    return str(browser.get(answer.headers["Location"]).content.decode())


# One line


def test_a_line_is_logged_told_and_undone(browser: Browser, client_row: Client) -> None:
    with scope(client_row):
        System.objects.create(client=client_row, name="Support assistant")
    answer = browser.post(
        ADD, {"line": "1h30 prompt #support tightened wording", "client": "acme", "next": "/c/acme/hours/"}
    )
    (entry,) = entries()
    assert (entry.minutes, entry.day, entry.area.name, entry.system, entry.note) == (
        90,
        FRIDAY,
        "prompt optimization",
        "Support assistant",
        "tightened wording",
    )
    page = said(browser, answer)
    assert "Logged 1 h 30 min today for Acme, prompt optimization, Support assistant: tightened wording" in page
    undo = re.search(r'action="(/hours/undo/[^"]+)"', page)
    assert undo
    assert "Undone" in said(browser, browser.post(undo[1]))
    assert entries() == []


def test_a_system_that_no_one_is_called_is_said_and_offered_right_where_it_is_corrected(
    browser: Browser, client_row: Client
) -> None:
    line = {"line": "45m prompt #nosuch shorter", "client": "acme", "next": "/c/acme/hours/"}
    page = said(browser, browser.post(ADD, line))
    assert "No one system of Acme is meant by “nosuch”: it has no system yet. Correct it in the hours." in page
    assert [entry.system for entry in entries()] == ["nosuch"]
    with scope(client_row):
        System.objects.create(client=client_row, name="Support assistant")
    page = said(browser, browser.post(ADD, line | {"line": "50m prompt #nosuch longer"}))
    assert "“nosuch”: it has Support assistant." in page
    form = browser.get(f"/c/acme/hours/{entries()[0].public_id}/").content.decode()
    assert 'list="systems"' in form
    assert '<datalist id="systems"><option value="Support assistant"></datalist>' in form


def test_days_are_the_persons_own(browser: Browser, manager: User, time_machine: Any) -> None:
    browser.post("/hours/zone/", {"zone": "Pacific/Auckland"})
    browser.post(ADD, {"line": "45m reporting"})
    assert entries()[0].day == FRIDAY + timedelta(days=1)
    assert "is no time zone" in said(browser, browser.post("/hours/zone/", {"zone": "Mars/Olympus"}))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("prompt no time at all", "Say how long it took"),
        ("1h something <b>else</b>", "Say the area after the time"),
        ("30h prompt x", "“30h” is no time for one day, which has 24 hours"),
        ("2026-02-31 45m prompt x", "“2026-02-31” is no day of the calendar: write one like 2026-"),
        ("1h prompt 2027-01-01 x", "has not come yet"),  # a day after the area still is a day
        ("1h prompt @zenith x", "names none or several of your clients: write @acme"),
        ("2027-01-01 1h prompt", "has not come yet"),
        ("2020-01-01 1h prompt", "more than 400 days ago"),
        ("\0", "Say how long it took"),
    ],
)
def test_a_line_that_is_not_understood_comes_back_as_it_was_typed(
    browser: Browser, other_client: Client, line: str, words: str
) -> None:
    answer = browser.post(ADD, {"line": line})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert "<b>else" not in page
    assert line.strip("\0").replace("<", "&lt;").replace(">", "&gt;") in page
    assert entries() == []


def test_the_same_work_twice_is_asked_about_first(browser: Browser) -> None:
    line = {"line": "4h prompt rewrote the refund answers"}
    browser.post(ADD, line)
    asked = browser.post(ADD, line)
    assert asked.status_code == 422
    assert (
        "4 h “rewrote the refund answers” for Acme on Friday, 6 November is logged already." in asked.content.decode()
    )
    assert len(entries()) == 1
    assert browser.post(ADD, line | {"sure": "yes"}).status_code == 302
    assert len(entries()) == 2


def test_a_day_holds_24_hours(browser: Browser) -> None:
    browser.post(ADD, {"line": "20h prompt one"})
    told = browser.post(ADD, {"line": "5h prompt two"}).content.decode()
    assert "would hold 25 h; 20 h are logged already" in told.replace(" ", " ")
    assert len(entries()) == 1


def test_work_for_all_clients_is_divided_by_their_plans_and_adds_up(
    browser: Browser, client_row: Client, other_client: Client, manager: User
) -> None:
    factories.engagement(client_row, amount=10)
    factories.engagement(other_client, amount=5)
    with whole_practice(client_row.practice_id):
        manager.memberships.create(practice=client_row.practice, client=other_client, role="program_manager")
    page = said(browser, browser.post(ADD, {"line": "100 reporting @all week’s planning"}))
    assert [(e.client.slug, e.minutes) for e in entries()] == [("acme", 67), ("zenith", 33)]
    assert "for Acme (1 h 7 min), Zenith (33 min)" in page.replace(" ", " ")
    undo = re.search(r'action="(/hours/undo/[^"]+)"', page)
    assert undo
    assert "2 entries" in said(browser, browser.post(undo[1]))


def test_nobody_undoes_what_another_logged(browser: Browser, client_row: Client) -> None:
    entry = factories.entry(client_row, factories.member(client_row.practice, "owner"))
    assert "nothing of yours" in said(browser, browser.post(f"/hours/undo/{entry.act}/"))
    assert len(entries()) == 1


def test_it_leads_back_to_pages_of_ours_only(browser: Browser) -> None:
    answer = browser.post(ADD, {"line": "1h prompt x", "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/hours/"


def test_the_line_stands_on_pages_of_those_who_log_and_no_others(browser: Browser, client_row: Client) -> None:
    field = 'name="line"'
    assert field in browser.get("/c/acme/charter/").content.decode()
    for role in ("executive", "contributor"):
        theirs = as_role(client_row, role)
        assert field not in theirs.get("/c/acme/charter/").content.decode()
        assert theirs.post(ADD, {"line": "1h prompt x", "client": "acme"}).status_code == 404
    assert entries() == []


# The timer


def test_a_timer_runs_on_and_is_rounded_up_to_five_minutes(browser: Browser, time_machine: Any) -> None:
    browser.post(ADD, {"line": "prompt shorter summaries", "client": "acme", "do": "start"})
    assert "Timer since <b>15:30</b>" in browser.get("/c/acme/charter/").content.decode()
    browser.post(ADD, {"line": "another", "do": "start"})
    assert Timer.objects.using("owner").count() == 1
    time_machine.move_to(NOW + timedelta(minutes=41), tick=False)
    assert "Logged 45" in said(browser, browser.post("/hours/stop/"))
    assert [(e.minutes, e.note) for e in entries()] == [(45, "shorter summaries")]
    assert Timer.objects.using("owner").count() == 0


def test_a_timer_whose_line_says_too_little_asks_and_loses_nothing(browser: Browser, time_machine: Any) -> None:
    browser.post(ADD, {"line": "a word", "client": "acme", "do": "start"})
    time_machine.move_to(NOW + timedelta(minutes=10), tick=False)
    asked = browser.post("/hours/stop/")
    assert asked.status_code == 422
    assert 'value="10m a word @acme"' in asked.content.decode()
    assert Timer.objects.using("owner").count() == 1
    browser.post(ADD, {"line": "10m prompt a word @acme", "timer": "yes"})
    assert (len(entries()), Timer.objects.using("owner").count()) == (1, 0)


def test_a_forgotten_timer_is_not_believed(browser: Browser, time_machine: Any) -> None:
    browser.post(ADD, {"line": "prompt x", "client": "acme", "do": "start"})
    time_machine.move_to(NOW + timedelta(hours=15), tick=False)
    asked = browser.post("/hours/stop/").content.decode()
    assert "The timer ran for 15 h" in asked.replace(" ", " ")
    assert 'value="2026-11-06 prompt x @acme"' in asked
    assert "nothing was logged" in said(browser, browser.post("/hours/stop/", {"do": "discard"}))
    assert entries() == []


# The week


def cell(client: Client, day: date = FRIDAY, area: str = "prompt optimization") -> str:
    return f"{client.slug}.{factories.area(client, area).public_id}.{day}"


def week_with(client: Client, area: str = "prompt optimization") -> dict[str, str]:
    return {"row": f"{client.slug}.{factories.area(client, area).public_id}"}


def test_a_cell_is_filled_changed_and_emptied_in_place(browser: Browser, client_row: Client) -> None:
    name = cell(client_row)
    form = week_with(client_row) | {f"was.{name}": "0", name: "1h30"}
    assert browser.post(WEEK, form).status_code == 302
    assert [(e.minutes, e.day) for e in entries()] == [(90, FRIDAY)]
    browser.post(WEEK, {f"was.{name}": "90", name: "2h"})
    assert [(e.minutes, e.edition) for e in entries()] == [(120, 1)]
    page = browser.get(WEEK).content.decode()
    assert "2 h logged this week, for 1 client." in page.replace(" ", " ")
    browser.post(WEEK, {f"was.{name}": "120", name: ""})
    assert entries() == []


def test_of_a_wrong_cell_nothing_is_stored_and_all_that_was_typed_stays(browser: Browser, client_row: Client) -> None:
    good, bad = cell(client_row), cell(client_row, FRIDAY - timedelta(days=1))
    answer = browser.post(
        WEEK, week_with(client_row) | {good: "1h", f"was.{good}": "0", bad: "soon", f"was.{bad}": "0"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Thursday: “soon” is no time: write 1h30" in page
    assert 'value="soon"' in page
    assert 'value="1h"' in page
    assert entries() == []


def test_a_cell_that_changed_in_between_is_not_overwritten_unknowingly(
    browser: Browser, client_row: Client, manager: User
) -> None:
    name = cell(client_row)
    factories.entry(client_row, manager, FRIDAY, 30)
    told = browser.post(WEEK, {f"was.{name}": "0", name: "1h"})
    assert "was changed while you were writing and says now 30m" in told.content.decode()
    assert [e.minutes for e in entries()] == [30]
    assert f'name="was.{name}" value="30"' in told.content.decode()
    browser.post(WEEK, {f"was.{name}": "30", name: "1h"})
    assert [e.minutes for e in entries()] == [60]


def test_days_to_come_and_cells_of_several_entries_cannot_be_typed_over(
    browser: Browser, client_row: Client, manager: User
) -> None:
    for minutes in (30, 60):
        factories.entry(client_row, manager, FRIDAY, minutes)
    tomorrow = cell(client_row, FRIDAY + timedelta(days=1))
    browser.post(
        WEEK, {cell(client_row): "5h", "was." + cell(client_row): "90", tomorrow: "1h", "was." + tomorrow: "0"}
    )
    assert [e.minutes for e in entries()] == [30, 60]
    assert f'name="{cell(client_row)}"' not in browser.get(WEEK).content.decode()


@pytest.mark.parametrize("week", ["x", "0001-01-01", "9999-12-31", "2026-W45", "2026-13-01"])
def test_a_week_that_cannot_be_shows_this_one_and_says_so(browser: Browser, week: str) -> None:
    page = browser.get(WEEK, {"week": week, "row": "nothing", "client": "zenith", "area": "x"})
    assert page.status_code == 200
    assert "Shown is this week." in page.content.decode() or week == "2026-W45"


def test_the_week_asks_as_much_for_many_entries_as_for_few(browser: Browser, client_row: Client, manager: User) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(WEEK).status_code == 200
        return len(queries)

    factories.entry(client_row, manager, FRIDAY)
    few = asked()
    for back in range(20):
        factories.entry(client_row, manager, FRIDAY - timedelta(days=back % 5), 10, note=str(back))
    assert asked() == few <= 17


# An entry, and whose it is


def typed(client: Client, **fields: str) -> dict[str, str]:
    usual = {
        "day": "2026-11-05",
        "minutes": "45m",
        "area": str(factories.area(client).pk),
        "note": "Call",
        "edition": "0",
    }
    return usual | fields


def test_an_entry_is_logged_with_who_was_there_and_mended(browser: Browser, client_row: Client) -> None:
    form = typed(client_row, attendees="Theo Brandt", visible="on", visible_note="Went through October")
    assert browser.post("/c/acme/hours/new/", form).status_code == 302
    (entry,) = entries()
    assert (entry.attendees, entry.said) == ("Theo Brandt", "Went through October")
    asked = browser.post("/c/acme/hours/new/", form)
    assert (asked.status_code, len(entries())) == (422, 1)
    assert "Was it done twice?" in asked.content.decode()
    address = f"/c/acme/hours/{entry.public_id}/"
    assert browser.post(address, typed(client_row, minutes="1h")).status_code == 302
    told = browser.post(address, typed(client_row, minutes="2h")).content.decode()
    assert "Somebody saved this while you were writing" in told
    assert 'value="2h"' in told
    assert entries()[0].minutes == 60


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"minutes": "25h"}, "is no time for one day, which has 24 hours"),
        ({"minutes": "1h75"}, "is no time: write 1h30"),
        ({"day": "2026-11-07"}, "has not come yet"),
        ({"day": "2026-02-30"}, "Enter a valid date"),
        ({"note": "x" * 2001}, "at most 2000 characters"),
        ({"area": "999999"}, "Select a valid choice"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_in_words(
    browser: Browser, client_row: Client, fields: dict[str, str], words: str
) -> None:
    answer = browser.post("/c/acme/hours/new/", typed(client_row, attendees="Theo", **fields))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert 'value="Theo"' in answer.content.decode()


def test_managers_mend_their_own_and_owners_everybodys(client_row: Client, manager: User, browser: Browser) -> None:
    entry = factories.entry(client_row, factories.user("colleague@northlight.example"))
    address = f"/c/acme/hours/{entry.public_id}/"
    assert browser.get(address).status_code == 403
    assert browser.post(address, {"do": "remove"}).status_code == 403
    owner = as_role(client_row.practice, "owner")
    assert owner.post(address, {"do": "remove"}).status_code == 302
    assert entries() == []
    with scope(client_row):
        noted = Change.objects.filter(subject="clients_workentry", action="delete").get()
    assert noted.before["note"] == "Tightened refusal wording"


# The areas


def test_an_area_is_added_renamed_retired_and_brought_back(client_row: Client, browser: Browser, manager: User) -> None:
    owner, address = as_role(client_row.practice, "owner"), "/p/northlight/areas/"
    assert owner.post(address, {"new-name": "vendor talks"}).status_code == 302
    made = factories.area(client_row, "vendor talks")
    entry = factories.entry(client_row, manager, area=made)
    ask = {"area": made.public_id, f"{made.public_id}-name": "vendors", f"{made.public_id}-edition": "0"}
    assert owner.post(address, ask | {f"{made.public_id}-retired": "on"}).status_code == 302
    assert Area.objects.using("owner").get(pk=made.pk).retired
    assert "Say the area" in browser.post(ADD, {"line": "1h vendors x"}).content.decode()
    assert "vendors" in browser.get(f"/c/acme/hours/{entry.public_id}/").content.decode()
    assert owner.post(address, ask | {f"{made.public_id}-edition": "1"}).status_code == 302
    assert browser.post(ADD, {"line": "1h vendors x"}).status_code == 302


def test_areas_are_put_in_another_order_one_place_at_a_time(client_row: Client) -> None:
    owner, address = as_role(client_row.practice, "owner"), "/p/northlight/areas/"

    def order() -> list[str]:
        return [name for (name,) in rows("SELECT name FROM clients_area ORDER BY position, id")]

    def move(name: str, way: str) -> str:
        (public_id,) = rows("SELECT public_id FROM clients_area WHERE name = %s", [name])[0]
        return str(owner.post(address, {"area": public_id, "move": way}).headers["Location"])

    owner.get(address)
    first, second, *_, last = before = order()
    assert move(second, "up").startswith(f"{address}#area-")
    assert order()[:2] == [second, first]
    move(second, "down")
    assert order() == before
    for name, way in ((first, "up"), (last, "down"), (first, "sideways")):
        move(name, way)
        assert order() == before, "there is no place before the first, after the last, or elsewhere"
    page = owner.get(address).content.decode()
    assert f'Up<span class="vh">: {first}' not in page
    assert f'Down<span class="vh">: {last}' not in page


@pytest.mark.parametrize(
    ("name", "words"), [("Reporting", "already"), ("", "required"), ("x" * 61, "at most 60"), (" \t ", "required")]
)
def test_an_area_that_cannot_be_is_refused_in_words(client_row: Client, name: str, words: str) -> None:
    answer = as_role(client_row.practice, "owner").post("/p/northlight/areas/", {"new-name": name})
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_the_last_area_stays(client_row: Client) -> None:
    kept = factories.area(client_row)
    Area.objects.using("owner").exclude(pk=kept.pk).update(retired=True)
    answer = as_role(client_row.practice, "owner").post(
        "/p/northlight/areas/",
        {"area": kept.public_id, f"{kept.public_id}-name": kept.name, f"{kept.public_id}-retired": "on"},
    )
    assert "It is the last area" in answer.content.decode()


# What another client, or practice, could see


def test_an_entry_points_only_at_its_own_practices_areas_and_clients(client_row: Client, manager: User) -> None:
    strange = factories.client(factories.practice("southgate"), "rival")
    theirs = factories.area(strange)
    with pytest.raises(Error, match="of_tenant"), scope(client_row):
        WorkEntry.objects.create(
            practice=client_row.practice, client=client_row, person=manager, day=FRIDAY, minutes=5, area=theirs
        )
    with scope(client_row):
        assert {area.practice_id for area in Area.objects.all()} <= {client_row.practice_id}


def test_one_clients_work_is_not_anothers(client_row: Client, other_client: Client, manager: User) -> None:
    factories.entry(client_row, manager)
    with scope(other_client):
        assert WorkEntry.objects.count() == 0
    executive = as_role(other_client, "executive")
    assert executive.get("/c/acme/hours/").status_code == 404

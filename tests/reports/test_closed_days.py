"""A pulse whose Friday is closed goes out before it, in a blackout none goes out, and each says why: over real SMTP."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from clients.calendar import Calendar, closed, countries, regions, working
from clients.models import Client, Closure, ClosureKind
from clients.tenancy import scope
from monitoring.readings import Period
from reports import delivery, periods, schedule, tasks
from reports.models import Delivery, Edition, Recipient, Report, State
from tests import factories
from tests.conftest import Mailbox, rows

MONDAY = datetime(2026, 12, 21, 15, tzinfo=UTC)
"""Of the week whose Friday is Christmas Day."""
THURSDAY_15 = datetime(2026, 12, 24, 21, tzinfo=UTC)
"""15:00 in Chicago."""
FRIDAY_15 = THURSDAY_15 + timedelta(days=1)
LABEL = "2026-W52"


@pytest.fixture
def american(client_row: Client, mailbox: Mailbox, time_machine: Any) -> Client:
    """Acme in Chicago, with calls in December and a recipient, on the Monday before Christmas."""
    time_machine.move_to(MONDAY, tick=True)
    with scope(client_row):
        Client.objects.filter(pk=client_row.pk).update(country="US")
        client_row.refresh_from_db()
        Recipient.objects.create(client=client_row, email="ceo@acme.example")
    factories.calls(client_row, [factories.span(i, MONDAY - timedelta(days=i % 20, minutes=i)) for i in range(200)])
    return client_row


def close(client: Client, kind: ClosureKind, first: str, last: str, why: str) -> None:
    with scope(client):
        Closure.objects.create(
            client=client, kind=kind, first=date.fromisoformat(first), last=date.fromisoformat(last), why=why
        )


def planned(client: Client) -> Report:
    with scope(client):
        schedule.plan(client, timezone.now())
        return Report.objects.select_related("client").get(client=client, kind="pulse", period_end=date(2026, 12, 25))


def browser(client: Client) -> Browser:
    one = Browser()
    one.force_login(factories.member(client, "program_manager"))
    return one


def test_it_goes_out_on_the_day_before_christmas_and_never_on_it(
    american: Client, mailbox: Mailbox, time_machine: Any
) -> None:
    report = planned(american)
    assert report.due_at == THURSDAY_15
    person = browser(american)
    assert "Thursday 24 December, 15:00" in person.get("/c/acme/").content.decode()
    assert "Before its Friday, which is closed: Christmas Day." in person.get("/c/acme/").content.decode()
    time_machine.move_to(THURSDAY_15)
    tasks.send_due()
    assert len(mailbox.taken) == 1
    with scope(american):
        told = Edition.objects.get(report=report).content["period"]
    assert (told["start"], told["end"]) == ("2026-12-17", "2026-12-24")  # seven days that are over
    for path in ("", "mail/", "pdf/"):
        assert person.get(f"/c/acme/pulse/{LABEL}/{path}").status_code == 200  # the mail's link, on the same day
    assert "Went out on Thursday 24 December: the Friday is closed" in person.get("/c/acme/pulse/").content.decode()
    time_machine.move_to(FRIDAY_15)
    for _ in range(3):
        tasks.plan_due()
        tasks.send_due()
    assert len(mailbox.taken) == 1
    # Once the week is over, a person can freeze it whole; nothing is mailed.
    person.post(f"/c/acme/pulse/{LABEL}/freeze/")
    with scope(american):
        whole = Edition.objects.get(report__revision=2).content["period"]
    assert (whole["start"], whole["end"], len(mailbox.taken)) == ("2026-12-18", "2026-12-25", 1)


def test_the_pulse_of_a_week_that_is_not_over_is_not_read_before_it_went_out(american: Client) -> None:
    planned(american)
    assert browser(american).get(f"/c/acme/pulse/{LABEL}/").status_code == 404


def test_a_blackout_that_begins_after_planning_sends_nothing_and_says_why(
    american: Client, mailbox: Mailbox, time_machine: Any
) -> None:
    report = planned(american)
    close(american, ClosureKind.BLACKOUT, "2026-12-24", "2027-01-03", "Winter break")
    time_machine.move_to(THURSDAY_15)
    tasks.send_due()
    with scope(american):
        report.refresh_from_db()
    assert (report.state, mailbox.taken) == (State.SKIPPED, [])
    page = browser(american).get("/c/acme/pulse/").content.decode()
    assert "Not sent: no reports go out until 3 January (Winter break)." in page


def test_a_blackout_that_begins_between_freezing_and_sending_stops_the_mail(
    american: Client, mailbox: Mailbox, time_machine: Any
) -> None:
    report = planned(american)
    time_machine.move_to(THURSDAY_15)
    with scope(american):
        delivery.compose(american, report.pk, timezone.now())
    close(american, ClosureKind.BLACKOUT, "2026-12-24", "2026-12-24", "Merger")
    tasks.send_due()
    with scope(american):
        found = Delivery.objects.get()
    assert (found.state, mailbox.taken) == ("failed", [])
    assert "Merger" in found.error


def test_a_planned_pulse_follows_the_calendar_both_ways(american: Client, mailbox: Mailbox, time_machine: Any) -> None:
    planned(american)
    close(american, ClosureKind.CLOSED, "2026-12-24", "2026-12-24", "Christmas Eve")
    assert planned(american).due_at == THURSDAY_15 - timedelta(days=1)
    with scope(american):
        Closure.objects.all().delete()
        Client.objects.filter(pk=american.pk).update(country="")
        american.refresh_from_db()
    assert planned(american).due_at == FRIDAY_15
    time_machine.move_to(FRIDAY_15)
    tasks.send_due()
    assert len(mailbox.taken) == 1


def test_a_pulse_that_was_put_off_is_not_composed_by_a_task_that_was_on_its_way(
    american: Client, time_machine: Any
) -> None:
    report = planned(american)
    time_machine.move_to(THURSDAY_15)
    with scope(american):
        Report.objects.filter(pk=report.pk).update(due_at=FRIDAY_15)
        assert delivery.compose(american, report.pk, timezone.now()) is None
        report.refresh_from_db()
    assert report.state == State.PLANNED


def test_what_is_closed_too_late_to_be_moved_still_goes_out_on_its_friday(
    client_row: Client, mailbox: Mailbox, time_machine: Any
) -> None:
    with scope(client_row):
        Recipient.objects.create(client=client_row, email="ceo@acme.example")
    time_machine.move_to(FRIDAY_15 - timedelta(hours=3))
    planned(client_row)
    close(client_row, ClosureKind.CLOSED, "2026-12-25", "2026-12-25", "Christmas Day")
    assert planned(client_row).due_at == FRIDAY_15
    time_machine.move_to(FRIDAY_15)
    tasks.send_due()
    assert len(mailbox.taken) == 1


def test_a_pulse_whose_early_day_was_missed_is_not_sent_on_the_closed_friday(
    american: Client, mailbox: Mailbox, time_machine: Any
) -> None:
    report = planned(american)
    time_machine.move_to(FRIDAY_15 - timedelta(hours=6))
    tasks.plan_due()
    tasks.send_due()
    with scope(american):
        report.refresh_from_db()
    assert (report.state, mailbox.taken) == (State.MISSED, [])


def test_of_a_week_that_is_closed_throughout_none_goes_out_and_it_can_still_be_frozen(
    american: Client, mailbox: Mailbox, time_machine: Any
) -> None:
    close(american, ClosureKind.CLOSED, "2026-12-20", "2026-12-26", "Works holiday")
    report = planned(american)
    person = browser(american)
    assert "none on Friday 25 December" in person.get("/c/acme/").content.decode()
    time_machine.move_to(FRIDAY_15)
    tasks.send_due()
    with scope(american):
        report.refresh_from_db()
    assert (report.state, mailbox.taken) == (State.SKIPPED, [])
    assert report.error == "Not sent: closed from Monday to Friday, on Friday for Works holiday."
    person.post(f"/c/acme/pulse/{LABEL}/freeze/")
    with scope(american):
        report.refresh_from_db()
    assert (report.state, mailbox.taken) == (State.COMPOSED, [])


def test_the_local_hour_holds_before_a_clock_change(practice: Any, transactional_db: None) -> None:
    there = factories.client(practice, "there", zone="Africa/Cairo", country="US", pulse_hour=0)
    # On Friday 24 April 2026 Cairo has no 00:00; closed, it goes out on the Thursday, which has one.
    close(there, ClosureKind.CLOSED, "2026-04-24", "2026-04-24", "Anniversary")
    with scope(there):
        coming = schedule.next_pulse(there, datetime(2026, 4, 22, 9, tzinfo=UTC))
    assert (coming.day, coming.due_at) == (date(2026, 4, 23), datetime(2026, 4, 22, 22, tzinfo=UTC))


@given(
    st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    st.sampled_from(["", "US", "DE", "IL", "SA", "CN", "IN", "JP", "IR"]),
    st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 6)), max_size=4),
)
def test_each_week_has_one_pulse_within_it_on_a_working_day_or_none_with_a_reason(
    day: date, country: str, spans: list[tuple[int, int]]
) -> None:
    client = Client(slug="acme", name="Acme", zone="Europe/Berlin", country=country)
    closures = tuple(
        Closure(
            kind=ClosureKind.CLOSED if n % 2 else ClosureKind.BLACKOUT,
            first=day + timedelta(days=at),
            last=day + timedelta(days=at + long),
            why="Away",
        )
        for n, (at, long) in enumerate(spans)
    )
    calendar = Calendar(country, "", closures)
    week = periods.coming_pulse(datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=12), client.zone)
    coming = schedule.pulse_of(client, week, calendar)
    assert week.end - timedelta(days=4) <= coming.day <= week.end
    assert coming.due_at.astimezone(UTC) == periods.moment_of(coming.day, client.zone, client.pulse_hour)
    if coming.silent:
        assert calendar.blackout(coming.day) or all(
            calendar.closed(week.end - timedelta(days=back)) for back in range(5)
        )
    else:
        assert calendar.closed(coming.day) == ""
        assert calendar.blackout(coming.day) is None
        assert all(calendar.closed(coming.day + timedelta(days=n)) for n in range(1, (week.end - coming.day).days + 1))
    told = periods.told(week, coming.day)
    assert (told.days, told.end) == (7, coming.day)
    assert Period(told.start, told.end, client.zone).last < coming.day


def test_a_day_says_why_it_is_closed(practice: Any, transactional_db: None) -> None:
    there = factories.client(practice, "there", country="DE", region="BY")
    close(there, ClosureKind.CLOSED, "2026-11-12", "2026-11-13", "Stocktaking")
    close(there, ClosureKind.BLACKOUT, "2026-11-16", "2026-11-20", "Merger")
    with scope(there):
        said = {
            day: closed(there, date.fromisoformat(day))
            for day in ("2026-01-06", "2026-11-13", "2026-11-14", "2026-11-16", "2026-12-25")
        }
        assert working(there, date(2026, 11, 16))
        assert not working(there, date(2026, 11, 13))
    assert said == {
        "2026-01-06": "Epiphany",
        "2026-11-13": "Stocktaking",
        "2026-11-14": "the weekend",
        "2026-11-16": "",
        "2026-12-25": "Christmas Day",
    }


def test_every_country_and_region_can_be_asked() -> None:
    assert len(countries()) > 200
    for country in countries():
        for region in ["", *regions(country)][:3]:
            Calendar(country, region, ()).closed(date(2026, 5, 1))
    assert Calendar("ZZ", "", ()).closed(date(2026, 12, 25)) == ""  # a country the library no longer knows
    assert Calendar("DE", "ZZ", ()).closed(date(2026, 12, 25)) == "Christmas Day"


def test_another_client_sees_no_closure(client_row: Client, other_client: Client) -> None:
    close(client_row, ClosureKind.CLOSED, "2026-11-12", "2026-11-13", "Secret merger")
    with scope(other_client):
        assert list(Closure.objects.all()) == []
    assert rows("SELECT count(*) FROM clients_closure") == [(1,)]

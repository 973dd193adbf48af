"""A client's engagement: agreed, changed by new rows only, ended by notice, and told to each role what it may know."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import Error, IntegrityError, ProgrammingError, connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Change, Client, Deliverable, Engagement, ExchangeRate, Staff, Terms, User, WorkEntry
from clients.retainer import fee_in, standing
from clients.tenancy import scope
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("runtime_role")
PAGE = "/c/acme/engagement/"
TYPED = {
    "started_on": "2026-10-01",
    "notice_days": "30",
    "minimum_months": "3",
    "on_call_words": "Weekdays only",
    "mandate": "Decides on prompts",
    "amount": "8",
    "unit": "hours_week",
    "monthly_fee": "6500",
    "carry_over": "none",
    "edition": "0",
}


@pytest.fixture(autouse=True)
def friday(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def owner(client_row: Client) -> Browser:
    return of_role(client_row.practice, "owner")


def of_role(of: Any, role: str) -> Browser:
    browser = Browser()
    browser.force_login(factories.member(of, role))
    return browser


def stored() -> Engagement:
    return Engagement.objects.using("owner").get()


def words(answer: Any) -> str:
    return str(answer.content.decode()).replace(" ", " ")


def test_an_owner_writes_down_what_was_agreed(owner: Browser) -> None:
    assert "Write down what was agreed." in words(owner.get(PAGE))
    assert owner.post(f"{PAGE}begin/", TYPED).status_code == 302
    page = words(owner.get(PAGE))
    for part in (
        "8 hours a week for Acme, from month to month since 1 October 2026.",
        "6,500 USD",
        "are gone at the month’s end",
        "3 months",
        "Weekdays only",
        "Decides on prompts",
    ):
        assert part in page


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"started_on": "2026-02-30"}, "Enter a valid date"),
        ({"started_on": "1026-10-01"}, "too long ago"),
        ({"amount": "-1"}, "greater than or equal to 0"),
        ({"amount": "NaN"}, "Enter a number"),
        ({"amount": "1e9"}, "digits"),
        ({"unit": "years"}, "Select a valid choice"),
        ({"monthly_fee": "much"}, "Enter a number"),
        ({"carry_over": "up_to"}, "Say how many hours."),
        ({"carry_over": "expires"}, "Say how many months."),
        ({"notice_days": "999"}, "less than or equal to 366"),
        ({"minimum_months": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_agreed_is_refused_in_words_and_nothing_typed_is_lost(
    owner: Browser, typed: dict[str, str], told: str
) -> None:
    answer = owner.post(f"{PAGE}begin/", TYPED | typed)
    assert answer.status_code == 422
    assert told in words(answer)
    assert 'value="Weekdays only"' in words(answer)
    assert not Engagement.objects.using("owner").exists()


def test_engagements_of_a_client_do_not_overlap(owner: Browser, client_row: Client, other_client: Client) -> None:
    factories.engagement(client_row)
    factories.engagement(other_client)
    told = words(owner.post(f"{PAGE}begin/", TYPED))
    assert (
        "This overlaps the engagement that runs from 1 September 2026 without an end: give notice of it first." in told
    )
    with pytest.raises(IntegrityError, match="engagement_alone"), scope(client_row):
        Engagement.objects.create(client=client_row, started_on=date(2027, 5, 1))
    one = stored_of(client_row)
    owner.post(f"{PAGE}{one.public_id}/notice/", {"notice_on": "2026-11-06", "notice_by": "Dana", "edition": "0"})
    assert "until 6 December 2026" in words(owner.post(f"{PAGE}begin/", TYPED | {"started_on": "2026-12-06"}))
    assert owner.post(f"{PAGE}begin/", TYPED | {"started_on": "2026-12-07"}).status_code == 302
    assert "it would overlap" in words(owner.post(f"{PAGE}{one.public_id}/withdraw/", follow=True))


def stored_of(client: Client) -> Engagement:
    return Engagement.objects.using("owner").get(client=client)


def test_a_plan_and_a_fee_change_from_a_month_on_and_keep_their_history(owner: Browser, client_row: Client) -> None:
    one = factories.engagement(client_row)
    change = {"month": "2026-12", "amount": "10", "unit": "hours_week", "monthly_fee": "8000", "carry_over": "all"}
    assert owner.post(f"{PAGE}{one.public_id}/terms/", change | {"why": "Returns flow"}).status_code == 302
    page = words(owner.get(PAGE))
    assert "From December 2026: 10 hours a week." in page
    assert all(part in page for part in ("8 hours a week", "10 hours a week", "Returns flow"))
    with scope(client_row):
        fees = [fee_in(client_row, day) for day in (date(2026, 8, 31), date(2026, 11, 6), date(2026, 12, 1))]
    assert fees == [None, Decimal(6500), Decimal(8000)]
    for attempt in (lambda: Terms.objects.update(monthly_fee=1), lambda: Terms.objects.all().delete()):
        with pytest.raises(ProgrammingError, match="permission denied"), scope(client_row):
            attempt()


@pytest.mark.parametrize(
    ("month", "told"),
    [("2026-08", "begins in September 2026"), ("x", "is no month"), ("", "required"), ("2036-01", "months away")],
)
def test_a_month_that_cannot_be_is_refused_in_words(owner: Browser, client_row: Client, month: str, told: str) -> None:
    one = factories.engagement(client_row)
    change = {"month": month, "amount": "10", "unit": "hours_week", "carry_over": "all", "why": "Kept"}
    answer = owner.post(f"{PAGE}{one.public_id}/terms/", change)
    assert answer.status_code == 422
    assert told in words(answer)
    assert 'value="Kept"' in words(answer)


def test_notice_ends_it_with_the_minimum_term_and_is_seen_wherever_the_client_is(
    owner: Browser, client_row: Client
) -> None:
    one = factories.engagement(client_row)
    Engagement.objects.using("owner").update(minimum_months=6)
    notice = {"notice_on": "2026-11-05", "notice_by": "Theo Brandt", "edition": "0"}
    assert owner.post(f"{PAGE}{one.public_id}/notice/", notice).status_code == 302
    assert stored().ends_on == date(2027, 2, 28)
    ending = "Ends 28 February 2027: notice given 5 November 2026 by Theo Brandt"
    for address in (PAGE, "/c/acme/", "/c/acme/hours/", "/?all"):
        assert ending in words(owner.get(address)), address
    assert ending in words(of_role(client_row, "executive").get("/c/acme/"))
    assert ending not in words(of_role(client_row, "contributor").get("/c/acme/"))
    again = owner.post(f"{PAGE}{one.public_id}/notice/", notice | {"edition": "1"})
    assert "Withdraw that first." in words(again)
    assert "notice is withdrawn" in words(owner.post(f"{PAGE}{one.public_id}/withdraw/", follow=True)).lower()
    assert ending not in words(owner.get("/c/acme/"))
    with scope(client_row):
        noted = list(Change.objects.filter(subject="clients_engagement", action="update").order_by("id"))
    assert [change.after["ends_on"] for change in noted if "ends_on" in change.after] == ["2027-02-28", None]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"notice_on": "2026-11-07"}, "has not come yet"),
        ({"notice_by": ""}, "required"),
        ({"notice_on": "x"}, "valid date"),
    ],
)
def test_a_notice_that_cannot_be_is_refused_in_words(
    owner: Browser, client_row: Client, typed: dict[str, str], told: str
) -> None:
    one = factories.engagement(client_row)
    answer = owner.post(
        f"{PAGE}{one.public_id}/notice/", {"notice_on": "2026-11-05", "notice_by": "Theo", "edition": "0"} | typed
    )
    assert answer.status_code == 422
    assert told in words(answer)


def test_once_it_has_ended_notice_cannot_be_withdrawn(owner: Browser, client_row: Client, time_machine: Any) -> None:
    one = factories.engagement(client_row)
    owner.post(f"{PAGE}{one.public_id}/notice/", {"notice_on": "2026-11-06", "notice_by": "Theo", "edition": "0"})
    time_machine.move_to(NOW.replace(month=12, day=7), tick=False)
    owner.force_login(User.objects.get(email="owner-northlight@people.example"))  # the session is over by then
    assert "It ended on 6 December 2026" in words(owner.post(f"{PAGE}{one.public_id}/withdraw/", follow=True))
    assert "ended on 6 December 2026" in words(owner.get(PAGE))


def test_of_two_who_edit_the_second_learns_of_the_first(owner: Browser, client_row: Client) -> None:
    one = factories.engagement(client_row)
    address = f"{PAGE}{one.public_id}/edit/"
    assert owner.post(address, {"notice_days": "60", "mandate": "First", "edition": "0"}).status_code == 302
    told = owner.post(address, {"notice_days": "30", "mandate": "Second", "edition": "0"})
    assert "Somebody saved this while you were writing" in words(told)
    assert 'name="mandate" value="Second"' in words(told)
    assert stored().mandate == "First"


def test_a_months_deliverable_is_promised_done_and_told(owner: Browser, client_row: Client) -> None:
    factories.engagement(client_row)
    address = "/c/acme/deliverables/2026-11/"
    promised = {"text": "Refusals below 3%", "hours": "30", "edition": "0"}
    assert owner.post(address, promised).status_code == 302
    assert "has not come yet" in words(owner.post(address, promised | {"done_on": "2026-11-07"}))
    assert owner.post(address, promised | {"done_on": "2026-11-05", "result": "2.4%"}).status_code == 302
    page = words(of_role(client_row, "executive").get(PAGE))
    assert all(part in page for part in ("Refusals below 3%", "within 30 h", "5 Nov 2026", "2.4%"))
    assert owner.get("/c/acme/deliverables/soon/").status_code == 404
    assert Deliverable.objects.using("owner").count() == 1


def test_what_hours_earn_is_the_owners_alone(owner: Browser, client_row: Client, manager: User) -> None:
    factories.engagement(client_row)
    factories.entry(client_row, manager, minutes=26 * 60 // 2)
    factories.entry(client_row, manager, date(2026, 11, 4), 26 * 60 // 2)
    practice = client_row.practice
    type(practice).objects.using("owner").update(hourly_rate=65)
    page = words(owner.get(PAGE))
    assert "250 USD an hour" in page
    assert "4,810 USD = 6,500 USD − 26 h × 65 USD" in page
    signed_in = Browser()
    signed_in.force_login(manager)
    for other in (signed_in, of_role(client_row, "executive")):
        assert "an hour" not in words(other.get(PAGE))
        assert "What the hours earn" not in words(other.get(PAGE))
    Client.objects.using("owner").update(currency="EUR")
    assert "the fee is in EUR, an hour’s cost in USD, with no exchange rate of November 2026" in words(owner.get(PAGE))


def test_each_persons_hours_cost_what_theirs_cost(owner: Browser, client_row: Client, manager: User) -> None:
    factories.engagement(client_row)
    dear, practice = factories.member(client_row, "program_manager", "dear@people.example"), client_row.practice
    factories.entry(client_row, manager, minutes=20 * 60)
    factories.entry(client_row, dear, date(2026, 11, 4), 6 * 60)
    type(practice).objects.using("owner").update(hourly_rate=65)
    Staff.objects.using("owner").create(practice=practice, user=dear, hourly_rate=90)
    with CaptureQueriesContext(connection) as few:
        page = words(owner.get(PAGE))
    assert "4,660 USD = 6,500 USD − 6 h × 90 USD − 20 h × 65 USD" in page
    assert "6,500 USD, without an hour worked" in page
    for worked in range(1, 13):
        factories.entry(client_row, manager, date(2026, 10, worked), 60)
    with CaptureQueriesContext(connection) as many:
        owner.get(PAGE)
    assert len(many) == len(few)

    Client.objects.using("owner").update(currency="EUR")
    rate = {"practice": practice, "month": date(2026, 11, 1), "base": "EUR", "quote": "USD", "source": "ECB"}
    ExchangeRate.objects.using("owner").create(**rate, rate=Decimal("1.25"), entered_by=manager)
    page = words(owner.get(PAGE))
    assert "5,028 EUR = 6,500 EUR − 6 h × 90 USD − 20 h × 65 USD, 1 EUR = 1.25 USD (ECB)" in page
    type(practice).objects.using("owner").update(hourly_rate=None)
    assert "what an hour costs is not written down" in words(owner.get(PAGE))


def test_a_printed_margin_adds_up_to_the_cent(owner: Browser, client_row: Client, manager: User) -> None:
    factories.engagement(client_row, monthly_fee=Decimal("6500.50"))
    factories.entry(client_row, manager, minutes=600)
    type(client_row.practice).objects.using("owner").update(hourly_rate=Decimal("100.50"))
    page = words(owner.get(PAGE))
    assert "5,495.50 USD = 6,500.50 USD − 10 h × 100.50 USD" in page
    assert "650.05 USD an hour" in page


def test_a_new_rate_leaves_the_margins_of_months_before_it(owner: Browser, client_row: Client, manager: User) -> None:
    """Worked in September, October and November; rates are changed on 6 November."""
    practice = client_row.practice
    factories.engagement(client_row)
    other = factories.member(client_row, "program_manager", "other@people.example")
    for month in (9, 10, 11):
        factories.entry(client_row, manager, date(2026, month, 2), 600)
        factories.entry(client_row, other, date(2026, month, 3), 60)
    type(practice).objects.using("owner").update(hourly_rate=60)
    Staff.objects.using("owner").create(practice=practice, user=manager, hourly_rate=80)
    person, settings = f"/p/{practice.slug}/people/{manager.public_id}/", f"/p/{practice.slug}/settings/"

    def margins() -> list[str]:
        return re.findall(r"USD = 6,500 USD − ([^<]*)", words(owner.get(PAGE)))[:3]

    def save(address: str, **typed: str) -> str:
        form = owner.get(address).context["form"]
        held = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
        return words(owner.post(address, held | typed, follow=True))

    assert len(set(margins())) == 1
    assert "from November 2026 on margins count Manager’s hours so" in save(person, hourly_rate="90").replace(
        manager.label, "Manager"
    )
    save(settings, hourly_rate="70")
    before, now = "10 h × 80 USD − 1 h × 60 USD", "10 h × 90 USD − 1 h × 70 USD"
    assert margins() == [now, before, before]
    # Another word for November counts in place of the first; one for September on, from there on.
    save(person, hourly_rate="95", month="")
    assert margins() == [now.replace("90", "95"), before, before]
    save(person, hourly_rate="85", month="2026-10")
    assert margins() == [now.replace("90", "85"), before.replace("80", "85"), before]
    assert "far from now" in save(person, hourly_rate="99", month="2062-10")
    save(person, weekly_hours="30")
    assert margins()[0] == now.replace("90", "85")
    # The same rate, from a month that was meant.
    assert "from September 2026 on" in save(person, hourly_rate="85", month="2026-09")
    assert margins() == [now.replace("90", "85"), before.replace("80", "85"), before.replace("80", "85")]
    # The practice's rate is taken out and comes back: from then on it counts.
    save(settings, hourly_rate="")
    save(settings, hourly_rate="75")
    assert margins()[0] == now.replace("90", "85").replace("70", "75")
    assert "margins are reckoned by it: leave it" in save(settings, currency="EUR")


def test_an_executive_sees_the_balance_and_what_was_put_into_words_for_them(client_row: Client, manager: User) -> None:
    factories.engagement(client_row, carry_over="all")
    factories.entry(client_row, manager, note="Argued with the vendor", minutes=60)
    factories.entry(client_row, manager, note="raw", visible=True, visible_note="Refusals reworded", minutes=30)
    executive = of_role(client_row, "executive")
    page = words(executive.get("/c/acme/hours/"))
    assert "1 h 30 min of" in page  # the balance counts all of it
    assert "Refusals reworded" in page
    file = executive.get("/c/acme/hours.csv").content.decode()
    for private in ("Argued with the vendor", "raw", manager.label, "an hour"):
        assert private not in page
        assert private not in file
    for address in ("/c/acme/hours/", "/c/acme/hours.csv", PAGE):
        assert of_role_once(client_row, address).status_code == 403


def of_role_once(client: Client, address: str) -> Any:
    browser = Browser()
    person = User.objects.filter(email="contributor@acme.example").first()
    browser.force_login(person or factories.member(client, "contributor", "contributor@acme.example"))
    return browser.get(address)


def test_the_balance_is_the_ledgers(owner: Browser, client_row: Client, manager: User) -> None:
    factories.engagement(client_row, amount=10, unit="hours_month", carry_over="up_to", carry_hours=4)
    for day, minutes in ((date(2026, 9, 3), 60), (date(2026, 10, 5), 900), (date(2026, 11, 4), 90)):
        factories.entry(client_row, manager, day, minutes)
    with scope(client_row):
        found = standing(client_row, NOW.date())
    assert found is not None
    assert [(m.carried_in, m.worked, m.over, m.carried_out) for m in found.months[:2]] == [
        (0, 60, 0, 240),
        (240, 900, 60, 0),
    ]
    page = words(owner.get("/c/acme/hours/"))
    assert "8 h 30 min of this month’s 10 h are left for Acme." in page
    assert "too early to say" in page or "at this pace" in page


def test_entries_are_filtered_and_paged_in_the_address(owner: Browser, client_row: Client, manager: User) -> None:
    for number in range(55):
        factories.entry(client_row, manager, date(2026, 11, 1 + number % 6), 1 + number, note=f"Piece {number}")
    page = words(owner.get("/c/acme/hours/", {"words": "Piece", "person": str(manager.pk)}))
    assert "words=Piece&amp;page=2" in page.replace(f"person={manager.pk}&amp;", "")
    assert "Newer" in words(owner.get("/c/acme/hours/", {"page": "2"}))
    only = words(owner.get("/c/acme/hours/", {"words": "Piece 54", "since": "2026-11-01"}))
    assert "Piece 54" in only
    assert "Piece 53" not in only
    for asked in (
        {"page": "x"},
        {"person": "0"},
        {"area": "1"},
        {"since": "soon"},
        {"until": "2026-02-30"},
        {"page": "0"},
    ):
        assert owner.get("/c/acme/hours/", asked).status_code == 200


def test_a_file_of_hours_runs_no_formula(owner: Browser, client_row: Client, manager: User) -> None:
    factories.entry(client_row, manager, note='=HYPERLINK("https://evil.example")', system="@cmd")
    file = owner.get("/c/acme/hours.csv").content.decode()
    assert "\"'=HYPERLINK" in file
    assert "'@cmd" in file


def test_the_pages_ask_as_much_for_long_engagements_as_for_short(
    owner: Browser, client_row: Client, manager: User
) -> None:
    one = factories.engagement(client_row, date(2024, 1, 1))

    def asked(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert owner.get(address).status_code == 200
        return len(queries)

    addresses = ("/c/acme/hours/", PAGE, "/?all")
    asked(addresses[0])
    few = [asked(address) for address in addresses]
    for month in range(1, 13):
        factories.entry(client_row, manager, date(2025, month, 3), 60, note=str(month))
        with scope(client_row):
            Terms.objects.create(client=client_row, engagement=one, month=date(2025, month, 1), amount=month)
            Deliverable.objects.create(client=client_row, month=date(2025, month, 1), text="Something")
    assert [asked(address) for address in addresses] == few
    # An owner's page opens the whole practice for what people cost; the portfolio asks for all that it shows of every client.
    assert [few[0] <= 26, few[1] <= 37, few[2] <= 37] == [True, True, True], few


def test_an_engagement_is_its_clients_alone(client_row: Client, other_client: Client) -> None:
    one = factories.engagement(client_row)
    with scope(other_client):
        assert not Engagement.objects.exists()
        assert not Terms.objects.exists()
        with pytest.raises(Error), transaction.atomic():
            Terms.objects.create(client=client_row, engagement=one, month=date(2026, 12, 1), amount=1)
    with pytest.raises(Error, match="of_tenant"), scope(other_client):
        Terms.objects.create(client=other_client, engagement_id=one.pk, month=date(2026, 12, 1), amount=1)
    assert not WorkEntry.objects.using("owner").exists()

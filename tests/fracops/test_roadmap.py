"""A client's roadmap: ranked by value per cost, judged with reasons, moved by buttons, promoted once, measured after it shipped."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as some

from clients import charters, promotion, ranking, roadmap
from clients.models import Charter, Client, Opportunity, Practice, Target, WorkEntry
from clients.pricing import rate_of
from clients.tenancy import practice as whole_practice
from clients.tenancy import scope
from tests import factories
from tests.conftest import NOW, rows

pytestmark = pytest.mark.usefixtures("runtime_role")
PAGE = "/c/acme/roadmap/"
TODAY = date(2026, 11, 6)
TYPED = {
    "title": "Answer order status",
    "owner": "Mara",
    "problem": "Six in ten escalations ask where an order is",
    "evidence": "41 of 60 transcripts",
    "evidence_link": "https://example.com/transcripts",
    "metric": "accuracy",
    "way": "up",
    "lift_low": "2",
    "lift_high": "4",
    "unit_worth": "1,000",
    "worth_source": "Theo, quarterly call",
    "confidence": "50",
    "hours": "10",
    "money": "500",
    "risk": "low",
    "review_on": "2026-12-01",
    "edition": "0",
}


@pytest.fixture(autouse=True)
def friday(request: Any, time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def browser(manager: Any) -> Browser:
    made = Browser()
    made.force_login(manager)
    return made


def of_role(client: Client, role: str) -> Browser:
    made = Browser()
    made.force_login(factories.member(client, role))
    return made


def stored(client: str = "acme") -> Opportunity:
    return Opportunity.objects.using("owner").get(client__slug=client)


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode().replace("\u00a0", " "))


# Arithmetic


@given(
    some.decimals(0, 10, places=2),
    some.decimals(0, 10, places=2),
    some.decimals(0, 10_000, places=2),
    some.integers(1, 100),
)
def test_value_grows_with_lift_worth_and_confidence(low: Decimal, more: Decimal, worth: Decimal, sure: int) -> None:
    high = low + more
    value = ranking.value(low, high, worth, sure)
    assert value is not None
    assert low * worth * 12 * sure / 100 <= value <= high * worth * 12 * sure / 100
    assert ranking.value(low, high, None, sure) is None


def test_what_cannot_be_ranked_comes_last_and_so_does_what_nobody_estimated() -> None:
    known, worthless, unknown = (
        ranking.Standing(Decimal(10), Decimal(20)),
        ranking.Standing(Decimal(10), Decimal(0)),
        ranking.Standing(ranking.cost(Decimal(0), Decimal(100), Decimal(0)), Decimal(20)),
    )
    assert known.per_cost == 2
    assert sorted([unknown, worthless, known], key=lambda s: s.order) == [known, worthless, unknown]
    assert ranking.Standing(Decimal(0), Decimal(20)).per_cost is None
    assert ranking.cost(Decimal(3), None, Decimal(5)) is None
    assert ranking.cost(Decimal(0), None, Decimal(5)) == 5


def test_what_nobody_estimated_is_said_to_be_so_wherever_its_cost_would_stand(
    browser: Browser, client_row: Client
) -> None:
    one = factories.opportunity(
        client_row, hours=0, metric="accuracy", lift_low=Decimal("0.02"), lift_high=Decimal("0.04")
    )
    for address in (PAGE, f"{PAGE}{one.public_id}/", "/c/acme/roadmap/list/"):
        page = words(browser.get(address))
        assert "ot estimated yet" in page, address
        assert "$0" not in page, address


def test_an_hour_is_priced_by_the_engagement_and_else_by_the_practice(client_row: Client) -> None:
    with scope(client_row):
        assert rate_of(client_row, TODAY) is None
    Practice.objects.using("owner").update(sold_rate=140, hourly_rate=65)
    client_row.practice.refresh_from_db(using="owner")
    with scope(client_row):
        sold = rate_of(client_row, TODAY)
    assert sold is not None
    assert sold.amount == 140
    factories.engagement(client_row)
    with scope(client_row):
        priced = rate_of(client_row, TODAY)
    assert priced is not None
    assert priced.amount == Decimal(6500) / (8 * (Decimal(52) / 12))
    assert priced.formula == "6,500 USD a month ÷ 34.7 hours of the plan (8 hours a week)"


# Writing


def test_an_opportunity_is_written_down_and_ranked_with_its_formula_on_the_page(
    browser: Browser, client_row: Client
) -> None:
    factories.engagement(client_row, amount=Decimal(15), unit="hours_month", monthly_fee=Decimal(1500))
    assert browser.post(f"{PAGE}new/", TYPED).status_code == 302
    made = stored()
    assert (made.lift_low, made.lift_high, made.unit_worth) == (Decimal("0.02"), Decimal("0.04"), Decimal(100_000))
    page = words(browser.get(f"{PAGE}{made.public_id}/"))
    assert "Accuracy rises by 2 to 4 points." in page
    assert "50% × 3 points × $1,000 a point a month × 12 months" in page
    assert "10 hours × $100 (1,500 USD a month ÷ 15.0 hours of the plan (15 hours a month)) + $500" in page
    assert "expected to bring $18,000 in a year and costs $1,500" in page
    assert "12.0 ×" in page
    form = words(browser.get(f"{PAGE}{made.public_id}/edit/"))
    for kept in ('value="2"', 'value="4"', 'value="1000"'):
        assert kept in form
    assert "value per cost = confidence × middle of the lift" in words(browser.get(PAGE))


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"way": "down"}, "Accuracy is better when it is higher"),
        ({"metric": ""}, "Choose the metric that the lift is of."),
        ({"lift_low": ""}, "Write at least how many points it moves."),
        ({"lift_low": "5"}, "The high end lies below the low end"),
        ({"lift_low": "-2"}, "without a sign"),
        ({"lift_high": "a lot"}, "is no number"),
        ({"lift_high": "1e40"}, "too large"),
        ({"unit_worth": "NaN"}, "is no number"),
        ({"worth_source": ""}, "Say who said what a point is worth"),
        ({"evidence_link": "javascript:alert(1)"}, "Enter a valid URL"),
        ({"review_on": "2026-11-05"}, "has passed"),
        ({"review_on": "2026-02-30"}, "Enter a valid date"),
        ({"hours": "-1"}, "greater than or equal to 0"),
        ({"confidence": "101"}, "less than or equal to 100"),
        ({"title": ""}, "required"),
        ({"title": "x\x00"}, "Null characters"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_typed_is_lost(
    browser: Browser, typed: dict[str, str], told: str
) -> None:
    answer = browser.post(f"{PAGE}new/", TYPED | typed)
    assert answer.status_code == 422
    assert told in words(answer)
    assert "Six in ten escalations" in words(answer)
    assert rows("SELECT count(*) FROM clients_opportunity") == [(0,)]


def test_of_two_who_save_at_once_the_second_learns_of_the_first(browser: Browser, client_row: Client) -> None:
    made = factories.opportunity(client_row)
    address = f"{PAGE}{made.public_id}/edit/"
    assert browser.post(address, TYPED | {"title": "First"}).status_code == 302
    told = browser.post(address, TYPED | {"title": "Second"})
    assert told.status_code == 422
    assert "“First”" in words(told)
    assert 'value="Second"' in words(told)


# Stages


def test_what_goes_on_has_an_owner_and_a_day_and_moves_are_seen_by_both(browser: Browser, client_row: Client) -> None:
    made = factories.opportunity(client_row)
    address = f"{PAGE}{made.public_id}/move/"
    told = words(browser.post(address, {"stage": "pilot", "edition": "0"}, follow=True))
    assert "name an owner" in told
    Opportunity.objects.using("owner").update(owner="Mara")
    assert "no day to look at it again" in words(browser.post(address, {"stage": "pilot", "edition": "0"}, follow=True))
    Opportunity.objects.using("owner").update(review_on=TODAY + timedelta(days=20))
    assert "is at the stage “Idea” now" in words(
        browser.post(address, {"stage": "production", "edition": "0"}, follow=True)
    )
    for _ in range(2):  # a second click finds it there
        browser.post(address, {"stage": "pilot", "edition": "0"})
    assert (stored().stage, stored().edition) == ("pilot", 1)
    stale = words(browser.post(address, {"stage": "production", "edition": "0"}, follow=True))
    assert "Somebody changed" in stale
    browser.post(address, {"stage": "production", "edition": "1"})
    assert (stored().stage, stored().shipped_on) == ("production", TODAY)
    for nonsense in ({"stage": "x", "edition": "2"}, {"edition": "²"}, {}):
        assert browser.post(address, nonsense).status_code == 302
    noted = rows("SELECT count(*) FROM clients_change WHERE subject = 'clients_opportunity' AND action = 'update'")
    assert noted[0][0] >= 2


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"review_on": TODAY - timedelta(days=1)}, "It was to be looked at on 5 November 2026."),
        ({"touched_on": TODAY - timedelta(days=30)}, "Nothing changed for 30 days."),
        ({"touched_on": TODAY - timedelta(days=29)}, ""),
        ({"touched_on": TODAY - timedelta(days=90), "stage": "idea"}, ""),
        ({"touched_on": TODAY - timedelta(days=90), "verdict": "red", "verdict_why": "x"}, ""),
    ],
)
def test_a_pilot_nobody_looks_at_shows(browser: Browser, client_row: Client, fields: dict[str, Any], why: str) -> None:
    usual = {"stage": "pilot", "owner": "Mara", "review_on": TODAY + timedelta(days=9), "touched_on": TODAY}
    made = factories.opportunity(client_row, **usual | fields)
    assert roadmap.stalled(made, TODAY, 30) == why
    assert ("has stalled" in words(browser.get(PAGE))) is bool(why)
    found = "Answer order status" in words(browser.get(f"{PAGE}list/?due=stalled"))
    assert found is bool(why)


# Judging


def test_a_declined_one_keeps_why_and_what_it_would_have_cost(browser: Browser, client_row: Client) -> None:
    engagement = factories.engagement(client_row, amount=Decimal(10), unit="hours_month", monthly_fee=Decimal(1000))
    made = factories.opportunity(client_row)
    address = f"{PAGE}{made.public_id}/judge/"
    no_reason = browser.post(address, {"verdict": "red", "why": "", "edition": "0"})
    assert no_reason.status_code == 422
    assert browser.post(address, {"verdict": "purple", "why": "x", "edition": "0"}).status_code == 422
    typed = {"verdict": "red", "why": "A nightly job does this without a model", "edition": "0"}
    assert browser.post(address, typed).status_code == 302
    with scope(client_row):
        engagement.terms.create(
            client=client_row, month=date(2026, 11, 1), amount=1, unit="hours_month", monthly_fee=9000
        )
    page = words(browser.get(PAGE))
    assert "A nightly job does this without a model" in page
    assert "What was declined would have cost <b>$1,000</b>" in page
    assert words(browser.post(address, typed | {"why": "Mine"})).count("Somebody changed") == 1
    assert browser.post(address, typed | {"verdict": "yellow", "edition": "1"}).status_code == 302
    assert stored().declined_cost is None


def test_a_verdict_without_a_reason_is_refused_by_the_database(client_row: Client) -> None:
    with scope(client_row), pytest.raises(DatabaseError, match="has_a_reason"), transaction.atomic():
        Opportunity.objects.create(
            practice_id=client_row.practice_id, client=client_row, title="x", problem="x",
            stage_since=TODAY, touched_on=TODAY, verdict="red",
        )  # fmt: skip


# Promotion


GREEN: dict[str, Any] = {
    "verdict": "green",
    "verdict_why": "Cheap and certain",
    "metric": "accuracy",
    "lift_low": Decimal("0.02"),
    "lift_high": Decimal("0.04"),
    "owner": "Mara",
}


def measured(client: Client, *, before: int, after: int, shipped: date) -> None:
    """A hundred judged answers a day for ten days on each side, so many of them right."""
    spans, scores = [], []
    for number in range(2000):
        day, right = shipped + timedelta(days=number // 100 - 10), before if number < 1000 else after
        at = NOW.replace(hour=18) + (day - NOW.date())
        span = factories.span(number + 1, at)
        spans.append(span)
        scores.append(factories.verdict(span, number % 100 < right))
    factories.calls(client, spans, scores)


def test_promoting_carries_everything_into_the_next_quarters_draft_once(browser: Browser, client_row: Client) -> None:
    measured(client_row, before=70, after=70, shipped=TODAY - timedelta(days=10))
    made = factories.opportunity(client_row, **GREEN)
    address = f"{PAGE}{made.public_id}/promote/"
    form = words(browser.get(address))
    assert "Q1 2027" in form
    assert 'value="70"' in form  # the baseline that points say
    assert 'value="73"' in form  # and the middle of the lift on top
    typed = {
        "name": made.title,
        "goal": "73",
        "baseline": "70",
        "owner": "Mara",
        "baseline_source": "2,000 judged answers",
    }
    for _ in range(2):
        assert browser.post(address, typed).status_code == 302
    target = Target.objects.using("owner").select_related("charter").get()
    assert (target.name, target.goal, target.baseline, target.baseline_n) == (
        "Answer order status",
        Decimal("0.73"),
        Decimal("0.7"),
        2000,
    )
    assert (target.charter.label, target.due, target.owner) == ("Q1 2027", date(2027, 3, 31), "Mara")
    assert "Answer order status: People ask where their order is" in target.charter.scope
    assert target.charter.edition == 1
    assert stored().target_id == target.pk
    assert target.opportunity.pk == made.pk
    assert "charter of Q1 2027" in words(browser.get(f"{PAGE}{made.public_id}/"))
    assert "already" in words(browser.get(address, follow=True))
    with scope(client_row):
        again = promotion.promote(made, promotion.Promise("Other", Decimal(1), None, None, "", ""), TODAY)
    assert again.pk == target.pk


def test_only_green_goes_into_a_charter_and_into_none_that_is_full(browser: Browser, client_row: Client) -> None:
    yellow = factories.opportunity(client_row, **GREEN | {"verdict": "yellow", "visible": False})
    address = f"{PAGE}{yellow.public_id}/promote/"
    typed = {"name": "Right answers", "goal": "90"}
    assert "Only what is green" in words(browser.post(address, typed))
    Opportunity.objects.using("owner").update(verdict="green", stage="production")
    assert "there is nothing left to promise" in words(browser.post(address, typed))
    Opportunity.objects.using("owner").update(stage="pilot")
    for wrong, told in (
        ({"goal": ""}, "Write the goal"),
        ({"baseline": "95"}, "worse than the baseline"),
        ({"goal": "many"}, "is no number"),
    ):
        answer = browser.post(address, typed | wrong)
        assert answer.status_code == 422
        assert told in words(answer) or "required" in words(answer)
    with scope(client_row):
        charter = Charter.objects.create(client=client_row, quarter_start=date(2027, 1, 1))
        for place in range(5):
            Target.objects.create(
                client=client_row,
                charter=charter,
                position=place,
                name="x",
                metric="accuracy",
                goal=1,
                due=date(2027, 3, 1),
            )
    assert "has 5 targets already" in words(browser.post(address, typed))
    Target.objects.using("owner").filter(position=4).delete()
    Charter.objects.using("owner").update(scope="x" * charters.LONGEST_SCOPE)
    assert "has no room for" in words(browser.post(address, typed))
    Charter.objects.using("owner").update(scope="x\n" * charters.MOST_LINES)
    assert "has no room for" in words(browser.post(address, typed))
    Charter.objects.using("owner").update(scope="")
    assert browser.post(address, typed).status_code == 302
    assert "People ask" not in Charter.objects.using("owner").get().scope  # kept from the client, so from their charter


@pytest.mark.parametrize("visible", [True, False])
def test_the_charter_leads_back_to_what_a_target_came_from_unless_it_is_hidden(
    browser: Browser, client_row: Client, visible: bool
) -> None:
    made = factories.opportunity(client_row, **{**GREEN, "visible": visible})
    with scope(client_row):
        promotion.promote(made, promotion.Promise("Chats", Decimal("0.5"), None, None, "", "Mara"), TODAY)
    link = f"/c/acme/roadmap/{made.public_id}/"
    page = "/c/acme/charter/2027-q1/"
    assert link in browser.get(page).content.decode()
    for role in ("executive", "contributor"):
        reader = Browser()
        reader.force_login(factories.member(client_row, role))
        answer = reader.get(page).content.decode()
        assert "Chats" in answer
        assert (link in answer) is visible
    with scope(client_row):
        old = Charter.objects.get(quarter_start=date(2027, 1, 1))
        new = Charter.objects.create(client=client_row, quarter_start=old.quarter_start, version=2)
        target = old.targets.get()
        target.pk, target.public_id, target.charter = None, "another-public-i", new
        target.save()
    assert link in browser.get(f"{page}?version=2").content.decode()


def test_taken_out_of_the_charter_it_can_be_promoted_again(client_row: Client) -> None:
    made = factories.opportunity(client_row, **GREEN)
    promise = promotion.Promise("Right answers", Decimal("0.9"), None, None, "", "")
    with scope(client_row):
        first = promotion.promote(made, promise, TODAY)
        first.delete()
        assert promotion.promote(made, promise, TODAY).name == "Right answers"


# Results


def test_what_came_is_read_from_points_and_set_against_what_was_expected(browser: Browser, client_row: Client) -> None:
    shipped = TODAY - timedelta(days=10)
    measured(client_row, before=70, after=79, shipped=shipped)
    made = factories.opportunity(client_row, **GREEN, stage="production", shipped_on=shipped)
    address = f"{PAGE}{made.public_id}/result/"
    form = words(browser.get(address))
    assert "Points say: accuracy rose by 9 points: 70.0% (1,000 judged answers" in form
    assert "How far it moved" not in form  # what points say is not typed
    assert browser.post(address, {"note": "Live everywhere", "edition": "0", "actual": "50"}).status_code == 302
    kept = stored()
    assert (kept.actual, kept.actual_measured, kept.result_note) == (Decimal("0.09"), True, "Live everywhere")
    page = words(browser.get(f"{PAGE}{made.public_id}/"))
    assert "rose by 9 points, above what was expected" in page
    assert "measured 70.0%" in page


def test_where_points_say_nothing_a_result_is_typed_with_who_said_so(browser: Browser, client_row: Client) -> None:
    made = factories.opportunity(client_row, **GREEN, stage="production", shipped_on=TODAY - timedelta(days=40))
    address = f"{PAGE}{made.public_id}/result/"
    assert "there were no judged answers in the 28 days since" in words(browser.get(address))
    assert "needs the name of who said it" in words(browser.post(address, {"actual": "-1.5", "edition": "0"}))
    assert browser.post(address, {"actual": "−1.5", "source": "Theo", "edition": "0"}).status_code == 302
    assert (stored().actual, stored().actual_measured) == (Decimal("-0.015"), False)
    page = words(browser.get(f"{PAGE}{made.public_id}/"))
    assert "fell by 1.5 points, the other way than expected" in page
    assert "told by Theo" in page


def test_a_young_result_waits_for_a_week_of_days(browser: Browser, client_row: Client) -> None:
    made = factories.opportunity(client_row, **GREEN, stage="production", shipped_on=TODAY - timedelta(days=3))
    told = words(browser.get(f"{PAGE}{made.public_id}/result/"))
    assert "7 complete days since it shipped are needed to say what it did; there are 3." in told


# Who sees what


def test_the_clients_people_see_what_they_are_shown_and_no_more(client_row: Client) -> None:
    factories.engagement(client_row)
    secret = factories.opportunity(client_row, title="Hidden plan", visible=False)
    factories.opportunity(
        client_row,
        problem="Their own words about Dana",
        visible_note="Order status is asked for often",
        risk_note="Dana may object",
        evidence="Ticket of Dana",
        **GREEN | {"unit_worth": Decimal(100_000), "worth_source": "Theo"},
    )
    shown = Opportunity.objects.using("owner").get(visible=True)
    for role, money in (("executive", True), ("contributor", False)):
        person = of_role(client_row, role)
        pages = [words(person.get(a)) for a in (PAGE, f"{PAGE}list/", f"{PAGE}{shown.public_id}/")]
        for page in pages:
            assert "Hidden plan" not in page
            assert "Dana" not in page
            assert "Answer order status" in page
            assert "Move it" not in page
            assert ("$" in page.split("<main", 1)[1]) is money
        assert "Order status is asked for often" in pages[2]
        assert person.get(f"{PAGE}{secret.public_id}/").status_code == 404
        assert "Answer order status" not in words(person.get(f"{PAGE}list/?words=Dana"))


def test_an_opportunity_points_at_nothing_of_another_client(client_row: Client, other_client: Client) -> None:
    with scope(other_client):
        charter = Charter.objects.create(client=other_client, quarter_start=date(2027, 1, 1))
        theirs = Target.objects.create(
            client=other_client, charter=charter, name="x", metric="calls", goal=1, due=TODAY
        )
    mine = factories.opportunity(client_row)
    with pytest.raises(DatabaseError, match="of_tenant"), whole_practice(client_row.practice_id):
        Opportunity.objects.filter(pk=mine.pk).update(target=theirs)
    with scope(other_client):
        assert not Opportunity.objects.filter(pk=mine.pk).exists()


# The list


def test_the_list_filters_by_its_address_and_forgives_nonsense(browser: Browser, client_row: Client) -> None:
    factories.opportunity(client_row, title="Cache", owner="Otis", stage="pilot", verdict="yellow", verdict_why="x")
    factories.opportunity(client_row, title="Route")
    for asked, found in (
        ("stage=pilot", "Cache"),
        ("verdict=yellow", "Cache"),
        ("owner=otis", "Cache"),
        ("words=cach", "Cache"),
        ("verdict=none", "Route"),
        ("due=late", ""),
    ):
        page = words(browser.get(f"{PAGE}list/?{asked}"))
        assert {title for title in ("Cache", "Route") if f">{title}</a>" in page} == ({found} if found else set()), (
            asked
        )
    for nonsense in ("stage=x", "page=0", "page=99999999999", "page=x", "verdict=<b>"):
        assert browser.get(f"{PAGE}list/?{nonsense}").status_code == 200


@pytest.mark.parametrize("page", ["", "list/"])
def test_its_queries_do_not_grow_with_its_rows(browser: Browser, client_row: Client, page: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert browser.get(f"{PAGE}{page}").status_code == 200
        return len(asked)

    factories.opportunity(client_row, **GREEN)
    browser.get(PAGE)
    few = queries()
    for number in range(30):
        factories.opportunity(client_row, **GREEN | {"title": f"Idea {number}", "owner": "Otis"})
    assert queries() == few
    assert few <= 22


# Hours


def test_work_is_logged_for_an_opportunity_of_its_own_client(
    browser: Browser, client_row: Client, other_client: Client
) -> None:
    mine, theirs = factories.opportunity(client_row), factories.opportunity(other_client)
    typed = {"day": "2026-11-05", "minutes": "1h30", "area": factories.area(client_row).pk, "edition": "0"}
    assert browser.post("/c/acme/hours/new/", typed | {"opportunity": theirs.pk}).status_code == 422
    assert browser.post("/c/acme/hours/new/", typed | {"opportunity": mine.pk}).status_code == 302
    assert WorkEntry.objects.using("owner").get().opportunity_id == mine.pk
    assert "1h30" in words(browser.get(f"{PAGE}{mine.public_id}/"))

"""Models that retire: who is told, how often, in which words, and when it is over."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zlib import crc32

import pytest

from clients.models import Client, Notification, Opportunity, Retirement, RetirementNotice
from clients.tenancy import practice as whole_practice
from clients.tenancy import scope
from monitoring.models import Signal
from monitoring.retirements import Due, announced, bring_up_to_date, cause_of, matches, stage_of
from monitoring.tasks import watch_clients_models, watch_practices_models, watch_retirements
from tests import factories
from tests.conftest import ALL, NOW

pytestmark = pytest.mark.django_db(transaction=True, databases=ALL)


@pytest.fixture(autouse=True)
def _today(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def in_calendar(client: Client, model: str, retires_on: date, **fields: Any) -> Retirement:
    with whole_practice(client.practice_id):
        return Retirement.objects.create(practice=client.practice, model=model, retires_on=retires_on, **fields)


def called(client: Client, model: str, days: Sequence[int] = (1, 2)) -> None:
    spans = [
        factories.span(crc32(model.encode()) * 100 + back, NOW - timedelta(days=back), model=model) for back in days
    ]
    factories.calls(client, spans, by=factories.source(client, f"App {model}"[:100]))


def signals(client: Client) -> list[tuple[str, str, datetime | None]]:
    with scope(client):
        return list(Signal.objects.order_by("id").values_list("title", "severity", "closed_at"))


@pytest.mark.parametrize(
    ("name", "own", "same"),
    [
        ("gpt-4o", "gpt-4o", True),
        ("gpt-4o", "GPT-4o-2024-08-06", True),
        ("gpt-4", "gpt-4-0613", True),
        ("claude-sonnet-4-5", "claude-sonnet-4-5-20250929", True),
        ("claude-sonnet-4-5", "claude-sonnet-4-5@20250929", True),
        ("gpt-4o", "gpt-4o-mini", False),
        ("gpt-4o", "gpt-4o-mini-2024-07-18", False),
        ("gpt-4", "gpt-4o", False),
        ("gpt-4o-2024-08-06", "gpt-4o", False),
        ("gpt-4o-2024-08-06", "gpt-4o-2024-11-20", False),
        ("gpt-4o", "openai/gpt-4o", False),
    ],
)
def test_an_announcement_is_about_a_name_or_its_dated_snapshots(name: str, own: str, same: bool) -> None:
    assert matches(name, own) is same


def test_a_snapshots_own_date_comes_before_its_familys() -> None:
    family, own = Due("gpt-4o", date(2027, 1, 1)), Due("gpt-4o-2024-08-06", date(2026, 12, 1))
    assert announced("gpt-4o-2024-08-06", [family, own]) is own
    assert announced("gpt-4o-2024-05-13", [family, own]) is family
    assert announced("gpt-5", [family, own]) is None


@pytest.mark.parametrize(("days", "stage"), [(90, 90), (61, 90), (60, 60), (31, 60), (30, 30), (0, 30), (-4, 30)])
def test_a_notice_grows_more_pressing_at_60_and_30_days(days: int, stage: int) -> None:
    assert stage_of(days) == stage


def test_each_affected_client_gets_one_signal_and_one_opportunity(client_row: Client, other_client: Client) -> None:
    in_calendar(client_row, "gpt-4o", date(2027, 1, 3), replacement="gpt-5", link="https://models.example/dates")
    called(client_row, "gpt-4o-2024-08-06")
    called(other_client, "claude-4")
    for _ in range(3):
        assert bring_up_to_date(client_row.pk, NOW) == 1
        assert bring_up_to_date(other_client.pk, NOW) == 0
    (title, severity, closed) = signals(client_row)[0]
    assert title.replace("\u00a0", " ") == "gpt-4o-2024-08-06 retires on 3 January 2027, in 58 days"
    assert (severity, closed, len(signals(client_row)), signals(other_client)) == ("watch", None, 1, [])
    with scope(client_row):
        made = Opportunity.objects.get()
        detail = Signal.objects.get().detail
    assert made.title == "Move from gpt-4o-2024-08-06 to gpt-5"
    assert (made.visible, made.stage, made.evidence_link) == (False, "idea", "https://models.example/dates")
    assert detail.startswith("60-day notice: 2 calls in the last 14 days.")


def test_the_words_follow_as_the_day_comes_nearer(client_row: Client) -> None:
    in_calendar(client_row, "gpt-4o", date(2026, 12, 3))
    called(client_row, "gpt-4o")
    bring_up_to_date(client_row.pk, NOW)
    assert signals(client_row)[0][1] == "act"
    bring_up_to_date(client_row.pk, NOW + timedelta(days=10))
    ((title, _, _),) = signals(client_row)
    assert "in 17" in title


def test_nobody_is_told_more_than_90_days_before(client_row: Client) -> None:
    in_calendar(client_row, "gpt-4o", NOW.date() + timedelta(days=91))
    called(client_row, "gpt-4o")
    assert bring_up_to_date(client_row.pk, NOW) == 0
    assert bring_up_to_date(client_row.pk, NOW + timedelta(days=1)) == 1


def test_the_clients_people_are_told_at_90_60_and_30_days_once_each_and_of_the_nearest_only(client_row: Client) -> None:
    lead, backup = (factories.member(client_row, "program_manager", f"{name}@x.example") for name in ("lead", "backup"))
    Client.objects.using("owner").filter(pk=client_row.pk).update(lead=lead, backup=backup)
    called(client_row, "gpt-4o")
    row = in_calendar(client_row, "gpt-4o", NOW.date() + timedelta(days=85))

    def told() -> list[str]:
        with scope(client_row):
            lines = Notification.objects.filter(person=lead).order_by("pk").values_list("title", flat=True)
            assert Notification.objects.filter(person=backup).count() == len(lines)
            return [line.replace("\u00a0", " ").split(", ")[-1] for line in lines]

    for days in (0, 1, 3, 7):
        bring_up_to_date(client_row.pk, NOW + timedelta(days=days))
    assert told() == ["in 85 days"]
    for days_left, due in ((50, 50), (49, 50), (20, 20), (19, 20)):
        with whole_practice(client_row.practice_id):
            Retirement.objects.filter(pk=row.pk).update(retires_on=NOW.date() + timedelta(days=due))
        bring_up_to_date(client_row.pk, NOW + timedelta(days=due - days_left))
    assert told() == ["in 85 days", "in 50 days", "in 20 days"]


def test_a_stage_that_passed_while_nothing_ran_is_not_told_behind_the_next(client_row: Client) -> None:
    lead = factories.member(client_row, "program_manager")
    Client.objects.using("owner").filter(pk=client_row.pk).update(lead=lead)
    called(client_row, "gpt-4o", range(1, 20))
    in_calendar(client_row, "gpt-4o", NOW.date() + timedelta(days=25))
    for _ in range(2):
        bring_up_to_date(client_row.pk, NOW)
    with scope(client_row):
        assert Notification.objects.filter(person=lead).count() == 1


def test_it_is_over_when_the_model_is_called_no_more_or_the_date_withdrawn(client_row: Client) -> None:
    row = in_calendar(client_row, "gpt-4o", date(2026, 12, 20))
    called(client_row, "gpt-4o")
    bring_up_to_date(client_row.pk, NOW)
    later = NOW + timedelta(days=16)
    assert bring_up_to_date(client_row.pk, later) == 0
    assert signals(client_row)[0][2] == later
    assert bring_up_to_date(client_row.pk, NOW) == 1
    assert [closed for _, _, closed in signals(client_row)] == [later, None]
    with whole_practice(client_row.practice_id):
        row.delete()
    assert bring_up_to_date(client_row.pk, NOW) == 0
    with scope(client_row):
        assert RetirementNotice.objects.get().over_at == NOW
        assert Opportunity.objects.count() == 1


def test_what_was_typed_counts_before_what_a_feed_says(client_row: Client) -> None:
    from clients.models import RetirementFeed

    with whole_practice(client_row.practice_id):
        feed = RetirementFeed.objects.create(
            practice=client_row.practice, name="Dates", url="https://models.example/d", next_at=NOW
        )
    in_calendar(client_row, "gpt-4o", date(2026, 11, 20), feed=feed)
    in_calendar(client_row, "GPT-4o", date(2026, 12, 24))
    called(client_row, "gpt-4o")
    bring_up_to_date(client_row.pk, NOW)
    assert "24 December" in signals(client_row)[0][0].replace("\u00a0", " ")


def test_a_practices_calendar_is_no_other_practices(client_row: Client) -> None:
    elsewhere = factories.client(factories.practice("southgate"), "umbra")
    in_calendar(elsewhere, "gpt-4o", date(2026, 12, 20))
    called(client_row, "gpt-4o")
    assert bring_up_to_date(client_row.pk, NOW) == 0
    with scope(client_row):
        assert not Retirement.objects.exists()


def test_a_name_of_any_length_has_a_cause_that_fits(client_row: Client) -> None:
    assert len(cause_of("m" * 500)) <= 120
    assert cause_of("m" * 500) != cause_of("m" * 499)
    in_calendar(client_row, "m" * 120, date(2026, 12, 20))
    called(client_row, "m" * 120)
    assert bring_up_to_date(client_row.pk, NOW) == 1


def test_the_tasks_reach_every_client(client_row: Client, other_client: Client) -> None:
    assert watch_retirements() == 2
    assert watch_practices_models(practice_id=client_row.practice_id) == 2
    assert watch_clients_models(client_id=client_row.pk) == 0

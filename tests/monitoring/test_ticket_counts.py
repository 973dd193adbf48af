"""Help desks' tickets are counted per local day: from the tickets, again where they change, and never what is not known."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from clients.models import Client
from clients.tenancy import scope
from monitoring import connections, ticket_counts
from monitoring.models import Source
from monitoring.provenance import Provenance
from tests.conftest import NOW, rows
from tests.monitoring.outcome_making import DAY, at, desk, read, store, ticket

pytestmark = pytest.mark.usefixtures("runtime_role")

VALUES = "SELECT count(*) FROM monitoring_outcomevalue"


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to(NOW, tick=False)
    return time_machine


def figure(of: Client, key: str, **more: Any) -> tuple[Any, int]:
    now = read(of, key, **more).now
    return now.value, now.n


def test_a_days_tickets_are_counted_in_the_clients_day(client_row: Client) -> None:
    # 3 November in Chicago begins at 06:00 UTC.
    store(
        client_row, desk(client_row), ticket(1, at(5)), ticket(2, at(6)), ticket(3, at(5, DAY + timedelta(days=1)), 2)
    )
    assert figure(client_row, "tickets_created") == (2, 2)
    assert figure(client_row, "tickets_created", first=DAY - timedelta(days=1)) == (1, 1)
    assert figure(client_row, "tickets_solved") == (0, 0)
    assert figure(client_row, "tickets_solved", first=DAY + timedelta(days=1)) == (1, 1)


def test_what_the_help_desk_does_not_say_is_not_counted_as_no(client_row: Client) -> None:
    store(
        client_row,
        desk(client_row),
        ticket(1, at(9), 1, by_ai=True, reopened=0),
        ticket(2, at(9), 1, by_ai=False, reopened=2),
        ticket(3, at(9), 1, by_ai=True),
        ticket(4, at(9), 1),
    )
    assert figure(client_row, "tickets_by_ai") == (Decimal(2) / 3, 3)
    assert figure(client_row, "tickets_reopened") == (Decimal("0.5"), 2)
    assert figure(client_row, "tickets_solved") == (4, 4)


def test_a_help_desk_that_never_says_who_solved_gives_no_rate(client_row: Client) -> None:
    store(client_row, desk(client_row), ticket(1, at(9), 1))
    reading = read(client_row, "tickets_by_ai").now
    assert (reading.value, reading.n, reading.reason) == (None, 0, "no tickets solved, where known in the period")


def test_the_median_time_to_solve_merges_over_days_and_desks(client_row: Client) -> None:
    store(client_row, desk(client_row), ticket(1, at(9), 1), ticket(2, at(9), 2))
    store(client_row, desk(client_row, "Intercom", "intercom"), ticket(1, at(9, DAY + timedelta(days=1)), 9))
    reading = read(client_row, "tickets_time_to_solve", days=2).now
    assert reading.n == 3
    assert reading.value is not None
    assert abs(reading.value - 2) / 2 <= Decimal("0.005")


def test_two_help_desks_add_up(client_row: Client) -> None:
    store(client_row, desk(client_row), ticket(1, at(9)))
    store(client_row, desk(client_row, "Freshdesk", "freshdesk"), ticket(1, at(10)), ticket(2, at(10)))
    reading = read(client_row, "tickets_created").now
    assert reading.value == 3
    assert (reading.sources, reading.provenance) == (("Freshdesk", "Zendesk"), Provenance.MEASURED)


def test_a_changed_ticket_is_counted_again_on_its_old_day_and_its_new_one(client_row: Client) -> None:
    zendesk = desk(client_row)
    store(client_row, zendesk, ticket(1, at(9), 1), ticket(2, at(9), 1))
    store(client_row, zendesk, ticket(1, at(9), 25))
    assert figure(client_row, "tickets_solved") == (1, 1)
    assert figure(client_row, "tickets_solved", first=DAY + timedelta(days=1)) == (1, 1)
    store(client_row, zendesk, ticket(1, at(9), None, reopened=1))
    assert figure(client_row, "tickets_solved", first=DAY + timedelta(days=1)) == (0, 0)


def test_a_deleted_ticket_leaves(client_row: Client) -> None:
    zendesk = desk(client_row)
    store(client_row, zendesk, ticket(1, at(9), 1), ticket(2, at(9)))
    store(client_row, zendesk, ticket(1, at(9), 1, deleted=True))
    assert figure(client_row, "tickets_created") == (1, 1)
    assert figure(client_row, "tickets_solved") == (0, 0)


def test_the_same_page_twice_changes_nothing(client_row: Client) -> None:
    zendesk = desk(client_row)
    store(client_row, zendesk, ticket(1, at(9), 1))
    before = rows(VALUES)
    assert before == [(5,)]
    store(client_row, zendesk, ticket(1, at(9), 1))
    assert rows(VALUES) == before
    assert rows("SELECT count(*) FROM monitoring_ticketday") == [(0,)]


def test_a_worker_killed_before_it_counted_leaves_the_day_to_the_next(client_row: Client) -> None:
    zendesk = desk(client_row)
    store(client_row, zendesk, ticket(1, at(9)), count=False)
    assert rows(VALUES) == [(0,)]
    with scope(client_row):
        assert ticket_counts.recount(client_row, zendesk) == 1
        assert ticket_counts.recount(client_row, zendesk) == 0
    assert figure(client_row, "tickets_created") == (1, 1)


def test_today_is_counted_tomorrow(client_row: Client, clock: Any) -> None:
    zendesk = desk(client_row)
    store(client_row, zendesk, ticket(1, NOW - timedelta(hours=1)))
    assert rows(VALUES) == [(0,)]
    clock.move_to(NOW + timedelta(days=1), tick=False)
    store(client_row, zendesk)
    assert figure(client_row, "tickets_created", first=NOW.date()) == (1, 1)


def test_a_recount_can_be_read_as_it_stood_at_a_midnight(client_row: Client, clock: Any) -> None:
    zendesk = desk(client_row)
    store(client_row, zendesk, ticket(1, at(9)))
    midnight = NOW.replace(hour=23, minute=59)
    clock.move_to(NOW + timedelta(days=1), tick=False)
    store(client_row, zendesk, ticket(2, at(10)))
    assert figure(client_row, "tickets_created") == (2, 2)
    assert figure(client_row, "tickets_created", known_at=midnight) == (1, 1)


def test_another_clients_tickets_are_in_no_count(client_row: Client, other_client: Client) -> None:
    store(client_row, desk(client_row), ticket(1, at(9)))
    store(other_client, desk(other_client), ticket(1, at(9)), ticket(2, at(9)))
    assert figure(client_row, "tickets_created") == (1, 1)
    assert figure(other_client, "tickets_created") == (2, 2)


def test_a_source_that_goes_with_its_data_takes_its_figures_along(client_row: Client) -> None:
    zendesk = desk(client_row)
    store(client_row, zendesk, ticket(1, at(9)))
    store(client_row, desk(client_row, "Intercom", "intercom"), ticket(1, at(9)))
    connections.forget(client_row.pk, zendesk.id)
    assert figure(client_row, "tickets_created") == (1, 1)
    assert not Source.objects.using("owner").filter(pk=zendesk.id).exists()


def test_recounting_takes_as_many_queries_for_one_day_as_for_many(
    client_row: Client, django_assert_num_queries: Any
) -> None:
    zendesk = desk(client_row)
    store(client_row, zendesk, ticket(1, at(9)), count=False)
    with scope(client_row), django_assert_num_queries(12, exact=False):
        ticket_counts.recount(client_row, zendesk)
    days = [at(9, DAY - timedelta(days=n)) for n in range(30)]
    store(client_row, zendesk, *(ticket(n + 2, day, 1) for n, day in enumerate(days)), count=False)
    with scope(client_row), django_assert_num_queries(12, exact=False):
        assert ticket_counts.recount(client_row, zendesk) == 30

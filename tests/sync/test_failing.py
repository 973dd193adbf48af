"""A source in trouble says whose turn it is, waits longer and longer, pauses itself when that helps nobody, and comes back by itself."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from clients.models import Client
from clients.tenancy import scope
from monitoring import connections, tasks
from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import HOUR, MINUTE
from monitoring.models import Signal, Source, Sync
from monitoring.sources import kinds
from monitoring.sync import failing, run
from tests.conftest import rows
from tests.sources.fakes.phoenix import Fake
from tests.sync.conftest import LATER, now_of

NOW = datetime(2026, 11, 6, 15, 30, tzinfo=UTC)
Connect = Callable[..., Source]


def later(**fields: Any) -> SourceError:
    return SourceError(Fault.LATER, "Not now, please.", **fields)


def signals() -> list[tuple[Any, ...]]:
    return rows("SELECT severity, title, detail, closed_at IS NULL FROM monitoring_signal ORDER BY opened_at")


@given(st.integers(0, 50), st.floats(0, 1), st.sampled_from(Fault))
def test_waits_grow_and_stay_within_bounds(failures: int, luck: float, fault: Fault) -> None:
    after = failing.setback(SourceError(fault, "x"), failures, NOW, luck=luck)
    wait = after.next_run_at - NOW
    assert 0.8 * MINUTE <= wait <= 1.2 * failing.LONGEST_WAIT
    assert after.failures == failures + 1


def test_the_first_wait_is_a_minute_and_each_one_twice_the_last() -> None:
    waits = [failing.setback(later(), n, NOW, luck=0.5).next_run_at - NOW for n in range(5)]
    assert waits == [MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE, 16 * MINUTE]


def test_it_never_comes_back_before_the_provider_said() -> None:
    assert failing.setback(later(retry_at=NOW + 2 * HOUR), 0, NOW).next_run_at == NOW + 2 * HOUR
    assert failing.setback(later(retry_at=NOW), 3, NOW, luck=0.5).next_run_at == NOW + 8 * MINUTE


def test_who_must_act_is_told_at_once_and_what_passes_is_not() -> None:
    assert failing.setback(SourceError(Fault.CLIENT, "x"), 0, NOW).tells
    assert failing.setback(SourceError(Fault.CLIENT, "x"), 0, NOW).paused_itself
    assert failing.setback(SourceError(Fault.OURS, "x"), 0, NOW).tells
    assert not failing.setback(SourceError(Fault.OURS, "x"), 0, NOW).paused_itself
    assert not failing.setback(later(), 0, NOW).tells
    assert failing.setback(later(), failing.PATIENT - 1, NOW).tells
    assert failing.setback(later(), failing.GIVES_UP - 1, NOW).paused_itself


@pytest.mark.usefixtures("runtime_role")
class TestInTheDatabase:
    def test_a_broken_key_pauses_the_source_and_raises_one_signal(
        self, client_row: Client, phoenix: Fake, connect: Connect, clock: Any
    ) -> None:
        source = connect(client_row, phoenix)
        phoenix.key, right = "another", phoenix.key
        run.run(client_row.pk, source.pk)
        stands = now_of(source)
        assert stands.paused_itself
        assert "refused the key" in stands.error
        assert signals() == [("act", "Traces paused itself", stands.error, True)]
        assert right not in stands.error
        clock.move_to(stands.next_run_at, tick=False)
        run.run(client_row.pk, source.pk)
        assert len(signals()) == 1

    def test_it_goes_on_by_itself_once_the_key_works_again(
        self, client_row: Client, phoenix: Fake, connect: Connect, clock: Any
    ) -> None:
        source = connect(client_row, phoenix)
        phoenix.key, right = "another", phoenix.key
        run.run(client_row.pk, source.pk)
        phoenix.key = right
        clock.move_to(now_of(source).next_run_at, tick=False)
        assert tasks.pull_due() == 1
        stands = now_of(source)
        assert (stands.paused_itself, stands.error, stands.failures) == (False, "", 0)
        assert [open_ for *_, open_ in signals()] == [False]
        assert rows("SELECT count(*) FROM monitoring_span") == [(7,)]

    def test_a_new_key_makes_it_due_at_once(self, client_row: Client, phoenix: Fake, connect: Connect) -> None:
        source = connect(client_row, phoenix)
        old, phoenix.key = phoenix.key, "rotated"
        run.run(client_row.pk, source.pk)
        with scope(client_row):
            settings = connections.changed_settings(source, {"api_key": "rotated"}, {"api_key": old})
            connections.change(now_of(source), settings)
        assert now_of(source).next_run_at == LATER
        run.run(client_row.pk, source.pk)
        assert now_of(source).last_sync_at == LATER

    def test_an_empty_secret_in_the_form_keeps_the_old_one(
        self, client_row: Client, phoenix: Fake, connect: Connect
    ) -> None:
        source = connect(client_row, phoenix)
        settings = connections.changed_settings(source, {"project": "default", "api_key": ""}, {"api_key": phoenix.key})
        assert settings == kinds()["phoenix"].Settings.model_validate(phoenix.settings)

    @pytest.mark.parametrize("header", ["120", format_datetime(LATER + timedelta(seconds=120), usegmt=True)])
    def test_a_storm_of_429_waits_as_long_as_it_was_told(
        self, client_row: Client, phoenix: Fake, connect: Connect, header: str, clock: Any
    ) -> None:
        source, other = connect(client_row, phoenix), connect(client_row, phoenix, "The same key")
        phoenix.interrupt = lambda request: httpx.Response(429, headers={"Retry-After": header})
        run.run(client_row.pk, source.pk)
        stands = now_of(source)
        assert stands.next_run_at is not None
        assert timedelta(seconds=119) <= stands.next_run_at - LATER <= timedelta(seconds=121)
        assert not stands.paused_itself
        assert signals() == []
        asked = len(phoenix.seen)
        # Its credential is shared: no other worker asks with it either.
        run.run(client_row.pk, other.pk)
        assert len(phoenix.seen) == asked
        held_back = now_of(other)
        assert held_back.next_run_at is not None
        assert held_back.next_run_at - LATER >= timedelta(seconds=119)
        # Holding back is no failure.
        assert (held_back.error, held_back.failures) == ("", 0)

    def test_a_limit_met_on_the_way_is_no_failure(
        self, client_row: Client, phoenix: Fake, connect: Connect, clock: Any
    ) -> None:
        """A page came, then the provider had enough: the rest comes when it says, as often as that takes."""
        source = connect(client_row, phoenix)
        answered = 0

        def enough(request: httpx.Request) -> httpx.Response | None:
            nonlocal answered
            answered += 1
            return None if answered % 7 else httpx.Response(429, headers={"Retry-After": "45"})

        phoenix.interrupt = enough
        for _ in range(40):
            run.run(client_row.pk, source.pk)
            stands = now_of(source)
            assert (stands.error, stands.failures) == ("", 0)
            assert stands.next_run_at is not None
            if stands.last_sync_at:
                break
            clock.move_to(stands.next_run_at + timedelta(seconds=1), tick=False)
        assert rows("SELECT count(*) FROM monitoring_span") == [(7,)]
        assert signals() == []

    def test_a_fault_of_our_own_is_told_apart_and_says_nothing_of_the_client(
        self, client_row: Client, phoenix: Fake, connect: Connect
    ) -> None:
        source = connect(client_row, phoenix)
        phoenix.interrupt = lambda request: httpx.Response(200, json={"data": "what?", "next_cursor": None})
        run.run(client_row.pk, source.pk)
        [sync] = Sync.objects.using("owner").filter(source=source)
        assert sync.fault == Fault.OURS
        assert "does not understand" in sync.message
        assert [s[:2] for s in signals()] == [("watch", "Traces cannot be read")]

    def test_credentials_no_key_opens_ask_for_them_again(
        self, client_row: Client, phoenix: Fake, connect: Connect, settings: Any
    ) -> None:
        source = connect(client_row, phoenix)
        settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
        run.run(client_row.pk, source.pk)
        assert "enter them again" in now_of(source).error

    def test_one_client_sees_nothing_of_anothers_signals_and_syncs(
        self, client_row: Client, other_client: Client, phoenix: Fake, connect: Connect
    ) -> None:
        source = connect(client_row, phoenix)
        phoenix.key = "another"
        run.run(client_row.pk, source.pk)
        with scope(other_client):
            assert not Signal.objects.exists()
            assert not Sync.objects.exists()
            assert not Source.objects.exists()
        with scope(client_row):
            assert Signal.objects.count() == Sync.objects.count() == 1

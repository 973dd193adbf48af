"""A pulse goes out on Friday, once to each recipient, and what nobody can know is shown as such: over real SMTP."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import close_old_connections, connections
from django.test import Client as Browser
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from clients.models import Client
from clients.tenancy import scope
from reports import delivery, gather, schedule, tasks
from reports.models import Delivery, DeliveryState, Edition, Recipient, Report, State
from tests import factories
from tests.conftest import NOW, Mailbox, assert_runtime_role, rows

FRIDAY_15_CHICAGO = NOW.replace(hour=21, minute=0)
"""15:00 in Chicago on Friday 6 November 2026, after the clocks went back."""


@pytest.fixture
def pulse(client_row: Client, mailbox: Mailbox, time_machine: Any) -> Report:
    """Acme's pulse of the week to 5 November, planned on the Thursday for two recipients."""
    time_machine.move_to(NOW - timedelta(days=1), tick=True)
    assert_runtime_role()
    factories.calls(client_row, [factories.span(i, NOW - timedelta(days=2, minutes=i)) for i in range(40)])
    with scope(client_row):
        for name in ("ceo", "cto"):
            Recipient.objects.create(client=client_row, email=f"{name}@acme.example")
        schedule.plan(client_row, timezone.now())
        report = Report.objects.select_related("client").get(client=client_row, kind="pulse")
    assert report.due_at == FRIDAY_15_CHICAGO
    return report


def states(client: Client) -> list[str]:
    with scope(client):
        return list(Delivery.objects.order_by("recipient__email").values_list("state", flat=True))


def compose_on_friday(pulse: Report, time_machine: Any) -> None:
    """The pulse is frozen with its deliveries planned, at the hour it is due; nothing is sent yet."""
    time_machine.move_to(FRIDAY_15_CHICAGO)
    with scope(pulse.client):
        delivery.compose(pulse.client, pulse.pk, timezone.now())


def test_it_goes_out_on_friday_at_the_clients_hour_and_not_before(
    pulse: Report, mailbox: Mailbox, time_machine: Any
) -> None:
    time_machine.move_to(FRIDAY_15_CHICAGO - timedelta(minutes=1))
    tasks.send_due()
    assert mailbox.taken == []
    time_machine.move_to(FRIDAY_15_CHICAGO)
    tasks.send_due()
    assert sorted(address for address, _ in mailbox.taken) == ["ceo@acme.example", "cto@acme.example"]
    assert states(pulse.client) == ["sent", "sent"]
    mail = mailbox.taken[0][1]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/unsubscribe/" in mail["List-Unsubscribe"]
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_a_second_run_sends_nothing(pulse: Report, mailbox: Mailbox, time_machine: Any) -> None:
    time_machine.move_to(FRIDAY_15_CHICAGO)
    for _ in range(3):
        tasks.send_due()
    with scope(pulse.client):
        sent = list(Delivery.objects.values_list("id", flat=True))
    for delivery_id in sent:
        assert tasks.deliver(client_id=pulse.client_id, delivery_id=delivery_id) == ""
    tasks.compose(client_id=pulse.client_id, report_id=pulse.pk)
    assert len(mailbox.taken) == 2
    assert rows("SELECT count(*) FROM reports_edition WHERE report_id = %s", [pulse.pk]) == [(1,)]


def test_eight_workers_at_once_send_one_mail_to_each(pulse: Report, mailbox: Mailbox, time_machine: Any) -> None:
    time_machine.move_to(FRIDAY_15_CHICAGO)
    with scope(pulse.client):
        delivery.compose(pulse.client, pulse.pk, timezone.now())
        ids = list(Delivery.objects.values_list("id", flat=True))
    together = threading.Barrier(8)
    said: list[str] = []

    def work() -> None:
        close_old_connections()
        together.wait()
        said.extend(tasks.deliver(client_id=pulse.client_id, delivery_id=i) for i in ids)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == [""] * 14 + ["sent", "sent"]
    assert sorted(address for address, _ in mailbox.taken) == ["ceo@acme.example", "cto@acme.example"]


def test_two_composers_at_once_freeze_one_edition(pulse: Report, mailbox: Mailbox, time_machine: Any) -> None:
    time_machine.move_to(FRIDAY_15_CHICAGO)
    together = threading.Barrier(2)

    def work() -> None:
        together.wait()
        tasks.compose(client_id=pulse.client_id, report_id=pulse.pk)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows("SELECT count(*) FROM reports_edition") == [(1,)]
    assert len(mailbox.taken) == 2


class Killed(BaseException):
    """Stands for a worker that dies where it is: nothing of ours catches it."""


def test_a_worker_that_dies_between_claim_and_answer_leaves_uncertain_and_no_second_mail(
    pulse: Report, mailbox: Mailbox, time_machine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    time_machine.move_to(FRIDAY_15_CHICAGO)
    with scope(pulse.client):
        delivery.compose(pulse.client, pulse.pk, timezone.now())
        first, _second = Delivery.objects.order_by("recipient__email").values_list("id", flat=True)
    # The mail is taken by the server, and then the worker is gone before it can note it.
    with monkeypatch.context() as dying:
        dying.setattr(delivery, "_settle", lambda *a, **k: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            delivery.deliver(pulse.client_id, first)
    assert states(pulse.client) == ["claimed", "planned"]
    time_machine.shift(timedelta(minutes=5))
    tasks.send_due()
    assert states(pulse.client) == ["claimed", "sent"]  # not long enough ago to give up on it
    time_machine.shift(timedelta(minutes=11))
    for _ in range(3):
        tasks.send_due()
    assert states(pulse.client) == ["uncertain", "sent"]
    assert sorted(address for address, _ in mailbox.taken) == ["ceo@acme.example", "cto@acme.example"]

    manager = factories.member(pulse.client, "program_manager")
    browser = Browser()
    browser.login(email=manager.email, password=factories.PASSWORD)
    page = browser.get(reverse("pulse", args=["acme", "2026-W45"])).content.decode()
    assert "Uncertain" in page
    with scope(pulse.client):
        lost = Delivery.objects.get(pk=first)
    assert lost.message_id.strip("<>") in page
    browser.post(reverse("settle", args=["acme", lost.public_id]), {"outcome": "arrived"})
    assert states(pulse.client) == ["sent", "sent"]
    with scope(pulse.client):
        assert Delivery.objects.get(pk=first).settled_by == str(manager)
    assert len(mailbox.taken) == 2


def test_a_server_that_hangs_up_after_the_mail_leaves_uncertain(
    pulse: Report, mailbox: Mailbox, time_machine: Any
) -> None:
    time_machine.move_to(FRIDAY_15_CHICAGO)
    mailbox.hang_up = True
    tasks.send_due()
    time_machine.shift(timedelta(hours=1))
    tasks.send_due()
    assert states(pulse.client) == ["uncertain", "uncertain"]
    assert len(mailbox.taken) == 2


def test_a_refused_recipient_fails_for_good_and_says_why(pulse: Report, mailbox: Mailbox, time_machine: Any) -> None:
    time_machine.move_to(FRIDAY_15_CHICAGO)
    mailbox.recipient_answer = "550 no such mailbox"
    tasks.send_due()
    assert states(pulse.client) == ["failed", "failed"]
    with scope(pulse.client):
        assert Delivery.objects.earliest("pk").error == "The mail server refused it: 550 no such mailbox"


def test_a_busy_server_is_asked_again_later_and_then_each_gets_one(
    pulse: Report, mailbox: Mailbox, time_machine: Any
) -> None:
    time_machine.move_to(FRIDAY_15_CHICAGO)
    mailbox.answer = "451 try later"
    tasks.send_due()
    assert states(pulse.client) == ["planned", "planned"]
    mailbox.answer = "250 taken"
    tasks.send_due()
    assert mailbox.taken == []
    time_machine.shift(timedelta(minutes=2))
    tasks.send_due()
    assert states(pulse.client) == ["sent", "sent"]
    assert len(mailbox.taken) == 2


def test_an_unreachable_server_is_tried_five_times_then_failed(pulse: Report, time_machine: Any) -> None:
    time_machine.move_to(FRIDAY_15_CHICAGO)
    nowhere = {"host": "127.0.0.1", "port": 1, "timeout": 2}
    with override_settings(
        MAILERS={"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": nowhere}}
    ):
        for _ in range(6):
            tasks.send_due()
            time_machine.shift(timedelta(hours=2))
    assert states(pulse.client) == ["failed", "failed"]
    with scope(pulse.client):
        assert "Given up after 5 attempts" in Delivery.objects.earliest("pk").error


def test_late_on_friday_it_still_goes_out_but_not_on_saturday(
    pulse: Report, mailbox: Mailbox, time_machine: Any
) -> None:
    time_machine.move_to(FRIDAY_15_CHICAGO + timedelta(hours=8))
    tasks.send_due()
    assert len(mailbox.taken) == 2


def test_a_pulse_that_missed_its_friday_is_not_sent_and_says_so(
    pulse: Report, mailbox: Mailbox, time_machine: Any
) -> None:
    time_machine.move_to(FRIDAY_15_CHICAGO + timedelta(hours=12))
    tasks.send_due()
    with scope(pulse.client):
        report = Report.objects.get(pk=pulse.pk)
    assert (report.state, mailbox.taken) == (State.MISSED, [])
    assert "nothing was sent" in report.error


def test_who_unsubscribed_gets_nothing_even_between_composing_and_sending(
    pulse: Report, mailbox: Mailbox, time_machine: Any
) -> None:
    time_machine.move_to(FRIDAY_15_CHICAGO)
    with scope(pulse.client):
        ceo, cto = Recipient.objects.order_by("email")
    assert Browser().get(f"/unsubscribe/{ceo.unsubscribe_token}/").status_code == 200
    with scope(pulse.client):
        assert Recipient.objects.get(pk=ceo.pk).unsubscribed_at is None  # a scanner that only looks unsubscribes nobody
        delivery.compose(pulse.client, pulse.pk, timezone.now())
    for leaving in (ceo, cto):
        assert Browser().post(f"/unsubscribe/{leaving.unsubscribe_token}/").status_code == 200
    tasks.send_due()
    assert (states(pulse.client), mailbox.taken) == (["failed", "failed"], [])


def test_what_was_sent_is_what_was_frozen(pulse: Report, mailbox: Mailbox, time_machine: Any) -> None:
    time_machine.move_to(FRIDAY_15_CHICAGO)
    with scope(pulse.client):
        delivery.compose(pulse.client, pulse.pk, timezone.now())
        frozen = Edition.objects.get(report=pulse)
    factories.calls(
        pulse.client,
        [factories.span(900 + i, NOW - timedelta(days=2)) for i in range(50)],
        by=factories.source(pulse.client, "Late"),
    )
    tasks.send_due()
    plain = next(p for p in mailbox.taken[0][1].walk() if p.get_content_type() == "text/plain").get_payload(decode=True)
    text = bytes(plain).decode()
    assert "40 model calls" in text
    assert frozen.content_hash[:4] in text


def test_a_report_that_cannot_be_composed_says_so_and_leaves_the_rest(
    pulse: Report, mailbox: Mailbox, time_machine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    time_machine.move_to(FRIDAY_15_CHICAGO)
    monkeypatch.setattr(gather, "compose", lambda *a, **k: 1 / 0)
    tasks.send_due()
    with scope(pulse.client):
        report = Report.objects.get(pk=pulse.pk)
        assert (report.state, Delivery.objects.count(), Edition.objects.count()) == (State.FAILED, 0, 0)
    assert "ZeroDivisionError" in report.error


@pytest.mark.parametrize(
    ("zone", "hour", "at"),
    [
        ("America/Chicago", 15, "2026-11-06T21:00"),
        ("Europe/Berlin", 15, "2026-11-06T14:00"),
        ("Asia/Kolkata", 9, "2026-11-06T03:30"),
        ("Pacific/Auckland", 8, "2026-11-05T19:00"),
    ],
)
def test_friday_is_the_clients_own(practice: Any, zone: str, hour: int, at: str) -> None:
    client = factories.client(practice, "there", zone=zone, pulse_hour=hour)
    with scope(client):
        schedule.plan(client, NOW.replace(day=3))
        assert Report.objects.get(kind="pulse").due_at.strftime("%Y-%m-%dT%H:%M") == at


def test_settling_by_state_moves_a_row_once(pulse: Report, time_machine: Any) -> None:
    time_machine.move_to(FRIDAY_15_CHICAGO)
    with scope(pulse.client):
        delivery.compose(pulse.client, pulse.pk, timezone.now())
        one = Delivery.objects.earliest("pk")
        assert [Delivery.objects.claim(one.pk, timezone.now()) for _ in range(2)] == [True, False]
        assert [Delivery.objects.settle(one.pk, DeliveryState.CLAIMED, DeliveryState.SENT) for _ in range(2)] == [
            True,
            False,
        ]


def test_a_pulse_composed_on_friday_is_not_delivered_on_saturday(
    pulse: Report, mailbox: Mailbox, time_machine: Any
) -> None:
    compose_on_friday(pulse, time_machine)
    time_machine.shift(timedelta(days=1))
    tasks.send_due()
    assert (states(pulse.client), mailbox.taken) == (["failed", "failed"], [])


def test_a_mail_that_cannot_be_written_has_failed_and_is_not_uncertain(
    pulse: Report, mailbox: Mailbox, time_machine: Any
) -> None:
    compose_on_friday(pulse, time_machine)
    rows("UPDATE reports_edition SET content = '{}' RETURNING 1")
    tasks.send_due()
    assert (states(pulse.client), mailbox.taken) == (["failed", "failed"], [])
    with scope(pulse.client):
        assert "could not be written" in Delivery.objects.earliest("pk").error


def test_a_new_revision_is_made_only_where_the_numbers_changed(
    pulse: Report, mailbox: Mailbox, time_machine: Any
) -> None:
    time_machine.move_to(FRIDAY_15_CHICAGO)
    tasks.send_due()
    manager = factories.member(pulse.client, "program_manager")
    browser = Browser()
    browser.login(email=manager.email, password=factories.PASSWORD)
    revisions = "SELECT revision FROM reports_report WHERE kind = 'pulse' ORDER BY 1"
    assert "revision 1, " in browser.get(reverse("pulse", args=["acme", "2026-W45"])).content.decode()
    assert "not frozen, " in browser.get(reverse("pulse", args=["acme", "2026-W44"])).content.decode()
    browser.post(reverse("pulse-freeze", args=["acme", "2026-W45"]))
    assert rows(revisions) == [(1,)]
    late = [factories.span(900 + i, NOW - timedelta(days=2)) for i in range(50)]
    factories.calls(pulse.client, late, by=factories.source(pulse.client, "Late"))
    browser.post(reverse("pulse-freeze", args=["acme", "2026-W45"]))
    assert rows(revisions) == [(1,), (2,)]
    assert len(mailbox.taken) == 2
    assert "90" in browser.get(reverse("pulse", args=["acme", "2026-W45"])).content.decode()

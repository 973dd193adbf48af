"""People are countable and nobody can tell who they are, unless a source says otherwise."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.models import Client
from clients.tenancy import scope
from monitoring import ingest
from monitoring.models import Source
from monitoring.otlp.conventions import RawSpan, record_of
from monitoring.pseudonyms import pseudonym
from tests import factories
from tests.conftest import NOW, rows

READ = "SELECT user_id, user_role, attributes::text FROM monitoring_span ORDER BY started_at"
people = st.text(min_size=1, max_size=40)


@given(people, people)
def test_a_person_has_one_pseudonym_and_two_people_have_two(one: str, other: str) -> None:
    assert (pseudonym(1, one) == pseudonym(1, other)) is (one == other)
    assert len(pseudonym(1, one)) == 14


@given(people)
def test_a_person_is_another_at_another_client_and_under_another_secret(person: str) -> None:
    known = pseudonym(1, person)
    assert known != pseudonym(2, person)


def test_without_the_secret_a_pseudonym_cannot_be_made(settings: Any) -> None:
    before = pseudonym(1, "jane")
    settings.SECRET_KEY = "another"
    assert pseudonym(1, "jane") != before


def test_nobody_is_nobody() -> None:
    assert pseudonym(1, "") == ""


@pytest.mark.usefixtures("runtime_role")
def test_an_id_is_stored_nowhere_and_neither_is_what_describes_the_person(client_row: Client) -> None:
    source = factories.source(client_row)
    described = {"user.email": "jane@example.com", "enduser.scope": "all of jane", "user.age": 41, "app.plan": "gold"}
    spans = [
        factories.span(i, NOW + timedelta(seconds=i), user_id="jane", user_role="agent", attributes=described)
        for i in range(2)
    ]
    ingest.store(source, spans, [])
    name = pseudonym(client_row.pk, "jane")
    assert rows(READ) == [(name, "agent", '{"app.plan": "gold"}')] * 2
    assert "jane" not in str(rows("SELECT to_jsonb(s)::text FROM monitoring_span s"))
    assert ingest.store(source, spans, []).changed_spans == 0


@pytest.mark.usefixtures("runtime_role")
def test_a_source_that_does_not_pseudonymise_keeps_ids_as_sent(client_row: Client) -> None:
    source = factories.source(client_row)
    with scope(client_row):
        Source.objects.filter(pk=source.id).update(pseudonymises=False, redacts=False)
    ingest.store(source, [factories.span(1, NOW, user_id="jane", attributes={"user.email": "j@x.example"})], [])
    assert rows(READ) == [("jane", "", '{"user.email": "j@x.example"}')]


@pytest.mark.parametrize(
    ("given_", "role"),
    [
        ({"enduser.role": "agent"}, "agent"),
        ({"user.role": "customer"}, "customer"),
        ({"user.roles": ["admin", "editor"], "enduser.role": "agent"}, "admin, editor"),
        ({"user.id": "jane"}, ""),
    ],
)
def test_the_role_is_read_where_a_sender_gives_it(given_: dict[str, Any], role: str) -> None:
    assert record_of(RawSpan("t", "s", "", NOW, None, "chat", False, given_)).user_role == role

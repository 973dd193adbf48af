"""How a number is known is one rule: targets, tables, evidence pages and reports underline the same money the same way."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client as Browser
from django.utils import timezone

from clients.models import Charter, Client, System, Target
from clients.tenancy import scope
from monitoring.catalogue import CATALOGUE
from monitoring.provenance import Provenance, known_by, measures
from reports.gather import gather
from reports.periods import latest_pulse
from reports.pulse import compose_pulse
from tests import factories
from tests.conftest import ALL

pytestmark = pytest.mark.django_db(transaction=True, databases=ALL)


@pytest.fixture
def priced(client_row: Client) -> Client:
    """Two systems: “Stated” says what its calls cost, “Guessed” leaves that to list prices. Each has a target for it."""
    now = timezone.now()
    for first, name, guess in ((1, "Stated", False), (5001, "Guessed", True)):
        spans = [
            factories.span(first + i, now - timedelta(days=1 + i % 27), model=f"{name}-model", cost_estimated=guess)
            for i in range(540)
        ]
        factories.calls(client_row, spans, by=factories.source(client_row, name, name))
    with scope(client_row):
        today = now.date()
        charter = Charter.objects.create(
            client=client_row, quarter_start=today.replace(month=1 + (today.month - 1) // 3 * 3, day=1)
        )
        for system in System.objects.all():
            Target.objects.create(
                client=client_row,
                charter=charter,
                system=system,
                name=f"Cost of {system.name}",
                metric="cost_per_call",
                baseline=Decimal("0.01"),
                goal=Decimal("0.001"),
                due=today + timedelta(days=30),
            )
    return client_row


@pytest.fixture
def person(priced: Client) -> Browser:
    made = Browser()
    made.force_login(
        factories.member(priced, "program_manager"), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return made


@pytest.mark.parametrize("system", ["Stated", "Guessed"])
def test_a_target_and_the_tables_are_underlined_as_their_own_calls_are_known(person: Browser, system: str) -> None:
    page = person.get("/c/acme/?period=7d").content.decode()
    target = page.partition(f"<h3>Cost of {system}</h3>")[2].partition("</article>")[0]
    in_model = page.partition(f'<th scope="row">{system}-model')[2].partition("</tr>")[0]
    in_system = page.partition(f'<th scope="row">{system}<')[2].partition("</tr>")[0]
    for part, numbers in ((target, 1), (in_model, 2), (in_system, 2)):
        assert part.count('class="f asm"') == (numbers if system == "Guessed" else 0), part
        assert 'class="f "' in part or part is target


@pytest.mark.parametrize("metric", ["cost", "cost_per_call", "cost_estimated"])
def test_the_evidence_says_assumed_where_list_prices_went_in(person: Browser, metric: str) -> None:
    page = person.get(f"/c/acme/says-who/{metric}/").content.decode()
    assert '<dt>How we know</dt><dd><span class="prov asm">Assumed</span>' in page
    stated = person.get(f"/c/acme/says-who/{metric}/?system=Stated").content.decode()
    assert '<dt>How we know</dt><dd><span class="prov ">Measured</span>' in stated


def test_one_report_knows_one_number_one_way(priced: Client) -> None:
    now = timezone.now()
    with scope(priced):
        facts = compose_pulse(gather(priced, latest_pulse(now, priced.zone), now=now)).facts
    assert facts["cost"].provenance is Provenance.ASSUMED
    targets = {f.label: f.provenance for key, f in facts.items() if key in {"target.1", "target.2"}}
    assert targets == {
        "Cost of Stated, cost per call": Provenance.MEASURED,
        "Cost of Guessed, cost per call": Provenance.ASSUMED,
    }


def test_only_money_is_ever_assumed() -> None:
    assumed = {m.key for m in CATALOGUE.values() if known_by(m, 1) is Provenance.ASSUMED}
    assert assumed == {"cost", "cost_per_call", "cost_estimated"}
    assert {known_by(m, 0) for m in CATALOGUE.values()} == {Provenance.MEASURED}
    assert measures([CATALOGUE["cost_per_call"]]) == ["cost", "cost_estimated"]
    assert measures([CATALOGUE["calls"]]) == ["error"]

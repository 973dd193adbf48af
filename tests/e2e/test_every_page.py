"""What holds on every page, as each role that can reach it: nothing axe finds wrong in light or dark, on a desk or a phone, no sideways
scrolling, nothing that jumps while it loads, and a light first load.

Pages are found by following links, and compared with the addresses of tests/test_access.py: a new page is tried with nobody's help.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from clients.models import Role, quarter_key, quarter_start
from fracops.permissions import PERMISSIONS
from tests.test_access import ROWS

from .conftest import Visitors
from .walking import FILES, Judged, Visit, Walk

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

NO_LINK = {
    "unsubscribe": "by a token that only a pulse's mail holds, and none was due since the demo began",
    "healthz": "for machines",
}
"""Pages to which no link of the demo leads, and why."""
SHIFT, BYTES = 0.05, 300_000
STRANGERS = [
    "/accounts/login/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/done/",
    "/accounts/signup/",
    "/accounts/inactive/",
]
ROLES = ["owner", "program_manager", "executive", "contributor", ""]


def starts(first: str) -> list[str]:
    """Where the owner begins: what another client has to show than the first, and states of a page that its bare address lacks."""
    this_quarter = quarter_start(datetime.now(UTC).date())
    return [
        "/",
        "/?all",
        f"{first}?period=7d",
        f"{first}engagement/",
        f"{first}charter/{quarter_key(quarter_start(this_quarter + timedelta(days=93)))}/",
        f"{first}sources/connect/?kind=langfuse",
        f"{first}costs/?vendor=openai&model=gpt-4o",
        "/c/lindenhof-versicherung/charter/",
        "/c/lindenhof-versicherung/outcomes/",
        "/c/quarry-pine/engagement/",
        "/search/?q=charter",
        "/writing/",
        "/hours/add/?line=1h",
        "/accounts/logout/",
        "/accounts/reauthenticate/",
        "/c/nobody/",
    ]


def behind(visitors: Visitors, first: str) -> list[str]:
    """Pages to which a link leads in another state of things than the demo's, or of several of a name the one that has it."""
    page = visitors.visitor("owner")

    def link(on: str, name: str) -> str:
        page.goto(on)
        return page.get_by_role("link", name=name).first.get_attribute("href") or ""

    quarter = quarter_key(quarter_start(datetime.now(UTC).date()))
    page.goto(f"{first}charter/{quarter}/write/")
    target = page.locator("[name=t-0-public_id]").get_attribute("value")
    return [
        link(f"{first}handbook/", "Its versions"),
        link("/c/quarry-pine/engagement/", "Can a matter be summarised") + "decide/",
        link(f"{first}sources/", "OpenAI"),
        link(f"{first}sources/", "OpenTelemetry") + "take-over/",
        f"{first}charter/{quarter}/targets/{target}/say/",
    ]


def new_password(visitors: Visitors) -> str:
    """The page of a link that was mailed to somebody who forgot their password."""
    page, forgetful = visitors.visitor(), visitors.demo.user("contributor")["email"]
    page.goto("/accounts/password/reset/")
    page.get_by_label("Email").fill(forgetful)
    page.get_by_role("main").get_by_role("button").click()
    return visitors.demo.mailed(forgetful, "accounts/password/reset/key")


@pytest.fixture(scope="package")
def walked() -> dict[str, list[Visit]]:
    """What was found so far, by role."""
    return {}


@pytest.fixture(scope="package")
def judged() -> Judged:
    return Judged()


@pytest.fixture
def walk(
    visitors: Visitors, client: str, walked: dict[str, list[Visit]], judged: Judged
) -> Callable[[str], list[Visit]]:
    """Everything a role sees, walked once. All but the owner begin with those of the owner's pages that they may see."""

    def go(role: str) -> list[Visit]:
        if role not in walked:
            if role == "owner":
                begin = [*starts(client), *behind(visitors, client)]
            else:
                begin = theirs(role, go("owner"), visitors) if role else [*STRANGERS, new_password(visitors)]
            walked[role] = Walk(visitors.visitor(role), begin, role != "owner", judged).go()
        return walked[role]

    return go


def theirs(role: str, owners: list[Visit], visitors: Visitors) -> list[str]:
    """Of the owner's pages those that a person with that role has too."""
    may = {row.name for row in ROWS if row.permission and Role(role) in PERMISSIONS[row.permission]}
    own = [f"/c/{slug}/" for slug in visitors.demo.user(role)["clients"]]
    return ["/", "/inbox/"] + [
        visit.address for visit in owners if visit.name in may and visit.address.startswith((*own, "/p/"))
    ]


@pytest.mark.parametrize("role", ROLES)
def test_axe_finds_nothing_on_any_page(walk: Callable[[str], list[Visit]], role: str) -> None:
    assert [f"{visit.address} {fault}" for visit in walk(role) for fault in visit.faults] == []


@pytest.mark.parametrize("role", ROLES)
def test_no_page_scrolls_sideways_on_a_phone(walk: Callable[[str], list[Visit]], role: str) -> None:
    assert [(visit.address, visit.wide) for visit in walk(role) if visit.wide > 390] == []


@pytest.mark.parametrize("role", ROLES)
def test_nothing_jumps_while_a_page_loads(walk: Callable[[str], list[Visit]], role: str) -> None:
    assert [(visit.address, visit.shifts) for visit in walk(role) if visit.shifted > SHIFT] == []


@pytest.mark.parametrize("role", ROLES)
def test_a_page_without_a_chart_is_light_and_loads_no_plotly(walk: Callable[[str], list[Visit]], role: str) -> None:
    plain = [visit for visit in walk(role) if not visit.charts]
    assert plain
    assert [(visit.address, visit.received) for visit in plain if visit.received >= BYTES or visit.plotly] == []


def test_no_page_is_left_out(walk: Callable[[str], list[Visit]]) -> None:
    pages = {row.name for row in ROWS if row.method == "get" and row.allowed == 200} - FILES
    tried = {visit.name for role in ROLES for visit in walk(role)}
    assert pages - tried == NO_LINK.keys() - tried
    assert NO_LINK.keys() & tried == set()

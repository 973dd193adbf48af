"""The style guide: there for those who build, nowhere else, and drawn by the components that pages use."""

from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from clients.models import Client
from fracops.pages.styleguide import TOKENS, colours, themes
from tests import factories
from tests.conftest import ALL

OF_ONE_PAGE = {
    "chart_scripts",
    "costs",
    "found",
    "opportunity",
    "pattern",
    "tab_icon",
    "words",
}
"""Components that hold a page's own words, or nothing that is seen."""


@pytest.mark.django_db(transaction=True, databases=ALL)
def test_without_debug_there_is_none() -> None:
    assert Browser().get(reverse("styleguide")).status_code == 404


@pytest.mark.django_db(transaction=True, databases=ALL)
def test_with_debug_every_component_is_on_it(settings: Any, client_row: Client) -> None:
    settings.DEBUG = True
    person = factories.member(client_row, "program_manager")
    browser = Browser()
    browser.login(email=person.email, password=factories.PASSWORD)
    answer = browser.get(reverse("styleguide"))
    assert answer.status_code == 200
    drawn = {template.name for template in answer.templates}
    there = {path.stem for path in (TOKENS.parents[2] / "templates" / "components").glob("*.html")}
    assert {name for name in there - OF_ONE_PAGE if f"components/{name}.html" not in drawn} == set()
    assert "is no number" in answer.content.decode()


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_every_token_has_the_contrast_it_needs(theme: str) -> None:
    found = themes(TOKENS.read_text())[theme]
    assert len(found) > 20
    assert [colour for colour in colours(found) if not colour.holds] == []

"""A provider's description is held against what was really sent."""

import httpx
import pytest

from tests.sources.fakes.base import CONTRACTS, as_openapi, contract_of


def test_a_name_with_a_slash_is_one_part_of_the_path() -> None:
    request = httpx.Request("GET", "https://fake.example/prompts/greet%2Fformal?version=2")
    assert as_openapi(request).path == "/prompts/greet%2Fformal"


@pytest.mark.skipif(not CONTRACTS.exists(), reason="the contracts are not at hand")
@pytest.mark.parametrize("name", sorted(path.name for path in CONTRACTS.glob("*") if path.suffix in (".yml", ".json")))
def test_every_description_can_be_held_against_requests(name: str) -> None:
    """Even one that offends against OpenAPI somewhere."""
    assert contract_of(name)

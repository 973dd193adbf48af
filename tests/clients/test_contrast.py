"""Colours that people choose stay readable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.contrast import TEXT, contrast, readable


def test_contrast_is_reckoned_as_wcag_does() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


@given(st.from_regex(r"#[0-9A-F]{6}", fullmatch=True), st.sampled_from(["#FFFFFF", "#F6F7F7"]))
def test_any_colour_can_be_read_on_paper(colour: str, paper: str) -> None:
    assert contrast(readable(colour, paper), paper) >= TEXT


def test_a_colour_that_can_be_read_stays_as_it_was_chosen() -> None:
    assert readable("#0F5C78") == "#0F5C78"

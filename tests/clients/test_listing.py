"""Names in one sentence."""

import pytest

from clients.listing import listed


@pytest.mark.parametrize(
    ("names", "words"), [([], ""), (["A"], "A"), (["A", "B"], "A and B"), (["A", "B", "C"], "A, B and C")]
)
def test_names_are_told_as_a_sentence_tells_them(names: list[str], words: str) -> None:
    assert listed(names) == words

"""Markdown that people write cannot hurt those who read it, and says what it should."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.markdown import rendered


def test_what_runbooks_are_made_of_is_rendered() -> None:
    html = rendered(
        "# Roll back\n\n1. Stop the *queue*\n2. Run `make back`\n\n| Alert | Means |\n| --- | --: |\n| p95 | **slow** |\n\n~~old~~\n"
    )
    for part in ("<h2>Roll back</h2>", "<em>queue</em>", "<code>make back</code>", "<th>Alert</th>", "<s>old</s>"):
        assert part in html
    assert "<strong>slow</strong>" in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "<img src=x onerror=alert(1)>",
        "![x](https://evil.example/pixel.png)",
        '<a href="https://a.example" onclick="x()" style="position:fixed">x</a>',
        "<iframe src=//evil.example></iframe>",
        "<svg/onload=alert(1)>",
        "[x](vbscript:x)",
        "```html\n<script>alert(1)</script>\n```",
    ],
)
def test_what_could_hurt_never_reaches_a_page(text: str) -> None:
    html = rendered(text).lower()
    for tag in ("<script", "<img", "<iframe", "<svg", "<form", "<style"):
        assert tag not in html
    assert 'href="javascript' not in html
    assert 'href="data' not in html
    assert 'href="vbscript' not in html


def test_links_say_nothing_of_where_they_were_followed() -> None:
    assert rendered("[docs](https://docs.example/a)") == (
        '<p><a href="https://docs.example/a" rel="noopener noreferrer nofollow">docs</a></p>\n'
    )


@given(st.text(alphabet=st.sampled_from("<>/\"'=()[]!`#*_~|\n abcscriptonjva:&;"), max_size=300))
def test_no_text_makes_a_tag_that_is_not_on_the_list(text: str) -> None:
    html = rendered(text)
    for tag in ("<script", "<img", "<style", "<object", "<h1"):
        assert tag not in html.lower()


@pytest.mark.parametrize(
    ("typed", "levels"),
    [
        ("## a\n\n## b", "22"),
        ("### a\n\n# b\n\n### c", "223"),
        ("# a\n\n#### b\n\n## c\n\n### d", "2334"),
    ],
)
def test_headings_begin_below_the_pages_own_and_skip_no_level(typed: str, levels: str) -> None:
    assert "".join(re.findall(r"<h(\d)>", rendered(typed))) == levels

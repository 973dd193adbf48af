"""Markdown that people write, as HTML that cannot hurt: what runs, hides or disguises itself is taken out.

CommonMark with tables and strikethrough (markdown-it-py); the result goes through a list of what may stay (nh3, Mozilla's ammonia).
"""

from collections.abc import Sequence
from functools import cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

LONGEST = 200_000
"""Characters a text may have; a book chapter has a fifth of it."""

_TEXT = {"p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "blockquote", "a"}
_LISTS = {"ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "th": {"align"}, "td": {"align"}}


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])


def rendered(text: str) -> SafeString:
    """The text as HTML for a page. Its headings begin one below the page's own and skip no level, whichever signs were typed for them;
    links open with no word of where they were followed.
    """
    parser = _parser()
    tokens = parser.parse(text)
    _nest(tokens)
    clean = nh3.clean(
        parser.renderer.render(tokens, parser.options, {}),
        tags=_TEXT | _LISTS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(clean)  # noqa: S308 - cleaned in the line above


def _nest(tokens: Sequence[Token]) -> None:
    """Give each heading the level below the nearest one above it that was typed larger."""
    above: list[str] = []
    for token in tokens:
        if token.type == "heading_open":
            above = [*(tag for tag in above if tag < token.tag), token.tag]
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(len(above) + 1, 6)}"

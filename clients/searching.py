"""The handbook's texts by their words: what PostgreSQL keeps of each page's newest version to be found by, and the pages that fit.

The database fills it when a version is written, whoever writes it: in a form, by an import, from a shell.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from .models import PageVersion, PageWords

CONFIG = "english"
"""Plurals and endings are found in English; words of other languages as they are written."""
# Nobody types them. A text that holds them all the same has other words marked, and nothing worse.
_ON, _OFF = "\x02", "\x03"


@dataclass(frozen=True)
class Piece:
    """A piece of a text, and whether it is one of the words that were looked for."""

    text: str
    marked: bool


def in_texts(asked: Iterable[tuple[Sequence[int], str]], most: int) -> QuerySet[PageWords]:
    """The pages whose newest text fits, the best first, with `excerpt` for `pieces`. One query.

    `asked` pairs clients (ids) with what is looked for at them, as in a search engine: words, "phrases", or, -without.
    """
    fits, any_of = Q(pk__in=[]), None
    for clients, words in asked:
        query = SearchQuery(words, config=CONFIG, search_type="websearch")
        fits |= Q(client__in=clients, words=query)
        any_of = query if any_of is None else any_of | query
    found = PageWords.objects.filter(fits).select_related("page").defer("words")
    if any_of is None:
        return found.none()
    its_own = PageVersion.objects.filter(client=OuterRef("client"), page=OuterRef("page"), number=OuterRef("number"))
    ranked = found.annotate(
        rank=SearchRank(F("words"), any_of),
        excerpt=SearchHeadline(
            Subquery(its_own.values("text")),
            any_of,
            config=CONFIG,
            start_sel=_ON,
            stop_sel=_OFF,
            max_words=24,
            min_words=12,
            max_fragments=2,
            fragment_delimiter=" … ",
        ),
    )
    return ranked.order_by("-rank", "-pk")[:most]


def pieces(excerpt: str) -> list[Piece]:
    """An excerpt in pieces, without Markdown's own signs, each to be escaped where it is shown."""
    plain = " ".join(excerpt.translate(_SIGNS).split())
    made = []
    for number, part in enumerate(plain.split(_ON)):
        inside, _, after = part.partition(_OFF) if number else ("", "", part)
        made += [Piece(text, marked) for text, marked in ((inside, True), (after, False)) if text]
    return made


_SIGNS = str.maketrans(dict.fromkeys("#*|`>_", " "))

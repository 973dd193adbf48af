"""The handbook's texts by their words: what PostgreSQL keeps of each version to be found by, and the newest versions that fit.

The database fills it when a version is written, whoever writes it: in a form, by an import, from a shell.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from .models import PageVersion

CONFIG = "english"
"""Plurals and endings are found in English; words of other languages as they are written."""
READ = 100_000
"""Characters of a text that are kept to be found by: PostgreSQL keeps at most 1 MB of words of a text."""
_KEPT = f"to_tsvector('{CONFIG}', left({{row}}text, {READ}))"
FIND_BY_WORDS = f"""
CREATE FUNCTION fracops_words_of_page() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.words := {_KEPT.format(row="NEW.")}; RETURN NEW; END $$;
CREATE TRIGGER found_by_words BEFORE INSERT ON clients_pageversion FOR EACH ROW EXECUTE FUNCTION fracops_words_of_page();
UPDATE clients_pageversion SET words = {_KEPT.format(row="")};
"""
FORGET_WORDS = "DROP TRIGGER found_by_words ON clients_pageversion; DROP FUNCTION fracops_words_of_page();"
# Nobody types them. A text that holds them all the same has other words marked, and nothing worse.
_ON, _OFF = "\x02", "\x03"


@dataclass(frozen=True)
class Piece:
    """A piece of a text, and whether it is one of the words that were looked for."""

    text: str
    marked: bool


def in_texts(asked: Iterable[tuple[Sequence[int], str]], most: int) -> QuerySet[PageVersion]:
    """The newest versions of pages whose text fits, the best first, with `excerpt` for `pieces`. One query.

    `asked` pairs clients (ids) with what is looked for at them, as in a search engine: words, "phrases", or, -without.
    """
    fits, any_of = Q(pk__in=[]), None
    for clients, words in asked:
        query = SearchQuery(words, config=CONFIG, search_type="websearch")
        fits |= Q(client__in=clients, words=query)
        any_of = query if any_of is None else any_of | query
    newer = PageVersion.objects.filter(client=OuterRef("client"), page=OuterRef("page"), number__gt=OuterRef("number"))
    found = PageVersion.objects.filter(fits & ~Exists(newer)).select_related("page").defer("words", "text")
    if any_of is None:
        return found.none()
    ranked = found.annotate(
        rank=SearchRank(F("words"), any_of),
        excerpt=SearchHeadline(
            "text",
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

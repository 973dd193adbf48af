"""What a source keeps of what arrives: its settings, and what they make of a span or a score before it is stored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.db import connection

from . import retention
from .answers import NOTHING, Told, told
from .doors import SourceRef
from .models import Source, Texts
from .pseudonyms import NAMES_A_PERSON, pseudonyms_of
from .records import ScoreKind, ScoreRecord, SpanRecord
from .redaction import redacted


class KeptSpan(NamedTuple):
    """What a source's settings make of a span: who asked, what was said, what that told, and the other attributes.

    Beside the span rather than in a copy of it: making that took as long as all that is decided here.
    """

    user_id: str
    input_text: str
    output_text: str
    told: Told
    attributes: Mapping[str, Any]


def as_sent(sent: SpanRecord) -> KeptSpan:
    """All of a span as it came, and nothing told."""
    return KeptSpan(sent.user_id, sent.input_text, sent.output_text, NOTHING, sent.attributes)


@dataclass(frozen=True, slots=True)
class Keeping:
    """A source's settings, as one batch sees them."""

    system_id: int
    systems: dict[str, int]
    """The client's systems by name."""
    texts: Texts
    redacts: bool
    pseudonym: Callable[[str], str] | None
    """What makes a person's name for us of the one that was sent; None where that is kept."""
    earliest: datetime
    """What began before is not taken."""
    text_from: datetime | None
    """What began before is kept without text."""

    def span(self, sent: SpanRecord) -> KeptSpan:
        """What of a span is kept otherwise than it was sent. Without text: nothing that was said."""
        asked, answered, attributes = sent.input_text, sent.output_text, sent.attributes
        if self._silent(sent.started_at):
            asked, answered, attributes = "", "", {}
        elif self.redacts:
            asked, answered = redacted(asked), redacted(answered)
            attributes = {k: redacted(v) if isinstance(v, str) else v for k, v in attributes.items()}
        user_id = sent.user_id
        if self.pseudonym:
            user_id = self.pseudonym(user_id)
            attributes = {k: v for k, v in attributes.items() if not k.startswith(NAMES_A_PERSON)}
        found = NOTHING if self.texts is Texts.UNREAD else told(sent)
        return KeptSpan(user_id, asked, answered, found, attributes)

    def score(self, sent: ScoreRecord) -> ScoreRecord:
        """The score as it is kept. A word that is the score itself stays; beside a verdict or a number it is a remark."""
        words = sent.kind is ScoreKind.CATEGORICAL
        if self._silent(sent.at):
            return replace(sent, comment="", label=sent.label if words else "")
        if self.redacts:
            return replace(sent, comment=redacted(sent.comment), label=sent.label if words else redacted(sent.label))
        return sent

    def _silent(self, at: datetime) -> bool:
        return self.texts is not Texts.KEPT or (self.text_from is not None and at < self.text_from)


# One statement for all that a batch has to know: each costs as much as storing ten spans.
_SETTINGS = """
SELECT s.system_id, s.texts, s.redacts, s.pseudonymises, s.text_days, s.span_days,
  (SELECT max(spans_from) FROM monitoring_source WHERE client_id = s.client_id),
  (SELECT jsonb_object_agg(name, id) FROM clients_system WHERE client_id = s.client_id)
FROM monitoring_source s WHERE s.client_id = %s AND s.id = %s
"""


def keeping_of(source: SourceRef, first: datetime, now: datetime) -> Keeping:
    """The settings of a source, now, where nothing before `first` can be stored; needs the client's scope."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTINGS, [source.client_id, source.id])
        row = cursor.fetchone()
    if row is None:
        raise Source.DoesNotExist(f"There is no source {source.id} of client {source.client_id}.")
    system_id, texts, redacts, pseudonymises, text_days, span_days, gone_to, systems = row
    return Keeping(
        system_id,
        orjson.loads(systems or "{}"),
        Texts(texts),
        redacts,
        pseudonyms_of(source.client_id) if pseudonymises else None,
        earliest=max(retention.after(gone_to, first), retention.span_limit(span_days, now)),
        text_from=retention.text_limit(text_days, now),
    )

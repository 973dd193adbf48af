"""What a source keeps of what arrives: its settings, and what they make of a span or a score before it is stored."""

from dataclasses import dataclass, replace

from .answers import told
from .doors import SourceRef
from .models import Source
from .pseudonyms import NAMES_A_PERSON, pseudonym
from .records import ScoreKind, ScoreRecord, SpanRecord
from .redaction import redacted


@dataclass(frozen=True, slots=True)
class Keeping:
    """A source's settings, as one batch sees them."""

    system_id: int
    keeps_text: bool
    redacts: bool
    pseudonymises: bool
    client_id: int

    def span(self, sent: SpanRecord) -> SpanRecord:
        """The span as it is kept, with what its answer tells. Without text: times, counts, costs, names, but nothing that was said."""
        changed = told(sent)
        if not self.keeps_text:
            changed |= {"input_text": "", "output_text": "", "attributes": {}}
        elif self.redacts:
            changed |= {
                "input_text": redacted(sent.input_text),
                "output_text": redacted(sent.output_text),
                "attributes": {k: redacted(v) if isinstance(v, str) else v for k, v in sent.attributes.items()},
            }
        if self.pseudonymises:
            attributes = changed.get("attributes", sent.attributes)
            changed["user_id"] = pseudonym(self.client_id, sent.user_id)
            changed["attributes"] = {k: v for k, v in attributes.items() if not k.startswith(NAMES_A_PERSON)}
        return replace(sent, **changed)

    def score(self, sent: ScoreRecord) -> ScoreRecord:
        """The score as it is kept. A word that is the score itself stays; beside a verdict or a number it is a remark."""
        words = sent.kind is ScoreKind.CATEGORICAL
        if not self.keeps_text:
            return replace(sent, comment="", label=sent.label if words else "")
        if self.redacts:
            return replace(sent, comment=redacted(sent.comment), label=sent.label if words else redacted(sent.label))
        return sent


def keeping_of(source: SourceRef) -> Keeping:
    """The settings of a source, now; needs the client's scope."""
    return Keeping(
        *Source.objects.values_list("system_id", "keeps_text", "redacts", "pseudonymises", "client_id").get(
            pk=source.id
        )
    )

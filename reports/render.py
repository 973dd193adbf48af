"""A composed report as text, HTML, mail, PDF or JSON: five shapes of the same facts and words."""

import json
from typing import Any, Literal, overload

from clients.writing import neutrally

from .composed import Composed
from .facts import Fact, Sentence
from .frozen import encode

FORMATS = ("txt", "html", "eml", "pdf", "json")


@overload
def render(
    composed: Composed,
    form: Literal["pdf", "eml"],
    recipient: str | None = None,
    unsubscribe_url: str = "",
    portal_url: str = "",
    *,
    message_id: str = "",
) -> bytes: ...
@overload
def render(
    composed: Composed,
    form: Literal["txt", "html", "json"],
    recipient: str | None = None,
    unsubscribe_url: str = "",
    portal_url: str = "",
    *,
    message_id: str = "",
) -> str: ...
@overload
def render(
    composed: Composed,
    form: str,
    recipient: str | None = None,
    unsubscribe_url: str = "",
    portal_url: str = "",
    *,
    message_id: str = "",
) -> bytes | str: ...
@neutrally()
def render(
    composed: Composed,
    form: str,
    recipient: str | None = None,
    unsubscribe_url: str = "",
    portal_url: str = "",
    *,
    message_id: str = "",
) -> bytes | str:
    """The report as ``txt``, ``html`` or ``json`` (str), ``eml`` or ``pdf`` (bytes).

    `recipient` is an address and only used by ``eml``, like `message_id`. What is heavy is imported only when it is asked
    for, so that a web process stays small. Raises ValueError for another form.
    """
    match form:
        case "txt":
            from .plain import text

            return text(composed, unsubscribe_url, portal_url)
        case "html":
            from .mail import mail_html
            from .pdf import document

            return (
                mail_html(composed, unsubscribe_url, portal_url)
                if composed.is_pulse
                else document(composed, portal_url)
            )
        case "json":
            return json.dumps(as_json(composed), indent=2, ensure_ascii=False) + "\n"
        case "pdf":
            from .pdf import pdf

            return pdf(composed, portal_url)
        case "eml":
            from .mail import message

            return message(composed, recipient, unsubscribe_url, portal_url, message_id).as_bytes()
    raise ValueError(f"“{form}” is no form of a report: choose {', '.join(FORMATS)}")


def as_json(composed: Composed) -> dict[str, Any]:
    """Headline, bullets or sections in words, and every fact behind them."""

    def told(sentence: Sentence) -> dict[str, Any]:
        return {"text": sentence.text, "facts": list(dict.fromkeys(q.fact.key for q in sentence.quotes))}

    said: dict[str, Any] = {
        "report": composed.report_id,
        "kind": composed.kind,
        "label": composed.label,
        "revision": composed.revision or None,
        "client": composed.client.slug,
        "zone": composed.period.zone,
        "first_day": composed.period.start.isoformat(),
        "last_day": composed.period.last.isoformat(),
        "content_hash": composed.content_hash,
        "subject": composed.subject.text,
        "headline": composed.headline.text,
    }
    if composed.is_pulse:
        said["bullets"] = [{"slot": b.slot, **told(b.sentence)} for b in composed.bullets]
    else:
        said["figures"] = [
            {"label": f.label, "text": f.quote.text, "fact": f.quote.fact.key, "note": f.note.text}
            for f in composed.figures
        ]
        said["worse"] = [told(s) for s in composed.worse]
        said["decision"] = told(composed.decision)
        said["sections"] = [
            {
                "key": s.key,
                "title": s.title,
                **told(s.lead),
                "tables": [
                    {"title": t.title, "head": list(t.head), "rows": [[c.text for c in row] for row in t.rows]}
                    for t in s.tables
                ],
            }
            for s in composed.sections
        ]
    said["targets"] = [
        {
            "name": t.name,
            "now": t.now.text,
            "goal": t.goal.text,
            "baseline": t.baseline.text if t.baseline else None,
            "status": t.status,
            "share": None if t.share is None else str(t.share),
            "fact": t.now.fact.key,
        }
        for t in composed.targets
    ]
    said["facts"] = {key: fact_json(fact) for key, fact in composed.facts.items()}
    return said


def fact_json(fact: Fact) -> dict[str, Any]:
    """A fact as JSON values: decimals as strings, moments in ISO."""
    return dict(encode(fact))

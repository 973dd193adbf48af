"""What a pushed call and a pushed score may say. A field of another name is a mistake of the sender's, and said so."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from monitoring.connecting.reading import Name, Text
from monitoring.importing.outcomes import Filled, Id
from monitoring.records import Judge


def _plain(value: Any) -> Any:
    if isinstance(value, dict | list):
        raise ValueError("must be a word, a number, true or false")
    return value


Plain = Annotated[Any, AfterValidator(_plain)]
"""A word or a number as it was sent; what it may be is checked where files' rows are, too."""
Given = Annotated[Id, Filled]
"""An id that must be there: what is sent again under it is the same."""


class Pushed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class PushedCall(Pushed):
    """A model call: the targets of imported files, and its scores by name. `latency` is in seconds, `cost` in US dollars."""

    id: Given
    at: Plain
    trace_id: Plain = None
    session: Plain = None
    user: Plain = None
    role: Plain = None
    provider: Plain = None
    model: Plain = None
    input: Any = None
    output: Any = None
    input_tokens: Plain = None
    output_tokens: Plain = None
    cache_read_tokens: Plain = None
    latency: Plain = None
    cost: Plain = None
    error: Plain = None
    environment: Plain = None
    segment: Plain = None
    prompt_version: Plain = None
    score: dict[str, Plain] = Field(default_factory=dict)


class PushedScore(Pushed):
    """A judgement of a call (`call` is the id it was pushed with), or of a span or trace that the same source sent."""

    id: Given
    name: Annotated[Name, Filled]
    value: Plain = None
    label: Plain = None
    call: Id = ""
    trace_id: Name = ""
    span_id: Name = ""
    at: Plain = None
    judge: Judge = Judge.CODE
    comment: Text = ""

"""OTLP/HTTP traces, from bytes on the wire to records, and back to the protocol's own answers. Pure: no database, no clock.

The protocol is OTLP 1.x (opentelemetry.io/docs/specs/otlp); attribute names are those of OpenTelemetry's GenAI conventions, old and
new, and of OpenInference (`names`).
"""

from monitoring.otlp.answers import error_body, partial_success, reasons
from monitoring.otlp.decode import LIMIT, OtlpError, OtlpMalformed, OtlpTooLarge, OtlpUnsupported, decode
from monitoring.otlp.mapping import Mapped, map_request

__all__ = [
    "LIMIT",
    "Mapped",
    "OtlpError",
    "OtlpMalformed",
    "OtlpTooLarge",
    "OtlpUnsupported",
    "decode",
    "error_body",
    "map_request",
    "partial_success",
    "reasons",
]

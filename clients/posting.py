"""One mail handed to the mail server, and what became of it: taken, refused, to be tried later, or nobody can know.

SMTP cannot promise exactly once. Whoever calls this has claimed the mail before, and never hands an uncertain one over again.
"""

import smtplib
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from django.core.mail import EmailMessage, mailers

REFUSED = (
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPDataError,
    smtplib.SMTPHeloError,
    smtplib.SMTPNotSupportedError,
)
"""The server's own word that it did not take the mail."""
MAX_ATTEMPTS = 5
RETRY_MINUTES = (1, 5, 20, 60)
REAP_AFTER = timedelta(minutes=15)
"""What was claimed so long ago and never settled is uncertain: longer than any send can take (a task's own limit is 10 minutes)."""


class Fate(Enum):
    """What became of a mail. LATER: it was certainly not taken, and may be tried again. UNCERTAIN: it may have been taken."""

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class Posted:
    """A mail's fate, and in words why it was not sent; "" where it was."""

    fate: Fate
    why: str = ""


def post(message: EmailMessage) -> Posted:
    """Hand one mail to one recipient over. Raises nothing that a mail server or the way to it can cause."""
    connection = mailers.default
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as fault:
        return Posted(Fate.LATER, f"The mail server could not be reached: {_said(fault)}")
    try:
        connection.send_messages([message])
    except REFUSED as fault:
        if 400 <= _answer(fault)[0] < 500:
            return Posted(Fate.LATER, f"The mail server asked to try later: {_said(fault)}")
        return Posted(Fate.REFUSED, f"The mail server refused it: {_said(fault)}")
    except (OSError, smtplib.SMTPException) as fault:
        return Posted(Fate.UNCERTAIN, f"The connection broke before the mail server answered: {_said(fault)}")
    finally:
        connection.close()
    return Posted(Fate.SENT)


def minutes_to_wait(attempts: int) -> int | None:
    """Minutes until the next try after so many; None after the last."""
    return None if attempts >= MAX_ATTEMPTS else RETRY_MINUTES[min(attempts, len(RETRY_MINUTES)) - 1]


def _answer(fault: Exception) -> tuple[int, bytes | str]:
    """The server's code and words; 0 and "" where it said nothing."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return next(iter(fault.recipients.values()), (0, b""))
    return getattr(fault, "smtp_code", 0), getattr(fault, "smtp_error", b"")


def _said(fault: Exception) -> str:
    """What the other side said, without our own addresses or objects around it."""
    code, answer = _answer(fault)
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)
    return f"{code or ''} {text}".strip() or type(fault).__name__

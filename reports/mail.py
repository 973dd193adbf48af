"""A composed report as a mail: text and HTML beside each other, with the headers that let people reply and unsubscribe."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from .composed import Composed
from .pdf import pdf
from .plain import text
from .template import template


def mail_html(composed: Composed, unsubscribe_url: str = "", portal_url: str = "") -> str:
    """The mail's HTML, from MJML: no images, no fonts from elsewhere, readable in dark."""
    import mjml

    source = template(
        f"email/{composed.kind}.mjml",
        {
            "report": composed,
            "bright": lightened(composed.client.colour),
            "portal_url": portal_url,
            "unsubscribe_url": unsubscribe_url,
        },
    )
    return str(mjml.mjml2html(source, disable_comments=True, fonts={}))


def lightened(colour: str) -> str:
    """A client's colour for the dark: mixed with 30% white."""
    channels = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(c + (255 - c) * 0.3):02X}" for c in channels)


def message(
    composed: Composed,
    recipient: str | None = None,
    unsubscribe_url: str = "",
    portal_url: str = "",
    message_id: str = "",
) -> EmailMessage:
    """The mail to one recipient; the ROI report is attached as PDF. Without a recipient it is a preview without To."""
    practice = composed.practice
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = composed.subject.text
    mail["From"] = formataddr((practice.sender_name, practice.sender_email))
    if recipient:
        mail["To"] = recipient
    if practice.lead_email:
        mail["Reply-To"] = formataddr((practice.lead_name, practice.lead_email))
    mail["Date"] = format_datetime(composed.composed_at)
    if message_id:
        mail["Message-ID"] = message_id
    domain = practice.sender_email.rpartition("@")[2]
    mail["List-Id"] = (
        f"{composed.client.name} {'weekly' if composed.is_pulse else 'ROI report'} <{composed.kind}.{composed.client.slug}.{domain}>"
    )
    if unsubscribe_url:
        mail["List-Unsubscribe"] = f"<{unsubscribe_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-FracOps-Report-Id"] = f"{composed.report_id}-{f'r{composed.revision}' if composed.revision else 'draft'}"
    mail.set_content(text(composed, unsubscribe_url, portal_url), cte="quoted-printable")
    mail.add_alternative(mail_html(composed, unsubscribe_url, portal_url), subtype="html", cte="quoted-printable")
    if not composed.is_pulse:
        mail.add_attachment(
            pdf(composed, portal_url), maintype="application", subtype="pdf", filename=f"{composed.report_id}.pdf"
        )
    _set_boundaries(mail, composed.content_hash)
    return mail


def _set_boundaries(mail: EmailMessage, digits: str) -> None:
    """Boundaries from the content, so that the same report is the same bytes."""
    for number, part in enumerate(p for p in mail.walk() if p.is_multipart()):
        part.set_boundary(f"fracops-{number}-{digits[:24]}")

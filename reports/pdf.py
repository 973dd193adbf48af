"""A composed report as an A4 document: HTML with inline charts, and the PDF WeasyPrint makes of it without touching a network."""

import atexit
from base64 import b64encode
from datetime import UTC
from functools import cache
from typing import Any

from .charts import paper, style
from .composed import Chart, Composed
from .template import TEMPLATES, template

SCHEME = "report-font:"


def document(composed: Composed, portal_url: str = "") -> str:
    """The document as one HTML file: styles and charts inside, fonts named but not fetched."""
    return template(
        f"pdf/{composed.kind}.html",
        {
            "report": composed,
            "stamp": composed.composed_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "css": (TEMPLATES / "reports/pdf/paper.css").read_text(),
            "chart": _drawn(composed.chart, style.HALF) if composed.chart else None,
            "sections": [(s, [_drawn(c, style.FULL) for c in s.charts]) for s in composed.sections],
            "portal_url": portal_url,
        },
    )


def pdf(composed: Composed, portal_url: str = "") -> bytes:
    """The document as PDF: fonts embedded, tagged, the same bytes for the same report."""
    identifier = f"{composed.content_hash}-{composed.revision}".encode()
    return bytes(rendered(document(composed, portal_url)).write_pdf(pdf_identifier=identifier, pdf_tags=True))


def rendered(html: str) -> Any:
    """A document laid out on pages with our fonts, as WeasyPrint's Document: its pages can be counted before it is written."""
    from weasyprint import HTML

    fonts, stylesheet, fetcher = _fonts()
    return HTML(string=html, base_url="report:", url_fetcher=fetcher).render(
        stylesheets=[stylesheet], font_config=fonts, pdf_tags=True
    )


def _drawn(chart: Chart, size: tuple[float, float]) -> tuple[Chart, str]:
    """A chart and its drawing as a data address: as an image it costs the page's layout nothing."""
    return chart, "data:image/svg+xml;base64," + b64encode(paper.svg(chart, size).encode()).decode()


@cache
def _fonts() -> tuple[Any, Any, Any]:
    """Our four fonts, loaded once: the configuration, their stylesheet, and a fetcher that serves nothing else."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OnlyFonts(URLFetcher):  # type: ignore[misc]
        """Serves our fonts and what is in the document already; every other address is refused."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("data:"):
                return super().fetch(url, headers)
            name = url.removeprefix(SCHEME)
            if name == url or name not in FILES:
                raise ValueError(f"a report fetches nothing from {url}")
            return URLFetcherResponse(url, body=(style.FONTS / name).read_bytes(), headers={"Content-Type": "font/ttf"})

    configuration, fetcher = FontConfiguration(), OnlyFonts()
    faces = "".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; src: url("{SCHEME}{name}") }}\n'
        for name, (family, weight) in FILES.items()
    )
    return configuration, CSS(string=faces, font_config=configuration, url_fetcher=fetcher, base_url="report:"), fetcher


atexit.register(_fonts.cache_clear)  # WeasyPrint's font configuration must go before the interpreter does
FILES = {
    "inter-400.ttf": ("Inter", 400),
    "inter-500.ttf": ("Inter", 500),
    "inter-600.ttf": ("Inter", 600),
    "newsreader-400.ttf": ("Newsreader", 400),
}
"""Family and weight of each font file."""

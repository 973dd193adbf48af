"""A walk over every page that a person can reach: each link of each page is followed, once for each of the site's addresses."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from django.urls import Resolver404, resolve
from playwright.sync_api import Page, ViewportSize

from .browsing import DESK, PHONE, charts_drawn

FILES = {
    "charter-pdf",
    "client-colour",
    "client-figures",
    "client-spend",
    "export-download",
    "hours-csv",
    "practice-logo",
    "pulse-mail",
    "pulse-pdf",
    "roi-pdf",
    "source-progress",
}
"""Addresses that answer with a file or a part of a page; a mail is looked at in tests/reports."""

RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
OF_COLOUR = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
OF_WIDTH = {"type": "rule", "values": ["target-size", "scrollable-region-focusable"]}
"""What another theme, and another width, can change; the rest of axe's rules read the same markup again."""

LISTEN = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (!entry.hadRecentInput) window.shifts.push([entry.value, entry.sources.map((s) => s.node?.className ?? "").join(" ")]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""
# `places` are the distinct chains of tags and classes from the page down to an element: all that a rule of the style sheets, which
# hold every colour, can tell apart. `likeness` is the markup of the page's own part without its words.
MEASURE = """
() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => {
  const loaded = [performance.getEntriesByType("navigation")[0], ...performance.getEntriesByType("resource")];
  const places = new Set(), chains = new Map();
  for (const e of document.body.querySelectorAll("*")) {
    const chain = `${chains.get(e.parentElement) ?? ""} ${e.tagName}.${e.getAttribute("class") ?? ""}`;
    chains.set(e, chain);
    if (!e.closest(".chart")) places.add(`${chain}[${e.getAttribute("aria-current") ?? ""}]`);
  }
  resolve({
    shifted: window.shifts.reduce((sum, [value]) => sum + value, 0),
    shifts: JSON.stringify(window.shifts),
    received: loaded.reduce((sum, entry) => sum + entry.encodedBodySize, 0),
    charts: document.querySelectorAll("[data-chart]").length,
    plotly: loaded.some((entry) => entry.name.includes("plotly")),
    links: [...document.querySelectorAll("a[href]")].filter((a) => a.origin === location.origin).map((a) => a.pathname + a.search),
    places: [...places],
    likeness: [...document.querySelectorAll("main, main *")].map((e) =>
      `${e.tagName}.${e.getAttribute("class")}.${e.type}.${e.getAttribute("role")}.${e.hasAttribute("aria-label")}`).join(" "),
  });
})))
"""
WRONG = """
(rules) => axe.run({ runOnly: rules, resultTypes: ["violations"] }).then((found) =>
  found.violations.flatMap((each) => each.nodes.map((node) => `${each.id}: ${node.target} ${node.any[0]?.message ?? each.help}`)))
"""


@dataclass(frozen=True)
class Visit:
    """What was found on one page."""

    name: str
    address: str
    faults: Sequence[str]
    """What axe says, each with the theme and width in which it was seen."""
    wide: int
    """How many pixels the page is wide on a phone."""
    shifted: float
    """What moved by itself while the page was loading, as browsers reckon it, and what that was."""
    shifts: str
    received: int
    """Bytes of the page and all it loads as they come over the wire, whatever this browser kept from before."""
    charts: int
    plotly: bool


@dataclass
class Judged:
    """What axe has seen in any walk. Markup that differs by role is judged again, markup that does not is not."""

    likenesses: set[str] = field(default_factory=set)
    dark_places: set[str] = field(default_factory=set)


@dataclass
class Walk:
    """Pages of one person, from `starts` on. Of several addresses with one name the first that is found is visited, and every start."""

    page: Page
    starts: Sequence[str]
    phone_first: bool
    """Whether pages are loaded at a phone's width and then widened; else the other way round."""
    judged: Judged
    visits: list[Visit] = field(default_factory=list)

    def go(self) -> list[Visit]:
        self.page.add_init_script(LISTEN)
        waiting, known = deque(self.starts), set(self.starts)
        seen: set[str] = set()
        while waiting:
            address = waiting.popleft()
            name = named(address)
            if name is None or name in FILES or (name in seen and address not in self.starts):
                continue
            seen.add(name)
            fresh = [link for link in self._visit(name, address) if link not in known]
            known.update(fresh)
            waiting.extend(fresh)
        return self.visits

    def _visit(self, name: str, address: str) -> list[str]:
        page, (first, other) = self.page, (PHONE, DESK) if self.phone_first else (DESK, PHONE)
        page.set_viewport_size(first)
        page.emulate_media(color_scheme="light")
        page.goto(address)
        charts_drawn(page)
        seen = page.evaluate(MEASURE)
        fresh = not self.visits or seen["likeness"] not in self.judged.likenesses
        faults: list[str] = []
        if fresh:
            page.evaluate(AXE_SCRIPT)
            faults += self._wrong("light", first, RULES)
        if fresh and not self.judged.dark_places.issuperset(seen["places"]):
            page.emulate_media(color_scheme="dark")
            charts_drawn(page)
            faults += self._wrong("dark", first, OF_COLOUR)
        wide = _wide(page) if first is PHONE else 0
        if fresh or other is PHONE:
            page.set_viewport_size(other)
        if fresh:
            faults += self._wrong("", other, OF_WIDTH)
        self.judged.likenesses.add(seen["likeness"])
        self.judged.dark_places.update(seen["places"])
        self.visits.append(
            Visit(
                name,
                address,
                faults,
                wide or _wide(page),
                seen["shifted"],
                seen["shifts"],
                seen["received"],
                seen["charts"],
                seen["plotly"],
            )
        )
        return [str(link) for link in seen["links"]]

    def _wrong(self, theme: str, width: ViewportSize, rules: Mapping[str, object]) -> Iterator[str]:
        for fault in self.page.evaluate(WRONG, rules):
            yield f"{theme} {width['width']} px: {fault}"


def _wide(page: Page) -> int:
    """How wide the page is; what is drawn anew at another width, such as a chart, has a second for it."""
    for _ in range(10):
        if (wide := int(page.evaluate("document.documentElement.scrollWidth"))) <= PHONE["width"]:
            break
        page.wait_for_timeout(100)
    return wide


def named(address: str) -> str | None:
    """The name of an address in fracops/urls.py; None where it leads elsewhere."""
    try:
        return resolve(urlsplit(address).path).view_name
    except Resolver404:
        return None

"""Takes the README's pictures of a running demo: `make demo` in one terminal, `make screenshots` in another."""

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pdfplumber
from PIL import Image
from playwright.sync_api import Browser, Page

from .browsing import DESK, PHONE, charts_drawn, chromium, sign_in
from .running import ROOT

PICTURES = ROOT / "docs" / "screenshots"
TALL, PHONE_TALL = 1400, 1700
COLOURS = 256
PAPER_DPI = 110


def main() -> None:
    """Write every picture; each says its size."""
    home = Path(os.environ.get("FRACOPS_HOME", ROOT / "var"))
    try:
        demo = json.loads((home / "demo.json").read_text())
    except FileNotFoundError:
        sys.exit(f"There is no {home / 'demo.json'}: start the demo first (make demo), then take its pictures.")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        take(browser, demo)


def take(browser: Browser, demo: dict[str, Any]) -> None:
    url, client = demo["url"], f"/c/{demo['clients'][0]}/"
    owner = next(user for user in demo["users"] if user["role"] == "owner")
    context = browser.new_context()
    sign_in(context, url, owner)
    cookies = context.storage_state()

    def opened(address: str, **options: Any) -> Page:
        usual: dict[str, Any] = {
            "base_url": url,
            "viewport": DESK,
            "reduced_motion": "reduce",
            "locale": "en-GB",
            "storage_state": cookies,
        }
        page = browser.new_context(**usual | options).new_page()
        page.goto(address)
        charts_drawn(page)
        return page

    overview = f"{client}?period=28d"
    keep("client-overview", opened(overview), TALL)
    keep("client-overview-dark", opened(overview, color_scheme="dark"), TALL)
    keep("client-overview-phone", opened(overview, viewport=PHONE, is_mobile=True), PHONE_TALL)
    keep("clients", opened("/?all"), 520)
    keep("charter", opened(f"{client}charter/"), 1000)
    pulse = opened(f"{client}pulse/")
    pulse.get_by_role("link", name="Read the latest week").click()
    mail = pulse.get_by_role("link", name="See the mail").get_attribute("href") or ""
    keep("pulse", opened(mail, viewport={"width": 680, "height": 400}), 1200)
    month = opened(f"{client}roi/")
    month.get_by_role("link", name="Read the latest month").click()
    address = month.get_by_role("link", name="PDF").get_attribute("href") or ""
    with pdfplumber.open(io.BytesIO(month.request.get(address).body())) as document:
        save("roi", document.pages[0].to_image(resolution=PAPER_DPI, antialias=True).original)


def keep(name: str, page: Page, tallest: int) -> None:
    """The page from its top down to its end, or to `tallest` pixels."""
    size = page.viewport_size or DESK
    height = min(tallest, page.evaluate("document.documentElement.scrollHeight"))
    # As tall as the picture, so that what sticks to the window's bottom edge stands at the picture's.
    page.set_viewport_size({"width": size["width"], "height": height})
    charts_drawn(page)
    save(name, Image.open(io.BytesIO(page.screenshot())))
    page.context.close()


def save(name: str, picture: Image.Image) -> None:
    """As PNG with 256 colours: our pages have few, and the rare ones, such as red, must be kept."""
    path = PICTURES / f"{name}.png"
    picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}  {picture.width} × {picture.height}, {path.stat().st_size / 1000:,.0f} kB")


if __name__ == "__main__":
    main()

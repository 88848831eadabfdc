"""Makes the README's pictures anew: ``python tests/screenshots.py``. They show the demo school at a fixed moment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from conftest import House

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PICTURES = Path(__file__).parent.parent / ".github"
PAGES = {"home": "home", "class-mastery": "class_mastery"}
SIZES = {"wide": {"width": 1280, "height": 2240}, "phone": {"width": 390, "height": 844}}
THEMES = ("light", "dark")
DRAWN = "body[data-ready]:not(:has(.edukit-chart:not([data-drawn])))"


def main() -> None:
    """Take each page in both themes, wide and on a phone."""
    house = House()
    try:
        cookies = house.signed_in(house.dashboards)
        for name, notebook in PAGES.items():
            for size in SIZES:
                for theme in THEMES:
                    picture = PICTURES / f"{name}-{size}-{theme}.png"
                    take(
                        house.browser,
                        f"{house.dashboards}/voila/render/{notebook}.ipynb",
                        cookies,
                        size,
                        theme,
                        picture,
                    )
                    print(picture.name)
    finally:
        house.pytest_sessionfinish()


def take(browser: Browser, address: str, cookies: list, size: str, theme: str, picture: Path) -> None:  # noqa: PLR0913, PLR0917
    """One picture of what is seen first."""
    context = browser.new_context(viewport=SIZES[size], color_scheme=theme)
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(DRAWN, state="attached")
    page.screenshot(path=picture)
    page.goto("about:blank")
    context.close()


if __name__ == "__main__":
    main()

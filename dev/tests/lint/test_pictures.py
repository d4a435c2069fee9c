"""Pictures: whatever a page shows is there, and what is there is shown."""

import ast
import re

from source import REPO

SCREENS = REPO / "static" / "description" / "screens"
PAGES = [REPO / "README.md", REPO / "static" / "description" / "index.html", *(REPO / "docs").rglob("*.md")]
SHOWN = re.compile(r"screens/([\w-]+\.png)")
SHOT = re.compile(r'_shot\(\s*"([\w-]+)"')


def _shown() -> set[str]:
    return {name for page in PAGES for name in SHOWN.findall(page.read_text(encoding="utf-8"))}


def test_what_pages_show_is_there_and_what_is_there_is_shown():
    assert {file.name for file in SCREENS.glob("*.png")} == _shown()


def test_each_is_taken_by_make_pictures():
    taken = SHOT.findall((REPO / "dev" / "demo" / "pictures.py").read_text(encoding="utf-8"))
    assert {f"{name}.png" for name in taken} == _shown()


def test_the_banner_is_there():
    manifest = ast.literal_eval((REPO / "__manifest__.py").read_text(encoding="utf-8"))
    assert manifest["images"]
    assert all((REPO / image).is_file() for image in manifest["images"])


def test_odoo_shows_the_description_as_it_is_written():
    """It takes away scripts, style sheets and frames, and pictures of elsewhere are none of the addon's."""
    page = (REPO / "static" / "description" / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r"<(script|style|link|iframe|form)\b|https?:", page)
    assert len(re.findall(r"<img ", page)) == len(re.findall(r'<img src="screens/[\w-]+\.png" alt="[^"]+"', page))

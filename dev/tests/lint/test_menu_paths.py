"""Where texts and pages send people: menus that are there, and labels that are on a screen."""

import html
import re
import xml.etree.ElementTree as ET

import pytest
from source import REPO

MENUS = REPO / "views" / "xero_menus.xml"
FOLDERS = ("docs", "readme", "models", "mappers", "wizards", "views", "controllers", "static", "addons")
SUFFIXES = {".md", ".html", ".py", ".xml", ".js"}
# What is clicked on the screen that the last menu opens.
BUTTONS = {"New"}
# As pages write it between asterisks, and as texts for people do. In Python a text may go on in the next line.
PATH = re.compile(r"(?<![\w>] )\bXero(?: (?:>|&gt;) [A-Z][a-z]+(?: [A-Z][a-z]+)*)+")
CONTINUED = re.compile(r'"\s*\n\s*f?"')


def _paths(menu, above=()):
    """Yield id and path of a menu and of those below it."""
    name = (*above, menu.get("name"))
    yield menu.get("id"), name
    for below in menu.findall("menuitem"):
        yield from _paths(below, name)


def _known() -> set[tuple[str, ...]]:
    """The paths of all menus; what an addon adds is below a menu of the core."""
    known = dict(part for menu in ET.parse(MENUS).getroot().findall("menuitem") for part in _paths(menu))
    for file in (REPO / "addons").glob("*/views/*.xml"):
        for menu in ET.parse(file).getroot().findall("menuitem"):
            above = known.get(str(menu.get("parent")).removeprefix("xero_connector."))
            known |= dict(_paths(menu, above)) if above else {}
    return set(known.values())


def _text(file) -> str:
    text = file.read_text(encoding="utf-8")
    return CONTINUED.sub("", text) if file.suffix == ".py" else text


def _named(text: str) -> list[tuple[str, ...]]:
    return [tuple(part.strip() for part in re.split(r">|&gt;", found)) for found in PATH.findall(text)]


def _files():
    yield REPO / "README.md"
    for folder in FOLDERS:
        yield from (file for file in (REPO / folder).rglob("*") if file.suffix in SUFFIXES)


def _wrong(text: str) -> list[tuple[str, ...]]:
    known = _known()
    paths = [path[:-1] if path[-1] in BUTTONS else path for path in _named(text)]
    return [path for path in paths if path not in known]


def test_every_path_of_menus_is_there():
    wrong = {str(file.relative_to(REPO)): found for file in _files() if (found := _wrong(_text(file)))}
    assert not wrong


def test_many_are_named():
    assert len({path for file in _files() for path in _named(_text(file))}) > 12


@pytest.mark.parametrize("text", ["*Xero > Sync > Jobs*", "(Xero > Runs).", "<em>Xero &gt; Failed</em>"])
def test_a_menu_that_is_not_there_is_found(text):
    assert _wrong(text)


def test_other_paths_are_nobodys_concern():
    assert not _wrong("*Settings > Xero > Connect*, Xero > Activity > Runs > New, **Xero > Overview** has a card")


# === LABELS === #

SCREENS = ("views", "models", "wizards", "data", "mappers", "static/src", "report", "addons")
# Words of how-to pages in italics: buttons, fields, menus.
LABEL = re.compile(r"(?<![\w*])\*([A-Z][^*\n]{2,60}?)\*(?![\w*])")
# Odoo's and Xero's own, and examples.
OTHERS = {
    *("Invoicing", "Users & Companies", "Users", "Adviser", "Connected Apps"),
    *("Xero / User", "Xero / Accountant", "Xero / Administrator", "INV/2026/00001-R1", "All / Furniture"),
}


def _labels(text: str) -> set[str]:
    return {part.strip(" .:") for found in LABEL.findall(text) for part in found.split(" > ")}


def _screens() -> str:
    files = (file for folder in SCREENS for file in (REPO / folder).rglob("*") if file.suffix in {".xml", ".py", ".js"})
    text = html.unescape(" ".join(file.read_text(encoding="utf-8") for file in files))
    return re.sub(r"\s+", " ", text.replace("<br/>", " "))


def _missing(text: str, screens: str) -> set[str]:
    return {label for label in _labels(text) if label not in screens and label not in OTHERS}


def test_labels_of_how_to_pages_are_on_screens():
    screens = _screens()
    pages = {page.name: page.read_text(encoding="utf-8") for page in (REPO / "docs" / "how-to").glob("*.md")}
    assert not {name: found for name, text in pages.items() if (found := _missing(text, screens))}
    assert len(set().union(*map(_labels, pages.values()))) > 80


def test_a_label_that_is_not_there_is_found():
    found = _missing("Click *Synchronise Everything*, then *Xero > Health* and *Fix it*.", _screens())
    assert found == {"Synchronise Everything"}

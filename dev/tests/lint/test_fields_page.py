"""docs/reference/fields.md says exactly what is sent and read."""

import ast
import csv
import json
import re
from functools import cache

import pytest
from source import REPO, tree

PAGE = REPO / "docs" / "reference" / "fields.md"
GOLDEN = (REPO / "tests" / "golden", REPO / "dev" / "tests" / "pure" / "golden")
SECTIONS = {"Contacts": "Contacts", "Invoices": "Documents", "CreditNotes": "Documents", "Payments": "Payments"}
READ = {
    "Contacts": ("contact/canonical.py",),
    "Documents": ("document/canonical.py",),
    "Payments": ("payment/canonical.py",),
}
NAME = re.compile(r"`([A-Za-z0-9.]+)`")
LINES = "LineItems."


@cache
def section(title: str, direction: str) -> str:
    """The part of the page on a kind of record and a direction."""
    chapter = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)[1]
    return re.search(rf"^### {direction}$(.*?)(?=^### |\Z)", chapter, re.MULTILINE | re.DOTALL)[1]


def first_cells(text: str) -> set[str]:
    """The names in the first column of the tables in `text`."""
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {name for cell in rows for name in NAME.findall(cell)}


def keys(value, path: str = "") -> set[str]:
    """The dotted names of all values in a payload."""
    if isinstance(value, dict):
        return set().union(*(keys(item, f"{path}.{key}".lstrip(".")) for key, item in value.items()))
    return set().union(*(keys(item, path) for item in value)) if isinstance(value, list) else {path}


def sent(title: str) -> set[str]:
    """Every field in the recorded payloads of a section."""
    found = set()
    for path in sorted(path for folder in GOLDEN for path in folder.glob("*.json")):
        for resource, elements in json.loads(path.read_text("utf-8")).items():
            if SECTIONS.get(resource) == title and path.parent == GOLDEN[0] or resource == title == "Payments":
                found |= keys(elements)
    return found


def literals(*files) -> set[str]:
    """Every text in files of the mappers."""
    return {
        node.value
        for path in files
        for node in ast.walk(tree((REPO / "mappers" / path).relative_to(REPO)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize("title", sorted(set(SECTIONS.values())))
def test_what_is_sent_is_on_the_page(title):
    documented = first_cells(section(title, "Odoo to Xero"))
    assert sent(title) and not sent(title) - documented


@pytest.mark.parametrize("title", sorted(set(SECTIONS.values())))
def test_what_is_on_the_page_is_sent(title):
    names = {part for name in first_cells(section(title, "Odoo to Xero")) for part in name.split(".")}
    known = literals(*(path.relative_to(REPO / "mappers") for path in (REPO / "mappers").rglob("*.py")))
    assert not {name for name in names if name not in known}


@pytest.mark.parametrize("title", sorted(READ))
def test_what_is_read_is_on_the_page(title):
    """Every name of Xero's that the way in looks at."""
    looked_at = {name for name in literals(*READ[title]) if re.fullmatch(r"[A-Z][a-z]+(?:[A-Z0-9][A-Za-z0-9]*)*", name)}
    values = {"Inclusive", "CreditNote", "Prepayment", "Overpayment"}
    shown = first_cells(section(title, "Xero to Odoo"))
    assert not looked_at - shown - values


def test_the_list_for_rules_is_on_the_page():
    with (REPO / "data" / "xero.field.target.csv").open(encoding="utf-8") as file:
        rows = [(LINES if row["level"] == "line" else "") + row["name"] for row in csv.DictReader(file)]
    chapter = PAGE.read_text("utf-8").partition("## Fields that rules can fill")[2]
    shown = [NAME.search(line)[1] for line in chapter.splitlines() if line.startswith("| ") and NAME.search(line)]
    assert sorted(shown) == sorted(rows)

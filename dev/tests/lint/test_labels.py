"""One thing has one name on all screens."""

import ast
import re
from collections import defaultdict

import pytest
from source import REPO, python_files, tree

# What is not said, and what is in its place (docs/decisions/0007-words.md).
SAID_OTHERWISE = {
    "Retry": "Try Again",
    "Mend": "Fix",
    "Repair": "Fix",
    "From Date": "Sync From",
    "Sync Documents": "Sync When",
    "Connect Again": "Reconnect",
    "Both books": "Reconciliation",
    "Odd Cents": "If Xero's Total Differs by Cents",
    "Silent Hours": "Hours Without News from Xero",
    "Failed Share": "Failed, in % of a Day's Work",
    "Tell": "Notify",
}
STRING = re.compile(r'\bstring="([^"]+)"')
WORDS = re.compile(r'(?<!")"([A-Z][^"\n%{}]{2,60})"(?!")')


def screens() -> list:
    """Files of views and of the web client's templates."""
    return sorted([*REPO.glob("views/*.xml"), *REPO.glob("static/src/**/*.xml"), *REPO.glob("addons/*/views/*.xml")])


def labels() -> dict:
    """Every label of views, and every short text of models, with the files it stands in."""
    found = defaultdict(set)
    for path in screens():
        for label in STRING.findall(path.read_text(encoding="utf-8")):
            found[label].add(path.name)
    for path in python_files():
        if "models" in path.parts:
            for label in WORDS.findall((REPO / path).read_text(encoding="utf-8")):
                found[label].add(path.name)
    return found


@pytest.mark.parametrize(("word", "instead"), SAID_OTHERWISE.items())
def test_a_thing_has_one_name(word, instead):
    """Labels use the name that was decided on."""
    begins = re.compile(rf"{re.escape(word)}(?![a-z])")
    found = {label: files for label, files in labels().items() if begins.match(label)}
    assert not found, f"say “{instead}”"


def test_buttons_are_written_alike():
    """No two buttons differ in capitals alone."""
    by_form = defaultdict(set)
    for path in screens():
        for button in re.findall(r"<button\b[^>]*>", path.read_text(encoding="utf-8")):
            for label in STRING.findall(button):
                by_form[label.lower()].add(label)
    assert not {form: labels for form, labels in by_form.items() if len(labels) > 1}


def test_the_state_of_records_is_their_status():
    """As Odoo calls it on its own screens."""
    unnamed = [
        f"{path}:{node.lineno}"
        for path in python_files()
        if "models" in path.parts and path.parts[0] != "dev"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "state"
        if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "fields.Selection"
        if "Status" not in [getattr(part, "value", None) for part in ast.walk(node.value)]
    ]
    assert not unnamed

"""The steps of docs/how-to/extend.md are the files of the addon that proves them, word for word."""

import re
import textwrap

from source import REPO

PAGE = REPO / "docs" / "how-to" / "extend.md"
LINK = re.compile(r"\]\(([^)#]+)\)")
STEPS = 15


def steps() -> list[tuple[str, str]]:
    """Pairs (file that was linked last, block of code) of the page."""
    found, linked = [], ""
    for number, part in enumerate(PAGE.read_text(encoding="utf-8").split("```")):
        if number % 2:
            found.append((linked, part.partition("\n")[2]))
        else:
            linked = ([linked] + LINK.findall(part))[-1]
    return found


def is_in(block: str, text: str) -> bool:
    """Whether ``block`` stands in ``text``, at whatever depth."""
    return any(textwrap.indent(block, " " * depth) in text for depth in range(0, 33, 4))


def test_each_step_is_the_addons_own():
    found = steps()
    assert len(found) > STEPS
    wrong = [
        f"{file}: {block}"
        for file, block in found
        if not is_in(block, (PAGE.parent / file).resolve().read_text(encoding="utf-8"))
    ]
    assert not wrong, "\n".join(wrong)


def test_what_differs_is_found():
    text = "class A:\n    def one(self):\n        return 1\n\n    def two(self):\n        return 2\n"
    assert is_in("def one(self):\n    return 1\n\ndef two(self):\n    return 2\n", text)
    assert not is_in("def one(self):\n    return 2\n", text)
    assert not is_in("def one(self):\n    return 1\ndef two(self):\n", text)

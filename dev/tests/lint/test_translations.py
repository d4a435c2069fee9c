"""The translations say all there is to say, with the same placeholders and the same markup."""

import re

import polib
import pytest
from source import REPO

LANGUAGES = ("de", "es", "fr")
FOLDERS = [REPO / "i18n", *sorted(REPO.glob("addons/*/i18n"))]
FILES = [folder / f"{language}.po" for folder in FOLDERS for language in LANGUAGES]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}")
TAG = re.compile(r"</?\w+")
MARKUP = re.compile(r"<[^>]*>")
IDS = [str(file.relative_to(REPO)) for file in FILES]


def entries(file):
    """Texts and their translations."""
    return {entry.msgid: entry.msgstr for entry in polib.pofile(str(file))}


@pytest.mark.parametrize("file", FILES, ids=IDS)
def test_every_text_is_translated(file):
    template = next(file.parent.glob("*.pot"))
    assert set(entries(file)) == set(entries(template))
    assert not [text for text, translation in entries(file).items() if not translation.strip()]


@pytest.mark.parametrize("file", FILES, ids=IDS)
def test_placeholders_and_tags_are_kept(file):
    wrong = [
        text
        for text, translation in entries(file).items()
        for pattern in (PLACEHOLDER, TAG)
        if sorted(pattern.findall(text)) != sorted(pattern.findall(translation))
    ]
    assert not wrong


@pytest.mark.parametrize("file", FILES, ids=IDS)
def test_translations_differ_from_the_english(file):
    """Names stay as they are; whole sentences do not."""
    same = [text for text, translation in entries(file).items() if text == translation and _words(text) > 4]
    assert not same


def _words(text):
    """How many words a person reads, without the markup around them."""
    return len(MARKUP.sub(" ", text).split())

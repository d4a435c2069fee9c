"""The texts of a module, as Odoo exports them, and their translations."""

import io
from pathlib import Path

import polib

from odoo.tools.translate import trans_export

DATES = ("POT-Creation-Date", "PO-Revision-Date")


def template(env, module: str) -> polib.POFile:
    """Return the texts of `module`, without translations."""
    buffer = io.BytesIO()
    trans_export(False, [module], buffer, "po", env)
    return polib.pofile(buffer.getvalue().decode())


def export(env, module: str, folder: str, languages: list[str]) -> dict[str, int]:
    """Write the template and one file for each language to `folder`; return how many texts each lacks."""
    target = Path(folder)
    target.mkdir(exist_ok=True)
    texts = template(env, module)
    for name in DATES:
        # A file that changes with every export tells nobody what changed.
        texts.metadata.pop(name, None)
    texts.save(str(target / f"{module}.pot"), newline="\n")
    return {language: _bring_in_step(texts, target / f"{language}.po", language) for language in languages}


def _bring_in_step(texts: polib.POFile, file: Path, language: str) -> int:
    known = {entry.msgid: entry.msgstr for entry in polib.pofile(str(file))} if file.exists() else {}
    translated = polib.POFile(wrapwidth=texts.wrapwidth)
    translated.header = texts.header
    translated.metadata = {**texts.metadata, "Language": language}
    for entry in texts:
        translated.append(
            polib.POEntry(
                msgid=entry.msgid,
                msgstr=known.get(entry.msgid, ""),
                comment=entry.comment,
                occurrences=entry.occurrences,
                flags=entry.flags,
            )
        )
    translated.save(str(file), newline="\n")
    return sum(not entry.msgstr for entry in translated)

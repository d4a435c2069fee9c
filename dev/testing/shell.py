"""Runs a function of `dev.inside` in an Odoo process of its own and brings back what it returns."""

import itertools
import json
from typing import Any

from dev.machine import paths
from dev.machine.odoo import Site
from dev.machine.process import tail
from dev.machine.progress import Stop

SCRIPT = """
import importlib, json, sys
sys.path.append({repo!r})
function = getattr(importlib.import_module("dev.inside." + {module!r}), {function!r})
with open({answer!r}, "w", encoding="utf-8") as out:
    json.dump(function(env, **json.loads({params!r})), out)
"""
_numbers = itertools.count(1)


def call(site: Site, place: str, seconds: float = 1800, **params: Any) -> Any:
    """Run `module.function` of `dev.inside` with Odoo's environment and `params`; return its JSON-able result.

    Raises Stop with the end of the log when it fails.
    """
    module, _dot, function = place.rpartition(".")
    name = f"shell{next(_numbers)}-{function}"
    site.folder.mkdir(parents=True, exist_ok=True)
    script, answer = site.folder / f"{name}.py", site.folder / f"{name}.json"
    names = {"repo": str(paths.REPO), "module": module, "function": function, "answer": str(answer)}
    script.write_text(SCRIPT.format(**names, params=json.dumps(params)), encoding="utf-8")
    log = site.run(name, "shell", "--no-http", seconds=seconds, stdin=script)
    try:
        return json.loads(answer.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Stop(f"{place} failed inside Odoo:\n{tail(log)}") from error

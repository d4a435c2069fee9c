"""Rules of this code base that no general linter knows."""

import ast
import re

from source import REPO, python_files, tree

SLEEPERS = {"xero_api/retry.py"}
MAY_SLEEP = ("simulator", "dev")
MACHINE_PATHS = re.compile(r"""["'(\s=:](/work|/opt|/root|/home|/Users|/mnt)/""")
TEXT_FILES = {".py", ".xml", ".js", ".md", ".toml", ".csv", ".sql", ".scss", ".rst", ".in", ".ini", ".yml", ""}


def is_hidden(path) -> bool:
    """Whether a path is made by tools and no part of the project."""
    return any(part == "__pycache__" or (part.startswith(".") and part != ".ci") for part in path.parts)


def text_files():
    """Every text file of the clone but this one, relative to its top."""
    for path in sorted(REPO.rglob("*")):
        relative = path.relative_to(REPO)
        if path.is_file() and path.suffix in TEXT_FILES and not is_hidden(relative):
            if relative.name != "test_rules.py":
                yield relative


def sleeps(path) -> bool:
    """Whether a file calls or passes on a function named sleep."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and node.attr == "sleep":
            return True
        if isinstance(node, ast.ImportFrom) and any(alias.name == "sleep" for alias in node.names):
            return True
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "pg_sleep" in node.value:
            return True
    return False


def test_only_the_retry_module_sleeps():
    files = [path for path in python_files() if path.parts[0] not in (*MAY_SLEEP, "tests")]
    assert {str(path) for path in files if sleeps(path)} <= SLEEPERS


def test_no_path_of_one_machine_is_written_down():
    found = {}
    for path in text_files():
        text = (REPO / path).read_text(encoding="utf-8", errors="ignore")
        if match := MACHINE_PATHS.search(text):
            found[str(path)] = match.group()
    assert not found


def test_public_functions_of_the_pure_layer_have_docstrings():
    missing = []
    for path in python_files():
        if path.parts[0] in ("xero_api", "dev") and "tests" not in path.parts:
            missing += [
                f"{path}:{node.lineno} {node.name}" for node in _public(tree(path)) if not ast.get_docstring(node)
            ]
    assert not missing


def _public(module: ast.Module):
    scopes = [module, *(node for node in module.body if isinstance(node, ast.ClassDef))]
    for scope in scopes:
        for node in scope.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                yield node


def test_client_views_use_the_names_of_odoo_19():
    """The server takes these and only the browser stumbles over them."""
    old = re.compile(r"kanban-box|view_mode[^<>]*tree|t-esc=|t-raw=")
    files = [path for path in text_files() if path.suffix == ".xml"]
    wrong = {str(path) for path in files if old.search((REPO / path).read_text(encoding="utf-8"))}
    assert not wrong


def test_manifest_names_every_data_file_once():
    manifest = ast.literal_eval((REPO / "__manifest__.py").read_text(encoding="utf-8"))
    listed = manifest.get("data", [])
    folders = ("security", "data", "views", "wizards", "report")
    present = {str(path) for path in text_files() if path.parts[0] in folders and path.suffix in (".xml", ".csv")}
    assert len(listed) == len(set(listed))
    assert present == {name for name in listed if name.split("/")[0] in folders}

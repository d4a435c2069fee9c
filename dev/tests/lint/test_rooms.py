"""The house keeps its shape: who stands above whom, and that a model is one thing in one place."""

import ast
from collections import defaultdict
from pathlib import Path

from source import REPO

FLOORS = (
    {"link", "mapping"},
    {"connection"},
    {"queue"},
    {"inbound", "snapshot", "health", "field_rule"},
    {"payment", "rate"},
    {"outbound", "reconciliation", "ledger"},
    {"matching", "run", "preview", "bank"},
    {"setup", "recovery", "privacy"},
)
"""Rooms of models/ from the ground up: imports go downwards, or within a floor."""
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
MOST_FILES = 4


def room_of(path: Path) -> str:
    """The room of a file: its folder within models/ or mappers/; empty for what lies in none."""
    parts = path.relative_to(REPO).parts
    return parts[1] if len(parts) > 2 else ""


def modules(*folders: str):
    """Each file of the folders with its syntax tree."""
    for folder in folders:
        for path in sorted((REPO / folder).rglob("*.py")):
            if path.name != "__init__.py":
                yield path, ast.parse(path.read_text(encoding="utf-8"))


def imported_rooms(path: Path, tree: ast.Module):
    """The rooms of models/ that a file imports from, with the line."""
    package = path.relative_to(REPO).parts[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - (node.level - 1)]
            names = [(*base, *node.module.split("."))] if node.module else [(*base, one.name) for one in node.names]
            for name in names:
                if name[0] == "models" and len(name) > 1 and name[1] in LEVEL:
                    yield name[1], node.lineno


def text_of(node: ast.ClassDef, name: str):
    """The value of a class attribute that is a text or a list of texts; `None` for others."""
    for statement in node.body:
        if isinstance(statement, ast.Assign) and getattr(statement.targets[0], "id", None) == name:
            try:
                return ast.literal_eval(statement.value)
            except ValueError:
                return None
    return None


def parents(node: ast.ClassDef) -> list[str]:
    """The models that a class names in `_inherit`."""
    named = text_of(node, "_inherit") or []
    return [named] if isinstance(named, str) else list(named)


def classes():
    """Each class of a model: the model's name, whether it is its home, the file and the class."""
    for path, tree in modules("models", "mappers", "wizards"):
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                own, inherited = text_of(node, "_name"), text_of(node, "_inherit")
                extended = inherited if isinstance(inherited, str) else (inherited or [None])[0]
                if name := own or extended:
                    yield name, bool(own) and own != inherited, path, node


def shown(path: Path) -> str:
    """A file's name as a person reads it."""
    return str(path.relative_to(REPO))


def test_every_room_has_its_floor():
    rooms = {path.name for path in (REPO / "models").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == set(LEVEL)


def test_imports_go_downwards():
    found = [
        f"{shown(path)}:{line} imports from {room}"
        for path, tree in modules("models")
        for room, line in imported_rooms(path, tree)
        if room_of(path) and LEVEL[room] > LEVEL[room_of(path)]
    ]
    assert not found, "\n".join(found)


def test_models_inherit_downwards():
    homes = {name: room_of(path) for name, home, path, _node in classes() if home}
    found = [
        f"{shown(path)}:{node.lineno} inherits {above}"
        for name, _home, path, node in classes()
        for above in parents(node)
        if LEVEL.get(homes.get(above), 0) > LEVEL.get(room_of(path), len(FLOORS))
    ]
    assert not found, "\n".join(found)


def test_no_method_overrides_one_of_its_own_model():
    places = defaultdict(list)
    for name, _home, path, node in classes():
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef):
                places[name, statement.name].append(f"{shown(path)}:{statement.lineno}")
    found = [f"{name}.{method}: {', '.join(where)}" for (name, method), where in places.items() if len(where) > 1]
    assert not found, "\n".join(found)


def test_a_model_is_in_few_files():
    files = defaultdict(set)
    for name, _home, path, _node in classes():
        files[name].add(shown(path))
    found = [f"{name}: {', '.join(sorted(where))}" for name, where in files.items() if len(where) > MOST_FILES]
    assert not found, "\n".join(found)


def test_a_model_is_extended_in_its_own_room_only():
    homes = {name: path for name, home, path, _node in classes() if home}
    found = [
        f"{shown(path)}:{node.lineno} extends {name} of {shown(homes[name])}"
        for name, home, path, node in classes()
        if not home and name in homes and room_of(path) != room_of(homes[name])
    ]
    assert not found, "\n".join(found)

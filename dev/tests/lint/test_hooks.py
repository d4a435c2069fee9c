"""Whoever extends a base class, or calls it from another file, reads there what goes in and what comes out."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest
from source import REPO
from test_rooms import classes, modules, parents, shown, text_of

ADDONS = ("addons", "dev/tests/addons")
"""Where else models of ours live."""
UNDERSTOOD = {"self", "env"}
"""What needs no word anywhere; whatever a class explains needs none at its methods."""
NAMED = re.compile(r"(?::param\s+|``)(\w+)")
COMES_OUT = re.compile(r":return:|\breturns?\b|\A(?:Tell|Say) |\bwhether\b", re.IGNORECASE)


def doc_of(node) -> str:
    """The docstring of a class or method; empty without one."""
    return ast.get_docstring(node) or ""


def parameters(method: ast.FunctionDef) -> list[str]:
    """What a method is given."""
    given = method.args
    more = [one for one in (given.vararg, given.kwarg) if one]
    return [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs, *more)]


def gives_back(method: ast.FunctionDef) -> bool:
    """Whether a method returns anything but ``None``. What has no underscore is called by Odoo, which knows."""
    found = (node.value for node in ast.walk(method) if isinstance(node, ast.Return) and node.value)
    given = any(not (isinstance(value, ast.Constant) and value.value is None) for value in found)
    return given and method.name.startswith("_")


def calls_super(method: ast.FunctionDef) -> bool:
    """Whether a method extends one that is explained elsewhere, be it Odoo's."""
    return any(isinstance(node, ast.Name) and node.id == "super" for node in ast.walk(method))


def is_bare(method: ast.FunctionDef) -> bool:
    """Whether a method is there to be implemented: it raises, or returns a constant or what it was given."""
    body = method.body[1:] if doc_of(method) else method.body
    plain = (ast.Constant, ast.Name, ast.Dict, ast.List, type(None))
    return all(
        isinstance(one, (ast.Pass, ast.Raise)) or isinstance(one, ast.Return) and isinstance(one.value, plain)
        for one in body
    )


class Model:
    """One of our models: its classes with their files, and the models that it inherits."""

    def __init__(self):
        self.classes, self.bases, self.is_abstract = [], set(), False

    def add(self, name: str, path: Path, node: ast.ClassDef) -> None:
        self.classes.append((path, node))
        self.bases |= set(parents(node)) - {name}
        self.is_abstract |= any(ast.unparse(base).endswith("AbstractModel") for base in node.bases)

    def methods(self):
        """Each method with its file."""
        for path, node in self.classes:
            yield from ((path, one) for one in node.body if isinstance(one, ast.FunctionDef))

    def explained(self) -> set[str]:
        """The names that its classes explain for all their methods."""
        return set().union(*(NAMED.findall(doc_of(node)) for _path, node in self.classes))


def model_of(node) -> str | None:
    """The model that a class is or extends; ``None`` for what is no model."""
    return isinstance(node, ast.ClassDef) and (text_of(node, "_name") or next(iter(parents(node)), None)) or None


def of_addons():
    """Each class of a model that an addon brings, in the form of :func:`test_rooms.classes`."""
    for path, tree in modules(*ADDONS):
        yield from ((name, True, path, node) for node in tree.body if (name := model_of(node)))


def read_models(found) -> dict[str, Model]:
    """Models by name, of rows as :func:`test_rooms.classes` gives them."""
    models = defaultdict(Model)
    for name, _home, path, node in found:
        models[name].add(name, path, node)
    return dict(models)


def uses():
    """Each place that names a method: its name, the file, and the model whose it surely is; ``None`` where none is.

    Of a model are those that it defines itself and those that it calls on ``self`` or ``super()``.
    """
    for path, tree in modules("models", "mappers", "wizards", "controllers", *ADDONS):
        for top in tree.body:
            model = model_of(top)
            for node in ast.walk(top):
                if isinstance(node, ast.FunctionDef):
                    yield node.name, path, model
                elif isinstance(node, ast.Attribute):
                    yield node.attr, path, model if ast.unparse(node.value) in ("self", "super()") else None


def above(models: dict[str, Model], name: str) -> list[Model]:
    """The models of ours that a model inherits."""
    near = [base for base in sorted(models[name].bases) if base in models]
    return [models[base] for base in near] + [model for base in near for model in above(models, base)]


def base_classes(models: dict[str, Model]) -> list[str]:
    """The abstract models that others of ours inherit, and those that inherit none of ours and fill several files."""
    inherited = {base for model in models.values() for base in model.bases}
    return sorted(
        name
        for name, model in models.items()
        if model.is_abstract
        and (name in inherited or not above(models, name) and len({path for path, _node in model.classes}) > 1)
    )


def lacking(models: dict[str, Model], named) -> list[str]:
    """What the docstrings of base classes do not say.

    Left out are helpers that no other file names, and methods that implement or extend one that is explained where it
    was introduced.

    :param named: rows as :func:`uses` gives them
    """
    found, places = [], defaultdict(set)
    for name, path, model in named:
        places[name].add((path, model))
    for name in base_classes(models):
        bases = above(models, name)
        family = {None, name, *(other for other in models if models[name] in above(models, other))}
        introduced = {method.name for base in bases for _path, method in base.methods()}
        told = UNDERSTOOD.union(*(model.explained() for model in (models[name], *bases)))
        for path, method in models[name].methods():
            is_used = any(place != path and model in family for place, model in places[method.name])
            if (is_used or is_bare(method)) and method.name not in introduced and not calls_super(method):
                found += [f"{shown(path)}:{method.lineno} {name}.{method.name} {gap}" for gap in gaps(method, told)]
    return found


def gaps(method: ast.FunctionDef, told: set[str]):
    """What the docstring of one method does not say; ``told`` is explained elsewhere."""
    if not doc_of(method):
        yield "has no docstring"
        return
    if unsaid := [one for one in parameters(method) if one not in told.union(NAMED.findall(doc_of(method)))]:
        yield f"does not say what {', '.join(unsaid)} is"
    if gives_back(method) and not COMES_OUT.search(doc_of(method)):
        yield "does not say what it returns"


def test_base_classes_say_what_goes_in_and_comes_out():
    found = lacking(read_models([*classes(), *of_addons()]), uses())
    assert not found, "\n".join(found)


CHILD = 'class Child(models.AbstractModel):\n    _name = "child"\n    _inherit = "base"\n'
BASE = (
    'class Base(models.AbstractModel):\n    """{about}"""\n    _name = "base"\n'
    "    def _hook(self, record):\n        {doc}\n        return {{}}\n"
)


@pytest.mark.parametrize(
    ("about", "doc", "says"),
    [
        ("A base.", "pass", ["has no docstring"]),
        ("A base.", '"""Return it."""', ["does not say what record is"]),
        ("A base.", '"""Do it with ``record``."""', ["does not say what it returns"]),
        ("A base.", '"""Return it for ``record``."""', []),
        ("A base.", '"""Do it.\n\n        :param record: what for\n        :return: nothing\n        """', []),
        ("Its hooks are given a ``record``.", '"""Return it."""', []),
    ],
)
def test_what_is_not_said_is_seen(about, doc, says):
    tree = ast.parse(BASE.format(about=about, doc=doc) + CHILD)
    models = read_models((text_of(node, "_name"), True, REPO / "models" / "base.py", node) for node in tree.body)
    assert [one.partition("_hook ")[2] for one in lacking(models, [])] == says


@pytest.mark.parametrize(
    ("place", "model", "is_seen"),
    [
        ("base.py", "base", False),
        ("base.py", None, False),
        ("other.py", "stranger", False),
        ("other.py", "base", True),
        ("other.py", "child", True),
        ("other.py", None, True),
    ],
)
def test_only_helpers_of_one_file_need_no_words(place, model, is_seen):
    tree = ast.parse(BASE.format(about="A base.", doc="record += 1") + CHILD)
    models = read_models((text_of(node, "_name"), True, REPO / "models" / "base.py", node) for node in tree.body)
    assert bool(lacking(models, [("_hook", REPO / "models" / place, model)])) == is_seen

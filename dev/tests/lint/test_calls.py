"""A method that is called on a model by its name exists there: Python finds out only when the line runs."""

import ast
from collections import defaultdict

from source import REPO
from test_rooms import modules, text_of

FOLDERS = ("models", "wizards", "mappers", "controllers", "addons")
OF_ODOO = {"_name", "_table", "_fields", "_rec_name", "_order", "_read_group", "_search", "_get_records_action"}
# What gives a recordset of the same model.
SAME = {
    "sudo", "with_user", "with_company", "with_context", "with_env", "browse", "search", "create", "exists", "filtered",
    "filtered_domain", "sorted", "concat", "union", "with_prefetch", "new", "copy",
}  # fmt: skip


def classes():
    """Each class of a model: `(path, node, its name or the only one it inherits, all it inherits)`."""
    for path, tree in modules(*FOLDERS):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                inherited = text_of(node, "_inherit") or []
                inherited = [inherited] if isinstance(inherited, str) else inherited
                name = text_of(node, "_name") or (inherited[0] if len(inherited) == 1 else None)
                if name:
                    yield path, node, name, inherited


def own_names(node: ast.ClassDef) -> set[str]:
    """Methods and attributes of a class."""
    names = {one.name for one in node.body if isinstance(one, ast.FunctionDef)}
    for one in node.body:
        targets = one.targets if isinstance(one, ast.Assign) else [getattr(one, "target", None)]
        names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def known_names() -> dict[str, set[str]]:
    """What each model of the project has, with what it inherits; models with a parent that is not ours are left out."""
    own, parents, plain = defaultdict(set), defaultdict(set), {}
    for _path, tree in modules(*FOLDERS):
        plain |= {node.name: own_names(node) for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    for _path, node, name, inherited in classes():
        own[name] |= own_names(node)
        for base in node.bases:
            own[name] |= plain.get(getattr(base, "id", getattr(base, "attr", "")), set())
        parents[name] |= set(inherited) - {name}

    def names(model):
        return own[model].union(*(names(parent) for parent in parents[model]))

    def is_ours(model):
        return model.startswith("xero.") and model in own

    return {model: names(model) for model in list(own) if is_ours(model) and all(map(is_ours, parents[model]))}


def model_of(node: ast.expr, aliases: dict[str, str]) -> str | None:
    """The model of the recordset that an expression gives, where its text says it."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SAME:
        return model_of(node.func.value, aliases)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        holder = node.value
        is_env = getattr(holder, "attr", getattr(holder, "id", "")) == "env"
        return node.slice.value if is_env else None
    if isinstance(node, ast.Attribute):
        return aliases.get(node.attr)
    return aliases.get(node.id) if isinstance(node, ast.Name) else None


def aliases_of(tree: ast.Module) -> dict[str, str]:
    """Properties, and variables set once, that stand for a model by its name."""
    found: dict[str, set] = defaultdict(set)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and "property" in [getattr(one, "id", "") for one in node.decorator_list]:
            last = node.body[-1]
            found[node.name].add(model_of(last.value, {}) if isinstance(last, ast.Return) and last.value else None)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found[target.id].add(model_of(node.value, {}))
        elif isinstance(node, (ast.For, ast.comprehension)):
            found.update({one.id: {None} for one in ast.walk(node.target) if isinstance(one, ast.Name)})
        elif isinstance(node, ast.arg):
            found[node.arg].add(None)
    return {name: next(iter(models)) for name, models in found.items() if len(models) == 1 and None not in models}


def unknown_calls():
    """Each private name that is asked of a model which does not have it: `(where, model, name)`."""
    known, shared = known_names(), {}
    for _path, tree in modules("models"):
        for name, model in aliases_of(tree).items():
            if name.startswith("_"):
                shared.setdefault(name, set()).add(model)
    shared = {name: next(iter(models)) for name, models in shared.items() if len(models) == 1}
    for path, tree in modules(*FOLDERS):
        aliases = shared | aliases_of(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
                model = model_of(node.value, aliases)
                if model in known and node.attr not in known[model] | OF_ODOO:
                    yield f"{path.relative_to(REPO)}:{node.lineno}", model, node.attr


def test_what_is_called_exists():
    assert not list(unknown_calls())


def test_most_calls_are_seen():
    """The check sees something: of the worker, the exporters and the readers at least."""
    known, seen = known_names(), set()
    for _path, tree in modules(*FOLDERS):
        aliases = aliases_of(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and (model := model_of(node.value, aliases)) in known:
                seen.add((model, node.attr))
    assert len(seen) > 150, len(seen)
    assert {"xero.sync.runner", "xero.exporter", "xero.reader"} <= {model for model, _name in seen}

"""Names that records bear enter sentences shortened: one of 5,000 characters would bury what the sentence says."""

import ast

from source import python_files, tree

LAYERS = {"models", "mappers", "wizards", "controllers", "report"}
NAMES = {
    *("name", "display_name", "record_name", "odoo_name", "xero_name", "tenant_name", "contact_name"),
    *("number", "xero_number", "label"),
}
SHORTENERS = {"named", "quoted"}
# What a call gives is its own matter, but for these, which hand on the names they are given.
HANDS_ON = {"join", "map", "filter", "str", "get", "_"}
# Odoo itself allows a currency three letters.
SHORT_ALREADY = "currency_id.name"


def function_name(call: ast.Call) -> str:
    """The last part of what a call calls."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def long_names(node, known=None):
    """Names in an expression that no shortener is around.

    :param known: ``{variable: [long names it was given]}`` of the function around
    """
    if isinstance(node, ast.Attribute) and node.attr in NAMES:
        if not ast.unparse(node).endswith(SHORT_ALREADY):
            yield ast.unparse(node)
    elif isinstance(node, ast.Name):
        yield from (known or {}).get(node.id, ())
    elif isinstance(node, ast.Compare):
        return
    elif isinstance(node, ast.Call):
        yield from _of_call(node, known)
    else:
        for child in ast.iter_child_nodes(node):
            yield from long_names(child, known)


def _of_call(call, known):
    called = function_name(call)
    if called == "map" and getattr(call.args[0], "id", "") in SHORTENERS or called in SHORTENERS:
        return
    if called == "mapped" and call.args and getattr(call.args[0], "value", None) in NAMES:
        yield ast.unparse(call)
    if called in HANDS_ON:
        for part in [*call.args, *(keyword.value for keyword in call.keywords)]:
            yield from long_names(part, known)


def unwrapped(module: ast.Module):
    """Lines and names of a file's sentences that show a name as long as it is."""
    for function in ast.walk(module):
        if isinstance(function, ast.FunctionDef):
            known = {}
            for node in ast.walk(function):
                if isinstance(node, ast.Assign) and (found := [*long_names(node.value)]):
                    known |= {target.id: found for target in node.targets if isinstance(target, ast.Name)}
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and function_name(node) == "_":
                    for part in [*node.args[1:], *(keyword.value for keyword in node.keywords)]:
                        for name in long_names(part, known):
                            yield node.lineno, name


def sentences_of(text: str) -> list[str]:
    """What `unwrapped` finds in a function with the lines of ``text``."""
    body = "\n".join(f"    {line}" for line in text.splitlines())
    return [name for _line, name in unwrapped(ast.parse(f"def function(self):\n{body}"))]


def test_names_enter_sentences_shortened():
    files = [path for path in python_files() if LAYERS & set(path.parts[:-1]) and "tests" not in path.parts]
    found = [f"{path}:{line} {name}" for path in files for line, name in unwrapped(tree(path))]
    assert not found, "wrap them: named(record.display_name), from mappers/text.py"
    assert len(files) > 100


def test_the_search_sees_every_shape():
    assert sentences_of("self.env._('%s', move.display_name)")
    assert sentences_of("_('%(name)s', name=move.name or '?')")
    assert sentences_of("self.env._('%s', ', '.join(moves.mapped('display_name')))")
    assert sentences_of("name = move.display_name\nself.env._('%s', name)")
    assert sentences_of("values = {'name': move.display_name}\nself.env._('%(name)s', **values)")
    assert not sentences_of("self.env._('%s', named(move.display_name))")
    assert not sentences_of("self.env._('%s', ', '.join(map(named, moves.mapped('name'))))")
    assert not sentences_of("self.env._('%s', move.currency_id.name)")
    assert not sentences_of("name = named(move.display_name)\nself.env._('%s', name)")

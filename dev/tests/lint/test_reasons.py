"""What is stored for people is worded when they read it: no `env._` goes into such a field, nor into what carries its
text there.
"""

import ast

from test_rooms import modules

FOLDERS = ("models", "mappers", "addons", "dev/tests/addons")
FIELDS = {"ReasonText", "ReasonChar"}
# What carries a text to where it is stored.
CARRIERS = {
    *("Failure", "Problem", "Result", "Outcome", "Subject", "Found"),
    *("Untakeable", "Guarded", "Barred", "ReauthRequired"),
}
WRITERS = {"create", "write"}
# Hooks whose text becomes what a document or a pair says.
TELLERS = {"_xero_refusal", "_refusal", "_xero_left_out_message", "_kept", "_labels"}


def reason_fields() -> set[str]:
    """Names of the fields that word their texts when they are read."""
    return {
        target.id
        for _path, tree in modules(*FOLDERS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and getattr(getattr(node.value, "func", None), "id", "") in FIELDS
        for target in node.targets
    }


def is_worded(node: ast.AST, variables: frozenset = frozenset()) -> bool:
    """Whether a part of an expression is worded as soon as it runs, or is a variable that was."""
    return any(
        (isinstance(part, ast.Attribute) and part.attr == "_" and _name(part.value) == "env")
        or (isinstance(part, ast.Name) and part.id in variables)
        for part in ast.walk(node)
    )


def _name(node) -> str:
    return getattr(node, "attr", getattr(node, "id", ""))


def worded_variables(function) -> frozenset:
    """Variables of a function that get words of `env._`."""
    return frozenset(
        target.id
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and is_worded(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    )


def stored_values(function, fields):
    """Expressions in a function whose value is stored in one of `fields`, or on its way there."""
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value and function.name in TELLERS:
            yield node.value
        elif isinstance(node, ast.Call) and _name(node.func) in CARRIERS:
            yield from (*node.args, *(keyword.value for keyword in node.keywords))
        elif isinstance(node, ast.Call) and _name(node.func) in WRITERS:
            for values in (part for argument in node.args for part in ast.walk(argument) if isinstance(part, ast.Dict)):
                yield from (value for key, value in zip(values.keys, values.values) if _text(key) in fields)
        elif isinstance(node, ast.Assign):
            yield from (node.value for target in node.targets if getattr(target, "attr", "") in fields)


def _text(key) -> str | None:
    return key.value if isinstance(key, ast.Constant) else None


def is_for_the_reader(function) -> bool:
    """Whether a function computes in the language of each reader."""
    return any("'lang'" in ast.unparse(one) for one in function.decorator_list)


def found_in(tree, fields) -> list[int]:
    """Lines that store words."""
    return sorted(
        {
            value.lineno
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef) and not is_for_the_reader(function)
            for value in stored_values(function, fields)
            if is_worded(value, worded_variables(function))
        }
    )


def test_what_is_stored_is_worded_when_it_is_read():
    fields = reason_fields()
    assert {"failure_detail", "pause_reason", "message"} <= fields
    wrong = {str(path): lines for path, tree in modules(*FOLDERS) if (lines := found_in(tree, fields))}
    assert not wrong


def test_it_finds_what_is_wrong():
    code = """
def stores(self, env):
    text = self.env._("a")
    fine = self.env["xero.reason"]._("a")
    self.write({"message": fine, "name": text})
    self.write({"message": text})
    self.create([{"reason": self.env._("a")} for _ in "b"])
    self.message = env._("a") + "b"
    return Failure("bug", text), Problem("bug", message=env._("a")), Failure("bug", fine)

def _xero_refusal(self, scope):
    return self.env._("a") if scope else self.env["xero.reason"]._("a")
"""
    assert found_in(ast.parse(code), {"message", "reason"}) == [6, 7, 8, 9, 12]

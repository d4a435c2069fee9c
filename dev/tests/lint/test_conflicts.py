"""Whoever works piece by piece in savepoints lets a lost race through: the transaction is good for nothing more."""

import ast

from source import REPO
from test_rooms import modules

FOLDERS = ("models", "wizards", "mappers", "controllers", "addons")
BROAD = {"Exception", "BaseException", "Error", "DatabaseError"}
LET_THROUGH = {"BEGIN_ANEW", "OperationalError"}
"""The second is of those that end their work there, in a transaction of their own."""


def caught(handler: ast.ExceptHandler) -> set[str]:
    """Names of what a handler catches."""
    if handler.type is None:
        return {"BaseException"}
    return {getattr(node, "id", getattr(node, "attr", None)) for node in ast.walk(handler.type)}


def has_savepoint(statement: ast.Try) -> bool:
    """Whether a savepoint is opened in the guarded block."""
    calls = (node.func for part in statement.body for node in ast.walk(part) if isinstance(node, ast.Call))
    return any(getattr(call, "attr", None) == "savepoint" for call in calls)


def swallowing(tree: ast.Module):
    """Lines of handlers around a savepoint that take a lost race for a fault of the piece."""
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Try) and has_savepoint(statement):
            let_through = False
            for handler in statement.handlers:
                names = caught(handler)
                if names & BROAD and not let_through:
                    yield handler.lineno
                let_through |= bool(names & LET_THROUGH)


def test_lost_races_pass():
    found = [f"{path.relative_to(REPO)}:{line}" for path, tree in modules(*FOLDERS) for line in swallowing(tree)]
    assert not found, found


def test_the_search_finds_one():
    text = "try:\n    with cr.savepoint():\n        step()\nexcept {}:\n    pass\n"
    assert list(swallowing(ast.parse(text.format("Exception")))) == [4]
    assert not list(swallowing(ast.parse(text.format("BEGIN_ANEW:\n    raise\nexcept Exception"))))

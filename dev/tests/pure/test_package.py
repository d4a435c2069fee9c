"""Rules that hold for the package as a whole."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pure_harness import ROOT

from xero_api import errors

PACKAGE = ROOT / "xero_api"
MODULES = sorted(PACKAGE.glob("*.py"))
THIRD_PARTY = {"requests", "urllib3", "tenacity", "xero_python"}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def public(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Yield the functions, classes and methods that others may use."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_imports(path: Path) -> None:
    """Relative ones inside, so that the package works under any parent; nothing of Odoo or of ours outside."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.level:
            assert node.level == 1
            continue
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            assert name.split(".")[0] in THIRD_PARTY | set(sys.stdlib_module_names) | {"__future__"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_docstrings(path: Path) -> None:
    assert ast.get_docstring(tree(path))
    for node in public(tree(path).body):
        assert ast.get_docstring(node), f"{path.name}: {node.name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_signatures_are_typed(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.FunctionDef):
            continue
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        untyped = [item.arg for item in arguments if item.annotation is None and item.arg not in ("self", "cls")]
        assert not untyped, f"{path.name}: {node.name}"
        assert node.returns is not None, f"{path.name}: {node.name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_loggers_are_redacting(path: Path) -> None:
    if path.stem not in ("log", "redact"):
        assert "logging.getLogger" not in path.read_text()


def test_every_module_can_be_imported_alone() -> None:
    for path in MODULES:
        importlib.import_module("xero_api" if path.stem == "__init__" else f"xero_api.{path.stem}")


ERRORS = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, errors.XeroError)]


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_errors_speak_by_default(kind: type[errors.XeroError]) -> None:
    error = kind()
    assert len(str(error)) > 10
    assert "\n" not in str(error)
    assert (error.status, error.correlation_id) == (None, None)


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_errors_carry_status_and_correlation(kind: type[errors.XeroError]) -> None:
    error = kind(message="said", status=418, correlation_id="c")
    assert (str(error), error.status, error.correlation_id) == ("said", 418, "c")


def test_family() -> None:
    """The queue decides by these: a disconnected tenant is a case for a person, an unknown outcome is no refusal."""
    assert issubclass(errors.TenantDisconnected, errors.ReauthRequired)
    for kind in ERRORS:
        if kind not in (errors.XeroError, errors.TenantDisconnected):
            assert kind.__bases__ == (errors.XeroError,)

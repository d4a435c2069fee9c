"""The project's Python files and what they import, read without importing them."""

import ast
from functools import cache
from pathlib import Path

REPO = Path(__file__).resolve().parents[3]
HIDDEN = {".dev", ".git", "__pycache__"}


@cache
def python_files() -> tuple[Path, ...]:
    """Every Python file of the clone, relative to its top."""
    files = (path.relative_to(REPO) for path in REPO.rglob("*.py"))
    return tuple(sorted(path for path in files if not HIDDEN & set(path.parts)))


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file of `python_files`."""
    return ast.parse((REPO / path).read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    """Absolute dotted names a file imports; those inside the addon start with `xero_connector.`."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = _base(path, node)
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return {_own(name) for name in found}


def _base(path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = ["xero_connector", *path.parts[:-1]]
    parents = package[: len(package) - node.level + 1]
    return ".".join([*parents, *([node.module] if node.module else [])])


def _own(name: str) -> str:
    return name.removeprefix("odoo.addons.") if name.startswith("odoo.addons.xero_connector") else name

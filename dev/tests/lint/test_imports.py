"""The parts of the addon know each other in one direction only."""

import sys

import pytest
from source import REPO, imports, python_files

LAYERS = ("xero_api", "mappers", "models", "controllers", "wizards", "report")
MAY_IMPORT = {
    "xero_api": {"xero_api"},
    "mappers": {"xero_api", "mappers"},
    "models": {"xero_api", "mappers", "models"},
    "controllers": {"mappers", "models", "controllers"},
    "wizards": {"mappers", "models", "wizards"},
    "report": {"xero_api", "mappers", "models", "report"},
}
OURS = {"xero_api", "dev", "xero_connector", *LAYERS}


def files_of(folder: str):
    """Python files in a top folder."""
    return [path for path in python_files() if path.parts[0] == folder]


def own_layers(path) -> set[str]:
    """Layers of the addon that a file imports from."""
    names = [name.split(".") for name in imports(path)]
    return {parts[1] for parts in names if parts[0] == "xero_connector" and len(parts) > 1 and parts[1] in LAYERS}


@pytest.mark.parametrize("layer", LAYERS)
def test_layer_imports_only_what_is_below_it(layer):
    wrong = {str(path): extra for path in files_of(layer) if (extra := own_layers(path) - MAY_IMPORT[layer])}
    assert not wrong


def example_files():
    """Python files of the addons that only the tests install."""
    return [path for path in files_of("dev") if path.parts[1:3] == ("tests", "addons")]


def glue_layer(path) -> str:
    """The layer that a file of a glue addon belongs to."""
    return path.parts[2] if len(path.parts) > 3 else ""


def test_glue_addons_import_only_what_is_below_them():
    """An addon's mappers stand beside the core's mappers, its models beside the core's models."""
    glue = [path for path in files_of("addons") if glue_layer(path) in LAYERS]
    wrong = {str(path): extra for path in glue if (extra := own_layers(path) - MAY_IMPORT[glue_layer(path)])}
    assert not wrong
    assert glue


def test_the_core_names_no_glue_addon():
    names = {path.parts[1] for path in files_of("addons")} | {path.parts[3] for path in example_files()}
    core = [path for layer in (*LAYERS, "tests", "simulator") for path in files_of(layer)]
    assert names
    assert not {str(path) for path in core if any(name in (REPO / path).read_text("utf-8") for name in names)}


def test_the_layers_exist():
    assert len(files_of("xero_api")) > 5 and len(files_of("mappers")) > 3 and len(files_of("models")) > 5


def test_xero_api_imports_no_odoo():
    wrong = {str(path) for path in files_of("xero_api") if any(name.split(".")[0] == "odoo" for name in imports(path))}
    assert not wrong


def test_xero_api_imports_its_own_parts_relatively():
    wrong = {str(path) for path in files_of("xero_api") if any(name.startswith("xero_api") for name in imports(path))}
    assert not wrong


def test_only_xero_api_imports_the_sdk():
    addon = [path for path in python_files() if path.parts[0] in LAYERS[1:]]
    wrong = {str(path) for path in addon if any(name.split(".")[0] == "xero_python" for name in imports(path))}
    assert not wrong


def test_the_simulator_imports_neither_odoo_nor_anything_of_ours():
    foreign = {"odoo", "xero_python", *OURS}
    wrong = {}
    for path in files_of("simulator"):
        names = {name for name in imports(path) if name.split(".")[0] in foreign}
        names = {name for name in names if not name.startswith("xero_connector.simulator")}
        if names:
            wrong[str(path)] = names
    assert not wrong


def test_tools_use_only_the_standard_library_where_they_run_first():
    early = [path for path in files_of("dev") if path.parts[1] != "tests" and path.parts[1] != "inside"]
    allowed = sys.stdlib_module_names | {"dev"}
    wrong = {str(path): extra for path in early if (extra := {name.split(".")[0] for name in imports(path)} - allowed)}
    assert not wrong

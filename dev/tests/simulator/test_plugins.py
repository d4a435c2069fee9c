"""Resources that are not built in, served from a file."""

import subprocess
import sys

import pytest
from conftest import ROOT, started
from simulator_client import Simulator

PLUGIN = '''
from simulator.api.envelope import answer
from simulator.api.reading import Listing, plain_fields
from simulator.api.writing import Writer
from simulator.organisation import new_id
from simulator.plugins import Resource
from simulator.store import Table


def save(call, element):
    doc = {"GadgetID": new_id(), "Name": element["Name"]}
    return call.org.save(call.org.gadgets, doc), True


def render(call, doc, full=True):
    return dict(doc)


LISTING = Listing("Gadgets", lambda call: call.org.gadgets, render, plain_fields("GadgetID"), sized=False)
WRITER = Writer("Gadgets", "GadgetID", "HasErrors", save, render)


def serve(call):
    return LISTING.serve(call) if call.method == "GET" else WRITER.write(call)


def break_gadgets(world, org, body):
    """Break all gadgets."""
    return {"broken": len(list(org.gadgets))}


RESOURCES = [
    Resource("Gadgets", serve, "accounting.contacts", "gadgets", lambda: Table("GadgetID"), (break_gadgets,)),
]
'''


@pytest.fixture(scope="module")
def gadgets(tmp_path_factory):
    """A simulator that serves gadgets."""
    folder = tmp_path_factory.mktemp("plugin")
    (folder / "gadgets.py").write_text(PLUGIN)
    with started(folder / "port", "--plugin", folder / "gadgets.py") as address:
        yield Simulator(address)


def test_it_is_written_read_and_acted_on(gadgets):
    api = gadgets.api("au")
    api.save("Gadgets", Name="Anvil")
    assert [row["Name"] for row in api.rows("Gadgets")] == ["Anvil"]
    assert [row["Name"] for row in gadgets.documents("Gadgets")] == ["Anvil"]
    assert gadgets.act("break_gadgets") == {"broken": 1}
    gadgets.control("reset")
    assert gadgets.documents("Gadgets") == []


def test_it_needs_its_permission(gadgets):
    assert gadgets.api("au", ["accounting.settings"]).call("GET", "Gadgets").status_code == 401
    assert gadgets.api("au", ["accounting.contacts.read"]).call("GET", "Gadgets").status_code == 200


def test_pages_of_a_fixed_size_are_not_counted(gadgets):
    gadgets.control("reset")
    api = gadgets.api("au")
    for number in range(101):
        api.save("Gadgets", Name=f"Gadget {number}")
    pages = [api.get("Gadgets", page=page, pageSize=1000) for page in (1, 2)]
    assert [len(page["Gadgets"]) for page in pages] == [100, 1]
    assert not any("pagination" in page for page in pages)


def test_without_it_there_is_no_such_resource(au):
    assert au.call("GET", "Gadgets").status_code == 404


def test_a_file_that_is_not_there_is_told():
    command = [sys.executable, "-m", "simulator", "--plugin", "no/such/file.py"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode
    assert "no/such/file.py" in result.stderr

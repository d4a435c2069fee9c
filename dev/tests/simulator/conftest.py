"""One simulator process for the whole session; every test starts from its state after start."""

import subprocess
import sys
import time
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from simulator_client import Simulator  # noqa: E402 - the paths come first


@contextmanager
def started(port_file, *options):
    """Start ``python -m simulator`` as its users do; gives its address."""
    command = [sys.executable, "-m", "simulator", "--port-file", port_file, "--quiet", "--no-limits", *options]
    process = subprocess.Popen([str(word) for word in command], cwd=ROOT)
    try:
        deadline = time.monotonic() + 30
        while not port_file.exists():
            assert process.poll() is None, "the simulator ended at once"
            assert time.monotonic() < deadline, "the simulator did not start"
            time.sleep(0.02)
        yield f"http://localhost:{port_file.read_text()}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """The simulator of the session."""
    with started(tmp_path_factory.mktemp("simulator") / "port") as found:
        yield found


@pytest.fixture
def sim(address):
    """The simulator, reset."""
    simulator = Simulator(address)
    simulator.control("reset")
    return simulator


@pytest.fixture
def au(sim):
    """The API of the Australian organisation with every scope."""
    return sim.api("au")


@pytest.fixture
def uk(sim):
    """The API of the British organisation with every scope."""
    return sim.api("uk")


@pytest.fixture
def books(sim):
    """The trial balance as code (or name) -> balance."""

    def read(day="2026-12-31", org="au", **query):
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        answer = sim.look(f"organisations/{org}/trial_balance?date={day}&{asked}")
        assert answer["debit"] == answer["credit"]
        return {row["code"] or row["name"]: Decimal(str(row["balance"])) for row in answer["accounts"]}

    return read

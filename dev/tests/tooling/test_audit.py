"""The audit of the lock file."""

import stat

import pytest

from dev.machine import venv
from dev.testing import audit
from dev.testing.audit import Pin


def test_our_lock_file_passes():
    pins = audit.read_lock(venv.LOCK)
    assert len(pins) > 50
    assert not audit.unsealed(pins)
    assert not audit.known_bad(pins)
    assert {"requests", "urllib3", "cryptography", "xero-python"} <= {pin.name for pin in pins}


def test_what_is_not_sealed_is_named(tmp_path):
    lock = tmp_path / "lock"
    lock.write_text(
        "# made by hand\n--require-hashes\nGood_One==1.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
        "bare==2.0\nloose>=3 --hash=sha256:cc\n"
    )
    pins = audit.read_lock(lock)
    assert pins[0] == Pin("good-one", "1.0", 2)
    assert audit.unsealed(pins) == ["bare: no hash in the lock file", "loose>=3: no version in the lock file"]
    assert audit.unsealed([])


@pytest.mark.parametrize(
    ("name", "version", "bad"),
    [
        ("urllib3", "2.6.0", True),
        ("urllib3", "2.6.1", False),
        ("urllib3", "2.8.0", False),
        ("urllib3", "1.26.20", True),
        ("requests", "2.32.3", True),
        ("requests", "2.32.10", False),
        ("other", "2.6.0", False),
    ],
)
def test_bad_versions(name, version, bad):
    assert bool(audit.known_bad([Pin(name, version, 1)])) == bad


def test_licences():
    free = {"a": "MIT", "b": "License :: OSI Approved :: BSD License", "c": "Apache-2.0 OR BSD-3-Clause"}
    assert audit.unfree(free) == []
    assert len(audit.unfree({"d": "", "e": "Proprietary", "f": "GPL-3.0-only"})) == 3


def _tool(folder, monkeypatch, script):
    tool = folder / "pip-audit"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def _said(vulns):
    return f"""echo '{{"dependencies": [{{"name": "a", "version": "1", "vulns": {vulns}}}]}}'"""


def test_advisories_or_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(audit.shutil, "which", lambda _name: None)
    assert "install pip-audit" in audit.advisories(venv.LOCK)[1]
    monkeypatch.undo()
    _tool(tmp_path, monkeypatch, "echo no network >&2; exit 1")
    assert audit.advisories(venv.LOCK) == (
        0,
        "No source of advisories answered pip-audit: ask again where it can reach one.",
    )
    _tool(tmp_path, monkeypatch, _said('[{"id": "X-1"}]'))
    assert audit.advisories(venv.LOCK) == (1, "a 1: X-1")
    _tool(tmp_path, monkeypatch, _said("[]"))
    assert audit.advisories(venv.LOCK) == (0, "pip-audit knows of no advisory.")

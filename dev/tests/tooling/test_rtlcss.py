"""Style sheets are mirrored by a program that anybody's machine can get."""

import os
import shutil
import subprocess

import pytest

from dev.machine import cache, rtlcss
from dev.machine.progress import Stop


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A cache that holds nothing yet."""
    monkeypatch.setattr(rtlcss, "folder", lambda: tmp_path / "rtlcss")
    return tmp_path / "rtlcss"


def test_it_mirrors():
    rtlcss.prepare()
    program = shutil.which("rtlcss", path=rtlcss.search_path(""))
    source = "a { padding-left: 1px; float: right }"
    result = subprocess.run([program, "-"], input=source, capture_output=True, text=True, check=True)
    assert "padding-right: 1px" in result.stdout
    assert "float: left" in result.stdout


def test_a_machine_without_npm_takes_it_from_a_python_package(empty, monkeypatch, tmp_path):
    commands = []
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(rtlcss, "_run", lambda command, _cwd: commands.append([str(part) for part in command]))
    rtlcss.prepare()
    assert [command[0].rsplit("/", 1)[1] for command in commands] == ["python", "node", "rtlcss"]
    assert str(rtlcss.NPM_LOCK) in commands[0]
    assert commands[1][1].endswith("npm-cli.js")


def test_without_it_the_other_tests_go_on(empty, monkeypatch):
    said = []
    def refuse(_command, _cwd):
        raise Stop("rtlcss could not be had (npm error network).")

    monkeypatch.setattr(rtlcss, "_run", refuse)
    monkeypatch.setattr(rtlcss, "say", said.append)
    rtlcss.prepare()
    assert "are skipped" in said[0]
    assert not cache.is_complete(empty)
    assert rtlcss.search_path(os.defpath) == os.defpath

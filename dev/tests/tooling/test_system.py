"""What the machine lacks is said once, completely."""

import os

import pytest

from dev.machine import apt, system
from dev.machine.progress import Stop


@pytest.fixture(autouse=True)
def _bare_machine(monkeypatch):
    monkeypatch.setattr(system, "CHECKS", dict.fromkeys(system.CHECKS, lambda: False))


def test_an_ordinary_user_is_told_everything_in_one_sentence(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Stop, match="apt-get install python3-venv postgresql chromium$"):
        system.require(system.VENV, system.POSTGRESQL, system.BROWSER)


def test_root_installs_everything_at_once(monkeypatch):
    asked = []
    monkeypatch.setattr(apt, "install", asked.append)
    system.require(system.VENV, system.POSTGRESQL)
    assert asked == [["python3-venv", "postgresql"]]


def test_what_is_there_is_not_asked_for(monkeypatch):
    monkeypatch.setitem(system.CHECKS, system.VENV, lambda: True)
    asked = []
    monkeypatch.setattr(apt, "install", asked.append)
    system.require(system.VENV)
    assert not asked

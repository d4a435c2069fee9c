"""The environment is made from the Python that runs Odoo fastest."""

import json
import sys

import pytest

from dev.machine import venv

OWN = (sys.executable, ".".join(map(str, sys.version_info[:3])), "/elsewhere")


@pytest.fixture(name="distribution")
def _distribution(monkeypatch, tmp_path):
    """Put a program that prints what it is given in the place of the distribution's Python."""
    program = tmp_path / "python3"
    monkeypatch.setattr(venv, "DISTRIBUTION", program)
    monkeypatch.setattr(sys, "base_prefix", "/elsewhere")

    def answer(text):
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
        program.chmod(0o755)
        return str(program)

    return answer


def test_the_distributions_own_is_taken(distribution):
    program = distribution(json.dumps([[3, 11, 2], "/usr"]))
    assert venv.base.__wrapped__() == (program, "3.11.2", "/usr")


@pytest.mark.parametrize("text", [json.dumps([[3, 9, 2], "/usr"]), json.dumps([[3, 14, 0], "/usr"]), "no module"])
def test_one_that_does_not_fit_is_left(distribution, text):
    distribution(text)
    assert venv.base.__wrapped__() == OWN


@pytest.mark.usefixtures("distribution")
def test_there_may_be_none():
    assert venv.base.__wrapped__() == OWN


def test_it_is_not_asked_about_itself(distribution, monkeypatch):
    distribution(json.dumps([[3, 11, 2], "/usr"]))
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    assert venv.base.__wrapped__()[0] == sys.executable

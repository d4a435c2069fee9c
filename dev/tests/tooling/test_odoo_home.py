"""Odoo is found in the layouts people have it in."""

import pytest

from dev.machine import odoo_home
from dev.machine.progress import Stop

RELEASE = "version_info = ({}, {}, 0, FINAL, 0, '')\n"


def make(folder, series=(19, 0)):
    (folder / "odoo" / "addons").mkdir(parents=True)
    (folder / "odoo" / "release.py").write_text(RELEASE.format(*series), encoding="utf-8")
    return folder


def test_a_source_checkout(tmp_path):
    make(tmp_path)
    (tmp_path / "addons").mkdir()
    found = odoo_home.find_odoo(tmp_path)
    assert found.packages == tmp_path
    assert found.addons == (tmp_path / "addons", tmp_path / "odoo" / "addons")
    assert found.version.startswith("19.0")
    assert found.version != odoo_home.find_odoo(make(tmp_path / "other")).version


def test_an_unpacked_debian_package(tmp_path):
    packages = make(tmp_path / "usr/lib/python3/dist-packages")
    found = odoo_home.find_odoo(tmp_path)
    assert found.packages == packages
    assert found.addons == (packages / "odoo" / "addons",)


def test_another_series_is_refused(tmp_path):
    make(tmp_path, (18, 0))
    with pytest.raises(Stop, match=r"Odoo 18\.0.*needs Odoo 19\.0"):
        odoo_home.find_odoo(tmp_path)


def test_a_folder_without_odoo_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ODOO_HOME", str(tmp_path))
    with pytest.raises(Stop, match="ODOO_HOME"):
        odoo_home.odoo_home()

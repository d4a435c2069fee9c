"""What ARGS means."""

import pytest

from dev.machine.progress import Stop
from dev.testing import suites


def test_nothing_means_everything():
    assert set(suites.choose("").suites) == set(suites.ALL)


def test_one_suite_with_arguments_for_pytest():
    chosen = suites.choose("pure -k 'codec and not slow' -x")
    assert chosen.suites == {"pure": ""}
    assert chosen.extra == ("-k", "codec and not slow", "-x")


def test_odoo_test_tags_follow_a_colon():
    assert suites.choose("odoo:/xero_connector:TestPush").suites == {"odoo": "/xero_connector:TestPush"}


def test_several_suites():
    assert list(suites.choose("pure simulator").suites) == ["pure", "simulator"]


def test_a_wrong_name_is_refused_with_the_right_ones():
    with pytest.raises(Stop, match="no suite 'prue'.*pure"):
        suites.choose("prue")


def test_every_suite_of_pytest_has_tests():
    for name in suites.PYTEST_SUITES:
        assert list((suites.TESTS / name).glob("test_*.py")), name


def test_the_parts_of_a_suite_are_all_of_it(monkeypatch):
    seen = []
    monkeypatch.setattr(suites, "_pytest_job", lambda suite, name, tests, extra=(): seen.append((name, tests)))
    suites.pytest_jobs("system", ())
    assert len(seen) == len(dict(seen)) == suites.SYSTEM_PARTS
    files = [file for _name, tests in seen for file in tests]
    assert sorted(files) == sorted((suites.TESTS / "system").glob("test_*.py"))
    suites.pytest_jobs("system", ("-k", "keys"))
    assert seen[-1] == ("system", [suites.TESTS / "system"])

"""Counting what pytest reports, also when it broke off."""

import pytest

from dev.testing import counts
from dev.testing.counts import Counts

XML = '<testsuites><testsuite tests="{}" failures="{}" errors="{}" skipped="{}"/></testsuites>'


@pytest.mark.parametrize(
    ("tests", "code", "expected"),
    [
        ((5, 0, 0, 0), 0, Counts(5, 0, 0)),
        ((5, 1, 1, 1), 1, Counts(2, 2, 1)),
        ((5, 0, 0, 0), -9, Counts(5, 1, 0)),
        ((0, 0, 0, 0), 5, Counts(0, 1, 0)),
        ((0, 0, 0, 0), 0, Counts(0, 1, 0)),
        ((2, 0, 0, 2), 0, Counts(0, 0, 2)),
    ],
)
def test_counts_of_a_report(tmp_path, tests, code, expected):
    report = tmp_path / "report.xml"
    report.write_text(XML.format(*tests), encoding="utf-8")
    assert counts.of_pytest(report, code) == expected


def test_a_missing_or_torn_report_is_a_failure(tmp_path):
    report = tmp_path / "report.xml"
    assert counts.of_pytest(report, 0) == Counts(failed=1)
    report.write_text("<testsuites><testsuite", encoding="utf-8")
    assert counts.of_pytest(report, 0) == Counts(failed=1)


def test_the_last_line():
    assert str(Counts(3, 1, 2) + Counts(1, 0, 0)) == "4 passed, 1 failed"

"""What counts as a failure in Odoo's log."""

from dev.testing import odoo_log

HEAD = "2026-01-02 03:04:05,678 12 {level} db {logger}: {text}"
TESTS = "odoo.addons.xero_connector.tests.test_x"


def line(text, level="INFO", logger="odoo.modules.loading"):
    return HEAD.format(level=level, logger=logger, text=text)


def summary(failed, errors, tests, level="INFO"):
    text = f"{failed} failed, {errors} error(s) of {tests} tests when loading database 'db'"
    return line(text, level, "odoo.tests.result")


def test_a_good_run_is_counted():
    result = odoo_log.read([line("Starting TestX.test_a ...", logger=TESTS), summary(0, 0, 5)])
    assert (result.passed, result.failed, result.complete) == (5, 0, True)


def test_skipped_tests_did_not_pass():
    result = odoo_log.read([line("skipped TestX.test_a : no browser", logger=TESTS), summary(0, 0, 5)])
    assert (result.passed, result.skipped) == (4, 1)


def test_failures_are_counted_once_and_shown_with_their_traceback():
    lines = [line("FAIL: TestX.test_a", "ERROR", TESTS), "Traceback (most recent call last):", "AssertionError"]
    result = odoo_log.read([*lines, summary(1, 0, 5, "ERROR")])
    assert (result.passed, result.failed, len(result.complaints)) == (4, 1, 0)
    assert "AssertionError" in result.failures[0].text


def test_a_run_without_summary_is_not_complete():
    assert not odoo_log.read([line("Starting TestX.test_a ...", logger=TESTS)]).complete


def test_a_warning_of_the_addon_counts():
    for record in (
        line("slow", "WARNING", "odoo.addons.xero_connector.models.link.xero_link"),
        line("The model xero.thing has no access rules", "WARNING", "odoo.modules.loading"),
    ):
        assert len(odoo_log.read([record]).complaints) == 1


def test_a_warning_about_something_else_does_not_count():
    assert not odoo_log.read([line("no such font", "WARNING", "odoo.addons.base.models.ir_actions_report")]).complaints


def test_any_error_counts():
    assert odoo_log.read([line("bad query", "ERROR", "odoo.sql_db")]).complaints


def test_a_browser_warning_counts_only_when_it_is_about_the_addon():
    browser = f"{TESTS}.TestUi.test_tour.browser"
    assert not odoo_log.read([line("slow network", "WARNING", browser)]).complaints
    assert odoo_log.read([line("xero_connector.status: unknown", "WARNING", browser)]).complaints


def test_the_text_of_a_server_gives_its_complaints():
    text = "\n".join([line("fine"), line("broken", "ERROR", "odoo.http"), "Traceback", "KeyError: 'x'"])
    assert odoo_log.complaints(text) == ["ERROR odoo.http: broken\nTraceback\nKeyError: 'x'"]

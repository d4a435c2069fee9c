"""What is judged well, in need of attention or broken: the whole table as data, without a database."""

from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace

from odoo.tests import BaseCase, tagged

from ..models.health import check as rules
from ..models.health import checks, forecast
from ..models.health.charts import last_hours, queue_over_time
from ..models.health.check import ATTENTION, BROKEN, OK, Facts, Flow
from ..models.health.checks.connection import Scopes

NOW = datetime(2026, 5, 4, 12, 30)


def ago(**span):
    return NOW - timedelta(**span)


def ahead(**span):
    return NOW + timedelta(**span)


ALL_SCOPES = frozenset([*rules.NEEDED_SCOPES, "accounting.attachments"])
HALF_HOURLY = timedelta(minutes=30)
HEALTHY = Facts(
    now=NOW,
    connected_at=ago(days=90),
    consent_ends_at=ahead(days=59),
    requested_scopes=ALL_SCOPES,
    granted_scopes=ALL_SCOPES,
    flows=(Flow("contacts_in", ago(minutes=20), HALF_HOURLY), Flow("reference", ago(hours=19), timedelta(hours=20))),
    done_day=100,
    day_limit=1000,
    day_remaining=900,
    reserve_percent=20,
    limits_at=ago(minutes=5),
    day_began_at=ago(hours=10),
    webhook_key_set=True,
    webhook_seen_at=ago(hours=1),
    changes_read_at=ago(hours=2),
    worker_seen_at=ago(minutes=1),
)


def contacts(**span):
    return (Flow("contacts_in", ago(**span), HALF_HOURLY),)


def refused(**span):
    return {"webhook_refused_at": ago(**span), "webhook_refused": 3}


# (topic, what differs from a healthy connection, level, code, whether people are told)
TABLE = [
    ("connection", {}, OK, "ok", False),
    ("connection", {"is_copy": True}, BROKEN, "copy", False),
    ("connection", {"state": "reauth", "reason": "Ended"}, BROKEN, "parked", True),
    ("connection", {"state": "new"}, ATTENTION, "new", False),
    ("connection", {"state": "choose"}, ATTENTION, "choose", False),
    ("connection", {"state": "disconnected"}, ATTENTION, "disconnected", False),
    ("connection", {"paused_until": ahead(minutes=4)}, ATTENTION, "paused", False),
    ("connection", {"paused_until": ago(minutes=4)}, OK, "ok", False),
    ("connection", {"paused_until": ahead(hours=4), "day_remaining": 0}, OK, "ok", False),
    ("consent", {}, OK, "ends", False),
    ("consent", {"needs_consent": False, "consent_ends_at": None}, OK, "none_needed", False),
    ("consent", {"consent_ends_at": None}, OK, "unknown", False),
    ("consent", {"consent_ends_at": ahead(days=14)}, OK, "ends", False),
    ("consent", {"consent_ends_at": ahead(days=10)}, ATTENTION, "ends_soon", False),
    ("consent", {"consent_ends_at": ahead(days=7)}, ATTENTION, "ends_soon", False),
    ("consent", {"consent_ends_at": ahead(days=6)}, ATTENTION, "ends_soon", True),
    ("consent", {"consent_ends_at": NOW}, BROKEN, "ended", True),
    ("consent", {"consent_ends_at": NOW, "state": "reauth"}, OK, "unknown", False),
    ("scopes", {}, OK, "ok", False),
    ("scopes", {"granted_scopes": frozenset()}, OK, "ok", False),
    ("scopes", {"granted_scopes": ALL_SCOPES - {"accounting.payments"}}, BROKEN, "missing", False),
    ("scopes", {"granted_scopes": ALL_SCOPES - {"accounting.attachments"}}, ATTENTION, "missing", False),
    ("workers", {}, OK, "ok", False),
    ("workers", {"workers_active": 0}, BROKEN, "off", True),
    ("workers", {"worker_seen_at": ago(minutes=20)}, OK, "ok", False),
    ("workers", {"worker_seen_at": ago(minutes=21)}, BROKEN, "silent", True),
    ("workers", {"worker_seen_at": ago(minutes=21), "state": "disconnected"}, BROKEN, "silent", False),
    ("workers", {"worker_seen_at": None}, OK, "ok", False),
    ("queue", {}, OK, "empty", False),
    ("queue", {"waiting": 3, "due_since": ago(minutes=2)}, OK, "waiting", False),
    ("queue", {"waiting": 3, "due_since": ago(minutes=46)}, BROKEN, "stands", True),
    ("queue", {"waiting": 3, "due_since": ago(hours=9), "paused_until": ahead(hours=1)}, OK, "waiting", False),
    ("queue", {"waiting": 3, "due_since": ago(hours=9), "day_remaining": 100}, OK, "waiting", False),
    ("queue", {"waiting": 3, "due_since": ago(hours=9), "state": "reauth"}, OK, "waiting", False),
    ("queue", {"waiting": 1, "running_since": ago(minutes=21)}, BROKEN, "hangs", True),
    ("queue", {"waiting": 3, "due_since": ago(days=2), "is_holding": True}, ATTENTION, "held", False),
    ("queue", {"waiting": 3, "is_holding": True, "state": "reauth"}, OK, "waiting", False),
    ("failures", {}, OK, "ok", False),
    ("failures", {"failed": 1}, ATTENTION, "failed", False),
    ("failures", {"failed": 9, "done_day": 1000}, ATTENTION, "failed", False),
    ("failures", {"failed": 10, "done_day": 1000}, ATTENTION, "failed", True),
    ("failures", {"failed": 1000, "done_day": 0}, ATTENTION, "failed", True),
    ("failures", {"failed": 2, "done_day": 2}, ATTENTION, "failed", False),
    ("failures", {"failed": 3, "done_day": 57}, ATTENTION, "failed", True),
    ("failures", {"failed": 3, "done_day": 58}, ATTENTION, "failed", False),
    ("failures", {"failed": 50, "failed_limit": 0, "failed_percent_limit": 0}, ATTENTION, "failed", False),
    ("silence", {}, OK, "ok", False),
    ("silence", {"flows": contacts(minutes=89)}, OK, "ok", False),
    ("silence", {"flows": contacts(minutes=91)}, ATTENTION, "late", False),
    ("silence", {"flows": contacts(minutes=181)}, BROKEN, "silent", True),
    ("silence", {"flows": contacts(minutes=181), "silent_hours": 4}, ATTENTION, "late", False),
    ("silence", {"flows": contacts(minutes=181), "state": "reauth"}, OK, "ok", False),
    ("silence", {"flows": contacts(days=2), "is_holding": True}, OK, "ok", False),
    ("silence", {"flows": contacts(minutes=181), "day_remaining": 0}, BROKEN, "silent", False),
    ("silence", {"flows": (Flow("contacts_in", None, HALF_HOURLY),)}, BROKEN, "silent", True),
    ("silence", {"flows": (Flow("contacts_in", None, HALF_HOURLY),), "connected_at": ago(minutes=5)}, OK, "ok", False),
    ("silence", {"flows": (Flow("reference", ago(hours=53), timedelta(hours=20)),)}, OK, "ok", False),
    ("silence", {"flows": (Flow("reference", ago(hours=55), timedelta(hours=20)),)}, BROKEN, "silent", True),
    ("calls", {}, OK, "left", False),
    ("calls", {"limits_at": None}, OK, "unknown", False),
    ("calls", {"day_remaining": 199}, ATTENTION, "reserve", False),
    ("calls", {"day_remaining": 0}, BROKEN, "used_up", True),
    ("calls", {"day_remaining": 0, "limits_at": ago(hours=25)}, OK, "left", False),
    ("calls", {"day_remaining": 0, "limits_at": ago(hours=11), "day_began_at": ago(hours=34)}, OK, "left", False),
    ("webhook", {}, OK, "seen", False),
    ("webhook", {"webhook_key_set": False}, OK, "none", False),
    ("webhook", {"webhook_key_set": False, **refused(hours=1)}, ATTENTION, "keyless", False),
    ("webhook", {"webhook_seen_at": None, **refused(hours=1)}, ATTENTION, "refused", False),
    ("webhook", {"webhook_seen_at": ago(hours=2), **refused(hours=1)}, ATTENTION, "refused", False),
    ("webhook", {"webhook_seen_at": ago(hours=27), **refused(hours=1)}, ATTENTION, "refused", True),
    ("webhook", {"webhook_seen_at": ago(hours=1), **refused(minutes=51)}, OK, "seen", False),
    ("webhook", {"webhook_seen_at": ago(hours=1), **refused(hours=2)}, OK, "seen", False),
    ("webhook", {"webhook_seen_at": ago(days=9), "changes_read_at": None, **refused(days=8)}, OK, "seen", False),
    ("webhook", {"webhook_seen_at": None}, ATTENTION, "never", False),
    ("webhook", {"webhook_seen_at": None, "connected_at": ago(hours=2)}, OK, "never", False),
    ("webhook", {"webhook_seen_at": ago(hours=27)}, ATTENTION, "disabled", True),
    ("webhook", {"webhook_seen_at": ago(days=9), "changes_read_at": None}, OK, "seen", False),
    ("clock", {"clock_offset": -60.4}, OK, "ok", False),
    ("clock", {"clock_offset": -61.0}, ATTENTION, "off", False),
    ("mapping", {"mapping_gaps": 1}, ATTENTION, "gaps", False),
    ("conflicts", {"conflicts": 2}, ATTENTION, "open", False),
    ("drafts", {"old_drafts": 3}, ATTENTION, "old", False),
    ("marks", {"false_marks_at": ago(days=6)}, ATTENTION, "false", True),
    ("books", {"differences": 0, "reconciled_at": ago(days=1)}, OK, "agree", False),
    ("books", {"differences": 4, "reconciled_at": ago(days=1)}, ATTENTION, "differ", True),
    ("books", {"differences": 4, "reconciled_at": ago(days=1), "books_by_person": True}, ATTENTION, "differ", False),
    ("books", {"differences": 0, "reconciled_at": ago(days=9), "books_failed_at": ago(days=1)},
     ATTENTION, "failed", True),
    ("books", {"books_failed_at": ago(days=1)}, ATTENTION, "failed", True),
    ("books", {"differences": 0, "books_waiting": 9, "reconciled_at": ago(days=1)}, ATTENTION, "waiting", False),
    ("books", {"differences": 0}, OK, "never", False),
]


@tagged("post_install", "-at_install")
class TestHealthJudge(BaseCase):
    def test_the_table(self):
        for topic, differs, level, code, alert in TABLE:
            with self.subTest(topic=topic, **differs):
                found = {finding.topic: finding for finding in checks.judge(replace(HEALTHY, **differs))}[topic]
                self.assertEqual((found.level, found.code, found.alert), (level, code, alert))

    def test_a_healthy_connection_is_healthy(self):
        self.assertEqual(checks.worst(checks.judge(HEALTHY)), OK)

    def test_an_incident_needs_half_of_the_threshold_to_close(self):
        def told(failed, is_open, **values):
            facts = replace(HEALTHY, failed=failed, done_day=10_000, **values)
            findings = checks.judge(facts, frozenset(["failures"]) if is_open else frozenset())
            return next(finding.alert for finding in findings if finding.topic == "failures")

        self.assertEqual([told(failed, False) for failed in (9, 10)], [False, True])
        self.assertEqual([told(failed, True) for failed in (9, 5, 4)], [True, True, False])

    def test_a_broad_permission_covers_the_narrow_ones(self):
        broad = frozenset(
            ["accounting.transactions", "accounting.contacts", "accounting.settings", "accounting.attachments"]
        )
        self.assertEqual(rules.missing_scopes(ALL_SCOPES, broad), [])
        self.assertEqual(
            rules.missing_scopes(ALL_SCOPES - {"accounting.attachments"}, frozenset(["accounting.contacts"])),
            ["accounting.invoices", "accounting.payments", "accounting.settings.read"],
        )

    def test_a_permission_for_more_is_missed_and_stops_nothing_else(self):
        asked = ALL_SCOPES | {"accounting.manualjournals", "accounting.reports.trialbalance.read", "openid"}
        facts = replace(HEALTHY, requested_scopes=asked, granted_scopes=ALL_SCOPES)
        found = next(finding for finding in checks.judge(facts) if finding.topic == "scopes")
        self.assertEqual(found.level, ATTENTION)
        self.assertEqual(
            found.values["scopes"], ["accounting.manualjournals", "accounting.reports.trialbalance.read"]
        )
        everything = ["accounting.transactions", "accounting.contacts", "accounting.settings.read"]
        everything += ["accounting.attachments", "accounting.reports.read"]
        self.assertEqual(rules.missing_scopes(asked, frozenset(everything)), [])
        self.assertEqual(rules.missing_scopes(asked, frozenset()), [])

    def test_what_two_permissions_are_for_is_said_once(self):
        missing = {"scopes": ["accounting.banktransactions", "accounting.banktransactions.read"]}
        env = SimpleNamespace(_=lambda text, **values: text % values if values else text)
        self.assertEqual(Scopes().sentence(env, "missing", missing).count("money spent"), 1)


@tagged("post_install", "-at_install")
class TestHealthForecast(BaseCase):
    def test_the_day_goes_on_at_its_pace(self):
        usage = forecast.day_end(HEALTHY, 30, 3)
        self.assertEqual((usage["used"], usage["limit"], usage["ends_at"]), (100, 1000, ahead(hours=14)))
        self.assertEqual(usage["expected"], 100 + 14 * 10)
        self.assertFalse(usage["exceeds"])

    def test_a_backlog_counts_and_the_limit_is_the_end(self):
        usage = forecast.day_end(replace(HEALTHY, waiting=50_000), 0, 3)
        self.assertEqual((usage["expected"], usage["exceeds"]), (1000, True))

    def test_before_the_first_answer_nothing_is_said(self):
        self.assertEqual(forecast.day_end(replace(HEALTHY, limits_at=None), 5, 3), {})

    def test_a_queue_ends_soon_or_in_days(self):
        self.assertIsNone(forecast.backlog_done_in(HEALTHY, 0))
        self.assertLess(forecast.backlog_done_in(replace(HEALTHY, waiting=100), 0), timedelta(minutes=1))
        # 3,000 calls: 700 are free today, 800 on each day after, so the last 700 go on the third day from the next.
        days = forecast.backlog_done_in(replace(HEALTHY, waiting=100_000), 0)
        self.assertGreater(days, timedelta(hours=14 + 48))
        self.assertLess(days, timedelta(hours=14 + 72))

    def test_the_queue_is_counted_back(self):
        hours = last_hours(NOW)
        rows = [(hours[-1], None, 2), (hours[-3], hours[-2], 5), (datetime(2026, 1, 1), None, 1)]
        series = queue_over_time(hours, NOW, 3, rows)
        self.assertEqual(series[-4:], [1, 6, 1, 3])
        self.assertEqual(len(series), 24)

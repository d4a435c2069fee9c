from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import SQL, mute_logger

from ..models.privacy import xero_retention

MANY = 100_000
LOGGER = "odoo.addons.xero_connector.models.privacy.xero_retention"


# What people set up, what stands for a record of the books or of Xero's lists, and what is one for each of these.
ENDLESS = {
    # A row for each over- or prepayment and each transfer of Xero.
    "xero.bank.sighting",
    # A row for each day of a currency, each foreign document of Xero, and each currency that was asked for.
    *("xero.rate", "xero.rate.sighting", "xero.currency.request"),
    *("xero.connection", "xero.credential", "xero.lane", "xero.setup", "xero.sync.cursor", "xero.click"),
    *("xero.account", "xero.tax.rate", "xero.currency", "xero.branding.theme"),
    *("xero.tracking.category", "xero.tracking.option"),
    *("xero.mapping.account", "xero.mapping.journal", "xero.mapping.tax", "xero.mapping.tracking"),
    *("xero.field.rule", "xero.field.rule.value", "xero.field.target"),
    *("xero.link", "xero.payment.part", "xero.reconciliation.ignore"),
    # Ends when the person is erased.
    "xero.erasure",
}


class RetentionCommon(TransactionCase):
    """Connections that talk to nobody, and rows put in by SQL."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        credential = cls.env["xero.credential"].create({"name": "App", "client_id": "client"})
        cls.connection, cls.other = cls.env["xero.connection"].create(
            [
                {"company_id": cls.env["res.company"].create({"name": name}).id, "credential_id": credential.id}
                for name in ("Kept", "Kept Longer")
            ]
        )
        cls.company = cls.connection.company_id
        cls.now = fields.Datetime.now()

    def insert(self, table, count=1, connection=None, **values):
        """Put ``count`` equal rows in; a value that is ``SQL`` may use ``n``, the number of the row."""
        connection = connection or self.connection
        values = {"connection_id": connection.id, **values}
        if self.env["xero.link"]._fields and "company_id" not in values and self.has_column(table, "company_id"):
            values["company_id"] = connection.company_id.id
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (%s) SELECT %s FROM generate_series(1, %s) AS n RETURNING id",
                SQL.identifier(table),
                SQL(", ").join(map(SQL.identifier, values)),
                SQL(", ").join(value if isinstance(value, SQL) else SQL("%s", value) for value in values.values()),
                count,
            )
        )
        return [row_id for [row_id] in self.env.cr.fetchall()]

    def has_column(self, table, column):
        self.env.cr.execute(
            "SELECT FROM information_schema.columns WHERE table_name = %s AND column_name = %s", [table, column]
        )
        return bool(self.env.cr.rowcount)

    def count(self, table, where="TRUE"):
        self.env.cr.execute(SQL("SELECT count(*) FROM %s WHERE %s", SQL.identifier(table), SQL(where)))
        return self.env.cr.fetchone()[0]

    def ago(self, days):
        return self.now - timedelta(days=days)

    def job(self, count=1, days=31, state="done", operation="push", **values):
        return self.insert(
            "xero_sync_job",
            count,
            **{"operation": operation, "xero_type": "Invoice", "res_model": "account.move", "state": state,
               "res_id": SQL("n"), "priority": 10, "rank": 50, "run_after": self.now, "done_at": self.ago(days),
               **values},
        )  # fmt: skip

    def log(self, count=1, days=181, **values):
        return self.insert("xero_log", count, direction="out", create_date=self.ago(days), **values)

    def event(self, count=1, days=31, state="queued", **values):
        return self.insert(
            "xero_webhook_event",
            count,
            **{"category": "INVOICE", "digest": SQL("%s || n", str(days) + state), "state": state,
               "create_date": self.ago(days), **values},
        )  # fmt: skip

    def batch(self, count=1, days=181, state="done"):
        return self.insert(
            "xero_sync_batch", count, method="PUT", resource="Invoices", xero_type="Invoice", idempotency_key="k",
            correlation_id="c", digest="d", state=state, started_at=self.ago(days),
        )  # fmt: skip

    def snapshot(self, days=31, state="ready", kinds='["Invoice"]', elements=0, **values):
        [snapshot_id] = self.insert(
            "xero_snapshot", kinds=kinds, state=state, create_date=self.ago(days), finished_at=self.ago(days), **values
        )
        if elements:
            self.insert(
                "xero_snapshot_element", elements, snapshot_id=snapshot_id, xero_type="Invoice",
                xero_id=SQL("'id' || n"), number=SQL("'INV' || n"),
            )  # fmt: skip
        return snapshot_id

    def conflict(self, days=366, state="settled", **values):
        [link_id] = self.insert(
            "xero_link", xero_type="Contact", res_model="res.partner", state="synced",
            res_id=self.env["res.partner"].create({"name": "Party"}).id,
        )  # fmt: skip
        [conflict_id] = self.insert(
            "xero_conflict",
            **{"link_id": link_id, "kind": "both", "state": state, "settled_at": self.ago(days), "element": "{}",
               "base_view": "{}", **values},
        )  # fmt: skip
        self.env.cr.execute(
            "INSERT INTO xero_conflict_line (conflict_id, name, choice) VALUES (%s, 'name', 'odoo')", [conflict_id]
        )
        return conflict_id

    def clean(self):
        """Clean as Odoo's cleaner does, until nothing is left; return the rows that went and the rounds."""
        total, rounds, more = 0, 0, 1
        while more:
            done, more = self.env["xero.retention"]._gc_ended()
            total, rounds = total + done, rounds + 1
            self.assertLess(rounds, 500, "Cleaning does not end")
        return total, rounds

    def left(self, model, ids):
        return self.env[model].browse(ids).exists().ids


@tagged("post_install", "-at_install")
class TestRetention(RetentionCommon):
    def test_what_is_done_ends_and_what_is_needed_stays(self):
        ended = {
            "xero.sync.job": self.job() + self.job(state="cancelled") + self.job(days=8, operation="pull"),
            "xero.log": self.log(),
            "xero.webhook.event": self.event(),
            "xero.sync.batch": self.batch(),
            "xero.preview": self.insert("xero_preview", kind="queue", state="ready", create_date=self.ago(31)),
            "xero.conflict": [self.conflict()],
            "xero.reconciliation": self.insert("xero_reconciliation", state="done", create_date=self.ago(366)),
            "xero.match": self.insert(
                "xero_match", state="done", stage="contacts", differences="keep", finished_at=self.ago(366)
            ),
            "xero.alert": self.insert(
                "xero_alert", topic="queue", code="x", state="closed", opened_at=self.ago(200), closed_at=self.ago(181)
            ),
            "xero.run": self.insert("xero_run", kind="resync", state="done", finished_at=self.ago(366)),
            "xero.snapshot": [self.snapshot(), self.snapshot(days=10, state="failed")],
        }
        odd = {"xero_type": "Invoice", "kind": "form", "digest": "d", "first_seen_at": self.ago(400), "seen_count": 1}
        ended["xero.quarantine"] = [
            *self.insert("xero_quarantine", key="a", state="over", last_seen_at=self.ago(31), **odd),
            *self.insert("xero_quarantine", key="b", state="dismissed", last_seen_at=self.ago(31), **odd),
        ]
        waiting = self.job(state="failed", days=400)
        told = self.log(days=400)
        self.env.cr.execute("INSERT INTO xero_log_job_rel (log_id, job_id) VALUES (%s, %s)", [told[0], waiting[0]])
        reviewed = self.snapshot(days=100)
        needed = {
            "xero.sync.job": waiting
            + self.job(days=29)
            + self.job(days=6, operation="pull")
            + self.job(days=400, state="dead", res_id=2),
            "xero.log": told + self.log(days=179),
            "xero.webhook.event": self.event(days=400, state="new") + self.event(days=29),
            "xero.sync.batch": self.batch(days=400, state="unknown")
            + self.batch(days=400, state="sent")
            + self.batch(days=179),
            "xero.preview": self.insert("xero_preview", kind="queue", state="ready", create_date=self.ago(29)),
            "xero.conflict": [self.conflict(days=400, state="open"), self.conflict(days=364)],
            "xero.reconciliation": self.insert("xero_reconciliation", state="done", create_date=self.ago(364)),
            "xero.match": self.insert(
                "xero_match", state="review", stage="contacts", differences="keep", snapshot_id=reviewed
            ),
            "xero.alert": self.insert("xero_alert", topic="queue", code="x", state="open", opened_at=self.ago(400)),
            "xero.run": self.insert("xero_run", kind="resync", state="paused", finished_at=self.ago(366)),
            "xero.snapshot": [reviewed, self.snapshot(days=29)],
            "xero.quarantine": [
                *self.insert("xero_quarantine", key="c", state="open", last_seen_at=self.ago(29), **odd),
                *self.insert("xero_quarantine", key="d", state="dismissed", last_seen_at=self.ago(29), **odd),
            ],
        }
        self.clean()
        for model, ids in ended.items():
            with self.subTest(f"{model}: ended"):
                self.assertFalse(self.left(model, ids))
        for model, ids in needed.items():
            with self.subTest(f"{model}: needed"):
                self.assertEqual(self.left(model, ids), ids)

    def test_every_table_has_an_end_or_grows_with_what_people_set_up(self):
        rules = self.env["xero.retention"]._rules()
        tables = {self.env[rule.model]._table for rule in rules} | {part for rule in rules for part, _by in rule.parts}
        stored = [
            model
            for name, model in self.env.registry.items()
            if name.startswith("xero.") and model._auto and not model._abstract and not model._transient
        ]
        # What belongs to a row that ends goes with it.
        owned = {
            model._table
            for model in stored
            for field in model._fields.values()
            if field.type == "many2one" and field.ondelete == "cascade" and field.required
            and self.env[field.comodel_name]._table in tables
        }  # fmt: skip
        endless = {model._name for model in stored if model._table not in tables | owned}
        self.assertEqual(endless, ENDLESS)

    def test_periods_are_those_of_each_connection(self):
        self.other.keep_work_days = 60
        mine, theirs = self.job(days=31), self.job(days=31, connection=self.other)
        self.other.active = False
        self.clean()
        self.assertFalse(self.left("xero.sync.job", mine))
        self.assertEqual(self.left("xero.sync.job", theirs), theirs)
        self.other.keep_work_days = 30
        self.clean()
        self.assertFalse(self.left("xero.sync.job", theirs))

    def test_only_the_newest_reading_stays(self):
        week = [self.snapshot(days=days, elements=3) for days in (28, 21, 14, 7)]
        other_kinds = self.snapshot(days=20, kinds='["Contact", "Item"]')
        reported = week[2]
        self.insert("xero_reconciliation", state="done", create_date=self.ago(14), snapshot_id=reported)
        today = self.snapshot(days=0, elements=3)
        self.clean()
        # That of today is too young to replace the one of last week.
        self.assertEqual(self.left("xero.snapshot", [*week, other_kinds, today]), [*week[2:], other_kinds, today])
        self.assertEqual(self.count("xero_snapshot_element", f"snapshot_id IN {(*week, today)!r}"), 9)

    def test_what_a_settled_conflict_was_about_goes_before_the_decision(self):
        young, old, open_one = self.conflict(days=29), self.conflict(days=31), self.conflict(days=31, state="open")
        self.clean()
        conflicts = self.env["xero.conflict"].browse([young, old, open_one])
        self.assertEqual([bool(conflict.element) for conflict in conflicts], [True, False, True])
        self.assertFalse(conflicts[1].base_view)
        self.assertTrue(conflicts[1].line_ids)

    def test_periods_have_bounds(self):
        for name, value in {"keep_work_days": 6, "keep_log_days": 29, "keep_reports_days": 5000,
                            "keep_copies_days": -1}.items():  # fmt: skip
            with self.subTest(name), self.assertRaises(psycopg2.errors.CheckViolation), mute_logger("odoo.sql_db"):
                with self.env.cr.savepoint():
                    self.connection[name] = value
                    self.connection.flush_recordset()

    def test_administrators_set_the_periods_of_their_company(self):
        manager = new_test_user(
            self.env,
            "retention_manager",
            "base.group_system,xero_connector.group_xero_manager",
            company_id=self.company.id,
            company_ids=[fields.Command.set(self.company.ids)],
        )
        settings = self.env["res.config.settings"].with_user(manager).with_company(self.company).create({})
        self.assertEqual((settings.xero_keep_work_days, settings.xero_keep_log_days), (30, 180))
        settings.xero_keep_log_days = 365
        settings.execute()
        self.assertEqual(self.connection.keep_log_days, 365)
        self.assertEqual(self.other.keep_log_days, 180)

    def test_a_rule_that_fails_stops_no_other(self):
        jobs = self.job()
        broken = xero_retention.Rule("xero.log", "keep_log_days", "no_such_column")
        rules = (broken, *xero_retention.RULES)
        with patch.object(xero_retention, "RULES", rules), mute_logger(LOGGER, "odoo.sql_db"):
            self.clean()
        self.assertFalse(self.left("xero.sync.job", jobs))

    def test_runs_that_were_started_are_kept_from_people(self):
        [run_id] = self.insert("xero_run", kind="resync", state="done", finished_at=self.now)
        manager = new_test_user(
            self.env,
            "retention_manager",
            "xero_connector.group_xero_manager",
            company_id=self.company.id,
            company_ids=[fields.Command.set(self.company.ids)],
        )
        with self.assertRaises(UserError):
            self.env["xero.run"].with_user(manager).browse(run_id).unlink()

    def test_messages_of_reports_go_with_them(self):
        [report_id] = self.insert("xero_reconciliation", state="done", create_date=self.ago(366))
        report = self.env["xero.reconciliation"].browse(report_id)
        message = report.message_post(body="Looked through")
        self.clean()
        self.assertFalse(message.exists())

    def test_a_recovery_ends_with_its_lines_and_an_open_one_stays(self):
        ended, recent, is_open = (
            self.insert("xero_recovery", kind="moved", reason="Restored", state=state, is_open=state == "decide",
                        create_date=self.ago(days))[0]
            for state, days in (("released", 181), ("copy", 179), ("decide", 500))
        )  # fmt: skip
        for recovery_id in (ended, is_open):
            self.env.cr.execute(
                """INSERT INTO xero_recovery_line (recovery_id, company_id, kind, xero_type, xero_id, name, state)
                   VALUES (%s, %s, 'lost', 'Contact', 'id', 'Kiwi', 'done')""",
                [recovery_id, self.company.id],
            )
        self.clean()
        self.assertEqual(self.left("xero.recovery", [ended, recent, is_open]), [recent, is_open])
        self.assertEqual(self.env["xero.recovery.line"].search([]).recovery_id.ids, [is_open])

    def test_links_forget_a_run_before_it_goes(self):
        [run_id] = self.insert("xero_run", kind="history", state="done", finished_at=self.ago(366))
        links = self.insert(
            "xero_link", 12, xero_type="Invoice", res_model="account.move", state="synced", run_id=run_id,
            res_id=SQL("900000000 + n"),
        )  # fmt: skip
        with patch.object(xero_retention, "BATCH", 5):
            self.clean()
        self.assertFalse(self.left("xero.run", [run_id]))
        self.assertEqual(self.left("xero.link", links), links)


@tagged("post_install", "-at_install")
class TestRetentionVolume(RetentionCommon):
    """A day of a million rows: many go with few statements, and nothing is read that stays."""

    def assert_cleaned(self, table, ended, per_row=1 / 1000):
        """Everything that has ended goes, with few statements, found by an index, and nothing else does."""
        self.env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))
        before, statements = self.count(table), self.env.cr.sql_log_count
        scans = self.scans(table)
        gone, rounds = self.clean()
        statements = self.env.cr.sql_log_count - statements - rounds * len(xero_retention.RULES) * 8
        self.assertEqual((gone, self.count(table)), (ended, before - ended))
        self.assertLess(statements, ended * per_row)
        self.assertFalse(scans, f"Cleaning reads all of {table}")
        return rounds

    def scans(self, table):
        """Return the plans of cleaning ``table`` that read it, or what belongs to it, from end to end."""
        found, retention = [], self.env["xero.retention"]
        for rule in retention._rules():
            if self.env[rule.model]._table != table:
                continue
            for connection_id, before in retention._periods(rule):
                query = retention._ended(rule, connection_id, before, xero_retention.BATCH)
                self.env.cr.execute(SQL("EXPLAIN %s", query))
                plan = "\n".join(line for [line] in self.env.cr.fetchall())
                if f"Seq Scan on {table} t" in plan:
                    found.append(plan)
        return found

    def test_jobs(self):
        self.job(MANY)
        self.job(20_000, days=2)
        self.job(20_000, days=100, connection=self.other, state="failed")
        self.assert_cleaned("xero_sync_job", MANY)

    def test_fetches(self):
        self.job(MANY, days=8, operation="pull")
        self.job(20_000, days=8)
        self.assert_cleaned("xero_sync_job", MANY)

    def test_log(self):
        self.log(MANY)
        self.log(20_000, days=10)
        self.assert_cleaned("xero_log", MANY)

    def test_events(self):
        self.event(MANY)
        self.event(20_000, days=10)
        self.event(10_000, days=50, state="new")
        self.assert_cleaned("xero_webhook_event", MANY)

    def test_batches(self):
        self.batch(MANY)
        self.batch(20_000, days=10)
        self.batch(10_000, days=300, state="unknown")
        self.assert_cleaned("xero_sync_batch", MANY)

    def test_snapshots(self):
        self.snapshot(days=9, elements=MANY)
        self.snapshot(days=2, elements=20_000)
        self.env.cr.execute("ANALYZE xero_snapshot_element")
        statements = self.env.cr.sql_log_count
        gone, _rounds = self.clean()
        self.assertEqual(gone, MANY + 1)
        self.assertEqual(self.count("xero_snapshot_element"), 20_000)
        self.assertLess(self.env.cr.sql_log_count - statements, 1500)

    def test_a_round_gives_each_rule_its_share(self):
        """With more than a share of time holds of one kind, the others are cleaned all the same."""
        self.job(30_000)
        log = self.log()
        with patch.object(xero_retention, "SHARE_SECONDS", 0), patch.object(xero_retention, "BATCH", 1000):
            done, more = self.env["xero.retention"]._gc_ended()
        self.assertTrue(more)
        self.assertLess(done, 3000)
        self.assertFalse(self.left("xero.log", log))

    def test_what_belongs_to_the_cleaned_is_found_by_an_index(self):
        """Every foreign key to a table that is cleaned: deleting a row never reads another table from end to end."""
        self.env.cr.execute(
            """SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text FROM pg_constraint c
                 JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
                WHERE c.contype = 'f' AND c.confrelid = ANY(%s::regclass[]) AND NOT EXISTS (
                      SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1]
                         AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) LIKE '%%IS NOT NULL%%'))""",
            [[self.env[rule.model]._table for rule in xero_retention.RULES]
             + [table for rule in xero_retention.RULES for table, _column in rule.parts]],
        )  # fmt: skip
        self.assertFalse(self.env.cr.fetchall())

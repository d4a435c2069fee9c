import json
from contextlib import closing
from types import SimpleNamespace
from unittest.mock import patch

import psycopg2

from odoo import sql_db
from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged

from ..mappers.outgoing import Need
from ..models.queue.xero_sync_job import CLICK, EVENT

CONTACT = SimpleNamespace(_xero_type="Contact", _odoo_model="res.partner", _push_rank=10)


@tagged("post_install", "-at_install")
class TestJobs(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        credential = cls.env["xero.credential"].create({"name": "App", "client_id": "client"})
        cls.connection = cls.env["xero.connection"].create(
            {
                "company_id": cls.env["res.company"].create({"name": "Jobs"}).id,
                "credential_id": credential.id,
            }
        )
        cls.Job = cls.env["xero.sync.job"]
        cls.company = cls.connection.company_id
        cls.partners = cls.env["res.partner"].create([{"name": f"P{i}"} for i in range(3)])

    def enqueue(self, records=None, **options):
        pairs = [(record.id, self.company.id) for record in records or self.partners]
        self.Job._enqueue(self.connection.id, CONTACT, pairs, **options)
        return self.Job.search([("connection_id", "=", self.connection.id)])

    def test_many_records_take_one_query(self):
        with self.assertQueryCount(1):
            self.Job._enqueue(self.connection.id, CONTACT, [(partner.id, self.company.id) for partner in self.partners])

    def heard(self, channel, tell):
        """Return what is heard on ``channel`` while ``tell`` is called twice, which takes one connection that stays: a
        new one costs PostgreSQL more than all else of a posting.
        """
        with closing(psycopg2.connect(**sql_db.connection_info_for("postgres")[1])) as listener:
            listener.autocommit = True
            with listener.cursor() as cr:
                cr.execute(f"LISTEN {channel}")
                kept = []
                for _time in range(2):
                    tell()
                    kept.append([row for row in sql_db._Pool._connections if row.info.dbname == "postgres"])
                cr.execute("SELECT 1")
            heard = [notice.payload for notice in listener.notifies]
        self.assertEqual((len(kept[0]), kept[1]), (1, kept[0]))
        return heard

    def test_workers_are_notified_on_one_connection(self):
        heard = self.heard("cron_trigger", self.env["xero.sync.runner"]._notify_workers)
        self.assertEqual(heard.count(self.env.cr.dbname), 2)

    def test_screens_are_notified_on_one_connection(self):
        jobs, runner, cr = self.enqueue(), self.env["xero.sync.runner"], self.env.cr
        with patch.object(sql_db, "db_connect", side_effect=AssertionError("a connection of its own")):
            heard = self.heard("imbus", lambda: (runner._notify(jobs.ids), cr.precommit.run(), cr.postcommit.run()))
        channel = json.dumps([cr.dbname, "res.company", self.company.id, "xero"], separators=(",", ":"))
        self.assertEqual([channel in text.replace(" ", "") for text in heard], [True, True])
        messages = self.env["bus.bus"].search([("channel", "like", '"xero"')]).mapped("message")
        self.assertEqual(sum("xero_connector.status" in message for message in messages), 2)

    def test_waking_a_worker_takes_one_query_in_a_transaction(self):
        runner = self.env["xero.sync.runner"]
        cron = self.env.ref("xero_connector.ir_cron_xero_worker_3")
        runner._wake([1])  # the ids of the cron rows are cached from here on
        before = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        with self.assertQueryCount(1):
            runner._wake([2])
            runner._wake([2, 7])
        self.assertEqual(self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]), before + 1)

    def test_a_worker_that_is_switched_off_is_not_woken(self):
        cron = self.env.ref("xero_connector.ir_cron_xero_worker_4")
        cron.active = False
        self.env["xero.sync.runner"]._wake([3])
        self.assertFalse(self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]))

    def test_putting_jobs_behind_others_takes_as_many_queries_for_many(self):
        partners = self.env["res.partner"].create([{"name": f"Needed {number}"} for number in range(12)])
        self.enqueue(partners)
        invoice = SimpleNamespace(_xero_type="Invoice", _odoo_model="res.partner.bank", _push_rank=20)
        self.Job._enqueue(self.connection.id, invoice, [(10**6 + number, self.company.id) for number in range(12)])
        waiting = self.Job.search([("connection_id", "=", self.connection.id), ("xero_type", "=", "Invoice")])
        waiting.state = "running"
        needs = {
            job.id: [Need("Contact", "res.partner", partner.id)] for job, partner in zip(waiting, partners, strict=True)
        }
        spent = []
        for job_ids in (waiting.ids[:1], waiting.ids[1:3], waiting.ids[3:]):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.env["xero.sync.runner"]._block(self.connection, {job_id: needs[job_id] for job_id in job_ids})
            self.env.flush_all()
            spent.append(self.cr.sql_log_count - before)
        self.assertEqual(spent[1], spent[2])
        self.assertEqual(
            [job.blocked_by_id.res_id for job in waiting], partners.ids, "each behind the job of what it needs"
        )

    def test_waiting_jobs_are_reused(self):
        first = self.enqueue(priority=EVENT)
        second = self.enqueue(priority=CLICK)
        self.assertEqual(first, second)
        self.assertEqual(set(second.mapped("priority")), {CLICK}, "the more urgent asker wins")
        self.assertEqual(self.enqueue(priority=EVENT).mapped("priority"), [CLICK] * 3)

    def test_change_while_running_waits_for_its_own_turn(self):
        running = self.enqueue(self.partners[0])
        running.state = "running"
        both = self.enqueue(self.partners[0])
        self.assertEqual(sorted(both.mapped("state")), ["pending", "running"])

    def test_change_wakes_a_failed_job_but_a_dependency_does_not(self):
        job = self.enqueue(self.partners[0])
        job.write({"state": "failed", "failure_detail": "no", "attempts": 3})
        self.enqueue(self.partners[0], renew=False)
        self.assertEqual((job.state, job.attempts), ("failed", 3))
        self.enqueue(self.partners[0])
        self.assertEqual((job.state, job.attempts), ("pending", 0))

    def test_returning_a_job_gives_way_to_a_newer_one(self):
        running = self.enqueue(self.partners[0])
        running.state = "running"
        newer = self.enqueue(self.partners[0]) - running
        self.env["xero.sync.runner"]._requeue_orphans(self.connection)
        self.assertEqual((running.state, newer.state), ("cancelled", "pending"))

    def test_claim_takes_urgent_first_then_by_dependency(self):
        invoice = SimpleNamespace(_xero_type="Invoice", _odoo_model="account.move", _push_rank=20)
        self.Job._enqueue(self.connection.id, invoice, [(1, self.company.id), (2, self.company.id)])
        self.enqueue(self.partners)
        self.Job._enqueue(self.connection.id, invoice, [(2, self.company.id)], priority=CLICK)
        runner = self.env["xero.sync.runner"]
        self.assertEqual(runner._claim(self.connection).mapped("res_id"), [2], "a click goes before all")
        self.assertEqual(runner._claim(self.connection).mapped("xero_type"), ["Contact"] * 3)
        self.assertEqual(runner._claim(self.connection).mapped("res_id"), [1])
        self.assertFalse(runner._claim(self.connection))

    def test_claim_leaves_a_record_alone_that_is_under_way(self):
        job = self.enqueue(self.partners[0])
        job.state = "running"
        self.enqueue(self.partners[0])
        self.assertFalse(self.env["xero.sync.runner"]._claim(self.connection))

    def test_claim_takes_fifty(self):
        partners = self.env["res.partner"].create([{"name": f"Many {i}"} for i in range(60)])
        self.enqueue(partners)
        self.assertEqual(len(self.env["xero.sync.runner"]._claim(self.connection)), 50)

    def test_day_reserve_holds_background_work_only(self):
        self.enqueue(self.partners[0], priority=EVENT)
        self.env.cr.execute(
            "UPDATE xero_connection SET day_limit = 1000, day_remaining = 100, limits_at = now() at time "
            "zone 'UTC' WHERE id = %s",
            [self.connection.id],
        )
        runner = self.env["xero.sync.runner"]
        self.assertFalse(runner._claim(self.connection), "the last calls of the day are for people")
        self.enqueue(self.partners[1], priority=CLICK)
        self.assertEqual(runner._claim(self.connection).res_id, self.partners[1].id)
        self.env.cr.execute(
            "UPDATE xero_connection SET limits_at = now() at time zone 'UTC' - interval '2 hours' WHERE id = %s",
            [self.connection.id],
        )
        self.assertEqual(runner._claim(self.connection).res_id, self.partners[0].id, "an old reading is probed anew")

    def test_day_reserve_is_read_anew_when_the_pause_that_xero_asked_for_is_over(self):
        self.enqueue(self.partners[0], priority=EVENT)
        self._spend_the_day(paused_until="-1 minute")
        self.assertTrue(self.env["xero.sync.runner"]._claim(self.connection))

    def test_day_reserve_holds_after_a_pause_that_was_over_before(self):
        self.enqueue(self.partners[0], priority=EVENT)
        self._spend_the_day(paused_until="-1 hour")
        self.assertFalse(self.env["xero.sync.runner"]._claim(self.connection))

    def test_resuming_forgets_what_xero_said_of_its_limits(self):
        self.enqueue(self.partners[0], priority=EVENT)
        self._spend_the_day(paused_until="10 hours")
        self.connection.action_resume()
        self.assertTrue(self.env["xero.sync.runner"]._claim(self.connection))

    def _spend_the_day(self, paused_until):
        """Let Xero have said ten minutes ago that no call is left today."""
        self.env.cr.execute(
            "UPDATE xero_connection SET day_limit = 1000, day_remaining = 0,"
            " limits_at = now() at time zone 'UTC' - interval '10 minutes',"
            " paused_until = now() at time zone 'UTC' + %s::interval WHERE id = %s",
            [paused_until, self.connection.id],
        )

    def test_cancel_lets_the_blocked_go(self):
        blocker, blocked = self.enqueue(self.partners[:2])
        blocked.write({"state": "blocked", "blocked_by_id": blocker.id})
        blocker.action_cancel()
        self.assertEqual((blocker.state, blocked.state), ("cancelled", "pending"))

    def test_running_job_cannot_be_cancelled_or_retried(self):
        job = self.enqueue(self.partners[0])
        job.state = "running"
        with self.assertRaises(UserError):
            job.action_cancel()
        with self.assertRaises(UserError):
            job.action_retry()

    def test_retry_goes_ahead(self):
        job = self.enqueue(self.partners[0])
        job.write({"state": "dead", "attempts": 5, "failure_type": "bug", "failure_detail": "Traceback"})
        job.action_retry()
        self.assertEqual((job.state, job.attempts, job.priority, job.failure_type), ("pending", 0, CLICK, False))

    def test_claim_uses_its_index(self):
        """With a long backlog the next job is found without sorting it."""
        self.env.cr.execute(
            """INSERT INTO xero_sync_job (connection_id, company_id, operation, xero_type, res_model, res_id,
                   state, priority, rank, run_after)
               SELECT %s, %s, 'push', 'Contact', 'res.partner', 1000000 + i, 'pending', 10, 10, now() FROM
                      generate_series(1, 20000) i""",
            [self.connection.id, self.company.id],
        )
        self.env.cr.execute("ANALYZE xero_sync_job")
        self.env.cr.execute(
            "EXPLAIN SELECT j.id FROM xero_sync_job j WHERE j.connection_id = %s AND j.state = 'pending' "
            "ORDER BY j.priority, j.rank, j.id LIMIT 50",
            [self.connection.id],
        )
        plan = "".join(row[0] for row in self.env.cr.fetchall())
        self.assertIn("xero_sync_job_due", plan)
        self.assertNotIn("Sort", plan)

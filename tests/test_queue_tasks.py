"""Tasks: works of a lane that are about no single element."""

import importlib.util
from pathlib import Path
from unittest.mock import patch

from odoo.tests import tagged

from .common import XeroCommon

MIGRATION = Path(__file__).parent.parent / "migrations" / "19.0.1.1.0" / "post-tasks.py"


@tagged("post_install", "-at_install")
class TestQueueTasks(XeroCommon):
    def jobs(self, task="Snapshot"):
        return self.env["xero.sync.job"].search([("task", "=", task)])

    def test_one_that_waits_is_reused_by_who_is_more_urgent(self):
        task = self.env["xero.task.snapshot"]
        for priority in (20, 5, 30):
            task._enqueue(self.connection, priority)
        [job] = self.jobs()
        self.assertEqual((job.operation, job.xero_type, job.priority, job.rank), ("task", False, 5, 60))
        self.assertIn("Snapshot", job.record_name)

    def test_what_an_older_version_queued_goes_on(self):
        """It bore the name of an element and was fetched."""
        snapshot = self.env["xero.snapshot"]._request(self.connection, ["Contact"])
        self.jobs().sudo().unlink()
        old = {"connection_id": self.connection.id, "company_id": self.company.id, "operation": "pull"}
        jobs = self.env["xero.sync.job"].sudo()
        waiting, fetched = jobs.create([{**old, "xero_type": "Snapshot"}, {**old, "xero_type": "Contact"}])
        self.env.flush_all()
        spec = importlib.util.spec_from_file_location("migration", MIGRATION)
        migration = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(migration)
        migration.migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertEqual((waiting.operation, waiting.task, waiting.xero_type), ("task", "Snapshot", False))
        self.assertEqual((fetched.operation, fetched.task, fetched.xero_type), ("pull", False, "Contact"))
        self.drain()
        self.assertEqual((snapshot.state, waiting.state), ("ready", "done"))

    def test_one_that_is_not_known_any_more_stops_nobody(self):
        """An addon that brought it was taken away."""
        task = self.env["xero.task.snapshot"]
        with patch.object(type(task), "_task", "Gone"):
            task._enqueue(self.connection)
        move = self.make_move()
        with self.assertLogs("odoo.addons.xero_connector", "ERROR"):
            self.drain()
        self.assertEqual((self.jobs("Gone").failure_type, self.jobs("Gone").attempts), ("bug", 1))
        self.assertInXero(move)

    def test_one_that_failed_is_tried_again(self):
        task = type(self.env["xero.task.snapshot"])
        self.env["xero.task.snapshot"]._enqueue(self.connection)
        with patch.object(task, "_task_slice", lambda *_args: 1 / 0), self.assertLogs("odoo.addons", "ERROR"):
            self.drain()
        self.assertEqual((self.jobs().state, self.jobs().failure_type, self.jobs().attempts), ("pending", "bug", 1))
        self.jobs().action_retry()
        self.assertFalse(self.jobs().failure_type)
        self.drain()
        self.assertEqual(self.jobs().state, "done")

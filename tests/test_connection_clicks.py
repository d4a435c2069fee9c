"""One person, or a program in that person's name, asks for so much: the rest waits behind others, and has an end."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..models.connection import xero_click
from ..models.queue.xero_sync_job import CLICK, EVENT, SWEEP
from .common import XeroCommon


@tagged("post_install", "-at_install")
class TestAsked(XeroCommon):
    def setUp(self):
        super().setUp()
        self.enterContext(patch.multiple(xero_click, AHEAD=2, MOST=4))
        self.partners = self.env["res.partner"].create([{"name": f"Asked {n}", "is_company": True} for n in range(8)])

    def priorities(self, records):
        return [self.job_of(record).priority for record in records]

    def click(self):
        return self.env["xero.click"].sudo().search([("kind", "=", f"send {self.env.uid}")])

    def test_much_goes_behind_others_and_then_no_more(self):
        self.partners[:2].action_xero_sync()
        notice = self.partners[2:4].action_xero_sync_selected()
        self.assertEqual(self.priorities(self.partners[:4]), [CLICK, CLICK, SWEEP, SWEEP])
        self.assertIn("after what others post", notice["params"]["message"])
        with self.assertRaisesRegex(UserError, "4 records .* within an hour"), self.env.cr.savepoint():
            self.partners[4].action_xero_sync()
        self.assertFalse(self.job_of(self.partners[4]))
        self.drain()
        self.assertEqual(set(self.partners[:4].mapped("xero_sync_state")), {"synced"})

    def test_others_are_not_bound_by_it(self):
        self.partners[:4].action_xero_sync()
        other = new_test_user(self.env, "other", "base.group_user,account.group_account_manager")
        other.write({"company_ids": [(4, self.company.id)], "company_id": self.company.id})
        self.partners[4].with_user(other).action_xero_sync()
        self.assertEqual(self.priorities(self.partners[4]), [CLICK])
        self.click().clicked_at -= timedelta(minutes=61)
        self.click().flush_recordset()
        self.partners[5].action_xero_sync()
        self.assertEqual(self.priorities(self.partners[5]), [CLICK])

    def test_a_large_selection_is_taken_once(self):
        self.partners[:6].action_xero_sync_selected()
        self.assertEqual(set(self.priorities(self.partners[:6])), {SWEEP})
        with self.assertRaisesRegex(UserError, "within an hour"):
            self.partners[6:].action_xero_sync_selected()

    def test_trying_again_counts_too(self):
        self.partners[:3].with_context(xero_no_sync=False)._xero_enqueue(
            self.env["xero.connection"]._scope(self.company.id), EVENT
        )
        jobs = self.env["xero.sync.job"].union(*map(self.job_of, self.partners[:3]))
        jobs.sudo().state = "failed"
        jobs[:2].action_retry()
        self.assertEqual(jobs[:2].mapped("priority"), [CLICK, CLICK])
        jobs[2].action_retry()
        self.assertEqual((jobs[2].state, jobs[2].priority), ("pending", EVENT))
        jobs[0].action_retry()
        with self.assertRaisesRegex(UserError, "within an hour"):
            jobs[0].action_retry()

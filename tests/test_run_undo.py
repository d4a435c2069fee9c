"""What a run made in Xero is taken out again, as far as Xero allows it; the rest is named."""

from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common.preview import PreviewCase


@tagged("post_install", "-at_install")
class TestUndo(PreviewCase):
    def sent(self, *moves):
        """Send documents as a run; return it."""
        documents = self.env["account.move"].union(*moves)
        documents.action_xero_sync_selected()
        self.drain()
        return self.env["xero.run"].search([("connection_id", "=", self.connection.id)], limit=1)

    def undo(self, run):
        with self.assertNoTrace():
            action = run.action_undo()
        return self.env["xero.preview"].browse(action["res_id"])

    def customer(self, name):
        return self.env["res.partner"].create({"name": name, "is_company": True})

    def statuses(self, kind="Invoices"):
        return sorted(found["Status"] for found in self.simulator.documents(self.tenant, kind))

    def test_takes_out_what_it_made(self):
        known = self.make_move()
        self.drain()
        fresh = self.customer("Fresh Ltd")
        moves = (
            self.silent(partner=fresh) | self.silent("in_invoice", partner=fresh, ref="B") | self.silent("out_refund")
        )
        known.with_context(xero_no_sync=True).ref = "Also in the run, but not made by it"
        run = self.sent(*moves, known)
        self.assertEqual(run.created_count, 4)
        preview = self.undo(run)
        self.assertEqual({self.line_of(preview, move).action for move in moves}, {"void"})
        self.assertEqual(self.line_of(preview, fresh).action, "archive")
        self.assertFalse(self.line_of(preview, known))
        preview.action_undo()
        self.assertEqual(run.state, "undoing")
        self.drain()
        self.drain()
        self.assertEqual((run.state, run.created_count, run.progress), ("undone", 0, 100.0))
        self.assertEqual(self.statuses(), ["AUTHORISED", "VOIDED", "VOIDED"])
        self.assertEqual(self.statuses("CreditNotes"), ["VOIDED"])
        contacts = {
            found["Name"]: found["ContactStatus"] for found in self.simulator.documents(self.tenant, "Contacts")
        }
        self.assertEqual(contacts["Fresh Ltd"], "ARCHIVED")
        self.assertEqual(contacts[self.partner_a.name], "ACTIVE")
        self.assertEqual(set(moves.mapped("state")), {"posted"}, "Odoo keeps its documents")

    def test_stays_out_until_a_click(self):
        move, other = self.silent(), self.silent()
        self.make_move()
        run = self.sent(move, other)
        self.undo(run).action_undo()
        self.drain()
        self.assertEqual(move.xero_sync_state, "gone")
        self.simulator.reset_stats()
        self.env["xero.sync.runner"].sudo()._sweep()
        move.ref = "An edit"
        self.drain()
        self.assertEqual(self.simulator.calls(self.tenant), {}, "neither the sweep nor an edit sends it")
        move.action_xero_sync()
        self.drain()
        self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
        self.assertFalse(self.link_of(move).run_id, "it is not the run's any more")
        move.ref = "Edited again"
        self.drain()
        self.assertEqual(self.in_xero(move)["Reference"], "Edited again")

    def test_names_what_has_to_stay(self):
        paid, locked, changed, free = (self.silent(invoice_date=f"2026-0{month}-10") for month in (3, 1, 3, 3))
        run = self.sent(paid, locked, changed, free)
        act = f"/organisations/{self.tenant}/act"
        self.simulator.control(f"{act}/edit_account", code="090", CurrencyCode="USD")
        self.simulator.control(f"{act}/pay", invoice=paid.name, amount=10)
        self.env["xero.sync.job"].sudo()._enqueue_poll(self.connection, "Invoice")
        self.drain()
        self.connection.period_lock_date = date(2026, 1, 31)
        self.env.cr.execute(
            "UPDATE xero_link SET base_digest = 'x', xero_updated_at = xero_updated_at + interval '1 day'"
            " WHERE res_id = %s AND res_model = 'account.move'",
            [changed.id],
        )
        self.env.invalidate_all()
        preview = self.undo(run)
        actions = [self.line_of(preview, move).action for move in (paid, locked, changed, free)]
        self.assertEqual(actions, ["blocked", "blocked", "blocked", "void"])
        self.assertEqual(
            set(self.problems(preview)), {"paid", "locked_period", "changed"} | set(self.problems(preview)) & {"used"}
        )
        preview.action_undo()
        self.drain()
        self.assertEqual(self.link_of(free).xero_status, "VOIDED")
        self.assertEqual(run.state, "undone")
        with self.assertRaises(UserError):
            self.undo(run).action_undo()

    def test_changed_in_xero_after_the_preview(self):
        """Found when the worker looks before it writes: it stays, with the reason, and the change is taken over."""
        move, other = self.silent(), self.silent()
        self.make_move()
        run = self.sent(move, other)
        preview = self.undo(run)
        self.simulator.control(f"/organisations/{self.tenant}/act/edit", invoice=move.name, Reference="By a person")
        preview.action_undo()
        self.drain()
        self.assertEqual(self.link_of(other).xero_status, "VOIDED")
        self.assertEqual(self.link_of(move).xero_status, "AUTHORISED")
        self.assertEqual((run.state, run.failed_count), ("undone", 1))
        self.assertEqual(self.link_of(move).state, "synced")
        run.action_retry_failed()
        self.assertEqual((run.state, run.finished_at), ("undoing", False), "contacts are looked at when it ends")
        self.drain()
        self.assertEqual(run.state, "undone")

    def test_changed_in_odoo_after_the_preview(self):
        fresh = self.customer("Known Elsewhere")
        move, other = self.silent(), self.silent(partner=fresh)
        run = self.sent(move, other)
        preview = self.undo(run)
        move.ref = "Edited"
        self.drain()
        self.env.cr.execute(
            "UPDATE xero_link SET base_digest = 'x', xero_updated_at = xero_updated_at + interval '1 day'"
            " WHERE res_id = %s AND res_model = 'res.partner'",
            [fresh.id],
        )
        self.env.invalidate_all()
        preview.action_undo()
        self.assertEqual([self.line_of(preview, record).action for record in (move, fresh)], ["blocked", "blocked"])
        self.assertIn("changed", self.line_of(preview, move).message)
        self.drain()
        self.drain()
        self.assertEqual((self.link_of(move).xero_status, self.link_of(other).xero_status), ("AUTHORISED", "VOIDED"))
        self.assertEqual(self.link_of(fresh).xero_status, "ACTIVE")

    def test_twice_and_after_a_crash(self):
        moves = [self.silent(), self.silent()]
        self.make_move()
        run = self.sent(*moves)
        preview = self.undo(run)
        preview.action_undo()
        with self.assertRaises(UserError):
            preview.action_undo()
        self.simulator.fault("drop_after", resource="Invoices", method="POST")
        self.drain()
        self.resume()
        self.drain()
        self.resume()
        self.drain()
        self.env["xero.run"].sudo()._cron_advance()
        self.assertEqual((run.state, self.statuses()), ("undone", ["AUTHORISED", "VOIDED", "VOIDED"]))
        self.env["xero.sync.runner"].sudo()._sweep()
        self.drain()
        self.assertEqual(self.statuses(), ["AUTHORISED", "VOIDED", "VOIDED"])

    def test_made_although_the_answer_was_lost(self):
        move, other = self.silent(), self.silent()
        self.simulator.fault("drop_after", resource="Invoices", method="PUT")
        (move | other).action_xero_sync_selected()
        self.drain()
        self.resume()
        self.drain()
        self.assertTrue(self.link_of(move).run_id)

    def test_access(self):
        run = self.sent(self.silent(), self.silent())
        accountant = new_test_user(
            self.env,
            "undo_acc",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        with self.assertRaises(AccessError):
            run.with_user(accountant).action_undo()
        preview = self.undo(run)
        with self.assertRaises(AccessError):
            preview.with_user(accountant).action_undo()

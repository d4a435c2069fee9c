"""Every problem is found before the first call, says what to do, and leads to the place where it is mended."""

from datetime import date, timedelta

from odoo import Command
from odoo.tests import tagged

from .common.preview import PreviewCase


@tagged("post_install", "-at_install")
class TestPreviewChecks(PreviewCase):
    def found(self, moves, topic, severity="problem"):
        """Return the one problem of ``topic`` that the preview of ``moves`` finds."""
        preview = self.preview(moves)
        found = self.problems(preview, severity)
        self.assertIn(topic, found, {row.topic: row.message for row in preview.problem_ids})
        if severity != "notice":
            self.assertTrue(found[topic].hint)
            self.assertOpens(found[topic].action_fix())
        return found[topic]

    def assertOpens(self, action):
        """The action leads to a screen with records on it."""
        model = self.env[action["res_model"]]
        records = model.browse(action["res_id"]) if action.get("res_id") else model.search(action["domain"])
        self.assertTrue(records.exists(), action)
        self.assertTrue(model.get_views(action["views"])["views"])

    def assertRefusedByTheDrain(self, move, kind):
        """The real drain finds the same, before any call for the document."""
        self.simulator.reset_stats()
        move.action_xero_sync()
        self.drain()
        self.assertEqual((move.xero_sync_state, self.job_of(move).failure_type), ("failed", kind))
        self.assertNotIn(("PUT", "Invoices"), self.simulator.calls(self.tenant))

    def numbered_like(self, move):
        """Return a document of another journal that bears the number of ``move``."""
        journal = move.journal_id.copy({"code": "INV2", "name": "Second series"})
        other = self.silent(journal_id=journal.id)
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_move SET name = %s WHERE id = %s", [move.name, other.id])
        self.env.invalidate_all()
        return other

    def mapping_of(self, account):
        return self.env["xero.mapping.account"].search(
            [("connection_id", "=", self.connection.id), ("account_id", "=", account.id)]
        )

    def test_tax_that_the_account_does_not_take(self):
        move = self.silent()
        row = self.mapping_of(self.company_data["default_account_revenue"])
        rates = self.env["xero.tax.rate"].search([("connection_id", "=", self.connection.id)])
        rates.sudo().write({f"can_apply_to_{name}": False for name in ("revenue", "assets", "expenses")})
        self.assertTrue(row)
        problem = self.found(move, "tax_account")
        self.assertEqual(problem.action_fix()["res_model"], "xero.mapping.tax")
        self.assertRefusedByTheDrain(move, "mapping")

    def test_tax_without_a_xero_rate_is_odoos(self):
        unknown = self.tax_sale_a.copy({"name": "Unheard of", "amount": 39.0})
        line = {"quantity": 1, "price_unit": 80.0, "tax_ids": [Command.set(unknown.ids)]}
        move = self.silent(lines=(line, (1, 10.0)))
        preview = self.preview(move)
        line = preview.line_ids.filtered(lambda line: line.res_model == "account.move")
        self.assertEqual((line.tax, line.total), (move.amount_tax, move.amount_total))
        self.assertGreater(move.amount_tax, 31)
        self.assertEqual([row["tax"] for row in line.card["lines"]], ["31.20", "1.50"])
        self.assertIn("No Xero tax rate chosen", line.shown)

    def test_archived_account(self):
        move = self.silent()
        row = self.mapping_of(self.company_data["default_account_revenue"])
        row.sudo().xero_account_id.status = "ARCHIVED"
        problem = self.found(move, "archived_account")
        self.assertEqual(problem.action_fix()["res_id"], row.id)
        self.assertRefusedByTheDrain(move, "mapping")

    def test_archived_contact(self):
        self.make_move()
        self.drain()
        self.link_of(self.partner_a).sudo().xero_status = "ARCHIVED"
        move = self.silent()
        problem = self.found(move, "archived_contact")
        self.assertEqual((problem.fix_model, problem.fix_res_id), ("res.partner", self.partner_a.id))
        self.assertRefusedByTheDrain(move, "validation")

    def test_both_lock_dates(self):
        moves = self.silent() | self.silent()
        for field in ("period_lock_date", "year_lock_date"):
            self.connection.write({"period_lock_date": False, "year_lock_date": False, field: date(2026, 3, 31)})
            problem = self.found(moves, "locked_period")
            self.assertEqual(problem.count, 2)
            self.assertEqual(set(problem.action_open_lines()["domain"][0][2]), set(problem.ids))
        self.assertRefusedByTheDrain(moves[0], "locked_period")

    def test_change_and_void_in_a_locked_period(self):
        changed, gone = self.make_move(), self.make_move()
        self.drain()
        self.connection.period_lock_date = date(2026, 3, 31)
        changed.with_context(xero_no_sync=True).ref = "New"
        gone.with_context(xero_no_sync=True).button_draft()
        gone.with_context(xero_no_sync=True).button_cancel()
        self.assertEqual(self.found(gone, "locked_period").fix_model, "xero.connection")
        self.assertEqual(self.found(changed, "locked_period").count, 1)
        gone.action_xero_sync()
        self.simulator.reset_stats()
        self.drain()
        self.assertEqual(self.job_of(gone).failure_type, "locked_period")
        self.assertEqual(self.simulator.calls(self.tenant), {})

    def test_currency(self):
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "DKK")])
        currency.active = True
        lines = [{"quantity": 1, "price_unit": 10.0, "tax_ids": [Command.clear()]}]
        moves = self.silent(currency_id=currency.id, lines=lines) | self.silent(currency_id=currency.id, lines=lines)
        problem = self.found(moves, "currency")
        self.assertEqual((problem.fix_model, problem.fix_res_id), ("xero.connection", self.connection.id))
        self.assertEqual(problem.count, 2, "it is mended once")
        self.assertRefusedByTheDrain(moves[0], "validation")

    def test_number_of_another_document_in_xero(self):
        first = self.make_move()
        self.drain()
        second = self.numbered_like(first)
        self.assertEqual(self.found(second, "number").count, 1)
        self.assertRefusedByTheDrain(second, "duplicate")

    def test_number_of_another_document_of_the_preview(self):
        first = self.silent()
        second = self.numbered_like(first)
        preview = self.preview(first | second)
        actions = [self.line_of(preview, move).action for move in (first, second)]
        self.assertEqual(actions, ["create", "blocked"])
        from ..models.preview import planning as xero_preview_work

        self.patch(xero_preview_work, "CHUNK", 1)
        preview = self.preview(first | second)
        actions = [self.line_of(preview, move).action for move in (first, second)]
        self.assertEqual(actions, ["create", "blocked"], "also over the edge of a chunk")

    def test_number_that_was_read_from_xero(self):
        move = self.silent()
        snapshot = (
            self.env["xero.snapshot"]
            .sudo()
            .create(
                {
                    "connection_id": self.connection.id,
                    "company_id": self.company.id,
                    "kinds": ["Invoice"],
                    "state": "ready",
                    "finished_at": "2026-03-01 10:00:00",
                }
            )
        )
        element = {"Status": "AUTHORISED", "Total": "10.00"}
        sale = {"Type": "ACCREC", "InvoiceNumber": move.name, "Contact": {"Name": "Somebody Else"}}
        bill = {"Type": "ACCPAY", "InvoiceNumber": "V-1", "Contact": {"Name": self.partner_a.name}}
        rows = [{"InvoiceID": f"11111111-1111-4111-8111-11111111111{n}", **element, **row} for n, row in
                enumerate((sale, bill))]  # fmt: skip
        self.env["xero.snapshot.element"].sudo()._store(snapshot, "Invoice", rows)
        problem = self.found(move, "number")
        self.assertIn("Somebody Else", problem.message)
        bills = self.silent("in_invoice", ref="V-1") | self.silent("in_invoice", ref="V-1", partner=self.partner_b)
        self.assertEqual(self.found(bills, "number", "warning").line_ids.mapped("res_id"), bills[:1].ids)

    def test_numbers_that_could_not_be_compared_are_to_be_checked(self):
        moves = self.silent() | self.silent("in_invoice", ref="V-9")
        problem = self.found(moves, "unread", "warning")
        self.assertEqual((problem.count, problem.preview_id.blocked_count), (2, 0))
        self.assertIn("To check: 1", problem.preview_id.summary)
        action = problem.action_fix()
        self.assertEqual((action["res_model"], action["res_id"]), ("xero.connection", self.connection.id))
        self.assertFalse(self.env["xero.reconciliation"].search([]), "a look starts no reading of Xero")
        self.connection.action_reconcile()
        self.drain()
        self.assertNotIn("unread", self.problems(self.preview(moves), "warning"))
        reading = self.env["xero.snapshot"].sudo().search([("state", "=", "ready")])
        reading.finished_at -= timedelta(days=30)
        self.assertIn("compared", self.problems(self.preview(moves), "warning")["unread"].message)

    def test_texts(self):
        partner = self.env["res.partner"].create(
            {"name": "N" * 300, "is_company": True, "ref": "R" * 60, "email": "müller@example.com"}
        )
        move = self.silent(
            partner=partner, ref="X" * 300, lines=[{"name": "D" * 4500, "quantity": 1, "price_unit": 5.0}]
        )
        preview = self.preview(move)
        self.assertEqual(preview.blocked_count, 0)
        notices = self.problems(preview, "notice")
        self.assertEqual(notices["length"].count, 2)
        texts = self.line_of(preview, move).message + self.line_of(preview, partner).message
        for part in ("reference", "descriptions", "255", "4000", "left out", "e-mail"):
            self.assertIn(part, texts)
        partner.vat = False
        self.env.cr.execute("UPDATE res_partner SET vat = %s WHERE id = %s", ["V" * 60, partner.id])
        self.env.invalidate_all()
        preview = self.preview(move)
        self.assertEqual(self.line_of(preview, partner).action, "blocked")
        self.assertEqual(self.line_of(preview, move).action, "blocked", "it needs the contact")
        self.assertIn("needs", self.problems(preview))

    def test_small_plans_approve_few_bills(self):
        self.connection.organisation_class = "STARTER"
        bills = self.env["account.move"].union(*(self.silent("in_invoice", ref=f"B{n}") for n in range(6)))
        problem = self.found(bills, "plan", "warning")
        self.assertEqual(problem.count, 6)
        self.assertEqual(self.preview(bills).blocked_count, 0, "Xero decides")

    def test_approving_is_not_allowed(self):
        self.connection.sudo().actions_refused = ["CreateApprovedInvoice"]
        move, bill = self.silent(), self.silent("in_invoice", ref="B")
        self.found(move, "approval")
        self.assertEqual(self.preview(bill).blocked_count, 0)
        self.assertRefusedByTheDrain(move, "plan")

    def test_attachments_are_named(self):
        move = self.silent()
        self.env["ir.attachment"].create({"name": "a.pdf", "res_model": "account.move", "res_id": move.id, "raw": b"a"})
        self.assertEqual(self.found(move, "attachments", "notice").count, 1)

    def test_what_is_not_synced_says_why(self):
        draft = self.make_move(post=False)
        preview = self.preview(draft)
        self.assertEqual(self.line_of(preview, draft).action, "left")
        self.assertIn("draft", self.problems(preview)["scope"].message)
        entry = self.env["account.move"].create({"move_type": "entry"})
        preview = self.preview(entry | self.silent())
        self.assertEqual(self.line_of(preview, entry).action, "left")
        self.assertIn("journal entry", self.problems(preview)["scope"].message)

    def test_conflict_waits_for_a_person(self):
        move = self.make_move()
        self.drain()
        self.link_of(move).sudo().state = "conflict"
        self.assertEqual(self.line_of(self.preview(move), move).action, "conflict")

"""What a preview says is what a drain does; and a preview does nothing."""

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import format_date, html2plaintext

from .common.preview import PreviewCase


@tagged("post_install", "-at_install")
class TestPreviewPlan(PreviewCase):
    def test_says_what_the_drain_does(self):
        """Created, changed, voided and left alone, with the totals that Xero answers."""
        known, changed, gone = (self.make_move(lines=[(n, 10.0)]) for n in (1, 2, 3))
        self.drain()
        changed.with_context(xero_no_sync=True).ref = "PO 77"
        gone.with_context(xero_no_sync=True).button_draft()
        gone.with_context(xero_no_sync=True).button_cancel()
        partner = self.env["res.partner"].create({"name": "Brand New Ltd", "is_company": True})
        new = self.silent(partner=partner, lines=[(3, 25.06), (1, 25.61)])
        bill = self.silent("in_invoice", ref="B-1", partner=partner)
        moves = known | changed | gone | new | bill
        preview = self.preview(moves)
        self.assertEqual(preview.state, "ready")
        actions = {move: self.line_of(preview, move).action for move in moves}
        self.assertEqual(
            actions, {known: "same", changed: "update", gone: "void", new: "create", bill: "create"}, preview.summary
        )
        first = self.line_of(preview, partner)
        self.assertEqual((first.action, first.first, first.number), ("create", True, "Brand New Ltd"))
        self.assertEqual(self.line_of(preview, changed).changes, [["reference", "", "PO 77"]])
        self.assertEqual(self.line_of(preview, gone).changes, [["status", "AUTHORISED", "VOIDED"]])
        shown = html2plaintext(self.line_of(preview, gone).shown)
        self.assertIn("Awaiting Payment", shown)
        self.assertIn("Voided", shown)
        self.env["res.lang"]._activate_lang("de_DE")
        for lang, label in (("de_DE", "Referenz"), ("en_US", "Reference")):
            self.assertIn(f">{label}<", self.line_of(preview, changed).with_context(lang=lang).shown)
        for lang, amount in (("de_DE", ">100,79<"), ("en_US", ">100.79<")):
            self.assertIn(amount, preview.with_context(lang=lang).totals)
        totals = {move: (self.line_of(preview, move).untaxed, self.line_of(preview, move).total) for move in new | bill}
        moves.action_xero_sync_selected()
        self.drain()
        for move, (untaxed, total) in totals.items():
            element = self.in_xero(move)
            self.assertAlmostEqual(float(element["SubTotal"]), untaxed, 2)
            self.assertAlmostEqual(float(element["Total"]), total, 2)
        self.assertEqual(self.in_xero(changed)["Reference"], "PO 77")
        self.assertEqual(self.link_of(gone).xero_status, "VOIDED")

    def test_card_shows_the_document_as_xero_does(self):
        move = self.silent(lines=[{"name": "Hours", "quantity": 2, "price_unit": 50.0}], ref="PO 1")
        card = self.line_of(self.preview(move), move).card
        self.assertEqual(
            (card["contact"], card["reference"], card["status"]), (move.partner_id.name, "PO 1", "AUTHORISED")
        )
        [line] = card["lines"]
        self.assertEqual((line["description"], line["quantity"], line["price"]), ("Hours", "2", "50.00"))
        self.assertRegex(line["account"], r"^\d+ \w+", "code and name")
        self.assertTrue(line["tax_rate"])
        self.assertEqual(card["total"], f"{move.amount_total:,.2f}")
        line = self.line_of(self.preview(move), move)
        self.assertIn("Hours", line.shown)
        self.assertIn("Awaiting Payment", line.shown)
        self.assertNotIn("AUTHORISED", line.shown)
        self.assertIn(format_date(self.env, move.invoice_date), line.shown)

    def test_changed_lines_are_worded_for_each_reader(self):
        move = self.silent(lines=[{"name": "Hours", "quantity": 2, "price_unit": 1000.0}])
        move.action_xero_sync()
        self.drain()
        move.with_context(xero_no_sync=True).button_draft()
        move.invoice_line_ids.price_unit = 1500.0
        move.with_context(xero_no_sync=True).action_post()
        line = self.line_of(self.preview(move), move)
        self.assertIn("2 × Hours, 3,000.00", line.shown)
        self.assertRegex(line.shown, r"\d+ Sales")
        self.env["res.lang"]._activate_lang("de_DE")
        self.assertIn("2 × Hours, 3.000,00", line.with_context(lang="de_DE").shown)

    def test_looks_again_after_mending(self):
        account = self.company_data["default_account_revenue"].copy({"code": "499001", "name": "Odd Income"})
        line = {"quantity": 1, "price_unit": 10.0, "account_id": account.id, "tax_ids": False}
        moves = self.silent(lines=[line]) | self.silent(lines=[line])
        preview = self.preview(moves)
        self.assertEqual(preview.blocked_count, 2)
        problem = self.problems(preview)["mapping"]
        self.assertEqual(problem.count, 2, "one thing to mend is told once")
        self.assertIn("Odd Income", problem.message)
        action = problem.action_fix()
        row = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(row.account_id, account)
        row.xero_account_id = self.env["xero.account"].search(
            [("connection_id", "=", self.connection.id), ("code", "=", "200")]
        )
        row.state = "confirmed"
        with self.assertNoTrace():
            preview.action_again()
        self.assertEqual((preview.blocked_count, preview.create_count), (0, 2))
        self.assertFalse(self.problems(preview))

    def test_sends_what_has_no_problem(self):
        account = self.company_data["default_account_revenue"].copy({"code": "499002", "name": "Odd Income"})
        line = {"quantity": 1, "price_unit": 10.0, "account_id": account.id, "tax_ids": False}
        good, bad = self.silent(), self.silent(lines=[line])
        preview = self.preview(good | bad)
        self.assertEqual(preview.line_ids[0], self.line_of(preview, bad), "what cannot be sent is seen first")
        preview.action_send()
        self.drain()
        self.assertInXero(good)
        self.assertEqual(bad.xero_sync_state, "not_synced")

    def test_what_was_sent_says_so(self):
        """Who, when, how many of what; the same numbers before, in it, and on the run."""
        partners = self.env["res.partner"].create([{"name": f"New {n} Ltd", "is_company": True} for n in range(2)])
        known, *moves = self.silent(), self.silent(partner=partners[0]), self.silent(partner=partners[1])
        moves = self.env["account.move"].union(known, *moves)
        known.action_xero_sync()
        self.drain()
        preview = self.preview(moves)
        self.assertEqual((preview.create_count, preview.same_count, preview.contact_count), (2, 1, 2))
        preview.action_send()
        self.assertEqual((preview.state, preview.sent_by_id, preview.sent_documents), ("sent", self.env.user, 2))
        self.assertEqual(preview.sent_contacts, 2)
        for text in (f"Sent by {self.env.user.name}", "Documents: 2", "contacts that they need: 2"):
            self.assertIn(text, preview.summary)
        self.assertNotIn("Nothing has been sent", preview.summary)
        self.assertRaisesRegex(UserError, "Sent by", preview.action_send)
        self.assertRaisesRegex(UserError, "new preview", preview.action_again)
        self.drain()
        self.assertInXero(moves)
        run = self.env["xero.run"].browse(preview.action_open_run()["res_id"])
        self.assertEqual((run.state, run.documents_text, run.contacts_text), ("done", "2 finished", "2 finished"))
        self.assertEqual((run.created_documents, run.created_contacts), (2, 2))
        for contacts in (False, True):
            links = self.env["xero.link"].search(run.with_context(contacts=contacts).action_open_created()["domain"])
            self.assertEqual(len(links), 2, "the list has as many rows as its button says")

    def test_contacts_that_were_sent_are_no_documents(self):
        partners = self.env["res.partner"].create([{"name": f"New {n} Ltd", "is_company": True} for n in range(3)])
        preview = self.preview(partners)
        self.assertEqual((preview.create_count, preview.contact_count), (3, 0))
        preview.action_send()
        self.assertEqual((preview.sent_documents, preview.sent_contacts), (0, 3))
        self.assertIn("Contacts: 3.", preview.summary)
        self.drain()
        run = preview.sent_run_id
        self.assertEqual((run.documents_text, run.contacts_text), (False, "3 finished"))

    def test_one_document_opens_at_once(self):
        move, other = self.silent(), self.silent()
        alone = self.preview(move)
        self.assertIn(move.name, alone.display_name)
        self.assertEqual(alone.only_shown, self.line_of(alone, move).shown)
        self.assertFalse(self.preview(move | other).only_line_id)

    def test_queue(self):
        move = self.make_move()
        with self.assertNoTrace():
            action = self.connection.action_preview_queue()
        preview = self.env["xero.preview"].browse(action["res_id"])
        self.assertEqual(self.line_of(preview, move).action, "create")
        self.assertEqual(move.xero_sync_state, "queued")

    def test_many_run_in_the_background(self):
        moves = self.env["account.move"].union(*(self.silent() for _number in range(5)))
        from ..models.preview import planning as xero_preview_work

        self.patch(xero_preview_work, "AT_ONCE", 2)
        self.patch(xero_preview_work, "CHUNK", 2)
        preview = self.preview(moves)
        self.assertEqual((preview.state, preview.done_count), ("planning", 0))
        self.assertTrue(
            self.env["ir.cron.trigger"].search(
                [("cron_id", "=", self.env.ref("xero_connector.ir_cron_xero_preview").id)]
            )
        )
        preview.sudo()._advance()
        self.assertGreater(preview.progress, 0)
        with self.assertNoTrace():
            self.env["xero.preview"].sudo()._cron_plan()
        self.assertEqual((preview.state, preview.create_count), ("ready", 5))

    def test_queries_do_not_grow_with_the_documents(self):
        partner = self.partner_a
        moves = [self.silent(partner=partner, lines=[(1, 10.0)] * 2) for _number in range(40)]
        few, many = (self.env["account.move"].union(*part) for part in (moves[:10], moves))
        few.action_xero_preview()
        counts = []
        for part in (few, many):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            part.action_xero_preview()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 6, counts)

    def test_contacts(self):
        partner = self.env["res.partner"].create({"name": "Plain Contact", "is_company": True, "phone": "1" * 60})
        preview = self.preview(partner)
        line = self.line_of(preview, partner)
        self.assertEqual((line.action, line.kind), ("create", "contact"))
        self.assertIn(["name", "Plain Contact"], line.card["fields"])

    def test_foreign_currency(self):
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "DKK")])
        currency.active = True
        move = self.silent(
            currency_id=currency.id, lines=[{"quantity": 1, "price_unit": 10.0, "tax_ids": [Command.clear()]}]
        )
        preview = self.preview(move)
        self.assertIn("currency", self.problems(preview))

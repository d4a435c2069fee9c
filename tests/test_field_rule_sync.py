"""Field rules and what is in Xero already: both ways."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common.field_rule import RulesMixin
from .common.inbound import InboundCommon


@tagged("post_install", "-at_install")
class TestRulesSync(RulesMixin, InboundCommon):
    def setUp(self):
        super().setUp()
        self.seller = new_test_user(self.env, "seller", groups="base.group_user", name="Sam Seller")
        self.connection.conflict_documents = "ask"

    def reference_rule(self, **values):
        return self.rule("invoice_reference", "invoice_user_id.name", **values)

    def theirs(self, move):
        return self.in_xero(move)

    # === OUT === #

    def test_xero_takes_what_rules_send(self):
        theme = self.theme("Standard")
        self.assertTrue(theme, "read with the other lists")
        self.reference_rule()
        self.rule("invoice_theme", constant_theme_id=theme.id)
        self.rule("invoice_sent", constant_text="Yes")
        self.rule("invoice_expected_date", "invoice_date_due", days=3)
        self.rule("invoice_line_account", source="constant", constant_account_id=self.account("260").id)
        self.rule("contact_sales_account", constant_account_id=self.account("260").id)
        move = self.pushed(invoice_user_id=self.seller.id)
        element = self.theirs(move)
        self.assertEqual((element["Reference"], element["SentToContact"]), ("Sam Seller", True))
        self.assertEqual(element["BrandingThemeID"], theme.xero_id)
        self.assertEqual(element["LineItems"][0]["AccountCode"], "260")
        self.assertInXero(move)
        [contact] = [found for found in self.read("Contacts") if found["Name"] == self.partner_a.name]
        self.assertEqual(contact["SalesDefaultAccountCode"], "260")

    def account(self, code):
        return self.env["xero.account"].search([("connection_id", "=", self.connection.id), ("code", "=", code)])

    def test_a_value_xero_lacks_fails_with_the_rule_as_the_fix(self):
        rule = self.rule("invoice_theme", "ref")
        move = self.make_move(ref="Nice")
        self.drain()
        job = self.job_of(move)
        self.assertEqual((job.state, job.failure_type), ("failed", "mapping"))
        self.assertEqual(job.action_fix()["res_model"], "xero.field.rule")
        self.assertEqual(job.action_fix()["res_id"], rule.id)
        rule.action_archive()
        self.drain()
        self.assertInXero(move)

    def test_a_change_of_what_the_rule_reads_is_sent(self):
        self.reference_rule()
        move = self.pushed()
        self.assertEqual(self.theirs(move)["Reference"], self.env.user.name)
        move.invoice_user_id = self.seller
        self.drain()
        self.assertEqual(self.theirs(move)["Reference"], "Sam Seller")

    def test_a_new_rule_waits_until_it_is_applied(self):
        touched, other = self.pushed(invoice_user_id=self.seller.id), self.pushed(move_type="in_invoice")
        same = self.pushed(ref="Sam Seller", invoice_user_id=self.seller.id)
        rule = self.reference_rule()
        self.drain()
        self.assertFalse(self.theirs(touched).get("Reference"), "nothing happens by itself")
        self.assertEqual(rule.sent_count, 2, "not the bill")
        self.simulator.reset_stats()
        run = self.env["xero.run"].browse(rule.action_apply()["res_id"])
        self.assertEqual((run.kind, run.state, run.open_count), ("resync", "running", 2))
        self.assertIn("Field rule “Reference”", run.display_name)
        self.assertEqual(set(self.open_jobs().mapped("res_id")), {*touched.ids, *same.ids})
        self.drain()
        self.assertEqual(self.theirs(touched)["Reference"], "Sam Seller")
        self.assertEqual(self.simulator.calls(self.tenant).get(("POST", "Invoices")), 1, "only what the rule changes")
        self.assertInXero(touched + same + other)
        self.assertEqual((run.state, run.done_count, run.failed_count), ("done", 2, 0))

    def test_applying_can_be_stopped(self):
        move = self.pushed(invoice_user_id=self.seller.id)
        rule = self.reference_rule()
        run = self.env["xero.run"].browse(rule.action_apply()["res_id"])
        run.action_cancel()
        self.drain()
        self.assertEqual((run.state, self.open_jobs().ids), ("cancelled", []))
        self.assertFalse(self.theirs(move).get("Reference"))

    def test_related_records_are_followed_where_the_rule_says_so(self):
        """Only documents that are open and in no locked period; only once; nothing without the rule's saying so."""
        rule = self.rule("invoice_reference", "partner_id.ref")
        self.assertTrue(rule.reads_related)
        move, locked, paid = self.pushed(), self.pushed(invoice_date="2026-01-31"), self.pushed()
        register = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=paid.ids)
        register.create({})._create_payments()
        self.drain()
        self.connection.sudo().period_lock_date = "2026-01-31"
        moves = move + locked + paid
        self.assertFalse(self.followed(moves))
        move.partner_id.with_context(xero_no_sync=True).ref = "R-2"
        self.assertFalse(self.followed(moves), "not by itself")
        rule.follow = True
        self.assertEqual(self.followed(moves), move)
        self.drain()
        self.assertEqual(self.theirs(move)["Reference"], "R-2")
        rule.sudo().followed_at += timedelta(hours=2)
        self.assertFalse(self.followed(moves))

    def followed(self, moves):
        """Return which of ``moves`` a night queues for what rules read elsewhere."""
        before = self.open_jobs()
        self.env.flush_all()
        self.env["xero.field.rule"].sudo()._follow(self.connection)
        return moves.filtered(lambda move: move.id in (self.open_jobs() - before).mapped("res_id"))

    def test_apply_leaves_locked_periods_alone(self):
        move = self.pushed()
        rule = self.reference_rule()
        self.connection.sudo().period_lock_date = "2026-03-31"
        self.assertEqual(rule.sent_count, 0)
        with self.assertRaisesRegex(UserError, "nothing"):
            rule.action_apply()
        self.assertFalse(self.open_jobs())
        self.assertInXero(move)

    # === IN === #

    def test_an_edit_of_the_ruled_field_stays_in_xero(self):
        self.reference_rule()
        move = self.pushed(ref="PO 1", invoice_user_id=self.seller.id)
        self.edit(move, Reference="Typed in Xero")
        self.poll()
        self.assertEqual(move.ref, "PO 1", "never written back")
        self.assertEqual((move.xero_sync_state, self.conflict_of(move).id), ("synced", False))
        move.invoice_user_id = self.env.user
        self.drain()
        self.assertFalse(self.conflict_of(move))
        self.assertEqual(self.theirs(move)["Reference"], self.env.user.name, "the field is Odoo's")

    def test_other_edits_beside_it_come_in(self):
        self.reference_rule()
        move = self.pushed(ref="PO 1", invoice_user_id=self.seller.id)
        self.edit(move, Reference="Typed in Xero", DueDate="2026-06-01")
        self.poll()
        self.assertEqual((move.ref, str(move.invoice_date_due)), ("PO 1", "2026-06-01"))
        self.assertFalse(self.conflict_of(move))

    def test_a_changed_rule_is_no_change_of_the_document(self):
        """An edit in Xero after a rule was made, stopped or changed opens no conflict."""
        move = self.pushed(ref="PO 1", invoice_user_id=self.seller.id)
        rule = self.reference_rule()
        self.edit(move, DueDate="2026-06-01")
        self.poll()
        self.assertFalse(self.conflict_of(move))
        self.assertEqual(str(move.invoice_date_due), "2026-06-01")
        rule.action_stop()
        self.edit(move, DueDate="2026-06-02")
        self.poll()
        self.assertFalse(self.conflict_of(move))
        self.assertEqual(str(move.invoice_date_due), "2026-06-02")

    def test_a_real_change_of_both_sides_is_still_a_conflict(self):
        self.reference_rule()
        move = self.pushed(ref="PO 1", invoice_user_id=self.seller.id)
        self.edit(move, DueDate="2026-06-01")
        move.invoice_date_due = "2026-07-01"
        self.poll()
        self.assertEqual(self.conflict_of(move).state, "open")

    def test_ruled_accounts_of_lines_are_not_written_back(self):
        self.rule("invoice_line_account", constant_account_id=self.account("260").id)
        move = self.pushed(lines=((1, 100.0), (1, 50.0)))
        account = move.invoice_line_ids.account_id
        lines = [
            {**line, "Description": f"Edited {number}", "AccountCode": "200"}
            for number, line in enumerate(self.theirs(move)["LineItems"])
        ]
        self.edit(move, LineItems=lines)
        self.poll()
        self.assertEqual(move.invoice_line_ids.mapped("name"), ["Edited 0", "Edited 1"])
        self.assertEqual(move.invoice_line_ids.account_id, account)

    # === ACCOUNT RULES === #

    def test_a_changed_account_rule_resends_nothing_until_people_saw_it(self):
        """The table of accounts: shown document by document, then sent as a run."""
        move, locked = self.pushed(), self.pushed(invoice_date="2026-01-31")
        self.connection.sudo().period_lock_date = "2026-01-31"
        rule = self.rule("invoice_line_account", constant_account_id=self.account("260").id, name="Elsewhere")
        self.env["xero.sync.runner"].sudo()._sweep()
        self.drain()
        self.assertEqual(self.theirs(move)["LineItems"][0]["AccountCode"], "200", "nothing happens by itself")
        preview = self.env["xero.preview"].browse(rule.action_preview()["res_id"])
        [line] = preview.line_ids
        self.assertEqual((line.res_id, line.action), (move.id, "update"), line.message)
        self.assertIn("Elsewhere", line.shown)
        self.assertIn("260", line.shown)
        self.assertFalse(self.open_jobs(), "nothing is sent by looking")
        preview.action_send()
        self.drain()
        self.assertEqual(self.theirs(move)["LineItems"][0]["AccountCode"], "260")
        self.assertEqual(self.theirs(locked)["LineItems"][0]["AccountCode"], "200")
        self.assertEqual(preview.sent_run_id.state, "done")

    def test_an_account_rule_that_xero_would_refuse_is_told_before(self):
        rule = self.rule("invoice_line_account", constant_account_id=self.account("260").id)
        self.account("260").sudo().status = "ARCHIVED"
        move = self.make_move()
        self.simulator.reset_stats()
        self.drain()
        job = self.job_of(move)
        self.assertEqual((job.state, job.failure_type), ("failed", "mapping"))
        self.assertEqual((job.action_fix()["res_model"], job.action_fix()["res_id"]), ("xero.field.rule", rule.id))
        self.assertFalse({key for key in self.simulator.calls(self.tenant) if key == ("PUT", "Invoices")})
        rule.constant_account_id = self.account("200")
        self.drain()
        self.assertInXero(move)

    def test_lines_keep_their_account_when_another_is_added_in_xero(self):
        """One account of Xero's stands for several of Odoo's: what came from Odoo stays as it is."""
        self.rule(
            "invoice_line_account", constant_account_id=self.account("260").id, domain="[('price_unit', '=', 50)]"
        )
        move = self.pushed(lines=((1, 100.0), (1, 50.0)))
        account = move.invoice_line_ids.account_id
        rows = self.theirs(move)["LineItems"]
        self.assertEqual([row["AccountCode"] for row in rows], ["200", "260"])
        added = {"Description": "More", "Quantity": 1, "UnitAmount": 7, "AccountCode": "200", "TaxType": "NONE"}
        self.edit(move, LineItems=[*rows, added])
        self.poll()
        self.assertFalse(self.conflict_of(move))
        self.assertEqual(move.invoice_line_ids.account_id, account)
        self.assertEqual(sorted(move.invoice_line_ids.mapped("price_unit")), [7, 50, 100])
        self.drain()
        self.assertEqual([row["AccountCode"] for row in self.theirs(move)["LineItems"]], ["200", "260", "200"])

    def test_contacts(self):
        self.partner_a.ref = "C-1"
        rule = self.rule("contact_account_number", "commercial_company_name", only_empty=False)
        self.partner_a.commercial_company_name = "ACME"
        self.pushed()
        link = self.link_of(self.partner_a)
        self.person("edit_contact", contact=link.xero_id, AccountNumber="Typed", TaxNumber="99-1")
        self.poll("Contact")
        self.assertEqual((self.partner_a.ref, self.partner_a.vat), ("C-1", "99-1"))
        self.assertFalse(self.conflict_of(self.partner_a))
        rule.action_stop()
        rule.sudo().write({"path": "name", "state": "active"})
        run = self.env["xero.run"].browse(rule.action_apply()["res_id"])
        self.assertEqual(run.job_ids.mapped("res_id"), self.partner_a.ids)
        self.drain()
        self.assertEqual(run.state, "done")
        [contact] = [found for found in self.read("Contacts") if found["ContactID"] == link.xero_id]
        self.assertEqual(contact["AccountNumber"], self.partner_a.name)

"""What lists of everyday work show: number, contact, amount, date and Xero's own words."""

from odoo import Command
from odoo.tests import new_test_user, tagged

from .common import XeroCommon


@tagged("post_install", "-at_install")
class TestLists(XeroCommon):
    def setUp(self):
        super().setUp()
        self.clerk = self.login("list_clerk", "account.group_account_invoice")

    def login(self, name, groups, companies=None):
        companies = self.company if companies is None else companies
        return new_test_user(
            self.env,
            name,
            groups=f"base.group_user,{groups}",
            company_id=companies[0].id,
            company_ids=[Command.set(companies.ids)],
        )

    def rows(self, model, *records):
        ids = [record.id for record in records]
        rows = self.env[model].with_user(self.clerk).search([("res_id", "in", ids), ("res_model", "=", "account.move")])
        return {row.res_id: row for row in rows}

    def test_jobs_and_links_name_what_people_know(self):
        kinds = {"out_invoice": "Invoice", "in_invoice": "Bill", "out_refund": "Credit Note"}
        kinds["in_refund"] = "Bill Credit Note"
        moves = [self.make_move(kind, ref=f"R {kind}") for kind in kinds]
        self.drain()
        for model in ("xero.sync.job", "xero.link"):
            rows = self.rows(model, *moves)
            for move, kind in zip(moves, kinds.values(), strict=True):
                row = rows[move.id]
                self.assertEqual(
                    (row.record_name, row.shown_kind, row.shown_partner_id, row.shown_amount, row.shown_currency_id),
                    (move.display_name, kind, move.partner_id, move.amount_total, move.currency_id),
                )
                self.assertEqual(row.shown_date, move.invoice_date)
        self.assertEqual(self.rows("xero.link", *moves)[moves[0].id].xero_status_name, "Awaiting Payment")
        contact = self.env["xero.link"].search([("res_model", "=", "res.partner")], limit=1)
        self.assertEqual((contact.shown_kind, contact.xero_status_name), ("Contact", "Active"))

    def test_they_are_found_by_contact_period_and_direction(self):
        early = self.make_move(invoice_date="2026-01-10")
        late = self.make_move(invoice_date="2026-03-10", partner=self.partner_b)
        self.drain()
        both = early | late
        jobs = self.env["xero.sync.job"].with_user(self.clerk)

        def found(*domain):
            rows = jobs.search([("res_model", "=", "account.move"), ("res_id", "in", both.ids), *domain])
            return self.env["account.move"].browse(rows.mapped("res_id"))

        self.assertEqual(found(("shown_partner_id", "ilike", self.partner_b.name)), late)
        self.assertEqual(found(("shown_partner_id", "in", self.partner_a.ids)), early)
        self.assertEqual(found(("shown_date", ">=", "2026-03-01"), ("shown_date", "<=", "2026-03-31")), late)
        self.assertEqual(found(("direction", "in", ["out"])), both)
        self.assertFalse(found(("direction", "in", ["in"])))
        contacts = [("shown_partner_id", "ilike", self.partner_b.name), ("xero_type", "=", "Contact")]
        self.assertTrue(jobs.search(contacts))

    def test_any_number_of_rows_costs_the_same(self):
        self.env["account.move"].union(*(self.make_move() for _number in range(6)))
        self.drain()
        rows = self.env["xero.sync.job"].with_user(self.clerk).search([("res_model", "=", "account.move")])
        counts = []
        for chosen in (rows[:1], rows):
            self.env.invalidate_all()
            chosen.mapped("state")
            before = self.env.cr.sql_log_count
            chosen.mapped("shown_amount")
            chosen.mapped("shown_partner_id.name")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 1, counts)

    def test_readings_are_named_without_codes(self):
        self.env["xero.sync.job"]._enqueue_fetch(self.connection, "Invoice", ["fc752371-1111-4111-8111-111111111111"])
        job = self.env["xero.sync.job"].search([("operation", "=", "pull"), ("xero_id", "!=", False)], limit=1)
        self.assertEqual((job.record_name, job.direction), ("Invoice that changed in Xero", "in"))

    def test_accounts_are_named_as_xero_names_them(self):
        accounts = self.env["xero.account"].search([("connection_id", "=", self.connection.id)])
        words = {account.type: account.type_name for account in accounts}
        self.assertEqual((words["REVENUE"], words["CURRLIAB"]), ("Revenue", "Current Liability"))
        self.assertEqual(set(accounts.filtered(lambda row: row.status == "ACTIVE").mapped("status_name")), {"Active"})
        rates = set(self.env["xero.tax.rate"].search([("connection_id", "=", self.connection.id)]).mapped("name"))
        self.assertLessEqual(set(filter(None, accounts.mapped("tax_name"))), rates)
        accounts[0].sudo().type = "SOMETHINGNEW"
        self.assertEqual(accounts[0].type_name, "SOMETHINGNEW")

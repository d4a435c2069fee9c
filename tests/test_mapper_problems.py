"""What stops a document before any call, and what becomes of the last cents."""

from datetime import date
from decimal import Decimal as D
from unittest.mock import patch

from odoo.tests import tagged

from ..mappers.document import rounding as document_rounding
from ..xero_api import codec
from .common.mapper import MapperCase

CONTACT = "c0000000-0000-0000-0000-00000000000a"


@tagged("post_install", "-at_install")
class TestMapperProblems(MapperCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tax20 = cls.tax(20)

    def problem(self, move, code):
        """Return the one problem of ``move``, which must be of the kind ``code``."""
        [problem] = self.prepare(move).problems
        self.assertEqual(problem.code, code, problem.message)
        return problem

    # === PROBLEMS === #

    def test_contact_first(self):
        move = self.move([(100, self.tax20)], partner_id=self.partner_b.id)
        out = self.prepare(move)
        self.assertEqual(
            [(need.xero_type, need.res_model, need.res_id) for need in out.needs],
            [("Contact", "res.partner", self.partner_b.id)],
        )
        child = self.env["res.partner"].create({"name": "Desk", "parent_id": self.partner_a.id})
        self.assertEqual(
            self.sent(self.move([(100, self.tax20)], partner_id=child.id)).payload["Contact"], {"ContactID": CONTACT}
        )

    def test_contact_archived_in_xero(self):
        self.env["xero.link"].sudo().search(
            [("res_id", "=", self.partner_a.id), ("xero_type", "=", "Contact")]
        ).xero_status = "ARCHIVED"
        problem = self.problem(self.move([(100, self.tax20)]), "validation")
        self.assertEqual((problem.model, problem.res_id), ("res.partner", self.partner_a.id))

    def test_receipt_without_contact(self):
        move = self.move([(100, self.tax20)], "out_receipt", partner_id=False)
        self.assertIn(move.display_name, self.problem(move, "validation").message)

    def test_missing_mappings_are_all_told_once(self):
        account = self.env["account.account"].create({"name": "Consulting", "code": "CONS1", "account_type": "income"})
        tax = self.tax(7, mapped=False)
        lines = [{"price_unit": 10, "tax_ids": tax, "account_id": account.id}] * 3
        out = self.prepare(self.move(lines))
        self.assertEqual(
            {problem.missing for problem in out.problems}, {("account", account.id), ("tax", (tax.id,), "sale")}
        )
        self.assertEqual({problem.code for problem in out.problems}, {"mapping"})
        messages = " ".join(problem.message for problem in out.problems)
        for part in ("CONS1", "Consulting", tax.name):
            self.assertIn(part, messages)

    def test_missing_mapping_gets_a_row_to_fix(self):
        tax = self.tax(7, mapped=False)
        move = self.move([(10, tax)])
        [problem] = self.prepare(move).problems
        self.assertFalse(self.env["xero.mapping.service"]._ensure(self.connection, [problem]))
        located = self.env["xero.mapping.service"]._locate(self.connection, problem)
        row = self.env[located.model].browse(located.res_id)
        self.assertEqual((row.tax_ids, row.type_tax_use, row.state), (tax, "sale", "missing"))
        row.xero_tax_rate_id = self.map_taxes(self.tax20, "sale", 20).xero_tax_rate_id
        self.assertEqual(row.state, "confirmed")
        self.sent(move)

    def test_surely_suggested_mapping_is_used_at_once(self):
        self.env["xero.account"].sudo().create(
            {
                "connection_id": self.connection.id,
                "xero_id": "a1",
                "code": "CONS1",
                "name": "Fees",
                "type": "REVENUE",
                "class_type": "REVENUE",
                "status": "ACTIVE",
            }
        )
        account = self.env["account.account"].create({"name": "Consulting", "code": "CONS1", "account_type": "income"})
        move = self.move([{"price_unit": 10, "tax_ids": self.tax20, "account_id": account.id}])
        self.assertTrue(self.env["xero.mapping.service"]._ensure(self.connection, self.prepare(move).problems))
        self.assertEqual(self.sent(move).payload["LineItems"][0]["AccountCode"], "CONS1")

    def test_mapping_that_cannot_be_used(self):
        move = self.move([(10, self.tax20)])
        row = self.connection.account_mapping_ids.filtered(lambda row: row.account_id == self.revenue)
        for target, values, text in (
            (row, {"state": "suggested"}, "confirmed"),
            (row.xero_account_id, {"status": "ARCHIVED"}, "archived"),
            (row.xero_account_id, {"code": False}, "code"),
            (row.xero_account_id, {"system_account": "DEBTORS"}, "document lines"),
            (row.xero_account_id, {"type": "BANK"}, "document lines"),
            (self.env["xero.tax.rate"].search([("tax_type", "=", "S20")]), {"status": "DELETED"}, "archived"),
            (self.env["xero.tax.rate"].search([("tax_type", "=", "S20")]), {"can_apply_to_revenue": False}, "S20"),
        ):
            before = target.sudo().read(list(values))[0]
            target.sudo().write(values)
            problem = self.problem(move, "mapping")
            self.assertIn(text, problem.message)
            self.assertTrue(problem.res_id and problem.model.startswith("xero.mapping."))
            target.sudo().write({name: before[name] for name in values})
        self.sent(move)

    def test_currency_not_in_xero(self):
        franc = self.setup_other_currency("CHF")
        self.assertIn("CHF", self.problem(self.move([(10, self.tax20)], currency_id=franc.id), "validation").message)

    def add_currency(self, code, *rates):
        """Return a currency that the organisation has, with these rates in Odoo."""
        currency = self.setup_other_currency(code, rates=[("2000-01-01", 1.5)])
        self.env["res.currency.rate"].search([("currency_id", "=", currency.id)]).unlink()
        for day, rate in rates:
            self.env["res.currency.rate"].create({"currency_id": currency.id, "name": day, "rate": rate})
        self.env["xero.currency"].sudo().create({"connection_id": self.connection.id, "code": code})
        return currency

    def test_currency_without_a_rate_for_the_day(self):
        """Odoo takes 1, or the first later rate, without a word."""
        for code, rates in (("CHF", ()), ("SEK", [("2026-06-01", 10.5)])):
            with self.subTest(code=code):
                currency = self.add_currency(code, *rates)
                for move_type in ("out_invoice", "in_invoice", "out_refund"):
                    move = self.move([(10, None)], move_type, currency_id=currency.id)
                    problem = self.problem(move, "validation")
                    self.assertIn(code, problem.message)
                    self.assertEqual((problem.model, problem.res_id), ("res.currency", currency.id))

    def test_rate_that_came_too_late_or_was_typed(self):
        currency = self.add_currency("CHF")
        late = self.move([(10, None)], currency_id=currency.id)
        typed = self.move([(10, None)], currency_id=currency.id, invoice_currency_rate=1.25, post=False)
        typed.action_post()
        self.assertEqual(typed.invoice_currency_rate, 1.25)
        self.assertEqual(self.sent(typed).payload["CurrencyRate"], D("1.25"))
        self.env["res.currency.rate"].create({"currency_id": currency.id, "name": "2026-01-01", "rate": 1.1})
        problem = self.problem(late, "validation")
        self.assertEqual((problem.model, problem.res_id), ("account.move", late.id))
        self.assertIn("1.1", problem.message)
        late.button_draft()
        late.refresh_invoice_currency_rate()
        late.action_post()
        self.assertEqual(self.sent(late).payload["CurrencyRate"], D("1.1"))

    def test_currency_worth_the_same(self):
        currency = self.add_currency("CHF", ("2020-01-01", 1.0))
        self.assertEqual(self.sent(self.move([(10, None)], currency_id=currency.id)).payload["CurrencyRate"], D(1))

    def test_what_was_agreed_needs_no_rate(self):
        move = self.move([(10, None)], currency_id=self.add_currency("CHF").id)
        self.link(move, "d0000000-0000-0000-0000-000000000007", xero_status="AUTHORISED")
        self.sent(move)

    def test_locked_period(self):
        move = self.move([(10, self.tax20)])
        self.connection.year_lock_date = date(2026, 3, 4)
        self.sent(move)
        for field in ("period_lock_date", "year_lock_date"):
            self.connection[field] = date(2026, 3, 5)
            self.assertIn("2026-03-05", self.problem(move, "locked_period").message)
            self.connection[field] = False

    def test_unchanged_document_in_a_locked_period_is_no_problem(self):
        move = self.move([(10, self.tax20)])
        self.link(move, "d1", digest=codec.digest(self.sent(move).canonical()))
        self.connection.period_lock_date = date(2026, 3, 5)
        self.sent(move)
        move.ref = "changed"
        self.problem(move, "locked_period")

    # === LAST CENTS === #

    def test_adjustment_becomes_a_rounding_line(self):
        move = self.move([(10, self.tax20)])
        self.link(move, "d1", adjustment=-0.01)
        out = self.prepare(move)
        self.assertEqual(out.total, D("12.00"))
        self.assertEqual(
            out.payload["LineItems"][-1],
            {
                "Description": "Rounding",
                "Quantity": 1,
                "UnitAmount": D("-0.01"),
                "AccountCode": "860",
                "TaxType": "NONE",
            },
        )

    def test_residual_becomes_a_rounding_line(self):
        move = self.move([(10, self.tax20)])
        with self._falling_short(D("0.02")):
            out = self.prepare(move)
        self.assertEqual(
            (out.status, out.problems, out.payload["LineItems"][-1]["UnitAmount"]), ("AUTHORISED", [], D("0.02"))
        )

    def test_residual_leaves_a_draft_where_the_policy_says_so(self):
        move = self.move([(10, self.tax20)])
        for values in ({"rounding_policy": "draft"}, {"rounding_policy": "line", "rounding_account_id": False}):
            self.connection.write(values)
            with self._falling_short(D("0.02")):
                out = self.prepare(move)
            self.assertEqual((out.status, out.payload["Status"], len(out.payload["LineItems"])), ("DRAFT", "DRAFT", 1))
            self.assertIn(move.display_name, out.notices[0])

    def test_more_than_rounding_is_never_sent(self):
        move = self.move([(10, self.tax20)])
        for policy in ("line", "draft"):
            self.connection.rounding_policy = policy
            with self._falling_short(D("0.06")):
                problem = self.problem(move, "total_mismatch")
            self.assertIn(move.display_name, problem.message)
            self.assertEqual((problem.model, problem.res_id), ("account.move", move.id))

    def _falling_short(self, difference):
        """Make Xero's arithmetic arrive at less than Odoo's total, which it never does by itself."""
        real = document_rounding.predicted_total
        return patch.object(document_rounding, "predicted_total", lambda *args: real(*args) - difference)

"""What documents are looked up in is kept between batches, and never older than the database."""

from odoo.tests import tagged

from ..mappers.document.mapped import mapped
from .common.mapper import MapperCase


@tagged("post_install", "-at_install")
class TestMapperMapped(MapperCase):
    def setUp(self):
        super().setUp()
        self.own = self.connection.sudo()
        self.row = self.env["xero.mapping.account"].sudo().search([("connection_id", "=", self.own.id)], limit=1)

    def mapped(self):
        self.env.flush_all()
        return mapped(self.own)

    def assertChanges(self, change):
        """See that what is kept is read again after ``change``, and once only."""
        before = self.mapped()
        change()
        after = self.mapped()
        self.assertIsNot(after, before)
        self.assertIs(self.mapped(), after)
        return after

    def test_one_query_while_nothing_changes(self):
        before = self.mapped()
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            self.assertIs(mapped(self.own), before)

    def test_every_write_is_seen_also_within_one_transaction(self):
        account, key = self.row.xero_account_id, self.row.account_id.id
        for code in ("A1", "A2", "A1"):
            found = self.assertChanges(lambda code=code: account.write({"code": code}))
            self.assertEqual(found.accounts[key].code, code)
        self.assertEqual(
            self.assertChanges(lambda: self.row.write({"state": "missing"})).accounts[key].fault, "missing"
        )
        self.assertNotIn(key, self.assertChanges(self.row.unlink).accounts)

    def test_what_was_undone_is_forgotten(self):
        account, key, code = self.row.xero_account_id, self.row.account_id.id, self.row.xero_account_id.code
        try:
            with self.env.cr.savepoint():
                account.code = "gone"
                self.assertEqual(self.mapped().accounts[key].code, "gone")
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        self.assertEqual(self.mapped().accounts[key].code, code)

    def test_taxes_and_currencies(self):
        tax = self.env["xero.mapping.tax"].sudo().search([("connection_id", "=", self.own.id)], limit=1)
        self.assertChanges(lambda: tax.xero_tax_rate_id.write({"status": "ARCHIVED"}))
        self.assertChanges(
            lambda: self.env["xero.currency"].sudo().create({"connection_id": self.own.id, "code": "XTS"})
        )

    def test_analytic_plans(self):
        plan, parent = self.env["account.analytic.plan"].create([{"name": "Projects"}, {"name": "All"}])
        account = self.env["account.analytic.account"].create({"name": "Bridge", "plan_id": plan.id})
        rows = self.env["xero.mapping.tracking"].sudo()
        self.assertChanges(lambda: rows.create({"connection_id": self.own.id, "account_id": account.id}))
        self.assertEqual(self.mapped().options[account.id].plan_id, plan.id)
        found = self.assertChanges(lambda: account.write({"plan_id": parent.id}))
        self.assertEqual(found.options[account.id].plan_id, parent.id)
        found = self.assertChanges(lambda: self.own.write({"required_plan_ids": [(4, parent.id)]}))
        self.assertEqual(found.required_plans, {parent.id})

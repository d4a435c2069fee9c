"""The tax of right books, as Odoo's own charts book it, against what Xero makes of what is sent."""

from decimal import Decimal
from unittest.mock import patch

from odoo import Command
from odoo.addons.xero_connector.mappers.document.canonical import DocumentState, payload_element
from odoo.addons.xero_connector.mappers.document.sheet import TaxLookup
from odoo.addons.xero_connector.models.reconciliation.compare_document import facts_of
from odoo.addons.xero_connector.models.reconciliation.tax_books import compare_taxes
from odoo.tests import tagged

from .charts_common import ChartCase

KINDS = {"sale": ("out_invoice", "out_refund"), "purchase": ("in_invoice", "in_refund")}
TYPES = {"out_invoice": "Invoice", "in_invoice": "Invoice", "out_refund": "CreditNote", "in_refund": "CreditNote"}


@tagged("post_install", "-at_install")
class TestChartTaxBooks(ChartCase):
    def prepared(self, chart):
        """Return a connection whose taxes are mapped by the country's table, and its rows."""
        connection = self.connect(chart)
        self.env["xero.mapping.tax"]._refresh(connection)
        rows = connection.tax_mapping_ids.filtered("xero_tax_rate_id")
        rows.sudo().state = "confirmed"
        company = connection.company_id
        accounts = self.env["account.account"].with_company(company)
        self.accounts = {}
        for use, kind, group in (("sale", "income", "REVENUE"), ("purchase", "expense", "EXPENSE")):
            domain = [("company_ids", "in", company.ids), ("account_type", "=", kind)]
            account = self.accounts[use] = accounts.search(domain, limit=1)
            row = self.env["xero.mapping.account"].sudo()._ensure(connection, account)
            of_class = [("connection_id", "=", connection.id), ("class_type", "=", group)]
            target = self.env["xero.account"].search([*of_class, ("system_account", "=", False)], limit=1)
            row.write({"xero_account_id": target.id, "state": "confirmed"})
        return connection, rows

    def document(self, connection, kind, row):
        use = row.type_tax_use
        lines = [
            {
                "name": "Line",
                "quantity": 1,
                "price_unit": price,
                "account_id": self.accounts[use].id,
                "tax_ids": [Command.set(row.tax_ids.ids)],
            }
            for price in (100.0, 33.33)
        ]
        move = (
            self.env["account.move"]
            .with_company(connection.company_id)
            .create(
                {
                    "move_type": kind,
                    "company_id": connection.company_id.id,
                    "partner_id": self.env["res.partner"].create({"name": "Contact"}).id,
                    "invoice_date": "2026-03-10",
                    "ref": f"{kind} {row.id}",
                    "invoice_line_ids": [Command.create(line) for line in lines],
                }
            )
        )
        move.action_post()
        return move

    def compared(self, connection, kind, row):
        """Return the ``TaxComparison`` of a document with the taxes of ``row``; ``None`` where it cannot be sent."""
        move = self.document(connection, kind, row)
        xero_type = TYPES[kind]
        mapper, inbound = (self.env[name]._for_type(xero_type) for name in ("xero.mapper", "xero.inbound"))
        out = mapper._prepare(move, connection)[move.id]
        if any(problem.code == "mapping" for problem in out.problems):
            return None
        rates = self.env["xero.tax.rate"].search([("connection_id", "=", connection.id)])
        percents = {rate.tax_type: Decimal(str(rate.effective_rate)) for rate in rates}
        element = payload_element(out.payload, percents, out.total, inbound._id_field, "")
        theirs = facts_of(DocumentState.load(inbound._canonical(element)), Decimal(0))
        witness = self.env["xero.tax.witness"].sudo()
        tax_map = witness._tax_map(connection)
        ledger = witness._ledgers(tax_map, move.sudo())[move.id]
        return compare_taxes(ledger, theirs, tax_map.accounts, tax_map.untaxed)

    def test_right_books_show_no_difference(self):
        for chart, least in (("au", 30), ("uk", 30)):
            connection, rows = self.prepared(chart)
            count = 0
            for row in rows.filtered("tax_ids"):
                for kind in KINDS[row.type_tax_use]:
                    with self.subTest(chart=chart, kind=kind, tax=row.display_name, rate=row.xero_tax_rate_id.tax_type):
                        found = self.compared(connection, kind, row)
                        if found is not None:
                            count += 1
                            self.assertFalse(found.tax_gaps)
                            self.assertFalse(found.base_gaps)
                            self.assertFalse([row for row in found.tax + found.base if row.odoo != row.xero])
            self.assertGreaterEqual(count, least, chart)

    def test_the_choices_of_the_table_are_not_in_doubt(self):
        for chart in ("au", "uk", "nz", "za"):
            _connection, rows = self.prepared(chart)
            doubts = {row.display_name: str(why) for row, why in rows._doubts().items()}
            self.assertFalse(doubts, chart)

    def test_wrong_choices_are_in_doubt(self):
        wrong = {
            "au": (
                ("au_tax_sale_0", "BASEXCLUDED"),
                ("au_tax_purchase_capital_service", "INPUT"),
                ("au_tax_purchase_private_service", "INPUT"),
            ),
            "uk": (("ST0", "EXEMPTOUTPUT"),),
        }
        for chart, choices in wrong.items():
            connection, rows = self.prepared(chart)
            for template, tax_type in choices:
                [row] = [row for row in rows if len(row.tax_ids) == 1 and self.template_of(row.tax_ids) == template]
                of_type = [("connection_id", "=", connection.id), ("tax_type", "=", tax_type)]
                row.xero_tax_rate_id = self.env["xero.tax.rate"].search(of_type)
                self.assertTrue(row.is_doubtful, (template, tax_type))
                self.assertIn(row, rows.search([("is_doubtful", "=", True)]))
                self.assertEqual(row.state, "confirmed", "only a person changes it")
                row.sudo().reason = row._reasons()["rate"]
                self.assertIn("Confirmed by percentage alone: look at it.", row.doubt)

    def test_cost_that_is_claimed_is_caught(self):
        """Private use, chosen as claimable, and a mapper that claims it."""
        connection, rows = self.prepared("au")
        [row] = [
            row
            for row in rows
            if len(row.tax_ids) == 1 and self.template_of(row.tax_ids) == "au_tax_purchase_private_service"
        ]
        row.xero_tax_rate_id = self.env["xero.tax.rate"].search(
            [("connection_id", "=", connection.id), ("tax_type", "=", "INPUT")]
        )
        self.assertFalse(self.compared(connection, "in_invoice", row).tax_gaps)
        with patch.object(TaxLookup, "_is_cost", lambda *args: False):
            found = self.compared(connection, "in_invoice", row)
        self.assertEqual([(odoo, xero) for _pool, odoo, xero in found.tax_gaps], [(Decimal(0), Decimal("13.33"))])

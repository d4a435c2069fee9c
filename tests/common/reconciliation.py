"""The world of the tests of reconciliation: books that agree, and hands that disturb them."""

from decimal import Decimal

from odoo import Command

from .payment import PaymentCommon


class ReconCommon(PaymentCommon):
    def setUp(self):
        super().setUp()
        self.number = 0

    def reconcile(self):
        """Have a person ask for a report, let the worker make it, and return it."""
        self.env.flush_all()
        report = self.env["xero.reconciliation"]._request(self.connection)
        self.drain()
        self.assertEqual(report.state, "done", report.reason)
        return report

    def told(self, report):
        """Return ``{(kind, what in Odoo, id in Xero)}`` of what a report found."""
        return sorted((row.kind, row.record_name or "", row.xero_number or "") for row in report.difference_ids)

    def assertAgree(self, report):
        self.assertFalse(
            [
                (row.kind, row.record_name, row.xero_number, row.odoo_value, row.xero_value, row.note)
                for row in report.difference_ids
            ]
        )
        self.assertEqual(report.verdict, "agree")
        self.assertFalse([row.read()[0] for row in report.total_ids if row.difference])
        # What is booked of tax is as exact as what is sent, but for the cents of a conversion, which are said.
        for total in report.total_ids.filtered(lambda row: row.section not in ("tax", "grid")):
            self.assertEqual(total.odoo_amount, total.xero_amount, total.read()[0])
            self.assertEqual(total.odoo_due, total.xero_due, total.read()[0])
            self.assertEqual(total.odoo_count, total.xero_count, total.read()[0])
        self.assertEqual(report.receivable_odoo, report.receivable_xero)
        self.assertEqual(report.payable_odoo, report.payable_xero)

    def assertTies(self, report):
        """Every number on the page adds up to another one there."""
        self.assertTrue(report.is_tied and report.results_table)
        kinds = report._kinds()
        self.assertEqual(sum(count for _kind, count, _size in kinds), report.difference_count)
        self.assertCents(sum(size for _kind, _count, size in kinds), report.difference_amount)
        documents, months = report.document_total_ids, report.month_total_ids
        for side in ("receivable", "payable"):
            of_side = documents.filtered(lambda row, side=side: row.side == side)
            of_contacts = report.contact_total_ids.filtered(lambda row, side=side: row.side == side)
            for book in ("odoo", "xero"):
                self.assertCents(sum(of_side.mapped(f"{book}_base")), report[f"{side}_{book}"], (side, book))
            self.assertCents(sum(of_contacts.mapped("base_difference")), report[f"{side}_difference"], side)
        for kind in ("ACCREC", "ACCPAY", "ACCRECCREDIT", "ACCPAYCREDIT"):
            sign = -1 if kind.startswith("ACCPAY") else 1
            for book in ("odoo", "xero"):
                of_kind = months.filtered(lambda row, kind=kind: row.document_type == kind)
                worth = sum(
                    documents.filtered(lambda row, kind=kind: row.document_type == kind).mapped(f"{book}_worth")
                )
                told = sum(of_kind.mapped(f"{book}_amount")) + sum(of_kind.mapped(f"{book}_tax"))
                self.assertCents(told, sign * worth, (kind, book))
        self.assertFalse(months.filtered(lambda row: row.document_type in (False, "ADVANCE")))
        for row in report.tax_total_ids | report.grid_total_ids:
            told = [
                row[f"odoo_{name}"] - row[f"xero_{name}"] - row[f"explained_{name}"] for name in ("amount", "tax")
            ]
            self.assertCents(row.difference, sum(told))
        for kind in ("ACCREC", "ACCPAY", "ACCRECCREDIT", "ACCPAYCREDIT"):
            of_tax, of_months = (
                sum(rows.filtered(lambda row, kind=kind: row.document_type == kind).mapped("xero_tax"))
                for rows in (report.tax_total_ids, months)
            )
            self.assertCents(of_tax, of_months, kind)
        for row in months:
            told = row.odoo_amount + row.odoo_tax - row.xero_amount - row.xero_tax
            self.assertCents(row.difference, told)

    def assertCents(self, one, other, message=None):
        self.assertEqual(round(one, 2), round(other, 2), message)

    # === BOOKS === #

    def new_partner(self, **values):
        self.number += 1
        return self.env["res.partner"].create(
            {"name": f"Contact {self.number}", "vat": f"US{self.number:07}", "is_company": True, **values}
        )

    def document(self, move_type="out_invoice", lines=((3, 25.06), (1, 25.61)), **values):
        self.number += 1
        return self.make_move(move_type, lines, **{"ref": f"R{self.number}", **values})

    def settle(self):
        """Let all that waits be done, on both sides."""
        self.drain()
        self.poll()
        self.drain()
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))

    def in_currency(self):
        return self.setup_other_currency("AUD", rates=[("2016-01-01", 0.813)])

    def branch(self):
        values = {"name": "Branch", "parent_id": self.company.id, "country_id": self.company.country_id.id}
        branch = self.env["res.company"].create(values)
        # Odoo loads the branch's share of the chart of accounts at the end of the transaction.
        self.cr.precommit.run()
        self.env.user.company_ids = [Command.link(branch.id)]
        return branch

    def decimal(self, text):
        return Decimal(text)

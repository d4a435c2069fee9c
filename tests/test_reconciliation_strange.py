"""What a stranger wrote in Xero is linked to nothing of Odoo's by a reconciliation, whoever fixes what it found."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common.reconciliation import ReconCommon


@tagged("post_install", "-at_install")
class TestReconStrange(ReconCommon):
    def claim(self, move, number, contact):
        """Another app makes an invoice that says it is ``move``; return its id."""
        database = self.env["ir.config_parameter"].get_param("database.uuid")[:8]
        url = f"https://any.example/mail/view?model=account.move&res_id={move.id}&xero_db={database}"
        line = {"Description": "x", "Quantity": 1, "UnitAmount": 5, "AccountCode": "200", "TaxType": "NONE"}
        document = {"Type": "ACCREC", "InvoiceNumber": number, "Contact": {"ContactID": contact}, "Url": url}
        document |= {"Date": "2026-03-10", "DueDate": "2026-03-10", "Status": "AUTHORISED", "LineItems": [line]}
        return self.write_in_xero("Invoices", {**document, "LineAmountTypes": "Exclusive"})["InvoiceID"]

    def entry(self):
        journal = self.env["account.journal"].search(
            [("type", "=", "general"), ("company_id", "=", self.company.id)], limit=1
        )
        account = self.company_data["default_account_revenue"]
        lines = [{"account_id": account.id, "debit": 5}, {"account_id": account.id, "credit": 5}]
        entry = self.env["account.move"].create(
            {"journal_id": journal.id, "date": "2026-03-10", "line_ids": [*map(Command.create, lines)]}
        )
        entry.action_post()
        return entry

    def test_a_made_up_mark_is_linked_to_nothing(self):
        partner = self.document(lines=((1, 1.0),)).partner_id
        self.settle()
        never = self.document(lines=((1, 5.0),), tax=False, post=False)
        never.with_context(xero_no_sync=True).action_post()
        claims = {move: self.claim(move, move.name, partner.xero_contact_id) for move in (never, self.entry())}
        report = self.reconcile()
        for move, xero_id in claims.items():
            [row] = report.difference_ids.filtered(lambda row, xero_id=xero_id: row.xero_id == xero_id).sudo()
            self.assertFalse(row.res_id)
            self.assertNotIn("link", row._repairs())
            # As if the report had been made by an earlier version, or the record had changed since.
            self.env.cr.execute(
                "UPDATE xero_reconciliation_difference SET kind = 'unlinked', res_id = %s WHERE id = %s",
                [move.id, row.id],
            )
            row.invalidate_recordset()
            with self.assertRaisesRegex(UserError, "not certain"):
                row._begin_link()
            self.assertFalse(self.link_of(move).filtered("xero_id"))

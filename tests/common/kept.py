"""The world of the tests of what nobody changed: documents that Xero knows more of than Odoo."""

from decimal import Decimal

from odoo import Command

from ...models.connection import gate as xero_gate
from ...xero_api import codec
from .inbound import InboundCommon

# What moves with every change, or is worked out from other fields.
MOVING = ("UpdatedDateUTC", "inner", "SubTotal", "TotalTax", "Total", "AmountDue", "TotalDiscount", "RemainingCredit")
COMPUTED = ("LineAmount", "TaxAmount", "Item", "AccountID")
XERO_TYPES = {
    "out_invoice": "ACCREC",
    "in_invoice": "ACCPAY",
    "out_refund": "ACCRECCREDIT",
    "in_refund": "ACCPAYCREDIT",
}


class KeptCommon(InboundCommon):
    def setUp(self):
        super().setUp()
        self.connection.inbound_documents = "post"
        self.simulator.control("/readings", items_need_settings_scope=False)
        items = [
            {"Code": "WIDGET", "Name": "Widget", "SalesDetails": {"UnitPrice": Decimal("9.99"), "AccountCode": "200"}},
            {"Code": "GADGET", "Name": "Gadget"},
        ]
        client = xero_gate.open_client(self.connection.sudo())
        try:
            client.put("Items", codec.dumps({"Items": items}), idempotency_key=f"items-{self.id()}")
        finally:
            client.close()
        self.known = self.person("create_contact", Name="Known in Xero")["ContactID"]
        self.number = 0

    # === BOTH SIDES === #

    def held(self, move):
        """Return what stands in Xero for ``move``: the head, and its lines by their ids in their order."""
        element = self.in_xero(move)
        head = {name: value for name, value in element.items() if name not in (*MOVING, "LineItems")}
        lines = {
            line["LineItemID"]: {name: value for name, value in line.items() if name not in COMPUTED}
            for line in element["LineItems"]
        }
        return head, lines

    def ours(self, move):
        """Return what Odoo has of ``move``, as far as people type it."""
        head = {
            "partner": move.partner_id.id,
            "ref": move.ref or "",
            "date": str(move.invoice_date),
            "due": str(move.invoice_date_due),
            "state": move.state,
        }
        lines = [
            (line.id, line.name, line.quantity, line.price_unit, line.discount, line.account_id.id, line.tax_ids.ids)
            for line in move.invoice_line_ids.sorted(lambda line: (line.sequence, line.id))
        ]
        return head, lines

    def assertChanged(self, before, after, head=(), lines=None):
        """Of what stood in Xero only these fields are others now: of the head, and ``{id of the line: fields}``."""
        self.assertEqual(
            {name for name in {*before[0], *after[0]} if before[0].get(name) != after[0].get(name)}, {*head}
        )
        changed = {
            line_id: {name for name in {*old, *after[1][line_id]} if old.get(name) != after[1][line_id].get(name)}
            for line_id, old in before[1].items()
            if line_id in after[1]
        }
        wanted = dict.fromkeys(changed, set()) | {line_id: {*names} for line_id, names in (lines or {}).items()}
        self.assertEqual(changed, wanted)

    # === MADE IN XERO === #

    def tax_of(self, move_type):
        tax = self.tax_sale_a if move_type.startswith("out_") else self.tax_purchase_a
        rows = self.connection.tax_mapping_ids.filtered(lambda row: row.tax_ids == tax)
        return rows[0].xero_tax_rate_id.tax_type

    def code_of(self, move_type):
        account = self.company_data[f"default_account_{'revenue' if move_type.startswith('out_') else 'expense'}"]
        rows = self.connection.account_mapping_ids.filtered(lambda row: row.account_id == account)
        return rows.xero_account_id.code

    def in_xero_lines(self, move_type, *lines):
        """Return lines as a person types them: dicts of what differs from three pieces of 9.99, texts of notes."""
        usual = {
            "Description": "Widgets",
            "Quantity": 3,
            "UnitAmount": 9.99,
            "AccountCode": self.code_of(move_type),
            "TaxType": self.tax_of(move_type),
        }
        wanted = lines or ({"ItemCode": "WIDGET"},)
        return [{"Description": line} if isinstance(line, str) else {**usual, **line} for line in wanted]

    def imported(self, move_type="out_invoice", *lines, **values):
        """Return a document that a person made in Xero, with prices that include tax, and Odoo has imported."""
        note = move_type.endswith("refund")
        self.number += 1
        element = self.person(
            "create_credit_note" if note else "create_invoice",
            **{
                "contact": self.known,
                "Type": XERO_TYPES[move_type],
                "Date": "2026-03-15",
                "LineAmountTypes": "Inclusive",
                f"{'CreditNote' if note else 'Invoice'}Number": f"X-{self.number}",
                "Reference": "theirs",
                "LineItems": self.in_xero_lines(move_type, *lines),
                **({} if note else {"DueDate": "2026-04-15"}),
                **values,
            },
        )
        self.poll()
        xero_id = element["CreditNoteID" if note else "InvoiceID"]
        link = self.env["xero.link"].search([("xero_id", "=", xero_id)])
        move = self.env["account.move"].browse(link.res_id)
        self.assertEqual((move.state, move.xero_sync_state), ("posted", "synced"), self.failed_fetch().failure_detail)
        return move

    # === EDITED === #

    def rework(self, move, *commands, **values):
        """Correct a document the everyday way: reset to draft, change, post again, and send it."""
        move.button_draft()
        move.write({**values, "invoice_line_ids": list(commands)} if commands else values)
        move.action_post()
        self.drain()
        self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)

    def edit_line(self, move, place, **values):
        """A person changes a line in Xero; returns its id."""
        lines = [{"LineItemID": line["LineItemID"]} for line in self.in_xero(move)["LineItems"]]
        lines[place] |= values
        self.edit(move, LineItems=lines)
        return lines[place]["LineItemID"]

    def update(self, move, place, **values):
        line = move.invoice_line_ids.sorted(lambda line: (line.sequence, line.id))[place]
        return Command.update(line.id, values)

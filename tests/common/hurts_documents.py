"""One way each to disturb books that agree, on either side, and what a reconciliation must then find.

A way is a generator: what it does before its first ``yield`` is sent to Xero and read back, what it does before its
second one is read back too, and then it disturbs. It returns the kind and what the difference is about.
"""

from odoo import Command

from .reconciliation import ReconCommon

NO_SYNC = {"xero_no_sync": True}


class DocumentHurts(ReconCommon):
    """Each ``way_<kind>[__<side>]`` works on records of its own."""

    def own(self, move_type="out_invoice", lines=((3, 25.06), (1, 25.61)), **values):
        return self.document(move_type, lines, **{"partner": self.new_partner(), **values})

    def quiet(self, records):
        return records.with_context(**NO_SYNC)

    def sql(self, query, *params):
        self.env.flush_all()
        self.env.cr.execute(query, params)
        self.env.invalidate_all()

    def odoo(self, record):
        return record._name, record.id

    def taken(self, element, kind="PaymentID"):
        """Return the payment in Odoo that was made of an element of Xero."""
        domain = [("connection_id", "=", self.connection.id), ("xero_id", "=", element[kind])]
        link = self.env["xero.link"].search(domain)
        return self.env["account.payment"].browse(link.res_id)

    def xero_lines(self, move, **changes):
        """Return the lines of ``move`` in Xero, the first with ``changes``."""
        keys = ("LineItemID", "Description", "Quantity", "UnitAmount", "AccountCode", "TaxType", "DiscountRate")
        lines = [
            {key: line[key] for key in keys if line.get(key) is not None} for line in self.in_xero(move)["LineItems"]
        ]
        return [{**lines[0], **changes}, *lines[1:]]

    def native(self, partner, kind="invoice", **values):
        lines = [{"Description": "Made in Xero", "Quantity": 1, "UnitAmount": 88, "AccountCode": "200"}]
        if str(values.get("Type", "")).startswith("ACCPAY"):
            lines[0] |= {"AccountCode": self.expense_code(), "TaxType": "NONE"}
        return self.person(
            f"create_{kind}",
            **{"contact": partner.xero_contact_id, "Date": "2026-03-15", "LineItems": lines, **values},
        )

    def expense_code(self):
        rows = self.connection.account_mapping_ids
        return rows.filtered(
            lambda row: row.account_id == self.company_data["default_account_expense"]
        ).xero_account_id.code

    # === TAX === #

    def way_tax_booked(self):
        """A person books the tax of a bill to costs, journal item by journal item."""
        move = self.own("in_invoice")
        yield
        yield
        self.sql(
            "UPDATE account_move_line SET account_id = %s WHERE move_id = %s AND tax_repartition_line_id IS NOT NULL",
            self.company_data["default_account_expense"].id,
            move.id,
        )
        return "tax_booked", self.odoo(move)

    def way_tax_choice(self):
        """A person makes another tax of the one that the Xero tax rate was chosen for."""
        self.number += 1
        tax = self.tax_sale_a.copy({"name": f"Sales {self.number}"})
        plain = self.connection.tax_mapping_ids.filtered(
            lambda row: row.tax_ids == self.tax_sale_a and row.type_tax_use == "sale"
        )
        row = self.env["xero.mapping.tax"].sudo()._ensure(self.connection, [((tax.id,), "sale")])
        row.xero_tax_rate_id = plain.xero_tax_rate_id
        self.own(lines=({"quantity": 1, "price_unit": 50, "tax_ids": [Command.set(tax.ids)]},))
        yield
        yield
        self.quiet(tax).name = f"Domestic reverse charge {self.number}"
        return "tax_choice", self.odoo(row)

    # === EXISTENCE === #

    def way_missing_in_xero(self):
        partner = self.own().partner_id
        yield
        yield
        move = self.quiet(self.env["account.move"])
        self.number += 1
        line = {"name": "Line", "quantity": 1, "price_unit": 70, "account_id": self.revenue.id}
        move = move.create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": "2026-03-10",
                "invoice_line_ids": [Command.create(line)],
            }
        )
        move.action_post()
        return "missing_in_xero", self.odoo(move)

    def way_missing_in_odoo(self):
        partner = self.own().partner_id
        yield
        yield
        return "missing_in_odoo", self.native(partner)["InvoiceID"]

    def way_missing_in_odoo__bill(self):
        partner = self.own("in_invoice").partner_id
        yield
        yield
        self.number += 1
        return "missing_in_odoo", self.native(partner, Type="ACCPAY", InvoiceNumber=f"B{self.number}")["InvoiceID"]

    def way_missing_in_odoo__note(self):
        partner = self.own("out_refund").partner_id
        yield
        yield
        return "missing_in_odoo", self.native(partner, "credit_note")["CreditNoteID"]

    def way_voided_in_xero(self):
        move = self.own()
        yield
        yield
        self.person("void", invoice=move.xero_invoice_id)
        return "voided_in_xero", self.odoo(move)

    def way_voided_in_xero__note(self):
        move = self.own("in_refund")
        yield
        yield
        self.person("void", credit_note=move.xero_invoice_id)
        return "voided_in_xero", self.odoo(move)

    def way_voided_in_odoo(self):
        move = self.own()
        yield
        yield
        self.quiet(move).button_draft()
        self.quiet(move).button_cancel()
        return "voided_in_odoo", self.odoo(move)

    def way_draft_in_odoo(self):
        move = self.own("in_invoice")
        yield
        yield
        self.quiet(move).button_draft()
        return "draft_in_odoo", self.odoo(move)

    def way_draft_in_odoo__paid(self):
        move = self.own()
        yield
        self.pay_in_xero(move)
        yield
        self.quiet(move).button_draft()
        return "draft_in_odoo", self.odoo(move)

    def way_deleted_in_odoo(self):
        move = self.own("in_invoice")
        yield
        yield
        xero_id = move.xero_invoice_id
        quiet = move.with_context(**NO_SYNC, force_delete=True)
        quiet.button_draft()
        quiet.unlink()
        return "deleted_in_odoo", xero_id

    def way_status(self):
        partner = self.own().partner_id
        yield
        yield
        move = self.quiet(self.document(partner=partner, post=False))
        move.action_post()
        self.env["xero.sync.job"].search([("res_id", "=", move.id), ("res_model", "=", move._name)]).sudo().unlink()
        draft = self.native(partner, Status="DRAFT")
        self.link_by_hand(move, draft["InvoiceID"], "DRAFT")
        return "status", self.odoo(move)

    def link_by_hand(self, move, xero_id, status="AUTHORISED"):
        self.env["xero.link"]._save(
            [
                {
                    "connection_id": self.connection.id,
                    "company_id": move.company_id.id,
                    "xero_type": "Invoice",
                    "res_model": move._name,
                    "res_id": move.id,
                    "xero_id": xero_id,
                    "xero_status": status,
                    "state": "synced",
                }
            ]
        )

    # === HEAD === #

    def way_number(self):
        move = self.own()
        yield
        yield
        self.number += 1
        self.edit(move, InvoiceNumber=f"OTHER{self.number}")
        return "number", self.odoo(move)

    def way_number__odoo(self):
        move = self.own("in_invoice")
        yield
        yield
        self.number += 1
        self.sql("UPDATE account_move SET ref = %s WHERE id = %s", f"OTHER{self.number}", move.id)
        return "number", self.odoo(move)

    def way_reference(self):
        move = self.own()
        yield
        yield
        self.edit(move, Reference="Another")
        return "reference", self.odoo(move)

    def way_reference__odoo(self):
        move = self.own()
        yield
        yield
        self.quiet(move).ref = "Written quietly"
        return "reference", self.odoo(move)

    def way_contact(self):
        move, other = self.own(), self.own()
        yield
        yield
        self.edit(move, Contact={"ContactID": other.partner_id.xero_contact_id})
        return "contact", self.odoo(move)

    def way_date(self):
        move = self.own()
        yield
        yield
        self.edit(move, Date="2026-03-21")
        return "date", self.odoo(move)

    def way_date__odoo(self):
        move = self.own("in_invoice")
        yield
        yield
        self.sql("UPDATE account_move SET invoice_date = '2026-03-02', date = '2026-03-02' WHERE id = %s", move.id)
        return "date", self.odoo(move)

    def way_due_date(self):
        move = self.own()
        yield
        yield
        self.edit(move, DueDate="2026-08-01")
        return "due_date", self.odoo(move)

    def way_currency(self):
        move = self.own()
        yield
        yield
        self.sql("UPDATE account_move SET currency_id = %s WHERE id = %s", self.dollar.id, move.id)
        self.sql("UPDATE account_move_line SET currency_id = %s WHERE move_id = %s", self.dollar.id, move.id)
        return "currency", self.odoo(move)

    def way_rate(self):
        move = self.own(currency_id=self.dollar.id)
        yield
        yield
        self.sql("UPDATE account_move SET invoice_currency_rate = 0.9 WHERE id = %s", move.id)
        return "rate", self.odoo(move)

    def way_rate__xero(self):
        move = self.own(currency_id=self.dollar.id)
        yield
        yield
        self.edit(move, CurrencyRate=0.77)
        return "rate", self.odoo(move)

    # === AMOUNTS === #

    def way_total(self):
        move = self.own()
        yield
        yield
        self.edit(move, LineItems=self.xero_lines(move, UnitAmount=26.06))
        return "total", self.odoo(move)

    def way_total__odoo(self):
        move = self.own()
        yield
        yield
        quiet = self.quiet(move)
        quiet.button_draft()
        quiet.invoice_line_ids[0].price_unit = 99.01
        quiet.action_post()
        return "total", self.odoo(move)

    def way_total__cent(self):
        move = self.own("out_refund")
        yield
        yield
        self.edit(move, LineItems=self.xero_lines(move, Quantity=1, UnitAmount=75.19))
        return "total", self.odoo(move)

    def way_tax(self):
        move = self.own(lines=[(1, 100.0)])
        yield
        yield
        total = float(self.in_xero(move)["Total"])
        self.edit(move, LineItems=self.xero_lines(move, UnitAmount=total, TaxType="NONE"))
        return "tax", self.odoo(move)

    def way_line_account(self):
        move = self.own()
        yield
        yield
        self.edit(move, LineItems=self.xero_lines(move, AccountCode="260"))
        return "line_account", self.odoo(move)

    def way_line_tax(self):
        move = self.own(tax=False)
        yield
        yield
        taken = self.in_xero(move)["LineItems"][0]["TaxType"]
        other = "ZERORATED" if taken != "ZERORATED" else "NONE"
        self.edit(move, LineItems=self.xero_lines(move, TaxType=other))
        return "line_tax", self.odoo(move)

    def way_amount_due(self):
        move = self.own()
        yield
        yield
        self.sql("UPDATE account_move SET amount_residual = amount_residual - 1.01 WHERE id = %s", move.id)
        return "amount_due", self.odoo(move)

"""Ways to disturb what settles documents, links, and contacts; see ``recon_hurts_documents``."""

import uuid

from .hurts_documents import NO_SYNC, DocumentHurts


class Hurts(DocumentHurts):
    # === PAYMENTS === #

    def way_payment_missing_odoo(self):
        move = self.own()
        yield
        yield
        self.pay_in_xero(move, amount=33.33)
        return "payment_missing_odoo", self.odoo(move)

    def way_payment_missing_odoo__undone(self):
        move = self.own()
        yield
        self.pay_in_xero(move)
        yield
        self.quiet(move).line_ids.remove_move_reconcile()
        # What was a payment is one that settles nothing, on top.
        payment = self.env["account.payment"].search([("partner_id", "=", move.partner_id.id)])
        self.quiet(payment).action_cancel()
        return "payment_missing_odoo", self.odoo(move)

    def way_payment_missing_xero(self):
        move = self.own()
        yield
        self.pay_in_xero(move, amount=12.5)
        yield
        self.person("undo_payment", invoice=move.xero_invoice_id)
        return "payment_missing_xero", self.odoo(move)

    def way_payment_missing_xero__odoo(self):
        move = self.own("in_invoice")
        yield
        yield
        self.pay(self.quiet(move), 20)
        return "payment_missing_xero", self.odoo(move)

    def way_payment_amount(self):
        move = self.own()
        yield
        element = self.pay_in_xero(move, amount=50)
        yield
        payment = self.taken(element)
        ledger = self.env["xero.payment.ledger"].with_context(**NO_SYNC)
        ledger._partials(self.quiet(move), self.quiet(payment.move_id)).unlink()
        quiet = self.quiet(payment)
        quiet.action_draft()
        quiet.amount = 40
        quiet.action_post()
        ledger._allocate(self.quiet(move), self.quiet(payment.move_id), self.decimal("40.00"))
        return "payment_amount", self.odoo(move)

    def way_payment_date(self):
        move = self.own()
        yield
        element = self.pay_in_xero(move, date="2026-03-20")
        yield
        entry = self.taken(element).move_id
        self.sql("UPDATE account_move SET date = '2026-03-11' WHERE id = %s", entry.id)
        return "payment_date", self.odoo(move)

    def way_payment_account(self):
        move = self.own()
        yield
        element = self.pay_in_xero(move, date="2026-03-20")
        yield
        entry = self.taken(element).move_id
        self.sql("UPDATE account_move SET journal_id = %s WHERE id = %s", self.savings.id, entry.id)
        return "payment_account", self.odoo(move)

    def way_payment_double(self):
        move = self.own()
        yield
        self.pay_in_xero(move, amount=10, date="2026-03-20")
        yield
        self.pay_in_xero(move, amount=10, date="2026-03-20")
        return "payment_double", self.odoo(move)

    # === CREDITS === #

    def way_credit_missing_odoo(self):
        move = self.own()
        note = self.own("out_refund", partner=move.partner_id)
        yield
        yield
        self.person("allocate", credit_note=note.xero_invoice_id, invoice=move.xero_invoice_id, amount=21)
        return "credit_missing_odoo", self.odoo(move)

    def way_credit_missing_xero(self):
        move = self.own()
        note = self.own("out_refund", partner=move.partner_id)
        yield
        self.person("allocate", credit_note=note.xero_invoice_id, invoice=move.xero_invoice_id, amount=21)
        yield
        allocations = self.simulator.documents(self.tenant, "Allocations")
        [row] = [row for row in allocations if move.xero_invoice_id in str(row) and not row.get("IsDeleted")]
        self.person("undo_allocation", allocation=row["AllocationID"])
        return "credit_missing_xero", self.odoo(move)

    def way_credit_amount(self):
        move = self.own()
        note = self.own("out_refund", partner=move.partner_id)
        yield
        self.person("allocate", credit_note=note.xero_invoice_id, invoice=move.xero_invoice_id, amount=30)
        yield
        ledger = self.env["xero.payment.ledger"].with_context(**NO_SYNC)
        ledger._partials(self.quiet(move), self.quiet(note)).unlink()
        ledger._allocate(self.quiet(move), self.quiet(note), self.decimal("20.00"))
        return "credit_amount", self.odoo(move)

    # === ADVANCES === #

    def over(self, partner, amount=45):
        line = {"Description": "Paid too much", "LineAmount": amount}
        element = {
            "Type": "RECEIVE-OVERPAYMENT",
            "Contact": {"ContactID": partner.xero_contact_id},
            "BankAccount": {"Code": "090"},
            "Date": "2026-03-20",
            "LineItems": [line],
        }
        made = self.write_in_xero("BankTransactions", element)
        return made["OverpaymentID"]

    def way_advance_missing_odoo(self):
        partner = self.own().partner_id
        yield
        yield
        return "advance_missing_odoo", self.over(partner)

    def way_advance_missing_xero(self):
        partner = self.own().partner_id
        yield
        yield
        payment = self.quiet(self.env["account.payment"]).create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": partner.id,
                "amount": 17,
                "date": "2026-03-12",
                "journal_id": self.bank.id,
            }
        )
        payment.action_post()
        return "advance_missing_xero", self.odoo(payment)

    def way_advance_voided(self):
        partner = self.own().partner_id
        yield
        xero_id = self.over(partner)
        yield
        self.quiet(self.taken({"PaymentID": xero_id})).action_cancel()
        return "advance_voided", xero_id

    def way_advance_differs(self):
        partner = self.own().partner_id
        yield
        xero_id = self.over(partner)
        yield
        self.refund("Overpayment", xero_id, 5)
        return "advance_differs", xero_id

    # === IDENTITY === #

    def way_unlinked(self):
        move = self.own()
        yield
        yield
        xero_id = move.xero_invoice_id
        self.link_of(move).sudo().unlink()
        self.env.invalidate_all()
        return "unlinked", xero_id

    def way_vanished(self):
        partner = self.own().partner_id
        yield
        yield
        move = self.quiet(self.document(partner=partner, post=False))
        move.action_post()
        self.env["xero.sync.job"].search([("res_id", "=", move.id), ("res_model", "=", move._name)]).sudo().unlink()
        self.link_by_hand(move, str(uuid.UUID(int=self.rng.getrandbits(128))))
        return "vanished", self.odoo(move)

    def way_duplicate_marked(self):
        move = self.own()
        yield
        yield
        url = self.in_xero(move)["Url"]
        return "duplicate_marked", self.native(move.partner_id, Url=url)["InvoiceID"]

    def way_duplicate(self):
        move = self.own("in_invoice")
        yield
        yield
        theirs = self.in_xero(move)
        lines = [{key: value for key, value in line.items() if key != "LineItemID"} for line in self.xero_lines(move)]
        twin = self.native(
            move.partner_id, Type="ACCPAY", InvoiceNumber=theirs["InvoiceNumber"], LineItems=lines
        )
        return "duplicate", twin["InvoiceID"]

    def way_shared(self):
        move = self.own()
        yield
        yield
        other = self.quiet(self.document(partner=move.partner_id, post=False))
        other.action_post()
        self.env["xero.sync.job"].search([("res_id", "=", other.id), ("res_model", "=", other._name)]).sudo().unlink()
        self.link_by_hand(other, move.xero_invoice_id.upper())
        return "shared", self.odoo(other)

    # === CONTACTS === #

    def way_contact_name(self):
        partner = self.own().partner_id
        yield
        yield
        self.person("edit_contact", contact=partner.xero_contact_id, Name=f"Renamed {partner.id}")
        return "contact_name", self.odoo(partner)

    def way_contact_name__odoo(self):
        partner = self.own().partner_id
        yield
        yield
        self.quiet(partner).name = f"Quietly renamed {partner.id}"
        return "contact_name", self.odoo(partner)

    def way_contact_tax_number(self):
        partner = self.own().partner_id
        yield
        yield
        self.person("edit_contact", contact=partner.xero_contact_id, TaxNumber=f"XX{partner.id}")
        return "contact_tax_number", self.odoo(partner)

    def way_contact_archived(self):
        partner = self.own().partner_id
        yield
        yield
        self.person("archive_contact", contact=partner.xero_contact_id)
        return "contact_archived", self.odoo(partner)

    def way_contact_duplicate(self):
        partner = self.own().partner_id
        yield
        yield
        made = self.person("create_contact", Name=f"Twin of {partner.id}", TaxNumber=partner.vat)
        return "contact_duplicate", made["ContactID"]

"""The world of the tests of the matching: an organisation that holds what Odoo holds, and nobody knows."""

from .payment import PaymentCommon

TYPES = ("Contact", "Invoice", "CreditNote", "Payment", "Overpayment", "Prepayment")


class MatchCommon(PaymentCommon):
    def setUp(self):
        super().setUp()
        self.quiet = self.env(context={**self.env.context, "xero_no_sync": True})
        # The partners of the accounting tests are no customers of this firm.
        self.env["res.partner"].search([("customer_rank", ">", 0)]).write({"customer_rank": 0})

    # === BOOKS === #

    def customer(self, name, **values):
        """Return a customer whom nobody has sent anywhere."""
        values = {"name": name, "is_company": True, "customer_rank": 1, **values}
        return self.quiet["res.partner"].create(values).with_env(self.env)

    def contact(self, name, **values):
        """A person enters a contact in Xero; returns its id."""
        return self.person("create_contact", Name=name, **values)["ContactID"]

    def both(self, name, number, **values):
        """Return a customer and its contact, whom a tax number makes sure."""
        partner = self.customer(name, vat=number, **values)
        return partner, self.contact(name, TaxNumber=number)

    def move(self, partner, price=100.0, move_type="out_invoice", **values):
        """Return a posted document that nobody has sent."""
        move = self.make_move(move_type, [(1, price)], post=False, tax=False, partner=partner, **values)
        move = move.with_context(xero_no_sync=True)
        move.action_post()
        return move.with_context(xero_no_sync=False)

    def invoice(self, contact, number, price=100.0, **values):
        """A person enters an invoice in Xero; returns its id."""
        line = {"Description": "Goods", "Quantity": 1, "UnitAmount": price, "AccountCode": "200", "TaxType": "NONE"}
        element = {
            "Type": "ACCREC",
            "Status": "AUTHORISED",
            "InvoiceNumber": number,
            "Date": "2026-03-10",
            "DueDate": "2026-04-10",
            "LineItems": [line],
            **values,
        }
        return self.person("create_invoice", contact=contact, **element)["InvoiceID"]

    def paid_here(self, move, amount, day="2026-03-12", journal=None):
        """Register a payment in Odoo that nobody has sent; returns it."""
        wizard = (
            self.quiet["account.payment.register"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({"payment_date": day, "amount": amount, "journal_id": (journal or self.bank).id})
        )
        return wizard.with_context(force_payment_move=True)._create_payments()

    def paid_there(self, xero_id, amount, day="2026-03-12"):
        """A person pays in Xero; returns the id of the payment."""
        return self.person("pay", invoice=xero_id, amount=amount, date=day)["PaymentID"]

    # === MATCHING === #

    def start(self, connection=None):
        """Return a matching whose contacts have been compared."""
        match = self.env["xero.match"]._start(connection or self.connection)
        self.drain()
        self.assertEqual(match.state, "review", match.reason)
        return match

    def to_documents(self, match):
        """Link the sure contacts and go on to the documents."""
        match.action_confirm_sure()
        self.drain()
        match.action_next()
        self.drain()
        self.assertEqual((match.state, match.stage), ("review", "documents"), match.reason)
        return match

    def finish(self, match):
        """End the matching: what waited goes on."""
        self.assertTrue(self.connection.hold_until_matched)
        match.action_done()
        self.assertFalse(self.connection.hold_until_matched)
        self.drain()

    def line_of(self, match, record=None, xero_id=None):
        domain = [("match_id", "=", match.id), ("parent_id", "=", False)]
        if record is not None:
            domain += [("res_model", "=", record._name), ("res_id", "=", record.id)]
        if xero_id:
            domain += [("xero_id", "=", xero_id)]
        return self.env["xero.match.line"].search(domain)

    def assertQuiet(self, *types):
        """A full drain, the sweep and a reading of everything make no call that writes, and change nothing here."""
        self.assertFalse(self.connection.hold_until_matched, "held back, it would be quiet in any case")
        self.simulator.reset_stats()
        last = self.env["xero.log"].search([], limit=1, order="id desc").id
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.poll(*(types or TYPES))
        self.drain()
        writes = {key: count for key, count in self.simulator.calls(self.tenant).items() if key[0] != "GET"}
        self.assertFalse(writes)
        self.assertFalse(self.log_since(last).mapped("summary"))
        self.assertFalse(self.open_jobs())

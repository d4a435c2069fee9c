"""The world of the tests of payments: a bank account on both sides, people who pay in Xero."""

from .inbound import InboundCommon


class PaymentCommon(InboundCommon):
    TYPES = ("Contact", "Invoice", "CreditNote", "Payment", "Overpayment", "Prepayment")

    def setUp(self):
        super().setUp()
        if self.connect_first:
            self.bank = self.company_data["default_journal_bank"]
            self.row = self.map_bank(self.connection)

    def connect(self, connection=None, tenant=None):
        """The bank account is in the organisation's base currency, which the tests have changed."""
        values = {"code": "090", "CurrencyCode": self.organisation["BaseCurrency"]}
        self.simulator.control(f"/organisations/{tenant or self.tenant}/act/edit_account", **values)
        super().connect(connection, tenant)

    def map_bank(self, connection, code="090", **values):
        """Assign the Xero bank account ``code`` to the bank journal of the connection's company."""
        account = self.env["xero.account"].search([("connection_id", "=", connection.id), ("code", "=", code)])
        row = self.env["xero.mapping.journal"]._ensure(connection, account)
        row.write({"journal_id": self.bank.id, "direction": "xero_to_odoo", **values})
        return row

    def pay_in_xero(self, move, **values):
        """A person pays ``move`` in Xero; returns the payment."""
        kind = "credit_note" if move.move_type.endswith("refund") else "invoice"
        return self.person("pay", **{kind: move.xero_invoice_id}, **values)

    def payment_of(self, element):
        """Return the payment in Odoo that stands for Xero's ``element``."""
        link = self.env["xero.link"].search(
            [("connection_id", "=", self.connection.id), ("xero_id", "=", element["PaymentID"])]
        )
        return self.env["account.payment"].browse(link.res_id).exists() if link.res_model == "account.payment" else None

    def assertResidual(self, move, residual, state=None):
        move.invalidate_recordset()
        self.assertEqual(move.currency_id.compare_amounts(move.amount_residual, residual), 0, move.amount_residual)
        if state:
            self.assertEqual(move.payment_state, state)

    def assertSameDue(self, *moves):
        """What Odoo holds open on ``moves`` is what Xero does."""
        for move in moves:
            element = self.in_xero(move)
            due = element["RemainingCredit"] if move.move_type.endswith("refund") else element["AmountDue"]
            self.assertResidual(move, float(due))

    def write_in_xero(self, resource, element, method="put"):
        """Another program writes ``element`` in Xero; returns what Xero made of it."""
        scopes = [f"accounting.{name}" for name in ("banktransactions", "payments", "settings", "invoices", "contacts")]
        token = self.simulator.control("/token", organisations=[self.tenant], scopes=scopes)
        answer = self.simulator.session.request(
            method.upper(),
            f"{self.simulator.url}/api.xro/2.0/{resource}",
            json={resource: [element]},
            headers={
                "Authorization": f"Bearer {token['access_token']}",
                "xero-tenant-id": self.tenant,
                "Accept": "application/json",
            },
            timeout=30.0,
        )
        self.assertTrue(answer.ok, answer.text)
        return answer.json()[resource][0]

    def refund(self, kind, xero_id, amount):
        """A person gives back what is left of an overpayment or prepayment."""
        return self.write_in_xero(
            "Payments",
            {kind: {f"{kind}ID": xero_id}, "Account": {"Code": "090"}, "Amount": amount, "Date": "2026-03-20"},
        )

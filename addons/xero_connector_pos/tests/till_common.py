"""The world of the tests of tills: a shop with cash and cards, connected to Xero."""

from decimal import Decimal

from odoo import Command, fields
from odoo.addons.xero_connector.tests.common.payment import PaymentCommon

CASH, CARD, FOREIGN = "091", "090", "092"


class TillCommon(PaymentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("point_of_sale.group_pos_manager")
        data = cls.company_data
        cls.cash_journal = data["default_journal_cash"]
        cls.card_journal = data["default_journal_bank"]
        receivable = cls.env["account.account"].create(
            {
                "code": "X1012",
                "name": "Debtors of tills",
                "reconcile": True,
                "account_type": "asset_receivable",
                "company_ids": [Command.set(cls.company.ids)],
            }
        )
        cls.company.account_default_pos_receivable_account_id = receivable
        # A fiscal country of its own would change the chart; stock is not what these are about.
        cls.company.point_of_sale_update_stock_quantities = "real"
        methods = cls.env["pos.payment.method"]
        cls.cash = methods.create({"name": "Cash", "journal_id": cls.cash_journal.id})
        cls.card = methods.create({"name": "Card", "journal_id": cls.card_journal.id})
        cls.later = methods.create({"name": "On Account", "split_transactions": True})
        cls.till = cls.make_till("Shop")
        cls.table = cls.make_product("Table", 100, cls.tax_sale_a)
        cls.lamp = cls.make_product("Lamp", 10)
        included = cls.tax_sale_a.copy({"name": "15% included", "price_include_override": "tax_included"})
        cls.chair = cls.make_product("Chair", 11.5, included)

    @classmethod
    def make_till(cls, name, **values):
        return cls.env["pos.config"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "payment_method_ids": [Command.set((cls.cash | cls.card | cls.later).ids)],
                "invoice_journal_id": cls.company_data["default_journal_sale"].id,
                **values,
            }
        )

    @classmethod
    def make_product(cls, name, price, taxes=None):
        return cls.env["product.product"].create(
            {
                "name": name,
                "lst_price": price,
                "available_in_pos": True,
                "type": "consu",
                "taxes_id": [Command.set(taxes.ids if taxes else [])],
                "property_account_income_id": cls.company_data["default_account_revenue"].id,
            }
        )

    def connect(self, connection=None, tenant=None):
        values = {"code": CASH, "CurrencyCode": self.organisation["BaseCurrency"]}
        self.simulator.control(f"/organisations/{tenant or self.tenant}/act/edit_account", **values)
        values = {"code": FOREIGN, "CurrencyCode": "AUD"}
        self.simulator.control(f"/organisations/{tenant or self.tenant}/act/edit_account", **values)
        super().connect(connection, tenant)
        (connection or self.connection).sync_tills = True

    def setUp(self):
        super().setUp()
        self.row.direction = "odoo_to_xero"
        self.cash_row = self.map_bank(self.connection, CASH, journal_id=self.cash_journal.id, direction="odoo_to_xero")
        self.connection.till_clearing_account_id = self.account_in_xero("850")
        self.map_account(self.cash_journal.loss_account_id, "620")
        self.map_account(self.cash_journal.profit_account_id, "260")

    def map_account(self, account, code):
        rows = self.env["xero.mapping.account"].sudo()
        row = rows.search([("connection_id", "=", self.connection.id), ("account_id", "=", account.id)])
        values = {"xero_account_id": self.account_in_xero(code).id, "state": "confirmed"}
        if row:
            row.write(values)
        else:
            rows.create({"connection_id": self.connection.id, "account_id": account.id, **values})

    def account_in_xero(self, code):
        return self.env["xero.account"].search([("connection_id", "=", self.connection.id), ("code", "=", code)])

    # === SELLING === #

    def open_till(self, till=None, cash=0):
        till = till or self.till
        till.open_ui()
        session = till.current_session_id
        session.set_opening_control(cash, None)
        return session

    def sell(self, session, *lines, paid=None, partner=None, invoice=False):
        """Return a paid order. ``lines`` are products, or (product, quantity[, price]); ``paid`` amounts by method."""
        rows = [line if isinstance(line, tuple) else (line, 1) for line in lines]
        order = self.env["pos.order"].create(
            {
                "session_id": session.id,
                "company_id": session.company_id.id,
                "partner_id": partner.id if partner else False,
                "amount_total": 0,
                "amount_paid": 0,
                "amount_tax": 0,
                "amount_return": 0,
                "to_invoice": invoice,
                "lines": [self._line(*row) for row in rows],
            }
        )
        order.lines._onchange_amount_line_all()
        order._compute_prices()
        for method, amount in (paid or {self.cash: order.amount_total}).items():
            order.add_payment(
                {
                    "pos_order_id": order.id,
                    "amount": amount,
                    "payment_method_id": method.id,
                    "payment_date": fields.Datetime.now(),
                }
            )
        order.action_pos_order_paid()
        if invoice:
            order.with_context(generate_pdf=False).action_pos_order_invoice()
        return order

    def _line(self, product, quantity, price=None):
        values = {"product_id": product.id, "qty": quantity, "price_subtotal": 0, "price_subtotal_incl": 0}
        values["price_unit"] = product.lst_price if price is None else price
        return Command.create({**values, "tax_ids": [Command.set(product.taxes_id.ids)]})

    def close(self, session, counted=None):
        """Close as the screen of the till does; ``counted`` is the cash in the drawer."""
        if counted is None:
            taken = session.order_ids.payment_ids.filtered(lambda payment: payment.payment_method_id == self.cash)
            own = session.cash_register_balance_start + sum(session.statement_line_ids.mapped("amount"))
            counted = own + sum(taken.mapped("amount"))
        session.post_closing_cash_details(counted)
        answer = session.close_session_from_ui()
        self.assertTrue(answer["successful"], answer)
        return session

    def day(self, *orders, counted=None, till=None):
        """Return a closed session with ``orders``, each the arguments of :meth:`sell`."""
        session = self.open_till(till)
        for lines, values in orders:
            self.sell(session, *lines, **values)
        return self.close(session, counted)

    # === IN XERO === #

    def papers(self, session, state="synced"):
        """Return invoice and credit note of ``session`` in Xero, each ``None`` without one."""
        self.assertEqual(session.xero_sync_state, state, self.open_work())
        links = {link.xero_type: link.xero_id for link in self.link_of(session)}
        found = []
        for name, resource, key in (
            ("SessionInvoice", "Invoices", "InvoiceID"),
            ("SessionCreditNote", "CreditNotes", "CreditNoteID"),
        ):
            wanted = self.simulator.documents(self.tenant, resource, **{key: links[name]}) if links.get(name) else ()
            found.append(next(iter(wanted), None))
        return found

    def money(self):
        """Return ``{code of the account: what payments have brought there}`` in Xero; refunds of credit notes count
        negative.
        """
        found = {}
        for row in self.read("Payments"):
            if row["Status"] == "AUTHORISED":
                account = self.env["xero.account"].search([("xero_id", "=", row["Account"]["AccountID"])])
                sign = -1 if (row.get("CreditNote") or {}).get("CreditNoteID") else 1
                amount = found.get(account.code, Decimal(0)) + sign * Decimal(str(row["Amount"]))
                found[account.code] = amount.quantize(Decimal("0.01"))
        return {code: float(amount) for code, amount in found.items()}

    def open_work(self):
        return self.open_jobs().mapped(lambda job: f"{job.xero_type} {job.state} {job.failure_detail}")

"""The world of the tests of expenses: people who travel, a card of the company's, and Xero."""

from odoo import Command, fields
from odoo.addons.xero_connector.tests.common.bank import BankCommon


class ExpenseCommon(BankCommon):
    switches = {"sync_company_expenses": True}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("hr_expense.group_hr_expense_manager") | cls.env.ref(
            "hr.group_hr_manager"
        )
        cls.card = cls.company_data["default_journal_bank"]
        cls.vendor = cls.env["res.partner"].create({"name": "Harbour Hotel"})
        cls.various = cls.env["res.partner"].create({"name": "Various Vendors"})
        cls.connection.expense_partner_id = cls.various
        cls.included = cls.tax_purchase_a
        cls.meals = cls.env["product.product"].create(
            {
                "name": "Meals",
                "can_be_expensed": True,
                "standard_price": 0,
                "property_account_expense_id": cls.company_data["default_account_expense"].id,
                "supplier_taxes_id": [Command.clear()],
            }
        )
        cls.anna = cls.make_employee("Anna Able")

    def connect(self, connection=None, tenant=None):
        """A card of the company's is in a currency of its own."""
        values = {"code": "092", "CurrencyCode": "AUD"}
        self.simulator.control(f"/organisations/{tenant or self.tenant}/act/edit_account", **values)
        super().connect(connection, tenant)

    def setUp(self):
        super().setUp()
        self.row.direction = "odoo_to_xero"

    @classmethod
    def make_employee(cls, name, **values):
        employee = cls.env["hr.employee"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "work_email": f"{name.split()[0].lower()}@example.com",
                **values,
            }
        )
        employee.work_contact_id.write(
            {"street": "12 Private Lane", "city": "Hometown", "phone": "+1 555 0100", "ref": f"E-{name}"}
        )
        return employee

    def make_expense(self, total=115.0, *, taxes=None, mode="company_account", employee=None, **values):
        """Return an approved expense of ``total`` with tax, in its currency."""
        method = self.card.outbound_payment_method_line_ids[:1]
        expense = self.env["hr.expense"].create(
            {
                "name": "Dinner",
                "employee_id": (employee or self.anna).id,
                "product_id": self.meals.id,
                "total_amount_currency": total,
                "tax_ids": [Command.set((self.included if taxes is None else taxes).ids)],
                "payment_mode": mode,
                "date": "2026-03-10",
                "company_id": self.company.id,
                **({"payment_method_line_id": method.id} if mode == "company_account" else {}),
                **values,
            }
        )
        expense.action_submit()
        expense._do_approve(check=False)
        return expense

    def post(self, expenses):
        """Post as accountants do, what employees paid through the wizard."""
        expenses.action_post()
        own = expenses.filtered(lambda expense: expense.payment_mode == "own_account")
        if own:
            # Odoo adds a list and a tuple where the context says nothing.
            wizard = self.env["hr.expense.post.wizard"].with_context(active_ids=own.ids, company_paid_move_ids=[])
            wizard.create({"accounting_date": fields.Date.to_date("2026-03-12")}).action_post_entry()
        return expenses

    def paid(self, *args, **values):
        """Return an expense that was paid with the card of the company, and is posted."""
        return self.post(self.make_expense(*args, **values))

    def money_in_xero(self, status="AUTHORISED"):
        return [row for row in self.read("BankTransactions") if row["Status"] == status]

    def contact_in_xero(self, partner):
        [link] = self.link_of(partner)
        [contact] = self.simulator.documents(self.tenant, "Contacts", ContactID=link.xero_id)
        return contact

    def open_work(self):
        return self.open_jobs().mapped(lambda job: f"{job.xero_type} {job.state} {job.failure_detail}")

    def assertSynced(self, expenses):
        for expense in expenses:
            self.assertEqual(expense.xero_sync_state, "synced", expense.xero_sync_message or self.open_work())

"""Expenses that employees paid, and who sees what."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..hooks import post_init_hook
from .expense_common import ExpenseCommon

CLERK = "account.group_account_invoice,xero_connector.group_xero_user"


@tagged("post_install", "-at_install")
class TestExpensePeople(ExpenseCommon):
    def own(self, *expenses):
        """Return posted expenses that employees paid: one (employee, total) each."""
        made = [self.make_expense(total, mode="own_account", employee=employee) for employee, total in expenses]
        return self.post(self.env["hr.expense"].union(*made))

    def test_three_employees_in_one_post_are_three_bills(self):
        ben, cleo = self.make_employee("Ben Bold"), self.make_employee("Cleo Calm")
        expenses = self.own((self.anna, 115.0), (ben, 23.0), (ben, 46.0), (cleo, 11.5))
        self.drain()
        bills = expenses.account_move_id
        self.assertEqual((len(bills), set(bills.mapped("move_type"))), (3, {"in_receipt"}))
        found = {}
        for bill in bills:
            self.assertEqual(bill.xero_sync_state, "synced", bill.xero_sync_message)
            element = self.in_xero(bill)
            found[element["inner"]["contact_name"]] = (element["Type"], float(element["Total"]))
        self.assertEqual(
            found, {"Anna Able": ("ACCPAY", 115.0), "Ben Bold": ("ACCPAY", 69.0), "Cleo Calm": ("ACCPAY", 11.5)}
        )
        self.assertFalse(self.money_in_xero())
        for expense in expenses:
            self.assertIn("paid by the employee", str(expense._xero_refusal(self.scope())))

    def scope(self):
        return self.env["xero.connection"]._scope(self.company.id)

    def test_employees_go_with_name_and_mail_only(self):
        self.own((self.anna, 115.0))
        self.drain()
        contact = self.contact_in_xero(self.anna.work_contact_id)
        self.assertEqual((contact["Name"], contact["EmailAddress"]), ("Anna Able", "anna@example.com"))
        told = str(contact)
        for private in ("Private Lane", "Hometown", "555", "E-Anna"):
            self.assertNotIn(private, told)
        # A vendor is no employee.
        self.vendor.write({"street": "1 Quay"})
        self.paid(vendor_id=self.vendor.id)
        self.drain()
        self.assertIn("1 Quay", str(self.contact_in_xero(self.vendor)))

    def test_connections_that_exist_go_on_as_before(self):
        post_init_hook(self.env)
        self.assertFalse(self.connection.short_employee_contacts)
        self.own((self.anna, 115.0))
        self.drain()
        self.assertIn("Private Lane", str(self.contact_in_xero(self.anna.work_contact_id)))
        # What it was told is taken back; what people typed there stays.
        self.person("edit_contact", contact=self.link_of(self.anna.work_contact_id).xero_id, TaxNumber="T-77")
        self.connection.short_employee_contacts = True
        self.anna.work_contact_id.write({"name": "Anna Baker", "street": "13 Private Lane"})
        self.drain()
        contact = self.contact_in_xero(self.anna.work_contact_id)
        self.assertEqual(contact["Name"], "Anna Baker")
        self.assertNotIn("Private Lane", str(contact))
        self.assertEqual(contact["TaxNumber"], "T-77")
        self.assertFalse(self.open_work())

    def test_a_reversed_receipt_is_a_credit_note_on_it(self):
        bill = self.own((self.anna, 115.0)).account_move_id
        self.drain()
        refund = bill._reverse_moves([{"invoice_date": bill.invoice_date}], cancel=True)
        self.drain()
        self.assertEqual(refund.move_type, "in_refund")
        self.assertEqual(refund.xero_sync_state, "synced", refund.xero_sync_message)
        self.assertEqual(self.in_xero(refund)["Type"], "ACCPAYCREDIT")
        self.assertEqual((float(self.in_xero(bill)["AmountDue"]), self.in_xero(bill)["Status"]), (0.0, "PAID"))

    def test_reimbursement_pays_the_bill(self):
        bill = self.own((self.anna, 115.0)).account_move_id
        self.drain()
        self.pay(bill)
        self.drain()
        self.assertEqual(self.in_xero(bill)["Status"], "PAID")

    def test_who_sees_what(self):
        user = self.make_user("anna", "base.group_user")
        self.anna.user_id = user
        approver = self.make_user("boss", "hr_expense.group_hr_expense_team_approver")
        self.anna.expense_manager_id = approver
        manager = self.make_user("manager", "hr_expense.group_hr_expense_manager")
        both = self.make_user("both", f"hr_expense.group_hr_expense_manager,{CLERK}")
        clerk = self.make_user("clerk", CLERK)
        accountant = self.make_user("accountant", "account.group_account_user,xero_connector.group_xero_accountant")
        mine = self.env["hr.expense"].with_user(user).create(
            {
                "name": "Taxi",
                "employee_id": self.anna.id,
                "product_id": self.meals.id,
                "total_amount_currency": 20.0,
                "payment_mode": "company_account",
                "date": "2026-03-10",
            }
        )
        mine.name = "Taxi to the airport"
        mine.action_submit()
        mine.with_user(approver).action_approve()
        self.assertEqual(mine.sudo().state, "approved")
        self.post(mine.with_user(accountant))
        self.drain()
        self.assertSynced(mine.with_user(self.env.user))
        for outsider in (user, approver, manager):
            self.assertFalse([name for name in mine.with_user(outsider).fields_get() if name.startswith("xero_")])
            with self.assertRaises(AccessError):
                mine.with_user(outsider).read(["xero_sync_state"])
            with self.assertRaises(AccessError):
                mine.with_user(outsider).action_xero_sync()
            self.assertNotIn("xero_", mine.with_user(outsider).get_view(view_type="form")["arch"])
        for insider in (both, accountant):
            own = mine.with_user(insider)
            self.assertEqual(own.xero_sync_state, "synced")
            self.assertIn("xero_sync_state", own.get_view(view_type="form")["arch"])
            self.assertIn(own, own.search([("xero_sync_state", "=", "synced")]))
            self.assertTrue(own.action_xero_sync())
            self.drain()
        with self.assertRaises(AccessError):
            mine.with_user(clerk).action_xero_sync()
        with self.assertRaisesRegex(UserError, "which goes to Xero itself"):
            mine.account_move_id.with_user(clerk).action_xero_sync()
        self.connection.sync_company_expenses = False
        with self.assertRaisesRegex(UserError, "switched off"):
            mine.account_move_id.with_user(clerk).action_xero_sync()
        self.connection.sync_company_expenses = True
        with self.assertRaisesRegex(UserError, "which goes to Xero itself"):
            mine.account_move_id.origin_payment_id.with_user(clerk).action_xero_sync()

    def make_user(self, login, groups):
        return new_test_user(self.env, login, groups, company_id=self.company.id, email=f"{login}@example.com")

    def test_another_company_hears_nothing(self):
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            "stranger",
            "hr_expense.group_hr_expense_manager,account.group_account_user,xero_connector.group_xero_accountant",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        mine = self.paid()
        self.drain()
        self.assertFalse(self.env["hr.expense"].with_user(stranger).search([("xero_sync_state", "=", "synced")]))
        with self.assertRaises(AccessError):
            mine.with_user(stranger).action_xero_sync()
        employee = self.env["hr.employee"].create({"name": "Otto Other", "company_id": other.id})
        journal = self.env["account.journal"].search([("company_id", "=", other.id), ("type", "=", "bank")], limit=1)
        theirs = self.env["hr.expense"].with_company(other).create(
            {
                "name": "Elsewhere",
                "employee_id": employee.id,
                "product_id": self.meals.id,
                "total_amount_currency": 20.0,
                "payment_mode": "company_account",
                "company_id": other.id,
                "payment_method_line_id": journal.outbound_payment_method_line_ids[:1].id,
            }
        )
        theirs.action_submit()
        theirs._do_approve(check=False)
        theirs.with_company(other).action_post()
        self.drain()
        self.assertEqual(theirs.account_move_id.state, "posted")
        self.assertFalse(self.job_of(theirs))
        self.assertEqual(len(self.money_in_xero()), 1)

    def test_a_branch_uses_the_organisation_of_its_parent(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.env.user.company_ids |= branch
        card = self.env["account.journal"].create(
            {"name": "Branch Card", "code": "BRC", "type": "bank", "company_id": branch.id}
        )
        self.map_bank(self.connection, "091", journal_id=card.id, direction="odoo_to_xero")
        env = self.env(context={**self.env.context, "allowed_company_ids": [branch.id, self.company.id]})
        employee = env["hr.employee"].create({"name": "Bea Branch", "company_id": branch.id})
        expense = env["hr.expense"].create(
            {
                "name": "Fuel",
                "employee_id": employee.id,
                "product_id": self.meals.id,
                "total_amount_currency": 30.0,
                "payment_mode": "company_account",
                "company_id": branch.id,
                "date": "2026-03-10",
                "account_id": self.company_data["default_account_expense"].id,
                "payment_method_line_id": card.outbound_payment_method_line_ids[:1].id,
            }
        )
        expense.action_submit()
        expense._do_approve(check=False)
        expense.action_post()
        self.drain()
        self.assertSynced(expense)
        self.assertEqual([float(row["Total"]) for row in self.money_in_xero()], [30.0])

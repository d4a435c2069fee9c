"""What a later change cures goes again by itself when that change happens, and leads to where it is cured."""

import importlib.util
from datetime import timedelta
from pathlib import Path

from odoo import fields
from odoo.tests import tagged

from ..mappers.awaited import element_key
from ..models.inbound.importer import Result
from .common.payment import PaymentCommon

MIGRATION = Path(__file__).parent.parent / "migrations" / "19.0.1.1.0" / "post-awaited.py"


class AwaitingCommon(PaymentCommon):
    def setUp(self):
        super().setUp()
        # A look at the organisation lies a while back.
        self.connection.facts_at = fields.Datetime.now() - timedelta(hours=2)

    def read_organisation(self):
        """Let the schedule look whether anything is due, as it does every few minutes."""
        self.env["xero.inbound.schedule"]._queue_due()
        self.drain()

    def read_organisation_later(self):
        self.connection.facts_at = fields.Datetime.now() - timedelta(hours=4)
        self.read_organisation()

    def change_organisation(self, **values):
        self.simulator.control(f"/organisations/{self.tenant}", **values)

    def failed(self):
        jobs = self.env["xero.sync.job"]
        return jobs.search([("connection_id", "=", self.connection.id), ("state", "in", ("failed", "dead"))])

    def assertLeadsTo(self, record, to):
        """*Fix it* on ``record`` opens the screen of ``to``."""
        self.assertEqual(record.xero_sync_state, "failed", record.xero_sync_message)
        action = record.action_xero_fix()
        self.assertEqual((action["res_model"], action["res_id"]), (to._name, to.id), record.xero_sync_message)

    def account_row(self, code="200"):
        return self.connection.account_mapping_ids.filtered(
            lambda row: row.xero_account_id.code == code and row.account_id in self.revenue | self.expense
        )

    @property
    def revenue(self):
        return self.company_data["default_account_revenue"]

    @property
    def expense(self):
        return self.company_data["default_account_expense"]

    def xero_account(self, code):
        return self.env["xero.account"].search([("connection_id", "=", self.connection.id), ("code", "=", code)])


@tagged("post_install", "-at_install")
class TestAwaiting(AwaitingCommon):
    def test_refused_for_its_account_goes_when_another_is_chosen(self):
        row = self.account_row()
        for code in ("200", "260"):
            with self.subTest(code=code):
                row.xero_account_id = self.xero_account(code)
                self.person("archive_account", code=code)
                move = self.make_move()
                self.drain()
                self.assertEqual(self.job_of(move).failure_type, "mapping")
                self.assertLeadsTo(move, row)
                row.xero_account_id = self.xero_account("260" if code == "200" else "270")
                self.drain()
                self.assertInXero(move)

    def test_refused_for_its_account_goes_when_that_is_restored(self):
        row = self.account_row()
        self.person("archive_account", code="200")
        move, bill = self.make_move(), self.make_move("in_invoice", ref="B-1")
        self.drain()
        self.assertLeadsTo(move, row)
        self.assertInXero(bill)
        # Xero was looked into at once: from then on nothing is sent for it in vain.
        self.assertEqual(row.xero_status, "ARCHIVED")
        self.simulator.reset_stats()
        second = self.make_move()
        self.drain()
        self.assertLeadsTo(second, row)
        self.assertFalse(self.simulator.calls(self.tenant))
        self.person("archive_account", code="200", undo=True)
        self.read_organisation_later()
        self.assertInXero(move | second)
        self.assertFalse(self.failed())

    def test_refused_for_its_tax_rate(self):
        row = self.connection.tax_mapping_ids.filtered(
            lambda row: row.tax_ids == self.tax_sale_a and row.type_tax_use == "sale"
        )
        tax_type = row.xero_tax_rate_id.tax_type
        self.person("edit_tax_rate", tax_type=tax_type, Status="ARCHIVED")
        self.simulator.fault(
            "invalid",
            method="PUT",
            resource="Invoices",
            message=f"The TaxType code {tax_type} cannot be used with account code 200.",
        )
        move = self.make_move()
        self.drain()
        self.simulator.clear_faults()
        self.assertLeadsTo(move, row)
        self.assertEqual(row.xero_status, "ARCHIVED")
        self.person("edit_tax_rate", tax_type=tax_type, Status="ACTIVE")
        self.read_organisation_later()
        self.assertInXero(move)

    def test_refused_for_its_tracking(self):
        categories = self.env["xero.tracking.category"].search([("connection_id", "=", self.connection.id)])
        option = categories.option_ids.filtered(lambda option: option.status == "ACTIVE")[:1]
        plan = self.env["account.analytic.plan"].create({"name": "Whatever"})
        account = self.env["account.analytic.account"].create({"name": "North", "plan_id": plan.id})
        row = self.env["xero.mapping.tracking"].create(
            {"connection_id": self.connection.id, "account_id": account.id, "xero_option_id": option.id}
        )
        self.simulator.fault(
            "invalid",
            method="PUT",
            resource="Invoices",
            message=f"The tracking option '{option.name}' of '{option.category_id.name}' could not be found",
        )
        line = {"quantity": 1, "price_unit": 10.0, "analytic_distribution": {str(account.id): 100}}
        move = self.make_move(lines=[line])
        self.drain()
        self.simulator.clear_faults()
        self.assertLeadsTo(move, row)
        row.xero_option_id = option
        self.drain()
        self.assertInXero(move)

    def test_locked_period(self):
        self.person("set_lock_date", period="2026-03-31")
        move = self.make_move()
        self.drain()
        self.assertEqual(self.job_of(move).failure_type, "locked_period")
        self.assertLeadsTo(move, self.connection)
        self.assertEqual(str(self.connection.period_lock_date), "2026-03-31", "read at once, for it was refused")
        second = self.make_move()
        self.drain()
        self.assertEqual(self.job_of(second).failure_type, "locked_period")
        self.person("set_lock_date", period=None)
        self.read_organisation_later()
        self.assertInXero(move | second)

    def test_tried_again_by_a_person_who_unlocked_it(self):
        """What was read before is old: it is read again first."""
        self.person("set_lock_date", period="2026-03-31")
        move = self.make_move()
        self.drain()
        self.person("set_lock_date", period=None)
        self.connection.facts_at = fields.Datetime.now() - timedelta(minutes=5)
        self.job_of(move).action_retry()
        self.drain()
        self.assertInXero(move)

    def test_locked_period_that_may_be_moved_out_of(self):
        self.connection.write({"period_lock_date": "2026-03-31"})
        self.person("set_lock_date", period="2026-03-31")
        move = self.make_move()
        self.drain()
        self.assertEqual(self.job_of(move).failure_type, "locked_period")
        self.connection.xero_lock_policy = "move"
        self.drain()
        self.assertInXero(move)

    def test_what_lies_in_a_locked_period_there(self):
        move = self.pushed()
        self.person("set_lock_date", period="2026-03-31")
        self.connection.write({"period_lock_date": "2026-03-31"})
        move.ref = "Changed"
        self.drain()
        self.assertLeadsTo(move, self.connection)
        self.person("set_lock_date", period=None)
        self.connection.action_check()
        self.drain()
        self.assertInXero(move)
        self.assertEqual(self.in_xero(move)["Reference"], "Changed")

    def test_currency(self):
        franc = self.setup_other_currency("CHF", rates=[("2000-01-01", 1.5)])
        move = self.make_move(currency_id=franc.id)
        self.drain()
        self.assertLeadsTo(move, self.connection)
        self.write_in_xero("Currencies", {"Code": "CHF", "Description": "Swiss Franc"})
        self.read_organisation_later()
        self.assertInXero(move)

    def test_archived_contact(self):
        known = self.pushed()
        self.person("archive_contact", contact=known.partner_id.xero_contact_id)
        move = self.make_move()
        self.drain()
        self.poll("Contact")
        self.assertLeadsTo(move, self.partner_a)
        second = self.make_move("in_invoice", ref="B-2")
        self.drain()
        self.assertLeadsTo(second, self.partner_a)
        self.person("archive_contact", contact=known.partner_id.xero_contact_id, undo=True)
        self.poll("Contact")
        self.assertInXero(move | second)

    def test_permission(self):
        self.change_organisation(actions={"CreateApprovedInvoice": False})
        self.read_organisation_now()
        move = self.make_move()
        self.drain()
        self.assertEqual(self.job_of(move).failure_type, "plan")
        self.assertLeadsTo(move, self.connection)
        self.change_organisation(actions={"CreateApprovedInvoice": True})
        self.read_organisation_later()
        self.assertInXero(move)

    def read_organisation_now(self):
        self.env["xero.task.organisation"]._enqueue(self.connection)
        self.drain()

    def test_payment_whose_bank_account_is_archived(self):
        self.row.direction = "odoo_to_xero"
        move = self.pushed()
        self.person("archive_account", code="090")
        self.pay(move)
        self.drain()
        part = self.env["xero.payment.part"].search([("document_id", "=", move.id)])
        self.assertLeadsTo(part, self.row)
        self.person("archive_account", code="090", undo=True)
        self.read_organisation_later()
        self.assertFalse(self.failed(), self.failed().mapped("failure_detail"))
        self.assertSameDue(move)

    def test_paid_in_xero_then_undone_there(self):
        move = self.pushed()
        payment = self.pay_in_xero(move)
        self.poll("Invoice")
        move.button_draft()
        move.invoice_line_ids.price_unit = 150
        move.action_post()
        self.drain()
        self.assertEqual(self.job_of(move).failure_type, "closed", move.xero_sync_message)
        self.person("undo_payment", payment=payment["PaymentID"])
        self.poll()
        self.assertInXero(move)

    def test_period_that_is_opened_in_odoo(self):
        self.connection.inbound_documents = "post"
        self.pushed()
        self.company.fiscalyear_lock_date = "2026-04-30"
        code = self.connection.account_mapping_ids.filtered(
            lambda row: row.account_id == self.expense
        ).xero_account_id.code
        self.person(
            "create_invoice",
            Type="ACCPAY",
            Contact={"ContactID": self.partner_a.xero_contact_id},
            Status="AUTHORISED",
            InvoiceNumber="B-77",
            Date="2026-04-10",
            DueDate="2026-05-10",
            LineItems=[{"Description": "Rent", "Quantity": 1, "UnitAmount": 10, "AccountCode": code}],
        )
        self.poll("Invoice")
        self.assertEqual(self.failed().failure_type, "locked_period", self.failed().mapped("failure_detail"))
        self.company.fiscalyear_lock_date = False
        self.drain()
        self.assertFalse(self.failed(), self.failed().mapped("failure_detail"))
        self.assertTrue(self.env["account.move"].search([("ref", "=", "B-77")]))

    def test_exception_to_a_lock_date(self):
        """One for everybody opens the period for workers too; one of a person does not."""
        self.connection.inbound_documents = "post"
        self.pushed()
        self.company.fiscalyear_lock_date = "2026-04-30"
        self.person(
            "create_invoice",
            Type="ACCPAY",
            Contact={"ContactID": self.partner_a.xero_contact_id},
            Status="AUTHORISED",
            InvoiceNumber="B-79",
            Date="2026-04-10",
            DueDate="2026-05-10",
            LineItems=[
                {
                    "Description": "Rent",
                    "Quantity": 1,
                    "UnitAmount": 10,
                    "AccountCode": self.connection.account_mapping_ids.filtered(
                        lambda row: row.account_id == self.expense
                    ).xero_account_id.code,
                }
            ],
        )
        self.poll("Invoice")
        [job] = self.failed()
        values = {"company_id": self.company.id, "lock_date_field": "fiscalyear_lock_date", "lock_date": False}
        for user in (self.env.user, self.env["res.users"]):
            with self.subTest(user=user.name):
                before = job.write_date
                self.env["account.lock_exception"].sudo().create({**values, "user_id": user.id})
                self.assertEqual(job.state, "failed" if user else "pending")
                self.assertTrue(not user or job.write_date == before)
        self.drain()
        self.assertFalse(self.failed(), self.failed().mapped("failure_detail"))
        self.assertTrue(self.env["account.move"].search([("ref", "=", "B-79")]))

    def test_a_contact_is_archived_after_its_last_payment(self):
        """The payment waits for its bank account: its contact stays until it is in Xero."""
        self.row.direction = "odoo_to_xero"
        partner = self.env["res.partner"].create({"name": "Leaving soon", "is_company": True})
        move = self.pushed(partner=partner)
        self.person("archive_account", code="090")
        self.pay(move)
        partner.active = False
        self.drain()

        def status():
            contacts = self.simulator.documents(self.tenant, "Contacts", ContactID=partner.xero_contact_id)
            return contacts[0]["ContactStatus"]

        self.assertEqual(status(), "ACTIVE")
        self.person("archive_account", code="090", undo=True)
        self.read_organisation_later()
        self.drain()
        self.assertFalse(self.failed(), self.failed().mapped("failure_detail"))
        self.assertSameDue(move)
        self.assertEqual(status(), "ARCHIVED")

    def test_two_fetches_that_wait_for_each_other_come_to_rest(self):
        """Each change of one lets the other go once; that changes nothing more, so they do not wake each other."""
        jobs, read = self.env["xero.sync.job"], []
        first, second = self.pushed(), self.pushed()
        for move in (first, second):
            self.edit(move, Reference="theirs")
            jobs._enqueue_fetch(self.connection, "Invoice", [move.xero_invoice_id])
        inbound = type(self.env["xero.inbound.document"])
        original = inbound._attempt

        def attempt(importer, connection, link, element, state, move, step):
            read.append(move.id)
            self.assertLess(len(read), 20, "they wake each other for ever")
            if move.id not in (first.id, second.id):
                return original(importer, connection, link, element, state, move, step)
            other = second if move.id == first.id else first
            move.narration = f"Looked at {len(read)} times"
            waits = (element_key("Invoice", other.xero_invoice_id), f"account.move,{other.id}")
            return Result("failed", "It waits.", move.id, {"kind": "dependency", "waits": waits})

        self.patch(inbound, "_attempt", attempt)
        for _turn in range(4):
            self.drain()
            self.poll("Invoice")
        self.assertLess(len(read), 20)
        fetches = jobs.search([("xero_id", "in", [first.xero_invoice_id, second.xero_invoice_id])])
        self.assertEqual({*fetches.mapped("state")}, {"failed", "cancelled"})

    def test_account_that_nobody_had_chosen_an_own_one_for(self):
        self.connection.inbound_documents = "post"
        self.pushed()
        self.person(
            "create_invoice",
            Type="ACCPAY",
            Contact={"ContactID": self.partner_a.xero_contact_id},
            Status="AUTHORISED",
            InvoiceNumber="B-78",
            Date="2026-03-10",
            DueDate="2026-04-10",
            LineItems=[{"Description": "Rent", "Quantity": 1, "UnitAmount": 10, "AccountCode": "400"}],
        )
        self.poll("Invoice")
        self.assertEqual(self.failed().failure_type, "mapping", self.failed().mapped("failure_detail"))
        self.drain()
        self.assertTrue(self.failed())
        rent = self.env["account.account"].create({"name": "Rent", "code": "RENT1", "account_type": "expense"})
        self.env["xero.mapping.account"].create(
            {"connection_id": self.connection.id, "account_id": rent.id, "xero_account_id": self.xero_account("400").id}
        )
        self.drain()
        self.assertTrue(self.env["account.move"].search([("ref", "=", "B-78")]), self.failed().mapped("failure_detail"))

    # === COST === #

    def test_what_waits_for_something_else_stays(self):
        franc = self.setup_other_currency("CHF", rates=[("2000-01-01", 1.5)])
        self.make_move(currency_id=franc.id)
        self.drain()
        [job] = self.failed()
        before = job.write_date
        self.account_row().xero_account_id = self.xero_account("260")
        self.read_organisation()
        self.drain()
        self.assertEqual((job.state, job.write_date), ("failed", before))

    def test_as_many_queries_for_thirty_as_for_three(self):
        row = self.account_row()
        row.state = "suggested"

        def wake(count):
            moves = self.env["account.move"].concat(*(self.make_move() for _number in range(count)))
            self.drain()
            self.assertEqual(len(self.failed()), count)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.env["xero.sync.job"]._retry_fixed(row)
            self.env.flush_all()
            spent = self.cr.sql_log_count - before
            self.assertFalse(self.failed())
            self.drain()
            self.assertEqual(set(moves.mapped("xero_sync_state")), {"failed"})
            moves.button_draft()
            moves.with_context(force_delete=True).unlink()
            self.drain()
            return spent

        few, many = wake(3), wake(30)
        # The worker is woken once for what is due in the same second.
        self.assertLessEqual(many, few + 1)

    def test_nothing_that_waits_costs_one_query(self):
        row = self.account_row()
        self.env.flush_all()
        with self.assertQueryCount(1):
            self.env["xero.sync.job"]._retry_fixed(row)

    def test_organisation_is_read_more_often_only_while_something_waits_for_it(self):
        self.simulator.reset_stats()
        self.env["xero.inbound.schedule"]._queue_due()
        self.drain()
        self.assertNotIn(("GET", "Organisation"), self.simulator.calls(self.tenant))
        self.setup_other_currency("CHF", rates=[("2000-01-01", 1.5)])
        move = self.make_move(currency_id=self.env["res.currency"].search([("name", "=", "CHF")]).id)
        self.drain()
        self.assertEqual(move.xero_sync_state, "failed")
        for age, reads in ((timedelta(minutes=20), False), (timedelta(hours=4), True)):
            self.connection.facts_at = fields.Datetime.now() - age
            self.simulator.reset_stats()
            self.read_organisation()
            self.assertEqual(("GET", "Organisation") in self.simulator.calls(self.tenant), reads)

    # === UPGRADE === #

    def test_upgrade(self):
        row = self.account_row()
        row.state = "suggested"
        move = self.make_move()
        self.drain()
        [job] = self.failed()
        job.sudo().waits_for = False
        self.env.flush_all()
        spec = importlib.util.spec_from_file_location("migration", MIGRATION)
        migration = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(migration)
        migration.migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        row.state = "confirmed"
        self.drain()
        self.assertInXero(move)

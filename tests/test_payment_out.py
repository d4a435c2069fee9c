from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from ..models.outbound.exporter import Item
from .common.payment import PaymentCommon


class OutgoingCommon(PaymentCommon):
    def setUp(self):
        super().setUp()
        self.row.direction = "odoo_to_xero"

    def register(self, moves, **values):
        """Register a payment in Odoo through the wizard people use."""
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=moves.ids)
            .create({"payment_date": fields.Date.to_date("2026-03-12"), "journal_id": self.bank.id, **values})
        )
        return wizard._create_payments()

    def paid_in_xero(self, state="AUTHORISED"):
        """Return the payments in Xero, the oldest first."""
        found = [row for row in self.simulator.documents(self.tenant, "Payments") if row["Status"] == state]
        return sorted(found, key=lambda row: row["UpdatedDateUTC"])

    def amounts_in_xero(self):
        return sorted(float(row["Amount"]) for row in self.paid_in_xero())

    def parts_of(self, payment):
        return self.env["xero.payment.part"].search([("entry_id", "=", payment.move_id.id)])

    def failed(self):
        return self.env["xero.sync.job"].search(
            [("connection_id", "=", self.connection.id), ("state", "in", ("failed", "dead"))]
        )

    def assertQuiet(self):
        """Nothing is left to do, and reading back changes nothing and books nothing twice."""
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
        payments = self.env["account.payment"].search_count([("company_id", "=", self.company.id)])
        self.poll()
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
        self.assertEqual(self.env["account.payment"].search_count([("company_id", "=", self.company.id)]), payments)


@tagged("post_install", "-at_install")
class TestPayOut(OutgoingCommon):
    def test_a_payment_is_sent_once(self):
        move = self.pushed()
        self.register(move, communication="Wire 9")
        self.drain()
        [element] = self.paid_in_xero()
        self.assertEqual(float(element["Amount"]), move.amount_total)
        self.assertTrue(element["Reference"].startswith("Wire 9 odoo-"))
        self.assertSameDue(move)
        self.assertQuiet()
        move.action_xero_sync()
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.assertEqual(len(self.paid_in_xero()), 1)

    def test_partial_payments_and_refunds(self):
        bill, refund = self.pushed("in_invoice"), self.pushed("out_refund")
        self.register(bill, amount=40)
        self.register(bill, amount=25.5)
        self.register(refund)
        self.drain()
        self.assertEqual(self.amounts_in_xero(), [25.5, 40.0, refund.amount_total])
        self.assertSameDue(bill, refund)
        self.assertQuiet()

    def test_a_grouped_payment_is_one_payment_a_document_in_one_call(self):
        moves = self.pushed() | self.pushed(lines=[(1, 50.0)]) | self.pushed(lines=[(1, 20.0)])
        self.simulator.reset_stats()
        payment = self.register(moves, group_payment=True)
        self.assertEqual(len(payment), 1)
        self.drain()
        self.assertEqual(self.simulator.calls(self.tenant)["PUT", "Payments"], 1)
        self.assertEqual(self.amounts_in_xero(), sorted(moves.mapped("amount_total")))
        self.assertSameDue(*moves)
        self.assertQuiet()

    def test_paid_before_the_document_is_in_xero(self):
        move = self.make_move()
        self.register(move)
        self.drain()
        self.assertSameDue(move)
        self.assertQuiet()

    def test_undone_in_odoo_is_deleted_in_xero(self):
        move = self.pushed()
        payment = self.register(move)
        self.drain()
        payment.action_draft()
        self.drain()
        self.assertFalse(self.paid_in_xero())
        self.assertEqual(len(self.paid_in_xero("DELETED")), 1)
        payment.action_post()
        self.drain()
        self.assertSameDue(move)
        self.assertQuiet()

    def test_taken_back_before_it_was_sent_never_goes(self):
        move = self.pushed()
        payment = self.register(move)
        payment.move_id.line_ids.remove_move_reconcile()
        self.simulator.reset_stats()
        self.drain()
        self.assertNotIn(("PUT", "Payments"), self.simulator.calls(self.tenant))
        self.assertQuiet()

    def test_what_was_paid_too_much_and_booked_as_income_stays_in_odoo(self):
        income = self.company_data["default_account_revenue"]
        move = self.pushed()
        amount = move.amount_total + 5
        self.register(move, amount=amount, payment_difference_handling="reconcile", writeoff_account_id=income.id)
        self.drain()
        self.assertEqual(self.amounts_in_xero(), [move.amount_total])
        self.assertSameDue(move)

    def test_undone_and_repeated_before_a_worker_comes_is_nothing(self):
        move = self.pushed()
        payment = self.register(move)
        self.drain()
        lines = (payment.move_id | move).line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        self.simulator.reset_stats()
        lines.remove_move_reconcile()
        lines.reconcile()
        self.drain()
        calls = self.simulator.calls(self.tenant)
        self.assertFalse({("PUT", "Payments"), ("POST", "Payments")} & set(calls), calls)
        self.assertSameDue(move)
        self.assertQuiet()

    def test_instalments_are_paid_by_one_payment(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "Two halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 30}),
                ],
            }
        )
        move = self.pushed(invoice_payment_term_id=terms.id)
        self.register(move, installments_mode="full", amount=move.amount_total)
        self.drain()
        self.assertEqual(self.amounts_in_xero(), [move.amount_total])
        self.assertSameDue(move)
        self.assertQuiet()

    def test_moved_to_another_document(self):
        first, second = self.pushed(), self.pushed()
        payment = self.register(first)
        self.drain()
        lines = payment.move_id.line_ids
        lines.remove_move_reconcile()
        (lines | second.line_ids).filtered(lambda line: line.account_id.account_type == "asset_receivable").reconcile()
        self.drain()
        self.assertSameDue(first, second)
        self.assertResidual(second, 0)
        self.assertQuiet()

    def test_a_paid_document_is_cancelled(self):
        move = self.pushed()
        self.register(move)
        self.drain()
        move.button_draft()
        move.button_cancel()
        self.drain()
        self.assertEqual(self.in_xero(move)["Status"], "VOIDED")
        self.assertFalse(self.paid_in_xero())
        self.assertQuiet()

    def test_write_offs_are_payments_from_their_account(self):
        fees = self.write_off_account(enabled=True)
        move = self.pushed()
        self.register(move, amount=110, payment_difference_handling="reconcile", writeoff_account_id=fees.id)
        self.drain()
        self.assertEqual(self.amounts_in_xero(), [5.0, 110.0])
        self.assertSameDue(move)
        self.assertQuiet()

    def test_a_write_off_that_xero_cannot_take_is_said_and_the_money_goes(self):
        fees = self.write_off_account(enabled=False)
        move = self.pushed()
        self.register(move, amount=110, payment_difference_handling="reconcile", writeoff_account_id=fees.id)
        self.drain()
        self.assertEqual(self.amounts_in_xero(), [110.0])
        job = self.failed()
        self.assertEqual(job.failure_type, "mapping")
        self.assertEqual(job.fix_action["model"], "xero.mapping.account")
        self.person("edit_account", code="404", EnablePaymentsToAccount=True)
        self.connection.action_pull()
        job.action_retry()
        self.drain()
        self.assertSameDue(move)

    def write_off_account(self, enabled):
        account = self.company_data["default_account_expense"].copy({"name": "Bank charges", "code": "999404"})
        if enabled:
            self.person("edit_account", code="404", EnablePaymentsToAccount=True)
            self.connection.action_pull()
            self.drain()
        target = self.env["xero.account"].search([("connection_id", "=", self.connection.id), ("code", "=", "404")])
        row = self.env["xero.mapping.account"]._ensure(self.connection, account)
        row.xero_account_id = target
        return account

    # === NEVER TWICE === #

    def test_a_lost_answer_is_looked_up(self):
        moves = self.pushed() | self.pushed(lines=[(1, 30.0)])
        self.simulator.fault("drop_after", method="PUT", resource="Payments")
        self.register(moves[0])
        self.register(moves[1])
        self.drain()
        self.resume()
        self.drain()
        self.assertEqual(self.amounts_in_xero(), sorted(moves.mapped("amount_total")))
        self.assertSameDue(*moves)
        self.assertQuiet()

    def test_a_lost_answer_read_by_a_poll_first_is_no_second_payment(self):
        move = self.pushed()
        self.register(move)
        self.drain()
        link = self.env["xero.link"].search([("res_model", "=", "xero.payment.part")])
        link.sudo().unlink()
        self.poll("Payment")
        self.drain()
        self.assertEqual(len(self.paid_in_xero()), 1)
        self.assertTrue(self.env["xero.link"].search([("res_model", "=", "xero.payment.part")]).xero_id)
        self.assertQuiet()

    def test_a_lost_answer_to_a_deletion(self):
        move = self.pushed()
        payment = self.register(move)
        self.drain()
        self.simulator.fault("drop_after", method="POST", resource="Payments")
        payment.move_id.line_ids.remove_move_reconcile()
        self.drain()
        self.resume()
        self.drain()
        self.assertFalse(self.paid_in_xero())
        self.assertQuiet()

    def test_payments_of_xero_are_never_sent_back(self):
        self.row.direction = "xero_to_odoo"
        move = self.pushed()
        element = self.pay_in_xero(move)
        self.poll()
        payment = self.payment_of(element)
        self.row.direction = "odoo_to_xero"
        payment.move_id.line_ids.remove_move_reconcile()
        (payment.move_id | move).line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        ).reconcile()
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.assertEqual(len(self.paid_in_xero()), 1)

    def test_payments_made_in_xero_on_such_an_account_stay_there(self):
        move = self.pushed()
        self.pay_in_xero(move)
        self.poll()
        self.assertFalse(self.env["account.payment"].search([("company_id", "=", self.company.id)]))

    def test_older_payments_stay_in_odoo(self):
        self.row.direction = "none"
        move = self.pushed()
        payment = self.register(move)
        self.env.cr.execute(
            "UPDATE account_move SET create_date = create_date - interval '1 day' WHERE id = %s", [payment.move_id.id]
        )
        self.env.invalidate_all()
        self.row.direction = "odoo_to_xero"
        # The whole test is one moment for the database: the document was made before the decision.
        self.link_of(move).sudo().made_here_at = self.row.outgoing_since - timedelta(minutes=1)
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.assertFalse(self.paid_in_xero())

    def test_more_than_is_due_in_xero_fails_in_words(self):
        move = self.pushed()
        self.pay_in_xero(move, amount="100")
        self.register(move)
        self.drain()
        self.assertEqual(self.failed().failure_type, "closed")
        self.assertIn("exceeds", self.failed().failure_detail)

    def test_deleted_in_xero_asks_a_person(self):
        move = self.pushed()
        payment = self.register(move)
        self.drain()
        [element] = self.paid_in_xero()
        self.person("undo_payment", payment=element["PaymentID"])
        self.poll()
        self.drain()
        self.assertFalse(self.paid_in_xero())
        conflict = self.conflict_of(self.parts_of(payment))
        self.assertIn(payment.name, conflict.reason)
        conflict.action_take_odoo()
        self.drain()
        self.assertSameDue(move)
        [element] = self.paid_in_xero()
        self.person("undo_payment", payment=element["PaymentID"])
        self.poll()
        self.conflict_of(self.parts_of(payment)).filtered(lambda row: row.state == "open").action_take_xero()
        self.drain()
        self.assertResidual(move, move.amount_total, "not_paid")
        self.assertFalse(self.paid_in_xero())

    def test_a_locked_period_in_xero_is_said_before_sending(self):
        move = self.pushed()
        self.connection.period_lock_date = "2026-03-31"
        self.simulator.reset_stats()
        self.register(move)
        self.drain()
        self.assertEqual(self.failed().failure_type, "locked_period")
        self.assertNotIn(("PUT", "Payments"), self.simulator.calls(self.tenant))

    def test_another_amount_in_the_answer_is_an_error(self):
        move = self.pushed()
        payment = self.register(move)
        self.drain()
        part = self.parts_of(payment)
        link = self.link_of(part)
        mapper = self.env["xero.mapper"]._for_type("Payment")
        # As a version before this one stored it.
        item = Item.load([0, part.id, self.company.id, "digest", "115.00", "AUTHORISED", "", None])
        element = {"PaymentID": link.xero_id, "Status": "AUTHORISED", "Amount": 114.99}
        failures = self.env["xero.exporter.payment"].sudo()._save_links(self.connection, mapper, [(item, element)])
        self.assertEqual(failures[0].kind, "total_mismatch")
        self.assertEqual(link.state, "error")

    # === OTHER ENTRIES === #

    def test_a_statement_line_reconciled_with_an_invoice_is_sent(self):
        move = self.pushed()
        line = self.env["account.bank.statement.line"].create(
            {"journal_id": self.bank.id, "date": "2026-03-14", "payment_ref": "Deposit", "amount": move.amount_total}
        )
        receivable = move.line_ids.filtered(lambda found: found.account_id.account_type == "asset_receivable")
        _bank, suspense, _other = line._seek_for_lines()
        line.move_id.with_context(skip_readonly_check=True, force_delete=True).write(
            {
                "line_ids": [
                    Command.delete(suspense.id),
                    Command.create(
                        {
                            "account_id": receivable.account_id.id,
                            "partner_id": move.partner_id.id,
                            "balance": suspense.balance,
                        }
                    ),
                ]
            }
        )
        (
            receivable | line.move_id.line_ids.filtered(lambda found: found.account_id == receivable.account_id)
        ).reconcile()
        self.drain()
        self.assertSameDue(move)
        self.assertQuiet()


@tagged("post_install", "-at_install")
class TestPayOutCurrency(OutgoingCommon):
    def setUp(self):
        super().setUp()
        self.aud = self.setup_other_currency("AUD", rates=[("2016-01-01", 1.6), ("2026-03-12", 1.5)])

    def test_paid_in_the_currency_of_the_document(self):
        move = self.pushed(lines=[(1, 100.0)], currency_id=self.aud.id)
        payment = self.register(move, currency_id=self.aud.id)
        self.drain()
        [element] = self.paid_in_xero()
        self.assertEqual(float(element["Amount"]), move.amount_total)
        self.assertAlmostEqual(float(element["CurrencyRate"]), 1.5, 3)
        self.assertAlmostEqual(float(element["BankAmount"]), payment.amount_company_currency_signed, 2)
        self.assertSameDue(move)
        self.assertQuiet()

    def test_paid_in_the_currency_of_the_company(self):
        move = self.pushed("in_invoice", [(1, 100.0)], currency_id=self.aud.id)
        payment = self.register(move, currency_id=self.company.currency_id.id)
        self.drain()
        [element] = self.paid_in_xero()
        self.assertEqual(float(element["Amount"]), move.amount_total)
        self.assertAlmostEqual(float(element["BankAmount"]), payment.amount, 2)
        self.assertSameDue(move)
        self.assertQuiet()

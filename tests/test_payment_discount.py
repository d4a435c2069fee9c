"""Early payment discounts, in each way that Odoo computes them."""

from odoo import Command, fields
from odoo.tests import tagged

from .common.reconciliation import ReconCommon
from .test_payment_out import OutgoingCommon


class DiscountCommon(OutgoingCommon):
    def setUp(self):
        super().setUp()
        accounts = self.env["account.account"]
        self.given = accounts.create({"account_type": "expense", "code": "998001", "name": "Discount given"})
        self.taken = accounts.create({"account_type": "income_other", "code": "998002", "name": "Discount taken"})
        self.company.account_journal_early_pay_discount_loss_account_id = self.given
        self.company.account_journal_early_pay_discount_gain_account_id = self.taken
        for account, code in ((self.given, "404"), (self.taken, "260")):
            row = self.env["xero.mapping.account"]._ensure(self.connection, account)
            domain = [("connection_id", "=", self.connection.id), ("code", "=", code)]
            row.write({"xero_account_id": self.env["xero.account"].search(domain).id, "state": "confirmed"})
        self.terms = {
            mode: self.env["account.payment.term"].create(
                {
                    "name": mode,
                    "early_discount": True,
                    "discount_percentage": 2,
                    "discount_days": 10,
                    "early_pay_discount_computation": mode,
                    "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})],
                }
            )
            for mode in ("included", "excluded", "mixed")
        }

    def owed(self, mode, kind="out_invoice", lines=((1, 100.0),), **values):
        return self.pushed(kind, list(lines), invoice_payment_term_id=self.terms[mode].id, **values)

    def notes_in_xero(self, status=("AUTHORISED", "PAID")):
        return [row for row in self.read("CreditNotes") if row["Status"] in status]

    def assertSettled(self, *moves):
        for move in moves:
            self.assertResidual(move, 0)
            element = self.in_xero(move)
            self.assertEqual((float(element["AmountDue"]), element["Status"]), (0, "PAID"))


@tagged("post_install", "-at_install")
class TestEarlyPaymentDiscount(DiscountCommon):
    def test_nothing_stays_open(self):
        for mode in self.terms:
            for kind in ("out_invoice", "in_invoice"):
                with self.subTest(mode=mode, kind=kind):
                    before = len(self.notes_in_xero())
                    move = self.owed(mode, kind, [(1, 100.0), (3, 9.99)])
                    payment = self.register(move)
                    self.drain()
                    self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
                    self.assertSettled(move)
                    self.assertEqual(len(self.notes_in_xero()), before + 1)
                    [note] = [row for row in self.notes_in_xero() if payment.move_id.name in row["CreditNoteNumber"]]
                    self.assertAlmostEqual(float(note["Total"]), move.amount_total - payment.amount, 2)
                    self.assertEqual(float(note["RemainingCredit"]), 0)
                    tax = abs(sum(payment.move_id.line_ids.filtered("tax_repartition_line_id").mapped("balance")))
                    self.assertAlmostEqual(float(note["TotalTax"]), tax, 2)
                    self.assertEqual(bool(tax), mode == "included")
                    account = "404" if kind == "out_invoice" else "260"
                    booked = sum(
                        float(line["LineAmount"]) for line in note["LineItems"] if line["AccountCode"] == account
                    )
                    self.assertAlmostEqual(booked, float(note["SubTotal"]), 2)
        self.assertQuiet()

    def test_undone_with_the_payment_and_made_again(self):
        move = self.owed("included")
        payment = self.register(move)
        self.drain()
        payment.action_draft()
        self.drain()
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
        self.assertFalse(self.notes_in_xero())
        self.assertEqual(float(self.in_xero(move)["AmountDue"]), move.amount_total)
        payment.action_post()
        self.drain()
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
        self.assertSettled(move)
        self.assertEqual(len(self.notes_in_xero()), 1)
        payment.move_id.line_ids.remove_move_reconcile()
        self.drain()
        self.assertFalse(self.notes_in_xero())
        self.assertEqual(float(self.in_xero(move)["AmountDue"]), move.amount_total)
        self.assertQuiet()

    def test_paid_before_the_document_is_in_xero(self):
        move = self.make_move(invoice_payment_term_id=self.terms["included"].id)
        self.register(move)
        self.drain()
        self.assertSettled(move)
        self.assertQuiet()

    def test_several_documents_paid_by_one_payment(self):
        moves = self.owed("included") | self.owed("included", lines=[(1, 400.0)])
        self.register(moves, group_payment=True)
        self.drain()
        self.assertSettled(*moves)
        [note] = self.notes_in_xero()
        applied = sorted(float(row["Amount"]) for row in note["Allocations"])
        self.assertEqual(applied, [round(move.amount_total * 0.02, 2) for move in moves.sorted("amount_total")])
        self.assertQuiet()

    def test_in_another_currency(self):
        aud = self.setup_other_currency("AUD", rates=[("2016-01-01", 1.6)])
        for mode in self.terms:
            move = self.owed(mode, currency_id=aud.id)
            self.register(move, currency_id=aud.id)
            self.drain()
            self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
            self.assertSettled(move)
        self.assertQuiet()

    def test_a_lost_answer_makes_no_second_credit(self):
        move = self.owed("included")
        self.simulator.fault("drop_after", method="PUT", resource="CreditNotes")
        self.register(move)
        self.drain()
        self.resume()
        self.drain()
        self.assertEqual(len(self.notes_in_xero()), 1)
        self.assertSettled(move)
        self.assertQuiet()

    def test_paid_too_late_is_a_payment_as_any(self):
        move = self.owed("included")
        self.register(move, payment_date=fields.Date.to_date("2026-04-30"))
        self.drain()
        self.assertFalse(self.notes_in_xero())
        self.assertSettled(move)

    def test_taken_off_in_xero_it_is_applied_again(self):
        move = self.owed("included")
        self.register(move)
        self.drain()
        [note] = self.notes_in_xero()
        self.person("undo_allocation", allocation=note["Allocations"][0]["AllocationID"])
        self.poll()
        self.drain()
        self.assertSettled(move)
        self.assertQuiet()


@tagged("post_install", "-at_install")
class TestDiscountReconciled(DiscountCommon, ReconCommon):
    def test_both_books_agree(self):
        moves = self.owed("included") | self.owed("mixed", "in_invoice") | self.owed("excluded")
        self.register(moves[0])
        self.register(moves[1])
        self.settle()
        self.assertAgree(self.reconcile())


@tagged("post_install", "-at_install")
class TestWrittenOffByEntry(DiscountCommon, ReconCommon):
    def write_off(self, move, taxed=True):
        """A person writes ``move`` off by a journal entry; with its tax taken back, or not."""
        sign = -move.direction_sign
        open_line = move.line_ids.filtered(lambda line: line.display_type == "payment_term")
        tax = move.line_ids.filtered("tax_repartition_line_id") if taxed else move.line_ids.browse()
        values = {"partner_id": move.partner_id.id}
        net = move.amount_total - (move.amount_tax if taxed else 0)
        lines = [
            {"account_id": open_line.account_id.id, "balance": -sign * move.amount_total, **values},
            {"account_id": self.given.id, "balance": sign * net, "tax_ids": [Command.set([])], **values},
        ]
        if taxed:
            part = tax.tax_repartition_line_id
            index = list(part.tax_id.invoice_repartition_line_ids).index(part)
            lines[1]["tax_ids"] = [Command.set(part.tax_id.ids)]
            refund = part.tax_id.refund_repartition_line_ids[index]
            extra = {"tax_repartition_line_id": refund.id, "display_type": "tax"}
            lines.append({"account_id": tax.account_id.id, "balance": sign * move.amount_tax, **extra, **values})
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": "2026-03-15",
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [Command.create(line) for line in lines],
            }
        )
        entry.action_post()
        (entry.line_ids.filtered(lambda line: line.account_id == open_line.account_id) | open_line).reconcile()
        self.assertResidual(move, 0)
        return entry

    def test_nothing_stays_open(self):
        for kind, taxed in (("out_invoice", True), ("out_invoice", False), ("in_invoice", False)):
            with self.subTest(kind=kind, taxed=taxed):
                move = self.pushed(kind)
                entry = self.write_off(move, taxed)
                self.drain()
                self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
                self.assertSettled(move)
                [note] = [row for row in self.notes_in_xero() if entry.name in row["CreditNoteNumber"]]
                self.assertEqual(float(note["TotalTax"]), move.amount_tax if taxed else 0)
        self.settle()
        self.assertAgree(self.reconcile())

    def test_undone(self):
        move = self.pushed()
        entry = self.write_off(move)
        self.drain()
        entry.line_ids.remove_move_reconcile()
        self.drain()
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
        self.assertFalse(self.notes_in_xero())
        self.assertEqual(float(self.in_xero(move)["AmountDue"]), move.amount_total)

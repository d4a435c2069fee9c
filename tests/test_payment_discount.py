"""Early payment discounts, in each way that Odoo computes them."""

import importlib.util
from pathlib import Path

from odoo import Command, fields
from odoo.tests import tagged

from .common.reconciliation import ReconCommon
from .test_payment_out import OutgoingCommon

MIGRATION = Path(__file__).resolve().parent.parent / "migrations" / "19.0.1.1.0" / "post-left_open.py"


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

    def settle_together(self, moves, *others, **values):
        """A person settles ``moves`` by one journal entry.

        :param others: further lines
        """
        lines = []
        for move in moves:
            line = move.line_ids.filtered(lambda line: line.display_type == "payment_term")
            account = {"account_id": line.account_id.id, "partner_id": move.partner_id.id}
            currency = {"currency_id": move.currency_id.id, "amount_currency": -line.amount_currency}
            lines.append({**account, "balance": -line.balance, **currency})
        counter = -sum(line["balance"] for line in lines) - sum(line["balance"] for line in others)
        if counter:
            lines.append({"account_id": self.given.id, "balance": counter, "tax_ids": [Command.set([])]})
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": "2026-03-15",
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [Command.create(line) for line in (*lines, *others)],
                **values,
            }
        )
        entry.action_post()
        for move in moves:
            account = move.line_ids.filtered(lambda line: line.display_type == "payment_term").account_id
            lines = (entry | move).line_ids.filtered(
                lambda line, move=move, account=account: (
                    line.account_id == account and line.partner_id.commercial_partner_id == move.commercial_partner_id
                )
            )
            lines.filtered(lambda line: not line.reconciled).reconcile()
            self.assertResidual(move, 0)
        return entry

    def assertSaysOpen(self, move, why):
        """The document says what stays open in Xero, why, and what to do; and so does the reconciliation."""
        self.drain()
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
        self.assertEqual(float(self.in_xero(move)["AmountDue"]), move.amount_total)
        self.assertEqual(move.xero_sync_state, "left_open")
        for word in (move.currency_id.format(move.amount_total), "stays open in Xero", why, "Credit or pay"):
            self.assertIn(word, move.xero_sync_message)
        states = self.env["account.move"].search([("xero_sync_state", "=", "left_open")])
        self.assertIn(move, states)
        self.assertNotIn(move, states.search([("xero_sync_state", "=", "synced")]))
        report = self.reconcile()
        rows = report.difference_ids.filtered(lambda row: row.res_model == "account.move" and row.res_id == move.id)
        self.assertEqual(len(rows), 1, self.told(report))
        self.assertIn(why, rows.note or "")

    def test_what_stays_open_is_said(self):
        with self.subTest("several contacts"):
            moves = self.pushed(), self.pushed(partner=self.new_partner())
            entry = self.settle_together(moves)
            for move in moves:
                self.assertSaysOpen(move, "several contacts")
            with self.subTest("of earlier versions"):
                self.env["xero.link"].sudo().search([("left_open", "!=", False)]).left_open = False
                self.assertEqual(moves[0].xero_sync_state, "synced")
                spec = importlib.util.spec_from_file_location("migration", MIGRATION)
                migration = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(migration)
                self.env.flush_all()
                migration.migrate(self.env.cr, "19.0.1.0.0")
                self.env.invalidate_all()
                self.assertEqual([move.xero_sync_state for move in moves], ["left_open"] * 2)
            entry.line_ids.remove_move_reconcile()
            self.drain()
            self.assertEqual(moves[0].xero_sync_state, "synced")
            self.assertFalse(moves[0].xero_sync_message)
        with self.subTest("money"):
            move = self.pushed()
            money = {"account_id": self.bank.default_account_id.id, "balance": 10.0}
            self.settle_together([move], money)
            self.assertSaysOpen(move, "money on a bank")
        with self.subTest("foreign currency"):
            aud = self.in_currency()
            move = self.pushed(currency_id=aud.id)
            self.settle_together([move])
            self.assertSaysOpen(move, "foreign currency")
        with self.subTest("not sent, by setting"):
            self.connection.credit_direction = "xero_to_odoo"
            move = self.pushed()
            self.write_off(move)
            self.assertSaysOpen(move, "by setting")

    def test_undone(self):
        move = self.pushed()
        entry = self.write_off(move)
        self.drain()
        entry.line_ids.remove_move_reconcile()
        self.drain()
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
        self.assertFalse(self.notes_in_xero())
        self.assertEqual(float(self.in_xero(move)["AmountDue"]), move.amount_total)

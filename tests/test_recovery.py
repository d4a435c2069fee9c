"""Yesterday's backup: what Xero has that Odoo lost is shown, made or linked again, and never overwritten."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models.connection import credential_secrets as xero_secrets
from ..models.connection import database as xero_database
from ..models.recovery.reader import Reader
from .test_payment_out import OutgoingCommon


class RecoveryCommon(OutgoingCommon):
    def lose(self, *moves, partners=(), payments=()):
        """Let the database be as it was before these were made; Xero has them. Ids begin anew where they began."""
        self.env.flush_all()
        cr = self.env.cr
        ids = [move.id for move in moves] + [payment.move_id.id for payment in payments]
        parts = self.env["xero.payment.part"].search([("entry_id", "in", ids)]).ids
        for model, res_ids in (("account.move", ids), ("res.partner", [partner.id for partner in partners]),
                               ("xero.payment.part", parts)):  # fmt: skip
            for table in ("xero_link", "xero_sync_job"):
                cr.execute(f"DELETE FROM {table} WHERE res_model = %s AND res_id = ANY(%s)", [model, res_ids])
        cr.execute("DELETE FROM account_payment_register")
        cr.execute("DELETE FROM xero_payment_part WHERE id = ANY(%s)", [parts])
        cr.execute(
            "DELETE FROM account_partial_reconcile WHERE debit_move_id IN (SELECT id FROM account_move_line WHERE "
            "move_id = ANY(%s)) OR credit_move_id IN (SELECT id FROM account_move_line WHERE move_id = ANY(%s))",
            [ids, ids],
        )
        cr.execute("UPDATE account_payment SET move_id = NULL WHERE id = ANY(%s)", [[one.id for one in payments]])
        cr.execute("UPDATE account_move SET origin_payment_id = NULL WHERE id = ANY(%s)", [ids])
        cr.execute("DELETE FROM account_payment WHERE id = ANY(%s)", [[payment.id for payment in payments]])
        cr.execute("DELETE FROM account_move_line WHERE move_id = ANY(%s)", [ids])
        cr.execute("DELETE FROM account_move WHERE id = ANY(%s)", [ids])
        if partners:
            cr.execute("DELETE FROM res_partner WHERE id = ANY(%s)", [[partner.id for partner in partners]])
        for table in ("account_move", "res_partner", "xero_payment_part"):
            cr.execute(f"SELECT setval('{table}_id_seq', COALESCE((SELECT MAX(id) FROM {table}), 1))")
        cr.execute("UPDATE xero_connection SET database_print = '1-1'")
        xero_secrets.update(self.credential, {"print": "1-1"})
        self.env.invalidate_all()
        # Numbers that this very transaction gave out would be remembered.
        self.env["account.move"]._get_sequence_cache().clear()

    def recover(self):
        """Say that this is the real one and have Xero read; return the recovery."""
        self.poll("Contact")
        self.assertEqual(self.connection.state, "held")
        recovery = self.env["xero.recovery"].search([("connection_id", "=", self.connection.id)], limit=1)
        recovery.write({"answer": "real", "other": "gone"})
        recovery.action_answer()
        self.drain()
        self.assertEqual(recovery.state, "decide", recovery.trouble)
        return recovery

    def carry_out(self, recovery):
        recovery.action_apply()
        self.drain()
        self.env.invalidate_all()
        self.assertEqual(recovery.state, "decide")

    def lines(self, recovery):
        return {(line.xero_type, line.kind, line.number): line for line in recovery.line_ids}

    def written(self):
        return {call: count for call, count in self.simulator.calls(self.tenant).items() if call[0] != "GET"}


@tagged("post_install", "-at_install")
class TestRecovery(RecoveryCommon):
    def test_lost_document_contact_and_payment_are_made_again(self):
        kept = self.pushed()
        partner = self.env["res.partner"].create({"name": "Lost Ltd", "email": "lost@example.com", "is_company": True})
        lost = self.make_move(partner=partner, lines=((1, 111.0), (2, 5.5)))
        note = self.make_move("out_refund", partner=partner, lines=((1, 20.0),))
        self.drain()
        payment = self.register(lost, amount=50.0)
        self.drain()
        number, total, ref = lost.name, lost.amount_total, note.name
        ids = lost.id, partner.id
        self.lose(lost, note, partners=[partner], payments=[payment])
        waiting = self.make_move(post=False)
        recovery = self.recover()
        found = self.lines(recovery)
        self.assertEqual(
            {(xero_type, kind) for xero_type, kind, _number in found},
            {("Contact", "lost"), ("Invoice", "lost"), ("CreditNote", "lost"), ("Payment", "lost")},
        )
        self.assertEqual({line.decision for line in recovery.line_ids}, {"import"})
        fresh = self.env["res.partner"].create({"name": "Newcomer"})
        self.assertGreater(fresh.id, ids[1], "ids go on behind what Xero holds")
        self.assertGreater(self.make_move(post=False).id, ids[0])
        with self.assertRaises(UserError):
            recovery.action_release()
        self.simulator.reset_stats()
        self.carry_out(recovery)
        self.assertFalse(recovery.failed_count, recovery.line_ids.mapped("message"))
        self.assertEqual(self.written(), {}, "nothing is said to Xero before the queue goes on")
        again = self.env["account.move"].search([("name", "=", number)])
        self.assertEqual((again.amount_total, again.state, again.partner_id.name), (total, "posted", "Lost Ltd"))
        self.assertResidual(again, total - 50.0)
        self.assertEqual(self.env["account.move"].search([("name", "=", ref)]).move_type, "out_refund")
        recovery.action_release()
        waiting.action_post()
        self.drain()
        self.poll()
        self.assertInXero(again | kept | waiting)
        self.assertEqual(len(self.simulator.documents(self.tenant, "Invoices")), 3)
        self.assertEqual(self.amounts_in_xero(), [50.0])
        self.assertSameDue(again)
        self.assertEqual(self.connection.state, "connected")
        self.assertFalse(recovery.line_ids.sudo().filtered("data"), "whole elements are not kept")

    def test_left_document_keeps_its_number_from_others(self):
        self.pushed()
        lost = self.make_move(lines=((1, 111.0),))
        self.drain()
        number = lost.name
        self.lose(lost)
        recovery = self.recover()
        recovery.line_ids.filtered(lambda line: line.kind == "lost").decision = "leave"
        self.carry_out(recovery)
        recovery.action_release()
        fresh = self.make_move(lines=((1, 222.0),))
        self.assertNotEqual(fresh.name, number)
        self.drain()
        self.poll()
        self.assertInXero(fresh)
        self.assertEqual(self.connection.state, "connected", self.connection.reason)
        [left] = [one for one in self.simulator.documents(self.tenant, "Invoices") if one["InvoiceNumber"] == number]
        self.assertEqual((float(left["SubTotal"]), left["Status"]), (111.0, "AUTHORISED"))

    def test_lost_link_is_made_again(self):
        move = self.pushed()
        self.env.cr.execute("DELETE FROM xero_link WHERE res_model = 'account.move' AND res_id = %s", [move.id])
        self.lose()
        recovery = self.recover()
        line = self.lines(recovery)["Invoice", "unlinked", move.name]
        self.assertEqual((line.res_id, line.decision), (move.id, "link"))
        self.carry_out(recovery)
        recovery.action_release()
        self.drain()
        self.assertInXero(move)

    def test_what_strangers_say_is_proposed_of_nobody(self):
        """Neither of people who log in, nor of another company's; and what is no mark at all breaks nothing."""
        self.pushed()
        company = self.env["res.company"].create({"name": "B Ltd"})
        private = self.env["res.partner"].create({"name": "Only B's", "company_id": company.id})
        shared = self.env["res.partner"].create({"name": "Of both"})
        taboo = self.env.ref("base.user_admin").partner_id | company.partner_id | private
        database = self.env["ir.config_parameter"].get_param("database.uuid")[:8]
        for partner in taboo | shared:
            mark = f"odoo-{database}-{partner.id}"
            self.write_in_xero("Contacts", {"Name": partner.name, "ContactNumber": mark})
        self.write_in_xero("Contacts", {"Name": "Of no record", "ContactNumber": f"odoo-{database}-9999999999"})
        self.lose()
        recovery = self.recover()
        links = recovery.line_ids.filtered(lambda line: line.kind == "unlinked")
        self.assertEqual(links.mapped("res_id"), shared.ids, "an administrator decides about anybody else")
        self.assertNotIn("Of no record", recovery.line_ids.mapped("name"))

    def test_an_address_that_is_none_breaks_no_reading(self):
        reader = Reader(self.env["xero.recovery"].new({"connection_id": self.connection.id}), None)
        for url in ("http://[", 7, ["x"], {}, None):
            self.assertIsNone(reader.mark("Invoice", {"Url": url}))
        for number in ("odoo-" + "9" * 400, [1], 5, f"odoo-{next(iter(reader.databases))}-9999999999"):
            self.assertIsNone(reader.mark("Contact", {"ContactNumber": number}))
            self.assertIsNone(reader.mark("Payment", {"Reference": number}))

    def test_change_after_the_backup_comes_as_a_change(self):
        move = self.pushed()
        self.edit(move, Reference="Changed since")
        self.lose()
        recovery = self.recover()
        self.assertEqual(recovery.line_ids.mapped("kind"), ["changed"])
        recovery.action_release()
        self.drain()
        self.assertEqual(move.ref, "Changed since")

    def test_number_given_out_again_overwrites_nothing(self):
        """The row of the list: another sale with the same id and number, even of the same total."""
        self.pushed()
        for price, note in ((222.0, "another total"), (111.0, "the same total")):
            with self.subTest(note):
                lost = self.make_move(
                    lines=({"name": "First sale", "quantity": 1, "price_unit": 111.0, "tax_ids": False},)
                )
                self.drain()
                before = self.in_xero(lost)
                old_id, number = lost.id, lost.name
                self.lose(lost)
                # As if no place and no mark had told: the fingerprint is this one's.
                self.connection.write(self.connection.env["xero.hold"]._database_values())
                xero_secrets.update(self.credential, {"print": xero_database.fingerprint(self.env.cr)})
                second = self.make_move(
                    lines=({"name": "Second sale", "quantity": 1, "price_unit": price, "tax_ids": False},)
                )
                self.assertEqual((second.id, second.name), (old_id, number))
                for _click in range(2):
                    second.action_xero_sync()
                    self.drain()
                    self.resume()
                self.assertNotEqual(second.xero_sync_state, "synced")
                [after] = [
                    one
                    for one in self.simulator.documents(self.tenant, "Invoices")
                    if one["InvoiceID"] == before["InvoiceID"]
                ]
                self.assertEqual(
                    (after["Total"], after["LineItems"][0]["Description"]),
                    (before["Total"], before["LineItems"][0]["Description"]),
                )
                self.assertIn("backup", second.xero_sync_message)
                second.button_draft()
                second.name = f"{number}-B"
                self.env["xero.recovery"].search([("is_open", "=", True)]).state = "released"
                self.connection.state = "connected"

    def test_credit_note_number_given_out_again_overwrites_nothing(self):
        """Credit notes bear no mark: number, customer, day and total are all that tells them."""
        line = {"quantity": 1, "price_unit": 111.0, "tax_ids": False}
        lost = self.make_move("out_refund", lines=({**line, "name": "First"},))
        self.drain()
        before = self.simulator.documents(self.tenant, "CreditNotes")
        number = lost.name
        self.lose(lost)
        self.connection.write(self.connection.env["xero.hold"]._database_values())
        xero_secrets.update(self.credential, {"print": xero_database.fingerprint(self.env.cr)})
        second = self.make_move("out_refund", lines=({**line, "name": "Second"},))
        self.assertEqual(second.name, number)
        for _click in range(2):
            second.action_xero_sync()
            self.drain()
            self.resume()
        self.assertNotEqual(second.xero_sync_state, "synced")
        self.assertFalse(second.xero_invoice_id)
        self.assertEqual(self.simulator.documents(self.tenant, "CreditNotes"), before)

    def test_number_taken_since_is_said_and_can_be_mended(self):
        self.pushed()
        lost = self.make_move(lines=((1, 111.0),))
        self.drain()
        number = lost.name
        self.lose(lost)
        second = self.make_move(lines=((1, 222.0),))
        self.assertEqual(second.name, number)
        recovery = self.recover()
        self.carry_out(recovery)
        self.assertEqual(recovery.failed_count, 1)
        self.assertIn(number, recovery.line_ids.filtered(lambda line: line.state == "failed").message)
        with self.assertRaises(UserError):
            recovery.action_release()
        second.button_draft()
        second.name = number[:-1] + "9"
        second.action_post()
        self.carry_out(recovery)
        self.assertFalse(recovery.failed_count, recovery.line_ids.mapped("message"))
        recovery.action_release()
        self.drain()
        self.assertInXero(second)
        self.assertInXero(self.env["account.move"].search([("name", "=", number)]))

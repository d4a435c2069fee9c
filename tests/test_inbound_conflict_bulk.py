"""Many conflicts settled with one decision: looked at first, each by itself."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common.inbound import InboundCommon


@tagged("post_install", "-at_install")
class TestConflictBulk(InboundCommon):
    def setUp(self):
        super().setUp()
        self.accountant = self.login("bulk_accountant", "account.group_account_manager")

    def login(self, name, groups):
        return new_test_user(
            self.env, name, groups=groups, company_id=self.company.id, company_ids=[Command.set(self.company.ids)]
        )

    def quarrel(self, count=3):
        """Return invoices whose reference was changed on both sides, and their conflicts."""
        moves = self.env["account.move"].union(*(self.pushed(lines=[(1, 100.0 + n)]) for n in range(count)))
        for number, move in enumerate(moves):
            self.edit(move, Reference=f"Xero {number}")
            move.ref = f"Odoo {number}"
        self.poll("Invoice")
        conflicts = self.env["xero.conflict"].search([("state", "=", "open"), ("res_id", "in", moves.ids)])
        self.assertEqual(len(conflicts), count)
        return moves, conflicts.sorted("res_id")

    def wizard(self, conflicts, side, person=None):
        chosen = conflicts.with_user(person or self.accountant)
        action = chosen.action_keep_odoo_all() if side == "odoo" else chosen.action_take_xero_all()
        env = chosen.with_context(**action["context"]).env
        return env[action["res_model"]].create({})

    def test_odoos_side_for_all(self):
        moves, conflicts = self.quarrel()
        wizard = self.wizard(conflicts, "odoo")
        for move in moves:
            self.assertIn(move.name, wizard.outlook)
            self.assertIn(move.ref, wizard.outlook)
        self.assertEqual(set(conflicts.mapped("state")), {"open"}, "Looking changes nothing")
        wizard.action_settle()
        self.assertEqual(set(conflicts.mapped("state")), {"settled"})
        self.assertEqual(conflicts.settled_by_id, self.accountant)
        self.drain()
        there = {row["InvoiceID"]: row.get("Reference") for row in self.read("Invoices")}
        self.assertEqual([there[move.xero_invoice_id] for move in moves], ["Odoo 0", "Odoo 1", "Odoo 2"])

    def test_xeros_side_for_all(self):
        moves, conflicts = self.quarrel()
        self.wizard(conflicts, "xero").action_settle()
        self.assertEqual(moves.mapped("ref"), ["Xero 0", "Xero 1", "Xero 2"])
        self.assertEqual(set(conflicts.mapped("choice")), {"xero"})

    @mute_logger("odoo.addons.xero_connector.models.inbound.conflict_bulk")
    def test_one_that_cannot_be_settled_stops_no_other(self):
        moves, conflicts = self.quarrel()
        conflicts[1].sudo().kind = "merged"
        conflicts[0].sudo().element = "{"
        wizard = self.wizard(conflicts, "xero")
        self.assertIn("merged", wizard.outlook)
        message = wizard.action_settle()["params"]["message"]
        self.assertEqual(conflicts.mapped("state"), ["open", "open", "settled"])
        self.assertIn(conflicts[1].record_name, message)
        self.assertEqual(moves.mapped("ref"), ["Odoo 0", "Odoo 1", "Xero 2"])
        again = wizard.action_settle()["params"]["message"]
        self.assertTrue(again.startswith("0 "), "what was settled before is not counted")

    def test_who_may(self):
        _moves, conflicts = self.quarrel(1)
        clerk = self.login("bulk_clerk", "account.group_account_invoice")
        with self.assertRaises(AccessError):
            self.wizard(conflicts, "odoo", clerk)
        with self.assertRaises(AccessError):
            self.env["xero.conflict.settle.wizard"].with_user(clerk).create({"side": "odoo"})
        self.wizard(conflicts, "odoo").action_settle()
        with self.assertRaisesRegex(UserError, "resolved already"):
            self.wizard(conflicts, "odoo")

    def test_the_list_names_contact_and_amount(self):
        moves, conflicts = self.quarrel(2)
        row = conflicts[1].with_user(self.accountant)
        move = moves[1]
        self.assertEqual((row.shown_partner_id, row.shown_amount), (move.partner_id, move.amount_total))
        self.assertEqual((row.shown_currency_id, row.shown_date), (move.currency_id, move.invoice_date))
        self.assertEqual((row.shown_kind, row.differing), ("Invoice", "Reference"))
        found = self.env["xero.conflict"].search([("shown_partner_id", "ilike", move.partner_id.name)])
        self.assertEqual(found & conflicts, conflicts)
        self.assertFalse(self.env["xero.conflict"].search([("shown_partner_id", "ilike", "nobody at all")]))

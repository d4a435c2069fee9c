from pathlib import Path

from odoo import Command
from odoo.tests import tagged

from ..models.inbound import decision_tables as states
from ..models.inbound.importer import OUTCOMES
from .common.inbound import InboundCommon
from .test_inbound_documents import TestDocuments

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "inbound.md"
TABLES = (
    ("DOCUMENT", states.DOCUMENT_STATES, states.DOCUMENT_EVENTS, states.DOCUMENT_TABLE),
    ("CONTACT", states.CONTACT_STATES, states.CONTACT_EVENTS, states.CONTACT_TABLE),
    ("NEW", states.NEW_SETTINGS, states.NEW_EVENTS, states.NEW_TABLE),
)


@tagged("post_install", "-at_install")
class TestStates(InboundCommon):
    lines = TestDocuments.lines
    new_invoice = TestDocuments.new_invoice
    tax_type = TestDocuments.tax_type

    def setUp(self):
        super().setUp()
        self.outcomes = {}
        original = type(self.env["xero.inbound"])._write_down

        def write_down(inbound, connection, results):
            self.outcomes.update({xero_id: result.outcome for xero_id, result in results.items()})
            return original(inbound, connection, results)

        self.patch(type(self.env["xero.inbound.invoice"]), "_write_down", write_down)
        self.patch(type(self.env["xero.inbound.contact"]), "_write_down", write_down)

    # === DATA === #

    def test_every_cell_is_defined(self):
        for name, rows, columns, table in TABLES:
            self.assertEqual(set(table), {(row, column) for row in rows for column in columns}, name)
            self.assertLessEqual(set(table.values()), set(OUTCOMES), name)

    def test_reference_shows_the_same_tables(self):
        text = REFERENCE.read_text()
        for _name, rows, columns, table in TABLES:
            for row, label in rows.items():
                shown = f"| {label} | " + " | ".join(table[row, column] for column in columns) + " |"
                self.assertIn(shown, text)
            self.assertIn(" | ".join(columns.values()), text)
        for outcome in OUTCOMES:
            self.assertIn(f"| {outcome} |", text)

    # === DOCUMENTS === #

    def test_documents(self):
        for (state, event), expected in states.DOCUMENT_TABLE.items():
            with self.subTest(state=state, event=event):
                self.company.fiscalyear_lock_date = False
                self.connection.sync_when = "posted"
                move, xero_id = self.document(state, event)
                self.happen(move, xero_id, event)
                self.outcomes.clear()
                self.poll("Invoice")
                self.assertEqual(self.outcomes.get(xero_id), expected)
                self.outcomes.clear()
                self.poll("Invoice")
                self.assertIn(self.outcomes.get(xero_id), ("echo", "ignored"), "once is enough")

    def document(self, state, event):
        """Return a document in ``state`` and its id in Xero."""
        quiet = self.env["account.move"].with_context(xero_no_sync=True)
        if state == "draft":
            return self.draft(event)
        move = self.pushed(ref="base")
        xero_id = move.xero_invoice_id
        if state == "missing":
            self.keep_lines = self.lines(move)
            self.env.flush_all()
            self.env.cr.execute("DELETE FROM account_move_line WHERE move_id = %s", [move.id])
            self.env.cr.execute("DELETE FROM account_move WHERE id = %s", [move.id])
            self.env.invalidate_all()
            return None, xero_id
        if state in ("reset", "reworked"):
            quiet.browse(move.id).button_draft()
            if state == "reworked":
                self.edit_here(quiet.browse(move.id), event)
        elif state == "settled":
            self.pay(move)
        elif state == "locked":
            self.company.fiscalyear_lock_date = "2026-03-31"
        elif state == "cancelled":
            quiet.browse(move.id).button_draft()
            quiet.browse(move.id).button_cancel()
        elif state == "changed":
            changed = quiet.browse(move.id)
            changed.button_draft()
            self.edit_here(changed, event)
            changed.action_post()
        return move, xero_id

    def edit_here(self, move, event):
        """Edit in Odoo what ``event`` edits in Xero."""
        if event == "content":
            move.invoice_line_ids.price_unit = 222
        else:
            move.ref = "local"

    def draft(self, event):
        if event == "approved":
            self.connection.sync_when = "draft"
            move = self.make_move(post=False)
            self.drain()
            self.poll()
            return move, move.xero_invoice_id
        self.connection.inbound_documents = "draft"
        element = self.new_invoice(InvoiceNumber=f"D-{event}")
        self.poll()
        self.connection.inbound_documents = "ignore"
        return self.env["account.move"].search([("invoice_origin", "=", f"Xero D-{event}")]), element["InvoiceID"]

    def happen(self, move, xero_id, event):
        """Let ``event`` happen in Xero."""
        if event == "money":
            self.person("pay", invoice=xero_id, amount=10, account=self.bank())
        elif event == "details":
            self.person("edit", invoice=xero_id, Reference=f"new {xero_id}")
        elif event == "content":
            lines = self.lines(move) if move else self.keep_lines
            lines[0]["UnitAmount"] = 333
            self.person("edit", invoice=xero_id, LineItems=lines)
        elif event == "voided":
            self.person("void", invoice=xero_id)
        elif self.link(xero_id).base_state["status"] == "DRAFT":
            self.person("approve", invoice=xero_id)
        else:
            self.pretend(xero_id, status="DRAFT")

    def bank(self):
        """Return an account of Xero that payments may go to."""
        accounts = self.simulator.documents(self.tenant, "Accounts")
        return next(row["Code"] for row in accounts if row.get("Code") and row["EnablePaymentsToAccount"])

    def link(self, xero_id):
        return self.env["xero.link"].search([("xero_id", "=", xero_id)])

    def pretend(self, xero_id, **base):
        """Have the last agreement say something else than it did."""
        link = self.link(xero_id)
        link.sudo().write({"base_state": {**link.base_state, **base}, "base_digest": "other"})
        self.env.flush_all()
        self.env.invalidate_all()

    # === CONTACTS === #

    def test_contacts(self):
        for number, ((state, event), expected) in enumerate(states.CONTACT_TABLE.items()):
            with self.subTest(state=state, event=event):
                partner, xero_id = self.contact(state, event, number)
                self.happen_to_contact(xero_id, event, number, state)
                self.outcomes.clear()
                self.poll("Contact")
                self.assertEqual(self.outcomes.get(xero_id), expected)

    def contact(self, state, event, number):
        partner = self.env["res.partner"].create(
            {"name": f"Contact {number}", "email": "base@example.com", "customer_rank": 1}
        )
        self.drain()
        self.poll("Contact")
        xero_id = partner.xero_contact_id
        quiet = partner.with_context(xero_no_sync=True)
        if state == "archived":
            self.person("archive_contact", contact=xero_id)
            self.poll("Contact")
            self.assertFalse(partner.active)
        elif state in ("shared", "reserved"):
            group = "base.group_portal" if state == "shared" else "base.group_user"
            user = self.env["res.users"].with_context(xero_no_sync=True).create(
                {
                    "name": f"Contact {number}",
                    "login": f"login{number}",
                    "partner_id": partner.id,
                    "email": "base@example.com",
                    "group_ids": [Command.set(self.env.ref(group).ids)],
                }
            )
            if event == "restored" and state == "reserved":
                user.active = quiet.active = False
        elif state == "changed":
            quiet.email = "local@example.com"
        elif state == "missing":
            self.env.flush_all()
            self.env.cr.execute("DELETE FROM res_partner WHERE id = %s", [partner.id])
            self.env.invalidate_all()
        return partner, xero_id

    def happen_to_contact(self, xero_id, event, number, state):
        status = self.link(xero_id).xero_status
        if event == "merged":
            survivor = self.person("create_contact", Name=f"Survivor {number}")["ContactID"]
            if status == "ARCHIVED":
                self.person("archive_contact", contact=xero_id, undo=True)
            self.person("merge_contacts", contact=xero_id, into=survivor)
        elif event == "restored":
            if status == "ARCHIVED":
                self.person("archive_contact", contact=xero_id, undo=True)
            else:
                self.pretend(xero_id, status="ARCHIVED")
        elif event == "archived":
            if status == "ARCHIVED":
                self.pretend(xero_id, status="ACTIVE")
            else:
                self.person("archive_contact", contact=xero_id)
        elif status == "ARCHIVED":
            self.pretend(xero_id, phone="1")
        elif state == "shared":
            self.person("edit_contact", contact=xero_id, AccountNumber=f"X{number}")
        else:
            self.person("edit_contact", contact=xero_id, EmailAddress="xero@example.com")

    # === NEW === #

    def test_new_documents(self):
        for (setting, event), expected in states.NEW_TABLE.items():
            with self.subTest(setting=setting, event=event):
                self.connection.inbound_documents = setting
                xero_id = self.new_document(f"N-{setting}-{event}", event)
                self.outcomes.clear()
                self.poll("Invoice")
                self.assertEqual(self.outcomes.get(xero_id), expected)

    def new_document(self, number, event):
        if event == "ours":
            move = self.make_move("in_invoice", ref=number)
            self.drain()
            xero_id = move.xero_invoice_id
            self.link_of(move).sudo().unlink()
            return xero_id
        element = self.new_invoice(InvoiceNumber=number, **({"Status": "DRAFT"} if event == "draft" else {}))
        if event == "gone":
            self.person("void", invoice=element["InvoiceID"])
        return element["InvoiceID"]

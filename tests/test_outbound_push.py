from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..models.outbound import exporter
from .common import XeroCommon


@tagged("post_install", "-at_install")
class TestPush(XeroCommon):
    def test_each_kind_arrives_with_its_total(self):
        moves = self.env["account.move"]
        for move_type in ("out_invoice", "in_invoice", "out_refund", "in_refund"):
            moves += self.make_move(move_type, [(3, 25.06), (1, 25.61), (7, 25.63)], ref=f"R-{move_type}")
        self.assertEqual(set(moves.mapped("xero_sync_state")), {"queued"})
        self.drain()
        self.assertInXero(moves)
        self.assertEqual(self.partner_a.xero_sync_state, "synced")
        self.assertEqual(
            self.simulator.calls(self.tenant),
            {("PUT", "Contacts"): 1, ("PUT", "Invoices"): 1, ("PUT", "CreditNotes"): 1},
        )

    def test_contacts_travel_together_and_documents_in_fifties(self):
        partners = self.env["res.partner"].create([{"name": f"Customer {number}"} for number in range(30)])
        for number in range(60):
            self.make_move(partner=partners[number % 30])
        self.drain()
        self.assertEqual(self.simulator.calls(self.tenant), {("PUT", "Contacts"): 1, ("PUT", "Invoices"): 2})

    def test_what_is_too_large_for_a_call_is_cut(self):
        moves = self.env["account.move"].concat(*(self.make_move() for _number in range(3)))
        with patch.object(exporter, "MAX_BODY", 100):
            self.drain()
        self.assertInXero(moves)
        self.assertEqual(self.simulator.calls(self.tenant), {("PUT", "Contacts"): 1, ("PUT", "Invoices"): 3})

    def test_unchanged_document_costs_no_call(self):
        move = self.make_move()
        self.drain()
        self.simulator.reset_stats()
        move.action_xero_sync()
        self.assertEqual(move.xero_sync_state, "queued")
        self.drain()
        self.assertEqual(move.xero_sync_state, "synced")
        self.assertEqual(self.simulator.calls(self.tenant), {})

    def test_change_updates_the_same_document(self):
        move = self.make_move()
        self.drain()
        before = move.xero_invoice_id
        move.button_draft()
        move.invoice_line_ids.price_unit = 250
        move.action_post()
        self.drain()
        self.assertInXero(move)
        self.assertEqual(move.xero_invoice_id, before)

    def test_many_credit_notes_change_together(self):
        """Xero lists none by id: from four on, what changed is read in one call before it is overwritten."""
        notes = self.env["account.move"].concat(*(self.make_move("out_refund") for _number in range(4)))
        self.drain()
        for note in notes:
            note.ref = f"Changed {note.id}"
        self.simulator.reset_stats()
        self.drain()
        self.assertEqual(set(notes.mapped("xero_sync_state")), {"synced"})
        self.assertInXero(notes)
        calls = self.simulator.calls(self.tenant)
        self.assertEqual((calls["GET", "CreditNotes"], calls["POST", "CreditNotes"]), (1, 1))

    def test_head_of_a_paid_document_still_changes(self):
        """Once money is on it, Xero takes changes of the head; the lines stay as they are."""
        self.simulator.control(f"/organisations/{self.tenant}/act/edit_account", code="090", CurrencyCode="USD")
        for share in (40, None):
            move = self.make_move(ref="Before")
            self.drain()
            amount = {"amount": share} if share else {}
            self.simulator.control(f"/organisations/{self.tenant}/act/pay", invoice=move.name, **amount)
            self.env["xero.sync.job"]._enqueue_poll(self.connection, "Invoice")
            self.drain()
            move.ref = "After"
            self.drain()
            self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
            self.assertEqual(self.in_xero(move)["Reference"], "After")

    def test_people_who_see_nothing_of_xero_change_documents(self):
        """Salespeople, say: what they change goes to Xero, whose fields they may not read."""
        move = self.make_move()
        self.drain()
        self.connection.sync_from = "2030-01-01"
        person = new_test_user(self.env, "seller", company_id=self.company.id, company_ids=[self.company.id])
        for model in ("account.move", "account.move.line", "account.journal", "account.account", "account.tax"):
            self.env["ir.model.access"].create(
                {
                    "name": model,
                    "model_id": self.env["ir.model"]._get_id(model),
                    "group_id": self.env.ref("base.group_user").id,
                    "perm_read": True,
                    "perm_write": True,
                }
            )
        self.env.invalidate_all()
        self.assertFalse(person.has_group("xero_connector.group_xero_user"))
        move.with_user(person).write({"ref": "Of the seller"})
        self.drain()
        self.assertEqual(self.in_xero(move)["Reference"], "Of the seller")

    def test_cents_that_a_former_version_needed_are_dropped(self):
        """A rounding line is right for the lines it was made for; for others it goes, or shrinks."""
        move = self.make_move()
        self.drain()
        link = self.env["xero.link"].search([("res_model", "=", move._name), ("res_id", "=", move.id)])
        link.sudo().adjustment = 0.02
        move.button_draft()
        move.invoice_line_ids.price_unit = 250
        move.action_post()
        self.drain()
        self.assertInXero(move)
        self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
        self.assertEqual((len(self.in_xero(move)["LineItems"]), link.adjustment), (1, 0))

    def test_document_kept_as_a_draft_says_why(self):
        """Where a rounding line is not wanted, a person decides about the cent."""
        self.connection.rounding_policy = "draft"
        move = self.make_move(lines=[(1, 100.0)])
        self.env.cr.execute("UPDATE account_move SET amount_total = amount_total + 0.01 WHERE id = %s", [move.id])
        self.env.invalidate_all()
        self.drain()
        self.assertEqual(self.in_xero(move)["Status"], "DRAFT")
        self.assertEqual(move.xero_sync_state, "failed")
        self.assertTrue(move.xero_sync_message)

    def test_cancel_voids_and_posting_again_makes_a_new_one(self):
        move = self.make_move()
        self.drain()
        first = move.xero_invoice_id
        move.button_draft()
        move.button_cancel()
        self.drain()
        self.assertEqual(self.simulator.documents(self.tenant, "Invoices")[-1]["Status"], "VOIDED")
        self.assertEqual(move.xero_sync_state, "gone")
        move.button_draft()
        move.action_post()
        self.drain()
        self.assertInXero(move)
        self.assertNotEqual(move.xero_invoice_id, first)
        move.button_draft()
        move.button_cancel()
        self.drain()
        self.assertEqual({found["Status"] for found in self.simulator.documents(self.tenant, "Invoices")}, {"VOIDED"})

    def test_cancelled_edited_and_posted_again_takes_the_next_number(self):
        """Xero keeps the number of a voided sales document, whatever the new one says."""
        edits = {
            "nothing": {},
            "amount": {"price_unit": 120.0},
            "date": {"invoice_date": "2026-03-17"},
            "both": {"price_unit": 130.0, "invoice_date": "2026-03-03"},
        }
        kinds = ("out_invoice", "out_refund", "in_invoice", "in_refund")
        made = {(kind, edit): self.make_move(kind, ref=f"V-{edit}") for kind in kinds for edit in edits}
        self.drain()
        first = {move: (move.xero_invoice_id, self.link_of(move).xero_number) for move in made.values()}
        moves = self.env["account.move"].union(*first)
        for revision in (1, 2):
            moves.button_draft()
            moves.button_cancel()
            self.drain()
            moves.button_draft()
            for (move_type, edit), move in made.items():
                with self.subTest(move_type=move_type, edit=edit, revision=revision):
                    self.assertEqual(self.in_xero(move)["Status"], "VOIDED")
                if "price_unit" in edits[edit]:
                    move.invoice_line_ids.price_unit = edits[edit]["price_unit"] + revision
                if "invoice_date" in edits[edit]:
                    move.invoice_date = edits[edit]["invoice_date"]
            moves.action_post()
            self.drain()
            for (move_type, edit), move in made.items():
                with self.subTest(move_type=move_type, edit=edit, revision=revision):
                    before, number = first[move]
                    self.assertInXero(move)
                    self.assertNotEqual(move.xero_invoice_id, before)
                    sale = move_type.startswith("out_")
                    self.assertEqual(self.link_of(move).xero_number, f"{number}-R{revision}" if sale else number)

    def test_number_of_a_dead_document_goes_on_as_a_revision(self):
        """Odoo gives the number of the last document that was deleted to the next; Xero keeps it."""
        for move_type in ("out_invoice", "out_refund"):
            with self.subTest(move_type=move_type):
                self.make_move(move_type)
                dead = self.make_move(move_type)
                self.drain()
                number = dead.name
                for revision in (1, 2):
                    dead.button_draft()
                    dead.with_context(force_delete=True).unlink()
                    self.drain()
                    dead = self.make_move(move_type, post=False, invoice_date=f"2026-03-{10 + revision}")
                    dead.name = number
                    dead.action_post()
                    self.drain()
                    self.assertInXero(dead)
                    self.assertEqual(self.link_of(dead).xero_number, f"{number}-R{revision}")

    def test_number_taken_by_others_is_not_ours(self):
        """One that was made and voided elsewhere tells nothing of a document of this database."""
        move, act = self.make_move(), f"/organisations/{self.tenant}/act"
        line = {"Description": "Theirs", "Quantity": 1, "UnitAmount": 5, "AccountCode": "200"}
        made = {"Date": "2026-03-15", "InvoiceNumber": move.name, "LineItems": [line]}
        contact = self.simulator.control(f"{act}/create_contact", Name="Somebody Else")
        element = self.simulator.control(f"{act}/create_invoice", contact=contact["ContactID"], **made)
        self.simulator.control(f"{act}/void", invoice=element["InvoiceID"])
        self.drain()
        self.assertEqual(move.xero_sync_state, "failed")
        self.assertIn("made elsewhere", move.xero_sync_message)

    def test_voided_credit_note_without_totals_is_still_ours(self):
        """What Xero shows of a voided document need not be what was sent."""
        move = self.make_move("out_refund")
        self.drain()
        move.button_draft()
        move.button_cancel()
        self.drain()
        move.button_draft()
        move.action_post()
        exporter = type(self.env["xero.exporter.document"])
        found = exporter._namesakes

        def without_totals(*args):
            none = dict.fromkeys(("SubTotal", "TotalTax", "Total"), 0)
            return [[{**element, **none} for element in elements] for elements in found(*args)]

        with patch.object(exporter, "_namesakes", without_totals):
            self.drain()
        self.assertInXero(move)

    def test_deleting_a_document_removes_it_in_xero(self):
        self.connection.sync_when = "draft"
        move = self.make_move(post=False)
        self.drain()
        self.assertEqual(move.xero_sync_state, "synced")
        move.unlink()
        self.drain()
        self.assertEqual([found["Status"] for found in self.simulator.documents(self.tenant, "Invoices")], ["DELETED"])

    def test_draft_becomes_authorised(self):
        self.connection.sync_when = "draft"
        move = self.make_move(post=False)
        self.drain()
        self.assertEqual(self.in_xero(move)["Status"], "DRAFT")
        move.action_post()
        self.drain()
        self.assertEqual(self.in_xero(move)["Status"], "AUTHORISED")
        self.assertEqual(self.in_xero(move)["InvoiceNumber"], move.name)
        self.assertInXero(move)

    def test_scope_leaves_out_kinds_and_journals(self):
        journal = self.company_data["default_journal_sale"].copy()
        self.connection.write({"sync_bills": False, "excluded_journal_ids": [Command.link(journal.id)]})
        for move in (self.make_move("in_invoice"), self.make_move(journal_id=journal.id)):
            self.assertEqual(move.xero_sync_state, "not_synced")
            self.assertFalse(move.xero_can_sync)
            with self.assertRaises(UserError):
                move.action_xero_sync()

    def test_start_date_leaves_older_ones_to_a_click(self):
        self.connection.sync_from = "2026-02-01"
        old = self.make_move(invoice_date="2026-01-31")
        self.assertEqual(old.xero_sync_state, "not_synced")
        self.env["xero.sync.runner"]._sweep()
        self.assertEqual(old.xero_sync_state, "not_synced")
        old.action_xero_sync()
        self.drain()
        self.assertInXero(old)
        old.ref = "Changed later"
        self.assertEqual(old.xero_sync_state, "queued", "what is in Xero stays in step, however old")

    def test_without_start_date_the_day_of_connecting_counts(self):
        self.connection.write({"sync_from": False, "connected_at": "2026-02-01 00:00:00"})
        before = self.make_move(post=False, invoice_date="2026-01-04")
        self.env.cr.execute("UPDATE account_move SET create_date = '2026-01-01' WHERE id = %s", [before.id])
        self.env.invalidate_all()
        before.action_post()
        backdated = self.make_move(invoice_date="2026-01-05")
        self.assertEqual((before.xero_sync_state, backdated.xero_sync_state), ("not_synced", "queued"))
        self.env["xero.sync.runner"]._sweep()
        self.assertEqual(before.xero_sync_state, "not_synced")

    def test_missing_mapping_is_named_before_any_call_and_fixed(self):
        account = self.company_data["default_account_revenue"].copy({"code": "499000", "name": "Odd Income"})
        move = self.make_move(lines=[{"quantity": 1, "price_unit": 10, "account_id": account.id, "tax_ids": False}])
        self.drain()
        self.assertEqual(move.xero_sync_state, "failed")
        self.assertIn("Odd Income", move.xero_sync_message)
        self.assertNotIn(("PUT", "Invoices"), self.simulator.calls(self.tenant))
        action = move.action_xero_fix()
        self.assertEqual(action["res_model"], "xero.mapping.account")
        row = self.env[action["res_model"]].browse(action["res_id"])
        row.write(
            {
                "xero_account_id": self.env["xero.account"]
                .search([("connection_id", "=", self.connection.id), ("code", "=", "200")])
                .id,
                "state": "confirmed",
            }
        )
        move.action_xero_sync()
        self.drain()
        self.assertInXero(move)

    def test_refusal_is_shown_on_the_document(self):
        self.simulator.fault(
            "invalid", resource="Invoices", message="The document date cannot be before the period lock date"
        )
        move = self.make_move()
        self.drain()
        job = self.job_of(move)
        self.assertEqual((move.xero_sync_state, job.failure_type), ("failed", "locked_period"))
        self.assertIn("period lock date", move.xero_sync_message)
        self.assertIn("period lock date", " ".join(move.message_ids.mapped("body")))
        job.action_retry()
        self.drain()
        self.assertInXero(move)

    def test_one_bad_document_does_not_stop_the_others(self):
        good = self.make_move()
        odd = self.company_data["default_account_expense"].copy({"code": "699000", "name": "Unmapped"})
        bad = self.make_move("in_invoice", [{"quantity": 1, "price_unit": 10, "account_id": odd.id}])
        other = self.make_move("in_invoice", ref="fine")
        self.drain()
        self.assertInXero(good + other)
        self.assertIn("Unmapped", bad.xero_sync_message)
        self.assertEqual(bad.xero_sync_state, "failed")

    def test_recurring_and_imported_documents_need_no_click(self):
        """Whoever posts, by whatever way, the document is queued: the write of the state tells."""
        move = self.make_move(post=False)
        move.with_context(import_file=True)._post(soft=False)
        self.assertEqual(move.xero_sync_state, "queued")

    def test_sweep_finds_what_no_event_announced(self):
        silent = self.make_move(post=False)
        silent.with_context(xero_no_sync=True).action_post()
        self.assertEqual(silent.xero_sync_state, "not_synced")
        self.env["xero.sync.runner"]._sweep()
        self.assertEqual(silent.xero_sync_state, "queued")
        self.drain()
        self.assertInXero(silent)
        self.env["xero.sync.runner"]._sweep()
        self.assertEqual(silent.xero_sync_state, "synced", "a second sweep finds nothing")

    def test_audit_tells_every_call(self):
        move = self.make_move()
        self.drain()
        job = self.job_of(move)
        log = job.log_ids
        self.assertEqual((log.method, log.path, log.status), ("PUT", "/Invoices", 200))
        self.assertEqual(log.correlation_id, job.correlation_id)
        sent = self.simulator.control("/calls?after=0")
        self.assertIn(job.correlation_id, str(sent))

    def test_states_are_searched_and_grouped(self):
        sent = self.make_move()
        self.drain()
        waiting = self.make_move()
        Move = self.env["account.move"]
        mine = [("id", "in", (sent + waiting).ids)]
        self.assertEqual(Move.search([*mine, ("xero_sync_state", "=", "synced")]), sent)
        self.assertEqual(Move.search([*mine, ("xero_sync_state", "in", ["queued", "failed"])]), waiting)
        self.assertEqual(Move.search([*mine, ("xero_sync_state", "!=", "synced")]), waiting)
        self.assertEqual(Move.search([*mine, ("xero_invoice_id", "=", sent.xero_invoice_id)]), sent)
        self.assertEqual(Move.search([*mine, ("xero_invoice_id", "=", False)]), waiting)
        groups = Move.formatted_read_group(mine, ["xero_sync_state"], ["__count"])
        self.assertEqual({group["xero_sync_state"]: group["__count"] for group in groups}, {"synced": 1, "queued": 1})

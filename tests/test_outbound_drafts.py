"""The everyday way to correct a document: reset to draft, change, post again. Xero keeps what it is meanwhile."""

import importlib.util
import re
from datetime import timedelta
from pathlib import Path

from odoo import fields
from odoo.tests import tagged

from ..models.health.facts import old_draft_domain
from ..models.xero_status_mixin import sync_states
from .common.payment import PaymentCommon

KINDS = ("out_invoice", "in_invoice", "out_refund", "in_refund")
MOMENTS = ("_push", "_store_and_send", "_send", "_save_answer")
ADDON = Path(__file__).resolve().parent.parent
REFERENCE = ADDON / "docs" / "reference" / "drafts.md"
MIGRATION = ADDON / "migrations" / "19.0.1.1.0" / "post-drafts.py"
ROW = re.compile(r"\| ([^|]+) \| ([^|]+) \| (nothing|update|void|new document) \| ([^|]*) ?\|")


def documented():
    """Return the rows of the reference: in Odoo, in Xero, what is sent, the status."""
    rows = ROW.findall(REFERENCE.read_text(encoding="utf-8"))
    return [tuple(cell.strip() for cell in row) for row in rows]


@tagged("post_install", "-at_install")
class TestDrafts(PaymentCommon):
    def reset(self, *args, **values):
        """Return a document that is in Xero, and a draft again that a worker has seen."""
        move = self.pushed(*args, **values)
        move.button_draft()
        self.simulator.reset_stats()
        self.drain()
        return move

    def identity(self, move):
        """Return what people and programs know the document of ``move`` in Xero by."""
        element = self.in_xero(move)
        number = element.get("InvoiceNumber") or element.get("CreditNoteNumber")
        return move.xero_invoice_id, number, [line["LineItemID"] for line in element["LineItems"]]

    def writes(self):
        calls = self.simulator.calls(self.tenant)
        return sum(count for (method, _resource), count in calls.items() if method != "GET")

    def alone(self):
        """Return how many documents there are in Xero, whatever became of them."""
        return sum(len(self.simulator.documents(self.tenant, kind)) for kind in ("Invoices", "CreditNotes"))

    def test_left_alone_until_posted_again(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                move = self.pushed(kind, [(1, 100.0), (2, 20.0)], ref=f"R-{kind}")
                before, count = self.identity(move), self.alone()
                move.button_draft()
                self.simulator.reset_stats()
                self.drain()
                self.assertEqual((self.in_xero(move)["Status"], self.writes()), ("AUTHORISED", 0))
                self.assertEqual(move.xero_sync_state, "draft")
                self.assertIn(before[1], move.xero_sync_message)
                self.assertFalse(self.open_jobs())
                move.invoice_line_ids[0].price_unit = 120
                self.drain()
                self.assertEqual((self.writes(), move.xero_sync_state), (0, "draft"))
                move.action_post()
                self.drain()
                self.assertInXero(move)
                self.assertEqual((self.identity(move), self.alone()), (before, count))
                self.assertEqual((move.xero_sync_state, self.writes()), ("synced", 1))
                self.assertFalse(self.link_of(move).draft_since or move.xero_sync_message)

    def test_unchanged_and_posted_again_sends_nothing(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                move = self.reset(kind, ref=f"R-{kind}")
                move.action_post()
                self.drain()
                self.assertEqual((move.xero_sync_state, self.writes()), ("synced", 0))

    def test_payments_stay_while_amounts_do(self):
        self.row.direction = "odoo_to_xero"
        move = self.pushed()
        self.pay(move)
        self.drain()
        self.poll()
        self.assertEqual(self.in_xero(move)["Status"], "PAID")
        move.button_draft()
        self.simulator.reset_stats()
        self.drain()
        self.assertEqual((self.in_xero(move)["Status"], self.writes()), ("PAID", 0))
        self.assertEqual(move.xero_sync_state, "draft")
        move.ref = "Only the reference"
        move.action_post()
        self.drain()
        self.assertEqual(self.in_xero(move)["Reference"], "Only the reference")
        self.assertEqual((self.in_xero(move)["Status"], move.xero_sync_state), ("PAID", "synced"))
        self.assertSameDue(move)

    def test_payments_that_odoo_undoes_are_undone_first(self):
        self.row.direction = "odoo_to_xero"
        for waits in (False, True):
            with self.subTest(waits=waits):
                move = self.pushed()
                self.pay(move)
                self.drain()
                before = self.identity(move)
                move.button_draft()
                if waits:
                    self.drain()
                move.invoice_line_ids.price_unit = 150
                if waits:
                    self.drain()
                move.action_post()
                self.drain()
                self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
                self.assertInXero(move)
                self.assertSameDue(move)
                self.assertEqual(self.identity(move), before)

    def test_lines_are_the_same_lines(self):
        """What people have in Xero on a line stays with it, wherever the line goes."""
        move = self.pushed(lines=[(1, 10.0), (1, 20.0), (1, 30.0)])
        _id, _number, [first, second, third] = self.identity(move)
        move.button_draft()
        move.invoice_line_ids.sorted("sequence")[0].unlink()
        move.invoice_line_ids.sorted("sequence")[1].price_unit = 33
        move.action_post()
        self.drain()
        self.assertInXero(move)
        self.assertEqual(self.identity(move)[2], [second, third])
        self.assertNotIn(first, self.identity(move)[2])

    def test_a_discount_that_is_taken_away(self):
        move = self.pushed(lines=[{"quantity": 2, "price_unit": 50.0, "discount": 10.0}])
        move.button_draft()
        move.invoice_line_ids.discount = 0
        move.action_post()
        self.drain()
        self.assertInXero(move)

    def test_first_sending_that_waits_sends_nothing(self):
        move = self.make_move()
        move.button_draft()
        self.drain()
        self.assertEqual((self.alone(), move.xero_sync_state), (0, "not_synced"))
        self.assertFalse(self.open_jobs())

    def test_a_question_about_a_draft_leaves_it_a_draft(self):
        for side in ("odoo", "xero"):
            with self.subTest(side=side):
                move = self.reset(ref="Agreed")
                before = self.identity(move)
                self.edit(move, Reference="Theirs")
                move.ref = "Ours"
                self.drain()
                self.poll()
                self.assertEqual((move.ref, move.xero_sync_state), ("Ours", "conflict"))
                conflict = self.conflict_of(move)
                conflict.action_take_odoo() if side == "odoo" else conflict.action_take_xero()
                self.drain()
                self.poll()
                self.assertEqual((move.state, move.xero_sync_state), ("draft", "draft"))
                self.assertEqual(move.ref, "Ours" if side == "odoo" else "Theirs")
                self.assertEqual(self.in_xero(move)["Reference"], "Theirs")
                move.action_post()
                self.drain()
                self.assertInXero(move)
                self.assertEqual(self.in_xero(move)["Reference"], move.ref)
                self.assertEqual(self.identity(move), before)

    def test_half_done_drafts_are_no_failures(self):
        """People empty a draft before they fill it again, and take the number away to change the journal."""
        move = self.reset()
        for values in ({"partner_id": False}, {"invoice_date": False}, {"name": False}):
            move.write(values)
            self.drain()
            self.assertEqual((move.xero_sync_state, self.writes()), ("draft", 0), values)
        move.invoice_line_ids.unlink()
        self.drain()
        self.assertEqual((move.xero_sync_state, self.writes()), ("draft", 0))
        self.assertFalse(self.open_jobs())

    def test_found_and_grouped(self):
        move, other = self.reset(), self.pushed()
        mine = [("id", "in", (move | other).ids)]
        Move = self.env["account.move"]
        self.assertEqual(Move.search([*mine, ("xero_sync_state", "=", "draft")]), move)
        self.assertEqual(Move.search([*mine, ("xero_sync_state", "in", ("draft", "failed"))]), move)
        self.assertEqual(Move.search([*mine, ("xero_sync_state", "=", "synced")]), other)
        self.assertFalse(Move.search([*mine, ("xero_sync_state", "=", "not_synced")]))
        groups = Move.formatted_read_group(mine, ["xero_sync_state"], ["__count"])
        self.assertEqual({row["xero_sync_state"]: row["__count"] for row in groups}, {"draft": 1, "synced": 1})

    def test_posted_again_or_cancelled_where_nothing_is_synced(self):
        """The status says what is so, whoever looks: it is no draft, and Xero keeps what it had."""
        Move = self.env["account.move"]
        for left_out in ("journal", "kind"):
            for ends in ("action_post", "button_cancel"):
                with self.subTest(left_out=left_out, ends=ends):
                    move = self.reset()
                    link, since = self.link_of(move).sudo(), fields.Datetime.now() - timedelta(days=30)
                    link.draft_since = since
                    number = link.xero_number
                    self.assertIn(link, link.search(old_draft_domain(self.connection)))
                    if left_out == "journal":
                        self.connection.excluded_journal_ids = move.journal_id
                    else:
                        self.connection.sync_invoices = False
                    move.invoice_line_ids.price_unit = 321
                    getattr(move, ends)()
                    self.drain()
                    self.env.invalidate_all()
                    self.assertEqual((self.writes(), move.xero_sync_state), (0, "synced"))
                    self.assertIn(f"{number} stays in Xero as it was", move.xero_sync_message)
                    self.assertIn("left out" if left_out == "journal" else "switched off", move.xero_sync_message)
                    mine = ("id", "=", move.id)
                    self.assertFalse(Move.search([mine, ("xero_sync_state", "=", "draft")]))
                    self.assertEqual(Move.search([mine, ("xero_sync_state", "=", "synced")]), move)
                    self.assertNotIn(link, link.search(old_draft_domain(self.connection)))
                    self.connection.write({"excluded_journal_ids": [(5,)], "sync_invoices": True})
                    self.env["xero.sync.runner"]._sweep()
                    self.drain()
                    self.env.invalidate_all()
                    self.assertFalse(link.draft_since or move.xero_sync_message)
                    posted = ends == "action_post"
                    self.assertEqual(self.in_xero(move)["Status"], "AUTHORISED" if posted else "VOIDED")
                    self.assertInXero(move) if posted else None

    def rest(self, move, hours=2):
        """Let nobody have changed ``move`` for a while."""
        self.env.flush_all()
        changed = fields.Datetime.now() - timedelta(hours=hours)
        self.env.cr.execute("UPDATE account_move SET write_date = %s WHERE id = %s", (changed, move.id))
        self.env.invalidate_all()

    def test_nothing_is_voided_while_somebody_works_on_it(self):
        move = self.reset()
        self.connection.void_drafts_after = 2
        self.link_of(move).sudo().draft_since = fields.Datetime.now() - timedelta(hours=3)
        for what in ("write", "line"):
            if what == "write":
                move.ref = "At work"
            else:
                move.invoice_line_ids.price_unit = 77
            self.env["xero.sync.job"]._enqueue_poll(self.connection, "Contact")
            self.drain()
            self.assertEqual((self.in_xero(move)["Status"], move.xero_sync_state), ("AUTHORISED", "draft"))
        self.rest(move)
        self.env["xero.sync.job"]._enqueue_poll(self.connection, "Contact")
        self.drain()
        self.assertEqual(self.in_xero(move)["Status"], "VOIDED")

    def test_draft_in_a_journal_that_is_left_out(self):
        """Posting it changes nothing in Xero: it does not say so."""
        for left_out in ("journal", "kind"):
            with self.subTest(left_out=left_out):
                move = self.reset()
                if left_out == "journal":
                    self.connection.excluded_journal_ids = move.journal_id
                else:
                    self.connection.sync_invoices = False
                self.env.invalidate_all()
                self.assertNotIn("Post it", move.xero_sync_message)
                self.assertIn("left out" if left_out == "journal" else "switched off", move.xero_sync_message)
                self.assertIn("stays in Xero", move.xero_sync_message)
                self.connection.write({"excluded_journal_ids": [(5,)], "sync_invoices": True})

    def test_since_is_when_it_was_reset_first(self):
        move = self.reset()
        since = fields.Datetime.now() - timedelta(days=3)
        self.link_of(move).sudo().draft_since = since
        move.ref = "Still at it"
        self.drain()
        self.assertEqual(self.link_of(move).draft_since, since)

    def test_a_payment_in_xero_waits_for_the_document(self):
        move = self.reset()
        element = self.pay_in_xero(move, amount=10)
        self.poll()
        self.assertIn("post it", self.failed_fetch().failure_detail)
        self.assertEqual((move.state, move.xero_sync_state), ("draft", "draft"))
        move.action_post()
        self.drain()
        self.assertFalse(self.open_jobs(), self.open_jobs().read(["state", "failure_detail"]))
        self.assertTrue(self.payment_of(element))
        self.assertSameDue(move)

    def test_credits_stay_while_odoo_keeps_them(self):
        self.connection.credit_direction = "both"
        move, note = self.pushed(), self.pushed("out_refund", [(1, 40.0)])
        self.env["xero.payment.ledger"]._allocate(move, note, note.amount_total)
        self.drain()
        self.poll()
        for one in (move, note):
            one.button_draft()
            self.simulator.reset_stats()
            self.drain()
            self.poll()
            self.assertEqual((self.writes(), one.xero_sync_state), (0, "draft"))
            one.action_post()
            self.drain()
            self.assertEqual((self.writes(), one.xero_sync_state), (0, "synced"))
            self.assertSameDue(move, note)
        move.button_draft()
        move.invoice_line_ids.price_unit = 200
        move.action_post()
        self.drain()
        self.assertInXero(move)
        self.assertSameDue(move, note)

    def test_reset_and_posted_at_every_moment_of_a_call(self):
        """Whenever a person resets, and posts again: one document, under its number."""
        for method, moment in ((method, moment) for method in ("PUT", "POST") for moment in MOMENTS):
            for posts in (False, True):
                with self.subTest(method=method, moment=moment, posts=posts):
                    move = self.make_move() if method == "PUT" else self.pushed()
                    if method == "POST":
                        move.ref = f"Before {move.id}"
                    done = self.at(moment, lambda env, move=move, posts=posts: self.correct(env, move, posts))
                    self.drain()
                    self.assertTrue(done)
                    self.resume()
                    self.drain()
                    self.poll()
                    self.assertFalse(self.open_jobs(), self.open_jobs().read(["state", "failure_detail"]))
                    if not posts and move.xero_sync_state not in ("not_synced", "gone"):
                        self.assertEqual((move.xero_sync_state, self.in_xero(move)["Status"]), ("draft", "AUTHORISED"))
                    move.action_post() if not posts else None
                    self.drain()
                    self.assertInXero(move)
                    self.assertEqual(self.in_xero(move)["InvoiceNumber"], move.name)
                    found = self.simulator.documents(self.tenant, "Invoices")
                    self.assertEqual(sum(f"res_id={move.id}&" in f"{one['Url']}&" for one in found), 1)

    def correct(self, env, move, posts):
        one = env["account.move"].browse(move.id)
        one.button_draft()
        one.invoice_line_ids.price_unit = 77
        if posts:
            one.action_post()

    def at(self, moment, step):
        """Call ``step`` on the exporter's environment, in a transaction of its own, when it comes to ``moment`` first;
        the answer to what is sent then is lost where the moment is the call.
        """
        exporter_class = type(self.env["xero.exporter.document"])
        original, done = getattr(exporter_class, moment), []

        def step_first(exporter, *args, **kwargs):
            if not done and exporter._name == "xero.exporter.document":
                done.append(True)
                if moment == "_send":
                    self.simulator.fault("drop_after", method="PUT,POST", resource="Invoices")
                step(exporter.env)
                exporter.env.flush_all()
                exporter.env.cr.commit()
                exporter.env.invalidate_all(flush=False)
            return original(exporter, *args, **kwargs)

        self.patch(exporter_class, moment, step_first)
        return done

    def test_upgrade_looks_again_at_what_failed_to_void(self):
        posted = self.pushed()
        move = self.reset()
        values = {"state": "failed", "failure_type": "closed", "failure_detail": "Xero refused it"}
        (move | posted).action_xero_sync()
        mine, other = self.job_of(move), self.job_of(posted)
        (mine | other).sudo().write(values)
        self.env.flush_all()
        spec = importlib.util.spec_from_file_location("migration", MIGRATION)
        migration = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(migration)
        migration.migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.drain()
        self.assertEqual((mine.state, other.state, self.writes()), ("done", "failed", 0))
        self.assertEqual((move.xero_sync_state, self.in_xero(move)["Status"]), ("draft", "AUTHORISED"))

    def test_preview_says_that_it_stays(self):
        move = self.reset()
        preview = self.env["xero.preview"].browse(move.action_xero_preview()["res_id"])
        line = preview.line_ids
        self.assertEqual(line.action, "left")
        self.assertIn("until it is posted", line.message)


@tagged("post_install", "-at_install")
class TestDraftTable(PaymentCommon):
    """Brings about every row of the table of the reference."""

    rest = TestDrafts.rest
    draft, alone, writes = TestDrafts.reset, TestDrafts.alone, TestDrafts.writes

    def setUp(self):
        super().setUp()
        self.number = 0

    def test_every_row(self):
        labels = dict(sync_states("Voided in Xero"))
        rows = documented()
        self.assertGreater(len(rows), 25)
        for in_odoo, in_xero, sent, status in rows:
            with self.subTest(in_odoo=in_odoo, in_xero=in_xero):
                self.connection.write({"period_lock_date": False, "void_drafts_after": 0, "rounding_policy": "line"})
                move, link, before = self.bring_about(in_odoo, in_xero)
                self.drain()
                if "not read yet" not in in_xero:
                    self.poll()
                self.assertEqual(self.sent(link, before), sent)
                if status:
                    self.assertEqual(labels[move.xero_sync_state], status, move.xero_sync_message)
                if status == "In Xero":
                    self.assertInXero(move)
                self.assertNothingHangs(move)

    def assertNothingHangs(self, move):
        waiting = self.open_jobs().filtered(lambda job: job.state in ("pending", "running", "blocked"))
        self.assertFalse(waiting, waiting.read(["state", "operation", "xero_type"]))

    def bring_about(self, in_odoo, in_xero):
        """Return the document, its link, and how Xero had it before the last step of Odoo."""
        self.number += 1
        if in_xero == "not there":
            move = self.make_move(ref=f"T{self.number}")
            move.button_draft()
            return move, self.link_of(move), self.alone()
        move = self.first(in_xero)
        if in_odoo.startswith(("draft", "posted", "deleted")):
            move.button_draft()
            self.drain()
        link = self.link_of(move)
        self.happen_in_xero(in_xero, move)
        if in_xero in ("voided", "its contact is merged"):
            self.poll()
        self.before = (self.alone(), link.xero_id, self.version(link))
        self.happen_in_odoo(in_odoo, move)
        return move, link, self.before

    def first(self, in_xero):
        partner = self.env["res.partner"].create({"name": f"Customer {self.number}", "is_company": True})
        if in_xero != "a draft, for a cent of rounding":
            return self.pushed(ref=f"T{self.number}", partner=partner)
        self.connection.rounding_policy = "draft"
        move = self.make_move(lines=[(1, 100.0)], partner=partner)
        self.env.cr.execute("UPDATE account_move SET amount_total = amount_total + 0.01 WHERE id = %s", [move.id])
        self.env.invalidate_all()
        self.drain()
        return move

    def happen_in_xero(self, text, move):
        xero_id, contact = move.xero_invoice_id, move.partner_id.xero_contact_id
        if text.startswith("voided"):
            self.person("void", invoice=xero_id)
        elif text.startswith("edited"):
            self.edit(move, Reference=f"Theirs {self.number}")
        elif text == "paid there":
            self.person("pay", invoice=xero_id, amount=10, account=self.unmapped())
            self.poll("Invoice")
        elif text == "in a locked period":
            self.connection.period_lock_date = "2026-12-31"
        elif text == "its contact is archived":
            self.person("archive_contact", contact=contact)
            self.poll("Contact")
        elif text == "its contact is merged":
            survivor = self.person("create_contact", Name=f"Survivor {self.number}")["ContactID"]
            self.person("merge_contacts", contact=contact, into=survivor)

    def unmapped(self):
        """Return an account of Xero that payments may go to, and whose payments are none of Odoo's business."""
        accounts = self.simulator.documents(self.tenant, "Accounts")
        return next(row["Code"] for row in accounts if row["EnablePaymentsToAccount"] and row.get("Code"))

    def happen_in_odoo(self, text, move):
        start, _comma, change = text.partition(", ")
        if start == "deleted":
            move.with_context(force_delete=True).unlink()
        elif start.startswith("cancelled"):
            move.button_draft()
            move.button_cancel()
            if change:
                move.button_draft()
                move.action_post()
        elif start.endswith("the setting"):
            self.connection.void_drafts_after = 2
            self.link_of(move).sudo().draft_since = fields.Datetime.now() - timedelta(hours=3)
            self.env.flush_all()
            self.rest(move)
            self.env["xero.sync.job"]._enqueue_poll(self.connection, "Contact")
        else:
            self.change(change, move)
            if start == "posted again":
                move.action_post()

    def change(self, text, move):
        if text == "changed":
            move.invoice_line_ids.price_unit = 321
        elif text == "with another contact":
            move.partner_id = self.partner_b
        elif text == "with another number":
            move.name = f"OTHER/{self.number:04}"
        elif text == "in another currency":
            move.currency_id = self.setup_other_currency("AUD", rates=[("2016-01-01", 1.6)])
        elif text == "with another reference":
            move.ref = "Another"

    def version(self, link):
        found = [
            element
            for kind in ("Invoices", "CreditNotes")
            for element in self.simulator.documents(self.tenant, kind)
            if link.xero_id in (element.get("InvoiceID"), element.get("CreditNoteID"))
        ]
        return found and (found[0]["Status"], found[0]["UpdatedDateUTC"])

    def sent(self, link, before):
        """Return what became of the document in Xero, as the table says it."""
        if not isinstance(before, tuple):
            return "nothing" if self.alone() == before else "new document"
        count, xero_id, (status, updated) = before
        if self.alone() > count:
            return "new document"
        self.assertEqual(link.xero_id, xero_id)
        now = self.version(link)
        if now == (status, updated):
            return "void" if self.refused(link) else "nothing"
        return "void" if now[0] in ("VOIDED", "DELETED") else "update"

    def refused(self, link):
        """Whether Xero refused what was sent of the document."""
        jobs = self.open_jobs().filtered(lambda job: (job.res_model, job.res_id) == (link.res_model, link.res_id))
        return bool(jobs.filtered(lambda job: job.state == "failed" and job.batch_id))

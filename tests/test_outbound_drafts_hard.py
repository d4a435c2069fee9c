"""Correcting a document the everyday way where the setting is hard: by clerks, in branches, while much else happens."""

from datetime import timedelta

from odoo import Command, fields
from odoo.tests import new_test_user, tagged

from .common.reconciliation import ReconCommon
from .test_payment_companies import CompaniesCommon
from .test_recovery import RecoveryCommon

CLERK = "account.group_account_invoice"


class CorrectingCommon(ReconCommon):
    def clerk(self, company=None):
        """Return a clerk who works in ``company`` alone."""
        company = company or self.company
        login = f"clerk-{company.id}"
        known = self.env["res.users"].sudo().search([("login", "=", login)])
        return known or new_test_user(
            self.env, login, groups=CLERK, company_id=company.id, company_ids=[Command.set(company.ids)]
        )

    def as_clerk(self, move):
        return move.with_user(self.clerk(move.company_id)).with_context(allowed_company_ids=move.company_id.ids)

    def correct(self, move, price=77.0, post=True):
        """A clerk resets, changes and posts."""
        mine = self.as_clerk(move)
        if mine.state == "posted":
            mine.button_draft()
        mine.write({"invoice_line_ids": [Command.update(mine.invoice_line_ids[0].id, {"price_unit": price})]})
        if post:
            mine.action_post()
        self.env.flush_all()

    def identity(self, move):
        element = self.in_xero(move)
        return move.xero_invoice_id, element["InvoiceNumber"], [line["LineItemID"] for line in element["LineItems"]]

    def alone(self, tenant=None):
        return len(self.simulator.documents(tenant or self.tenant, "Invoices"))

    def assertKept(self, move, before, count, price=77.0):
        """It is the same document in Xero, once, with the new price, and says so."""
        self.assertFalse(self.open_jobs(), self.open_jobs().read(["state", "failure_detail"]))
        self.assertInXero(move)
        self.assertEqual((self.identity(move), self.alone()), (before, count))
        self.assertEqual(self.in_xero(move)["LineItems"][0]["UnitAmount"], price)
        self.assertFalse(self.link_of(move).draft_since)


@tagged("post_install", "-at_install")
class TestDraftsHard(CorrectingCommon):
    def test_paused(self):
        move = self.pushed()
        before, count = self.identity(move), self.alone()
        self.connection.write({"paused_until": fields.Datetime.now() + timedelta(hours=1), "pause_reason": "limit"})
        self.correct(move, post=False)
        self.drain()
        self.assertEqual(self.in_xero(move)["Status"], "AUTHORISED")
        self.correct(move)
        self.drain()
        self.assertEqual(self.in_xero(move)["LineItems"][0]["UnitAmount"], 100)
        self.resume()
        self.drain()
        self.assertKept(move, before, count)

    def test_reconciled_while_it_is_a_draft(self):
        """At every moment of a report: it names the draft, repairs nothing, and the next one agrees."""
        move = self.pushed()
        before, count = self.identity(move), self.alone()
        self.env["xero.reconciliation"]._request(self.connection)
        self.correct(move, post=False)
        self.drain()
        report = self.reconcile()
        self.assertEqual([row.kind for row in report.difference_ids], ["draft_in_odoo"])
        report.difference_ids._repair_proposed()
        self.drain()
        self.assertEqual((self.in_xero(move)["Status"], move.state), ("AUTHORISED", "draft"))
        self.env["xero.reconciliation"]._request(self.connection)
        self.correct(move)
        self.drain()
        self.assertKept(move, before, count)
        self.assertAgree(self.reconcile())

    def test_payment_that_arrives_meanwhile(self):
        """Xero takes no other amount any more: that is said, and once the payment is undone the correction goes."""
        move = self.pushed()
        before, count = self.identity(move), self.alone()
        self.correct(move, post=False)
        payment = self.pay_in_xero(move, amount=10)
        self.poll()
        self.correct(move)
        self.drain()
        self.poll()
        self.assertEqual(move.xero_sync_state, "failed")
        self.assertEqual((self.identity(move), self.alone()), (before, count))
        self.assertResidual(move, move.amount_total - 10)
        self.person("undo_payment", payment=payment["PaymentID"])
        self.poll()
        self.drain()
        self.assertKept(move, before, count)
        self.assertSameDue(move)

    def test_period_that_is_closed_meanwhile(self):
        """In Odoo the document moves to the first open day; in Xero it waits until the period is open."""
        for where in ("odoo", "xero"):
            with self.subTest(where):
                move = self.pushed()
                before, count = self.identity(move), self.alone()
                self.correct(move, post=False)
                self.drain()
                if where == "odoo":
                    self.company.fiscalyear_lock_date = "2026-03-31"
                else:
                    self.simulator.control(f"/organisations/{self.tenant}", PeriodLockDate="2026-03-31")
                    self.connection.period_lock_date = "2026-03-31"
                self.correct(move)
                self.drain()
                if where == "xero":
                    self.assertEqual((move.xero_sync_state, self.identity(move)), ("failed", before))
                    self.simulator.control(f"/organisations/{self.tenant}", PeriodLockDate="")
                    self.connection.period_lock_date = False
                    move.action_xero_sync()
                    self.drain()
                self.company.fiscalyear_lock_date = False
                self.assertKept(move, before, count)

    def test_contact_that_is_archived_or_merged_meanwhile(self):
        for what in ("archive", "merge"):
            with self.subTest(what):
                partner = self.new_partner()
                move = self.pushed(partner=partner)
                before, count = self.identity(move), self.alone()
                self.correct(move, post=False)
                self.drain()
                if what == "archive":
                    self.person("archive_contact", contact=partner.xero_contact_id)
                    self.poll("Contact")
                    self.correct(move)
                    self.drain()
                    self.assertEqual((move.xero_sync_state, self.in_xero(move)["Status"]), ("failed", "AUTHORISED"))
                    self.person("archive_contact", contact=partner.xero_contact_id, undo=True)
                    self.poll("Contact")
                else:
                    survivor = self.person("create_contact", Name=f"Survivor of {partner.id}")["ContactID"]
                    self.person("merge_contacts", contact=partner.xero_contact_id, into=survivor)
                    self.poll()
                    self.correct(move)
                self.drain()
                self.assertKept(move, before, count)

    def test_cancelled_by_a_clerk_after_all(self):
        move = self.pushed()
        self.correct(move, post=False)
        self.drain()
        self.as_clerk(move).button_cancel()
        self.drain()
        self.assertEqual((self.in_xero(move)["Status"], self.alone()), ("VOIDED", 1))
        self.as_clerk(move).button_draft()
        self.correct(move)
        self.drain()
        self.assertInXero(move)
        living = [one for one in self.simulator.documents(self.tenant, "Invoices") if one["Status"] != "VOIDED"]
        self.assertEqual([one["InvoiceNumber"] for one in living], [f"{move.name}-R1"])

    def test_number_of_one_that_is_deleted_meanwhile(self):
        """Another draft is deleted and a new one takes its number: the one that is corrected keeps its own."""
        move, other = self.pushed(), self.pushed()
        before, number = self.identity(move), other.name
        self.correct(move, post=False)
        self.as_clerk(other).button_draft()
        self.drain()
        other.with_context(force_delete=True).unlink()
        self.env["account.move"]._get_sequence_cache().clear()
        new = self.make_move(lines=[(1, 33.0)])
        self.assertEqual(new.name, number)
        self.correct(move)
        self.drain()
        self.poll()
        self.assertInXero(move | new)
        self.assertEqual(self.identity(move), before)
        self.assertEqual(self.in_xero(new)["InvoiceNumber"], f"{number}-R1")
        self.assertAgree(self.reconcile())

    def test_clerk_of_a_branch(self):
        branch = self.branch()
        journal = self.env["account.journal"].sudo().search(
            [("type", "=", "sale"), ("company_id", "=", self.company.id)], limit=1
        )
        move = self.make_move(company_id=branch.id, journal_id=journal.id)
        self.drain()
        self.poll()
        self.assertEqual((move.company_id, move.xero_sync_state), (branch, "synced"), move.xero_sync_message)
        before, count = self.identity(move), self.alone()
        self.correct(move, post=False)
        self.drain()
        self.assertEqual(self.as_clerk(move).xero_sync_state, "draft")
        self.correct(move)
        self.drain()
        self.assertKept(move, before, count)


@tagged("post_install", "-at_install")
class TestDraftsOfTwoCompanies(CorrectingCommon, CompaniesCommon):
    def test_each_in_its_organisation(self):
        mine, theirs = self.pushed(), self.make_second()
        before = self.identity(mine), theirs.xero_invoice_id
        for move in (mine, theirs):
            self.correct(move, post=False)
        self.drain()
        self.assertEqual({mine.xero_sync_state, theirs.xero_sync_state}, {"draft"})
        for move in (mine, theirs):
            self.correct(move)
        self.drain()
        self.assertKept(mine, before[0], 1)
        [found] = self.simulator.documents(self.second_tenant, "Invoices")
        self.assertEqual((found["InvoiceID"], found["LineItems"][0]["UnitAmount"]), (before[1], 77))
        self.assertEqual((found["InvoiceNumber"], theirs.xero_sync_state), (theirs.name, "synced"))


@tagged("post_install", "-at_install")
class TestDraftsAfterABackup(RecoveryCommon, CorrectingCommon):
    def test_corrected_in_a_restored_database(self):
        """What Odoo forgot of its own comes as a change of Xero's; the draft keeps what it changes itself."""
        move = self.pushed(lines=[(1, 100.0), (1, 50.0)])
        before, count = self.identity(move), self.alone()
        self.correct(move, post=False)
        self.drain()
        # Since the backup Xero got a price for the second line, and a reference.
        ids = before[2]
        lines = [{"LineItemID": ids[0]}, {"LineItemID": ids[1], "UnitAmount": 60}]
        self.edit(move, Reference="After the backup", LineItems=lines)
        self.lose()
        recovery = self.recover()
        self.assertEqual(recovery.line_ids.mapped("kind"), ["changed"])
        self.carry_out(recovery)
        self.assertEqual((self.identity(move), self.alone()), (before, count))
        recovery.action_release()
        self.drain()
        self.assertEqual(self.as_clerk(move).xero_sync_state, "draft", move.xero_sync_message)
        self.correct(move)
        self.drain()
        self.poll()
        self.assertKept(move, before, count)
        self.assertEqual((move.ref, self.in_xero(move)["Reference"]), ("After the backup", "After the backup"))
        self.assertEqual(move.invoice_line_ids.mapped("price_unit"), [77, 60])

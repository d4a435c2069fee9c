"""However long a name is, a sentence that shows it stays one that people read."""

from contextlib import contextmanager

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..mappers.text import named, quoted
from ..models.inbound.xero_quarantine import Broken
from ..models.matching.reasons import sentence
from .common.inbound import InboundCommon
from .common.preview import PreviewCase

LONGEST = 600
FILLING = "n" * 5000
PARTNER, ACCOUNT, DOCUMENT = f"Kauri Capital {FILLING}", f"Consulting {FILLING}", f"Paper {FILLING}"


@tagged("post_install", "-at_install")
class TestLongNames(InboundCommon, PreviewCase):
    def assertReadable(self, text, *starts):
        """``text`` tells of each of ``starts``, and can be read."""
        self.assertLessEqual(len(text or ""), LONGEST)
        for start in starts:
            self.assertIn(start, text)

    def assertAllReadable(self):
        """Nothing that the connector said anywhere is too long; returns all of it."""
        self.env.invalidate_all()
        said = []
        for model, names in {
            "xero.sync.job": ("failure_detail",),
            "xero.log": ("summary", "detail"),
            "xero.link": ("message",),
            "xero.conflict": ("reason",),
            "xero.preview.problem": ("message", "hint"),
            "xero.alert": ("title", "message", "advice"),
            "xero.quarantine": ("display_name", "reason"),
            "mail.message": ("body",),
        }.items():
            domain = [("model", "in", ("account.move", "res.partner"))] if model == "mail.message" else []
            for record in self.env[model].sudo().search(domain):
                said += [str(record[name]) for name in names if record[name]]
        for text in said:
            self.assertReadable(text)
        return said

    @contextmanager
    def assertRefuses(self, *starts):
        with self.assertRaises(UserError) as caught:
            yield
        self.assertReadable(caught.exception.args[0], *starts)

    def rename(self, move):
        """Give ``move`` a number that Odoo's own rules for numbers would not let anyone type."""
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_move SET name = %s WHERE id = %s", [DOCUMENT, move.id])
        self.env.invalidate_all()

    def refused_partner(self):
        # Xero takes no tax number of this length.
        return self.env["res.partner"].create({"name": PARTNER, "vat": "/" + "9" * 60, "is_company": True})

    # === SENDING === #

    def test_a_document_that_waits_for_a_refused_contact(self):
        partner = self.refused_partner()
        move = self.make_move(partner=partner)
        self.drain()
        self.assertEqual(self.job_of(partner).state, "failed")
        self.assertEqual(self.job_of(move).state, "blocked")
        self.assertReadable(self.job_of(partner).failure_detail, "Kauri Capital")
        self.assertReadable(self.job_of(move).failure_detail, "Kauri Capital", "which failed")
        self.assertReadable(move.xero_sync_message, "Kauri Capital")
        self.assertTrue([text for text in self.assertAllReadable() if "Not sent to Xero" in text])

    def test_an_account_that_is_not_mapped(self):
        account = self.env["account.account"].create({"name": ACCOUNT, "code": "CONS1", "account_type": "income"})
        line = {"quantity": 1, "price_unit": 5, "account_id": account.id, "tax_ids": [Command.clear()]}
        move = self.make_move(lines=[line])
        self.drain()
        self.assertEqual(move.xero_sync_state, "failed")
        self.assertReadable(move.xero_sync_message, "Consulting")
        self.assertAllReadable()

    def test_a_number_that_xero_does_not_take(self):
        move = self.silent()
        self.rename(move)
        move.action_xero_sync()
        self.drain()
        self.assertReadable(move.xero_sync_message, "Paper", "255")

    def test_a_number_that_is_taken_by_a_contact_of_xero(self):
        theirs = f"Kauri Capital {FILLING}"[:255]
        move = self.silent()
        contact = self.person("create_contact", Name=theirs)
        line = {"Description": "Theirs", "Quantity": 1, "UnitAmount": 7, "AccountCode": "200"}
        self.person("create_invoice", contact=contact["ContactID"], InvoiceNumber=move.name, LineItems=[line])
        move.action_xero_sync()
        self.drain()
        self.assertEqual(move.xero_sync_state, "failed")
        self.assertReadable(move.xero_sync_message, move.name, "Kauri Capital")
        self.assertNotIn(theirs, move.xero_sync_message)

    def test_what_xero_says_of_its_own(self):
        failure = self.env["xero.exporter"]._refusal([f"The contact {PARTNER} is odd"])
        self.assertReadable(failure.message, "Xero refused it", "The contact Kauri Capital")

    def test_what_is_sent_is_as_long_as_it_was(self):
        partner = self.env["res.partner"].create({"name": PARTNER[:200]})
        move = self.make_move(partner=partner, ref=DOCUMENT[:200])
        self.drain()
        self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
        names = [element["Name"] for element in self.read("Contacts")]
        self.assertIn(PARTNER[:200], names)
        self.assertEqual(self.in_xero(move)["Reference"], DOCUMENT[:200])

    # === COMING IN === #

    def test_a_conflict(self):
        move = self.pushed()
        self.rename(move)
        self.edit(move, Reference="Theirs")
        self.poll()
        self.assertEqual(move.xero_sync_state, "conflict")
        self.assertReadable(self.conflict_of(move).reason, "Paper", "was changed in Odoo and in Xero")
        self.assertAllReadable()

    def test_what_odoo_forbids(self):
        move = self.pushed()
        self.pay(move)
        self.rename(move)
        for event in ("voided", "changed"):
            refusal = self.env["xero.inbound"]._for_type("Invoice")._refusal(move, event)
            self.assertReadable(refusal, "Paper", "paid in Odoo")

    def test_quarantine(self):
        broken = Broken("1" * 36, PARTNER, {}, "ValueError", "")
        self.env["xero.quarantine"].sudo()._put(self.connection, "Contact", [broken])
        row = self.env["xero.quarantine"].sudo().search([("connection_id", "=", self.connection.id)])
        self.assertReadable(row.display_name, "Contact Kauri Capital")
        self.assertEqual(row.name, PARTNER, "What is kept is whole")

    # === LOOKING === #

    def test_preview(self):
        move = self.silent(partner=self.refused_partner())
        problems = self.preview(move).problem_ids
        self.assertTrue(problems)
        self.assertTrue([row for row in problems if "Kauri Capital" in (row.message or "")])
        self.assertAllReadable()

    def test_evidence_of_matching(self):
        told = sentence(self.env, "name_differs", f"{PARTNER} / {ACCOUNT}")
        self.assertReadable(told, "Kauri Capital", "Consulting")
        self.assertEqual(sentence(self.env, "mark", ""), sentence(self.env, "mark", None))

    def test_alert(self):
        self.connection.tenant_name = PARTNER
        self.connection.write({"state": "reauth", "reason": self.env._("The consent has ended.")})
        self.env["xero.alert"].sudo()._cron_alert()
        alerts = self.env["xero.alert"].sudo().search([("connection_id", "=", self.connection.id)])
        self.assertTrue(alerts)
        for alert in alerts:
            self.assertReadable(alert.title, "Kauri Capital")

    def test_refusals_of_buttons(self):
        draft = self.make_move(post=False)
        self.rename(draft)
        with self.assertRefuses("Paper", "draft"):
            draft.action_xero_sync()
        contact = self.env["res.partner"].create({"name": FILLING, "parent_id": self.partner_a.id})
        with self.assertRefuses(self.partner_a.name):
            contact.action_xero_sync()

    # === ERASING === #

    def test_shortened_names_are_erased_too(self):
        partner = self.refused_partner()
        move = self.make_move(partner=partner)
        self.drain()
        move.button_draft()
        move.partner_id = self.partner_b
        self.env["xero.log"].sudo().create(
            {"connection_id": self.connection.id, "company_id": self.company.id, "detail": f"Not {named(PARTNER)}, but"}
        )
        partner.unlink()
        while self.env["xero.erasure"]._gc_erased()[1]:
            pass
        self.assertFalse([text for text in self.assertAllReadable() if "Kauri Capital" in text])


@tagged("post_install", "-at_install")
class TestNamed(InboundCommon):
    connect_first = False

    def test_short_names_stay(self):
        self.assertEqual((named("Kauri"), named(False), named(None), named(7)), ("Kauri", "", "", "7"))
        self.assertEqual(quoted("Odoo forbids it."), "Odoo forbids it.")

    def test_long_names_keep_their_start(self):
        self.assertEqual(named(PARTNER), PARTNER[:79] + "…")
        self.assertLessEqual(len(quoted(PARTNER)), LONGEST)

"""Records are deleted in Odoo while they are on the way to Xero: what arrives there is archived, voided or deleted."""

from itertools import count

from odoo.tests import tagged

from .test_payment_out import OutgoingCommon

LOST = {"kind": "drop_after"}
MOMENTS = (("_push", {}), ("_store_and_send", {}), ("_send", LOST), ("_save_answer", {}), ("_resolve_creation", LOST))


@tagged("post_install", "-at_install")
class TestDeletedUnderWay(OutgoingCommon):
    def setUp(self):
        super().setUp()
        self.numbers = count()

    def delete_at(self, moment, xero_type, delete):
        """Call ``delete`` on the environment of the exporter of ``xero_type`` when it comes to ``moment``, once."""
        exporter_class = type(self.env["xero.exporter"]._for_type(xero_type))
        original, done = getattr(exporter_class, moment), []

        def delete_first(exporter, *args, **kwargs):
            if not done:
                done.append(True)
                delete(exporter.env)
                exporter.env.flush_all()
                exporter.env.cr.commit()
                exporter.env.invalidate_all(flush=False)
            return original(exporter, *args, **kwargs)

        self.patch(exporter_class, moment, delete_first)
        return done

    def each(self, xero_type, resource, prepare):
        for moment, fault in MOMENTS:
            with self.subTest(moment=moment, **fault):
                self.simulator.clear_faults()
                delete, check = prepare()
                if fault:
                    self.simulator.fault(method="PUT", resource=resource, **fault)
                done = self.delete_at(moment, xero_type, delete)
                self.drain()
                self.assertTrue(done)
                self.resume()
                self.drain()
                self.poll()
                self.assertFalse(self.open_jobs(), self.open_jobs().read(["state", "operation", "failure_detail"]))
                check()

    def test_contact(self):
        def prepare():
            partner = self.env["res.partner"].create({"name": f"Tui {next(self.numbers)}", "is_company": True})
            name = partner.name
            partner.action_xero_sync()

            def check():
                found = [row for row in self.simulator.documents(self.tenant, "Contacts") if row["Name"] == name]
                self.assertLessEqual({row["ContactStatus"] for row in found}, {"ARCHIVED"})
                links = self.env["xero.link"].search([("xero_id", "in", [row["ContactID"] for row in found])])
                self.assertEqual(links.mapped("xero_status"), ["ARCHIVED"] * len(found))

            return lambda env: env["res.partner"].browse(partner.id).unlink(), check

        self.each("Contact", "Contacts", prepare)

    def test_document(self):
        self.pushed()

        def prepare():
            move = self.make_move()
            mark = f"res_id={move.id}&"

            def delete(env):
                one = env["account.move"].browse(move.id)
                one.button_draft()
                one.with_context(force_delete=True).unlink()

            def check():
                found = [one for one in self.simulator.documents(self.tenant, "Invoices") if mark in f"{one['Url']}&"]
                self.assertLessEqual({one["Status"] for one in found}, {"VOIDED", "DELETED"})

            return delete, check

        self.each("Invoice", "Invoices", prepare)

    def test_payment(self):
        def prepare():
            move = self.pushed()
            payment = self.register(move, amount=10.0)

            def delete(env):
                one = env["account.payment"].browse(payment.id)
                one.action_draft()
                one.unlink()

            def check():
                self.assertEqual(self.amounts_in_xero(), [])
                self.assertResidual(move, move.amount_total)

            return delete, check

        self.each("Payment", "Payments", prepare)

    def test_nobodys_contact_is_archived(self):
        """Xero has a contact of that name: it is not that of a partner who is gone."""
        self.person("create_contact", Name="Weka Ltd")
        partner = self.env["res.partner"].create({"name": "Weka Ltd", "is_company": True})
        partner.action_xero_sync()
        done = self.delete_at("_save_answer", "Contact", lambda env: env["res.partner"].browse(partner.id).unlink())
        self.drain()
        self.assertTrue(done)
        self.assertFalse(self.open_jobs())
        [contact] = [one for one in self.simulator.documents(self.tenant, "Contacts") if one["Name"] == "Weka Ltd"]
        self.assertEqual(contact["ContactStatus"], "ACTIVE")

    def test_refusal_of_what_is_gone_waits_for_nobody(self):
        partner = self.env["res.partner"].create({"name": "Takahe", "is_company": True})
        partner.action_xero_sync()
        self.simulator.fault(kind="invalid", method="PUT", resource="Contacts", message="No.")
        done = self.delete_at("_save_answer", "Contact", lambda env: env["res.partner"].browse(partner.id).unlink())
        self.drain()
        self.assertTrue(done)
        self.assertFalse(self.open_jobs(), self.open_jobs().read(["state", "operation", "failure_detail"]))

    def test_what_waits_is_not_sent(self):
        partner = self.env["res.partner"].create({"name": "Kaka", "is_company": True})
        partner.action_xero_sync()
        job = self.job_of(partner)
        partner.unlink()
        self.assertEqual(job.state, "cancelled")
        self.drain()
        self.assertFalse(self.simulator.calls(self.tenant).get(("PUT", "Contacts")))

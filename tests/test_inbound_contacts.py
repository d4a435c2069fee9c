from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common.inbound import InboundCommon


@tagged("post_install", "-at_install")
class TestContacts(InboundCommon):
    def setUp(self):
        super().setUp()
        self.partner = self.env["res.partner"].create(
            {
                "name": "Kea Ltd",
                "is_company": True,
                "email": "kea@example.com",
                "street": "1 Hill",
                "city": "Town",
                "phone": "1",
                "customer_rank": 1,
            }
        )
        self.pushed(partner=self.partner)

    def edit_contact(self, **values):
        return self.person("edit_contact", contact=self.partner.xero_contact_id, **values)

    def test_edits_arrive_and_are_not_sent_back(self):
        self.edit_contact(
            Name="Kea Limited",
            EmailAddress="new@example.com",
            AccountNumber="K1",
            Phones=[{"PhoneType": "DEFAULT", "PhoneNumber": "777", "PhoneCountryCode": "64"}],
            Addresses=[
                {
                    "AddressType": "POBOX",
                    "AddressLine1": "2 Beach",
                    "City": "Port",
                    "PostalCode": "99",
                    "Country": "New Zealand",
                }
            ],
            ContactPersons=[{"FirstName": "Ann", "LastName": "Lee", "EmailAddress": "ann@example.com"}],
        )
        self.poll()
        partner = self.partner
        self.assertEqual(
            (partner.name, partner.email, partner.ref, partner.phone),
            ("Kea Limited", "new@example.com", "K1", "64 777"),
        )
        self.assertEqual(
            (partner.street, partner.city, partner.zip, partner.country_id.code), ("2 Beach", "Port", "99", "NZ")
        )
        self.assertEqual(partner.child_ids.filtered(lambda child: child.type == "contact").mapped("name"), ["Ann Lee"])
        self.assertFalse(self.open_jobs())
        self.simulator.reset_stats()
        self.poll()
        self.assertFalse({key for key in self.simulator.calls(self.tenant) if key[0] != "GET"})

    def test_only_what_changed_in_xero_is_written(self):
        self.partner.with_context(xero_no_sync=True).phone = "changed here"
        self.edit_contact(EmailAddress="new@example.com")
        self.poll("Contact")
        self.assertEqual((self.partner.email, self.partner.phone), ("new@example.com", "changed here"))

    def test_archived_and_restored(self):
        self.person("archive_contact", contact=self.partner.xero_contact_id)
        self.poll("Contact")
        self.assertFalse(self.partner.active)
        self.person("archive_contact", contact=self.link_of(self.partner).xero_id, undo=True)
        self.poll("Contact")
        self.assertTrue(self.partner.active)

    def test_archived_contact_of_a_login_stays_and_is_told(self):
        self.env["res.users"].create({"name": "Kea", "login": "kea", "partner_id": self.partner.id})
        self.person("archive_contact", contact=self.partner.xero_contact_id)
        self.poll("Contact")
        self.assertTrue(self.partner.active)
        self.assertEqual(self.partner.xero_sync_state, "conflict")
        self.assertIn("login", self.partner.xero_sync_message)

    def test_merged_contact_moves_the_link(self):
        survivor = self.person("create_contact", Name="Survivor")["ContactID"]
        self.person("merge_contacts", contact=self.partner.xero_contact_id, into=survivor)
        self.poll("Contact")
        self.assertEqual(self.partner.xero_contact_id, survivor)
        move = self.make_move(partner=self.partner)
        self.drain()
        self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
        # The contact that is gone keeps its number, which is free for no other one.
        for phone in ("555", "556"):
            self.partner.phone = phone
            self.drain()
            self.assertEqual(self.partner.xero_sync_state, "synced", self.partner.xero_sync_message)
            [element] = [row for row in self.read("Contacts") if row["ContactID"] == survivor]
            self.assertIn(phone, [row["PhoneNumber"] for row in element["Phones"]])
            self.poll("Contact")

    def test_documents_under_way_follow_a_merge_that_nobody_has_read(self):
        """Xero refuses them for the archived contact: it is looked at, and they go to the one that survived."""
        survivor = self.person("create_contact", Name="Survivor")["ContactID"]
        moves = self.make_move(partner=self.partner) | self.make_move("out_refund", partner=self.partner)
        self.person("merge_contacts", contact=self.partner.xero_contact_id, into=survivor)
        self.drain()
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
        self.assertEqual(self.partner.xero_contact_id, survivor)
        self.assertInXero(moves)
        self.assertEqual({self.in_xero(move)["inner"]["contact"] for move in moves}, {survivor})

    def test_documents_under_way_follow_a_merge_that_a_person_repeats(self):
        self.pushed(partner=self.partner_b)
        survivor = self.partner_b.xero_contact_id
        move = self.make_move(partner=self.partner)
        self.person("merge_contacts", contact=self.partner.xero_contact_id, into=survivor)
        self.drain()
        self.assertEqual(move.xero_sync_state, "failed")
        self.conflict_of(self.partner).action_merge_partners()
        self.drain()
        self.assertInXero(move)
        self.assertEqual(self.in_xero(move)["inner"]["contact"], survivor)

    def test_a_document_for_an_archived_contact_waits_for_a_person(self):
        """Nothing goes round: that the contact is archived was read once."""
        move = self.make_move(partner=self.partner)
        self.person("archive_contact", contact=self.partner.xero_contact_id)
        self.drain()
        self.assertEqual(move.xero_sync_state, "failed")
        self.assertIn("archived", move.xero_sync_message)
        self.assertEqual(self.open_jobs().mapped("operation"), ["push"])

    def test_merge_of_two_linked_contacts_asks(self):
        self.pushed(partner=self.partner_b)
        self.person("merge_contacts", contact=self.partner.xero_contact_id, into=self.partner_b.xero_contact_id)
        self.poll("Contact")
        conflict = self.conflict_of(self.partner)
        self.assertEqual((conflict.kind, conflict.state), ("merged", "open"))
        self.assertIn(self.partner_b.name, conflict.reason)

    def test_merging_the_two_in_odoo_is_a_way_out(self):
        move = self.pushed(partner=self.partner)
        paid = self.pushed(partner=self.partner)
        self.pay(paid)
        other = self.pushed(partner=self.partner_b)
        survivor = self.partner_b.xero_contact_id
        self.person("merge_contacts", contact=self.partner.xero_contact_id, into=survivor)
        self.poll("Contact")
        self.conflict_of(self.partner).action_merge_partners()
        self.assertFalse(self.partner.exists())
        self.assertEqual((move | paid | other).partner_id, self.partner_b)
        self.assertEqual(self.partner_b.xero_contact_id, survivor)
        self.drain()
        self.assertEqual(self.partner_b.xero_sync_state, "synced")
        self.env["xero.sync.cursor"].search([("connection_id", "=", self.connection.id)]).sudo().full_page = 1
        self.drain()
        self.simulator.reset_stats()
        self.poll()
        self.assertEqual({call for call in self.simulator.calls(self.tenant) if call[0] != "GET"}, set())
        self.assertFalse(self.env["xero.conflict"].search([("state", "=", "open")]))
        move.ref = "After the merge"
        self.drain()
        element = self.in_xero(move)
        self.assertEqual(element["Reference"], "After the merge")
        self.assertEqual(element["inner"]["contact"].lower(), survivor.lower())

    def test_only_who_may_merge_contacts_does(self):
        self.pushed(partner=self.partner_b)
        self.person("merge_contacts", contact=self.partner.xero_contact_id, into=self.partner_b.xero_contact_id)
        self.poll("Contact")
        groups = "xero_connector.group_xero_accountant,account.group_account_invoice"
        user = new_test_user(
            self.env, "merger", groups, company_id=self.company.id, company_ids=[(6, 0, self.company.ids)]
        )
        user.group_ids -= self.env.ref("base.group_partner_manager")
        conflict = self.conflict_of(self.partner).sudo(False).with_user(user)
        with self.assertRaises(AccessError):
            conflict.action_merge_partners()
        self.assertTrue(self.partner.exists())

    # === EMPTIED === #

    def in_xero_contact(self):
        contacts = self.simulator.documents(self.tenant, "Contacts")
        return next(row for row in contacts if row["ContactID"] == self.partner.xero_contact_id)

    def phone_in_xero(self):
        return next(row["PhoneNumber"] for row in self.in_xero_contact()["Phones"] if row["PhoneType"] == "DEFAULT")

    def test_what_odoo_had_and_empties_is_emptied(self):
        self.partner.write({"email": "one@example.com", "phone": "555 0100", "vat": "TX 1", "ref": "R1"})
        self.drain()
        self.poll("Contact")
        self.assertEqual(self.phone_in_xero(), "555 0100")
        self.partner.write({"email": False, "phone": False, "vat": False, "ref": False})
        self.drain()
        element = self.in_xero_contact()
        self.assertFalse([element[key] for key in ("EmailAddress", "TaxNumber", "AccountNumber") if element[key]])
        self.assertFalse(self.phone_in_xero())
        self.simulator.reset_stats()
        self.partner.action_xero_sync()
        self.drain()
        self.poll("Contact")
        self.assertNotIn(("POST", "Contacts"), self.simulator.calls(self.tenant))
        self.assertFalse(self.partner.email or self.partner.phone)

    def test_what_odoo_never_had_stays(self):
        typed = self.person("create_contact", Name="Weka", EmailAddress="weka@example.com", AccountNumber="W1")
        self.partner = self.env["res.partner"].create({"name": "Weka", "is_company": True, "customer_rank": 1})
        self.drain()
        self.assertEqual(self.partner.xero_contact_id, typed["ContactID"])
        self.partner.street = "New street"
        self.drain()
        element = self.in_xero_contact()
        self.assertEqual((element["EmailAddress"], element["AccountNumber"]), ("weka@example.com", "W1"))
        self.assertIn("New street", str(element["Addresses"]))

    def test_emptied_here_and_changed_there_is_a_conflict(self):
        self.partner.email = "one@example.com"
        self.drain()
        self.poll("Contact")
        self.connection.conflict_contacts = "ask"
        self.partner.email = False
        self.person("edit_contact", contact=self.partner.xero_contact_id, EmailAddress="two@example.com")
        self.poll("Contact")
        conflict = self.conflict_of(self.partner)
        [line] = conflict.line_ids
        self.assertEqual(
            (line.name, line.base, line.odoo, line.xero), ("email", "one@example.com", "", "two@example.com")
        )
        conflict.action_take_odoo()
        self.drain()
        self.assertEqual(self.in_xero_contact()["EmailAddress"], "")

    def test_odoos_side_waits_while_xero_changes_again(self):
        """What a person kept is sent, or asked about anew; it is never dropped for what Xero changed meanwhile."""
        cases = (({"FirstName": "Ann"}, False), ({"EmailAddress": "x@example.com"}, True))
        for turn, (again, asks) in enumerate(cases):
            self.both_sides(turn)
            self.drain()
            self.conflict_of(self.partner).action_take_odoo()
            self.edit_contact(**again)
            self.poll("Contact")
            self.drain()
            if asks:
                self.assertEqual(self.conflict_of(self.partner).state, "open")
                self.conflict_of(self.partner).action_take_odoo()
            self.drain()
            self.poll()
            address = f"odoo{turn}@example.com"
            self.assertEqual((self.partner.email, self.contact_email()), (address, address))
            self.assertEqual(self.conflict_of(self.partner).state, "settled")
            self.assertFalse(self.open_jobs())

    def test_what_came_from_xero_can_be_emptied(self):
        self.person("edit_contact", contact=self.partner.xero_contact_id, EmailAddress="two@example.com")
        self.poll("Contact")
        self.assertEqual(self.partner.email, "two@example.com")
        self.partner.email = False
        self.drain()
        self.assertEqual(self.in_xero_contact()["EmailAddress"], "")

    def test_new_contacts_by_setting(self):
        self.person("create_contact", Name="Ignored", EmailAddress="i@example.com")
        self.poll("Contact")
        self.assertFalse(self.env["res.partner"].search([("name", "=", "Ignored")]))
        self.connection.inbound_contacts = "create"
        same = self.env["res.partner"].create({"name": "Same", "email": "same@example.com"})
        for name, email in (("Made", "m@example.com"), ("Same", "same@example.com"), ("Same name", "x@example.com")):
            self.person("create_contact", Name=name, EmailAddress=email)
        self.poll("Contact")
        self.poll("Contact")
        self.assertEqual(self.env["res.partner"].search([("name", "=", "Made")]).email, "m@example.com")
        self.assertEqual(
            len(self.env["res.partner"].search([("name", "=", "Same")])), 1, "surely the same one is linked"
        )
        self.assertTrue(same.xero_contact_id)
        self.assertFalse(self.open_jobs())

    # === CONFLICTS === #

    def both_sides(self, turn=""):
        """Change the e-mail address on both sides before anything is sent."""
        self.simulator.control("/clock", advance=60)
        self.edit_contact(EmailAddress=f"xero{turn}@example.com")
        self.partner.email = f"odoo{turn}@example.com"

    def contact_email(self):
        contacts = self.simulator.documents(self.tenant, "Contacts")
        return next(row for row in contacts if row["ContactID"] == self.partner.xero_contact_id)["EmailAddress"]

    def test_ask_overwrites_nothing_until_somebody_chose(self):
        for turn, side in enumerate(("odoo", "xero")):
            ours, theirs = f"odoo{turn}@example.com", f"xero{turn}@example.com"
            self.both_sides(turn)
            self.drain()
            conflict = self.conflict_of(self.partner)
            self.assertEqual((conflict.state, conflict.kind), ("open", "both"))
            self.assertEqual((self.partner.email, self.contact_email()), (ours, theirs))
            self.assertEqual(self.partner.xero_sync_state, "conflict")
            line = conflict.line_ids
            self.assertEqual((line.name, line.odoo, line.xero), ("email", ours, theirs))
            self.partner.action_xero_sync()
            self.drain()
            self.assertEqual(self.contact_email(), theirs, "a person is being asked: nothing is sent")
            getattr(conflict, f"action_take_{side}")()
            self.drain()
            self.poll()
            address = ours if side == "odoo" else theirs
            self.assertEqual((self.partner.email, self.contact_email()), (address, address))
            self.assertEqual(
                (conflict.state, conflict.choice, conflict.settled_by_id), ("settled", side, self.env.user)
            )
            self.assertEqual(self.partner.xero_sync_state, "synced")
            self.assertFalse(self.open_jobs())

    def test_policies(self):
        for turn, policy in enumerate(("odoo", "xero")):
            address = f"{policy}{turn}@example.com"
            self.connection.conflict_contacts = policy
            self.both_sides(turn)
            self.drain()
            self.poll()
            self.assertEqual((self.partner.email, self.contact_email()), (address, address), policy)
            conflict = self.conflict_of(self.partner)
            self.assertEqual((conflict.state, conflict.policy, conflict.choice), ("settled", policy, policy))
            self.assertFalse(self.open_jobs())

    def test_newest_wins_measures_each_clock_against_the_last_reading(self):
        self.connection.conflict_contacts = "newest"
        for advance, winner in ((0, "odoo@example.com"), (3600, "xero@example.com")):
            self.poll("Contact")
            self.env.cr.execute(
                "UPDATE xero_sync_cursor SET polled_at = polled_at - interval '10 minutes' WHERE xero_type = 'Contact'"
            )
            self.env.invalidate_all()
            self.simulator.control("/clock", advance=advance or 1)
            self.edit_contact(EmailAddress="xero@example.com")
            self.partner.email = "odoo@example.com"
            self.drain()
            self.poll()
            self.assertEqual((self.partner.email, self.contact_email()), (winner, winner))

    def test_different_fields_do_not_meet(self):
        self.edit_contact(EmailAddress="xero@example.com")
        self.partner.phone = "42"
        self.drain()
        self.assertFalse(self.conflict_of(self.partner))
        self.drain()
        self.assertEqual((self.partner.email, self.partner.phone), ("xero@example.com", "42"))
        self.assertEqual(self.contact_email(), "xero@example.com")

    def test_document_conflict_field_by_field(self):
        move = self.pushed(ref="base")
        self.edit(move, Reference="xero", DueDate="2026-06-01")
        move.ref = "odoo"
        self.drain()
        conflict = self.conflict_of(move)
        self.assertEqual(
            {line.name: (line.base, line.odoo, line.xero) for line in conflict.line_ids}["reference"],
            ("base", "odoo", "xero"),
        )
        for line in conflict.line_ids:
            line.choice = "odoo" if line.name == "reference" else "xero"
        self.assertIn("Reference", conflict.preview)
        conflict.action_settle()
        self.drain()
        self.poll()
        self.assertEqual((move.ref, str(move.invoice_date_due)), ("odoo", "2026-06-01"))
        found = self.in_xero(move)
        self.assertEqual((found["Reference"], str(found["DueDate"])[:10]), ("odoo", "2026-06-01"))
        self.assertEqual(conflict.choice, "fields")
        self.assertFalse(self.open_jobs())

    def test_lines_tax_and_total_are_chosen_together(self):
        move = self.pushed(lines=[(1, 10.0)], ref="base")
        line = {"Description": "Xero's", "Quantity": 3, "UnitAmount": 20, "AccountCode": "200", "TaxType": "NONE"}
        self.edit(move, LineItems=[line], Reference="xero")
        move.ref = "odoo"
        move.invoice_line_ids.name = "Odoo's"
        self.drain()
        lines = {line.name: line for line in self.conflict_of(move).line_ids}
        self.assertEqual(lines["total"].xero, "60.00")
        lines["total"].action_choose_odoo()
        self.assertEqual({lines[name].choice for name in ("lines", "total")}, {"odoo"})
        lines["lines"].action_choose_xero()
        self.assertEqual({lines[name].choice for name in ("lines", "total")}, {"xero"})
        self.assertFalse(lines["reference"].choice, "both changed it: nobody has chosen")
        conflict = self.conflict_of(move)
        self.assertIn("Not chosen yet: Reference.", conflict.preview)
        with self.assertRaisesRegex(UserError, "Choose a side first for: Reference"):
            conflict.action_settle()
        self.assertEqual(conflict.state, "open")

    def test_a_conflict_says_what_accountants_say(self):
        """Names of accounts and rates, days and amounts as the reader writes them; who changed it, and when."""
        self.env["res.lang"]._activate_lang("de_DE")
        move = self.pushed(lines=[(1, 1000.0)], ref="base")
        domain = [("connection_id", "=", self.connection.id), ("tax_type", "=", "OUTPUT2")]
        rate = self.env["xero.tax.rate"].search(domain)
        line = {"Description": "Xero's", "Quantity": 2, "UnitAmount": 1020, "AccountCode": "200", "TaxType": "OUTPUT2"}
        self.edit(move, LineItems=[line], DueDate="2026-06-01")
        move.invoice_line_ids.name = "Odoo's"
        self.drain()
        conflict = self.conflict_of(move)
        lines = {line.name: line for line in conflict.line_ids}
        self.assertEqual(lines["lines"].xero, f"2 × Xero's, 2,040.00 + 306.00 tax, 200 Sales, {rate.name}")
        self.assertTrue(lines["lines"].odoo.startswith("1 × Odoo's, 1,000.00"), lines["lines"].odoo)
        self.assertEqual(lines["due_date"].xero, "06/01/2026")
        german = {name: line.with_context(lang="de_DE") for name, line in lines.items()}
        self.assertEqual((german["due_date"].xero, german["total"].xero), ("01.06.2026", "2.346,00"))
        self.assertIn("2.040,00", german["lines"].xero)
        self.assertEqual(conflict.changed_by_id, self.env.user)
        for moment in (conflict.changed_at, conflict.changed_in_xero_at):
            self.assertLess(abs(moment - fields.Datetime.now()), timedelta(hours=1))

    def test_voided_in_xero_and_changed_in_odoo(self):
        for side in ("odoo", "xero"):
            move = self.pushed(ref="base")
            self.person("void", invoice=move.xero_invoice_id)
            move.ref = "odoo"
            self.drain()
            conflict = self.conflict_of(move)
            self.assertEqual(conflict.state, "open")
            getattr(conflict, f"action_take_{side}")()
            self.drain()
            self.assertEqual(move.state, "posted" if side == "odoo" else "cancel")
            if side == "odoo":
                self.assertInXero(move)

    def test_odoos_number_of_a_document_that_was_cancelled(self):
        """Who keeps Odoo's number keeps it for good, though the rest is Xero's."""
        move = self.pushed(ref="base")
        name = move.name
        move.button_draft()
        move.button_cancel()
        self.edit(move, InvoiceNumber="THEIRS-1", Reference="theirs")
        self.drain()
        conflict = self.conflict_of(move)
        for line in conflict.line_ids:
            line.choice = "odoo" if line.name == "number" else "xero"
        conflict.action_settle()
        self.drain()
        self.poll()
        self.assertFalse(self.link_of(move).from_xero)
        self.assertInXero(move)
        self.assertEqual((move.state, move.ref), ("posted", "theirs"))
        self.assertEqual((move.name, self.in_xero(move)["InvoiceNumber"]), (name, name))

    def test_undo_the_payment_and_take_over_the_void(self):
        move = self.pushed()
        self.pay(move)
        self.person("void", invoice=move.xero_invoice_id)
        self.poll()
        conflict = self.conflict_of(move)
        self.assertEqual(conflict.kind, "refused")
        with self.subTest("a period that is locked stays locked"):
            self.company.fiscalyear_lock_date = "2026-03-31"
            with self.assertRaises(UserError), self.env.cr.savepoint():
                conflict.action_undo_payments()
            self.company.fiscalyear_lock_date = False
        conflict.action_undo_payments()
        self.assertEqual((move.state, conflict.state, conflict.choice), ("cancel", "settled", "xero"))
        self.assertEqual(conflict.settled_by_id, self.env.user)
        self.drain()
        self.assertFalse(self.open_jobs())

    def test_keep_odoo_after_a_void_of_a_paid_document(self):
        move = self.pushed()
        self.pay(move)
        first = move.xero_invoice_id
        self.person("void", invoice=first)
        self.poll()
        self.conflict_of(move).action_take_odoo()
        self.drain()
        self.assertInXero(move)
        self.assertNotEqual(move.xero_invoice_id, first)

    def test_a_settled_conflict_cannot_be_changed(self):
        self.both_sides()
        self.drain()
        conflict = self.conflict_of(self.partner)
        conflict.action_take_xero()
        with self.assertRaises(UserError):
            conflict.action_take_odoo()
        with self.assertRaises(UserError):
            conflict.line_ids.write({"choice": "odoo"})

"""Editing a contact in Xero lets nobody in: partners of people who log in, of companies, and of other companies."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .test_connection_identity import StrangerCommon

THIEF = {
    "Name": "Thief",
    "EmailAddress": "thief@evil.example",
    "TaxNumber": "666",
    "AccountNumber": "T-1",
    "CompanyNumber": "T-2",
    "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": "666"}],
    "Addresses": [{"AddressType": "POBOX", "AddressLine1": "Thieves Lane", "City": "Nowhere"}],
    "ContactPersons": [{"FirstName": "The", "LastName": "Thief", "EmailAddress": "second@evil.example"}],
}
WRITTEN = ("name", "email", "vat", "ref", "company_registry", "phone", "street", "city", "active", "child_ids")


@tagged("post_install", "-at_install")
class TestPartnerGuard(StrangerCommon):
    def in_xero_too(self, name, **values):
        partner = self.env["res.partner"].create(
            {"name": name, "email": f"{name.replace(' ', '.').lower()}@example.com", "customer_rank": 1, **values}
        )
        self.drain()
        return partner

    def login(self, partner, group="base.group_user", **values):
        return (
            self.env["res.users"]
            .with_context(xero_no_sync=True, no_reset_password=True)
            .create(
                {
                    "name": partner.name,
                    "login": f"login{partner.id}",
                    "partner_id": partner.id,
                    "group_ids": [Command.set(self.env.ref(group).ids)],
                    **values,
                }
            )
        )

    def state_of(self, partner):
        self.env.invalidate_all()
        return {name: partner[name] for name in WRITTEN}

    def link_to(self, partner):
        return self.links_to(partner).filtered(lambda link: link.connection_id == self.connection)

    def edit(self, partner, **values):
        self.poll("Contact")
        self.put("Contacts", "post", ContactID=self.link_to(partner).xero_id, **(values or THIEF))

    def question(self, partner):
        return self.env["xero.conflict"].sudo().search([("res_id", "=", partner.id), ("state", "=", "open")])

    def assertReserved(self, partner, before):
        self.poll("Contact")
        self.assertEqual(self.state_of(partner), before)
        self.assertEqual(self.question(partner).kind, "reserved")
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
        self.poll("Contact")
        self.assertEqual(self.state_of(partner), before)
        self.assertEqual(len(self.question(partner)), 1)

    # === CLOSED === #

    def reserved_partners(self):
        """Yield every kind of partner that nothing is written to; each is in Xero already."""
        employee = self.in_xero_too("Employee")
        self.login(employee)
        yield employee
        former = self.in_xero_too("Former employee")
        self.login(former).active = False
        yield former
        boss = self.in_xero_too("Firm of a boss", is_company=True)
        person = self.env["res.partner"].create({"name": "Boss", "parent_id": boss.id, "email": "boss@example.com"})
        self.login(person)
        self.drain()
        yield boss
        own = self.company.partner_id
        own.write({"email": "own@example.com", "customer_rank": 1})
        own.action_xero_sync()
        self.drain()
        yield own
        other = self.other["company"].partner_id
        other.write({"email": "other@example.com"})
        other.with_company(self.company).action_xero_sync()
        self.drain()
        yield other
        foreign = self.in_xero_too("Sold to B")
        foreign.with_context(xero_no_sync=True).company_id = self.other["company"]
        yield foreign

    def test_nothing_is_written(self):
        for partner in self.reserved_partners():
            with self.subTest(partner=partner.name):
                self.assertTrue(self.link_to(partner).xero_id)
                before = self.state_of(partner)
                self.edit(partner, **{**THIEF, "Name": f"Thief {partner.id}"})
                self.assertReserved(partner, before)

    def test_neither_archived_nor_brought_back(self):
        partner = self.in_xero_too("Employee")
        self.login(partner).active = False
        self.poll("Contact")
        self.person("archive_contact", contact=self.link_to(partner).xero_id)
        self.poll("Contact")
        self.assertTrue(partner.active)
        self.assertEqual(self.question(partner).kind, "reserved")

    def test_a_policy_decides_nothing_here(self):
        partner = self.in_xero_too("Employee")
        self.login(partner)
        self.connection.conflict_contacts = "xero"
        self.poll("Contact")
        partner.with_context(xero_no_sync=True).email = "mine@example.com"
        self.put("Contacts", "post", ContactID=self.link_to(partner).xero_id, EmailAddress="thief@evil.example")
        self.poll("Contact")
        self.assertEqual(partner.email, "mine@example.com")
        self.assertTrue(self.question(partner))
        portal = self.in_xero_too("Portal")
        self.login(portal, "base.group_portal")
        self.poll("Contact")
        portal.with_context(xero_no_sync=True).email = "mine2@example.com"
        self.put("Contacts", "post", ContactID=self.link_to(portal).xero_id, EmailAddress="thief@evil.example")
        self.poll("Contact")
        self.assertEqual(portal.email, "mine2@example.com")
        self.assertEqual(self.question(portal).kind, "reserved")

    def test_the_password_of_an_administrator_stays_with_the_administrator(self):
        """The way it was done: a bill of an administrator's expenses, the address edited in Xero, "reset password"."""
        user = self.login(self.in_xero_too("Administrator"), "base.group_system")
        self.edit(user.partner_id, EmailAddress="attacker@evil.example")
        self.poll("Contact")
        self.assertEqual((user.email, user.partner_id.email), ("administrator@example.com",) * 2)

    # === PORTAL === #

    def test_a_portal_customer_keeps_the_address_and_takes_the_rest(self):
        for active in (True, False):
            with self.subTest(active=active):
                partner = self.in_xero_too(f"Customer {active}")
                self.login(partner, "base.group_portal").active = active
                email = partner.email
                self.edit(partner, Name=f"Renamed {active}", EmailAddress="thief@evil.example", AccountNumber="T-1")
                self.poll("Contact")
                self.env.invalidate_all()
                self.assertEqual((partner.email, partner.ref, partner.name), (email, "T-1", f"Renamed {active}"))
                question = self.question(partner)
                self.assertEqual((question.kind, question.line_ids.mapped("name")), ("reserved", ["email"]))
                self.poll("Contact")
                self.assertEqual((partner.email, self.question(partner)), (email, question))
                self.edit(partner, AccountNumber="T-9")
                self.poll("Contact")
                self.assertEqual((partner.email, partner.ref), (email, "T-9"))
                question = self.question(partner)
                self.assertEqual(question.line_ids.mapped("name"), ["email"])
                question.action_take_odoo()
                self.drain()
                self.poll("Contact")
                [there] = [row for row in self.read("Contacts") if row["ContactID"] == self.link_to(partner).xero_id]
                self.assertEqual((there["EmailAddress"], partner.email), (email, email))
                self.assertFalse(self.question(partner))

    # === WHO DECIDES === #

    def person_of(self, login, groups):
        return new_test_user(
            self.env,
            login,
            groups,
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
            context={"no_reset_password": True, "xero_no_sync": True},
        )

    def test_whoever_takes_xeros_side_has_odoos_own_right_to(self):
        partner = self.in_xero_too("Employee")
        self.login(partner)
        self.edit(partner, EmailAddress="new@example.com")
        self.poll("Contact")
        question = self.question(partner)
        clerk = self.person_of("clerk", "account.group_account_invoice")
        officer = self.person_of("officer", "account.group_account_manager,base.group_partner_manager")
        rights = "account.group_account_manager,base.group_erp_manager,base.group_partner_manager"
        chief = self.person_of("chief", rights)
        for user in (clerk, officer):
            with self.subTest(user=user.login), self.assertRaises(AccessError), self.env.cr.savepoint():
                question.with_user(user).action_take_xero()
            self.env.invalidate_all()
            self.assertEqual((partner.email, question.state), ("employee@example.com", "open"))
        question.with_user(chief).action_take_xero()
        self.assertEqual((partner.email, question.state), ("new@example.com", "settled"))
        self.drain()
        self.assertFalse(self.open_jobs())

    def test_whoever_may_not_hands_it_over(self):
        """To somebody who may change the contact and settle; the conflict stays open until then."""
        partner = self.in_xero_too("Employee")
        self.login(partner)
        self.edit(partner, EmailAddress="new@example.com")
        self.poll("Contact")
        question = self.question(partner)
        officer = self.person_of("officer", "xero_connector.group_xero_accountant")
        screen = question.with_user(officer)
        with patch.object(type(question), "_who_may", lambda self, partner: self.env["res.users"]):
            with self.assertRaisesRegex(UserError, "Nobody of"):
                screen.action_hand_over()
        self.person_of("creator", "base.group_partner_manager,base.group_erp_manager")
        rights = "account.group_account_manager,base.group_erp_manager,base.group_partner_manager"
        self.person_of("chief", rights)
        self.assertIn("You may not change", screen.missing_right)
        with self.assertRaisesRegex(AccessError, "hand the question over"), self.env.cr.savepoint():
            screen.action_take_xero()
        screen.action_hand_over()
        self.assertEqual(question.state, "open")
        activity = partner.activity_ids
        self.assertEqual(activity, question.activity_id)
        chief = activity.user_id
        self.assertTrue(chief.has_group("xero_connector.group_xero_accountant"))
        for text in ("employee@example.com", "new@example.com", officer.name):
            self.assertIn(text, activity.note)
        with self.assertRaisesRegex(UserError, "to-do already"):
            screen.action_hand_over()
        self.assertFalse(question.with_user(chief).missing_right)
        question.with_user(chief).action_take_xero()
        self.assertEqual((partner.email, question.state), ("new@example.com", "settled"))
        self.assertFalse(activity.active)

    def test_what_any_accountant_settles_is_not_handed_over(self):
        partner = self.in_xero_too("Customer")
        self.edit(partner, EmailAddress="xero@example.com")
        partner.email = "odoo@example.com"
        self.poll("Contact")
        screen = self.question(partner).with_user(
            self.person_of("officer", "xero_connector.group_xero_accountant")
        )
        self.assertEqual((screen.state, screen.missing_right), ("open", False))
        with self.assertRaisesRegex(UserError, "Any accountant"):
            screen.action_hand_over()

    def test_any_accountant_may_keep_odoos_side(self):
        partner = self.in_xero_too("Employee")
        self.login(partner)
        self.edit(partner, EmailAddress="new@example.com")
        self.poll("Contact")
        clerk = self.person_of("clerk", "account.group_account_invoice")
        officer = self.person_of("officer", "xero_connector.group_xero_accountant")
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.question(partner).with_user(clerk).action_take_odoo()
        self.question(partner).with_user(officer).action_take_odoo()
        self.drain()
        self.poll("Contact")
        [there] = [row for row in self.read("Contacts") if row["ContactID"] == self.link_to(partner).xero_id]
        self.assertEqual((there["EmailAddress"], partner.email), ("employee@example.com",) * 2)

    def test_neither_logins_nor_companies_are_merged_away(self):
        """Contacts merged in Xero: whoever merges them in Odoo hands on what hangs on the one that goes."""
        employee, customer = self.in_xero_too("Employee"), self.in_xero_too("Customer")
        users = self.login(employee) | self.login(customer, "base.group_portal")
        other = self.other["company"]
        other.partner_id.email = "other@example.com"
        other.partner_id.with_company(self.company).action_xero_sync()
        officer = self.person_of("officer", "account.group_account_manager,base.group_partner_manager")
        for partner in (employee, customer, other.partner_id):
            with self.subTest(partner=partner.name):
                thief = self.in_xero_too(f"Thief of {partner.id}", email=partner.email)
                self.poll("Contact")
                self.person("merge_contacts", contact=self.link_to(partner).xero_id, into=self.link_to(thief).xero_id)
                self.poll("Contact")
                question = self.question(partner)
                self.assertEqual(question.kind, "merged")
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    question.with_user(officer).action_merge_partners()
                self.env.invalidate_all()
                self.assertTrue(partner.exists())
        self.assertEqual((users.partner_id, other.partner_id.email), (employee | customer, "other@example.com"))

"""What people typed in Xero survives whatever Odoo sends of a contact; what Odoo had and emptied is emptied."""

from odoo.tests import tagged

from ..mappers.marks import write_number
from .common.inbound import InboundCommon

TYPED = {
    "ContactNumber": "CRM-7",
    "Addresses": [
        {
            "AddressType": "POBOX",
            "AddressLine1": "9 Quay",
            "AddressLine3": "Gate C",
            "City": "Nelson",
            "Region": "Tasman",
            "AttentionTo": "Accounts",
        },
        {"AddressType": "STREET", "AddressLine1": "10 Yard", "City": "Picton"},
    ],
    "Phones": [
        {"PhoneType": "DEFAULT", "PhoneNumber": "555", "PhoneAreaCode": "3", "PhoneCountryCode": "64"},
        {"PhoneType": "MOBILE", "PhoneNumber": "021 1"},
    ],
    "ContactPersons": [
        {"FirstName": "Ann Mary", "LastName": "Lee", "EmailAddress": "ann@example.com", "IncludeInEmails": True},
        {"FirstName": "Bob"},
    ],
}


@tagged("post_install", "-at_install")
class TestContactMerge(InboundCommon):
    """A contact that Xero had first, linked to a partner that has a name only."""

    def setUp(self):
        super().setUp()
        self.person("create_contact", Name="Weka", **TYPED)
        self.partner = self.env["res.partner"].create({"name": "Weka", "is_company": True, "customer_rank": 1})
        self.pushed(partner=self.partner)

    def element(self):
        contacts = self.simulator.documents(self.tenant, "Contacts")
        return next(row for row in contacts if row["ContactID"] == self.partner.xero_contact_id)

    def row(self, kind="POBOX"):
        return next(row for row in self.element()["Addresses"] if row["AddressType"] == kind)

    def phones(self):
        return {row["PhoneType"]: row["PhoneNumber"] for row in self.element()["Phones"] if row["PhoneNumber"]}

    def people(self):
        return [
            (row["FirstName"], row["LastName"], row["EmailAddress"], row["IncludeInEmails"])
            for row in self.element()["ContactPersons"]
        ]

    def write(self, **values):
        self.partner.write(values)
        self.drain()
        self.assertFalse(self.open_jobs())

    def add(self, **values):
        part = self.env["res.partner"].create({"parent_id": self.partner.id, **values})
        self.drain()
        return part

    def assertQuiet(self):
        """Nothing goes back and forth after what was sent."""
        self.simulator.reset_stats()
        self.poll("Contact")
        self.partner.action_xero_sync()
        self.drain()
        self.assertNotIn(("POST", "Contacts"), self.simulator.calls(self.tenant))
        self.assertFalse(self.conflict_of(self.partner))

    def test_an_unrelated_edit_wipes_nothing(self):
        before = self.element()
        self.write(email="weka@example.com", vat="NZ 1")
        after = self.element()
        self.assertEqual((after["EmailAddress"], after["TaxNumber"]), ("weka@example.com", "NZ 1"))
        for name in ("Addresses", "Phones", "ContactPersons", "ContactNumber"):
            self.assertEqual(after[name], before[name], name)
        self.assertQuiet()

    def test_a_street_in_odoo_leaves_what_odoo_has_no_value_for(self):
        self.write(street="1 Hill", street2="Floor 2")
        row = self.row()
        self.assertEqual((row["AddressLine1"], row["AddressLine2"]), ("1 Hill", "Floor 2"))
        self.assertEqual(
            (row["AddressLine3"], row["City"], row["Region"], row["AttentionTo"]),
            ("Gate C", "Nelson", "Tasman", "Accounts"),
        )
        self.assertEqual(self.row("STREET")["City"], "Picton")
        self.assertQuiet()

    def test_an_address_that_odoo_had_is_emptied(self):
        self.write(street="1 Hill", zip="7010")
        self.write(street=False, zip=False)
        row = self.row()
        self.assertEqual((row["AddressLine1"], row["PostalCode"], row["City"]), ("", "", "Nelson"))
        row = self.row("STREET")
        self.assertEqual((row["AddressLine1"], row["City"]), ("10 Yard", "Picton"), "Xero's own: Odoo has one address")
        self.assertQuiet()

    def test_a_delivery_address_of_its_own_is_emptied(self):
        part = self.add(type="delivery", name="Depot", street="1 Dock", zip="7010")
        self.assertEqual([self.row("STREET")[name] for name in ("AddressLine1", "PostalCode")], ["1 Dock", "7010"])
        part.write({"street": False, "zip": False})
        self.drain()
        row = self.row("STREET")
        self.assertEqual((row["AddressLine1"], row["PostalCode"], row["City"]), ("", "", "Picton"))
        self.assertQuiet()

    def test_lines_that_odoo_took_over_are_odoos(self):
        self.person(
            "edit_contact",
            contact=self.partner.xero_contact_id,
            Addresses=[{"AddressType": "POBOX", "AddressLine1": "9", "AddressLine2": "B", "AddressLine3": "Gate D"}],
        )
        self.poll("Contact")
        self.assertEqual(self.partner.street2, "B, Gate D")
        self.write(email="weka@example.com")
        self.assertEqual((self.row()["AddressLine2"], self.row()["AddressLine3"]), ("B", "Gate D"))
        self.write(street2="Floor 2")
        self.assertEqual((self.row()["AddressLine2"], self.row()["AddressLine3"]), ("Floor 2", ""))
        self.assertQuiet()

    def test_people_are_merged_by_address(self):
        ann = self.add(name="Ann Lee", email="Ann@example.com")
        self.add(name="Cid Ray", email="cid@example.com")
        self.assertEqual(
            self.people(),
            [
                ("Ann", "Lee", "Ann@example.com", True),
                ("Bob", "", "", False),
                ("Cid", "Ray", "cid@example.com", False),
            ],
        )
        self.assertQuiet()
        ann.action_archive()
        self.drain()
        self.assertEqual([name for name, *_rest in self.people()], ["Bob", "Cid"])
        self.assertQuiet()

    def test_another_phone_leaves_the_mobile(self):
        self.write(phone="777")
        self.assertEqual(self.phones(), {"DEFAULT": "777", "MOBILE": "021 1"})
        self.assertEqual({row["PhoneAreaCode"] for row in self.element()["Phones"]}, {""})
        self.write(phone=False)
        self.assertEqual(self.phones(), {"MOBILE": "021 1"})
        self.assertQuiet()

    def test_two_databases_do_not_overwrite_each_others_number(self):
        mark = "odoo-0badcafe-7"
        self.person("edit_contact", contact=self.partner.xero_contact_id, ContactNumber=mark)
        self.write(email="weka@example.com")
        self.assertEqual((self.element()["ContactNumber"], self.element()["EmailAddress"]), (mark, "weka@example.com"))
        self.person("edit_contact", contact=self.partner.xero_contact_id, ContactNumber="")
        self.write(email="other@example.com")
        mark = self.env["xero.mapper.contact"]._marks(self.partner.ids, self.connection)[self.partner.id]
        self.assertEqual(self.element()["ContactNumber"], write_number(mark))

"""Partners as contacts."""

from odoo import Command
from odoo.tests import tagged

from .common.mapper import SIGNATURE, MapperCase


@tagged("post_install", "-at_install")
class TestMapperContact(MapperCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mapper_ = cls.mapper["Contact"]
        cls.uk = cls.env.ref("base.uk")

    def contact(self, **values):
        return self.env["res.partner"].create({"name": "Acme Ltd", "is_company": True, **values})

    def payload(self, partner):
        out = self.prepare(partner)
        self.assertFalse(out.problems)
        return out.payload

    # === CONTENT === #

    def test_company(self):
        partner = self.contact(
            street="1 High St",
            street2="Floor 2",
            city="Leeds",
            zip="LS1 1AA",
            country_id=self.uk.id,
            phone="+44 113 496 0000",
            email="office@acme.example.com",
            vat="GB123456782",
            company_registry="01234567",
            ref="C-17",
            child_ids=[
                Command.create({"name": "Ann Mary Lee", "email": "ann@acme.example.com"}),
                Command.create({"name": "No Mail"}),
                Command.create({"name": "Accounts", "type": "invoice", "street": "PO Box 5", "city": "York"}),
                Command.create(
                    {"name": "Depot", "type": "delivery", "street": "Dock 9", "city": "Hull", "country_id": self.uk.id}
                ),
            ],
        )
        out = self.prepare(partner)
        self.assertEqual((out.status, out.number, out.total), ("ACTIVE", "Acme Ltd", None))
        self.assertEqual(
            out.payload,
            {
                "Name": "Acme Ltd",
                "ContactNumber": f"odoo-1a2b3c4d-{partner.id}-{SIGNATURE}",
                "ContactStatus": "ACTIVE",
                "EmailAddress": "office@acme.example.com",
                "TaxNumber": "GB123456782",
                "CompanyNumber": "01234567",
                "AccountNumber": "C-17",
                "Addresses": [
                    {"AddressType": "POBOX", "AddressLine1": "PO Box 5", "City": "York", "AttentionTo": "Accounts"},
                    {
                        "AddressType": "STREET",
                        "AddressLine1": "Dock 9",
                        "City": "Hull",
                        "Country": "United Kingdom",
                        "AttentionTo": "Depot",
                    },
                ],
                "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": "+44 113 496 0000"}],
                "ContactPersons": [
                    {
                        "FirstName": "Ann Mary",
                        "LastName": "Lee",
                        "EmailAddress": "ann@acme.example.com",
                        "IncludeInEmails": False,
                    }
                ],
            },
        )

    def test_person(self):
        payload = self.payload(self.contact(name="Jean  Claude   Duval", is_company=False))
        self.assertEqual(
            (payload["Name"], payload["FirstName"], payload["LastName"]), ("Jean Claude Duval", "Jean Claude", "Duval")
        )
        single = self.payload(self.contact(name="Plato", is_company=False))
        self.assertEqual((single["FirstName"], single.get("LastName")), ("Plato", None))

    def test_texts_as_xero_takes_them(self):
        for name, wanted in (
            ("  Two   spaces ", "Two spaces"),
            ("A <b> & Co>", "A b & Co"),
            ("Tab\tand\nline", "Tab and line"),
            ("x" * 300, "x" * 254 + "…"),
        ):
            self.assertEqual(self.payload(self.contact(name=name))["Name"], wanted)
        for address, wanted in (
            ("a@b.example.com", "a@b.example.com"),
            ('"A" <a@b.example.com>', "a@b.example.com"),
            ("müller@b.example.com", None),
            ("a@bücher.example.com", "a@xn--bcher-kva.example.com"),
            ("a@b.example.com, c@d.example.com", "a@b.example.com"),
            ("müller@b.example.com; Cid <c@d.example.com>", "c@d.example.com"),
            ("a@b.example.com,", "a@b.example.com"),
            ("a@b.example.com c@d.example.com", "a@b.example.com"),
            ("mailto:a@b.example.com", "a@b.example.com"),
            ("john smith@b.example.com", None),
            ("nobody", None),
            ("a" * 250 + "@example.com", None),
        ):
            self.assertEqual(self.payload(self.contact(email=address)).get("EmailAddress"), wanted, address)

    def test_country_has_letters_only(self):
        for country, wanted in (("base.ci", "Cote d Ivoire"), ("base.nz", "New Zealand"), ("base.gw", "Guinea Bissau")):
            address = self.payload(self.contact(country_id=self.env.ref(country).id))["Addresses"][0]
            self.assertEqual(address["Country"], wanted)

    def test_identifiers_are_whole_or_absent(self):
        payload = self.payload(self.contact(ref="R" * 51, company_registry="N" * 51))
        self.assertFalse({"AccountNumber", "CompanyNumber"} & set(payload))
        self.assertNotIn("TaxNumber", self.payload(self.contact(vat="/")))
        partner = self.contact()
        partner.with_context(no_vat_validation=True).vat = "9" * 51
        [problem] = self.prepare(partner).problems
        self.assertEqual((problem.code, problem.model, problem.res_id), ("validation", "res.partner", partner.id))

    def test_at_most_five_people(self):
        people = [Command.create({"name": f"P {number}", "email": f"p{number}@example.com"}) for number in range(7)]
        self.assertEqual(len(self.payload(self.contact(child_ids=people))["ContactPersons"]), 5)

    def test_people_and_addresses_of_another_company_stay_out(self):
        other = self.env["res.company"].create({"name": "Other"})
        partner = self.contact()
        self.env["res.partner"].create(
            {"name": "Secret", "email": "secret@example.com", "parent_id": partner.id, "company_id": other.id}
        )
        self.assertNotIn("ContactPersons", self.payload(partner))

    def test_payment_terms_that_xero_can_tell(self):
        for line, wanted in (
            ({"nb_days": 30}, (30, "DAYSAFTERBILLDATE")),
            ({"nb_days": 0}, (0, "DAYSAFTERBILLDATE")),
            ({"nb_days": 10, "delay_type": "days_after_end_of_month"}, (10, "DAYSAFTERBILLMONTH")),
            (
                {"nb_days": 0, "delay_type": "days_end_of_month_on_the", "days_next_month": "20"},
                (20, "OFFOLLOWINGMONTH"),
            ),
            ({"nb_days": 45}, (45, "DAYSAFTERBILLDATE")),
            ({"nb_days": 120}, (120, "DAYSAFTERBILLDATE")),
            ({"nb_days": 60, "delay_type": "days_after_end_of_month"}, (60, "DAYSAFTERBILLMONTH")),
            ({"nb_days": 1000}, None),
            (
                {"nb_days": 0, "delay_type": "days_end_of_month_on_the", "days_next_month": "31"},
                (31, "OFFOLLOWINGMONTH"),
            ),
            ({"nb_days": 15, "delay_type": "days_end_of_month_on_the", "days_next_month": "20"}, None),
            ({"nb_days": 0, "delay_type": "days_end_of_month_on_the", "days_next_month": "0"}, None),
            ({"nb_days": 5, "delay_type": "days_after_end_of_next_month"}, None),
        ):
            term = self.env["account.payment.term"].create(
                {"name": "t", "line_ids": [Command.create({"value": "percent", "value_amount": 100, **line})]}
            )
            terms = self.payload(self.contact(property_payment_term_id=term.id)).get("PaymentTerms", {})
            self.assertEqual(terms.get("Sales"), wanted and {"Day": wanted[0], "Type": wanted[1]}, line)
        supplier = self.contact(
            property_payment_term_id=False,
            property_supplier_payment_term_id=self.env.ref("account.account_payment_term_15days").id,
        )
        self.assertEqual(self.payload(supplier)["PaymentTerms"], {"Bills": {"Day": 15, "Type": "DAYSAFTERBILLDATE"}})
        self.assertNotIn("PaymentTerms", self.payload(self.contact(property_payment_term_id=self.pay_terms_b.id)))

    def test_payment_terms_are_those_of_the_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        partner = self.contact(property_payment_term_id=False)
        partner.with_company(other).property_payment_term_id = self.env.ref("account.account_payment_term_15days")
        self.assertNotIn("PaymentTerms", self.payload(partner.with_company(other)))

    def test_currency_of_the_chosen_pricelist(self):
        for code, wanted in (("EUR", "EUR"), ("CHF", None)):
            pricelist = self.env["product.pricelist"].create(
                {"name": code, "currency_id": self.setup_other_currency(code).id}
            )
            partner = self.contact(specific_property_product_pricelist=pricelist.id)
            self.assertEqual(self.payload(partner).get("DefaultCurrency"), wanted)

    # === NAMES === #

    def test_same_name_in_one_batch(self):
        partners = self.contact() | self.contact(name="ACME ltd", ref="C-2") | self.contact(name="Acme Ltd")
        outs = self.mapper_._prepare(partners, self.connection)
        self.assertEqual(
            [outs[partner.id].number for partner in partners],
            ["Acme Ltd", "ACME ltd (C-2)", f"Acme Ltd ({partners[2].id})"],
        )

    def test_name_that_a_linked_partner_has(self):
        first, second = self.contact(), self.contact()
        link = self.link(first, "c1", xero_number="ACME LTD", xero_status="ACTIVE")
        self.assertEqual(self.payload(second)["Name"], f"Acme Ltd ({second.id})")
        self.assertEqual(self.payload(first)["Name"], "Acme Ltd", "its own name is no other's")
        self.link(second, "c2", xero_number=f"Acme Ltd ({second.id})")
        self.assertEqual(self.payload(first)["Name"], "Acme Ltd")
        self.assertEqual(self.payload(second)["Name"], f"Acme Ltd ({second.id})")
        link.xero_status = "ARCHIVED"
        self.assertEqual(self.payload(second)["Name"], "Acme Ltd", "names of archived contacts are free")

    def test_names_of_another_organisation_do_not_matter(self):
        first, second = self.contact(), self.contact()
        company = self.env["res.company"].create({"name": "Other"})
        connection = (
            self.env["xero.connection"]
            .sudo()
            .create({"company_id": company.id, "credential_id": self.connection.credential_id.id})
        )
        self.link(first, "c1", xero_number="Acme Ltd").connection_id = connection
        self.assertEqual(self.payload(second)["Name"], "Acme Ltd")

    # === STATE === #

    def test_archiving(self):
        partner = self.contact(active=False)
        self.assertEqual(self.prepare(partner).status, "ACTIVE", "a document needs it")
        self.link(partner, "c1")
        out = self.prepare(partner)
        self.assertEqual((out.status, out.payload), ("ARCHIVED", {"ContactStatus": "ARCHIVED"}))
        partner.active = True
        self.assertEqual(self.payload(partner)["ContactStatus"], "ACTIVE")

    def test_removal_archives(self):
        link = self.link(self.contact(), "c1", xero_status="ACTIVE")
        self.assertEqual(self.mapper_._removal_payload(link), {"ContactID": "c1", "ContactStatus": "ARCHIVED"})
        link.xero_status = "ARCHIVED"
        self.assertEqual(self.mapper_._removal_payload(link), {})

    def test_child_pushes_its_company(self):
        partner = self.contact(child_ids=[Command.create({"name": "Desk", "type": "invoice"})])
        self.assertEqual(self.mapper_._handles(partner.child_ids), partner)

    def test_marker(self):
        partner = self.contact()
        sent, plain = self.payload(partner), f"odoo-1a2b3c4d-{partner.id}"
        mark = f"{plain}-{SIGNATURE}"
        for number in (mark, plain):
            self.assertTrue(self.mapper_._marker_matches({**sent, "ContactNumber": number}, partner.id, sent), number)
        others = ("", f"odoo-ffffffff-{partner.id}", f"{plain}0", f"{plain}-{SIGNATURE[::-1]}", mark.upper())
        for number in (None, 7, [mark], *others):
            self.assertFalse(self.mapper_._marker_matches({**sent, "ContactNumber": number}, partner.id, sent), number)
        with self.subTest("another contact that the mark of an older backup led to"):
            self.assertFalse(self.mapper_._marker_matches({**sent, "Name": "Other"}, partner.id, sent))
            renamed = {**sent, "Name": "Other", "AccountNumber": "C1"}
            self.assertTrue(self.mapper_._marker_matches(renamed, partner.id, {**sent, "AccountNumber": "c1"}))
        self.assertEqual(self.mapper_._lookup_params([sent]), [{"searchTerm": mark, "includeArchived": "true"}])

    def test_the_signature_is_no_content(self):
        out = self.prepare(self.contact())
        number = out.payload["ContactNumber"]
        self.assertEqual(out.canonical()["ContactNumber"], number.removesuffix(f"-{SIGNATURE}"))
        self.assertLessEqual(len(f"odoo-1a2b3c4d-{2**31 - 1}-{SIGNATURE}"), 50)

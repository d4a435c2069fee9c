"""What nobody changed in a contact survives on both sides, whatever people write and whatever is not understood."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import new_test_user, tagged

from ..mappers.contact.countries import spelled
from .common.inbound import InboundCommon


class ContactCase(InboundCommon):
    """A contact that both sides agree on."""

    values = {
        "name": "Kea Ltd",
        "is_company": True,
        "email": "kea@example.com",
        "street": "1 High St",
        "city": "Leeds",
        "zip": "LS1",
        "customer_rank": 1,
    }

    def setUp(self):
        super().setUp()
        self.uk = self.env.ref("base.uk")
        self.partner = self.env["res.partner"].create({**self.values, "country_id": self.uk.id})
        self.partner.state_id = self.env["res.country.state"].search([("country_id", "=", self.uk.id)], limit=1)
        self.pushed(partner=self.partner)

    def element(self, partner=None):
        contacts = self.simulator.documents(self.tenant, "Contacts")
        xero_id = (partner or self.partner).xero_contact_id
        return next(row for row in contacts if row["ContactID"] == xero_id)

    def row(self, kind="POBOX"):
        return next(row for row in self.element()["Addresses"] if row["AddressType"] == kind)

    def people(self):
        return [" ".join(filter(None, (row["FirstName"], row["LastName"], row["EmailAddress"]))) for row in
                self.element()["ContactPersons"]]  # fmt: skip

    def in_odoo(self):
        children = self.partner.child_ids.filtered(lambda child: child.type == "contact")
        return sorted(" ".join(filter(None, (child.name, child.email))) for child in children)

    def edit_contact(self, **values):
        """Edit the contact as a person in Xero, and read it."""
        self.person("edit_contact", contact=self.partner.xero_contact_id, **values)
        self.poll("Contact")

    def edit_address(self, kind="POBOX", **values):
        self.edit_contact(Addresses=[{**self.row(kind), **values}])

    def write(self, **values):
        """Edit the partner, and send it."""
        self.partner.write(values)
        self.drain()
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))

    def add(self, **values):
        part = self.env["res.partner"].create({"parent_id": self.partner.id, **values})
        self.drain()
        return part


@tagged("post_install", "-at_install")
class TestContactSurvives(ContactCase):
    # === COUNTRIES === #

    def test_a_country_in_other_words_stays(self):
        province = self.partner.state_id
        for number, name in enumerate(
            ("UK", "England", "U K", "Great Britain", "Scotland", "Grossbritannien", "Atlantis")
        ):
            self.edit_address(AddressLine1=f"{number} Low Rd", Country=name, Region="Somewhere")
            self.assertEqual(
                (self.partner.street, self.partner.country_id, self.partner.state_id),
                (f"{number} Low Rd", self.uk, province),
                name,
            )
            self.write(phone=f"555 {number}")
            self.assertEqual((self.row()["Country"], self.row()["AddressLine1"]), (name, f"{number} Low Rd"))

    def test_another_country_is_taken_over(self):
        for name, code in (("Deutschland", "DE"), ("USA", "US"), ("Republic of Ireland", "IE"), ("UAE", "AE")):
            self.edit_address(Country=name, Region="")
            self.assertEqual((self.partner.country_id.code, self.partner.state_id.id), (code, False))
        self.edit_address(Country="USA", Region="CA")
        self.assertEqual(self.partner.state_id.name, "California")
        self.edit_address(Region="new york")
        self.assertEqual(self.partner.state_id.name, "New York")
        for country, region, wanted in (
            ("UK", "Co. Durham", "County Durham"),
            ("UK", "Durham", "County Durham"),
            ("Ireland", "County Cork", "Cork"),
            ("Ireland", "Co Mayo", "Mayo"),
            ("Australia", "N.S.W.", "New South Wales"),
            ("Canada", "Québec", "Quebec"),
        ):
            self.edit_address(Country=country, Region=region)
            self.assertEqual(self.partner.state_id.with_context(lang="en_US").name, wanted, region)
        self.edit_address(Country="", Region="")
        self.assertFalse(self.partner.country_id)

    def test_names_of_countries(self):
        contacts = self.env["xero.inbound.contact"]
        for name, code in (
            *(("U.S.A.", "US"), ("united states of america", "US"), ("gbr", "GB"), ("U. K.", "GB")),
            *(("Wales", "GB"), ("Éire", "IE"), ("Holland", "NL"), ("The Netherlands", "NL"), ("Nederland", "NL")),
            *(
                ("Schweiz", "CH"),
                ("Suisse", "CH"),
                ("España", "ES"),
                ("Espana", "ES"),
                ("日本", "JP"),
                ("Italia", "IT"),
            ),
            *(("Turkey", "TR"), ("Turkiye", "TR"), ("Ivory Coast", "CI"), ("Czech Republic", "CZ"), ("Korea", "KR")),
            *(("Federal Republic of Germany", "DE"), ("People's Republic of China", "CN"), ("Viet Nam", "VN")),
            *(("Kingdom of Saudi Arabia", "SA"), ("Trinidad & Tobago", "TT"), ("St. Lucia", "LC"), ("Burma", "MM")),
            *(("Hong Kong", "HK"), ("Macau", "MO"), ("Russia", "RU"), ("Cape Verde", "CV"), ("Aotearoa", "NZ")),
            *((name, False) for name in ("Atlantis", "-", "x", "N/A", "unknown", "Europe")),
        ):
            self.assertEqual(contacts._country(name).code, code, name)

    def test_every_country_survives_our_spelling(self):
        contacts = self.env["xero.inbound.contact"]
        countries = self.env["res.country"].with_context(lang="en_US").search([])
        self.assertGreater(len(countries), 240)
        for country in countries:
            for name in (spelled(country.name), country.name, country.name.upper(), country.code):
                self.assertEqual(contacts._country(name), country, name)

    # === PEOPLE === #

    def test_people_without_an_address_are_told_apart(self):
        self.add(name="Ann Lee")
        self.edit_contact(ContactPersons=[{"FirstName": "Bob", "LastName": "Ray"}])
        self.assertEqual(self.in_odoo(), ["Ann Lee", "Bob Ray"])
        self.edit_contact(ContactPersons=[{"FirstName": "Bob", "LastName": "Ray"}, {"FirstName": "Cid"}])
        self.assertEqual(self.in_odoo(), ["Ann Lee", "Bob Ray", "Cid"])
        self.edit_contact(
            ContactPersons=[{"FirstName": "Bob", "LastName": "Ray"}, {"FirstName": "Ann", "LastName": "Lee"}]
        )
        self.assertEqual(self.in_odoo(), ["Ann Lee", "Bob Ray", "Cid"])

    def test_a_corrected_address_is_one_person(self):
        self.add(name="Ann Lee", email="ann@old.example.com")
        self.edit_contact(
            ContactPersons=[{"FirstName": "Ann", "LastName": "Lee", "EmailAddress": "ann@new.example.com"}]
        )
        self.assertEqual(self.in_odoo(), ["Ann Lee ann@new.example.com"])
        self.write(phone="555")
        self.assertEqual(self.people(), ["Ann Lee ann@new.example.com"])
        self.edit_contact(
            ContactPersons=[{"FirstName": "Anna", "LastName": "Lee", "EmailAddress": "ann@new.example.com"}]
        )
        self.assertEqual(self.in_odoo(), ["Anna Lee ann@new.example.com"])

    def test_an_address_that_is_added_in_xero_is_no_second_person(self):
        self.add(name="Ann Lee")
        self.edit_contact(ContactPersons=[{"FirstName": "Ann", "LastName": "Lee", "EmailAddress": "ann@example.com"}])
        self.assertEqual(self.in_odoo(), ["Ann Lee ann@example.com"])

    def test_namesakes_stay_two(self):
        self.add(name="Jo Fox", email="jo1@example.com")
        people = [
            {"FirstName": "Jo", "LastName": "Fox", "EmailAddress": "jo1@example.com"},
            {"FirstName": "Jo", "LastName": "Fox", "EmailAddress": "jo2@example.com"},
        ]
        self.edit_contact(ContactPersons=people)
        self.assertEqual(self.in_odoo(), ["Jo Fox jo1@example.com", "Jo Fox jo2@example.com"])
        people[1]["EmailAddress"] = "jo3@example.com"
        self.edit_contact(ContactPersons=people)
        self.assertEqual(self.in_odoo(), ["Jo Fox jo1@example.com", "Jo Fox jo3@example.com"])

    def test_who_was_taken_out_in_xero_is_not_put_back(self):
        self.add(name="Ann Lee", email="ann@example.com")
        bob = self.add(name="Bob Ray", email="bob@example.com")
        self.edit_contact(ContactPersons=[{"FirstName": "Ann", "LastName": "Lee", "EmailAddress": "ann@example.com"}])
        self.write(phone="555")
        self.assertEqual(self.people(), ["Ann Lee ann@example.com"])
        self.assertEqual(len(self.in_odoo()), 2)
        bob.email = "bob@new.example.com"
        self.drain()
        self.assertEqual(self.people(), ["Ann Lee ann@example.com", "Bob Ray bob@new.example.com"])

    def test_who_is_deleted_or_leaves_the_company_leaves_it_in_xero(self):
        ann = self.add(name="Ann Lee", email="ann@example.com")
        bob = self.add(name="Bob Ray", email="bob@example.com")
        self.add(name="Cid Fox", email="cid@example.com")
        ann.unlink()
        self.drain()
        self.assertEqual(self.people(), ["Bob Ray bob@example.com", "Cid Fox cid@example.com"])
        bob.parent_id = False
        self.drain()
        self.assertEqual(self.people(), ["Cid Fox cid@example.com"])
        self.assertFalse(self.open_jobs())

    def test_a_person_who_is_deleted_in_odoo_and_edited_in_xero_is_asked_about(self):
        self.connection.conflict_contacts = "ask"
        for side, wanted in (("odoo", []), ("xero", ["Ann Lee new@example.com"])):
            ann = self.add(name="Ann Lee", email="ann@example.com")
            self.poll("Contact")
            self.person(
                "edit_contact",
                contact=self.partner.xero_contact_id,
                ContactPersons=[{"FirstName": "Ann", "LastName": "Lee", "EmailAddress": "new@example.com"}],
            )
            ann.unlink()
            self.drain()
            self.drain()
            conflict = self.conflict_of(self.partner)
            self.assertEqual((conflict.state, conflict.line_ids.mapped("name")), ("open", ["persons"]), side)
            getattr(conflict, f"action_take_{side}")()
            self.drain()
            self.assertEqual((self.people(), self.in_odoo()), (wanted, wanted), side)
            self.assertFalse(self.open_jobs())

    def test_a_person_whose_address_xero_does_not_take_stays(self):
        ann = self.add(name="Ann Lee", email="ann@example.com")
        for mail, wanted in (
            ("ann@bücher@example", "Ann Lee ann@example.com"),
            ("müller@example.com", "Ann Lee ann@example.com"),
            ("ann@example.com, x@example.com", "Ann Lee ann@example.com"),
            ("ann2@example.com", "Ann Lee ann2@example.com"),
            (False, "Ann Lee"),
        ):
            ann.email = mail
            self.drain()
            self.assertEqual(self.people(), [wanted], mail)

    def test_the_address_of_somebody_who_logs_in_is_not_xeros_to_change(self):
        self.connection.conflict_contacts = "xero"
        ann = self.add(name="Ann Lee", email="ann@example.com")
        user = new_test_user(
            self.env, "ann", "base.group_portal", partner_id=ann.id, name="Ann Lee", email="ann@example.com"
        )
        self.drain()
        self.poll("Contact")
        self.edit_contact(
            EmailAddress="new@example.com",
            ContactPersons=[{"FirstName": "Ann", "LastName": "Lee", "EmailAddress": "thief@example.com"}],
        )
        self.assertEqual((user.partner_id.email, self.partner.email), ("ann@example.com", "new@example.com"))
        conflict = self.conflict_of(self.partner)
        self.assertEqual((conflict.state, conflict.kind), ("open", "reserved"))
        self.assertIn("Ann Lee", conflict.reason)
        conflict.action_take_odoo()
        self.drain()
        self.assertEqual(self.people(), ["Ann Lee ann@example.com"])

    def test_different_changes_of_two_people_do_not_meet(self):
        self.connection.conflict_contacts = "ask"
        ann = self.add(name="Ann Lee", email="ann@example.com")
        self.add(name="Bob Ray", email="bob@example.com")
        self.person(
            "edit_contact",
            contact=self.partner.xero_contact_id,
            ContactPersons=[
                {"FirstName": "Ann", "LastName": "Lee", "EmailAddress": "ann@example.com"},
                {"FirstName": "Bob", "LastName": "Ray", "EmailAddress": "bob@new.example.com"},
            ],
        )
        ann.name = "Anne Lee"
        self.drain()
        self.drain()
        self.assertFalse(self.conflict_of(self.partner))
        both = ["Anne Lee ann@example.com", "Bob Ray bob@new.example.com"]
        self.assertEqual((self.people(), self.in_odoo()), (both, both))

    # === ADDRESSES AND PHONES === #

    def test_an_address_is_not_pushed_into_another(self):
        self.edit_address("POBOX", AddressLine1="PO Box 5")
        self.assertEqual(self.partner.street, "PO Box 5")
        for values in ({"phone": "555"}, {"email": "new@example.com"}, {"vat": "GB 1"}):
            self.write(**values)
            self.assertEqual(
                [self.row(kind)["AddressLine1"] for kind in ("POBOX", "STREET")], ["PO Box 5", "1 High St"]
            )
        self.write(city="York")
        self.assertEqual(self.row("POBOX")["City"], "York")
        self.assertEqual((self.row("STREET")["AddressLine1"], self.row("STREET")["City"]), ("1 High St", "Leeds"))

    def test_a_delivery_address_of_xero_stays(self):
        self.edit_address("STREET", AddressLine1="Dock 9", City="Hull")
        self.assertEqual((self.partner.street, self.partner.city), ("1 High St", "Leeds"))
        [part] = self.partner.child_ids
        self.assertEqual((part.type, part.street, part.city, part.country_id), ("delivery", "Dock 9", "Hull", self.uk))
        self.edit_address("STREET", AddressLine1="Dock 10")
        self.assertEqual((part.street, part.city), ("Dock 10", "Hull"))
        self.write(street="2 High St")
        self.assertEqual([self.row(kind)["AddressLine1"] for kind in ("POBOX", "STREET")], ["2 High St", "Dock 10"])

    def test_rows_that_odoo_does_not_know_stay(self):
        xero_only = {"AddressType": "DELIVERY", "AddressLine1": "Gate 7", "City": "Hull"}
        phones = [{"PhoneType": "FAX", "PhoneNumber": "99"}, {"PhoneType": "MOBILE", "PhoneNumber": "77"}]
        self.edit_contact(Addresses=[xero_only], Phones=phones)
        self.write(street="2 High St", phone="555")
        self.assertEqual((self.row("DELIVERY")["AddressLine1"], self.row("DELIVERY")["City"]), ("Gate 7", "Hull"))
        numbers = {row["PhoneType"]: row["PhoneNumber"] for row in self.element()["Phones"] if row["PhoneNumber"]}
        self.assertEqual(numbers, {"FAX": "99", "MOBILE": "77", "DEFAULT": "555"})

    def test_parts_of_an_address_do_not_meet(self):
        self.connection.conflict_contacts = "ask"
        self.person(
            "edit_contact", contact=self.partner.xero_contact_id, Addresses=[{**self.row(), "PostalCode": "LS2"}]
        )
        self.partner.street = "2 High St"
        self.drain()
        self.drain()
        self.assertFalse(self.conflict_of(self.partner))
        row = self.row()
        self.assertEqual((row["AddressLine1"], row["PostalCode"]), ("2 High St", "LS2"))
        self.assertEqual((self.partner.street, self.partner.zip), ("2 High St", "LS2"))

    def test_one_part_on_both_sides_asks_and_the_answer_is_carried_out(self):
        self.connection.conflict_contacts = "ask"
        for turn, side in enumerate(("odoo", "xero")):
            self.person(
                "edit_contact",
                contact=self.partner.xero_contact_id,
                Addresses=[{**self.row(), "PostalCode": f"X{turn}", "City": f"Hull{turn}"}],
            )
            self.partner.write({"zip": f"O{turn}", "street": f"{turn} Odoo Rd"})
            self.drain()
            conflict = self.conflict_of(self.partner)
            self.assertEqual(conflict.state, "open")
            self.assertIn("invoice_address", conflict.line_ids.mapped("name"))
            getattr(conflict, f"action_take_{side}")()
            self.drain()
            row = self.row()
            found = (row["AddressLine1"], row["PostalCode"], row["City"])
            partner = self.partner
            self.assertEqual(found, (partner.street, partner.zip, partner.city), side)
            self.assertEqual(partner.zip, f"{side[0].upper()}{turn}")
            self.assertFalse(self.open_jobs())

    # === WHAT XERO CANNOT BE TOLD === #

    def test_the_first_good_address_is_sent(self):
        for mail, wanted in (
            ("kea@example.com, b@example.com", "kea@example.com"),
            ("a@example.com;b@example.com", "a@example.com"),
            ("b@example.com,", "b@example.com"),
            ("Kea <c@example.com>, d@example.com", "c@example.com"),
            ("d@example.com (Kea)", "d@example.com"),
            ("Kea: e@example.com", "e@example.com"),
            ("f@example.com/g@example.com", "f@example.com"),
            ("h/i@example.com", "h/i@example.com"),
            ("kea@bücher.example.com", "kea@xn--bcher-kva.example.com"),
            ("kea..x@example.com", "kea@xn--bcher-kva.example.com"),
            (".kea@example.com", "kea@xn--bcher-kva.example.com"),
            ("kea@-x.example.com", "kea@xn--bcher-kva.example.com"),
            ("kea @example.com", "kea@xn--bcher-kva.example.com"),
            ("müller@example.com", "kea@xn--bcher-kva.example.com"),
            ("nobody", "kea@xn--bcher-kva.example.com"),
            ("x" * 260 + "@example.com", "kea@xn--bcher-kva.example.com"),
            ("kea@example.com", "kea@example.com"),
            (False, ""),
        ):
            self.write(email=mail)
            self.assertEqual(self.element()["EmailAddress"], wanted, mail)
            told = bool(mail) and (wanted not in mail or mail.count("@") > 1)
            self.assertEqual("e-mail" in (self.partner.xero_sync_message or ""), told and "bücher" not in mail, mail)

    def test_identifiers_that_are_too_long_empty_nothing(self):
        self.write(ref="R1", company_registry="N1")
        self.write(ref="R" * 51, company_registry="N" * 60)
        self.assertEqual((self.element()["AccountNumber"], self.element()["CompanyNumber"]), ("R1", "N1"))
        self.assertIn("50", self.partner.xero_sync_message)
        self.write(ref="R2", company_registry=False)
        self.assertEqual((self.element()["AccountNumber"], self.element()["CompanyNumber"]), ("R2", ""))
        self.assertFalse(self.partner.xero_sync_message)

    # === PAYMENT TERMS === #

    def term(self, days, **values):
        line = {"value": "percent", "value_amount": 100, "nb_days": days, **values}
        return self.env["account.payment.term"].create({"name": f"{days} days", "line_ids": [Command.create(line)]})

    def test_terms_of_more_than_a_month(self):
        for days in (45, 60, 90, 120):
            self.write(property_payment_term_id=self.term(days).id)
            self.assertEqual(self.element()["PaymentTerms"]["Sales"], {"Day": days, "Type": "DAYSAFTERBILLDATE"})
        for days in (60, 45):
            self.edit_contact(PaymentTerms={"Sales": {"Day": days, "Type": "DAYSAFTERBILLDATE"}})
            self.assertEqual(self.partner.property_payment_term_id.line_ids.nb_days, days)

    def test_terms_that_odoo_does_not_have_stay_on_both_sides(self):
        term = self.term(60)
        self.write(property_payment_term_id=term.id)
        self.edit_contact(PaymentTerms={"Sales": {"Day": 15, "Type": "OFCURRENTMONTH"}})
        self.assertEqual(self.partner.property_payment_term_id, term)
        self.write(phone="555")
        self.assertEqual(self.element()["PaymentTerms"]["Sales"], {"Day": 15, "Type": "OFCURRENTMONTH"})

    # === MERGED === #

    def merge(self, survivor, *losers):
        wizard = self.env["base.partner.merge.automatic.wizard"].sudo()
        wizard._merge([survivor.id, *(loser.id for loser in losers)], survivor, extra_checks=False)
        self.env.flush_all()

    def test_open_documents_follow_a_merge_in_odoo(self):
        moves = self.pushed(partner=self.partner) | self.pushed("in_invoice", partner=self.partner)
        other = self.pushed(partner=self.partner_b)
        paid = self.pushed(partner=self.partner)
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=paid.ids).create(
            {}
        )._create_payments()
        self.drain()
        loser = self.partner.xero_contact_id
        self.merge(self.partner_b, self.partner)
        self.drain()
        survivor = self.partner_b.xero_contact_id
        self.assertEqual({self.in_xero(move)["inner"]["contact"] for move in moves | other}, {survivor})
        self.assertEqual(self.in_xero(paid)["inner"]["contact"], loser)
        self.assertInXero(moves | other)
        said = self.partner_b.message_ids.mapped("body")
        self.assertTrue(any("Kea Ltd" in body and "Merge the two contacts in Xero" in body for body in said), said)

    def test_merged_in_odoo_and_the_other_way_round_in_xero(self):
        mine, other = self.pushed(partner=self.partner), self.pushed(partner=self.partner_b)
        survivor = self.partner.xero_contact_id
        self.person("merge_contacts", contact=self.partner_b.xero_contact_id, into=survivor)
        self.merge(self.partner_b, self.partner)
        self.drain()
        self.poll("Contact")
        self.drain()
        self.assertFalse(self.conflict_of(self.partner_b), "nobody is left to merge")
        self.assertEqual(self.partner_b.xero_contact_id, survivor)
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
        new = self.make_move(partner=self.partner_b)
        self.drain()
        self.assertInXero(mine | other | new)
        self.assertEqual({self.in_xero(move)["inner"]["contact"] for move in mine | other | new}, {survivor})

    def test_a_document_for_a_contact_that_was_merged_in_xero_names_the_question(self):
        self.pushed(partner=self.partner_b)
        survivor = self.partner_b.xero_contact_id
        self.person("merge_contacts", contact=self.partner.xero_contact_id, into=survivor)
        self.poll("Contact")
        self.simulator.reset_stats()
        move = self.make_move(partner=self.partner)
        self.drain()
        self.assertEqual(move.xero_sync_state, "failed")
        self.assertIn("merged into another one in Xero", move.xero_sync_message)
        self.assertFalse({call for call in self.simulator.calls(self.tenant) if call[0] != "GET"})
        self.conflict_of(self.partner).action_merge_partners()
        self.drain()
        self.assertInXero(move)
        self.assertEqual(self.in_xero(move)["inner"]["contact"], survivor)

    def test_what_xero_refused_before_the_merge_was_read_names_the_question_too(self):
        self.pushed(partner=self.partner_b)
        self.person("merge_contacts", contact=self.partner.xero_contact_id, into=self.partner_b.xero_contact_id)
        move = self.make_move("in_invoice", partner=self.partner)
        self.drain()
        self.assertIn("merged into another one in Xero", move.xero_sync_message)

    # === ARCHIVED === #

    def test_a_contact_is_archived_after_its_last_document(self):
        moves = self.make_move(partner=self.partner) | self.make_move("in_invoice", partner=self.partner)
        self.partner.active = False
        self.drain()
        self.assertInXero(moves)
        self.assertEqual(self.element()["ContactStatus"], "ARCHIVED")
        self.assertFalse(self.open_jobs())

    def test_a_document_that_waits_for_a_person_keeps_its_contact(self):
        account = self.company_data["default_account_revenue"]
        row = self.connection.account_mapping_ids.filtered(lambda row: row.account_id == account)
        there = row.xero_account_id
        row.write({"state": "suggested", "xero_account_id": False})
        move = self.make_move(partner=self.partner)
        self.partner.active = False
        self.drain()
        self.assertEqual((move.xero_sync_state, self.element()["ContactStatus"]), ("failed", "ACTIVE"))
        row.write({"state": "confirmed", "xero_account_id": there.id})
        move.action_xero_sync()
        self.drain()
        self.assertInXero(move)
        self.assertEqual(self.element()["ContactStatus"], "ARCHIVED")


@tagged("post_install", "-at_install")
class TestContactRefused(ContactCase):
    """Odoo takes no tax number but those of the United Kingdom."""

    def setUp(self):
        super().setUp()
        partners, original = type(self.env["res.partner"]), type(self.env["res.partner"]).write

        def write(records, vals):
            if "vat" in vals and vals["vat"] and not vals["vat"].startswith("GB"):
                refusal = f"The VAT number {vals['vat']} is not valid."
                raise ValidationError(refusal)
            return original(records, vals)

        self.enterContext(patch.object(partners, "write", write))

    def test_a_new_contact_is_made_without_its_tax_number(self):
        self.connection.inbound_contacts = "create"
        self.person(
            "create_contact",
            Name="Weka",
            TaxNumber="NONSENSE",
            EmailAddress="weka@example.com",
            Phones=[{"PhoneType": "DEFAULT", "PhoneNumber": "777"}],
        )
        self.poll("Contact")
        partner = self.env["res.partner"].search([("name", "=", "Weka")])
        self.assertEqual((partner.email, partner.phone, partner.vat), ("weka@example.com", "777", False))
        self.assertTrue(partner.xero_contact_id)
        self.assertIn("NONSENSE", partner.xero_sync_message)
        self.assertTrue(any("NONSENSE" in body for body in partner.message_ids.mapped("body")))
        partner.phone = "888"
        self.drain()
        self.assertEqual(self.element(partner)["TaxNumber"], "NONSENSE")
        partner.vat = "GB 9"
        self.drain()
        self.assertEqual(self.element(partner)["TaxNumber"], "GB 9")

    def test_of_a_known_contact_the_rest_is_taken_over_and_a_person_asked(self):
        self.partner.vat = "GB 1"
        self.drain()
        self.edit_contact(TaxNumber="NONSENSE", EmailAddress="new@example.com")
        self.assertEqual((self.partner.email, self.partner.vat), ("new@example.com", "GB 1"))
        conflict = self.conflict_of(self.partner)
        self.assertEqual((conflict.state, conflict.kind), ("open", "refused"))
        self.assertEqual(conflict.line_ids.mapped("name"), ["tax_number"])
        self.assertIn("NONSENSE", conflict.reason)
        conflict.action_take_odoo()
        self.drain()
        self.assertEqual((self.element()["TaxNumber"], self.element()["EmailAddress"]), ("GB 1", "new@example.com"))

"""Contacts (facts 4.5)."""

import pytest

DUPLICATE = (
    "The contact name {} is already assigned to another contact. "
    "The contact name must be unique across all active contacts."
)
ARCHIVED = (
    "The specified contact details matched an archived contact. "
    "Archived contacts cannot currently be edited via the API."
)


class TestNames:
    def test_unique_among_active_ones_without_case(self, au):
        au.contact("Ada Trading")
        assert au.refused("Contacts", Name="ADA trading") == [DUPLICATE.format("ADA trading")]

    def test_free_again_after_archiving(self, sim, au):
        au.contact("Ada Trading")
        sim.act("archive_contact", contact="Ada Trading")
        assert au.contact("Ada Trading")

    def test_renaming_onto_another_is_refused(self, au):
        au.contact("Ada")
        bob = au.contact("Bob")
        assert au.refused("Contacts", "POST", ContactID=bob, Name="ada") == [DUPLICATE.format("ada")]
        assert au.change("Contacts", ContactID=bob, Name="BOB")["Name"] == "BOB"

    @pytest.mark.parametrize("name", ["a<b", "a>b", " a", "a ", "a  b", "", "   ", "n" * 256])
    def test_what_a_name_cannot_be(self, au, name):
        assert au.refused("Contacts", Name=name)

    def test_post_with_a_taken_name_and_no_id(self, sim, au):
        contact = au.contact("Ada")
        assert au.refused("Contacts", "POST", Name="Ada", FirstName="A") == [DUPLICATE.format("Ada")]
        sim.control("readings", post_contact_name_refused=False)
        assert au.change("Contacts", Name="Ada", FirstName="A")["ContactID"] == contact


class TestContactNumber:
    def test_unique_even_with_archived_ones(self, sim, au):
        au.contact("Ada", ContactNumber="c-1")
        assert au.refused("Contacts", Name="Bob", ContactNumber="C-1")
        sim.act("archive_contact", contact="Ada")
        assert au.refused("Contacts", Name="Bob", ContactNumber="c-1")

    def test_post_finds_by_it_and_get_too(self, au):
        contact = au.contact("Ada", ContactNumber="c-1")
        assert au.change("Contacts", ContactNumber="c-1", Name="Ada 2")["ContactID"] == contact
        assert au.one("Contacts/c-1")["Name"] == "Ada 2"

    def test_put_does_not(self, au):
        au.contact("Ada", ContactNumber="c-1")
        assert au.refused("Contacts", Name="Bob", ContactNumber="c-1")


LENGTHS = [
    ("FirstName", 255), ("LastName", 255), ("CompanyNumber", 50), ("AccountNumber", 50), ("ContactNumber", 50),
    ("TaxNumber", 50),
]  # fmt: skip
ADDRESS_LENGTHS = [("AddressLine1", 500), ("City", 255), ("Region", 255), ("PostalCode", 50), ("AttentionTo", 255)]
PHONE_LENGTHS = [("PhoneNumber", 50), ("PhoneAreaCode", 10), ("PhoneCountryCode", 20)]


class TestFields:
    @pytest.mark.parametrize(("name", "most"), LENGTHS)
    def test_lengths(self, au, name, most):
        assert au.save("Contacts", Name="Fits", **{name: "x" * most})
        assert str(most) in au.refused("Contacts", Name="Too long", **{name: "y" * (most + 1)})[0]

    @pytest.mark.parametrize(("name", "most"), ADDRESS_LENGTHS)
    def test_address_lengths(self, au, name, most):
        assert au.save("Contacts", Name="Fits", Addresses=[{"AddressType": "POBOX", name: "x" * most}])
        address = {"AddressType": "POBOX", name: "x" * (most + 1)}
        assert au.refused("Contacts", Name="Too long", Addresses=[address])

    @pytest.mark.parametrize(("name", "most"), PHONE_LENGTHS)
    def test_phone_lengths(self, au, name, most):
        assert au.save("Contacts", Name="Fits", Phones=[{"PhoneType": "DEFAULT", name: "1" * most}])
        phone = {"PhoneType": "DEFAULT", name: "1" * (most + 1)}
        assert au.refused("Contacts", Name="Too long", Phones=[phone])

    @pytest.mark.parametrize("country", ["Côte d'Ivoire", "Zone 51", "U.K."])
    def test_country_has_letters_only(self, au, country):
        assert au.refused("Contacts", Name="A", Addresses=[{"AddressType": "POBOX", "Country": country}])

    def test_country_may_have_spaces(self, au):
        assert au.save("Contacts", Name="A", Addresses=[{"AddressType": "POBOX", "Country": "United Kingdom"}])

    @pytest.mark.parametrize("email", ["no at sign", "a@b", "jürgen@example.com", "a@exämple.com", "a b@example.com"])
    def test_email_must_be_valid(self, au, email):
        assert au.refused("Contacts", Name="A", EmailAddress=email) == [f"Email address '{email}' must be valid."]

    def test_five_persons_at_most(self, au):
        person = {"FirstName": "P", "LastName": "Q", "EmailAddress": "p@example.com", "IncludeInEmails": True}
        assert au.save("Contacts", Name="A", ContactPersons=[person] * 5)
        assert au.refused("Contacts", Name="B", ContactPersons=[person] * 6)
        assert au.refused("Contacts", Name="C", ContactPersons=[person | {"EmailAddress": "x"}])

    def test_unknown_types_of_address_and_phone(self, au):
        assert au.refused("Contacts", Name="A", Addresses=[{"AddressType": "HOME"}])
        assert au.refused("Contacts", Name="A", Phones=[{"PhoneType": "PAGER"}])

    def test_payment_terms(self, au):
        terms = {"Sales": {"Day": 30, "Type": "DAYSAFTERBILLDATE"}, "Bills": {"Day": 20, "Type": "OFFOLLOWINGMONTH"}}
        contact = au.contact("A", PaymentTerms=terms)
        assert au.one(f"Contacts/{contact}")["PaymentTerms"] == terms
        assert au.refused("Contacts", Name="B", PaymentTerms={"Sales": {"Day": 30, "Type": "SOMETIMES"}})
        assert au.refused("Contacts", Name="B", PaymentTerms={"Bills": {"Day": 32, "Type": "OFCURRENTMONTH"}})

    @pytest.mark.parametrize(("month", "days"), [(False, 999), (True, 31)])
    def test_days_after_a_date_have_three_digits_or_end_with_31(self, sim, au, month, days):
        sim.control("readings", terms_up_to_31_days=month)
        for kind in ("DAYSAFTERBILLDATE", "DAYSAFTERBILLMONTH"):
            assert au.contact(f"A {kind}", PaymentTerms={"Sales": {"Day": days, "Type": kind}})
            assert au.refused("Contacts", Name="B", PaymentTerms={"Sales": {"Day": days + 1, "Type": kind}})

    def test_default_currency_must_be_the_organisations(self, au):
        assert au.contact("A", DefaultCurrency="USD")
        assert au.refused("Contacts", Name="B", DefaultCurrency="JPY")

    def test_all_messages_at_once(self, au):
        assert len(au.refused("Contacts", Name="a<b", EmailAddress="x", TaxNumber="1" * 51)) == 3


class TestUpdates:
    def test_what_is_left_out_is_kept(self, au):
        contact = au.contact("A", EmailAddress="a@example.com", TaxNumber="123")
        changed = au.change("Contacts", ContactID=contact, TaxNumber="456")
        assert (changed["Name"], changed["EmailAddress"], changed["TaxNumber"]) == ("A", "a@example.com", "456")

    @pytest.mark.parametrize("replaced", [True, False])
    def test_lists_are_replaced_addresses_perhaps_by_type(self, sim, au, replaced):
        sim.control("readings", contact_lists_replaced=replaced)
        contact = au.contact(
            "A", Addresses=[{"AddressType": "POBOX", "City": "Perth"}, {"AddressType": "STREET", "City": "Hobart"}],
            ContactPersons=[{"FirstName": "Old"}],
        )  # fmt: skip
        au.change("Contacts", ContactID=contact, Addresses=[{"AddressType": "POBOX", "City": "Cairns"}],
                  ContactPersons=[{"FirstName": "New"}])  # fmt: skip
        found = au.one(f"Contacts/{contact}")
        cities = {row["AddressType"]: row["City"] for row in found["Addresses"]}
        assert cities == {"POBOX": "Cairns", "STREET": "" if replaced else "Hobart"}
        assert [row["FirstName"] for row in found["ContactPersons"]] == ["New"]

    def test_customer_and_supplier_flags_cannot_be_sent(self, au):
        contact = au.contact("A", IsCustomer=True, IsSupplier=True)
        found = au.one(f"Contacts/{contact}")
        assert (found["IsCustomer"], found["IsSupplier"]) == (False, False)


class TestArchiving:
    def test_by_post_and_then_no_edit_nor_return(self, sim, au):
        contact = au.contact("A")
        assert au.change("Contacts", ContactID=contact, ContactStatus="ARCHIVED")["ContactStatus"] == "ARCHIVED"
        assert au.refused("Contacts", "POST", ContactID=contact, TaxNumber="1") == [ARCHIVED]
        assert au.refused("Contacts", "POST", ContactID=contact, ContactStatus="ACTIVE") == [ARCHIVED]
        sim.control("readings", no_unarchive=False)
        assert au.change("Contacts", ContactID=contact, ContactStatus="ACTIVE")["ContactStatus"] == "ACTIVE"

    def test_other_statuses_cannot_be_set(self, au):
        assert au.refused("Contacts", "POST", ContactID=au.contact("A"), ContactStatus="GDPRREQUEST")

    def test_lists_leave_them_out_unless_asked(self, sim, au):
        contact = au.contact("A")
        au.contact("B")
        sim.act("archive_contact", contact="A")
        assert [row["Name"] for row in au.rows("Contacts")] == ["B"]
        assert len(au.rows("Contacts", includeArchived="true")) == 2
        assert au.rows("Contacts", IDs=contact) == []
        assert au.one(f"Contacts/{contact}")["ContactStatus"] == "ARCHIVED"


class TestLists:
    def test_unpaged_list_lacks_terms_persons_and_defaults(self, au):
        au.contact("A", PaymentTerms={"Sales": {"Day": 1, "Type": "OFCURRENTMONTH"}}, SalesDefaultAccountCode="200",
                   ContactPersons=[{"FirstName": "P"}])  # fmt: skip
        missing = {"PaymentTerms", "ContactPersons", "SalesDefaultAccountCode"}
        assert not missing & set(au.rows("Contacts")[0])
        assert missing <= set(au.rows("Contacts", page=1)[0])

    def test_summary_only(self, au):
        au.contact("A")
        row = au.rows("Contacts", summaryOnly="true")[0]
        assert not {"Addresses", "IsCustomer", "IsSupplier", "ContactGroups"} & set(row)
        assert row["Name"] == "A"

    def test_search_term(self, au):
        au.contact("Ada", EmailAddress="hello@example.com", ContactNumber="odoo-9")
        au.contact("Bob")
        for term in ("ADA", "hello@", "odoo-9"):
            assert [row["Name"] for row in au.rows("Contacts", searchTerm=term)] == ["Ada"]

    def test_where_by_email_ignores_case(self, au):
        au.contact("Ada", EmailAddress="Hello@Example.com")
        assert len(au.rows("Contacts", where='EmailAddress=="hello@example.com"')) == 1


def test_merge_moves_documents_and_the_loser_keeps_answering(sim, au):
    loser, winner = au.contact("Loser"), au.contact("Winner")
    invoice = au.invoice(loser)
    sim.act("merge_contacts", contact="Loser", into="Winner")
    assert au.one(f"Invoices/{invoice['InvoiceID']}")["Contact"]["ContactID"] == winner
    found = au.one(f"Contacts/{loser}")
    assert (found["ContactStatus"], found["MergedToContactID"]) == ("ARCHIVED", winner)
    unpaged = au.rows("Contacts", includeArchived="true")
    assert all("MergedToContactID" not in row for row in unpaged)
    paged = au.rows("Contacts", includeArchived="true", page=1)
    assert [row["MergedToContactID"] for row in paged if row["ContactID"] == loser] == [winner]

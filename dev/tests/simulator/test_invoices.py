"""Invoices and bills: what they need, numbers, status moves, lock dates, currencies (facts 4.2, 4.4, 4.12)."""

import pytest
from simulator_client import line

BAD_STATUS = "Invoice not of valid status for modification"


def refused(api, **fields):
    return api.refused("Invoices", **api.draft_fields(**fields))


class TestNeeds:
    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"Type": None}, "Invoice type is not valid"),
            ({"Type": "ACCRECCREDIT"}, "Invoice type is not valid"),
            ({"Contact": None}, "A Contact must be specified for this type of transaction"),
            ({"LineItems": []}, "One or more line items must be specified"),
            ({"LineItems": None}, "One or more line items must be specified"),
            ({"DueDate": None}, "The document DueDate field must be specified"),
            ({"LineAmountTypes": "Sometimes"}, "LineAmountTypes must be Exclusive, Inclusive or NoTax"),
            ({"Status": "PAID"}, "Invoice not of valid status for creation"),
            ({"Status": "VOIDED"}, "Invoice not of valid status for creation"),
        ],
    )
    def test_what_is_missing_or_wrong(self, au, fields, message):
        assert refused(au, **fields) == [message]

    def test_draft_needs_no_due_date_and_is_the_default(self, au):
        fields = au.draft_fields(DueDate=None)
        del fields["Status"]
        draft = au.save("Invoices", **fields)
        assert draft["Status"] == "DRAFT"
        assert au.refused("Invoices", "POST", InvoiceID=draft["InvoiceID"], Status="AUTHORISED") == [
            "The document DueDate field must be specified"
        ]

    def test_date_defaults_to_today_of_the_organisation(self, sim):
        """When it is 12:30 UTC it is already tomorrow in Auckland, and still today in Los Angeles."""
        now = sim.look("clock")["time"]
        seconds = int(now[11:13]) * 3600 + int(now[14:16]) * 60 + int(now[17:19])
        sim.control("clock", advance=12.5 * 3600 - seconds)
        today = sim.look("clock")["time"][:10]
        days = {}
        for org in ("nz", "us"):
            api = sim.api(org)
            days[org] = api.save("Invoices", **api.draft_fields(Date=None))["DateString"][:10]
        assert days["us"] == today
        assert days["nz"] > today

    def test_reference_is_for_sales_only(self, au):
        assert au.invoice(Reference="PO 1")["Reference"] == "PO 1"
        bill = au.bill(Reference="ignored")
        assert "Reference" not in au.one(f"Invoices/{bill['InvoiceID']}")

    @pytest.mark.parametrize("url", ["nonsense", "javascript:alert(1)", "http://x y", "http://" + "a" * 1100])
    def test_url_must_be_absolute(self, au, url):
        assert refused(au, Url=url) == ["Url must be a valid absolute URL"]

    def test_url_is_kept(self, au):
        url = "http://localhost:8069/mail/view?model=account.move&res_id=1&xero_db=abc"
        assert au.one(f"Invoices/{au.invoice(Url=url)['InvoiceID']}")["Url"] == url

    def test_sent_to_contact_only_when_approved(self, au):
        assert refused(au, SentToContact=True, Status="DRAFT")
        assert au.invoice(SentToContact=True)["SentToContact"] is True

    def test_branding_theme_must_exist(self, au):
        theme = au.rows("BrandingThemes")[0]["BrandingThemeID"]
        assert au.invoice(BrandingThemeID=theme)["BrandingThemeID"] == theme
        assert refused(au, BrandingThemeID="5a1d52a0-0000-4000-8000-000000000000")


class TestContact:
    def test_by_name_creates_or_matches(self, sim, au):
        first = au.invoice(Contact={"Name": "New Customer"})
        second = au.invoice(Contact={"Name": "new customer"})
        assert first["Contact"]["ContactID"] == second["Contact"]["ContactID"]
        assert [row["Name"] for row in sim.documents("Contacts")].count("New Customer") == 1

    def test_failed_document_creates_no_contact(self, sim, au):
        assert refused(au, Contact={"Name": "Nobody"}, DueDate=None)
        assert "Nobody" not in [row["Name"] for row in sim.documents("Contacts")]

    def test_archived_is_refused(self, sim, au):
        contact = au.contact("Gone Ltd")
        sim.act("archive_contact", contact="Gone Ltd")
        assert "archived" in refused(au, Contact={"ContactID": contact})[0]

    def test_flags_are_set_by_the_first_document_without_moving_the_update_time(self, au):
        contact = au.contact("Both Ltd")
        before = au.one(f"Contacts/{contact}")
        au.invoice(contact)
        au.bill(contact)
        after = au.one(f"Contacts/{contact}")
        assert (before["IsCustomer"], before["IsSupplier"]) == (False, False)
        assert (after["IsCustomer"], after["IsSupplier"]) == (True, True)
        assert after["UpdatedDateUTC"] == before["UpdatedDateUTC"]


class TestNumbers:
    def test_given_automatically(self, au):
        first = au.save("Invoices", **au.draft_fields())
        au.invoice(InvoiceNumber="INV-0002")
        third = au.save("Invoices", **au.draft_fields())
        assert (first["InvoiceNumber"], third["InvoiceNumber"]) == ("INV-0001", "INV-0003")

    def test_sales_numbers_are_unique_without_case(self, au):
        au.invoice(InvoiceNumber="A-1")
        assert refused(au, InvoiceNumber="A-1") == ["Invoice # must be unique."]
        assert refused(au, InvoiceNumber="a-1") == ["Invoice # must be unique."]

    def test_in_one_call_too(self, au):
        rows = [au.draft_fields(InvoiceNumber="A-1"), au.draft_fields(InvoiceNumber="A-1")]
        first, second = au.write("PUT", "Invoices", rows)
        assert (first["StatusAttributeString"], second["StatusAttributeString"]) == ("OK", "ERROR")

    def test_bill_numbers_are_free(self, au):
        assert au.bill()["InvoiceNumber"] == au.bill()["InvoiceNumber"] == "B-1"
        assert au.invoice(InvoiceNumber="B-1")

    def test_stay_taken_after_void_unless_switched(self, sim, au):
        invoice = au.invoice(InvoiceNumber="A-1")
        au.change("Invoices", InvoiceID=invoice["InvoiceID"], Status="VOIDED")
        draft = au.save("Invoices", **au.draft_fields(InvoiceNumber="A-2", Status="DRAFT"))
        au.change("Invoices", InvoiceID=draft["InvoiceID"], Status="DELETED")
        assert refused(au, InvoiceNumber="A-1") == ["Invoice # must be unique."]
        assert refused(au, InvoiceNumber="A-2") == ["Invoice # must be unique."]
        sim.control("readings", number_taken_after_void=False)
        assert au.invoice(InvoiceNumber="A-1")

    def test_renumbering_onto_another_is_refused(self, au):
        au.invoice(InvoiceNumber="A-1")
        second = au.invoice(InvoiceNumber="A-2")
        fields = {"InvoiceID": second["InvoiceID"], "Status": "AUTHORISED"}
        assert au.refused("Invoices", "POST", **fields, InvoiceNumber="A-1") == ["Invoice # must be unique."]
        assert au.change("Invoices", **fields, InvoiceNumber="A-2")

    def test_printable_ascii_up_to_255(self, au):
        assert au.invoice(InvoiceNumber="x" * 255)
        assert refused(au, InvoiceNumber="x" * 256)
        assert refused(au, InvoiceNumber="Nº 1")
        assert au.bill(InvoiceNumber="Nº 1")

    def test_get_by_number(self, au):
        invoice = au.invoice(InvoiceNumber="A-1 b")
        assert au.one("Invoices/A-1%20b")["InvoiceID"] == invoice["InvoiceID"]

    def test_number_with_a_slash_cannot_stand_in_the_address(self, au):
        """Web servers decode %2F before routing; where and InvoiceNumbers find such numbers."""
        au.invoice(InvoiceNumber="INV/2026/1")
        assert au.call("GET", "Invoices/INV%2F2026%2F1").status_code == 404
        assert len(au.rows("Invoices", InvoiceNumbers="INV/2026/1")) == 1
        assert len(au.rows("Invoices", where='InvoiceNumber=="INV/2026/1"')) == 1


MOVES = {
    "DRAFT": {"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"},
    "SUBMITTED": {"SUBMITTED", "DRAFT", "AUTHORISED", "DELETED"},
    "AUTHORISED": {"AUTHORISED", "VOIDED"},
    "VOIDED": set(),
    "DELETED": set(),
}
STATUSES = ("DRAFT", "SUBMITTED", "AUTHORISED", "VOIDED", "DELETED")


class TestStatus:
    def at(self, api, resource, status):
        key = "InvoiceID" if resource == "Invoices" else "CreditNoteID"
        kind = "ACCREC" if resource == "Invoices" else "ACCRECCREDIT"
        start = {"VOIDED": "AUTHORISED", "DELETED": "DRAFT"}.get(status, status)
        doc = api.save(resource, **api.draft_fields(Type=kind, Status=start))
        if start != status:
            api.change(resource, **{key: doc[key]}, Status=status)
        return {key: doc[key]}

    @pytest.mark.parametrize("resource", ["Invoices", "CreditNotes"])
    @pytest.mark.parametrize("old", STATUSES)
    @pytest.mark.parametrize("new", STATUSES)
    def test_every_move(self, au, resource, old, new):
        key = self.at(au, resource, old)
        if new in MOVES[old]:
            assert au.change(resource, **key, Status=new)["Status"] == new
        else:
            word = "Invoice" if resource == "Invoices" else "Credit note"
            message = f"{word} not of valid status for modification"
            assert au.refused(resource, "POST", **key, Status=new) == [message]

    def test_update_of_an_approved_document_needs_its_status(self, sim, au):
        key = self.at(au, "Invoices", "AUTHORISED")
        assert au.refused("Invoices", "POST", **key, Reference="x") == [BAD_STATUS]
        sim.control("readings", update_needs_status=False)
        assert au.change("Invoices", **key, Reference="x")["Reference"] == "x"

    def test_voiding_ignores_other_fields_and_clears_what_is_due(self, au):
        invoice = au.invoice()
        changed = au.change("Invoices", InvoiceID=invoice["InvoiceID"], Status="VOIDED", Reference="ignored")
        assert changed["AmountDue"] == 0
        assert changed.get("Reference", "") == ""

    def test_type_never_changes(self, au):
        key = self.at(au, "Invoices", "DRAFT")
        assert au.refused("Invoices", "POST", **key, Type="ACCPAY")

    def test_total_of_zero_is_paid_at_once_and_can_be_voided(self, sim, au):
        invoice = au.invoice(LineItems=[line(UnitAmount=0)])
        assert invoice["Status"] == "PAID"
        assert au.change("Invoices", InvoiceID=invoice["InvoiceID"], Status="VOIDED")["Status"] == "VOIDED"
        sim.control("readings", zero_total_is_paid=False)
        assert au.invoice(LineItems=[line(UnitAmount=0)])["Status"] == "AUTHORISED"

    def test_low_plans_cap_approvals_of_a_month(self, sim, au):
        sim.control("organisations/au", settings={"approval_limit": 2})
        au.bill()
        au.bill()
        lines = [line(AccountCode="400")]
        limit = ["You have reached the limit of invoices you can approve."]
        assert refused(au, Type="ACCPAY", LineItems=lines) == limit
        assert au.bill(Date="2026-11-01")
        draft = au.save("Invoices", **au.draft_fields(Type="ACCPAY", LineItems=lines, Status="DRAFT"))
        assert au.refused("Invoices", "POST", InvoiceID=draft["InvoiceID"], Status="AUTHORISED") == limit


class TestLockDates:
    @pytest.fixture
    def locked(self, sim, au):
        """One invoice on each side of a period lock date."""
        before = au.invoice(Date="2026-06-30")
        after = au.invoice(Date="2026-07-01")
        sim.act("set_lock_date", period="2026-06-30")
        return before, after

    MESSAGE = "The document date cannot be before the period lock date, currently set at 30 June 2026"

    def test_nothing_new_on_or_before_it(self, au, locked):
        assert refused(au, Date="2026-06-30") == [self.MESSAGE]
        assert refused(au, Date="2026-06-30", Status="DRAFT") == [self.MESSAGE]
        assert au.invoice(Date="2026-07-01")

    def test_no_edit_and_no_void_of_what_is_there(self, au, locked):
        before, after = locked
        for change in ({"Status": "VOIDED"}, {"Status": "AUTHORISED", "Reference": "x"}):
            assert au.refused("Invoices", "POST", InvoiceID=before["InvoiceID"], **change) == [self.MESSAGE]
        assert au.change("Invoices", InvoiceID=after["InvoiceID"], Status="VOIDED")

    def test_no_move_into_it(self, au, locked):
        fields = {"InvoiceID": locked[1]["InvoiceID"], "Status": "AUTHORISED"}
        assert au.refused("Invoices", "POST", **fields, Date="2026-01-01") == [self.MESSAGE]

    def test_payments_too(self, au, locked):
        fields = {"Invoice": {"InvoiceID": locked[1]["InvoiceID"]}, "Account": {"Code": "090"}, "Amount": 1}
        assert au.refused("Payments", **fields, Date="2026-06-30") == [self.MESSAGE]

    def test_end_of_year(self, sim, au):
        sim.act("set_lock_date", year="2026-03-31")
        assert refused(au, Date="2026-03-31") == [
            "The document date cannot be before the end of year lock date, currently set at 31 March 2026"
        ]

    def test_organisation_shows_them_and_they_can_be_lifted(self, sim, au, locked):
        (organisation,) = au.get("Organisation")["Organisations"]
        assert organisation["PeriodLockDate"] == "/Date(1782777600000+0000)/"
        sim.act("set_lock_date", period=None)
        assert au.invoice(Date="2026-06-30")


class TestCurrency:
    def test_base_currency_carries_one(self, au):
        invoice = au.invoice(CurrencyRate="1.5")
        assert (invoice["CurrencyCode"], invoice["CurrencyRate"]) == ("AUD", 1)

    def test_rate_is_foreign_units_per_base_unit_and_kept_as_sent(self, au):
        invoice = au.invoice(CurrencyCode="USD", CurrencyRate="0.6578947368")
        assert (invoice["CurrencyCode"], str(invoice["CurrencyRate"])) == ("USD", "0.657895")

    def test_rate_of_the_day_when_left_out(self, au):
        rate = au.invoice(CurrencyCode="USD")["CurrencyRate"]
        assert 0.5 < rate < 0.8

    def test_lines_sent_again_without_rate_reset_it(self, sim, au):
        invoice = au.invoice(CurrencyCode="USD", CurrencyRate="0.5")
        fields = {"InvoiceID": invoice["InvoiceID"], "Status": "AUTHORISED"}
        assert str(au.change("Invoices", **fields, Reference="x")["CurrencyRate"]) == "0.500000"
        assert au.change("Invoices", **fields, LineItems=[line()])["CurrencyRate"] != invoice["CurrencyRate"]
        au.change("Invoices", **fields, CurrencyRate="0.5")
        sim.control("readings", rate_reset_without_currency_rate=False)
        assert str(au.change("Invoices", **fields, LineItems=[line()])["CurrencyRate"]) == "0.500000"

    def test_currency_must_be_the_organisations(self, sim, au):
        assert refused(au, CurrencyCode="JPY") == ["Organisation is not subscribed to currency JPY"]
        au.call("PUT", "Currencies", json={"Code": "JPY"}).raise_for_status()
        assert au.invoice(CurrencyCode="JPY")
        us = sim.api("us")
        assert refused(us, CurrencyCode="EUR") == ["Organisation is not subscribed to currency EUR"]

    def test_balances_are_in_base_currency(self, au):
        contact = au.contact("Foreign Ltd")
        au.invoice(contact, CurrencyCode="USD", CurrencyRate="0.5", DueDate="2020-01-01")
        balances = au.one(f"Contacts/{contact}")["Balances"]["AccountsReceivable"]
        assert balances == {"Outstanding": 200, "Overdue": 200}


def test_pdf(au):
    invoice = au.invoice(LineItems=[line(Description="A (tricky) \\ text")])
    answer = au.call("GET", f"Invoices/{invoice['InvoiceID']}", {"Accept": "application/pdf"})
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-1.4")
    assert rb"A \(tricky\) \\ text" in answer.content

"""PUT, POST, summarizeErrors, unreadable bodies, unitdp (facts 3.8, 3.9, 4.1, 5.1)."""

import pytest
from simulator_client import ZERO_ID, line


def good_and_bad(au):
    contact = au.contact()
    good = au.draft_fields(contact, InvoiceNumber="GOOD")
    bad = au.draft_fields(contact, InvoiceNumber="BAD", LineItems=[line(AccountCode="nope")])
    return [good, bad]


class TestSummarizeErrors:
    def test_false_judges_each_element_alone_in_order(self, sim, au):
        good, bad = au.write("PUT", "Invoices", good_and_bad(au))
        assert good["StatusAttributeString"] == "OK"
        assert good["InvoiceID"] != ZERO_ID
        assert bad["StatusAttributeString"] == "ERROR"
        assert bad["InvoiceID"] == ZERO_ID
        assert bad["HasErrors"] is True
        assert bad["ValidationErrors"] == [{"Message": "Account code 'nope' is not a valid code for this document."}]
        assert [row["InvoiceNumber"] for row in sim.documents("Invoices")] == ["GOOD"]

    def test_error_element_echoes_what_was_asked_for(self, au):
        _good, bad = au.write("PUT", "Invoices", good_and_bad(au))
        assert bad["Status"] == "AUTHORISED"
        assert bad["InvoiceNumber"] == "BAD"

    @pytest.mark.parametrize("params", [{}, {"summarizeErrors": "true"}])
    def test_otherwise_one_bad_element_refuses_all(self, sim, au, params):
        answer = au.call("PUT", "Invoices", params=params, json={"Invoices": good_and_bad(au)})
        assert answer.status_code == 400
        body = answer.json()
        assert (body["ErrorNumber"], body["Type"]) == (10, "ValidationException")
        assert body["Message"] == "A validation exception occurred"
        assert [row["InvoiceNumber"] for row in body["Elements"]] == ["BAD"]
        assert sim.documents("Invoices") == []

    def test_undo_also_frees_numbers_names_and_flags(self, sim, au):
        au.call("PUT", "Invoices", json={"Invoices": good_and_bad(au)})
        assert sim.documents("Contacts")[0]["IsCustomer"] is False
        contact = sim.documents("Contacts")[0]["ContactID"]
        assert au.invoice(contact, InvoiceNumber="GOOD")["StatusAttributeString"] == "OK"

    def test_contacts_flag_validation_errors(self, au):
        (row,) = au.write("PUT", "Contacts", [{"Name": "a<b"}])
        assert row["HasValidationErrors"] is True
        assert row["ContactID"] == ZERO_ID

    def test_messages_inside_the_contact(self, au):
        fields = au.draft_fields() | {"Contact": {"ContactID": "5a1d52a0-0000-4000-8000-000000000000"}}
        (row,) = au.write("PUT", "Invoices", [fields])
        assert row["Contact"]["ValidationErrors"][0]["Message"] == row["ValidationErrors"][0]["Message"]

    def test_figures_tell_elements_apart(self, sim, au):
        au.write("PUT", "Invoices", good_and_bad(au))
        outcomes = {row["outcome"]: row["count"] for row in sim.look("stats")["elements"]
                    if row["resource"] == "Invoices"}  # fmt: skip
        assert outcomes == {"created": 1, "error": 1}


class TestBodies:
    def test_one_bare_element_and_a_bare_list(self, au):
        for body in ({"Name": "Ada"}, [{"Name": "Bob"}], {"Contacts": [{"Name": "Cy"}]}):
            assert au.call("PUT", "Contacts", json=body).status_code == 200

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"Contacts": []}', b'{"Contacts": [1]}', b'{"Name": NaN}'])
    def test_unreadable(self, au, body):
        answer = au.call("PUT", "Contacts", data=body)
        assert answer.status_code == 400
        assert (answer.json()["Type"], answer.json()["ErrorNumber"]) == ("PostDataInvalidException", 17)

    @pytest.mark.parametrize(
        "fields", [{"Date": "2026-10-01 00:00:00"}, {"Date": "01/10/2026"}, {"DueDate": "2026-02-30"}, {"Date": 5}]
    )
    def test_date_of_the_wrong_form_refuses_the_whole_call(self, sim, au, fields):
        good = au.draft_fields(InvoiceNumber="GOOD")
        answer = au.call(
            "PUT", "Invoices", params={"summarizeErrors": "false"}, json={"Invoices": [good, good | fields]}
        )
        assert answer.status_code == 400
        assert (answer.json()["Type"], answer.json()["ErrorNumber"]) == ("PostDataInvalidException", 14)
        assert sim.documents("Invoices") == []

    @pytest.mark.parametrize("text", ["2026-10-01", "2026-10-01T00:00:00", "/Date(1790812800000+0000)/"])
    def test_dates_that_are_understood(self, au, text):
        assert au.invoice(Date=text)["DateString"] == "2026-10-01T00:00:00"

    def test_number_of_the_wrong_form(self, au):
        fields = au.draft_fields(LineItems=[line(UnitAmount="a lot")])
        answer = au.call("PUT", "Invoices", params={"summarizeErrors": "false"}, json=fields)
        assert answer.json()["ErrorNumber"] == 14

    def test_request_over_ten_megabytes(self, au):
        assert au.call("PUT", "Contacts", data=b" " * (10 * 1024 * 1024 + 1)).status_code == 413

    def test_methods_that_are_not_offered(self, au):
        for path in ("Invoices", "Contacts", "Payments", "Organisation"):
            assert au.call("DELETE", path).status_code == 501
        assert au.call("PUT", "Users", json={}).status_code == 501


class TestPutAndPost:
    def test_put_never_updates(self, sim, au):
        invoice = au.invoice(InvoiceNumber="N-1")
        again = au.draft_fields(invoice["Contact"]["ContactID"], InvoiceNumber="N-1")
        assert au.refused("Invoices", **again) == ["Invoice # must be unique."]
        assert au.refused("Invoices", **again | {"InvoiceNumber": None, "InvoiceID": invoice["InvoiceID"]})
        assert len(sim.documents("Invoices")) == 1

    def test_post_with_a_known_number_overwrites_that_invoice(self, sim, au):
        invoice = au.invoice(InvoiceNumber="N-1")
        fields = au.draft_fields(invoice["Contact"]["ContactID"], InvoiceNumber="N-1", LineItems=[line(UnitAmount=7)])
        changed = au.change("Invoices", **fields)
        assert changed["InvoiceID"] == invoice["InvoiceID"]
        assert changed["Total"] == 7
        assert len(sim.documents("Invoices")) == 1

    def test_post_of_a_bill_with_a_known_number_is_a_new_bill(self, sim, au):
        bill = au.bill()
        lines = [line(AccountCode="400")]
        fields = au.draft_fields(bill["Contact"]["ContactID"], Type="ACCPAY", InvoiceNumber="B-1", LineItems=lines)
        assert au.change("Invoices", **fields)["InvoiceID"] != bill["InvoiceID"]
        assert len(sim.documents("Invoices")) == 2

    def test_post_creates_what_is_unknown(self, au):
        assert au.change("Invoices", **au.draft_fields(InvoiceNumber="NEW"))["InvoiceNumber"] == "NEW"

    def test_id_in_the_address_wins(self, au):
        invoice = au.invoice()
        changed = au.change(f"Invoices/{invoice['InvoiceID']}", Status="AUTHORISED", Reference="via address")
        assert changed["Reference"] == "via address"

    def test_unknown_ids(self, au):
        unknown = "5a1d52a0-0000-4000-8000-000000000000"
        assert au.refused("Invoices", "POST", InvoiceID=unknown, Reference="x") == [
            "The document with the supplied id was not found for this endpoint."
        ]
        assert au.call("POST", f"Invoices/{unknown}", json={"Reference": "x"}).status_code == 404


class TestUnitDp:
    def test_without_it_the_price_is_rounded_before_the_line_is_computed(self, au):
        fields = au.draft_fields(LineItems=[line(Quantity=100, UnitAmount="0.3333")])
        (rounded,) = au.write("PUT", "Invoices", [fields], unitdp=2)
        assert rounded["Total"] == 33
        (exact,) = au.write("PUT", "Invoices", [fields])
        assert str(exact["Total"]) == "33.33"

    def test_reading_needs_it_too(self, au):
        invoice = au.invoice(LineItems=[line(UnitAmount="1.2345")])
        path = f"Invoices/{invoice['InvoiceID']}"
        assert str(au.one(path)["LineItems"][0]["UnitAmount"]) == "1.23"
        assert str(au.one(path, unitdp=4)["LineItems"][0]["UnitAmount"]) == "1.2345"

"""Credit notes and allocations (facts 4.6)."""

import pytest
from simulator_client import line


def allocate(api, note, invoice, amount, **fields):
    row = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": amount} | fields
    (result,) = api.write("PUT", f"CreditNotes/{note['CreditNoteID']}/Allocations", [row])
    return result


def reasons(row):
    assert row["StatusAttributeString"] == "ERROR"
    return [error["Message"] for error in row["ValidationErrors"]]


class TestNumbers:
    def test_sales_numbers_are_unique_and_automatic(self, au):
        first = au.note(CreditNoteNumber="C-1")
        assert au.refused("CreditNotes", **au.draft_fields(Type="ACCRECCREDIT", CreditNoteNumber="c-1")) == [
            "Credit Note # must be unique."
        ]
        assert au.note()["CreditNoteNumber"] == "CN-0001"
        assert au.one("CreditNotes/C-1")["CreditNoteID"] == first["CreditNoteID"]

    def test_purchase_numbers_are_free(self, au):
        lines = [line(AccountCode="400")]
        for _number in range(2):
            assert au.note(Type="ACCPAYCREDIT", CreditNoteNumber="S-1", LineItems=lines)

    def test_no_due_date_needed(self, au):
        assert au.note(DueDate=None)["Status"] == "AUTHORISED"

    def test_wrong_type(self, au):
        assert au.refused("CreditNotes", **au.draft_fields())


class TestAllocating:
    def test_moves_credit_to_the_invoice(self, au):
        invoice, note = au.invoice(Date="2026-10-01"), au.note(Date="2026-10-09")
        row = allocate(au, note, invoice, 30)
        assert (row["Amount"], row["Date"][:11]) == (30, "/Date(17915")
        after = au.one(f"Invoices/{invoice['InvoiceID']}")
        assert (after["AmountDue"], after["AmountCredited"], after["AmountPaid"]) == (70, 30, 0)
        assert after["CreditNotes"][0]["AppliedAmount"] == 30
        left = au.one(f"CreditNotes/{note['CreditNoteID']}")
        assert left["RemainingCredit"] == 70
        assert left["Allocations"][0]["Invoice"]["InvoiceID"] == invoice["InvoiceID"]

    def test_used_up_is_paid_on_both_sides(self, au):
        invoice, note = au.invoice(), au.note()
        allocate(au, note, invoice, 100)
        assert au.one(f"Invoices/{invoice['InvoiceID']}")["Status"] == "PAID"
        assert au.one(f"CreditNotes/{note['CreditNoteID']}")["Status"] == "PAID"

    def test_undo(self, au):
        invoice, note = au.invoice(), au.note()
        row = allocate(au, note, invoice, 100)
        path = f"CreditNotes/{note['CreditNoteID']}/Allocations/{row['AllocationID']}"
        answer = au.call("DELETE", path)
        assert answer.json()["Allocations"][0]["IsDeleted"] is True
        assert au.one(f"Invoices/{invoice['InvoiceID']}")["Status"] == "AUTHORISED"
        assert au.one(f"CreditNotes/{note['CreditNoteID']}")["RemainingCredit"] == 100
        assert au.call("DELETE", path).status_code == 404

    def test_not_in_the_call_that_creates_the_note(self, au):
        fields = au.draft_fields(Type="ACCRECCREDIT", Allocations=[{"Amount": 1}])
        assert au.refused("CreditNotes", **fields)

    @pytest.mark.parametrize(
        ("amount", "message"),
        [(101, "The amount allocated exceeds the amount outstanding on this document"), (0, "greater than zero"),
         (None, "greater than zero"), (81, "The amount allocated exceeds the remaining credit")],
    )  # fmt: skip
    def test_amount_must_fit_both(self, au, amount, message):
        note = au.note(LineItems=[line(UnitAmount=80)])
        assert message in reasons(allocate(au, note, au.invoice(), amount))[0]

    def test_needs_approved_documents(self, au):
        draft = au.note(Status="DRAFT")
        assert reasons(allocate(au, draft, au.invoice(), 1))
        invoice = au.save("Invoices", **au.draft_fields(Status="DRAFT"))
        assert reasons(allocate(au, au.note(), invoice, 1))

    def test_same_contact_unless_switched(self, sim, au):
        invoice, note = au.invoice(au.contact("Other")), au.note()
        assert reasons(allocate(au, note, invoice, 1)) == ["The credit and the invoice must be of the same contact"]
        sim.control("readings", allocation_same_contact=False)
        assert allocate(au, note, invoice, 1)["StatusAttributeString"] == "OK"

    def test_same_side_and_currency(self, au):
        note = au.note()
        assert reasons(allocate(au, note, au.bill(), 1))
        assert reasons(allocate(au, note, au.invoice(CurrencyCode="USD"), 1))

    def test_unknown_invoice_or_note(self, au):
        assert reasons(allocate(au, au.note(), {"InvoiceID": "5a1d52a0-0000-4000-8000-000000000000"}, 1))
        assert au.call("PUT", "CreditNotes/none/Allocations", json={}).status_code == 404

    def test_allocated_note_cannot_be_voided(self, au):
        note = au.note()
        allocate(au, note, au.invoice(), 10)
        assert au.refused("CreditNotes", "POST", CreditNoteID=note["CreditNoteID"], Status="VOIDED") == [
            "The status VOIDED cannot be applied to the credit note because it has payments or credit notes"
            " allocated to it."
        ]


def test_refund_is_a_payment_on_the_note(au):
    note = au.note()
    payment = au.save("Payments", CreditNote={"CreditNoteID": note["CreditNoteID"]}, Account={"Code": "090"}, Amount=40)
    assert payment["PaymentType"] == "ARCREDITPAYMENT"
    assert au.one(f"CreditNotes/{note['CreditNoteID']}")["RemainingCredit"] == 60


def test_lists_page_and_filter(au):
    au.note(Reference="R-1")
    au.note(Status="DRAFT")
    assert au.get("CreditNotes", page=1)["pagination"]["itemCount"] == 2
    assert len(au.rows("CreditNotes", where='Status=="DRAFT"')) == 1
    assert len(au.rows("CreditNotes", where='Reference=="R-1" AND Date>=DateTime(2026,1,1)')) == 1
    assert all(row["LineItems"] == [] for row in au.rows("CreditNotes"))
    assert all(row["LineItems"] for row in au.rows("CreditNotes", page=1))

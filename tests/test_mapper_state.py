"""A document as plain values: what is stored of it stays what it was."""

from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..mappers.document.canonical import DocumentState
from ..xero_api import codec

ELEMENT = {
    "InvoiceID": "0a1b",
    "Type": "ACCREC",
    "Status": "PAID",
    "InvoiceNumber": "INV/2026/00001",
    "Reference": "PO 7 ",
    "Contact": {"ContactID": "C0FFEE"},
    "DateString": "2026-05-01T00:00:00",
    "DueDateString": "2026-05-31T00:00:00",
    "LineAmountTypes": "Exclusive",
    "CurrencyCode": "USD",
    "CurrencyRate": Decimal("1.2500"),
    "LineItems": [
        {
            "Description": "Chair",
            "Quantity": Decimal("2.0000"),
            "UnitAmount": Decimal("10.00"),
            "LineAmount": Decimal("20.00"),
            "TaxAmount": Decimal("3.00"),
            "AccountCode": "200",
            "TaxType": "OUTPUT2",
            "Tracking": [{"TrackingOptionID": "AA-1"}],
        },
        {"Description": "Delivered"},
    ],
    "TotalTax": Decimal("3.00"),
    "Total": Decimal("23.00"),
    "AmountPaid": Decimal("13.00"),
    "AmountCredited": Decimal("10.00"),
    "Payments": [{"PaymentID": "P1", "Amount": Decimal("13.00")}],
    "CreditNotes": [{"CreditNoteID": "CN1", "AppliedAmount": Decimal("10.00")}],
}
# As links have it since the first release. Digests of it are stored too: neither ever changes within a version.
STORED = {
    "type": "ACCREC",
    "status": "AUTHORISED",
    "number": "INV/2026/00001",
    "reference": "PO 7",
    "contact": "c0ffee",
    "date": "2026-05-01",
    "due_date": "2026-05-31",
    "currency": "USD",
    "rate": "1.25",
    "tax": "3",
    "total": "23",
    "lines": [
        {
            "description": "Chair",
            "quantity": "2",
            "price": "10",
            "account": "200",
            "tax_type": "OUTPUT2",
            "net": "20",
            "tax": "3",
        },
        {"description": "Delivered"},
    ],
    "tracking": ["aa-1", ""],
    "money": {"paid": "13", "credited": "10", "payments": ["p1 13"], "credits": ["cn1 10"]},
}
DIGEST = "f701aa634543bdf0b8441762b25da2dbbbc9e2f7a2369a99b8c3e02e779452eb"


@tagged("post_install", "-at_install")
class TestDocumentState(BaseCase):
    def test_what_is_stored_is_what_it_was(self):
        state = DocumentState.from_element(ELEMENT, "InvoiceNumber")
        self.assertEqual(state.dump(), STORED)
        self.assertEqual(codec.digest(state.dump()), DIGEST)

    def test_what_was_stored_is_read_and_equal(self):
        state = DocumentState.load(STORED)
        self.assertEqual(state, DocumentState.from_element(ELEMENT, "InvoiceNumber"))
        self.assertEqual(state.dump(), STORED)
        self.assertEqual(DocumentState.load(None), DocumentState())
        self.assertEqual(DocumentState.load({**STORED, "v": 1}).dump(), STORED)

    def test_another_version_is_not_guessed_at(self):
        with self.assertRaises(ValueError):
            DocumentState.load({**STORED, "v": 2})

    def test_what_an_addon_keeps_stays_and_is_compared(self):
        state = DocumentState.load({**STORED, "branding": "blue"})
        self.assertEqual(state.dump()["branding"], "blue")
        self.assertEqual(state.changed_from(DocumentState.load(STORED)), {"branding"})

    def test_the_sides_of_a_merge(self):
        base = DocumentState.load(STORED)
        theirs = DocumentState.load({**STORED, "reference": "PO 8", "due_date": "2026-06-30"})
        ours = DocumentState.load({**STORED, "reference": "PO 9", "tracking": []})
        self.assertEqual(theirs.changed_from(base), {"reference", "due_date"})
        self.assertEqual(ours.changed_from(base), {"reference", "tracking"})
        merged = theirs.with_fields_of(ours, {"reference", "tracking"})
        self.assertEqual((merged.reference, merged.due_date), ("PO 9", "2026-06-30"))
        self.assertEqual(merged.tracking, theirs.tracking, "what the other side does not say stays")

    def test_a_credit_that_is_applied_and_taken_back(self):
        base = DocumentState.load(STORED)
        more = base.after("Invoice", "CN2", Decimal("5.00"))
        self.assertEqual(more.money.credited, "15")
        self.assertEqual(more.money.credits, ("cn1 10", "cn2 5"))
        self.assertEqual(more.after("Invoice", "cn2", Decimal("-5")), base)
        self.assertEqual(more.changed_from(base), {"money"})

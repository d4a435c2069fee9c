"""Judging the elements of a bulk write."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xero_api import bounds, elements
from xero_api.client import Answer
from xero_api.limits import Limits

GUID = "3b0e1b6c-27d4-4b3a-9d6b-0d7b6f3f9f11"


def answer(resource: str, rows: Any) -> Answer:
    return Answer(200, {resource: rows}, Limits(), None, "c")


def judge(**element: Any) -> elements.Outcome:
    (outcome,) = elements.outcomes(answer("Invoices", [{"InvoiceID": GUID, **element}]), "Invoices", "InvoiceID")
    return outcome


def test_saved() -> None:
    outcome = judge(StatusAttributeString="OK", HasErrors=False, HasValidationErrors=False, ValidationErrors=[])
    assert (outcome.ok, outcome.xero_id, outcome.errors, outcome.warnings) == (True, GUID, [], [])


def test_saved_without_any_marks() -> None:
    assert judge().ok
    assert judge(ValidationErrors=None, Warnings=None, Contact=None, LineItems=None).ok


def test_saved_with_warning() -> None:
    outcome = judge(StatusAttributeString="WARNING", Warnings=[{"Message": "Account code is odd"}])
    assert outcome.ok
    assert outcome.warnings == ["Account code is odd"]


@pytest.mark.parametrize(
    "marks",
    [
        {"StatusAttributeString": "ERROR"},
        {"StatusAttributeString": "error"},
        {"HasErrors": True},
        {"HasValidationErrors": True},
        {"ValidationErrors": [{"Message": "No"}]},
        {"ValidationErrors": ["No"]},
        {"Contact": {"ValidationErrors": [{"Message": "No"}]}},
        {"Payments": [{"ValidationErrors": [{"Message": "No"}]}]},
        {"InvoiceID": "00000000-0000-0000-0000-000000000000"},
        {"InvoiceID": None},
        {"InvoiceID": ""},
        {"InvoiceID": "INV-1"},
        {"InvoiceID": 7},
    ],
)
def test_not_saved(marks: dict) -> None:
    """An echo of what we asked for, even with a status, is no proof."""
    assert not judge(**{"Status": "AUTHORISED", "Total": 10, **marks}).ok


def test_missing_id() -> None:
    (outcome,) = elements.outcomes(answer("Invoices", [{"Status": "DELETED"}]), "Invoices", "InvoiceID")
    assert (outcome.ok, outcome.xero_id) == (False, None)


def test_messages_in_order_and_once() -> None:
    outcome = judge(
        ValidationErrors=[{"Message": "A"}, {"Message": "B"}, {"Message": "A"}, {"Message": None}, {}],
        LineItems=[{"ValidationErrors": [{"Message": "C"}]}, {"ValidationErrors": [{"Message": "B"}]}],
        Warnings=[{"Message": "W"}],
    )
    assert outcome.errors == ["A", "B", "C"]
    assert outcome.warnings == ["W"]


def test_mixed_batch_keeps_its_order() -> None:
    rows = [
        {"InvoiceID": GUID, "InvoiceNumber": "1", "StatusAttributeString": "OK"},
        {
            "InvoiceID": elements.ZERO_GUID,
            "InvoiceNumber": "2",
            "StatusAttributeString": "ERROR",
            "ValidationErrors": [{"Message": "Invoice # must be unique."}],
        },
        {"InvoiceID": GUID.upper(), "InvoiceNumber": "3", "StatusAttributeString": "WARNING"},
    ]
    found = elements.outcomes(answer("Invoices", rows), "Invoices", "InvoiceID")
    assert [(outcome.element["InvoiceNumber"], outcome.ok) for outcome in found] == [
        ("1", True),
        ("2", False),
        ("3", True),
    ]
    assert found[1].xero_id is None


@pytest.mark.parametrize("rows", [None, [], {}, "x", [None, 1, "x"]])
def test_odd_lists(rows: Any) -> None:
    assert elements.outcomes(answer("Invoices", rows), "Invoices", "InvoiceID") == []
    assert elements.outcomes(answer("Others", []), "Invoices", "InvoiceID") == []


def test_rows_by_path() -> None:
    assert elements.rows({"Allocations": [{"a": 1}]}, "CreditNotes/x/Allocations") == [{"a": 1}]
    assert elements.rows({"Organisations": [{"a": 1}]}, "Organisation") == [{"a": 1}]


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["ValidationErrors", "Warnings", "Message", "Contact"]), inner)
        ),
    )
)
def test_any_shape_is_read(shape: Any) -> None:
    """Xero gives an empty array for a null object, and worse: no shape may take the batch down."""
    for outcome in elements.outcomes(
        answer("Invoices", [{"InvoiceID": GUID, "Contact": shape}]), "Invoices", "InvoiceID"
    ):
        assert all(isinstance(text, str) for text in outcome.errors + outcome.warnings)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Invoice # must be unique.", "duplicate_number"),
        ("Credit Note # must be unique.", "duplicate_number"),
        ("Order number must be unique", "duplicate_number"),
        (
            "The contact name Jo is already assigned to another contact. The contact name must be unique across all "
            "active contacts.",
            "duplicate_name",
        ),
        ("Price List Item with Code 'abc' already exists", "duplicate_name"),
        ("Please enter a unique Name.", "duplicate_name"),
        ("The document date cannot be before the period lock date, 31 March 2026.", "locked_period"),
        ("The document date cannot be before the end of year lock date", "locked_period"),
        ("Account code '310' has been archived, or deleted.", "account_mapping"),
        ("Account code '476' has been removed as it does not match a recognised account.", "account_mapping"),
        ("Account code '1 2' is not a valid code for this document.", "account_mapping"),
        ("The TaxType code 'X' cannot be used with account code 'Y'.", "tax_mapping"),
        ("This document cannot be edited as it has a payment or credit note allocated to it.", "document_closed"),
        (
            "The status VOIDED cannot be applied to the invoice because it has payments or credit notes allocated to "
            "it.",
            "document_closed",
        ),
        ("Invoice not of valid status for modification", "document_closed"),
        ("To update fields on a paid invoice line item, you must supply a LineItemID", "document_closed"),
        ("Payment amount exceeds the amount outstanding on this document", "overpaid"),
        ("The line total 10 does not match the expected line total 9.99", "arithmetic"),
        ("The invoice total does not equal the sum of the lines.", "arithmetic"),
        ("The total debits (100.00) must equal total credits (-10.00)", "arithmetic"),
        (
            "The specified contact details matched an archived contact. Archived contacts cannot currently be edited "
            "via the API.",
            "contact_archived",
        ),
        ("The contact is archived and cannot be used", "contact_archived"),
        ("Idempotency Key: k is used with a different request.", "idempotency"),
        ("You have reached the limit of invoices you can approve.", "plan_limit"),
        ("You’ve reached the limit of 100 contact groups.", "plan_limit"),
        ("The document with the supplied id was not found for this endpoint.", "gone"),
        ("An existing Credit Note with the specified CreditNoteID could not be found", "gone"),
        ("The document DueDate field must be specified", "other"),
        ("", "other"),
    ],
)
def test_classify(message: str, code: str) -> None:
    assert elements.classify(message) == code
    assert elements.classify(f"  {message.upper()} ") == code


def test_names_of_people_do_not_mislead() -> None:
    """A contact may be called anything."""
    sentence = "The contact name Invoice # Must Do Ltd is already assigned to another contact."
    assert elements.classify(sentence) == "duplicate_name"
    assert elements.classify("The contact name The Lock Date Ltd is already assigned to another contact.") == (
        "duplicate_name"
    )


def test_tidy_ids_and_objects() -> None:
    data = {
        "pagination": [],
        "Payments": [
            {"PaymentID": GUID.upper(), "Reference": GUID.upper(), "Invoice": [], "Account": {"AccountID": GUID}}
        ],
        "Contacts": [{"PaymentTerms": [], "ContactPersons": [], "ContactID": GUID, "MergedToContactID": None}],
    }
    assert bounds.tidy(data) == {
        "pagination": None,
        "Payments": [{"PaymentID": GUID, "Reference": GUID.upper(), "Invoice": None, "Account": {"AccountID": GUID}}],
        "Contacts": [{"PaymentTerms": None, "ContactPersons": [], "ContactID": GUID, "MergedToContactID": None}],
    }


VALUES = st.none() | st.booleans() | st.integers() | st.text()


@given(st.recursive(VALUES, lambda part: st.lists(part) | st.dictionaries(st.text(), part)))
def test_tidy_takes_anything_and_does_it_once(data: Any) -> None:
    once = bounds.tidy(data)
    assert bounds.tidy(once) == once


# === Neither saved nor refused === #


@pytest.mark.parametrize(
    "fields",
    [
        {"InvoiceID": None},
        {"InvoiceID": elements.ZERO_GUID},
        {"InvoiceID": []},
        {"InvoiceID": elements.ZERO_GUID, "StatusAttributeString": "OK", "ValidationErrors": []},
        {"HasErrors": True},
    ],
)
def test_no_id_and_no_reason_is_unclear(fields: dict[str, Any]) -> None:
    outcome = judge(**fields)
    assert (outcome.ok, outcome.unclear) == (False, True)


@pytest.mark.parametrize(
    "fields", [{"StatusAttributeString": "ERROR"}, {"ValidationErrors": [{"Message": "No"}]}, {"InvoiceID": GUID}]
)
def test_saved_and_refused_are_clear(fields: dict[str, Any]) -> None:
    assert not judge(**fields).unclear


# === Which is of which === #

SENT = [
    {"Type": "ACCREC", "InvoiceNumber": "A", "Url": "https://odoo.example/mail/view?res_id=1"},
    {"Type": "ACCPAY", "InvoiceNumber": "B1", "Url": "https://odoo.example/mail/view?res_id=2"},
    {"Type": "ACCPAY", "InvoiceNumber": "B1", "Url": "https://odoo.example/mail/view?res_id=3"},
]


def found(*rows: dict[str, Any]) -> list[elements.Outcome]:
    return elements.outcomes(answer("Invoices", list(rows)), "Invoices", "InvoiceID")


def test_in_the_order_sent() -> None:
    given_order = found(*SENT)
    assert elements.in_order(SENT, given_order, "InvoiceID") is given_order
    bare = found({}, {"InvoiceNumber": " a "}, {})
    assert elements.in_order([SENT[1], SENT[0], SENT[2]], bare, "InvoiceID") is bare, "nothing speaks against it"


def test_in_another_order() -> None:
    mixed = found(SENT[2], SENT[0], SENT[1])
    ordered = elements.in_order(SENT, mixed, "InvoiceID")
    assert [outcome.element for outcome in ordered or []] == SENT


def test_fields_that_only_their_type_has_tell_the_order() -> None:
    sent = [{"QuoteNumber": "1"}, {"QuoteNumber": "2"}]
    mixed = found(sent[1], sent[0])
    assert elements.in_order(sent, mixed, "QuoteID") is mixed, "nothing speaks against it"
    ordered = elements.in_order(sent, mixed, "QuoteID", ("QuoteNumber",))
    assert [outcome.element for outcome in ordered or []] == sent


@pytest.mark.parametrize(
    "rows",
    [
        SENT[:2],
        [*SENT, SENT[0]],
        [SENT[0], SENT[0], SENT[0]],
        [SENT[1], {"InvoiceNumber": "B1"}, {"InvoiceNumber": "A"}],
        [{"InvoiceNumber": "X"}, SENT[1], SENT[2]],
    ],
)
def test_order_that_cannot_be_told(rows: list[dict[str, Any]]) -> None:
    assert elements.in_order(SENT, found(*rows), "InvoiceID") is None


def test_updates_are_told_by_their_ids() -> None:
    ids = [GUID, GUID[:-1] + "2"]
    sent = [{"InvoiceID": xero_id} for xero_id in ids]
    ordered = elements.in_order(sent, found({"InvoiceID": ids[1]}, {"InvoiceID": ids[0]}), "InvoiceID")
    assert [outcome.xero_id for outcome in ordered or []] == ids


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.decimals(), st.text(), st.lists(st.integers())))
def test_any_amount(value: Any) -> None:
    number = elements.amount(value)
    assert number is None or abs(number) < 10**15

"""What may still change once money is applied, and the blind spots of UpdatedDateUTC (facts 3.7, 4.2)."""

import pytest
from simulator_client import line

CLOSED = ["This document cannot be edited as it has a payment or credit note allocated to it."]


@pytest.fixture
def paid(au):
    """A sales invoice of 100.00 and 20.00, paid in part."""
    invoice = au.invoice(LineItems=[line(), line(Description="More", UnitAmount=20)])
    au.pay(invoice, 50)
    return au.one(f"Invoices/{invoice['InvoiceID']}")


@pytest.fixture
def paid_bill(au):
    """A bill of 100.00 paid in full."""
    bill = au.bill()
    au.pay(bill, 100)
    return au.one(f"Invoices/{bill['InvoiceID']}")


def change(api, doc, **fields):
    return api.change("Invoices", InvoiceID=doc["InvoiceID"], Status="AUTHORISED", **fields)


def refused(api, doc, **fields):
    return api.refused("Invoices", "POST", InvoiceID=doc["InvoiceID"], Status="AUTHORISED", **fields)


def resent(doc, **fields):
    """The document's lines as a client sends them again, the first one changed."""
    names = ("LineItemID", "Description", "Quantity", "UnitAmount", "AccountCode", "TaxType")
    lines = [{name: str(row[name]) for name in names} for row in doc["LineItems"]]
    lines[0] |= fields
    return lines


@pytest.mark.parametrize(
    "fields",
    [{"Reference": "new"}, {"InvoiceNumber": "NEW-1"}, {"Url": "https://example.com/1"}],
)
def test_free_fields(au, paid, fields):
    (name, value), *_rest = fields.items()
    assert change(au, paid, **fields)[name] == value


def test_due_date_changes_without_moving_the_update_time(au, paid):
    changed = change(au, paid, DueDate="2027-01-31")
    assert changed["DueDateString"] == "2027-01-31T00:00:00"
    assert changed["UpdatedDateUTC"] == paid["UpdatedDateUTC"]
    assert change(au, paid, SentToContact=True)["UpdatedDateUTC"] == paid["UpdatedDateUTC"]
    assert change(au, paid, Reference="x")["UpdatedDateUTC"] != paid["UpdatedDateUTC"]


def test_contact_may_change_unless_a_credit_note_settled_it(sim, au, paid):
    other = au.contact("Other Ltd")
    assert change(au, paid, Contact={"ContactID": other})["Contact"]["ContactID"] == other
    invoice = au.invoice()
    note = au.note()
    sim.act("allocate", credit_note=note["CreditNoteID"], invoice=invoice["InvoiceID"], amount=10)
    assert refused(au, invoice, Contact={"ContactID": other}) == CLOSED


@pytest.mark.parametrize("fields", [{"Description": "x"}, {"AccountCode": "260"},
                                    {"Tracking": [{"Name": "Region", "Option": "North"}]}])  # fmt: skip
def test_free_fields_of_lines(au, paid, fields):
    (name, value), *_rest = fields.items()
    changed = change(au, paid, LineItems=resent(paid, **fields))["LineItems"][0]
    assert changed[name][0]["Option"] == "North" if name == "Tracking" else changed[name] == value
    assert changed["LineAmount"] == 100


@pytest.mark.parametrize(
    "fields", [{"Date": "2026-10-02"}, {"LineAmountTypes": "Inclusive"}, {"CurrencyCode": "USD"}]
)
def test_closed_fields(au, paid, fields):
    assert refused(au, paid, **fields) == CLOSED


@pytest.mark.parametrize("fields", [{"UnitAmount": "101"}, {"Quantity": "2"}, {"TaxType": "OUTPUT"}])
def test_closed_fields_of_lines(au, paid, fields):
    assert refused(au, paid, LineItems=resent(paid, **fields)) == CLOSED
    assert au.one(f"Invoices/{paid['InvoiceID']}")["Total"] == 120


def test_same_values_are_no_change(au, paid):
    assert change(au, paid, Date="2026-10-01", CurrencyCode="AUD", LineItems=resent(paid))["Total"] == 120


def test_lines_need_their_ids_and_none_may_be_missing(au, paid):
    assert refused(au, paid, LineItems=[*resent(paid), line()]) == [
        "To update fields on a paid invoice line item, you must supply a LineItemID"
    ]
    assert refused(au, paid, LineItems=resent(paid)[:1]) == CLOSED


def test_rate_is_ignored_silently(au):
    invoice = au.invoice(CurrencyCode="USD", CurrencyRate="0.5")
    au.pay(invoice, 10, CurrencyRate="0.5")
    assert str(change(au, invoice, CurrencyRate="0.9")["CurrencyRate"]) == "0.500000"


def test_void_is_refused(au, paid):
    assert au.refused("Invoices", "POST", InvoiceID=paid["InvoiceID"], Status="VOIDED") == [
        "The status VOIDED cannot be applied to the invoice because it has payments or credit notes allocated to it."
    ]


class TestBills:
    def test_amounts_are_dropped_without_a_word(self, au, paid_bill):
        changed = change(au, paid_bill, LineItems=resent(paid_bill, UnitAmount="150", Description="recoded"))
        assert changed["Total"] == 100
        assert changed["LineItems"][0]["UnitAmount"] == 100
        assert changed["LineItems"][0]["Description"] == "recoded"

    def test_or_refused_by_the_other_reading(self, sim, au, paid_bill):
        sim.control("readings", paid_bill_amounts_dropped=False)
        assert refused(au, paid_bill, LineItems=resent(paid_bill, UnitAmount="150")) == CLOSED

    def test_recoding(self, au, paid_bill):
        lines = resent(paid_bill, AccountCode="429")
        assert change(au, paid_bill, LineItems=lines)["LineItems"][0]["AccountCode"] == "429"

    def test_planned_payment_date(self, au, paid_bill):
        assert change(au, paid_bill, PlannedPaymentDate="2026-12-01")["PlannedPaymentDate"]


def test_all_is_open_again_when_the_payment_goes(sim, au, paid):
    sim.act("undo_payment", invoice=paid["InvoiceNumber"])
    assert change(au, paid, LineItems=[line(UnitAmount=7)])["Total"] == 7

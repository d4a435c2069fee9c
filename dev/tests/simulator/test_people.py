"""Acting as a person in Xero, and what the API then shows."""

import pytest
from simulator_client import line


@pytest.fixture
def invoice(au):
    return au.invoice(InvoiceNumber="P-1")


def status(api, invoice):
    row = api.one(f"Invoices/{invoice['InvoiceID']}")
    return row["Status"], row["AmountDue"]


def test_pay_part_pay_and_undo(sim, au, invoice):
    sim.act("pay", invoice="P-1", amount=30, date="2026-10-05", reference="bank feed")
    assert status(au, invoice) == ("AUTHORISED", 70)
    payment = sim.act("pay", invoice="P-1")
    assert status(au, invoice) == ("PAID", 0)
    sim.act("undo_payment", payment=payment["PaymentID"])
    assert status(au, invoice) == ("AUTHORISED", 70)
    sim.act("undo_payment", invoice="P-1")
    assert status(au, invoice) == ("AUTHORISED", 100)
    sim.act("undo_payment", invoice="P-1", expect=404)


def test_pay_in_foreign_currency(sim, au):
    au.invoice(InvoiceNumber="F-1", CurrencyCode="EUR", CurrencyRate="0.6")
    payment = sim.act("pay", invoice="F-1", rate="0.5")
    assert payment["BankAmount"] == 200


def test_overpay_leaves_an_overpayment_that_can_be_allocated(sim, au, invoice):
    sim.act("overpay", invoice="P-1", excess=25)
    assert status(au, invoice) == ("PAID", 0)
    (over,) = au.rows("Overpayments", page=1)
    assert over["RemainingCredit"] == 25
    other = au.invoice()
    sim.act("allocate", overpayment=over["OverpaymentID"], invoice=other["InvoiceID"])
    assert status(au, other) == ("AUTHORISED", 75)


def test_refund_of_a_credit_note(sim, au):
    au.note(CreditNoteNumber="C-1")
    sim.act("pay", credit_note="C-1", amount=40)
    assert au.one("CreditNotes/C-1")["RemainingCredit"] == 60


def test_void_and_delete(sim, au, invoice):
    assert sim.act("void", invoice="P-1")["Status"] == "VOIDED"
    sim.act("void", invoice="P-1", expect=422)
    draft = au.save("Invoices", **au.draft_fields(Status="DRAFT"))
    assert sim.act("void", invoice=draft["InvoiceID"])["Status"] == "DELETED"


def test_approve_and_edit_without_the_apis_own_hurdles(sim, au):
    draft = au.save("Invoices", **au.draft_fields(Status="DRAFT"))
    assert sim.act("approve", invoice=draft["InvoiceID"])["Status"] == "AUTHORISED"
    changed = sim.act("edit", invoice=draft["InvoiceID"], LineItems=[line(UnitAmount=9)], Reference="by hand")
    assert (changed["Total"], changed["Reference"]) == (9, "by hand")


def test_edit_of_a_paid_document_is_refused_to_people_too(sim, au, invoice):
    sim.act("pay", invoice="P-1", amount=1)
    answer = sim.act("edit", invoice="P-1", Date="2026-01-01", expect=422)
    assert "cannot be edited" in answer["error"]


def test_documents_and_contacts_made_in_xero(sim, au):
    sim.act("create_contact", Name="Made in Xero")
    sim.act("create_invoice", contact="Made in Xero", LineItems=[line()])
    sim.act("create_invoice", contact="Made in Xero", Type="ACCPAY", InvoiceNumber="S-9",
            LineItems=[line(AccountCode="400")])  # fmt: skip
    sim.act("create_credit_note", contact="Made in Xero", LineItems=[line()])
    assert {row["Type"] for row in au.rows("Invoices")} == {"ACCREC", "ACCPAY"}
    assert len(au.rows("CreditNotes")) == 1


def test_rename_archive_and_return(sim, au):
    contact = au.contact("Old name")
    sim.act("edit_contact", contact="Old name", Name="New name")
    assert au.one(f"Contacts/{contact}")["Name"] == "New name"
    sim.act("archive_contact", contact=contact)
    assert au.one(f"Contacts/{contact}")["ContactStatus"] == "ARCHIVED"
    sim.act("archive_contact", contact=contact, undo=True)
    assert au.one(f"Contacts/{contact}")["ContactStatus"] == "ACTIVE"


def test_accounts(sim, au):
    sim.act("archive_account", code="260")
    assert au.one("Accounts/260")["Status"] == "ARCHIVED"
    sim.act("edit_account", code="200", Name="Turnover")
    assert au.one("Accounts/200")["Name"] == "Turnover"


def test_undo_allocation(sim, au, invoice):
    au.note(CreditNoteNumber="C-1")
    row = sim.act("allocate", credit_note="C-1", invoice="P-1")
    sim.act("undo_allocation", allocation=row["AllocationID"])
    assert status(au, invoice) == ("AUTHORISED", 100)


def test_unknown_things(sim):
    sim.act("dance", expect=404)
    sim.act("pay", invoice="nothing", expect=404)
    sim.control("organisations/nowhere/act/pay", expect=404)


def test_refused_action_changes_nothing(sim, au, invoice):
    before = sim.documents("Invoices")
    sim.act("overpay", invoice="P-1", excess=-5, expect=422)
    assert sim.documents("Invoices") == before
    assert sim.documents("Payments") == []


def test_changes_move_the_update_time(sim, au, invoice):
    sim.act("pay", invoice="P-1", amount=1)
    assert au.one(f"Invoices/{invoice['InvoiceID']}")["UpdatedDateUTC"] > invoice["UpdatedDateUTC"]


def test_actions_describe_themselves(sim):
    actions = sim.look("organisations/au/act")["actions"]
    assert len(actions) >= 19
    assert all(actions.values())

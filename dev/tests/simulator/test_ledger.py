"""The general ledger, against books worked out by hand. Debits are positive."""

from decimal import Decimal

import pytest
from simulator_client import line
from test_bank import transaction


@pytest.fixture(autouse=True)
def rates_of_the_documents_only(sim):
    """Nothing is revalued, so that only what was entered is in the books."""
    sim.control("readings", unrealised_gains_in_reports=False)


def amounts(**codes):
    return {name.lstrip("_"): Decimal(str(amount)) for name, amount in codes.items()}


def taxed(amount, **fields):
    return line(UnitAmount=amount, TaxType="OUTPUT", **fields)


class TestSales:
    def test_invoice_with_tax(self, au, books):
        au.invoice(LineItems=[taxed(100), line(UnitAmount=50, AccountCode="260")])
        assert books() == amounts(_610=160, _200=-100, _260=-50, _820=-10)

    def test_lines_that_include_tax(self, au, books):
        au.invoice(LineAmountTypes="Inclusive", LineItems=[taxed(110)])
        assert books() == amounts(_610=110, _200=-100, _820=-10)

    def test_what_was_paid_is_in_the_bank(self, au, books):
        au.pay(au.invoice(LineItems=[taxed(100)]), 60)
        assert books() == amounts(_090=60, _610=50, _200=-100, _820=-10)
        assert books("2026-10-04") == amounts(_610=110, _200=-100, _820=-10)
        assert books("2026-09-30") == {}

    def test_drafts_and_what_was_voided_are_not_in_the_books(self, sim, au, books):
        au.save("Invoices", **au.draft_fields(Status="DRAFT"))
        au.invoice(InvoiceNumber="V-1")
        sim.act("void", invoice="V-1")
        assert books() == {}

    def test_deleting_a_payment_takes_it_out(self, sim, au, books):
        made = au.invoice(InvoiceNumber="D-1")
        au.pay(made, 100)
        sim.act("undo_payment", invoice="D-1")
        assert books() == amounts(_610=100, _200=-100)

    def test_an_edit_is_as_if_it_had_been_so_from_the_start(self, sim, au, books):
        au.invoice(InvoiceNumber="E-1")
        sim.act("edit", invoice="E-1", LineItems=[taxed(200, AccountCode="260")])
        assert books() == amounts(_610=220, _260=-200, _820=-20)


class TestPurchases:
    def test_bill(self, au, books):
        au.bill(LineItems=[line(AccountCode="400", TaxType="INPUT")])
        assert books() == amounts(_800=-110, _400=100, _820=10)

    def test_tax_that_cannot_be_claimed_is_part_of_the_expense(self, sim, books):
        """GST 5 % can be claimed, PST 7 % cannot: 100.00 costs 107.00."""
        ca = sim.api("ca") if any(row["seed"] == "ca" for row in sim.look("organisations")["organisations"]) else None
        if ca is None:
            sim.control("organisations", seed="ca")
            ca = sim.api("ca")
        rate = next(row for row in ca.rows("TaxRates") if row["Name"] == "BC - GST/PST on Purchases")
        ca.bill(LineItems=[line(AccountCode="400", TaxType=rate["TaxType"])])
        assert books(org="ca") == amounts(_800=-112, _400=107, _820=5)


class TestCredits:
    def test_credit_note_refund_and_allocation(self, au, books):
        note = au.note(LineItems=[taxed(100)])
        assert books() == amounts(_610=-110, _200=100, _820=10)
        au.save("Payments", CreditNote={"CreditNoteID": note["CreditNoteID"]}, Account={"Code": "090"}, Amount=10)
        assert books() == amounts(_610=-100, _200=100, _820=10, _090=-10)
        invoice = au.invoice()
        part = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": 100}
        au.write("PUT", f"CreditNotes/{note['CreditNoteID']}/Allocations", [part])
        assert books() == amounts(_820=10, _090=-10)

    def test_overpayment(self, sim, au, books):
        au.invoice(InvoiceNumber="O-1")
        sim.act("overpay", invoice="O-1", excess=25)
        assert books() == amounts(_090=125, _610=-25, _200=-100)
        other = au.invoice()
        (over,) = au.rows("Overpayments", page=1)
        sim.act("allocate", overpayment=over["OverpaymentID"], invoice=other["InvoiceID"])
        assert books() == amounts(_090=125, _610=75, _200=-200)

    def test_prepayment_with_tax(self, sim, au, books):
        """The tax is owed when the money comes, and once only when the invoice follows."""
        rows = [line(UnitAmount=110, TaxType="OUTPUT", AccountCode="850")]
        made = au.save("BankTransactions", **transaction(au, "RECEIVE-PREPAYMENT", LineItems=rows))
        assert books() == amounts(_090=110, _850=-100, _820=-10)
        invoice = au.invoice(LineItems=[taxed(200)])
        part = {"prepayment": made["PrepaymentID"], "invoice": invoice["InvoiceID"]}
        allocation = sim.act("allocate", **part)
        assert books() == amounts(_090=110, _610=110, _200=-200, _820=-20)
        sim.act("undo_allocation", allocation=allocation["AllocationID"])
        assert books() == amounts(_090=110, _610=220, _850=-100, _200=-200, _820=-30)

    def test_a_prepayment_used_in_thirds_leaves_nothing_over(self, sim, au, books):
        rows = [line(UnitAmount=100, TaxType="OUTPUT", AccountCode="850")]
        made = au.save("BankTransactions", **transaction(au, "RECEIVE-PREPAYMENT", LineItems=rows))
        for amount in ("33.33", "33.33", "33.34"):
            invoice = au.invoice(LineItems=[line(UnitAmount=amount)])
            sim.act("allocate", prepayment=made["PrepaymentID"], invoice=invoice["InvoiceID"])
        assert books() == amounts(_090=100, _200=-100)

    def test_refund_of_a_prepayment(self, au, books):
        rows = [line(UnitAmount=110, TaxType="INPUT", AccountCode="620")]
        made = au.save("BankTransactions", **transaction(au, "SPEND-PREPAYMENT", LineItems=rows))
        target = {"Prepayment": {"PrepaymentID": made["PrepaymentID"]}}
        au.save("Payments", **target, Account={"Code": "091"}, Amount=55, Date="2026-10-05")
        assert books() == amounts(_090=-110, _091=55, _620=50, _820=5)


class TestCurrencies:
    def test_a_foreign_invoice_is_in_base_currency(self, au, books):
        """120.00 USD at 0.75 are 160.00 AUD."""
        au.invoice(CurrencyCode="USD", CurrencyRate="0.75", LineItems=[line(UnitAmount=120)])
        assert books() == amounts(_610=160, _200=-160)

    def test_what_converting_loses_goes_to_rounding(self, sim, au, books):
        """Three times 0.50 at 0.75: 0.666… each, rounded 0.67, together 2.01; the invoice is 1.50 / 0.75 = 2.00."""
        rows = [line(UnitAmount="0.50"), line(UnitAmount="0.50", AccountCode="260"),
                line(UnitAmount="0.50", AccountCode="270")]  # fmt: skip
        au.invoice(CurrencyCode="USD", CurrencyRate="0.75", LineItems=rows)
        assert books() == amounts(_610=2, _200="-0.67", _260="-0.67", _270="-0.67", _860="0.01")
        sim.control("readings", conversion_difference_to_rounding=False)
        assert books() == amounts(_610="2.01", _200="-0.67", _260="-0.67", _270="-0.67")

    def test_a_better_rate_at_payment_is_a_realised_gain(self, au, books):
        """Invoiced 120.00 USD at 0.75 = 160.00; paid into the AUD account at 0.60 = 200.00: 40.00 gained."""
        invoice = au.invoice(CurrencyCode="USD", CurrencyRate="0.75", LineItems=[line(UnitAmount=120)])
        au.pay(invoice, 120, CurrencyRate="0.6")
        assert books() == amounts(_090=200, _200=-160, _499=-40)

    def test_a_bill_paid_from_a_dollar_account(self, sim, au, books):
        """90.00 USD at 0.75 = 120.00 owed; half paid at 0.60: 75.00 leave the bank for 60.00 of debt: 15.00 lost."""
        usd = next(row for row in au.rows("Accounts") if row["Name"] == "USD Trading Account")
        rows = [line(UnitAmount=90, AccountCode="400")]
        bill = au.bill(CurrencyCode="USD", CurrencyRate="0.75", LineItems=rows)
        au.pay(bill, 45, Account={"AccountID": usd["AccountID"]}, CurrencyRate="0.6")
        assert books() == amounts(_800=-60, _400=120, _499=15) | {"USD Trading Account": Decimal(-75)}

    def test_payments_in_thirds_leave_nothing_on_the_control_account(self, au, books):
        """100.00 USD at 0.7 = 142.86, paid at the same rate by 33.33 (47.61) twice and 33.34 (47.63): 142.85."""
        invoice = au.invoice(CurrencyCode="USD", CurrencyRate="0.7")
        for amount in ("33.33", "33.33", "33.34"):
            au.pay(invoice, amount, CurrencyRate="0.7")
        assert books() == amounts(_090="142.85", _200="-142.86", _499="0.01")

    def test_allocation_at_two_rates(self, sim, au, books):
        """A credit of 60.00 USD at 0.60 = 100.00 settles 60.00 USD at 0.75 = 80.00: the customer got 20.00 more."""
        au.invoice(InvoiceNumber="X-1", CurrencyCode="USD", CurrencyRate="0.75", LineItems=[line(UnitAmount=60)])
        au.note(CreditNoteNumber="X-2", CurrencyCode="USD", CurrencyRate="0.6", LineItems=[line(UnitAmount=60)])
        sim.act("allocate", credit_note="X-2", invoice="X-1")
        assert books() == amounts(_200=20, _499=-20)

    def test_what_is_open_is_worth_what_the_day_says(self, sim, au, books):
        """120.00 USD, entered at 0.75 = 160.00, are 182.40 at the day's 0.657895: 22.40 unrealised."""
        sim.control("readings", unrealised_gains_in_reports=True)
        invoice = au.invoice(CurrencyCode="USD", CurrencyRate="0.75", LineItems=[line(UnitAmount=120)])
        assert books() == amounts(_610="182.40", _200=-160, _498="-22.40")
        au.pay(invoice, 120, CurrencyRate="0.6")
        assert books() == amounts(_090=200, _200=-160, _499=-40)

    def test_another_rate_of_the_day(self, sim, au, books):
        sim.control("readings", unrealised_gains_in_reports=True)
        au.invoice(CurrencyCode="USD", CurrencyRate="0.75", LineItems=[line(UnitAmount=120)])
        sim.control("organisations/au", rates={"USD": "0.8"})
        assert books() == amounts(_610=150, _200=-160, _498=10)

    def test_a_dollar_account_is_revalued(self, sim, au, books):
        sim.control("readings", unrealised_gains_in_reports=True)
        usd = next(row for row in au.rows("Accounts") if row["Name"] == "USD Trading Account")
        account = {"BankAccount": {"AccountID": usd["AccountID"]}, "CurrencyRate": "0.75"}
        au.save("BankTransactions", **transaction(au, LineItems=[line(UnitAmount=120)], **account))
        assert books() == amounts(_200=-160, _497="-22.40") | {"USD Trading Account": Decimal("182.40")}


class TestYears:
    def test_a_new_year_begins_with_nothing_earned(self, au, books):
        """The Australian year ends on 30 June."""
        au.invoice(Date="2026-06-30", DueDate="2026-07-31")
        au.bill(Date="2026-07-01", DueDate="2026-07-31", LineItems=[line(UnitAmount=30, AccountCode="400")])
        assert books("2026-06-30") == amounts(_610=100, _200=-100)
        assert books("2026-07-01") == amounts(_610=100, _800=-30, _400=30, _960=-100)
        assert books("2027-07-01") == amounts(_610=100, _800=-30, _960=-70)


class TestCash:
    def test_an_invoice_counts_as_it_is_paid(self, au, books):
        au.pay(au.invoice(LineItems=[taxed(100), taxed(100, AccountCode="260")]), 55)
        assert books(basis="cash") == amounts(_090=55, _200=-25, _260=-25, _820=-5)

    def test_paid_in_full_both_agree(self, au, books):
        invoice = au.invoice(LineItems=[taxed("33.33"), taxed("66.66", AccountCode="260")])
        for amount in ("10.00", "0.01", "99.98"):
            au.pay(invoice, amount)
        assert books(basis="cash") == books()

    def test_a_credit_allocated_counts_on_both_sides(self, sim, au, books):
        au.invoice(InvoiceNumber="K-1")
        au.note(CreditNoteNumber="K-2", LineItems=[line(UnitAmount=40, AccountCode="260")])
        assert books(basis="cash") == {}
        sim.act("allocate", credit_note="K-2", invoice="K-1")
        assert books(basis="cash") == amounts(_200=-40, _260=40)


def test_an_entry_can_be_looked_at(sim, au):
    invoice = au.invoice(LineItems=[taxed(100)])
    found = sim.look(f"organisations/au/entries?source={invoice['InvoiceID']}")
    assert [(row["code"], row["amount"]) for row in found["entries"][0]["postings"]] == [
        ("610", 110), ("200", -100), ("820", -10)
    ]  # fmt: skip
    assert sim.look("organisations/au/entries?account=820&from=2026-10-01&to=2026-10-01")["count"] == 1
    assert sim.look("organisations/au/entries?account=820&from=2026-10-02")["count"] == 0
    assert "basis" in sim.control("organisations/au/trial_balance?basis=odd", "GET", 400)["error"]

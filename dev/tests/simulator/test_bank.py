"""Bank transactions, overpayments, prepayments (facts 4.9, 4.10)."""

import pytest
from simulator_client import line


def transaction(api, kind="RECEIVE", **fields):
    return {
        "Type": kind, "Contact": {"ContactID": api.usual_contact}, "BankAccount": {"Code": "090"},
        "Date": "2026-10-03", "LineItems": [line(AccountCode="200" if kind.startswith("RECEIVE") else "400")],
    } | fields  # fmt: skip


def credit(api, kind, amount=100, **fields):
    """A new overpayment or prepayment: (its resource, the row)."""
    rows = [line(AccountCode=None, TaxType=None, UnitAmount=amount)] if "OVER" in kind else [line(UnitAmount=amount)]
    made = api.save("BankTransactions", **transaction(api, kind, LineItems=rows, **fields))
    name = "Overpayment" if "OVER" in kind else "Prepayment"
    return f"{name}s/{made[f'{name}ID']}", made


class TestTransactions:
    def test_inclusive_is_the_default(self, au):
        made = au.save("BankTransactions", **transaction(au, LineItems=[line(UnitAmount=110, TaxType="OUTPUT")]))
        assert (made["LineAmountTypes"], made["SubTotal"], made["Total"]) == ("Inclusive", 100, 110)

    @pytest.mark.parametrize(
        "fields",
        [{"Type": "TRANSFER"}, {"Type": "SPEND-TRANSFER"}, {"Contact": None}, {"BankAccount": {"Code": "200"}},
         {"BankAccount": None}, {"LineItems": []}, {"Status": "DRAFT"}, {"CurrencyCode": "USD"},
         {"LineItems": [line(UnitAmount=0)]}],
    )  # fmt: skip
    def test_what_is_refused(self, au, fields):
        assert au.refused("BankTransactions", **transaction(au) | fields)

    def test_delete(self, au):
        made = au.save("BankTransactions", **transaction(au))
        gone = au.change("BankTransactions", BankTransactionID=made["BankTransactionID"], Status="DELETED")
        assert gone["Status"] == "DELETED"
        assert au.refused("BankTransactions", "POST", BankTransactionID=made["BankTransactionID"], Reference="x")

    def test_reconciled_ones_cannot_change(self, sim, au):
        made = au.save("BankTransactions", **transaction(au))
        sim.act("reconcile", bank_transaction=made["BankTransactionID"])
        key = {"BankTransactionID": made["BankTransactionID"]}
        (row,) = au.write("POST", "BankTransactions", [key | {"Status": "DELETED"}])
        assert (row["StatusAttributeString"], row["Status"]) == ("ERROR", "DELETED")
        assert au.one(f"BankTransactions/{made['BankTransactionID']}")["Status"] == "AUTHORISED"


@pytest.mark.parametrize("kind", ["RECEIVE-OVERPAYMENT", "RECEIVE-PREPAYMENT"])
class TestCredits:
    def test_made_and_read(self, au, kind):
        path, made = credit(au, kind)
        row = au.one(path)
        assert (row["Type"], row["Status"], row["RemainingCredit"]) == (kind, "AUTHORISED", 100)
        resource = path.split("/")[0]
        assert len(au.rows(resource, page=1)) == 1
        assert au.call("PUT", resource, json={}).status_code == 501

    def test_allocated_and_taken_back(self, au, kind):
        path, _made = credit(au, kind)
        invoice = au.invoice()
        part = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": 60}
        (row,) = au.write("PUT", f"{path}/Allocations", [part])
        assert row["StatusAttributeString"] == "OK"
        after = au.one(f"Invoices/{invoice['InvoiceID']}")
        assert (after["AmountDue"], after[path.split("/")[0]][0]["AppliedAmount"]) == (40, 60)
        assert au.one(path)["RemainingCredit"] == 40
        assert au.call("DELETE", f"{path}/Allocations/{row['AllocationID']}").status_code == 200
        assert au.one(path)["RemainingCredit"] == 100

    def test_used_up_is_paid_and_the_transaction_cannot_go(self, au, kind):
        path, made = credit(au, kind)
        invoice = au.invoice()
        au.write("PUT", f"{path}/Allocations", [{"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": 100}])
        assert au.one(path)["Status"] == "PAID"
        assert au.refused("BankTransactions", "POST", BankTransactionID=made["BankTransactionID"], Status="DELETED")

    def test_refund(self, au, kind):
        path, _made = credit(au, kind)
        name = path.split("/")[0][:-1]
        paid = au.save("Payments", **{name: {f"{name}ID": path.split("/")[1]}}, Account={"Code": "090"}, Amount=100)
        assert paid["PaymentType"] == f"AR{name.upper()}PAYMENT"
        assert au.one(path)["Status"] == "PAID"

    def test_deleting_the_transaction_voids_it(self, au, kind):
        path, made = credit(au, kind)
        au.change("BankTransactions", BankTransactionID=made["BankTransactionID"], Status="DELETED")
        assert (au.one(path)["Status"], au.one(path)["RemainingCredit"]) == ("VOIDED", 0)


def test_overpayment_has_one_line_on_the_control_account(au):
    path, _made = credit(au, "RECEIVE-OVERPAYMENT")
    (row,) = au.one(path)["LineItems"]
    assert (row["AccountCode"], row["TaxAmount"]) == ("610", 0)
    two = transaction(au, "SPEND-OVERPAYMENT", LineItems=[line(AccountCode="800")] * 2)
    assert au.refused("BankTransactions", **two)
    wrong = transaction(au, "SPEND-OVERPAYMENT", LineItems=[line(AccountCode="400")])
    assert au.refused("BankTransactions", **wrong)


def test_prepayment_carries_tax(au):
    rows = [line(UnitAmount=110, TaxType="OUTPUT")]
    made = au.save("BankTransactions", **transaction(au, "RECEIVE-PREPAYMENT", LineItems=rows))
    assert au.one(f"Prepayments/{made['PrepaymentID']}")["TotalTax"] == 10


def test_currency_may_be_named_on_overpayments_only(au):
    _path, made = credit(au, "RECEIVE-OVERPAYMENT", CurrencyCode="USD", CurrencyRate="0.5")
    assert (made["CurrencyCode"], str(made["CurrencyRate"])) == ("USD", "0.500000")
    element = transaction(au, "RECEIVE-PREPAYMENT", CurrencyCode="USD")
    assert au.refused("BankTransactions", **element) == ["CurrencyCode can only be set on overpayments"]

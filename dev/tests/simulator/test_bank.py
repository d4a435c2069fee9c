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

    @pytest.mark.parametrize("kind", ["RECEIVE", "SPEND"])
    def test_in_the_books(self, au, books, kind):
        code, tax = ("200", "OUTPUT") if kind == "RECEIVE" else ("400", "INPUT")
        rows = [line(UnitAmount=110, AccountCode=code, TaxType=tax), line(UnitAmount=-10, AccountCode="404")]
        au.save("BankTransactions", **transaction(au, kind, LineItems=rows))
        sign = 1 if kind == "RECEIVE" else -1
        assert books() == {"090": 100 * sign, code: -100 * sign, "820": -10 * sign, "404": 10 * sign}

    def test_only_the_tax_that_xero_computes(self, sim, au):
        rows = [line(UnitAmount=110, TaxType="OUTPUT", TaxAmount="9.99")]
        message = ["The tax amount 9.99 does not match the expected tax amount 10.00"]
        assert au.refused("BankTransactions", **transaction(au, LineItems=rows)) == message
        right = [line(UnitAmount=110, TaxType="OUTPUT", TaxAmount=10)]
        au.save("BankTransactions", **transaction(au, LineItems=right))
        sim.control("readings", bank_tax_must_match=False)
        au.save("BankTransactions", **transaction(au, LineItems=rows))

    @pytest.mark.parametrize("fields", [{"UnitAmount": 0}, {"Quantity": 0}, {"Quantity": -1, "UnitAmount": -5}])
    def test_a_line_of_nothing(self, au, fields):
        assert au.refused("BankTransactions", **transaction(au, LineItems=[line(), line(**fields)]))

    def test_an_edit_replaces_lines_without_ids(self, au, books):
        made = au.save("BankTransactions", **transaction(au))
        path = f"BankTransactions/{made['BankTransactionID']}"
        changed = au.change(path, LineItems=[line(UnitAmount=70, AccountCode="260")])
        assert changed["LineItems"][0]["LineItemID"] != made["LineItems"][0]["LineItemID"]
        assert books() == {"090": 70, "260": -70}

    def test_foreign_account_has_its_currency(self, sim, au, books):
        """45.00 USD at 0.75 are 60.00 AUD."""
        sim.control("readings", unrealised_gains_in_reports=False)
        usd = next(row for row in au.rows("Accounts") if row["Name"] == "USD Trading Account")
        account = {"BankAccount": {"AccountID": usd["AccountID"]}, "CurrencyRate": "0.75"}
        made = au.save("BankTransactions", **transaction(au, LineItems=[line(UnitAmount=45)], **account))
        assert made["CurrencyCode"] == "USD"
        assert books() == {"USD Trading Account": 60, "200": -60}

    def test_by_reference(self, au):
        made = au.save("BankTransactions", **transaction(au, Reference="mark-7"))
        au.save("BankTransactions", **transaction(au))
        (row,) = au.rows("BankTransactions", page=1, References="mark-7,other")
        assert row["BankTransactionID"] == made["BankTransactionID"]

    @pytest.mark.parametrize("fields", [{"Url": "no address"}, {"Reference": "x" * 256}])
    def test_texts(self, au, fields):
        assert au.refused("BankTransactions", **transaction(au, **fields))

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

    def test_the_api_neither_edits_nor_deletes_the_transaction(self, sim, au, kind):
        path, made = credit(au, kind)
        key = {"BankTransactionID": made["BankTransactionID"]}
        for change in ({"Status": "DELETED"}, {"Date": "2026-10-04"}):
            assert "via the API" in au.refused("BankTransactions", "POST", **key | change)[0]
        sim.control("readings", credit_transactions_closed=False)
        au.change("BankTransactions", **key, Status="DELETED")
        assert (au.one(path)["Status"], au.one(path)["RemainingCredit"]) == ("VOIDED", 0)

    def test_a_person_deletes_it(self, sim, au, kind):
        path, made = credit(au, kind)
        sim.act("delete_bank_money", bank_transaction=made["BankTransactionID"])
        assert (au.one(path)["Status"], au.one(path)["RemainingCredit"]) == ("VOIDED", 0)

    def test_its_reference_is_dropped(self, sim, au, kind):
        path, _made = credit(au, kind, Reference="mark-1")
        assert au.one(path)["Reference"] == ""
        sim.control("readings", reference_on_credits_dropped=False)
        other, _made = credit(au, kind, Reference="mark-2")
        (row,) = au.rows(path.split("/")[0], page=1, References="mark-2,mark-3")
        assert other.endswith(row[f"{path.split('s/')[0]}ID"])


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

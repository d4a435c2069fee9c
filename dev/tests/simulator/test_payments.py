"""Payments and batch payments (facts 4.7, 4.8)."""

import pytest
from simulator_client import line

EXCEEDS = ["Payment amount exceeds the amount outstanding on this document"]


def fields(invoice, amount=10, **more):
    return {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Account": {"Code": "090"}, "Amount": amount} | more


class TestPaying:
    def test_part_then_all(self, au):
        invoice = au.invoice()
        au.pay(invoice, 40)
        part = au.one(f"Invoices/{invoice['InvoiceID']}")
        assert (part["Status"], part["AmountPaid"], part["AmountDue"]) == ("AUTHORISED", 40, 60)
        au.pay(invoice, 60, Date="2026-11-02")
        whole = au.one(f"Invoices/{invoice['InvoiceID']}")
        assert (whole["Status"], whole["AmountDue"]) == ("PAID", 0)
        assert whole["FullyPaidOnDate"] == "/Date(1793577600000+0000)/"
        assert [row["Amount"] for row in whole["Payments"]] == [40, 60]

    def test_moves_the_update_time_of_the_invoice(self, au):
        invoice = au.invoice()
        au.pay(invoice, 1)
        assert au.one(f"Invoices/{invoice['InvoiceID']}")["UpdatedDateUTC"] != invoice["UpdatedDateUTC"]

    def test_not_more_than_is_due(self, au):
        invoice = au.invoice()
        assert au.refused("Payments", **fields(invoice, "100.01")) == EXCEEDS
        au.pay(invoice, 100)
        assert au.refused("Payments", **fields(invoice, "0.01")) == EXCEEDS

    def test_two_in_one_call_are_judged_in_order(self, au):
        invoice = au.invoice()
        first, second = au.write("PUT", "Payments", [fields(invoice, 60), fields(invoice, 60)])
        assert (first["StatusAttributeString"], second["StatusAttributeString"]) == ("OK", "ERROR")
        assert au.one(f"Invoices/{invoice['InvoiceID']}")["AmountDue"] == 40

    @pytest.mark.parametrize("amount", [0, -5, None])
    def test_amount_is_positive(self, au, amount):
        assert au.refused("Payments", **fields(au.invoice(), amount))

    @pytest.mark.parametrize("status", ["DRAFT", "VOIDED"])
    def test_target_must_be_approved(self, au, status):
        invoice = au.save("Invoices", **au.draft_fields(Status="DRAFT" if status == "DRAFT" else "AUTHORISED"))
        if status == "VOIDED":
            au.change("Invoices", InvoiceID=invoice["InvoiceID"], Status="VOIDED")
        assert au.refused("Payments", **fields(invoice)) == ["Invoice not of valid status for payment"]

    def test_exactly_one_target(self, au):
        invoice, note = au.invoice(), au.note()
        both = fields(invoice, CreditNote={"CreditNoteID": note["CreditNoteID"]})
        assert "exactly one" in au.refused("Payments", **both)[0]
        assert "exactly one" in au.refused("Payments", Account={"Code": "090"}, Amount=1)[0]

    def test_by_number(self, au):
        au.invoice(InvoiceNumber="P-1")
        paid = {"Account": {"Code": "090"}, "Amount": 1}
        assert au.save("Payments", Invoice={"InvoiceNumber": "P-1"}, **paid)
        assert au.save("Payments", InvoiceNumber="P-1", **paid)

    def test_null_objects_may_come_as_empty_lists(self, au):
        assert au.save("Payments", **fields(au.invoice(), CreditNote=[], Prepayment=None))


class TestAccount:
    @pytest.mark.parametrize(("code", "good"), [("090", True), ("850", True), ("200", False), ("9999", False)])
    def test_bank_or_enabled_for_payments(self, au, code, good):
        element = fields(au.invoice(), Account={"Code": code})
        assert bool(au.save("Payments", **element) if good else not au.refused("Payments", **element)) is good

    def test_by_id_for_bank_accounts_without_code(self, au):
        bank = next(row for row in au.rows("Accounts", where='Type=="BANK"') if "Code" not in row)
        assert bank["CurrencyCode"] == "USD"
        invoice = au.invoice(CurrencyCode="USD", CurrencyRate="0.5")
        paid = au.pay(invoice, 100, Account={"AccountID": bank["AccountID"]}, CurrencyRate="0.5")
        assert paid["BankAmount"] == 100

    def test_third_currency_is_refused(self, au):
        bank = next(row for row in au.rows("Accounts", where='Type=="BANK"') if row["CurrencyCode"] == "USD")
        invoice = au.invoice(CurrencyCode="EUR")
        assert au.refused("Payments", **fields(invoice, Account={"AccountID": bank["AccountID"]}))


class TestCurrency:
    def test_bank_amount_is_amount_by_rate(self, au):
        invoice = au.invoice(CurrencyCode="USD", CurrencyRate="0.65")
        paid = au.pay(invoice, 100, CurrencyRate="0.66")
        assert (paid["Amount"], str(paid["BankAmount"])) == (100, "151.52")
        assert str(paid["CurrencyRate"]) == "0.660000"

    def test_base_currency_carries_one(self, au):
        paid = au.pay(au.invoice(), 10, CurrencyRate="0.66")
        assert (paid["CurrencyRate"], paid["BankAmount"]) == (1, 10)


class TestUndoing:
    def test_delete_opens_the_invoice_again(self, au):
        invoice = au.invoice()
        payment = au.pay(invoice, 100)
        gone = au.change(f"Payments/{payment['PaymentID']}", Status="DELETED")
        assert gone["Status"] == "DELETED"
        after = au.one(f"Invoices/{invoice['InvoiceID']}")
        assert (after["Status"], after["AmountDue"], after["Payments"]) == ("AUTHORISED", 100, [])
        assert "FullyPaidOnDate" not in after
        assert au.refused("Payments", "POST", PaymentID=payment["PaymentID"], Status="DELETED")

    def test_nothing_else_can_change(self, au):
        payment = au.pay(au.invoice(), 10)
        assert au.refused("Payments", "POST", PaymentID=payment["PaymentID"], Amount=5)
        assert au.call("POST", "Payments/none", json={"Status": "DELETED"}).status_code == 404

    def test_deleted_ones_stay_listed(self, au):
        payment = au.pay(au.invoice(), 10)
        au.change(f"Payments/{payment['PaymentID']}", Status="DELETED")
        assert [row["Status"] for row in au.rows("Payments")] == ["DELETED"]


TYPES = [("ACCREC", "ACCRECPAYMENT"), ("ACCPAY", "ACCPAYPAYMENT")]


class TestLists:
    @pytest.mark.parametrize(("kind", "payment_type"), TYPES)
    def test_type_follows_the_document(self, au, kind, payment_type):
        invoice = au.invoice() if kind == "ACCREC" else au.bill()
        assert au.pay(invoice, 1)["PaymentType"] == payment_type

    def test_filters_and_skeleton(self, au):
        invoice = au.invoice()
        payment = au.pay(invoice, 1, Reference="x")
        au.pay(au.invoice(), 2)
        where = f'Invoice.InvoiceID==Guid("{invoice["InvoiceID"]}") AND Status=="AUTHORISED"'
        (row,) = au.rows("Payments", where=where)
        assert row["PaymentID"] == payment["PaymentID"]
        assert row["Invoice"]["LineItems"] == []
        assert row["Invoice"]["InvoiceNumber"] == invoice["InvoiceNumber"]
        assert au.get("Payments", page=1)["pagination"]["itemCount"] == 2


class TestBatches:
    def batch(self, au, *rows, **more):
        payments = [{"Invoice": {"InvoiceID": row["InvoiceID"]}, "Amount": 10} for row in rows]
        return {"Account": {"Code": "090"}, "Date": "2026-10-05", "Payments": payments} | more

    def test_pays_them_all(self, au):
        invoices = [au.invoice(), au.invoice()]
        made = au.save("BatchPayments", **self.batch(au, *invoices))
        assert (made["Type"], made["TotalAmount"]) == ("RECBATCH", 20)
        assert au.one(f"Invoices/{invoices[0]['InvoiceID']}")["AmountDue"] == 90
        assert au.rows("BatchPayments")[0]["BatchPaymentID"] == made["BatchPaymentID"]

    def test_all_or_nothing(self, sim, au):
        invoice, small = au.invoice(), au.invoice(LineItems=[line(UnitAmount=5)])
        assert au.refused("BatchPayments", **self.batch(au, invoice, small)) == EXCEEDS
        assert sim.documents("Payments") == []

    def test_one_side_only(self, au):
        assert au.refused("BatchPayments", **self.batch(au, au.invoice(), au.bill()))

    def test_not_from_a_foreign_bank_account(self, au):
        bank = next(row for row in au.rows("Accounts", where='Type=="BANK"') if row["CurrencyCode"] == "USD")
        element = self.batch(au, au.invoice(), Account={"AccountID": bank["AccountID"]})
        assert au.refused("BatchPayments", **element) == [
            "Bank accounts must use the same currency as the organisations base currency"
        ]

    def test_details_up_to_18(self, au):
        assert au.refused("BatchPayments", **self.batch(au, au.invoice(), Details="d" * 19))

    def test_its_payments_cannot_be_deleted_alone(self, sim, au):
        made = au.save("BatchPayments", **self.batch(au, au.invoice()))
        payment = made["Payments"][0]["PaymentID"]
        assert au.refused("Payments", "POST", PaymentID=payment, Status="DELETED")
        batch = {"BatchPaymentID": made["BatchPaymentID"], "Status": "DELETED"}
        assert au.refused("BatchPayments", "POST", **batch)
        sim.control("readings", batch_payment_delete_refused=False)
        assert au.change("BatchPayments", **batch)["Status"] == "DELETED"
        assert au.one(f"Payments/{payment}")["Status"] == "DELETED"

    def test_in_the_books_and_out_again(self, sim, au, books):
        made = au.save("BatchPayments", **self.batch(au, au.invoice(), au.invoice()))
        assert books() == {"090": 20, "610": 180, "200": -200}
        sim.act("undo_batch", batch=made["BatchPaymentID"])
        assert books() == {"610": 200, "200": -200}

    def test_base_currency_only(self, sim, au):
        foreign = au.invoice(CurrencyCode="USD", CurrencyRate="0.5")
        assert "base currency" in au.refused("BatchPayments", **self.batch(au, au.invoice(), foreign))[0]
        sim.control("readings", batch_in_base_currency_only=False)
        assert au.save("BatchPayments", **self.batch(au, au.invoice(), foreign))

    def test_no_credit_notes(self, au):
        rows = [{"CreditNote": {"CreditNoteID": au.note()["CreditNoteID"]}, "Amount": 10}]
        assert au.refused("BatchPayments", **self.batch(au) | {"Payments": rows})

    def test_a_reconciled_one_stays(self, sim, au):
        made = au.save("BatchPayments", **self.batch(au, au.invoice()))
        sim.act("reconcile", batch=made["BatchPaymentID"])
        assert au.one(f"BatchPayments/{made['BatchPaymentID']}")["IsReconciled"] is True
        assert [row["IsReconciled"] for row in au.rows("Payments")] == [True]
        sim.act("undo_batch", batch=made["BatchPaymentID"], expect=422)

    def test_texts_by_country(self, sim, uk):
        nz = sim.api("nz")
        cases = [
            (nz, {"Particulars": "p" * 12, "Code": "c", "Reference": "r" * 12}, {"Particulars": "p" * 13}),
            (uk, {"Details": "d" * 18, "Narrative": "n" * 18}, {"Narrative": "n" * 19}),
        ]
        for api, right, wrong in cases:
            rows = [line(TaxType=None)]
            made = api.save("BatchPayments", **self.batch(api, api.invoice(LineItems=rows), **right))
            assert {name: made[name] for name in right} == right
            assert api.refused("BatchPayments", **self.batch(api, api.invoice(LineItems=rows), **wrong))

    def test_a_person_takes_out_no_single_payment(self, sim, au):
        made = au.save("BatchPayments", **self.batch(au, au.invoice(), au.invoice()))
        sim.act("undo_payment", payment=made["Payments"][0]["PaymentID"], expect=422)

    def test_texts_of_a_payment(self, au):
        element = self.batch(au, au.invoice())
        element["Payments"][0]["Details"] = "d" * 19
        assert au.refused("BatchPayments", **element)

    def test_a_person_pays_many(self, sim, au):
        numbers = [au.invoice()["InvoiceNumber"] for _invoice in range(3)]
        made = sim.act("batch", invoices=numbers, date="2026-10-09", reference="Run 1")
        row = au.one(f"BatchPayments/{made['BatchPaymentID']}")
        assert (row["TotalAmount"], len(row["Payments"]), row["Type"]) == (300, 3, "RECBATCH")
        assert {payment["BatchPaymentID"] for payment in au.rows("Payments")} == {made["BatchPaymentID"]}

"""Transfers between bank accounts (facts of bank money)."""

from decimal import Decimal

import pytest
from test_ledger import amounts
from test_manual_journals import journal


def moved(**fields):
    return {"FromBankAccount": {"Code": "090"}, "ToBankAccount": {"Code": "091"}, "Amount": "250.00",
            "Date": "2026-10-07", "Reference": "Savings"} | fields  # fmt: skip


def path(made):
    return f"BankTransfers/{made['BankTransferID']}"


def test_made_read_and_in_the_books(au, books):
    made = au.save("BankTransfers", **moved())
    row = au.one(path(made))
    assert (row["Status"], str(row["Amount"]), row["Reference"]) == ("AUTHORISED", "250.00", "Savings")
    assert (row["FromBankAccount"]["Code"], row["ToBankAccount"]["Code"]) == ("090", "091")
    assert "CreatedDateUTC" in row
    assert "UpdatedDateUTC" not in row
    assert books() == amounts(_090=-250, _091=250)


def test_its_halves_are_bank_transactions(sim, au):
    made = au.save("BankTransfers", **moved())
    spent = au.one(f"BankTransactions/{made['FromBankTransactionID']}")
    received = au.one(f"BankTransactions/{made['ToBankTransactionID']}")
    assert (spent["Type"], spent["BankAccount"]["Code"]) == ("SPEND-TRANSFER", "090")
    assert (received["Type"], received["BankAccount"]["Code"]) == ("RECEIVE-TRANSFER", "091")
    assert "Contact" not in spent
    assert len(au.rows("BankTransactions", page=1)) == 2
    assert au.rows("BankTransactions", page=1, where='Contact.Name=="x"') == []
    sim.control("readings", transfers_in_bank_transactions=False)
    assert au.rows("BankTransactions", page=1) == []
    for change in ({"Status": "DELETED"}, {"Reference": "x"}):
        assert au.refused(f"BankTransactions/{made['FromBankTransactionID']}", "POST", **change)


@pytest.mark.parametrize(
    "fields",
    [{"Amount": 0}, {"Amount": -1}, {"Amount": None}, {"FromBankAccount": None}, {"ToBankAccount": {"Code": "200"}},
     {"ToBankAccount": {"Code": "090"}}, {"ToBankAccount": {"Code": "none"}}, {"Reference": "x" * 256},
     {"FromTracking": [{"Name": "Nothing", "Option": "x"}]}],
)  # fmt: skip
def test_what_is_refused(au, fields):
    assert au.refused("BankTransfers", **moved() | fields)


def test_one_currency_only(au):
    usd = next(row for row in au.rows("Accounts") if row["Name"] == "USD Trading Account")
    other = {"ToBankAccount": {"AccountID": usd["AccountID"]}}
    message = "You cannot transfer between accounts in different currencies"
    assert au.refused("BankTransfers", **moved(**other)) == [message]


def test_people_transfer_between_currencies(sim, au, books):
    """150.00 AUD become 100.00 USD: worth 150.00 AUD on both sides, and 152.00 AUD at the day's 0.657895."""
    usd = next(row for row in au.rows("Accounts") if row["Name"] == "USD Trading Account")
    made = sim.act("transfer", **{"from": "090", "to": usd["AccountID"], "amount": 150, "to_amount": 100})
    assert made["CurrencyRate"] == pytest.approx(0.666667)
    assert books() == amounts(_090=-150) | {"USD Trading Account": Decimal("152.00"), "497": Decimal("-2.00")}
    sim.control("readings", unrealised_gains_in_reports=False)
    assert books() == amounts(_090=-150) | {"USD Trading Account": Decimal(150)}


def test_deleted(sim, au, books):
    made = au.save("BankTransfers", **moved())
    assert au.refused(path(made), "POST", Amount=1)
    assert au.change(path(made), Status="DELETED")["Status"] == "DELETED"
    assert (books(), au.rows("BankTransfers")) == ({}, [])
    assert [row["Status"] for row in au.rows("BankTransfers", includeDeleted="true")] == ["DELETED"]
    assert {row["Status"] for row in au.rows("BankTransactions", page=1)} == {"DELETED"}
    assert au.refused(path(made), "POST", Status="DELETED")


def test_a_reconciled_half_keeps_it(sim, au):
    made = au.save("BankTransfers", **moved())
    sim.act("reconcile", bank_transaction=made["ToBankTransactionID"])
    row = au.one(path(made))
    assert (row["FromIsReconciled"], row["ToIsReconciled"]) == (False, True)
    assert "reconciled" in au.refused(path(made), "POST", Status="DELETED")[0]
    sim.act("undo_transfer", transfer=made["BankTransferID"], expect=422)


def test_a_deletion_moves_no_date(sim, au):
    made = au.save("BankTransfers", **moved())
    second = au.save("BankTransfers", **moved())
    sim.control("clock", advance=10)
    since = {"If-Modified-Since": sim.look("clock")["time"]}
    sim.control("clock", advance=10)
    au.change(path(made), Status="DELETED")
    assert au.rows("BankTransfers", since, includeDeleted="true") == []
    sim.control("readings", transfers_dated_once=False)
    au.change(path(second), Status="DELETED")
    assert len(au.rows("BankTransfers", since, includeDeleted="true")) == 1


def test_tracking(au):
    category = au.rows("TrackingCategories")[0]
    tag = [{"TrackingCategoryID": category["TrackingCategoryID"],
            "TrackingOptionID": category["Options"][0]["TrackingOptionID"]}]  # fmt: skip
    made = au.save("BankTransfers", **moved(FromTracking=tag))
    assert made["FromTracking"][0]["Option"] == category["Options"][0]["Name"]
    assert made["ToTracking"] == []


def test_lock_dates(sim, au):
    made = au.save("BankTransfers", **moved())
    sim.act("set_lock_date", period="2026-10-31")
    assert "lock date" in au.refused("BankTransfers", **moved())[0]
    assert "lock date" in au.refused(path(made), "POST", Status="DELETED")[0]


def test_permission(sim):
    assert sim.api("au", ["accounting.banktransactions.read"]).call("GET", "BankTransfers").status_code == 200
    assert sim.api("au", ["accounting.payments"]).call("GET", "BankTransfers").status_code == 401


def test_both_kinds_survive_a_rewind_and_a_stored_state(sim, au, books):
    au.save("BankTransfers", **moved())
    au.save("ManualJournals", **journal())
    held = books()
    state = sim.look("state")["state"]
    sim.control("organisations/au/mark")
    au.save("BankTransfers", **moved())
    sim.control("organisations/au/rewind")
    assert books() == held
    sim.control("reset")
    sim.control("state", state=state)
    assert books() == held

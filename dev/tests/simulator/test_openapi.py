"""What the simulator answers, held against Xero's OpenAPI file: nothing that Xero does not declare."""

import pytest
from simulator_client import line
from test_bank import credit, transaction
from test_bank_transfers import moved
from test_manual_journals import journal

from dev.tests.openapi import load

# Twins of dates, and the id of credits by another name: in Xero's answers, though the file does not declare them.
ALSO = {".DateString", ".CreatedDateUTCString", ".UpdatedDateUTCString", ".ID"}


@pytest.fixture(scope="session")
def openapi():
    found = load()
    if found is None:
        pytest.skip("XERO_OPENAPI_SPEC names no OpenAPI file")
    return found


def full_of(au):
    """One of everything that has to do with money."""
    tag = [{"Name": row["Name"], "Option": row["Options"][0]["Name"]} for row in au.rows("TrackingCategories")[:1]]
    invoice = au.invoice(LineItems=[line(Tracking=tag)])
    payments = [{"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": 10}]
    au.save("BatchPayments", Account={"Code": "090"}, Date="2026-10-05", Details="Run", Payments=payments)
    au.save("BankTransactions", **transaction(au))
    au.save("BankTransfers", **moved(FromTracking=tag))
    au.save("ManualJournals", **journal())
    for kind in ("RECEIVE-OVERPAYMENT", "RECEIVE-PREPAYMENT"):
        path, _made = credit(au, kind)
        au.write("PUT", f"{path}/Allocations", [{"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": 5}])
        name = path.split("/")[0][:-1]
        au.save("Payments", **{name: {f"{name}ID": path.split("/")[1]}}, Account={"Code": "090"}, Amount=1)


@pytest.mark.parametrize(
    "resource",
    ["ManualJournals", "BankTransfers", "BatchPayments", "BankTransactions", "Overpayments", "Prepayments", "Payments"],
)
def test_only_what_is_declared(au, openapi, resource):
    full_of(au)
    rows = au.rows(resource, page=1)
    assert rows
    for row in rows:
        assert set(openapi.undeclared(resource[:-1], row)) <= ALSO


@pytest.mark.parametrize("name", ["TrialBalance", "ProfitAndLoss", "BalanceSheet", "BankSummary"])
def test_reports(au, openapi, name):
    full_of(au)
    answer = au.get(f"Reports/{name}")
    assert openapi.undeclared("ReportWithRow", answer["Reports"][0]) == []

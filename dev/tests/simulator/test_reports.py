"""Reports (facts 7), against figures worked out by hand."""

import random
from calendar import monthrange
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
from simulator_client import line
from test_bank import transaction
from test_bank_transfers import moved
from test_ledger_properties import People
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from simulator import codec
from simulator.api.call import Call
from simulator.people import PERSON
from simulator.resources import reports


def read(api, name, **params):
    (report,) = api.get(f"Reports/{name}", **params)["Reports"]
    return report


def rows_of(report):
    """All rows, those of sections too."""
    for row in report["Rows"]:
        yield from row["Rows"] if row["RowType"] == "Section" else [row]


def values(row):
    return [cell.get("Value") for cell in row["Cells"]]


def by_name(report):
    """First cell -> the other cells' values."""
    return {values(row)[0]: values(row)[1:] for row in rows_of(report)}


def by_account(report, id_name="account"):
    """AccountID -> the amounts, joined as clients do it: by the attribute."""
    found = {}
    for row in rows_of(report):
        marks = {mark["Id"]: mark["Value"] for mark in row["Cells"][0].get("Attributes", [])}
        if id_name in marks:
            found[marks[id_name]] = [Decimal(value or 0) for value in values(row)[1:]]
    return found


@pytest.fixture
def october(sim, au):
    """A month of a small business, the year of which began in July; GST is 10 %.

    Sold 1,000.00 in September and 2,000.00 in October, bought goods for 300.00 and advertising for 100.00, paid rent
    of 220.00 with GST from the bank, got 1,100.00 of what was sold in September, and moved 50.00 to savings. Two years
    before it had earned 500.00.
    """
    au.invoice(Date="2024-05-01", DueDate="2024-05-31", LineItems=[line(UnitAmount=500)])
    sold = au.invoice(Date="2026-09-10", LineItems=[line(UnitAmount=1000, TaxType="OUTPUT")])
    au.invoice(Date="2026-10-10", LineItems=[line(UnitAmount=2000, TaxType="OUTPUT")])
    rows = [line(UnitAmount=300, AccountCode="310", TaxType="INPUT"), line(AccountCode="400", TaxType="INPUT")]
    au.bill(Date="2026-10-11", LineItems=rows)
    rent = [line(UnitAmount=220, AccountCode="469", TaxType="INPUT")]
    au.save("BankTransactions", **transaction(au, "SPEND", Date="2026-10-12", LineItems=rent))
    au.pay(sold, 1100, Date="2026-10-20")
    au.save("BankTransfers", **moved(Amount=50, Date="2026-10-31"))
    return au


class TestTrialBalance:
    def test_figures(self, october):
        report = read(october, "TrialBalance", date="2026-10-31")
        assert report["ReportTitles"] == ["Trial Balance", "Harbour Trading Pty Ltd", "As at 31 October 2026"]
        assert values(report["Rows"][0]) == ["Account", "Debit", "Credit", "YTD Debit", "YTD Credit"]
        assert [row["Title"] for row in report["Rows"][1:]] == [
            "Revenue", "Expenses", "Assets", "Liabilities", "Equity", ""
        ]  # fmt: skip
        assert by_name(report) == {
            "Account": ["Debit", "Credit", "YTD Debit", "YTD Credit"],
            "Sales (200)": [None, "2000.00", None, "3000.00"],
            "Cost of Goods Sold (310)": ["300.00", None, "300.00", None],
            "Advertising (400)": ["100.00", None, "100.00", None],
            "Rent (469)": ["200.00", None, "200.00", None],
            "Business Bank Account (090)": ["830.00", None, "830.00", None],
            "Business Savings Account (091)": ["50.00", None, "50.00", None],
            "Accounts Receivable (610)": ["1100.00", None, "2700.00", None],
            "Accounts Payable (800)": [None, "440.00", None, "440.00"],
            "GST (820)": [None, "140.00", None, "240.00"],
            "Retained Earnings (960)": [None, "0.00", None, "500.00"],
            "Total": ["2580.00", "2580.00", "4180.00", "4180.00"],
        }

    def test_every_cell_says_its_account(self, october):
        report = read(october, "TrialBalance", date="2026-10-31")
        sales = next(row for row in rows_of(report) if values(row)[0] == "Sales (200)")
        ids = {mark["Value"] for cell in sales["Cells"] for mark in cell["Attributes"]}
        assert ids == {next(row["AccountID"] for row in october.rows("Accounts") if row.get("Code") == "200")}
        total = list(rows_of(report))[-1]
        assert total["RowType"] == "SummaryRow"
        assert not any("Attributes" in cell for cell in total["Cells"])

    def test_blank_cells(self, sim, october):
        sales = next(row for row in rows_of(read(october, "TrialBalance")) if values(row)[0] == "Sales (200)")
        assert "Value" not in sales["Cells"][1]
        sim.control("readings", blank_cells_without_value=False)
        sales = next(row for row in rows_of(read(october, "TrialBalance")) if values(row)[0] == "Sales (200)")
        assert sales["Cells"][1]["Value"] == ""

    def test_the_year_begins_anew(self, october):
        rows = by_name(read(october, "TrialBalance", date="2027-07-01"))
        assert rows["Retained Earnings (960)"] == [None, "0.00", None, "2900.00"]
        assert "Sales (200)" not in rows

    def test_nothing_is_a_report_too(self, au):
        report = read(au, "TrialBalance")
        assert by_name(report)["Total"] == ["0.00"] * 4
        assert len(report["Rows"]) == 2

    def test_cash(self, october):
        rows = by_name(read(october, "TrialBalance", date="2026-10-31", paymentsOnly="true"))
        assert rows["Sales (200)"] == [None, "1000.00", None, "1000.00"]
        assert "Accounts Receivable (610)" not in rows


class TestProfitAndLoss:
    def test_figures(self, october):
        report = read(october, "ProfitAndLoss", fromDate="2026-10-01", toDate="2026-10-31", standardLayout="true")
        assert report["ReportTitles"][2] == "1 October 2026 to 31 October 2026"
        assert by_name(report) == {
            "": ["31 Oct 26"],
            "Sales": ["2000.00"], "Total Income": ["2000.00"],
            "Cost of Goods Sold": ["300.00"], "Total Cost of Sales": ["300.00"], "Gross Profit": ["1700.00"],
            "Advertising": ["100.00"], "Rent": ["200.00"], "Total Operating Expenses": ["300.00"],
            "Net Profit": ["1400.00"],
        }  # fmt: skip

    def test_by_default_the_month_that_is(self, sim, au):
        today = date.fromisoformat(sim.look("clock")["time"][:10])
        au.invoice(Date=today.isoformat(), DueDate=today.isoformat())
        assert by_name(read(au, "ProfitAndLoss"))["Net Profit"] == ["100.00"]

    def test_compared_with_months_before(self, october):
        report = read(october, "ProfitAndLoss", fromDate="2026-10-01", toDate="2026-10-31", periods=2)
        rows = by_name(report)
        assert rows[""] == ["31 Oct 26", "30 Sep 26", "31 Aug 26"]
        assert rows["Net Profit"] == ["1400.00", "1000.00", "0.00"]

    def test_a_short_month_loses_the_last_day_of_a_long_one(self, sim, au):
        """November has 30 days, so that October is counted to the 30th."""
        au.invoice(Date="2026-10-31", DueDate="2026-11-30")
        asked = {"fromDate": "2026-11-01", "toDate": "2026-11-30", "periods": 1}
        assert by_name(read(au, "ProfitAndLoss", **asked))["Net Profit"] == ["0.00", "0.00"]
        sim.control("readings", periods_repeat_days=False)
        assert by_name(read(au, "ProfitAndLoss", **asked))["Net Profit"] == ["0.00", "100.00"]

    @pytest.mark.parametrize(("frame", "before"), [("QUARTER", "31 Jul 26"), ("YEAR", "31 Oct 25")])
    def test_timeframes(self, october, frame, before):
        asked = {"fromDate": "2026-10-01", "toDate": "2026-10-31", "periods": 1, "timeframe": frame}
        assert by_name(read(october, "ProfitAndLoss", **asked))[""] == ["31 Oct 26", before]

    @pytest.mark.parametrize(
        "asked",
        [{"periods": 12}, {"periods": "x"}, {"timeframe": "WEEK"}, {"fromDate": "yesterday"},
         {"fromDate": "2026-10-02", "toDate": "2026-10-01"}, {"fromDate": "2025-01-01", "toDate": "2026-10-01"},
         {"trackingCategoryID": "11111111-1111-4111-8111-111111111111"}, {"trackingOptionID": "x"}],
    )  # fmt: skip
    def test_what_is_refused(self, au, asked):
        assert au.call("GET", "Reports/ProfitAndLoss", params=asked).status_code == 400

    def test_a_time_of_day_costs_the_last_day(self, sim, au):
        au.invoice(Date="2026-10-31", DueDate="2026-11-30")
        asked = {"fromDate": "2026-10-01", "toDate": "2026-10-31T00:00:00"}
        assert by_name(read(au, "ProfitAndLoss", **asked))["Net Profit"] == ["0.00"]
        assert "Sales (200)" not in by_name(read(au, "TrialBalance", date="2026-10-31T00:00:00"))
        sim.control("readings", report_times_lose_a_day=False)
        assert by_name(read(au, "ProfitAndLoss", **asked))["Net Profit"] == ["100.00"]

    def test_the_other_readings_of_limits(self, sim, au):
        sim.control("readings", eleven_periods_at_most=False, profit_and_loss_one_year=False)
        assert len(read(au, "ProfitAndLoss", periods=12)["Rows"][0]["Cells"]) == 14
        assert read(au, "ProfitAndLoss", fromDate="2024-01-01", toDate="2026-10-01")

    def test_by_tracking(self, au):
        category = au.rows("TrackingCategories")[0]
        first, second = category["Options"][:2]
        for amount, option in ((10, first), (200, second), (3000, None)):
            tag = [{"Name": category["Name"], "Option": option["Name"]}] if option else None
            au.invoice(LineItems=[line(UnitAmount=amount, Tracking=tag)])
        key = {"fromDate": "2026-10-01", "toDate": "2026-10-31", "trackingCategoryID": category["TrackingCategoryID"]}
        rows = by_name(read(au, "ProfitAndLoss", **key))
        titles = [option["Name"] for option in category["Options"]]
        assert rows[""] == [*titles, "Unassigned", "Total"]
        sales = dict(zip(rows[""], map(Decimal, rows["Sales"])))
        assert (sales[first["Name"]], sales[second["Name"]]) == (10, 200)
        assert (sales["Unassigned"], sales["Total"]) == (3000, 3210)
        one = by_name(read(au, "ProfitAndLoss", **key, trackingOptionID=second["TrackingOptionID"]))
        assert (one[""], one["Sales"]) == ([second["Name"]], ["200.00"])

    def test_an_organisations_own_layout(self, sim, october):
        sim.control("organisations/au", settings={"report_titles": {"Income": "Trading Income"}})
        asked = {"fromDate": "2026-10-01", "toDate": "2026-10-31"}
        titles = [row.get("Title") for row in read(october, "ProfitAndLoss", **asked)["Rows"]]
        assert "Trading Income" in titles
        titles = [row.get("Title") for row in read(october, "ProfitAndLoss", **asked, standardLayout="True")["Rows"]]
        assert "Income" in titles

    def test_currency_gains_in_one_line(self, sim, uk):
        """120.00 USD at 0.75 = 160.00, paid at 0.60 = 200.00: 40.00 gained, so that expenses are 40.00 less."""
        sold = uk.invoice(CurrencyCode="USD", CurrencyRate="0.75", LineItems=[line(UnitAmount=120)])
        uk.pay(sold, 120, CurrencyRate="0.6")
        asked = {"fromDate": "2026-10-01", "toDate": "2026-10-31"}
        report = read(uk, "ProfitAndLoss", **asked)
        assert by_account(report)["FXGROUPID"] == [-40]
        assert by_name(report)["Net Profit"] == ["200.00"]
        sim.control("readings", currency_gains_in_one_line=False)
        report = read(uk, "ProfitAndLoss", **asked)
        assert "FXGROUPID" not in by_account(report)
        assert by_name(report)["Realised Currency Gains"] == ["-40.00"]

    def test_cash(self, october):
        asked = {"fromDate": "2026-10-01", "toDate": "2026-10-31", "paymentsOnly": "true"}
        assert by_name(read(october, "ProfitAndLoss", **asked))["Net Profit"] == ["800.00"]


class TestBalanceSheet:
    def test_figures(self, october):
        report = read(october, "BalanceSheet", date="2026-10-05")
        assert report["ReportTitles"][2] == "As at 31 October 2026"
        rows = by_name(report)
        assert rows == {
            "": ["31 Oct 2026"],
            "Business Bank Account": ["830.00"], "Business Savings Account": ["50.00"], "Total Bank": ["880.00"],
            "Accounts Receivable": ["2700.00"], "Total Current Assets": ["2700.00"], "Total Assets": ["3580.00"],
            "Accounts Payable": ["440.00"], "GST": ["240.00"], "Total Current Liabilities": ["680.00"],
            "Total Liabilities": ["680.00"], "Net Assets": ["2900.00"],
            "Current Year Earnings": ["2400.00"], "Retained Earnings": ["500.00"], "Total Equity": ["2900.00"],
        }  # fmt: skip

    def test_earlier_months_and_the_turn_of_the_year(self, october):
        rows = by_name(read(october, "BalanceSheet", date="2027-07-31", periods=1))
        assert rows[""] == ["31 Jul 2027", "30 Jun 2027"]
        assert rows["Current Year Earnings"] == ["0.00", "2400.00"]
        assert rows["Retained Earnings"] == ["2900.00", "500.00"]

    def test_earnings_say_their_year(self, october):
        report = read(october, "BalanceSheet", date="2026-10-31")
        row = next(row for row in rows_of(report) if values(row)[0] == "Current Year Earnings")
        marks = {mark["Id"]: mark["Value"] for mark in row["Cells"][1]["Attributes"]}
        assert marks == {"account": "00000000-0000-0000-0000-000000000000", "fromDate": "7/1/2026",
                         "toDate": "10/31/2026"}  # fmt: skip

    def test_of_a_tracking_option(self, sim, au):
        category = au.rows("TrackingCategories")[0]
        option = category["Options"][0]
        tag = [{"Name": category["Name"], "Option": option["Name"]}]
        au.invoice(LineItems=[line(Tracking=tag), line(UnitAmount=7)])
        key = {"date": "2026-10-31", "trackingOptionID1": option["TrackingOptionID"]}
        rows = by_name(read(au, "BalanceSheet", **key))
        assert rows["Current Year Earnings"] == rows["Net Assets"] == ["100.00"]
        assert rows["Tracking Transfers"] == ["-100.00"]
        sim.control("readings", tracking_transfers_balance_sheets=False)
        assert by_name(read(au, "BalanceSheet", **key))["Net Assets"] == ["0.00"]
        assert au.call("GET", "Reports/BalanceSheet", params={"trackingOptionID1": "x"}).status_code == 400


class TestBankSummary:
    def test_figures(self, october):
        report = read(october, "BankSummary", fromDate="2026-10-01", toDate="2026-10-31")
        assert report["ReportTitles"][2] == "From 1 October 2026 to 31 October 2026"
        rows = by_name(report)
        assert rows["Bank Accounts"] == ["Opening Balance", "Cash Received", "Cash Spent", "FX Gain", "Closing Balance"]
        assert rows["Business Bank Account"] == ["0.00", "1100.00", "270.00", "0.00", "830.00"]
        assert rows["Business Savings Account"] == ["0.00", "50.00", "0.00", "0.00", "50.00"]
        assert rows["Total"] == ["0.00", "1150.00", "270.00", "0.00", "880.00"]
        assert by_account(report, "accountID")

    def test_the_next_month_opens_with_what_was_left(self, october):
        rows = by_name(read(october, "BankSummary", fromDate="2026-11-01", toDate="2026-11-30"))
        assert rows["Business Bank Account"] == ["830.00", "0.00", "0.00", "0.00", "830.00"]

    def test_one_currency_has_no_column_of_gains(self, sim):
        nz = sim.api("nz")
        assert len(values(read(nz, "BankSummary")["Rows"][0])) == 5

    def test_gains_of_a_dollar_account(self, au):
        """120.00 USD received at 0.75 = 160.00 are worth 182.40 at the day's rate."""
        usd = next(row for row in au.rows("Accounts") if row["Name"] == "USD Trading Account")
        account = {"BankAccount": {"AccountID": usd["AccountID"]}, "CurrencyRate": "0.75"}
        au.save("BankTransactions", **transaction(au, LineItems=[line(UnitAmount=120)], **account))
        rows = by_name(read(au, "BankSummary", fromDate="2026-10-01", toDate="2026-10-31"))
        assert rows["USD Trading Account"] == ["0.00", "160.00", "0.00", "22.40", "182.40"]


class TestPermission:
    @pytest.mark.parametrize(
        ("name", "scope"),
        [("TrialBalance", "trialbalance"), ("ProfitAndLoss", "profitandloss"), ("BalanceSheet", "balancesheet"),
         ("BankSummary", "banksummary")],
    )  # fmt: skip
    def test_each_needs_its_own(self, sim, name, scope):
        right = sim.api("au", [f"accounting.reports.{scope}.read"])
        assert right.call("GET", f"Reports/{name}").status_code == 200
        assert sim.api("au", ["accounting.reports.read"]).call("GET", f"Reports/{name}").status_code == 200
        others = {"trialbalance", "profitandloss", "balancesheet", "banksummary"} - {scope}
        wrong = sim.api("au", [f"accounting.reports.{other}.read" for other in others])
        assert wrong.call("GET", f"Reports/{name}").status_code == 401

    def test_a_user_without_reports(self, sim, au):
        user = au.rows("Users")[1]["UserID"]
        sim.control("organisations/au", settings={"no_reports_for": [user]})
        token = sim.control("token", organisations=["au"], user=user)
        own = {"Authorization": f"Bearer {token['access_token']}"}
        assert au.call("GET", "Reports/TrialBalance", headers=own).status_code == 403

    @pytest.mark.parametrize("path", ["Reports", "Reports/Nothing", "Reports/TrialBalance/x"])
    def test_what_is_not_there(self, au, path):
        assert au.call("GET", path).status_code == 404


# === Over random years ===


def made(people_, name, **asked):
    """A report of random books, without HTTP."""
    request = Request(EnvironBuilder(query_string=asked).get_environ())
    call = Call(people_.world, request, PERSON, people_.org, "Reports", [name])
    body = codec.loads(reports.serve(call).get_data())
    return body["Reports"][0]


def year_to_date(people_, day, cash):
    """AccountID -> debit positive, read as a client does: by account, from the last two columns."""
    rows = by_account(made(people_, "TrialBalance", date=day.isoformat(), paymentsOnly=cash))
    return defaultdict(Decimal, {key: debit - credit for key, (_d, _c, debit, credit) in rows.items()})


@pytest.mark.parametrize("cash", ["true", "false"])
@pytest.mark.parametrize("seed", range(4))
def test_profit_of_a_month_is_the_difference_of_two_trial_balances(seed, cash):
    people_ = People(seed)
    for _step in range(150):
        people_.do_something()
    kinds = {row["AccountID"]: row["Class"] for row in people_.org.accounts}
    choose = random.Random(seed)
    for _month in range(8):
        year, month = choose.choice((2025, 2026)), choose.randrange(1, 13)
        first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
        asked = {"fromDate": first.isoformat(), "toDate": last.isoformat(), "paymentsOnly": cash}
        report = made(people_, "ProfitAndLoss", **asked)
        profit = {key: amount for key, (amount,) in by_account(report).items()}
        # The Australian year begins in July: nothing of before counts then.
        before = defaultdict(Decimal) if month == 7 else year_to_date(people_, first - timedelta(days=1), cash)
        after = year_to_date(people_, last, cash)
        for key in {*before, *after, *profit}:
            if kinds[key] in ("REVENUE", "EXPENSE"):
                sign = 1 if kinds[key] == "EXPENSE" else -1
                assert sign * (after[key] - before[key]) == profit.get(key, 0)


@pytest.mark.parametrize("seed", range(4))
def test_the_sheets_agree(seed):
    """Debits are credits, net assets are equity, and the bank summary closes with what the sheet says."""
    people_ = People(seed + 10)
    for _step in range(150):
        people_.do_something()
    for cash in ("true", "false"):
        for day in ("2025-06-30", "2025-07-31", "2026-03-31", "2027-12-31"):
            trial = by_name(made(people_, "TrialBalance", date=day, paymentsOnly=cash))["Total"]
            assert (trial[0], trial[2]) == (trial[1], trial[3])
            sheet = by_name(made(people_, "BalanceSheet", date=day, periods=2, paymentsOnly=cash))
            assert sheet["Net Assets"] == sheet["Total Equity"]
    summary = made(people_, "BankSummary", fromDate="2025-07-01", toDate="2026-03-31")
    sheet = by_account(made(people_, "BalanceSheet", date="2026-03-31"))
    for key, row in by_account(summary, "accountID").items():
        opening, received, spent, gain, closing = row
        assert opening + received - spent + gain == closing == sheet.get(key, [0])[0]

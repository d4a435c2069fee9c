"""Manual journals (facts 4.11)."""

import time

import pytest
from test_ledger import amounts


def entry(amount, code, **fields):
    return {"LineAmount": amount, "AccountCode": code} | fields


def journal(*rows, **fields):
    rows = rows or (entry(100, "400"), entry(-100, "850"))
    return {"Narration": "Stock of October", "Date": "2026-10-31", "Status": "POSTED", "JournalLines": rows} | fields


def path(made):
    return f"ManualJournals/{made['ManualJournalID']}"


class TestCreating:
    def test_defaults(self, au):
        made = au.save("ManualJournals", Narration="Plain", JournalLines=[entry(1, "400"), entry(-1, "404")])
        assert (made["Status"], made["LineAmountTypes"], made["ShowOnCashBasisReports"]) == ("DRAFT", "NoTax", True)
        assert [row["TaxType"] for row in made["JournalLines"]] == ["NONE", "NONE"]

    def test_it_is_in_the_books_when_it_is_posted(self, au, books):
        draft = au.save("ManualJournals", **journal(Status="DRAFT"))
        assert books() == {}
        au.change(path(draft), Status="POSTED")
        assert books() == amounts(_400=100, _850=-100)
        assert books("2026-10-30") == {}

    @pytest.mark.parametrize(
        ("types", "rows", "expected"),
        [
            ("Exclusive", [(100, "400", "INPUT"), (-110, "850", "BASEXCLUDED")], {"400": 100, "820": 10, "850": -110}),
            ("Inclusive", [(110, "400", "INPUT"), (-110, "850", "BASEXCLUDED")], {"400": 100, "820": 10, "850": -110}),
            ("Inclusive", [(-110, "200", "OUTPUT"), (110, "850", "NONE")], {"200": -100, "820": -10, "850": 110}),
            ("NoTax", [(110, "400", "INPUT"), (-110, "850", "INPUT")], {"400": 110, "850": -110}),
        ],
    )
    def test_tax(self, au, books, types, rows, expected):
        lines = [entry(amount, code, TaxType=tax) for amount, code, tax in rows]
        au.save("ManualJournals", **journal(*lines, LineAmountTypes=types))
        assert books() == expected

    def test_the_sum_counts_tax(self, au):
        rows = [entry(100, "400", TaxType="INPUT"), entry(-100, "850", TaxType="BASEXCLUDED")]
        message = "The total debits (110.00) must equal total credits (-100.00)"
        assert au.refused("ManualJournals", **journal(*rows, LineAmountTypes="Exclusive")) == [message]

    def test_a_tax_that_is_sent_is_computed_all_the_same(self, sim, au):
        rows = [entry(100, "400", TaxType="INPUT", TaxAmount="9.99"), entry("-109.99", "850", TaxType="BASEXCLUDED")]
        assert au.refused("ManualJournals", **journal(*rows, LineAmountTypes="Exclusive"))
        sim.control("readings", journal_tax_not_writable=False)
        made = au.save("ManualJournals", **journal(*rows, LineAmountTypes="Exclusive"))
        assert str(made["JournalLines"][0]["TaxAmount"]) == "9.99"

    @pytest.mark.parametrize(
        "fields",
        [{"Narration": ""}, {"Narration": None}, {"JournalLines": []}, {"JournalLines": [entry(0, "400")]},
         {"Status": "VOIDED"}, {"Status": "PAID"}, {"Url": "no address"}, {"LineAmountTypes": "Odd"},
         {"JournalLines": [entry(1, "400"), entry("-1.01", "404")]},
         {"JournalLines": [entry(1, "no"), entry(-1, "404")]}, {"JournalLines": [entry(None, "400"), entry(0, "404")]},
         {"JournalLines": [{"LineAmount": 0}, entry(0, "404")]},
         {"LineAmountTypes": "Exclusive",
          "JournalLines": [entry(1, "400", TaxType="OUTPUT"), entry("-1.1", "850", TaxType="NONE")]}],
    )  # fmt: skip
    def test_what_is_refused(self, au, fields):
        assert au.refused("ManualJournals", **journal() | fields)

    @pytest.mark.parametrize("code", ["610", "800", "960", "090", "630"])
    def test_accounts_that_no_journal_may_use(self, sim, au, code):
        sim.control("readings", journals_refuse_system_accounts=False)
        message = f"Account code '{code}' is not a valid code for this document."
        assert au.refused("ManualJournals", **journal(entry(1, code), entry(-1, "850"))) == [message]

    @pytest.mark.parametrize("code", ["820", "860", "877", "498"])
    def test_system_accounts_by_the_stricter_reading(self, sim, au, code):
        element = journal(entry(1, code), entry(-1, "850"))
        assert au.refused("ManualJournals", **element)
        sim.control("readings", journals_refuse_system_accounts=False)
        au.save("ManualJournals", **element)

    def test_an_archived_account(self, sim, au):
        sim.act("archive_account", code="404")
        assert "archived" in au.refused("ManualJournals", **journal(entry(1, "404"), entry(-1, "850")))[0]

    def test_tracking(self, au):
        category = au.rows("TrackingCategories")[0]
        tag = [{"Name": category["Name"], "Option": category["Options"][0]["Name"]}]
        made = au.save("ManualJournals", **journal(entry(1, "400", Tracking=tag), entry(-1, "850")))
        assert made["JournalLines"][0]["Tracking"][0]["TrackingOptionID"] == category["Options"][0]["TrackingOptionID"]
        assert au.refused("ManualJournals", **journal(entry(1, "400", Tracking=tag * 3), entry(-1, "850")))

    def test_lock_dates(self, sim, au):
        made = au.save("ManualJournals", **journal())
        sim.act("set_lock_date", period="2026-10-31")
        assert "lock date" in au.refused("ManualJournals", **journal())[0]
        assert "lock date" in au.refused(path(made), "POST", Status="VOIDED")[0]


class TestChanging:
    def test_lines_are_replaced(self, au, books):
        made = au.save("ManualJournals", **journal())
        au.change(path(made), JournalLines=[entry(7, "404"), entry(-4, "408"), entry(-3, "850")])
        assert books() == amounts(_404=7, _408=-4, _850=-3)
        assert len(au.one(path(made))["JournalLines"]) == 3

    def test_without_lines_they_stay(self, au, books):
        made = au.save("ManualJournals", **journal())
        au.change(path(made), Narration="Another text")
        assert (au.one(path(made))["Narration"], books()) == ("Another text", amounts(_400=100, _850=-100))

    @pytest.mark.parametrize(("status", "ways"), [("DRAFT", {"DELETED"}), ("POSTED", {"VOIDED"})])
    def test_ends(self, au, books, status, ways):
        for target in ("VOIDED", "DELETED"):
            made = au.save("ManualJournals", **journal(Status=status))
            if target not in ways:
                assert au.refused(path(made), "POST", Status=target)
                continue
            assert au.change(path(made), Status=target)["Status"] == target
            assert au.refused(path(made), "POST", Status=status)
            assert au.refused(path(made), "POST", Narration="x")
        assert books() == (amounts(_400=100, _850=-100) if status == "POSTED" else {})

    def test_put_creates_only(self, au):
        made = au.save("ManualJournals", **journal())
        assert au.refused("ManualJournals", "PUT", **journal(ManualJournalID=made["ManualJournalID"]))

    def test_a_person_does_it_too(self, sim, au, books):
        made = sim.act("journal", **journal())
        sim.act("journal", journal=made["ManualJournalID"], JournalLines=[entry(5, "404"), entry(-5, "850")])
        assert books() == amounts(_404=5, _850=-5)
        assert sim.act("void_journal", journal=made["ManualJournalID"])["Status"] == "VOIDED"
        assert books() == {}


class TestReading:
    def test_by_narration_alone(self, au):
        au.save("ManualJournals", **journal())
        made = au.save("ManualJournals", **journal(Narration='Mark "7"'))
        (row,) = au.rows("ManualJournals", where='Narration=="Mark \\"7\\""')
        assert row["ManualJournalID"] == made["ManualJournalID"]
        assert au.call("GET", "ManualJournals", params={"where": 'Status=="POSTED"'}).status_code == 400

    def test_lines_need_a_page(self, au):
        made = au.save("ManualJournals", **journal())
        assert au.rows("ManualJournals")[0]["JournalLines"] == []
        page = au.get("ManualJournals", page=1, pageSize=5)
        assert len(page["ManualJournals"][0]["JournalLines"]) == 2
        assert page["pagination"]["itemCount"] == 1
        assert len(au.one(path(made))["JournalLines"]) == 2
        assert "DateString" not in au.one(path(made))

    def test_since(self, sim, au):
        au.save("ManualJournals", **journal())
        sim.control("clock", advance=10)
        moment = sim.look("clock")["time"]
        sim.control("clock", advance=10)
        made = au.save("ManualJournals", **journal())
        (row,) = au.rows("ManualJournals", {"If-Modified-Since": moment})
        assert row["ManualJournalID"] == made["ManualJournalID"]

    def test_too_many(self, sim, au):
        sim.control("organisations/au", settings={"high_volume_rows": 1})
        for _time in range(2):
            au.save("ManualJournals", **journal())
        assert au.get("ManualJournals", expect=400, page=1).json()["ErrorNumber"] == 51

    def test_attachment_and_history(self, au):
        made = au.save("ManualJournals", **journal())
        kind = {"Content-Type": "text/plain"}
        answer = au.call("PUT", f"{path(made)}/Attachments/sheet.txt", kind, data=b"x")
        assert answer.status_code == 200
        assert au.one(path(made))["HasAttachments"] is True
        assert au.get(f"{path(made)}/History")["HistoryRecords"]

    def test_it_takes_its_permission(self, sim):
        reader = sim.api("au", ["accounting.manualjournals.read"])
        assert reader.call("GET", "ManualJournals").status_code == 200
        assert reader.call("PUT", "ManualJournals", json={}).status_code == 401
        assert sim.api("au", ["accounting.transactions"]).call("GET", "ManualJournals").status_code == 200
        assert sim.api("au", ["accounting.invoices"]).call("GET", "ManualJournals").status_code == 401

    def test_a_user_without_reports_is_refused_with_403(self, sim):
        users = {row["EmailAddress"][:3]: row for row in sim.api("au").rows("Users")}
        standard = users["sam"]["UserID"]
        sim.control("organisations/au", settings={"no_reports_for": [standard]})
        token = sim.control("token", organisations=["au"], user=standard)
        api = sim.api("au")
        assert api.call("GET", "ManualJournals").status_code == 200
        own = {"Authorization": f"Bearer {token['access_token']}"}
        refused = api.call("GET", "ManualJournals", headers=own)
        assert (refused.status_code, refused.json()["Title"]) == (403, "Forbidden")
        assert api.call("GET", "Invoices", headers=own).status_code == 200


def test_links_that_name_xero_by_the_other_reading(sim, au):
    url = "https://books.example.com/mail/view?xero_db=1"
    assert au.save("ManualJournals", **journal(Url=url))["Url"] == url
    sim.control("readings", url_with_xero_refused=True)
    assert au.refused("ManualJournals", **journal(Url=url)) == ["Url must not contain 'xero'"]
    assert au.refused("Invoices", **au.draft_fields(Url=url)) == ["Url must not contain 'xero'"]


def test_where_the_user_may_not_make_them(sim, au):
    made = au.save("ManualJournals", **journal())
    sim.control("organisations/au", actions={"CreateManualJournal": False})
    actions = {row["Name"]: row["Status"] for row in au.get("Organisation/Actions")["Actions"]}
    assert actions["CreateManualJournal"] == "NOT-ALLOWED"
    assert au.call("PUT", "ManualJournals", json={"ManualJournals": [journal()]}).status_code == 403
    assert au.one(path(made))["Status"] == "POSTED"


def test_a_journal_of_many_lines_is_quick(au):
    rows = [entry(1, "400") for _line in range(2000)] + [entry(-2000, "850")]
    start = time.monotonic()
    au.save("ManualJournals", **journal(*rows))
    assert time.monotonic() - start < 5

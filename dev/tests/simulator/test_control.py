"""The control interface itself, the command line, the page, speed and safety under load."""

import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from simulator_client import Api, line

ROOT = Path(__file__).resolve().parents[3]


class TestInterface:
    def test_overview(self, sim):
        found = sim.look("")
        assert [row["seed"] for row in found["organisations"]] == ["au", "nz", "uk", "us"]
        assert found["apps"][0]["client_secret"]

    def test_reset_forgets_everything(self, sim, au):
        au.invoice()
        sim.fault("error")
        sim.control("readings", no_unarchive=False)
        sim.control("clock", advance=86400)
        sim.control("limits", enabled=True)
        found = sim.control("reset")
        assert found["organisations"][0]["counts"]["invoices"] == 0
        assert sim.look("faults")["faults"] == []
        assert sim.look("readings")["no_unarchive"] is True
        assert sim.look("limits")["enabled"] is False
        assert sim.look("stats")["total_calls"] == 0
        assert au.call("GET", "Organisation").status_code == 401

    def test_back_to_a_mark(self, sim, au):
        kept = au.invoice()
        assert "not found" in sim.control("organisations/au/rewind", expect=404)["error"].lower()
        sim.control("organisations/au/mark", now=True)
        for _time in range(2):
            au.invoice()
            sim.control("organisations/au/act/void", invoice=kept["InvoiceID"])
            sim.control("organisations/au/act/set_lock_date", period="2020-01-31")
            sim.control("organisations/au/rewind", now=True)
            [found] = sim.look("organisations/au/documents/Invoices")["Invoices"]
            assert (found["InvoiceID"], found["Status"]) == (kept["InvoiceID"], kept["Status"])
            assert au.call("GET", "Organisation").json()["Organisations"][0].get("PeriodLockDate") is None

    def test_back_to_a_mark_of_everything(self, sim, au):
        assert "not found" in sim.control("rewind", expect=404)["error"].lower()
        kept = au.invoice()
        sim.control("mark", now=True)
        places = ("limits", "readings", "lives", "webhooks", "faults")
        before, state = {place: sim.look(place) for place in places}, self.lasting(sim)
        for _time in range(2):
            sim.control("organisations", seed="nz", Name="Second Ltd")
            sim.control("organisations/au/act/void", invoice=kept["InvoiceID"])
            sim.control("apps", name="Other")
            sim.control("limits", enabled=True, minute=1)
            sim.control("readings", no_unarchive=False)
            sim.control("lives", access=1.0)
            sim.control("webhooks", url="http://localhost:1/x")
            sim.control("clock", advance=86400)
            sim.control("tokens/expire", refresh=True)
            sim.fault("error", count=None)
            assert au.call("GET", "Organisation").status_code in (401, 500)
            sim.control("rewind", now=True)
            assert {place: sim.look(place) for place in places} == before
            assert self.lasting(sim) == state
            assert sim.look("stats")["total_calls"] == 0
            assert au.call("GET", "Organisation").status_code == 200
            sim.control("rewind", now=True)

    def lasting(self, sim):
        """Books, apps, consents and tokens."""
        _dict, state = sim.look("state")["state"]
        return [[name, value] for name, value in state if name != "time"]

    def test_whole_state_survives_a_reset(self, sim, au):
        made = sim.control("organisations", seed="nz", Name="Second Ltd", BaseCurrency="USD")
        kept = au.invoice()
        au.call("PUT", f"Invoices/{kept['InvoiceID']}/Attachments/a.txt", data=b"text")
        sim.control("organisations/au/act/pay", invoice=kept["InvoiceID"], amount=1.5)
        kinds = ("Accounts", "Contacts", "Invoices", "Payments", "TaxRates")
        before = {kind: sim.look(f"organisations/au/documents/{kind}") for kind in kinds}
        state = sim.look("state")["state"]
        sim.control("reset", now=True)
        sim.control("state", state=state)
        assert {kind: sim.look(f"organisations/au/documents/{kind}") for kind in kinds} == before
        assert sim.look("state")["state"][1][1:5] == state[1][1:5], "all but times"
        assert au.call("GET", "Organisation").ok, "the token is good still"
        assert au.invoice()["InvoiceNumber"] != kept["InvoiceNumber"]
        assert sim.look("organisations/Second Ltd")["tenant_id"] == made["tenant_id"]

    def test_second_organisation_of_a_country(self, sim):
        made = sim.control("organisations", seed="nz", Name="Second Ltd", BaseCurrency="USD")
        api = sim.api("Second Ltd")
        assert api.tenant == made["tenant_id"] != sim.api("nz").tenant
        assert api.invoice()["CurrencyCode"] == "USD"

    def test_apps_can_be_given_ids(self, sim):
        made = sim.control("apps", name="Mine", client_id="ID", client_secret="SECRET")
        assert (made["client_id"], made["client_secret"], made["tier"]) == ("ID", "SECRET", "starter")

    def test_unknown_names_are_refused(self, sim):
        for path in ("readings", "lives", "limits", "webhooks/settings"):
            assert "nknown" in sim.control(path, expect=400, nonsense=1)["error"]
        sim.control("nothing", expect=404)
        sim.control("organisations", expect=400, seed="mars")

    def test_pages_of_other_sites_are_refused(self, sim):
        url = f"{sim.address}/simulator/reset"
        assert requests.post(url, headers={"Origin": "https://evil.example.com"}).status_code == 403
        assert requests.post(url, headers={"Origin": sim.address}).status_code == 200
        assert requests.get(f"{sim.address}/simulator", headers={"Host": "rebound.example.com"}).status_code == 403

    def test_stats_and_calls(self, sim, au):
        au.invoice()
        au.call("GET", "Invoices/none")
        report = sim.look("stats")
        rows = {(row["method"], row["resource"], row["status"]): row["count"] for row in report["calls"]}
        assert rows == {("PUT", "Contacts", 200): 1, ("PUT", "Invoices", 200): 1, ("GET", "Invoices", 404): 1}
        assert report["total_calls"] == 3
        calls = sim.look("calls?after=2")["calls"]
        assert [(call["path"], call["status"]) for call in calls] == [("/api.xro/2.0/Invoices/none", 404)]
        assert sim.control("stats/reset")["total_calls"] == 0
        assert len(sim.documents("Invoices")) == 1

    def test_totals(self, sim, au):
        au.invoice()
        au.bill()
        gone = au.invoice()
        au.change("Invoices", InvoiceID=gone["InvoiceID"], Status="VOIDED")
        report = sim.look("organisations/au/totals")
        assert report["live"] == {"ACCREC AUD": 100, "ACCPAY AUD": 100}
        assert sum(row["count"] for row in report["totals"]) == 3

    def test_dump_filters_and_shows_what_is_inside(self, sim, au):
        au.invoice(InvoiceNumber="D-1")
        au.save("Invoices", **au.draft_fields(Status="DRAFT"))
        found = sim.look("organisations/au/documents/Invoices?Status=AUTHORISED")
        assert found["count"] == 1
        assert found["Invoices"][0]["inner"]["contact_name"] == "Usual Customer"
        assert found["Invoices"][0]["Date"] == "2026-10-01"
        assert sim.look("organisations/au/documents")["Invoices"] == 2
        sim.control("organisations/au/documents/Nonsense", "GET", expect=404)


class TestDuplicates:
    def test_clean_books(self, sim, au):
        au.invoice(InvoiceNumber="1", Url="https://example.com/1")
        au.invoice(InvoiceNumber="2", Url="https://example.com/2")
        assert sim.look("organisations/au/duplicates")["any"] is False

    def test_same_link_twice(self, sim, au):
        for number in ("1", "2"):
            au.invoice(InvoiceNumber=number, Url="https://example.com/1")
        report = sim.look("organisations/au/duplicates")
        assert report["any"] is True
        assert report["invoice_urls"] == [{"key": ["https://example.com/1"], "count": 2}]

    def test_voided_ones_do_not_count(self, sim, au):
        first = au.invoice(InvoiceNumber="1", Url="https://example.com/1")
        au.change("Invoices", InvoiceID=first["InvoiceID"], Status="VOIDED")
        au.invoice(InvoiceNumber="2", Url="https://example.com/1")
        assert sim.look("organisations/au/duplicates")["any"] is False

    def test_bills_of_one_contact_and_payments(self, sim, au):
        au.bill()
        bill = au.bill()
        for _number in range(2):
            au.pay(bill, 10, Reference="same")
        report = sim.look("organisations/au/duplicates")
        assert len(report["bill_numbers_of_a_contact"]) == 1
        assert len(report["payments"]) == 1

    def test_journals_of_a_day_and_money_with_a_reference(self, sim, au):
        pair = [{"LineAmount": 9, "AccountCode": "404"}, {"LineAmount": -9, "AccountCode": "850"}]
        au.contact("Ada")
        for _time in range(2):
            sim.act("journal", Narration="Stock", Date="2026-10-31", JournalLines=pair)
            sim.act("bank_money", Type="SPEND", contact="Ada", Date="2026-10-01", Reference="mark",
                    LineItems=[line(AccountCode="400")])  # fmt: skip
            sim.act("bank_money", Type="SPEND", contact="Ada", Date="2026-10-01", LineItems=[line(AccountCode="400")])
        report = sim.look("organisations/au/duplicates")
        assert report["manual_journals"] == [{"key": ["2026-10-31", "Stock"], "count": 2}]
        assert [row["count"] for row in report["bank_transactions"]] == [2]
        for row in sim.documents("ManualJournals"):
            sim.act("void_journal", journal=row["ManualJournalID"])
        assert sim.look("organisations/au/duplicates")["manual_journals"] == []


class TestCommandLine:
    def run(self, *arguments):
        return subprocess.Popen([sys.executable, "-m", "simulator", *arguments], cwd=ROOT, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip

    def test_prints_its_address_and_app_and_ends_on_a_signal(self):
        process = self.run("--seed", "uk")
        first, second = process.stdout.readline(), process.stdout.readline()
        address = first.split()[-1]
        found = requests.get(f"{address}/simulator").json()
        assert process.stdout.readline() == "GET /simulator -> 200 OK\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        assert [row["seed"] for row in found["organisations"]] == ["uk"]
        assert found["apps"][0]["client_id"] in second
        process.communicate()

    def test_unknown_seed(self):
        process = self.run("--seed", "mars")
        _out, err = process.communicate(timeout=10)
        assert process.returncode == 2
        assert "mars" in err


class TestTransport:
    def test_connections_are_kept_alive(self, sim, au):
        parts = urlsplit(sim.address)
        request = f"GET /simulator/clock HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
        with socket.create_connection((parts.hostname, parts.port)) as connection:
            for _number in range(3):
                connection.sendall(request)
                assert connection.recv(65536).startswith(b"HTTP/1.1 200")

    def test_chunked_body(self, sim, au):
        answer = au.call("PUT", "Contacts", {"Content-Type": "application/json"}, data=iter([b'{"Name": ', b'"Ada"}']))
        assert answer.status_code == 200
        assert au.call("GET", "Contacts").json()["Contacts"][0]["Name"] == "Ada"


class TestPage:
    def test_page_and_its_data(self, sim, au):
        au.invoice(InvoiceNumber="SHOWN-1", DueDate="2026-12-24")
        au.bill()
        for path, kind in (("/", "text/html"), ("/page.js", "text/javascript"), ("/page.css", "text/css")):
            answer = sim.http.get(sim.address + path)
            assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, kind)
        card = sim.look("page")["organisations"][0]
        assert (card["receivable"], card["payable"]) == (100, 100)
        listed = sim.look("page/au/sales?q=shown+usual")
        assert (listed["count"], listed["sums"]) == (1, {"AUD": {"total": 100, "due": 100}})
        assert sim.look("page/au/sales?q=nonsense")["count"] == 0
        document = sim.look(f"page/au/sales/{listed['rows'][0]['id']}")
        assert document["lines"][0]["LineAmount"] == 100
        assert document["history"][0]["Changes"] == "Created"
        assert sim.http.get(sim.address + "/nothing").status_code == 404

    def test_every_kind_can_be_listed_and_opened(self, sim, au):
        invoice = au.invoice()
        note = au.note()
        sim.act("allocate", credit_note=note["CreditNoteID"], invoice=invoice["InvoiceID"], amount=10)
        au.pay(invoice, 5)
        au.bill()
        for kind in ("sales", "bills", "notes", "contacts", "payments"):
            (row,) = sim.look(f"page/au/{kind}")["rows"]
            assert sim.look(f"page/au/{kind}/{row['id']}")["head"]["id"] == row["id"]
        applied = sim.look(f"page/au/sales/{invoice['InvoiceID']}")["applied"]
        assert [row["amount"] for row in applied] == [5, 10]

    def test_money_at_the_bank_and_journals(self, sim, au):
        au.contact("Ada")
        rows = [line(UnitAmount=110, TaxType="INPUT", AccountCode="400")]
        spent = sim.act("bank_money", Type="SPEND", contact="Ada", LineItems=rows, Reference="Card")
        moved = sim.act("transfer", **{"from": "090", "to": "091", "amount": 5})
        pair = [{"LineAmount": 9, "AccountCode": "404"}, {"LineAmount": -9, "AccountCode": "850"}]
        journal = sim.act("journal", Narration="Stock", JournalLines=pair)
        listed = sim.look("page/au/bank")["rows"]
        assert sorted((row["number"], row["contact"], row["total"]) for row in listed) == [
            ("Receive transfer", "", 5), ("Spend", "Ada", 110), ("Spend transfer", "", 5)
        ]  # fmt: skip
        shown = sim.look(f"page/au/bank/{spent['BankTransactionID']}")
        assert [(row["text"], row["debit"], row["credit"]) for row in shown["postings"]] == [
            ("Business Bank Account", None, 110), ("Advertising", 100, None), ("GST", 10, None)
        ]  # fmt: skip
        half = sim.look(f"page/au/bank/{moved['ToBankTransactionID']}")
        assert [row["text"] for row in half["postings"]] == ["Business Bank Account", "Business Savings Account"]
        (row,) = sim.look("page/au/journals")["rows"]
        assert (row["number"], row["total"]) == ("Stock", 9)
        assert len(sim.look(f"page/au/journals/{journal['ManualJournalID']}")["lines"]) == 2

    def test_trial_balance(self, sim, au):
        invoice = au.invoice(InvoiceNumber="T-1", LineItems=[line(TaxType="OUTPUT")])
        rows = sim.look("page/au/ledger")["rows"]
        assert [(row["name"], row["debit"], row["credit"]) for row in rows] == [
            ("Sales", None, 100), ("Accounts Receivable", 110, None), ("GST", None, 10), ("Total", 110, 110)
        ]  # fmt: skip
        found = sim.look("page/au/ledger?q=receivable")["rows"]
        assert [row["name"] for row in found] == ["Accounts Receivable", "Total"]
        account = sim.look(f"page/au/ledger/{rows[1]['id']}")
        assert [(row["text"], row["debit"]) for row in account["postings"]] == [("Invoice T-1", 110)]
        assert len(sim.look(f"page/au/sales/{invoice['InvoiceID']}")["postings"]) == 3
        before = sim.look("page")["organisations"][0]["version"]
        sim.act("journal", Narration="x", JournalLines=[{"LineAmount": 1, "AccountCode": "404"},
                                                        {"LineAmount": -1, "AccountCode": "850"}])  # fmt: skip
        assert sim.look("page")["organisations"][0]["version"] != before
        assert sim.control("page/au/ledger/no-account", "GET", 404)

    def test_deep_link_leads_to_the_document(self, sim, au):
        (organisation,) = au.get("Organisation")["Organisations"]
        invoice = au.invoice()["InvoiceID"]
        params = {"shortcode": organisation["ShortCode"],
                  "redirecturl": f"/AccountsReceivable/View.aspx?InvoiceID={invoice}"}  # fmt: skip
        answer = sim.http.get(
            f"{sim.address}/organisationlogin/default.aspx", params=params, allow_redirects=False
        )
        assert answer.headers["Location"].endswith(f"/#{au.tenant}/sales/{invoice}")

    @pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
    def test_in_a_browser(self, sim, au, tmp_path):
        invoice = au.invoice(InvoiceNumber="SEEN-1", LineItems=[line(Description="<i>Shown as text</i>")])
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync",
                 f"--user-data-dir={tmp_path}", "--virtual-time-budget=6000", "--dump-dom"]  # fmt: skip
        address = f"{sim.address}/#{au.tenant}/sales/{invoice['InvoiceID']}"
        command = ["chromium", *flags, address]
        shown = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
        assert "SEEN-1" in shown
        assert "100.00 AUD" in shown
        assert "Awaiting payment" in shown
        assert "&lt;i&gt;Shown as text&lt;/i&gt;" in shown


class TestLoad:
    def rows(self, api, count, prefix="L"):
        return [api.draft_fields(InvoiceNumber=f"{prefix}-{number}", LineItems=[line()] * 3) for number in range(count)]

    def test_cost_of_a_write_does_not_grow_with_the_books(self, au):
        def seconds(prefix):
            rows = self.rows(au, 200, prefix)
            started = time.monotonic()
            for start in range(0, 200, 50):
                au.write("PUT", "Invoices", rows[start : start + 50])
            return time.monotonic() - started

        first = min(seconds(f"A{number}") for number in range(3))
        for number in range(20):
            seconds(f"B{number}")
        last = min(seconds(f"C{number}") for number in range(3))
        assert last < 4 * first + 0.1

    def test_long_lists_are_read_page_by_page(self, au):
        for batch in range(20):
            au.write("PUT", "Invoices", self.rows(au, 250, f"P{batch}"))
        seen = [row["InvoiceID"] for page in range(1, 51) for row in au.rows("Invoices", page=page, pageSize=100)]
        assert len(set(seen)) == 5000

    def test_parallel_writers_of_one_number_make_one_document(self, sim, au):
        fields, outcomes = au.draft_fields(InvoiceNumber="ONE"), []
        token, tenant = au.headers["Authorization"].split()[1], au.tenant

        def write():
            sim_of_thread = sim.__class__(sim.address)
            (row,) = Api(sim_of_thread, token, tenant).write("PUT", "Invoices", [fields])
            outcomes.append(row["StatusAttributeString"])

        threads = [threading.Thread(target=write) for _number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["ERROR"] * 7 + ["OK"]
        assert len(sim.documents("Invoices")) == 1

"""Paging, filters, order, If-Modified-Since (facts 3.5 to 3.7)."""

import uuid
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import pytest
from simulator_client import line


@pytest.fixture
def ten(au):
    """Ten invoices of two contacts: INV-A0 … INV-A9, one a day from 1 October."""
    contacts = [au.contact("Ada Trading", ContactNumber="c-1"), au.contact("Bob & Söhne", ContactNumber="c-2")]
    rows = [
        au.draft_fields(
            contacts[number % 2],
            InvoiceNumber=f"INV-A{number}",
            Reference=f"Order {number}",
            Date=f"2026-10-{number + 1:02d}",
            Status="DRAFT" if number >= 8 else "AUTHORISED",
            LineItems=[line(UnitAmount=number + 1)],
        )
        for number in range(10)
    ]
    return au.write("PUT", "Invoices", rows)


def numbers(rows):
    return [row["InvoiceNumber"] for row in rows]


class TestPaging:
    def test_pages_add_up_to_the_whole(self, au, ten):
        seen = []
        for page in (1, 2, 3):
            answer = au.get("Invoices", page=page, pageSize=4)
            assert answer["pagination"] == {"page": page, "pageSize": 4, "pageCount": 3, "itemCount": 10}
            seen += numbers(answer["Invoices"])
        assert sorted(seen) == sorted(numbers(ten))
        assert au.rows("Invoices", page=4, pageSize=4) == []

    @pytest.mark.parametrize(("asked", "given"), [("0", 1), ("-5", 1), ("5000", 1000), ("x", 100), ("", 100)])
    def test_page_size_is_clamped(self, au, asked, given):
        assert au.get("Invoices", page=1, pageSize=asked)["pagination"]["pageSize"] == given

    def test_default_page_size(self, au):
        assert au.get("Invoices", page=1)["pagination"] == {"page": 1, "pageSize": 100, "pageCount": 0, "itemCount": 0}

    def test_unpaged_list_has_no_line_items(self, au, ten):
        answer = au.get("Invoices")
        assert "pagination" not in answer
        assert all(row["LineItems"] == [] for row in answer["Invoices"])
        assert all(len(row["LineItems"]) == 1 for row in au.rows("Invoices", page=1))

    @pytest.mark.parametrize("parameter", [{"Statuses": "AUTHORISED"}, {"summaryOnly": "True"}])
    def test_some_parameters_page_by_themselves(self, au, ten, parameter):
        assert au.get("Invoices", **parameter)["pagination"]["pageSize"] == 100

    def test_accounts_know_no_pages(self, au):
        answer = au.get("Accounts", page=1, pageSize=1)
        assert "pagination" not in answer
        assert len(answer["Accounts"]) > 40

    def test_default_order_is_by_update_then_id(self, au, ten):
        au.change("Invoices", InvoiceID=ten[0]["InvoiceID"], Status="AUTHORISED", Reference="later")
        assert numbers(au.rows("Invoices", page=1))[-1] == "INV-A0"


class TestParameters:
    def test_ids(self, au, ten):
        wanted = [ten[3]["InvoiceID"], ten[1]["InvoiceID"], str(uuid.uuid4())]
        assert sorted(numbers(au.rows("Invoices", IDs=",".join(wanted)))) == ["INV-A1", "INV-A3"]

    def test_invoice_numbers(self, au, ten):
        found = au.rows("Invoices", InvoiceNumbers="INV-A2, inv-a4,none", order="Date")
        assert numbers(found) == ["INV-A2", "INV-A4"]

    def test_about_fifty_ids_fit_into_one_address(self, au):
        ids = [str(uuid.uuid4()) for _number in range(60)]
        assert au.call("GET", "Invoices", params={"IDs": ",".join(ids[:40])}).status_code == 200
        assert au.call("GET", "Invoices", params={"IDs": ",".join(ids)}).status_code == 414

    def test_invoices_of_archived_contacts_are_hidden_unless_asked_for(self, sim, au, ten):
        sim.act("archive_contact", contact="Ada Trading")
        assert len(au.rows("Invoices")) == 5
        assert len(au.rows("Invoices", includeArchived="true")) == 10
        assert au.rows("Invoices", InvoiceNumbers="INV-A0") == []
        assert au.one("Invoices/INV-A0")["InvoiceNumber"] == "INV-A0"
        sim.control("readings", invoices_of_archived_contacts_hidden=False)
        assert len(au.rows("Invoices")) == 10

    def test_contact_ids(self, au, ten):
        wanted = ten[1]["Contact"]["ContactID"]
        assert len(au.rows("Invoices", ContactIDs=wanted)) == 5

    def test_statuses(self, au, ten):
        assert len(au.rows("Invoices", Statuses="DRAFT")) == 2
        assert len(au.rows("Invoices", Statuses="DRAFT,AUTHORISED")) == 10

    def test_search_term_looks_into_number_reference_and_contact(self, au, ten):
        assert numbers(au.rows("Invoices", searchTerm="inv-a7")) == ["INV-A7"]
        assert numbers(au.rows("Invoices", searchTerm="order 3")) == ["INV-A3"]
        assert len(au.rows("Invoices", searchTerm="ada")) == 5

    def test_created_by_my_app(self, sim, au, ten):
        sim.act("create_invoice", contact="Ada Trading", InvoiceNumber="UI-1", LineItems=[line()])
        assert len(au.rows("Invoices")) == 11
        assert len(au.rows("Invoices", createdByMyApp="true")) == 10

    def test_summary_only_drops_the_heavy_fields(self, au, ten):
        row = au.rows("Invoices", summaryOnly="true", order="Date")[0]
        assert not {"LineItems", "Payments", "HasAttachments"} & set(row)
        assert row["Total"] == 1

    def test_voided_and_deleted_are_listed(self, au, ten):
        au.change("Invoices", InvoiceID=ten[0]["InvoiceID"], Status="VOIDED")
        au.change("Invoices", InvoiceID=ten[9]["InvoiceID"], Status="DELETED")
        statuses = [row["Status"] for row in au.rows("Invoices")]
        assert statuses.count("VOIDED") == statuses.count("DELETED") == 1
        assert len(statuses) == 10


class TestWhere:
    @pytest.mark.parametrize(
        ("where", "count"),
        [
            ('Status=="DRAFT"', 2),
            ('Status="DRAFT"', 2),
            ('Status == "AUTHORISED" AND Type == "ACCREC"', 8),
            ('Status=="AUTHORISED"&&Reference=="Order 3"', 1),
            ('InvoiceNumber=="INV-A5"', 1),
            ('InvoiceNumber=="inv-a5"', 1),
            ('Contact.Name=="Bob & Sohne"', 5),
            ('Contact.ContactNumber=="c-1"', 5),
            ("Date>=DateTime(2026,10,3) AND Date<DateTime(2026, 10, 5)", 2),
            ("Date == DateTime(2026,10,03)", 1),
            ("AmountDue > 8.5", 2),
            ("AmountDue=5", 1),
            ("AmountPaid == 0", 10),
            ('(Status=="DRAFT" AND Reference=="Order 9")', 1),
            ('Reference=="Order \\"9\\""', 0),
        ],
    )
    def test_optimised_filters(self, au, ten, where, count):
        assert len(au.rows("Invoices", where=where)) == count

    def test_ids_may_be_joined_by_or(self, au, ten):
        where = f'InvoiceID==Guid("{ten[0]["InvoiceID"]}") OR InvoiceId==guid("{ten[5]["InvoiceID"]}")'
        assert sorted(numbers(au.rows("Invoices", where=where))) == ["INV-A0", "INV-A5"]

    def test_contact_by_guid(self, au, ten):
        where = f'Contact.ContactID==Guid("{ten[1]["Contact"]["ContactID"].upper()}")'
        assert len(au.rows("Invoices", where=where)) == 5

    @pytest.mark.parametrize(
        "where",
        [
            'Reference.Contains("1")',
            'Reference.StartsWith("O")',
            'Status!="DRAFT"',
            'Status=="DRAFT" OR Status=="PAID"',
            'Total==5',
            'Reference>"a"',
            'Status=="DRAFT',
            "Status==",
            'Status=="DRAFT" Type=="ACCREC"',
            "DateTime(2026,13,1)<Date",
            "Date==DateTime(2026,13,1)",
            ")",
        ],
    )
    def test_others_are_a_query_parse_exception(self, au, ten, where):
        answer = au.get("Invoices", expect=400, where=where).json()
        assert answer["Type"] == "QueryParseException"

    def test_contacts_know_three_fields_only(self, au, ten):
        assert len(au.rows("Contacts", where='Name=="ADA TRADING"')) == 1
        assert len(au.rows("Contacts", where='Name=="bob & sohne"')) == 1
        au.get("Contacts", expect=400, where='ContactNumber=="c-1"')

    def test_reference_lists_take_their_own_fields(self, au):
        assert {row["Type"] for row in au.rows("Accounts", where='Type=="BANK"')} == {"BANK"}
        (rounding,) = au.rows("Accounts", where='SystemAccount=="ROUNDING"')
        assert rounding["Code"] == "860"
        assert all(row["Status"] == "ACTIVE" for row in au.rows("TaxRates", where='Status=="ACTIVE"'))

    def test_too_many_matches(self, sim, au, ten):
        sim.control("organisations/au", settings={"high_volume_rows": 5})
        answer = au.get("Invoices", expect=400, page=1).json()
        assert (answer["Type"], answer["ErrorNumber"]) == ("HighVolumeException", 51)
        assert len(au.rows("Invoices", where='Status=="DRAFT"')) == 2


class TestOrder:
    def test_by_date_and_id(self, au, ten):
        assert numbers(au.rows("Invoices", order="Date DESC"))[0] == "INV-A9"
        rows = au.rows("Invoices", order="InvoiceID")
        assert [row["InvoiceID"] for row in rows] == sorted(row["InvoiceID"] for row in rows)

    @pytest.mark.parametrize("order", ["Total", "Date SIDEWAYS", "Date ASC DESC"])
    def test_others_are_refused(self, au, order):
        assert au.get("Invoices", expect=400, order=order).json()["Type"] == "QueryParseException"


class TestModifiedSince:
    def since(self, api, text, path="Invoices", **params):
        return api.rows(path, {"If-Modified-Since": text}, **params)

    def at(self, sim, seconds=0):
        if seconds:
            sim.control("clock", advance=seconds)
        return sim.look("clock")["time"]

    def test_only_rows_strictly_newer_at_whole_seconds(self, sim, au):
        contact = au.contact()
        au.invoice(contact, InvoiceNumber="OLD")
        middle = self.at(sim, 100)
        au.invoice(contact, InvoiceNumber="SAME")
        sim.control("clock", advance=100)
        au.invoice(contact, InvoiceNumber="NEW")
        found = numbers(self.since(au, middle))
        assert "NEW" in found and "OLD" not in found

    def test_same_second_is_left_out_unless_switched(self, sim, au):
        invoice = au.invoice()
        moment = int(invoice["UpdatedDateUTC"][6:19]) // 1000
        text = sim_time(moment)
        assert self.since(au, text) == []
        assert len(self.since(au, sim_time(moment - 1))) == 1
        sim.control("readings", modified_since_exclusive=False)
        assert len(self.since(au, text)) == 1

    def test_http_dates_are_understood_and_nonsense_is_refused(self, au):
        au.invoice()
        assert len(self.since(au, "Wed, 01 Jan 2020 00:00:00 GMT")) == 1
        assert au.call("GET", "Invoices", {"If-Modified-Since": "yesterday"}).status_code == 400

    def test_with_pages(self, sim, au, ten):
        moment = self.at(sim, 60)
        sim.control("clock", advance=60)
        au.change("Invoices", InvoiceID=ten[4]["InvoiceID"], Status="AUTHORISED", Reference="x")
        answer = au.get("Invoices", {"If-Modified-Since": moment}, page=1)
        assert answer["pagination"]["itemCount"] == 1

    def test_tax_rates_and_currencies_ignore_it(self, au):
        for path in ("TaxRates", "Currencies", "TrackingCategories"):
            assert self.since(au, "2030-01-01T00:00:00", path)
        assert self.since(au, "2030-01-01T00:00:00", "Accounts") == []


def sim_time(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")


def test_dates_have_xeros_form(au):
    invoice = au.invoice(Date="2026-10-01")
    assert invoice["Date"] == "/Date(1790812800000+0000)/"
    assert invoice["DateString"] == "2026-10-01T00:00:00"
    assert invoice["UpdatedDateUTCString"].endswith("Z")


def test_xml_when_json_is_not_asked_for(au):
    for accept in (None, "*/*", "application/xml"):
        answer = au.call("GET", "Organisation", {"Accept": accept})
        assert answer.headers["Content-Type"].startswith("text/xml")
        assert "<Organisation>" in answer.text or "<Organisations>" in answer.text


def test_unknown_things_are_404_without_json(au):
    for path in ("Invoices/nothing", f"Contacts/{uuid.uuid4()}", "Nonsense", "Invoices/nothing/History"):
        answer = au.call("GET", path)
        assert answer.status_code == 404
        with pytest.raises(ValueError):
            answer.json()


def test_date_header_follows_the_simulators_clock(sim, au):
    before = parsedate_to_datetime(au.call("GET", "Organisation").headers["Date"])
    sim.control("clock", advance=1000)
    after = parsedate_to_datetime(au.call("GET", "Organisation").headers["Date"])
    assert 1000 <= (after - before).total_seconds() < 1060


def test_every_answer_has_a_correlation_id(au):
    first, second = (au.call("GET", "Organisation").headers["xero-correlation-id"] for _number in range(2))
    assert first != second

"""The demo's books bear the tax codes that Australia's activity statement needs."""

import csv
from types import SimpleNamespace

from dev.demo import books, report
from dev.machine import paths

TABLE = paths.REPO / "models" / "mapping" / "charts" / "au.csv"


def test_the_demo_names_taxes_and_codes_as_the_connector_knows_them():
    with TABLE.open(encoding="utf-8", newline="") as file:
        table = {row["taxes"]: row for row in csv.DictReader(file)}
    for use, taxes in books.TAXES.items():
        for word, template in taxes.items():
            row = table[template]
            assert row["xero"].split()[0] == books.CODES[use][word], template


def test_exports_and_capital_are_told():
    wanted = books.Books(SimpleNamespace()).wanted_codes()
    assert len(wanted) == len(books.DOCUMENTS)
    abroad = [
        codes
        for codes, document in zip(wanted, books.DOCUMENTS)
        if document[0] == "out_invoice" and document[2] != "AUD"
    ]
    assert {code for codes in abroad for code in codes} == {"EXEMPTEXPORT"}
    assert ["CAPEXINPUT"] in wanted
    assert ["INPUT", "BASEXCLUDED"] in wanted, "the private share is not claimed"
    assert "GSTONIMPORTS" not in {code for codes in wanted for code in codes}


class Xero:
    """One invoice of two lines and a text."""

    def documents(self, _organisation, resource):
        lines = [{"TaxType": "OUTPUT", "UnitAmount": 1}, {"Description": "text"}, {"TaxType": "NONE", "UnitAmount": 2}]
        return [{"InvoiceID": "x", "LineItems": lines}] if resource == "Invoices" else []


def test_a_wrong_code_is_found():
    odoo = SimpleNamespace(read=lambda *_: [{"res_id": 7, "xero_id": "x"}])
    assert report.wrong_codes(odoo, Xero(), "au", [7], [["OUTPUT", "NONE"]]) == []
    [problem] = report.wrong_codes(odoo, Xero(), "au", [7], [["OUTPUT", "EXEMPTEXPORT"]])
    assert "EXEMPTEXPORT" in problem
    assert report.wrong_codes(odoo, Xero(), "au", [8], [["OUTPUT"]]), "what is not there bears no code"


def test_tax_that_may_not_be_claimed_is_found():
    odoo = SimpleNamespace(read=lambda *_: [{"res_id": 7, "xero_id": "x"}])
    line = {"TaxType": "BASEXCLUDED", "UnitAmount": 44, "TaxAmount": 0}
    xero = SimpleNamespace(documents=lambda *_: [{"InvoiceID": "x", "CreditNoteID": "y", "LineItems": [line]}])
    assert report.wrong_codes(odoo, xero, "au", [7], [["BASEXCLUDED"]]) == []
    line["TaxAmount"] = 4
    [problem] = report.wrong_codes(odoo, xero, "au", [7], [["BASEXCLUDED"]])
    assert "claims tax" in problem

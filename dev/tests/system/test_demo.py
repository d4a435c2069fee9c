"""The demo's books, as they stand in Xero after all of the demo's steps: what Australia's activity statement reads."""

import pytest

from dev.demo import steps
from dev.demo.books import UNTAXED

EXPECTED = {
    "Wool, by weight": "EXEMPTEXPORT",
    "Kaffeebohnen": "EXEMPTEXPORT",
    "Hosting, two months": "EXEMPTEXPORT",
    "Label printer": "CAPEXINPUT",
    "Paper": "INPUT",
    "Sea freight": "EXEMPTEXPENSES",
    "Telephone, business": "INPUT",
    "Telephone, private": "BASEXCLUDED",
    "Repairs of the flat that is let": "INPUTTAXED",
    "Pumps, GST paid at customs": "BASEXCLUDED",
    "Consulting": "OUTPUT",
}


@pytest.fixture(scope="module")
def documents():
    with steps.demonstration() as (stack, report):
        assert report.problems == []
        return [
            document
            for resource in ("Invoices", "CreditNotes")
            for document in stack.simulator.documents(steps.ORGANISATION, resource)
        ]


@pytest.fixture(scope="module")
def lines(documents):
    return [line for document in documents for line in document["LineItems"]]


def test_each_line_stands_where_the_activity_statement_looks_for_it(lines):
    codes = {line["Description"]: line.get("TaxType") for line in lines}
    assert {name: codes.get(name) for name in EXPECTED} == EXPECTED


def test_nothing_is_claimed_that_may_not_be(lines):
    assert not [line for line in lines if line.get("TaxType") in UNTAXED and line.get("TaxAmount")]


def test_the_tax_of_a_private_share_is_cost(documents):
    """60 for the business and 40 in private, each with 10 %: the vendor gets 110, and 6 are claimed."""
    [bill] = [one for one in documents if any(line["Description"] == "Telephone, private" for line in one["LineItems"])]
    assert (float(bill["Total"]), float(bill["TotalTax"])) == (110, 6)

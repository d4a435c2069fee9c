"""The gate: what is an element of Xero, and what is none."""

from __future__ import annotations

import copy
import random
import time
from decimal import Decimal
from typing import Any

import pytest

from xero_api import codec, shape
from xero_api.bounds import UNREADABLE

GUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
INVOICE: dict[str, Any] = {
    "InvoiceID": GUID,
    "Type": "ACCREC",
    "InvoiceNumber": "INV-1",
    "Reference": "",
    "Contact": {"ContactID": GUID, "Name": "Ada"},
    "DateString": "2026-03-10T00:00:00",
    "Date": "/Date(1773100800000+0000)/",
    "DueDate": None,
    "Status": "AUTHORISED",
    "LineAmountTypes": "Exclusive",
    "LineItems": [
        {"LineItemID": GUID, "Description": "x" * 4000, "Quantity": Decimal("1.5"), "UnitAmount": "10.00",
         "LineAmount": Decimal("15.00"), "TaxAmount": 0, "AccountCode": "200", "TaxType": "OUTPUT2",
         "Tracking": [{"TrackingCategoryID": GUID, "Name": "Region", "Option": "North"}]},
        {"Description": "only words"},
    ],
    "Total": Decimal("15.00"),
    "CurrencyCode": "NZD",
    "CurrencyRate": Decimal("1.000000"),
    "Payments": [{"PaymentID": GUID, "Amount": Decimal("5.00"), "Date": "/Date(1773100800000)/"}],
    "CreditNotes": [],
    "UpdatedDateUTC": "/Date(1773100800123+0000)/",
    "HasErrors": False,
    "Invented": {"InventedID": "x", "Parts": [None, 1]},
}  # fmt: skip


def changed(path: tuple, value: Any, element: dict = INVOICE) -> dict:
    """Return ``element`` with ``value`` at ``path``."""
    element = node = copy.deepcopy(element)
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = value
    return element


def test_a_usual_element_is_well() -> None:
    assert shape.sort("Invoice", [INVOICE, {"InvoiceID": GUID}]) == ([INVOICE, {"InvoiceID": GUID}], [])


@pytest.mark.parametrize("nothing", [None, "", [], {}])
def test_nothing_is_no_fault(nothing: Any) -> None:
    for name in INVOICE:
        if name != "InvoiceID":
            assert not shape.faults("Invoice", changed((name,), nothing)), name


ODD = [
    (("Total",), "abc", "number"), (("Total",), ["x"], "number"), (("Total",), {"a": 1}, "number"),
    (("Total",), UNREADABLE, "number"), (("Total",), Decimal("NaN"), "number"), (("Total",), float("inf"), "number"),
    (("Total",), True, "number"), (("Total",), "12,50", "number"), (("Total",), 10**15, "large"),
    (("Total",), Decimal("1e15"), "large"), (("Total",), "\u0661\u0662", "number"),
    (("LineItems",), "x", "list"), (("LineItems",), {"a": 1}, "list"), (("LineItems",), 7, "list"),
    (("LineItems", 0), None, "object"), (("LineItems", 1), 1, "object"), (("LineItems",), [{}] * 5001, "many"),
    (("LineItems", 0, "LineAmount"), "12,50", "number"), (("LineItems", 0, "Tracking", 0), 1, "object"),
    (("LineItems", 0, "Description"), "x" * 40_001, "long"), (("LineItems", 0, "LineItemID"), 7, "text"),
    (("Contact",), "x", "object"), (("Contact",), [1], "object"), (("Contact", "ContactID"), "x" * 8000, "id"),
    (("Contact", "Name"), True, "text"), (("UpdatedDateUTC",), "garbage", "date"), (("UpdatedDateUTC",), 5, "date"),
    (("Date",), "/Date(99999999999999999999)/", "date"), (("DateString",), "0202-03-10", "year"),
    (("DueDate",), "/Date(253402214400000)/", "year"), (("DueDate",), "/Date(-99999999999999)/", "date"),
    (("Reference",), True, "text"), (("Reference",), 5, "text"), (("Reference",), "x" * 1001, "long"),
    (("Reference",), UNREADABLE, "text"), (("Status",), ["PAID"], "text"), (("Payments",), "x", "list"),
    (("Payments", 0, "Amount"), "five", "number"), (("Payments", 0, "PaymentID"), 7, "id"),
    (("CurrencyCode",), {"a": 1}, "text"), (("InvoiceID",), "x" * 8000, "id"), (("InvoiceID",), 5, "id"),
    (("InvoiceID",), ["x"], "id"), (("InvoiceID",), {"a": 1}, "id"), (("InvoiceID",), None, "missing"),
    (("InvoiceID",), [], "missing"), (("InvoiceID",), "00000000-0000-0000-0000-000000000000", "id"),
    (("InvoiceID",), GUID + "\n", "id"), (("InvoiceID",), True, "id"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "what"), ODD)
def test_odd_elements_are_told_by_their_place(path: tuple, value: Any, what: str) -> None:
    element = changed(path, value)
    assert shape.faults("Invoice", element) == [(path, what)]
    well, [odd] = shape.sort("Invoice", [INVOICE, element, INVOICE])
    assert well == [INVOICE, INVOICE]
    assert odd.faults == ((shape.shown(path), what),)
    assert odd.xero_id == (None if path == ("InvoiceID",) else GUID)
    assert odd.name == "INV-1"


@pytest.mark.parametrize(
    ("value", "what"), [(0, None), ("7", None), (Decimal(2**31 - 1), None), (2**31, "large"), ("-2147483648", "large")]
)
def test_whole_numbers_fit_their_column(value: Any, what: str | None) -> None:
    theme = {"BrandingThemeID": GUID, "Name": "Standard", "SortOrder": value}
    assert shape.faults("BrandingTheme", theme) == ([(("SortOrder",), what)] if what else [])


@pytest.mark.parametrize("item", [None, 1, "x", True, [], [INVOICE], UNREADABLE])
@pytest.mark.parametrize("kind", [*shape.KINDS, "Unheard"])
def test_what_is_no_object_is_odd(kind: str, item: Any) -> None:
    well, [odd] = shape.sort(kind, [item], "UnheardID")
    assert (well, odd.xero_id, odd.name, odd.faults) == ([], None, "", (("", "object"),))


def test_places_are_counted_as_people_do() -> None:
    [odd] = shape.sort("Invoice", [changed(("LineItems", 1, "TaxAmount"), "x")])[1]
    assert odd.faults == (("LineItems 2 TaxAmount", "number"),)


def test_what_is_left_of_an_odd_element_is_well() -> None:
    element = changed(("LineItems", 1), "x", changed(("Total",), "abc"))
    left = shape.salvaged("Invoice", element)
    assert left is not None
    assert not shape.faults("Invoice", left)
    assert left["InvoiceNumber"] == "INV-1"
    assert "Total" not in left
    assert left["LineItems"] == INVOICE["LineItems"][:1]
    assert shape.salvaged("Invoice", changed(("InvoiceID",), "x")) is None
    assert shape.salvaged("Invoice", "x") is None  # type: ignore[arg-type]


def test_any_value_at_any_place_is_judged_and_salvaged() -> None:
    """Seeded: nothing raises, and what passes can be written."""
    values = ["x", "", 5, -1, True, None, [], {}, [1], [None], {"a": 1}, Decimal("1e14"), "2026-02-30", GUID, "\x00"]
    chance = random.Random(9)

    def places(node: Any, path: tuple = ()) -> list[tuple]:
        inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        return [(*path, key) for key, _value in inner] + [
            place for key, value in inner for place in places(value, (*path, key))
        ]

    for _turn in range(2000):
        element = changed(chance.choice(places(INVOICE)), chance.choice(values))
        for kind in shape.KINDS:
            found = shape.faults(kind, element)
            left = shape.salvaged(kind, element)
            assert left is None or not shape.faults(kind, left)
            if not found:
                codec.dumps(element)


def test_a_page_is_judged_in_no_time() -> None:
    page = [changed(("LineItems",), INVOICE["LineItems"] * 3) for _number in range(1000)]
    started = time.process_time()
    assert len(shape.sort("Invoice", page)[0]) == 1000
    assert time.process_time() - started < 1.0


def test_a_further_document_is_looked_at_like_an_invoice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shape, "KINDS", dict(shape.KINDS))
    order = {**INVOICE, "OrderID": GUID, "OrderNumber": "O-1", "Wanted": "2026-03-10"}
    odd = {**order, "OrderNumber": 5, "Wanted": "soon", "Total": "much"}
    assert shape.faults("Order", odd, "OrderID") == [], "nobody described it"
    shape.describe_document("Order", "OrderID", "OrderNumber", days="Wanted")
    assert shape.faults("Order", order) == []
    assert dict(shape.faults("Order", odd)) == {
        ("OrderNumber",): "text",
        ("Wanted",): "date",
        ("Total",): "number",
    }
    assert shape.faults("Order", {**order, "OrderID": "none"}) == [(("OrderID",), "id")]
    assert shape.names("Order") == ("OrderNumber", "Reference")

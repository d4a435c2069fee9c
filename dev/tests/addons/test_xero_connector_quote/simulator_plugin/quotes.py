"""/Quotes: what Xero does with them, by its own description and what integrators report."""

from werkzeug.wrappers import Response

from simulator.api import fields
from simulator.api.call import Call
from simulator.api.envelope import answer
from simulator.api.reading import Listing
from simulator.api.writing import Writer
from simulator.errors import Invalid, not_found, text
from simulator.organisation import Organisation, fold, new_id
from simulator.people import Person
from simulator.plugins import Resource
from simulator.resources import views
from simulator.resources.sub_resources import sub_resource
from simulator.rules import lines
from simulator.rules.common import check_text, currency_of, find_contact, rate_of
from simulator.store import Doc, Table
from simulator.world import World

AMOUNT_TYPES = {"EXCLUSIVE": "Exclusive", "INCLUSIVE": "Inclusive", "NOTAX": "NoTax"}
TEXTS = {"Reference": 4000, "Terms": 4000, "Title": 100, "Summary": 3000}
MOVES = {
    "DRAFT": {"DRAFT", "SENT", "DELETED"},
    "SENT": {"SENT", "ACCEPTED", "DECLINED", "DELETED"},
    "DECLINED": {"DECLINED", "SENT", "DELETED"},
    "ACCEPTED": {"ACCEPTED", "INVOICED", "SENT", "DELETED"},
    "INVOICED": {"INVOICED", "SENT", "DELETED"},
    "DELETED": set(),
}
# What is answered is changed no more; it can be sent anew.
OPEN = {"DRAFT", "SENT"}
BAD_STATUS = "Quote not of valid status for modification"
SHOWN = ("QuoteID", "QuoteNumber", "Status", "CurrencyCode", "CurrencyRate", "SubTotal", "TotalTax", "Total",
         "TotalDiscount", *TEXTS)  # fmt: skip


def save(call: Call, element: Doc) -> tuple[Doc, bool]:
    """PUT creates, POST updates by id; either needs contact and day."""
    old = _existing(call, element)
    status = (fields.text(element, "Status") or (old["Status"] if old else "DRAFT")).upper()
    if status not in (MOVES[old["Status"]] if old else OPEN):
        raise Invalid(BAD_STATUS if old else "Quote not of valid status for creation")
    doc = dict(old) if old else {"QuoteID": new_id(), "LineItems": []}
    doc["Status"] = status
    _apply_head(call, element, doc)
    _apply_lines(call, element, doc)
    if old and status not in OPEN and status != "DELETED" and _content(doc) != _content(old):
        raise Invalid(BAD_STATUS)
    return call.org.save(call.org.quotes, doc), old is None


def _existing(call: Call, element: Doc) -> Doc | None:
    sent_id = fields.text(element, "QuoteID")
    if call.method == "PUT" or not sent_id:
        return None
    found = call.org.quotes.get(sent_id)
    if found is None:
        raise Invalid("An existing quote could not be found with the supplied QuoteID")
    return found


def _apply_head(call: Call, element: Doc, doc: Doc) -> None:
    contact, issued = find_contact(call.org, fields.part(element, "Contact")), fields.day(element, "Date")
    if contact is None or issued is None:
        raise Invalid("Contact is required" if contact is None else "Date is required")
    doc |= {"_contact": contact["ContactID"], "Date": issued}
    doc["ExpiryDate"] = fields.day(element, "ExpiryDate") or doc.get("ExpiryDate")
    messages = []
    for name, longest in TEXTS.items():
        if name in element:
            doc[name] = fields.text(element, name) or ""
            messages += check_text(name, doc[name], longest)
    if messages:
        raise Invalid(*messages)
    doc["QuoteNumber"] = _number(call.org, fields.text(element, "QuoteNumber") or doc.get("QuoteNumber"), doc)
    doc["CurrencyCode"] = currency_of(call.org, fields.text(element, "CurrencyCode") or doc.get("CurrencyCode"))
    doc["CurrencyRate"] = rate_of(call.org, doc["CurrencyCode"], fields.number(element, "CurrencyRate"))


def _number(org: Organisation, number: str | None, doc: Doc) -> str:
    if not number:
        return org.next_number("QU-", org.quotes)
    if any(other["QuoteID"] != doc["QuoteID"] for other in org.quotes.find("number", fold(number))):
        raise Invalid("Quote number must be unique")
    return number


def _apply_lines(call: Call, element: Doc, doc: Doc) -> None:
    sent_types = fields.text(element, "LineAmountTypes")
    doc["LineAmountTypes"] = AMOUNT_TYPES[sent_types.upper()] if sent_types else doc.get("LineAmountTypes", "Exclusive")
    sent = fields.rows(element, "LineItems")
    if sent is None and doc["LineItems"]:
        return
    if not sent:
        raise Invalid("One or more line items must be specified")
    # Unit prices have two decimals: there is no unitdp here.
    context = lines.LineContext(call.org, doc["LineAmountTypes"], approved=False, discounts=True)
    doc["LineItems"] = lines.build(context, sent, doc["LineItems"])
    doc |= lines.totals(doc["LineItems"], doc["LineAmountTypes"])


def _content(doc: Doc) -> tuple:
    rows = [(row["Description"], row["Quantity"], row["UnitAmount"], row["LineAmount"]) for row in doc["LineItems"]]
    return rows, doc["Total"], doc["Date"], doc.get("Title"), doc.get("Reference")


def render(call: Call, doc: Doc, full: bool = True) -> Doc:
    """A quote as answers show it; in lists with its lines too."""
    shown = {name: doc[name] for name in SHOWN if doc.get(name) not in (None, "")}
    shown |= {**views.dated("Date", doc["Date"]), **views.dated("ExpiryDate", doc["ExpiryDate"])}
    shown |= {"UpdatedDateUTC": doc["UpdatedDateUTC"], "LineAmountTypes": doc["LineAmountTypes"].upper()}
    shown["Contact"] = views.contact_part(call.org, doc["_contact"])
    shown["LineItems"] = [views.line(row, 2) for row in doc["LineItems"]]
    return shown


def _narrow(call: Call, rows: list[Doc]) -> list[Doc]:
    """Status; and QuoteNumber, which a part of the number is enough for."""
    status, number = call.args.get("Status"), call.args.get("QuoteNumber")
    rows = [row for row in rows if not status or row["Status"] == status.upper()]
    return [row for row in rows if not number or number.casefold() in row["QuoteNumber"].casefold()]


LISTING = Listing(
    "Quotes", lambda call: call.org.quotes, render, {},
    {"QuoteID": "QuoteID", "UpdatedDateUTC": "UpdatedDateUTC", "Date": "Date"}, narrow=_narrow, sized=False,
)  # fmt: skip
WRITER = Writer("Quotes", "QuoteID", "HasErrors", save, render)


def serve(call: Call) -> Response:
    """Everything under /Quotes."""
    if len(call.path) >= 2:
        return sub_resource(call, _found(call.org, call.path[0]), "QuoteID")
    if call.method == "GET" and call.path:
        return answer(call, "Quotes", [render(call, _found(call.org, call.path[0]))])
    if call.method == "GET":
        return LISTING.serve(call)
    if call.method in ("PUT", "POST"):
        return WRITER.write(call, call.path[0] if call.path else None)
    raise text(501, "Not implemented")


def _found(org: Organisation, key: str) -> Doc:
    found = org.quotes.get(key)
    if found is None:
        raise not_found()
    return found


# === PEOPLE === #


def edit_quote(world: World, org: Organisation, body: Doc) -> Doc:
    """quote (id), and any fields as in the API: answered by the customer, deleted, or rewritten."""
    old = _found(org, body["quote"])
    kept = {"QuoteID": old["QuoteID"], "Contact": {"ContactID": old["_contact"]}, "Date": old["Date"].isoformat()}
    return save(Person(world, org), kept | {name: value for name, value in body.items() if name != "quote"})[0]


def create_quote(world: World, org: Organisation, body: Doc) -> Doc:
    """Fields as in the API; contact (id)."""
    element = {name: value for name, value in body.items() if name != "contact"}
    return save(Person(world, org, "PUT"), element | {"Contact": {"ContactID": body["contact"]}})[0]


def _table() -> Table:
    return Table("QuoteID", number=lambda doc: fold(doc["QuoteNumber"]), contact=lambda doc: doc["_contact"])


RESOURCES = [Resource("Quotes", serve, "accounting.invoices", "quotes", _table, (edit_quote, create_quote))]

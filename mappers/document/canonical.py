"""Xero's invoices, bills and credit notes as plain values. Pure."""

from decimal import Decimal

from ...xero_api.money import cents, line_amount, line_tax
from ..values import amount, clean, day, decimal, lower, number, words

# Payments and credits make an approved document PAID and back: that is no edit.
# A draft is deleted, an approved document voided: either is gone.
STATUS = {"PAID": "AUTHORISED", "SUBMITTED": "DRAFT", "DELETED": "VOIDED"}
GONE = ("VOIDED", "DELETED")
# What may change on a document that is settled or closed, in Odoo as in Xero.
DETAILS = ("number", "reference", "due_date", "tracking")
# What a document is: the rest may be told otherwise by either side.
IDENTITY = ("type", "contact", "date", "currency", "total")


def canonical_document(element: dict, number_field: str) -> dict:
    """Return what Odoo keeps of an invoice, bill or credit note; amounts in its currency, lines without tax.

    :param element: in the form of Xero's JSON; one that is to be sent has its amounts by :func:`payload_element`
    :param number_field: ``InvoiceNumber`` or ``CreditNoteNumber``, or that of a further type
    :return: texts, lists and dicts without what is empty; amounts as :func:`~..values.amount` writes them
    """
    status = element.get("Status") or ""
    inclusive = lower(element.get("LineAmountTypes")) == "inclusive"
    sale = str(element.get("Type") or "").startswith("ACCREC")
    return clean(
        {
            "type": element.get("Type"),
            "status": STATUS.get(status, status),
            "number": words(element.get(number_field)),
            "reference": words(element.get("Reference")) if sale else "",
            "contact": lower((element.get("Contact") or {}).get("ContactID")),
            "date": day(element.get("DateString") or element.get("Date")),
            "due_date": day(element.get("DueDateString") or element.get("DueDate"))
            if number_field == "InvoiceNumber"
            else "",
            "currency": element.get("CurrencyCode"),
            "rate": _rate(element.get("CurrencyRate")),
            "tax": amount(element.get("TotalTax")),
            "total": amount(element.get("Total")),
            "lines": [_line(line, inclusive) for line in element.get("LineItems") or []],
            "tracking": tracking_of(element.get("LineItems") or []),
            "money": _money(element),
        }
    )


def tracking_of(lines: list[dict]) -> list[str]:
    """Return the options on each line, as ids, or as names where Xero leaves the ids out; empty when there are none."""
    found = [" ".join(sorted(map(_option_key, line.get("Tracking") or []))) for line in lines]
    return found if any(found) else []


def _option_key(part: dict) -> str:
    return lower(part.get("TrackingOptionID")) or f"{part.get('Name')}:{part.get('Option')}".replace(" ", "_").lower()


def _rate(value) -> str:
    """The rate of a document in the organisation's own currency is 1, or left out."""
    text = number(value)
    return "" if text in ("1", "0") else text


def _line(line: dict, inclusive: bool) -> dict:
    gross, tax = line.get("LineAmount"), line.get("TaxAmount")
    account = words(line.get("AccountCode") or line.get("AccountID"))
    # A line that only says something has no account; Xero may still give it an amount of zero.
    telling = gross is None or (not account and not Decimal(str(gross)))
    net = None if telling else Decimal(str(gross)) - (Decimal(str(tax or 0)) if inclusive else 0)
    return clean(
        {
            "description": words(line.get("Description")),
            "quantity": amount(line.get("Quantity")) if net is not None else "",
            "price": amount(line.get("UnitAmount")) if net is not None else "",
            "discount": amount(line.get("DiscountRate")) if net is not None else "",
            "account": account,
            "tax_type": line.get("TaxType") if net is not None else "",
            "net": number(net),
            "tax": amount(tax) if net is not None else "",
        }
    )


def _money(element: dict) -> dict:
    """What has been settled: changes of it are payments and credits, not edits."""
    return clean(
        {
            "paid": amount(element.get("AmountPaid")),
            "credited": amount(element.get("AmountCredited")),
            "remaining": amount(element.get("RemainingCredit")) if "CreditNoteID" in element else "",
            "payments": sorted(
                f"{lower(payment.get('PaymentID'))} {amount(payment.get('Amount'))}"
                for payment in element.get("Payments") or []
            ),
            "credits": sorted(
                _credit(kind, part)
                for kind in ("CreditNotes", "Prepayments", "Overpayments")
                for part in element.get(kind) or []
            ),
            "allocations": sorted(_allocation(part) for part in element.get("Allocations") or []),
        }
    )


def _allocation(part: dict) -> str:
    xero_id = (part.get("Invoice") or {}).get("InvoiceID")
    return f"{lower(xero_id)} {amount(part.get('Amount') or part.get('AppliedAmount'))}"


def _credit(kind: str, part: dict) -> str:
    xero_id = part.get(f"{kind[:-1]}ID") or part.get("ID")
    return f"{lower(xero_id)} {amount(part.get('AppliedAmount') or part.get('Amount'))}"


def with_applied(view: dict, kind: str, other_id: str, change: Decimal) -> dict:
    """Return the canonical form of an invoice or credit note after a credit was applied, or (below zero) taken back.

    :param view: as :func:`canonical_document` returns it; it stays as it is
    :param kind: ``Invoice`` for the document that is credited, ``CreditNote`` for the credit
    :param other_id: id of the other of the two
    :param change: in the document's currency
    """
    total, listed = ("credited", "credits") if kind == "Invoice" else ("remaining", "allocations")
    money = dict(view.get("money") or {})
    money[total] = amount(decimal(money.get(total)) + (change if kind == "Invoice" else -change))
    rows, row = list(money.get(listed) or []), f"{lower(other_id)} {amount(abs(change))}"
    if change > 0:
        rows.append(row)
    elif row in rows:
        rows.remove(row)
    money[listed] = sorted(rows)
    return clean({**view, "money": clean(money)})


def payload_element(payload: dict, percents: dict, total: Decimal | None, id_field: str, xero_id: str) -> dict:
    """Return the element that Xero would hold after taking ``payload``, as far as canonical forms look at it.

    :param payload: it stays as it is
    :param percents: effective rate in percent by Xero's TaxType
    :param total: what Odoo comes to, in the document's currency; ``None`` without any
    :param id_field: the field with Xero's id, and in ``xero_id`` what stands in it
    """
    lines = []
    for line in payload.get("LineItems") or []:
        net = line_amount(line)
        if net is None:
            lines.append(line)
            continue
        tax = line.get("TaxAmount")
        lines.append(
            {
                **line,
                "LineAmount": net,
                "TaxAmount": line_tax(net, percents.get(line.get("TaxType"), Decimal(0))) if tax is None else tax,
            }
        )
    tax = sum((cents(line["TaxAmount"]) for line in lines if "TaxAmount" in line), Decimal(0))
    return {**payload, "LineItems": lines, "TotalTax": tax, "Total": total, id_field: xero_id}


def same_content(ours: dict, theirs: dict) -> bool:
    """Whether two canonical forms of a document are of the same sale or purchase: who, when, how much, what.

    A contact that either side lacks is not compared.

    :param ours: what Odoo sends, by :func:`payload_element`
    :param theirs: what Xero holds
    """
    if any(
        ours.get(name) != theirs.get(name)
        for name in IDENTITY
        if name != "contact" or (ours.get(name) and theirs.get(name))
    ):
        return False
    sides = [
        sorted((words(line.get("description")), amount(line.get("net"))) for line in view.get("lines") or ())
        for view in (ours, theirs)
    ]
    return sides[0] == sides[1]


def changed_fields(base: dict | None, view: dict) -> set[str]:
    """Return the fields in which ``view`` differs from ``base``.

    :param base: ``None`` for an empty one
    """
    base = base or {}
    return {name for name in {*base, *view} if base.get(name) != view.get(name)}


def shape(line: dict, price_places: int) -> tuple[Decimal, Decimal, Decimal]:
    """Return quantity, unit price and discount with which Odoo arrives at the line's net amount.

    :param line: of a canonical form
    :param price_places: decimals that Odoo keeps of unit prices
    :return: one piece at the net, where Odoo could not arrive at it otherwise
    """
    net = decimal(line.get("net"))
    quantity, price, discount = decimal(line.get("quantity")), decimal(line.get("price")), decimal(line.get("discount"))
    plain = price == round(price, price_places) and discount == round(discount, 2)
    if quantity and plain and cents(quantity * price * (100 - discount) / 100) == net:
        return quantity, price, discount
    if quantity and plain and not discount and net == cents(quantity * price):
        return quantity, price, Decimal(0)
    return Decimal(1), net, Decimal(0)

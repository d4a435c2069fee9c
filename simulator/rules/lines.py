"""Line items: amounts, accounts, tax, tracking, and the rule for updating them."""

from dataclasses import dataclass, replace
from decimal import Decimal

from .. import money
from ..api import fields
from ..errors import Invalid
from ..organisation import Organisation, fold, new_id
from ..store import Doc
from .common import MAX_AMOUNT

MAX_DESCRIPTION = 4000
MAX_QUANTITY_TEXT = 13
MAX_TRACKING = 2
# System accounts that a line may not use; ROUNDING is the one that it may.
USABLE_SYSTEM_ACCOUNTS = {"", "ROUNDING"}
AMOUNT_TYPES = {"exclusive": "Exclusive", "inclusive": "Inclusive", "notax": "NoTax"}
CAN_APPLY = {
    "ASSET": "CanApplyToAssets", "LIABILITY": "CanApplyToLiabilities", "REVENUE": "CanApplyToRevenue",
    "EXPENSE": "CanApplyToExpenses", "EQUITY": "CanApplyToEquity",
}  # fmt: skip


def amount_types(sent: str) -> str:
    """LineAmountTypes as Xero writes it. Raises Invalid."""
    known = AMOUNT_TYPES.get(sent.lower())
    if known is None:
        raise Invalid("LineAmountTypes must be Exclusive, Inclusive or NoTax")
    return known


@dataclass
class LineContext:
    """What a line needs to know about its document; ``own_tax``: only the tax that Xero computes is taken."""

    org: Organisation
    amount_types: str
    approved: bool
    places: int = 2
    discounts: bool = False
    cap_tax: bool = True
    sales: bool = True
    own_tax: bool = False


def build(context: LineContext, sent: list[Doc], existing: list[Doc]) -> list[Doc]:
    """The new line set: a known LineItemID updates that line, none makes a new one, lines left out are gone.

    :raise Invalid: with the messages of all lines.
    """
    known = {line["LineItemID"]: line for line in existing}
    lines, messages = [], []
    for element in sent:
        old = known.pop(str(element.get("LineItemID") or "").lower(), None)
        try:
            lines.append(_line(context, element, old))
        except Invalid as invalid:
            messages += invalid.messages
    if messages:
        raise Invalid(*dict.fromkeys(messages))
    return lines


def retaxed(context: LineContext, lines: list[Doc]) -> list[Doc]:
    """The same lines after the document's LineAmountTypes changed: tax by Xero's own arithmetic."""
    return [_retaxed(context, line) for line in lines]


def _retaxed(context: LineContext, line: Doc) -> Doc:
    tax_type = "NONE" if context.amount_types == "NoTax" else line["TaxType"]
    rate = context.org.tax_rates.get(tax_type)
    percent = rate["EffectiveRate"] if rate else Decimal(0)
    tax = _tax_amount(context, {}, line, percent)
    return line | {"TaxType": tax_type, "TaxAmount": tax, "_unclaimable": unclaimable(context.org, tax_type, tax)}


def check_approvable(context: LineContext, lines: list[Doc]) -> None:
    """What a draft's lines may lack but an approved document's may not. Raises Invalid."""
    for line in lines:
        if not line["Description"]:
            raise Invalid("The Description field must be specified")
        _account(context, {name: line.get(name) for name in ("AccountCode", "AccountID")}, line)


def totals(lines: list[Doc], amount_types: str) -> dict[str, Decimal]:
    """SubTotal, TotalTax, Total, TotalDiscount: sums of the rounded lines."""
    amount = sum((line["LineAmount"] for line in lines), money.ZERO)
    tax = sum((line["TaxAmount"] for line in lines), money.ZERO)
    net = amount - tax if amount_types == "Inclusive" else amount
    discount = sum((line["_discount"] for line in lines), money.ZERO)
    return {"SubTotal": net, "TotalTax": tax, "Total": net + tax, "TotalDiscount": discount}


def _line(context: LineContext, element: Doc, old: Doc | None) -> Doc:
    if old and fields.number(element, "TaxAmount") in (None, old["TaxAmount"]):
        # The limit is on a tax that is sent, not on one that stays.
        context = replace(context, cap_tax=False)
    element = _with_item(context, _merged(element, old) if old else element)
    description = fields.text(element, "Description")
    line = {"LineItemID": old["LineItemID"] if old else new_id(), "Description": description}
    if len(description or "") > MAX_DESCRIPTION:
        raise Invalid(f"The description is too long: {MAX_DESCRIPTION} characters at most")
    if context.approved and not description:
        raise Invalid("The Description field must be specified")
    line |= _amounts(context, element)
    line |= _account_and_tax(context, element, line)
    line["Tracking"] = tracking(context.org, fields.rows(element, "Tracking") or [])
    return line


def _merged(element: Doc, old: Doc) -> Doc:
    """An update of a line by its id keeps what is not sent; sent amounts make Xero compute the others again."""
    names = ["Description", "AccountCode", "ItemCode", "TaxType", "Tracking"]
    if not any(element.get(name) is not None for name in ("Quantity", "UnitAmount", "LineAmount")):
        names += ["Quantity", "UnitAmount", "DiscountRate", "DiscountAmount"]
        names += ["TaxAmount"] if element.get("TaxType") in (None, old["TaxType"]) else []
    elif element.get("LineAmount") is None:
        names += ["Quantity", "UnitAmount", "DiscountRate", "DiscountAmount"]
    kept = {name: old[name] for name in names if old.get(name) is not None}
    if "AccountID" in element:
        kept.pop("AccountCode", None)
    return kept | {name: value for name, value in element.items() if value is not None}


def _with_item(context: LineContext, element: Doc) -> Doc:
    """ItemCode brings price, account, tax type and description, each only if not sent."""
    code = fields.text(element, "ItemCode")
    if not code:
        return element
    item = context.org.items.first("code", fold(code))
    if item is None:
        raise Invalid(f"Item code '{code}' is not valid")
    details = item.get("SalesDetails" if context.sales else "PurchaseDetails") or {}
    text = item.get("Description" if context.sales else "PurchaseDescription")
    brought = {
        "Description": text or item.get("Name"),
        "UnitAmount": details.get("UnitPrice") if "LineAmount" not in element else None,
        "AccountCode": details.get("AccountCode") or details.get("COGSAccountCode"),
        "TaxType": details.get("TaxType"),
    }
    missing = {name: value for name, value in brought.items() if value is not None and element.get(name) is None}
    return element | missing | {"ItemCode": item["Code"]}


def _amounts(context: LineContext, element: Doc) -> Doc:
    """Quantity, UnitAmount, LineAmount and discount, each to Xero's precision and fitting together."""
    quantity, price = fields.number(element, "Quantity"), fields.number(element, "UnitAmount")
    sent = fields.number(element, "LineAmount")
    if quantity is not None and len(str(element["Quantity"])) > MAX_QUANTITY_TEXT:
        raise Invalid(f"The quantity is too long: {MAX_QUANTITY_TEXT} characters at most")
    if quantity is None and price is None and sent is None:
        return {"Quantity": None, "UnitAmount": None, "LineAmount": money.ZERO, "_discount": money.ZERO}
    quantity = money.quantity(Decimal(1) if quantity is None else quantity)
    rate, discount = _discount(context, element)
    if price is None:
        price = _derived_price(sent, quantity, rate, discount, context.places)
        amount = money.cents(sent or money.ZERO)
    else:
        price = money.unit(price, context.places)
        amount = money.cents(quantity * price * (100 - rate) / 100) - discount
        _check_line_amount(sent, amount)
    _check_size(amount)
    full = money.cents(quantity * price)
    if discount > abs(full):
        raise Invalid("The discount amount cannot be greater than the line total")
    result = {"Quantity": quantity, "UnitAmount": price, "LineAmount": amount, "_discount": money.ZERO}
    if rate or discount:
        result |= {"DiscountRate": rate} if rate else {"DiscountAmount": discount}
        result["_discount"] = full - amount
    return result


def _discount(context: LineContext, element: Doc) -> tuple[Decimal, Decimal]:
    """(percent, amount): at most one of them, sales invoices only."""
    rate = fields.number(element, "DiscountRate") or Decimal(0)
    amount = money.cents(fields.number(element, "DiscountAmount") or Decimal(0))
    if (rate or amount) and not context.discounts:
        raise Invalid("Discounts can only be applied to sales invoices and quotes")
    if rate and amount:
        raise Invalid("Only one of DiscountRate and DiscountAmount can be given")
    if not 0 <= rate <= 100:
        raise Invalid("The DiscountRate must be between 0 and 100")
    if amount < 0:
        raise Invalid("The DiscountAmount must not be negative")
    return rate, amount


def _derived_price(
    sent: Decimal | None, quantity: Decimal, rate: Decimal, discount: Decimal, places: int
) -> Decimal:
    """LineAmount + Quantity only: Xero derives the unit price."""
    if sent is None:
        return money.ZERO
    if not quantity:
        _check_line_amount(sent, money.ZERO)
        return money.ZERO
    share = (100 - rate) / 100
    if not share:
        _check_line_amount(sent, money.ZERO)
        return money.ZERO
    return money.unit((sent + discount) / share / quantity, places)


def _check_line_amount(sent: Decimal | None, expected: Decimal) -> None:
    if sent is not None and money.cents(sent) != expected:
        raise Invalid(f"The line total {money.plain(sent)} does not match the expected line total {expected}")


def _check_size(amount: Decimal) -> None:
    if abs(amount) > MAX_AMOUNT:
        raise Invalid(f"The line amount {amount} is too large")


def _account_and_tax(context: LineContext, element: Doc, line: Doc) -> Doc:
    account = _account(context, element, line)
    tax_type = fields.text(element, "TaxType") or (account or {}).get("TaxType") or "NONE"
    if context.amount_types == "NoTax" or (line["UnitAmount"] is None and not element.get("TaxType")):
        tax_type = "NONE"
    percent = percent_of(context.org, tax_type.upper(), account)
    result = {"TaxType": tax_type.upper(), "TaxAmount": _tax_amount(context, element, line, percent)}
    result["_unclaimable"] = unclaimable(context.org, result["TaxType"], result["TaxAmount"])
    if account:
        result |= {"AccountCode": account.get("Code"), "AccountID": account["AccountID"]}
    if element.get("ItemCode"):
        item = context.org.items.first("code", fold(element["ItemCode"]))
        result |= {"ItemCode": item["Code"], "Item": {name: item.get(name) for name in ("ItemID", "Name", "Code")}}
    return result


def _account(context: LineContext, element: Doc, line: Doc) -> Doc | None:
    code = fields.text(element, "AccountCode")
    account = context.org.account(code, fields.text(element, "AccountID"))
    if account is None:
        if code or element.get("AccountID"):
            raise Invalid(f"Account code '{code or element['AccountID']}' is not a valid code for this document.")
        if context.approved and line["UnitAmount"] is not None:
            raise Invalid("Account code must be specified")
        return None
    shown = account.get("Code") or account["Name"]
    if account["Status"] != "ACTIVE":
        raise Invalid(f"Account code '{shown}' has been archived, or deleted.")
    if account["Type"] == "BANK" or account["SystemAccount"] not in USABLE_SYSTEM_ACCOUNTS:
        raise Invalid(f"Account code '{shown}' is not a valid code for this document.")
    return account


def percent_of(org: Organisation, tax_type: str, account: Doc | None) -> Decimal:
    """The rate of a tax type, which must be active and fit the class of the account. NONE fits everywhere."""
    rate = org.tax_rates.get(tax_type)
    if tax_type == "NONE" and rate is None:
        return Decimal(0)
    if rate is None or rate["Status"] != "ACTIVE":
        raise Invalid(f"The TaxType code '{tax_type}' does not exist or is no longer active")
    if account and tax_type != "NONE" and not rate[CAN_APPLY[account["Class"]]]:
        raise Invalid(f"The TaxType code '{tax_type}' cannot be used with account code '{account.get('Code')}'.")
    return rate["EffectiveRate"]


def unclaimable(org: Organisation, tax_type: str, tax: Decimal) -> Decimal:
    """The part of a tax that cannot be claimed back: it belongs to the line's account, not to the tax account."""
    rate = org.tax_rates.get(tax_type)
    lost = sum((part["Rate"] for part in rate["TaxComponents"] if part["IsNonRecoverable"]), Decimal(0)) if rate else 0
    return money.cents(tax * lost / rate["EffectiveRate"]) if rate and lost else money.ZERO


def _tax_amount(context: LineContext, element: Doc, line: Doc, percent: Decimal) -> Decimal:
    """Xero's own tax of the line, or the TaxAmount that was sent; one above UnitAmount is refused."""
    sent = fields.number(element, "TaxAmount")
    if context.amount_types == "NoTax":
        return money.ZERO
    if sent is None:
        return money.line_tax(line["LineAmount"], percent, context.amount_types == "Inclusive")
    sent = money.cents(sent)
    expected = money.line_tax(line["LineAmount"], percent, context.amount_types == "Inclusive")
    if context.own_tax and sent != expected:
        raise Invalid(f"The tax amount {sent} does not match the expected tax amount {expected}")
    if context.cap_tax and abs(sent) > abs(line["UnitAmount"] or money.ZERO):
        raise Invalid("The TaxAmount cannot be greater than the UnitAmount")
    return sent


def tracking(org: Organisation, sent: list[Doc]) -> list[Doc]:
    """At most two, by names or ids; unknown ones are not created."""
    if len(sent) > MAX_TRACKING:
        raise Invalid("A line can have at most two tracking categories")
    found = [_tracking_option(org, element) for element in sent]
    if len({row["TrackingCategoryID"] for row in found}) < len(found):
        raise Invalid("A tracking category can be used once on a line")
    return found


def _tracking_option(org: Organisation, element: Doc) -> Doc:
    for category in org.tracking:
        if not _is(element, category, "TrackingCategoryID", "Name"):
            continue
        for option in category["Options"]:
            named = {"TrackingOptionID": element.get("TrackingOptionID"), "Name": element.get("Option")}
            if option["Status"] == "ACTIVE" and category["Status"] == "ACTIVE" and _is(
                named, option, "TrackingOptionID", "Name"
            ):
                return {
                    "Name": category["Name"],
                    "Option": option["Name"],
                    "TrackingCategoryID": category["TrackingCategoryID"],
                    "TrackingOptionID": option["TrackingOptionID"],
                }
    name, option = element.get("Name") or element.get("TrackingCategoryID"), element.get("Option")
    raise Invalid(f"The tracking option '{option or element.get('TrackingOptionID')}' of '{name}' could not be found")


def _is(element: Doc, row: Doc, id_field: str, name_field: str) -> bool:
    if element.get(id_field):
        return element[id_field] == row[id_field]
    return fold(element.get(name_field)) == fold(row[name_field])

"""Items: code unique, both sides optional."""

from ..api import fields
from ..api.call import Call
from ..errors import Invalid
from ..organisation import Organisation, fold, new_id
from ..store import Doc
from .common import check_text

TEXTS = {"Code": 30, "Name": 50, "Description": 4000, "PurchaseDescription": 4000}


def save(call: Call, element: Doc) -> tuple[Doc, bool]:
    """PUT creates; POST updates by ItemID, or by Code when that exists."""
    org = call.org
    old = _existing(call, element)
    doc = dict(old) if old else {"ItemID": new_id(), "Code": "", "IsSold": False, "IsPurchased": False,
                                 "IsTrackedAsInventory": False}  # fmt: skip
    messages = []
    for name, longest in TEXTS.items():
        if name in element:
            doc[name] = fields.text(element, name) or ""
            messages += check_text(name, doc[name], longest)
    if not doc["Code"]:
        messages.append("Price List Item Code must be specified")
    other = org.items.first("code", fold(doc["Code"])) if doc["Code"] else None
    if other and other["ItemID"] != doc["ItemID"]:
        messages.append(f"Price List Item with Code '{doc['Code']}' already exists")
    if messages:
        raise Invalid(*messages)
    _apply_side(call, element, doc, "SalesDetails", "IsSold")
    _apply_side(call, element, doc, "PurchaseDetails", "IsPurchased")
    _apply_tracking(org, element, doc)
    return org.save(org.items, doc), old is None


def _existing(call: Call, element: Doc) -> Doc | None:
    sent_id = fields.text(element, "ItemID")
    if sent_id and sent_id.strip("0-"):
        found = call.org.items.get(sent_id)
        if found is None or call.method == "PUT":
            raise Invalid("The item with the supplied ItemID could not be found or exists already")
        return found
    code = fold(fields.text(element, "Code"))
    return call.org.items.first("code", code) if code and call.method == "POST" else None


def _apply_side(call: Call, element: Doc, doc: Doc, name: str, flag: str) -> None:
    """IsSold / IsPurchased false wipes that side."""
    sent = fields.part(element, name)
    if sent:
        details = dict(doc.get(name) or {})
        for field in ("AccountCode", "COGSAccountCode", "TaxType"):
            if sent.get(field):
                details[field] = fields.text(sent, field)
        price = fields.number(sent, "UnitPrice")
        if price is not None:
            details["UnitPrice"] = price
        _check_details(call.org, details)
        doc[name], doc[flag] = details, True
    wanted = fields.boolean(element, flag)
    if wanted is not None:
        doc[flag] = wanted
    if not doc[flag]:
        doc.pop(name, None)


def _check_details(org: Organisation, details: Doc) -> None:
    for field in ("AccountCode", "COGSAccountCode"):
        account = org.account(details.get(field))
        if details.get(field) and (account is None or account["Status"] != "ACTIVE"):
            raise Invalid(f"Account code '{details[field]}' is not a valid code for this document.")
    tax_type = details.get("TaxType")
    if tax_type and tax_type != "NONE" and org.tax_rates.get(tax_type) is None:
        raise Invalid(f"The TaxType code '{tax_type}' does not exist or is no longer active")


def _apply_tracking(org: Organisation, element: Doc, doc: Doc) -> None:
    code = fields.text(element, "InventoryAssetAccountCode")
    if not code:
        return
    account = org.account(code)
    if account is None or account["Type"] != "INVENTORY":
        raise Invalid(f"Account code '{code}' is not an inventory account")
    if not (doc.get("PurchaseDetails") or {}).get("COGSAccountCode"):
        raise Invalid("A tracked item needs a COGSAccountCode in its PurchaseDetails")
    doc |= {"InventoryAssetAccountCode": code, "IsTrackedAsInventory": True}

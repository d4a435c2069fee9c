"""Writes to accounts, tax rates, currencies and tracking."""

from decimal import Decimal

from ..api import fields
from ..api.call import Call, elements_of
from ..api.writing import read_json
from ..errors import Invalid, not_found
from ..organisation import CLASS_OF_TYPE, Organisation, fold, new_id
from ..rules.common import check_text, currency_of
from ..seeding import effective_rate
from ..store import Doc

MAX_ACTIVE_CATEGORIES = 2
MAX_ACTIVE_OPTIONS = 100
REPORT_TAX_TYPE_NEEDED = {"AU", "NZ", "UK"}
CURRENCY_NAMES = {"AUD": "Australian Dollar", "CAD": "Canadian Dollar", "EUR": "Euro", "GBP": "British Pound",
                  "JPY": "Japanese Yen", "KWD": "Kuwaiti Dinar", "NZD": "New Zealand Dollar",
                  "SGD": "Singapore Dollar", "USD": "United States Dollar"}  # fmt: skip


def _one(call: Call, plural: str) -> Doc:
    """These endpoints take one element a call."""
    rows = elements_of(read_json(call), plural)
    if len(rows) > 1:
        raise Invalid(f"Only one element can be written in one call to {plural}")
    return rows[0]


# === Accounts ===


def create_account(call: Call) -> list[Doc]:
    """PUT /Accounts: Code, Name, Type; a bank account also needs its number."""
    element = _one(call, "Accounts")
    kind = fields.text(element, "Type")
    if kind not in CLASS_OF_TYPE:
        raise Invalid(f"The account type '{kind}' is not valid")
    account = {
        "AccountID": new_id(), "Status": "ACTIVE", "Type": kind, "Class": CLASS_OF_TYPE[kind], "SystemAccount": "",
        "TaxType": "NONE", "Description": "", "EnablePaymentsToAccount": False, "ShowInExpenseClaims": False,
        "HasAttachments": False, "AddToWatchlist": False,
    }  # fmt: skip
    if kind == "BANK":
        account |= _bank_fields(call.org, element)
    elif not fields.text(element, "Code"):
        raise Invalid("The Code field is required")
    return [_store_account(call.org, account | _account_fields(call.org, element, account), None)]


def update_account(call: Call) -> list[Doc]:
    """POST /Accounts/{id}: not a bank account; archiving is a call of its own."""
    element = _one(call, "Accounts")
    old = call.org.accounts.get(call.path[0] if call.path else fields.text(element, "AccountID"))
    if old is None:
        raise not_found()
    status = fields.text(element, "Status")
    if status and status != old["Status"]:
        return [_archive(call.org, element, old, status)]
    if old["Type"] == "BANK":
        raise Invalid("Bank accounts cannot be updated via the API")
    return [_store_account(call.org, old | _account_fields(call.org, element, old), old)]


def delete_account(call: Call) -> list[Doc]:
    """DELETE /Accounts/{id}: only an account that is no system account and was never used."""
    org = call.org
    old = org.accounts.get(call.path[0] if call.path else None)
    if old is None:
        raise not_found()
    if old["SystemAccount"]:
        raise Invalid("System accounts cannot be deleted")
    if account_in_use(org, old):
        raise Invalid("Accounts with transactions cannot be deleted")
    org.journal.remove(org.accounts, old["AccountID"])
    return [old | {"Status": "DELETED"}]


def account_in_use(org: Organisation, account: Doc) -> bool:
    """Whether a line, a payment or money of a bank account refers to the account."""
    tables = (org.invoices, org.credit_notes, org.bank_transactions, org.prepayments)
    used = {line.get("AccountID") for table in tables for doc in table for line in doc["LineItems"]}
    used |= {line["AccountID"] for doc in org.manual_journals for line in doc["JournalLines"]}
    used |= {row["_account"] for table in (org.payments, org.bank_transactions) for row in table}
    return account["AccountID"] in used


def _archive(org: Organisation, element: Doc, old: Doc, status: str) -> Doc:
    if set(element) - {"AccountID", "Status"} or status not in ("ACTIVE", "ARCHIVED"):
        raise Invalid("An account can only be archived or restored in a call of its own")
    if old["SystemAccount"]:
        raise Invalid("System accounts cannot be archived")
    return org.save(org.accounts, old | {"Status": status})


def _bank_fields(org: Organisation, element: Doc) -> Doc:
    number = fields.text(element, "BankAccountNumber")
    if not number:
        raise Invalid("The BankAccountNumber field is required")
    return {
        "BankAccountNumber": number,
        "BankAccountType": fields.text(element, "BankAccountType") or "BANK",
        "CurrencyCode": currency_of(org, fields.text(element, "CurrencyCode")),
    }


def _account_fields(org: Organisation, element: Doc, old: Doc) -> Doc:
    texts = {name: fields.text(element, name) for name in ("Code", "Name", "Description", "TaxType")}
    flags = {name: fields.boolean(element, name) for name in ("EnablePaymentsToAccount", "ShowInExpenseClaims")}
    values = {name: value for name, value in (texts | flags).items() if value is not None}
    tax_type = values.get("TaxType", "NONE").upper()
    if tax_type != "NONE" and org.tax_rates.get(tax_type) is None:
        raise Invalid(f"The TaxType code '{tax_type}' does not exist or is no longer active")
    messages = check_text("Code", values.get("Code"), 10) + check_text("Name", values.get("Name"), 150)
    if messages:
        raise Invalid(*messages)
    return values


def _store_account(org: Organisation, account: Doc, old: Doc | None) -> Doc:
    if not account.get("Name"):
        raise Invalid("The Name field is required")
    for other in org.accounts:
        if other["AccountID"] == account["AccountID"]:
            continue
        if account.get("Code") and fold(other.get("Code")) == fold(account["Code"]):
            raise Invalid("Please enter a unique Code.")
        if fold(other["Name"]) == fold(account["Name"]):
            raise Invalid("Please enter a unique Name.")
    return org.save(org.accounts, account)


# === Tax rates and currencies ===


def create_tax_rate(call: Call) -> list[Doc]:
    """PUT /TaxRates: a custom rate gets the next TAXnnn code."""
    element = _one(call, "TaxRates")
    org, name = call.org, fields.text(element, "Name")
    if not name or any(fold(rate["Name"]) == fold(name) for rate in org.tax_rates):
        raise Invalid("The tax rate needs a name of its own")
    if org.profile["Version"] in REPORT_TAX_TYPE_NEEDED and not element.get("ReportTaxType"):
        raise Invalid("ReportTaxType is required")
    number = 1
    while org.tax_rates.get(f"TAX{number:03d}"):
        number += 1
    rate = {"Name": name, "TaxType": f"TAX{number:03d}", "ReportTaxType": element.get("ReportTaxType"),
            "Status": "ACTIVE", **dict.fromkeys(APPLIES, True)}  # fmt: skip
    return [org.journal.put(org.tax_rates, rate | _components(element))]


APPLIES = ("CanApplyToAssets", "CanApplyToEquity", "CanApplyToExpenses", "CanApplyToLiabilities", "CanApplyToRevenue")


def update_tax_rate(call: Call) -> list[Doc]:
    """POST /TaxRates by TaxType: name, status, rates; existing components cannot be renamed or dropped."""
    element = _one(call, "TaxRates")
    org = call.org
    old = org.tax_rates.get(fields.text(element, "TaxType"))
    if old is None:
        return create_tax_rate(call)
    rate = dict(old)
    if element.get("Name"):
        rate["Name"] = fields.text(element, "Name")
    if element.get("Status"):
        rate["Status"] = fields.text(element, "Status")
    if element.get("TaxComponents"):
        rate |= _components(element)
        names = {part["Name"] for part in rate["TaxComponents"]}
        if not {part["Name"] for part in old["TaxComponents"]} <= names:
            raise Invalid("Existing tax components cannot be renamed or removed")
    return [org.journal.put(org.tax_rates, rate)]


def _components(element: Doc) -> Doc:
    parts = [
        {
            "Name": fields.text(part, "Name"),
            "Rate": (fields.number(part, "Rate") or Decimal(0)).quantize(Decimal("0.0001")),
            "IsCompound": bool(fields.boolean(part, "IsCompound")),
            "IsNonRecoverable": bool(fields.boolean(part, "IsNonRecoverable")),
        }
        for part in fields.rows(element, "TaxComponents") or []
    ]
    if not parts or any(not part["Name"] for part in parts):
        raise Invalid("A tax rate needs at least one tax component with a name")
    total = effective_rate(parts)
    return {"TaxComponents": parts, "DisplayTaxRate": total, "EffectiveRate": total}


def create_currency(call: Call) -> list[Doc]:
    """PUT /Currencies: needs the multi-currency feature of the plan."""
    code = (fields.text(_one(call, "Currencies"), "Code") or "").upper()
    org = call.org
    if not org.actions["UseMulticurrency"]:
        raise Invalid("The organisation's plan does not include multiple currencies")
    if len(code) != 3 or not code.isalpha():
        raise Invalid(f"The currency code '{code}' is not valid")
    if org.currencies.get(code):
        raise Invalid(f"The organisation already has the currency {code}")
    return [org.journal.put(org.currencies, {"Code": code, "Description": CURRENCY_NAMES.get(code, code)})]


# === Tracking ===


def create_category(call: Call) -> list[Doc]:
    """PUT /TrackingCategories: at most two active ones."""
    element = _one(call, "TrackingCategories")
    org, name = call.org, fields.text(element, "Name")
    _check_name(name, [row["Name"] for row in org.tracking])
    if sum(row["Status"] == "ACTIVE" for row in org.tracking) >= MAX_ACTIVE_CATEGORIES:
        raise Invalid("You have reached the maximum number of active tracking categories")
    category = {"TrackingCategoryID": new_id(), "Name": name, "Status": "ACTIVE", "Options": []}
    return [org.journal.put(org.tracking, category)]


def update_category(call: Call) -> list[Doc]:
    """POST /TrackingCategories/{id}: name or status."""
    old = call.org.tracking.get(call.path[0] if call.path else None)
    if old is None:
        raise not_found()
    element = _one(call, "TrackingCategories")
    category = dict(old)
    if element.get("Name"):
        others = [row["Name"] for row in call.org.tracking if row is not old]
        _check_name(fields.text(element, "Name"), others)
        category["Name"] = fields.text(element, "Name")
    if element.get("Status") in ("ACTIVE", "ARCHIVED"):
        category["Status"] = element["Status"]
    return [call.org.journal.put(call.org.tracking, category)]


def delete_category(call: Call) -> list[Doc]:
    """DELETE /TrackingCategories/{id}."""
    old = call.org.tracking.get(call.path[0] if call.path else None)
    if old is None:
        raise not_found()
    call.org.journal.remove(call.org.tracking, old["TrackingCategoryID"])
    return [old | {"Status": "DELETED"}]


def write_options(call: Call, category: Doc) -> list[Doc]:
    """PUT adds options, POST …/Options/{id} renames or archives one."""
    if call.method not in ("PUT", "POST"):
        raise not_found()
    sent = elements_of(read_json(call), "Options")
    if call.method == "PUT":
        options = [*category["Options"], *(_new_option(category, element) for element in sent)]
        changed = options[len(category["Options"]) :]
    else:
        options = [_changed_option(call, option, sent[0]) for option in category["Options"]]
        changed = [new for new, old in zip(options, category["Options"]) if new is not old]
    if sum(option["Status"] == "ACTIVE" for option in options) > MAX_ACTIVE_OPTIONS:
        raise Invalid("You have reached the maximum number of active tracking options")
    if not changed:
        raise not_found()
    call.org.journal.put(call.org.tracking, category | {"Options": options})
    return changed


def _new_option(category: Doc, element: Doc) -> Doc:
    name = fields.text(element, "Name")
    _check_name(name, [option["Name"] for option in category["Options"]])
    return {"TrackingOptionID": new_id(), "Name": name, "Status": "ACTIVE"}


def _changed_option(call: Call, option: Doc, element: Doc) -> Doc:
    if len(call.path) < 3 or option["TrackingOptionID"] != call.path[2].lower():
        return option
    sent = {name: fields.text(element, name) for name in ("Name", "Status") if element.get(name)}
    return option | sent


def _check_name(name: str | None, others: list[str]) -> None:
    if not name or len(name) > 100:
        raise Invalid("The Name field is required, with at most 100 characters")
    if any(fold(name) == fold(other) for other in others):
        raise Invalid(f"The name '{name}' is already used")
